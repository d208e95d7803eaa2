"""Compiled: write messages again without disguise; see `_deobfuscate` for what is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldfare.language._deobfuscate import (
    MOST_LETTERS,
    Bytes,
    Entries,
    Integers,
    believable,
    broken,
    segmented,
    several,
    spaced,
    word_end,
)
from fieldfare.language._leet import (
    KIND,
    LONGEST,
    SURE,
    decoded,
    heard_in,
    read_signs,
    sign_after,
)
from fieldfare.language._words import character, compiled, mask_of

INLINED = "a0ec1ccc70d2bf3e"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""


@compiled
def _join(
    count: Any, words: Any, letters: Bytes, bounds: Integers, cuts: Integers, origin: Integers,
    out: Bytes, trace: Integers, k: Any,
) -> Any:  # fmt: skip
    """Write letters that were set apart as words; return where the next byte goes."""
    begins = np.zeros(count + 1, np.bool_)
    if words:
        at = count
        while at > 0:
            at = cuts[at]
            begins[at] = True
    for j in range(count):
        if j and begins[j]:
            out[k] = 32
            if trace.size:
                trace[k] = origin[j]
            k += 1
        for byte in range(bounds[j], bounds[j + 1]):
            out[k] = letters[byte]
            if trace.size:
                trace[k] = origin[j]
            k += 1
    return k


@compiled
def restore(
    data: Bytes, offsets: Integers, known: Entries, out: Bytes, places: Integers, trace: Integers
) -> None:
    """Write every message without disguise into `out`, which is as long as the texts.

    `places` receives where each begins. A `trace` as long as `out` receives the byte of the
    text that each byte came from.
    """
    letters = np.zeros(MOST_LETTERS * 4, np.uint8)
    bounds = np.zeros(MOST_LETTERS + 1, np.int64)
    origin = np.zeros(MOST_LETTERS + 1, np.int64)
    cuts = np.zeros(MOST_LETTERS + 1, np.int64)
    spare = np.zeros(LONGEST + 4, np.uint8)
    from_byte = np.zeros(LONGEST + 4, np.int64)
    votes = np.zeros(32, np.int64)
    traced = trace.size > 0
    k = np.int64(0)
    for i in range(offsets.size - 1):
        places[i] = k
        at = offsets[i]
        end = offsets[i + 1]
        speaking, others = heard_in(data, at, end, known, votes)
        if others > 1 and speaking == 0:
            speaking = ~SURE  # Disguise hides what language it is: any.
        bits = speaking | SURE
        while at < end:
            stop = word_end(data, at, end)
            _, width = character(data, at, end)
            if stop == at + width:
                count, true, between, last = spaced(data, at, end, letters, bounds, origin)
                words = np.int64(0)
                if count >= 3:
                    words = segmented(letters, bounds, count, known, bits, cuts)
                    if words == 0 and between == 32 and count > 3:
                        words = segmented(letters, bounds, count - 1, known, bits, cuts)
                        if words:  # the last letter was the beginning of something else
                            count -= 1
                            last = origin[count - 1] + bounds[count] - bounds[count - 1]
                            true = min(true, count)
                # "l_o_n_d_o_n": a sign between all letters leaves none between words.
                sign = words > 1 and between != 32 and count > 3
                if sign and not several(letters, bounds, count, words, known, cuts):
                    words, cuts[count] = np.int64(1), 0
                if believable(words, count, true, between):
                    k = _join(count, words, letters, bounds, cuts, origin, out, trace, k)
                    at = last
                    continue
                if count > 16:
                    stop = last  # Beginning again at each letter would take too long.
            if stop == at:
                stop = at + width  # no word: one character as it is
            elif stop - at <= LONGEST and KIND[data[at]] != 0:
                signs = False
                for j in range(at, stop):
                    signs = signs or KIND[data[j]] == 2 or KIND[data[j]] == 3
                last = stop
                if sign_after(data, at, stop, end, known, speaking, others):
                    last = stop + 1
                    _, h = read_signs(data, at, last, known, speaking, spare)
                    if mask_of(known, h) & (speaking if speaking else SURE):
                        for j in range(at, last):
                            out[k] = spare[j - at]
                            if traced:
                                trace[k] = j
                            k += 1
                        at = last
                        continue
                if signs:
                    if decoded(data, at, stop, known, speaking, others, spare):
                        for j in range(at, stop):
                            out[k] = spare[j - at]
                            if traced:
                                trace[k] = j
                            k += 1
                        at = stop
                        continue
                else:
                    size, last = broken(data, at, stop, end, known, bits, spare, from_byte)
                    if size:
                        for j in range(size):
                            out[k] = spare[j]
                            if traced:
                                trace[k] = from_byte[j]
                            k += 1
                        at = last
                        continue
            for j in range(at, stop):
                out[k] = data[j]
                if traced:
                    trace[k] = j
                k += 1
            at = stop
    places[offsets.size - 1] = k
