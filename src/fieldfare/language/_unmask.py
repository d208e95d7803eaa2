"""Compiled: look-alike letters back to Latin ones, in text before NFKC.

A word of Russian, Greek, Thai or any other script stays. What changes: a word that mixes Latin
letters with look-alikes; words of look-alikes alone, where such a mixture stands in the same
message and the reading is a known word; letters in dress; flags and seals that spell a word;
and the frame of a keycap.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import BASIS, breaks, character, compiled, hash_more, is_known

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

KEYCAP = 0x20E3


@compiled
def masked(
    data: Bytes, at: Any, end: Any, known: Entries, letter: Bytes, kinds: Bytes, mixture: Any
) -> tuple[Any, Any, Any]:
    """The word at `at`: where it ends, whether it is masked, and whether it mixes scripts."""
    latin = foreign = dress = flags = seals = others = changes = digits = 0
    side = 0
    h = BASIS
    last = np.int64(0)
    while at < end:
        code, width = character(data, at, end)
        kind = kinds[code] if code < kinds.size else 0
        if code < 0x80:
            lower = code | 32
            if 97 <= lower <= 122:
                kind = 3
            elif 48 <= code <= 57:
                digits += 1
            elif code != 39:
                break
        elif kind == 0:
            if breaks(code) or (code >= 0xE00 and not 0x1E00 <= code < 0x2000):
                break  # Scripts without spaces end a Latin word too.
            if 0xC0 <= code < 0x250 or 0x1E00 <= code < 0x1F00:
                kind = 3
            elif not 0x300 <= code < 0x370:
                others += 1
        if kind:
            now = 1 if kind == 3 else 2
            changes += side != 0 and side != now
            side = now
        if kind == 3:
            latin += 1
        elif kind == 1:
            foreign += 1
        elif kind == 2:
            dress += 1
        elif kind == 4:
            flags += 1
        elif kind == 5:
            seals += 1
        read = np.int64(letter[code]) if code < kinds.size and letter[code] else code
        h, last = hash_more(h, last, read)
        at += width
    count = latin + foreign + dress + flags + seals
    if others or count == latin:
        return at, False, False
    word = is_known(known, h)
    if flags:
        # Two regional indicators are a flag; four that spell a word are taken for the word.
        return at, count == 1 or (count > 2 and word), False
    if seals or dress:
        return at, count > 2 or (word and count > 1), True
    if latin:
        hides = word or changes > 1 or digits > 0
        return at, hides, hides
    return at, mixture and word, False


@compiled
def dressed(data: Bytes, at: Any, end: Any, kinds: Bytes) -> Any:
    """Whether a message may hold a mask, at a glance: few do."""
    latin = False
    foreign = False
    while at < end:
        if data[at] < 0x80:
            latin = latin or 97 <= (data[at] | 32) <= 122
            at += 1
            continue
        code, width = character(data, at, end)
        kind = kinds[code] if code < kinds.size else 0
        if kind == 2 or kind == 4 or kind == 5 or code == KEYCAP:
            return True
        foreign = foreign or kind == 1
        latin = latin or kind == 3 or 0xC0 <= code < 0x250 or 0x1E00 <= code < 0x1F00
        at += width
    return latin and foreign


@compiled
def unmask(
    data: Bytes,
    offsets: Integers,
    known: Entries,
    letter: Bytes,
    kinds: Bytes,
    out: Bytes,
    places: Integers,
    trace: Integers,
) -> None:
    """Write every message without masks into `out`, which is as long as the texts.

    `places` receives where each begins. A `trace` as long as `out` receives the byte of the
    text that each byte came from.
    """
    traced = trace.size > 0
    k = np.int64(0)
    for i in range(offsets.size - 1):
        places[i] = k
        end = offsets[i + 1]
        mixture = False
        at = offsets[i]
        if not dressed(data, at, end, kinds):
            for j in range(at, end):
                out[k] = data[j]
                if traced:
                    trace[k] = j
                k += 1
            continue
        while at < end and not mixture:
            stop, _, mixture = masked(data, at, end, known, letter, kinds, False)
            if stop == at:
                _, width = character(data, at, end)
                stop += width
            at = stop
        at = offsets[i]
        while at < end:
            stop, hides, _ = masked(data, at, end, known, letter, kinds, mixture)
            if stop == at:
                code, width = character(data, at, end)
                stop = at + width
                if code == KEYCAP and at > offsets[i] and 48 <= data[at - 1] <= 57:
                    at = stop
                    continue
            while at < stop:
                code, width = character(data, at, stop)
                if hides and code < kinds.size and letter[code]:
                    out[k] = letter[code]
                    if traced:
                        trace[k] = at
                    k += 1
                else:
                    for j in range(width):
                        out[k] = data[at + j]
                        if traced:
                            trace[k] = at
                        k += 1
                at += width
    places[offsets.size - 1] = k
