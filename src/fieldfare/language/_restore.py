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
    goes_on,
    mends,
    pieced,
    segmented,
    several,
    spaced,
    word_end,
)
from fieldfare.language._leet import KIND, LONGEST, SURE, letter, read_signs
from fieldfare.language._leet_tokens import (
    FEWEST_SIGNS,
    MOST_SIGNS,
    decoded,
    may_be_letters,
    sign_after,
    sign_may_end,
    two_words,
)
from fieldfare.language._votes import PLANES, VOTERS, Votes, most_spoken, most_votes, vote
from fieldfare.language._words import BASIS, breaks, character, compiled, hash_more, mask_of

INLINED = "bd52369b69d0e867"
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
def _heard_in(
    data: Bytes, start: Any, end: Any, known: Entries, votes: Votes, spare: Bytes
) -> tuple[Any, Any, Any]:
    """The bits of the languages that most plain words of a message are of, 0 for none; how many
    words are disguised beyond doubt, by a digit or sign between letters or, where another is
    too, at an end; and how many by "!"."""
    votes[:] = 0
    words = 0
    within = np.int64(0)
    ends = np.int64(0)
    numbered = np.int64(0)
    bangs = np.int64(0)
    before = np.uint32(0)
    at = start
    while at < end and words < VOTERS:
        h = BASIS
        last = np.int64(0)
        plain = True
        inner = False
        bang = False
        size = 0
        letters = 0
        begin = at
        while at < end:
            kind = KIND[data[at]]
            if kind == 0 or kind == 4:
                break
            code, width = character(data, at, end)
            if kind == 6 and breaks(code):
                break
            if kind == 2 or kind == 3:
                plain = False
                between = begin < at < end - 1 and letter(data[at - 1]) and letter(data[at + 1])
                inner = inner or (data[at] != 33 and between)
                bang = bang or (data[at] == 33 and at < end - 1 and letter(data[at + 1]))
            elif kind != 5:
                letters += 1
            h, last = hash_more(h, last, code)
            at += width
            size += 1
        if at == begin:
            _, width = character(data, at, end)
            at += width
            continue
        words += 1
        within += inner
        if not plain and not inner and letters > 1:
            stop = at
            while data[stop - 1] == 33:
                stop -= 1
            if 2 < stop - begin <= LONGEST:
                signs = may_be_letters(data, begin, stop, known)
                quality, read = read_signs(data, begin, stop, known, ~SURE, spare)
                if signs and quality > 1 and read != before:  # "raid5 ... raid5" is one word
                    ends += signs == 2
                    numbered += signs == 1
                    bangs += bang
                before = read
        # One letter alone may be one of a word set apart.
        mask = mask_of(known, h) & ~SURE if plain and size > 1 else np.uint32(0)
        vote(votes, mask)
    others = within + (ends if within else max(ends - 1, np.int64(0)))
    if within + ends:
        others += numbered
    return most_spoken(votes, most_votes(votes)), others, bangs


@compiled
def _listen(
    data: Bytes, start: Any, end: Any, known: Entries, votes: Votes, spare: Bytes
) -> tuple[Any, Any, Any]:
    """As `_heard_in`; where disguise hides what language a message is of, that of any."""
    speaking, others, bangs = _heard_in(data, start, end, known, votes, spare)
    if others > 1 and speaking == 0:
        speaking = ~SURE
    return speaking, others, bangs


@compiled
def _signed(data: Bytes, start: Any, stop: Any) -> tuple[Any, Any]:
    """Whether a token has digits or signs, and whether they may be letters of a word: those of a
    number seldom are."""
    signs = False
    words = False
    for at in range(start, stop):
        kind = KIND[data[at]]
        if kind == 2 or kind == 3:
            signs = True
        else:
            words = True
    return signs, signs and (words or FEWEST_SIGNS <= stop - start <= MOST_SIGNS)


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
    spare, half = np.zeros(LONGEST + 4, np.uint8), np.zeros(LONGEST + 4, np.uint8)
    from_byte = np.zeros(LONGEST + 4, np.int64)
    votes = np.zeros(PLANES, np.uint32)
    traced = trace.size > 0
    k = np.int64(0)
    for i in range(offsets.size - 1):
        places[i] = k
        begin = offsets[i]
        at = begin
        end = offsets[i + 1]
        # Heard where the first word asks for it: in few messages one does.
        listened = False
        speaking, others, bangs = np.uint32(0), np.int64(0), np.int64(0)
        while at < end:
            if KIND[data[at]] == 0:
                out[k] = data[at]
                if traced:
                    trace[k] = at
                k += 1
                at += 1
                continue
            stop = word_end(data, at, end)
            row = False
            _, width = character(data, at, end)
            if stop == at + width:
                count, true, between, last = spaced(data, at, end, letters, bounds, origin)
                words = np.int64(0)
                # Fewer letters are never believable: digits of a list.
                if count >= 3 and true * 2 >= count - 1:
                    if not listened:
                        speaking, others, bangs = _listen(data, begin, end, known, votes, half)
                        listened = True
                    bits = speaking | SURE
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
                # Beginning again at each letter would take too long. Of digits alone no part is
                # believable, but the last may begin another row.
                row = count > 16 or (count >= 3 and true == 0)
                if row:
                    stop = last if count > 16 else origin[count - 1]
            if stop == at:
                stop = at + width  # no word: one character as it is
            elif stop - at <= LONGEST and not row:
                signs, swapped = _signed(data, at, stop)
                ending = sign_may_end(data, at, stop, end, known)
                size = np.int64(0)
                last = stop
                dotted = emoji = False
                if not signs and not ending and goes_on(data, stop, end)[0]:
                    size, last, dotted, emoji = pieced(data, at, stop, end, known, spare, from_byte)
                if (swapped or ending or size) and not listened:
                    speaking, others, bangs = _listen(data, begin, end, known, votes, half)
                    listened = True
                if ending and sign_after(data, at, stop, end, known, speaking, others, bangs):
                    _, h = read_signs(data, at, stop + 1, known, speaking, spare)
                    if mask_of(known, h) & (speaking if speaking else SURE):
                        for j in range(at, stop + 1):
                            out[k] = spare[j - at]
                            if traced:
                                trace[k] = j
                            k += 1
                        at = stop + 1
                        continue
                if swapped and (
                    two_words(data, at, stop, known, speaking, spare, half)
                    or decoded(data, at, stop, begin, end, known, speaking, others, spare)
                ):
                    for j in range(at, stop):
                        out[k] = spare[j - at]
                        if traced:
                            trace[k] = j
                        k += 1
                    at = stop
                    continue
                if size and mends(spare, size, from_byte, dotted, emoji, known, speaking | SURE):
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
