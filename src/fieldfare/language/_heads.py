"""Compiled: what heads see of a message, window by window, and what they make of it.

A window is a sentence, or, where that is long, a stretch of `WIDEST` characters of it that
overlaps its neighbours by half. Import it only through `heads`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._pieces import ROOM, WIDEST, cut
from fieldfare.language._words import BASIS, FOLD_CODE, PRIME, breaks, character, repeats
from fieldfare.language._words import compiled as _compile
from fieldfare.language.folding import FOLDED

INLINED = "aa21018de760d7a5"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]
Table = npt.NDArray[np.int8]
Layer = tuple[Floats, Floats, Floats]
Trie = tuple[Bytes, Places, Places, Floats, Any]

NONE = np.float32(-100)
"""The logit of what is not there."""

GRAMS = 5 * WIDEST
"""Room for the n-grams, words and pairs of a window."""

SHORTEST, LONGEST = 3, 5
"""Characters of an n-gram; in Chinese, Japanese and Korean one to three."""

_WORD, _PAIR = np.uint32(0x9E3779B9), np.uint32(0x85EBCA6B)


@_compile
def inside(code: Any) -> Any:
    """Whether a byte is of a word."""
    return 48 <= code <= 57 or 65 <= code <= 90 or 97 <= code <= 122 or code >= 0x80


@_compile
def ends(data: Bytes, at: Any, stop: Any) -> Any:
    """The bytes of the mark at `at` that ends a sentence, or 0."""
    code = data[at]
    if code == 10 or code == 59 or code == 33 or code == 63:
        return 1
    if code == 46:
        # Not inside of "3.5".
        return 0 if at + 1 < stop and inside(data[at + 1]) else 1
    if code < 0xD8:
        return 0
    wide, width = character(data, at, stop)
    full = (
        wide == 0x61F or wide == 0x6D4 or wide == 0x964 or wide == 0x3002 or wide == 0x2026
        or wide == 0x17D4 or wide == 0xDF4
    )  # fmt: skip
    return width if full else 0


@_compile
def window(data: Bytes, at: Any, stop: Any) -> tuple[Any, Any, Any]:
    """Where the window that begins at `at` begins in earnest and ends, and where the next
    begins; no window is left where the first is `stop`."""
    while at < stop:
        width = ends(data, at, stop)
        if width == 0 and data[at] <= 32:
            width = 1
        if width == 0:
            break
        at += width
    begin = at
    count = 0
    middle = at  # The first character of the second half,
    word = np.int64(-1)  # the first word in it,
    gap = np.int64(-1)  # and the last space.
    while at < stop and count < WIDEST:
        width = ends(data, at, stop)
        if width > 0:
            return begin, at, at + width
        if data[at] == 32:
            gap = at
            if word < 0 and 2 * count >= WIDEST:
                word = at + 1
        if 2 * count == WIDEST:
            middle = at
        _, width = character(data, at, stop)
        at += width
        count += 1
    if at >= stop:
        return begin, stop, stop
    end = gap if gap > middle else at
    while end - 1 > middle and data[end - 1] == 46:
        end -= 1
    return begin, end, word if 0 <= word < end else middle


@_compile
def spaced(data: Bytes, at: Any, stop: Any, text: Bytes) -> Any:
    """Write a window as pieces see it, a space before each word. Return its bytes."""
    size = 0
    apart = True
    while at < stop and size < text.size - 2:
        code = data[at]
        if code <= 32:
            apart = True
        else:
            if apart:
                text[size] = 32
                size += 1
                apart = False
            text[size] = code
            size += 1
        at += 1
    return size


@_compile
def grams(data: Bytes, at: Any, stop: Any, mask: Any, codes: Integers, ids: Places) -> Any:
    """The hashed n-grams, words and pairs of words of a window, as words compare; return how
    many. `codes` is working space of `WIDEST` + 4."""
    codes[0] = 32
    size = 1
    last = np.int64(32)
    while at < stop and size < WIDEST + 2:
        code, width = character(data, at, stop)
        dropped = code == 39
        apart = False
        if code < 0x80:
            if 65 <= code <= 90:
                code = code + 32
            apart = not (97 <= code <= 122 or 48 <= code <= 57 or dropped)
        else:
            apart = breaks(code)
            if code < FOLDED and not apart:
                code = np.int64(FOLD_CODE[code])
                dropped = code == 0
        if apart:
            code = np.int64(32)
        if not dropped and not (code == last and (apart or repeats(code))):
            codes[size] = code
            size += 1
            last = code
        at += width
    if last != 32:
        codes[size] = 32
        size += 1
    count = 0
    before = np.uint32(0)
    word = np.uint32(0)
    for k in range(size - 1):
        if codes[k] == 32:
            # A whole word, and the pair it makes with the one before.
            word = _WORD
            j = k + 1
            while j < size and codes[j] != 32:
                word = np.uint32(np.uint32(word ^ np.uint32(codes[j])) * PRIME)
                j += 1
            if count < ids.size:
                ids[count] = np.int32((word ^ (word >> np.uint32(15))) & mask)
                count += 1
            pair = np.uint32(np.uint32(np.uint32(before * PRIME) ^ word ^ _PAIR) * PRIME)
            if count < ids.size:
                ids[count] = np.int32((pair ^ (pair >> np.uint32(15))) & mask)
                count += 1
            before = word
        least, most = SHORTEST, LONGEST
        if 0x2E80 <= codes[k] < 0xFB00 or (codes[k] == 32 and codes[k + 1] >= 0x2E80):
            least, most = 1, 3
        h = BASIS
        for n in range(1, most + 1):
            if k + n > size:
                break
            code = codes[k + n - 1]
            h = np.uint32(np.uint32(h ^ np.uint32(code)) * PRIME)
            if n >= least and not (n == 1 and code == 32) and count < ids.size:
                ids[count] = np.int32((h ^ (h >> np.uint32(15))) & mask)
                count += 1
            if code == 32 and n > 1:
                break
    return count


@_compile
def add_up(
    ids: Places, count: Any, weights: Table, scale: Any, layer: Layer, sums: Places, out: Floats
) -> None:
    """Add to `out` the logit of each indicator that some features make: the rows of those known
    are added up, divided by the root of their number, put through `layer`."""
    inner, outer, last = layer
    sums[:] = 0
    known = 0
    for k in range(count):
        row = ids[k]
        if row >= 0:
            known += 1
            for j in range(sums.size):
                sums[j] += weights[row, j]
    for c in range(out.size):
        out[c] += last[c]
    if known == 0:
        return
    shrink = np.float32(scale / np.sqrt(np.float32(known)))
    for j in range(sums.size):
        value = np.float32(sums[j]) * shrink + inner[j]
        if value > 0:
            for c in range(out.size):
                out[c] += value * outer[j, c]


@_compile
def score(
    data: Bytes,
    offsets: Integers,
    present: npt.NDArray[np.bool_],
    trie: Trie,
    piece_weights: Table,
    piece_scale: Any,
    piece_layer: Layer,
    gram_weights: Table,
    gram_scale: Any,
    gram_layer: Layer,
    alone: Floats,
    found: Floats,
) -> None:
    """The highest logit of each indicator over the windows of each message; `NONE` where a
    message has no window. Without rows, a table is not asked. A window with more than a third
    in no piece is left to characters, and `alone` is added to its logits."""
    labels, first, piece, scores, unknown = trie
    text = np.empty(ROOM, np.uint8)
    ids, starts = np.empty(ROOM, np.int32), np.empty(ROOM, np.int32)
    came, which = np.empty(ROOM + 1, np.int32), np.empty(ROOM + 1, np.int32)
    best = np.empty(ROOM + 1, np.float32)
    codes = np.empty(WIDEST + 4, np.int64)
    gram_ids = np.empty(GRAMS, np.int32)
    mask = np.uint32(gram_weights.shape[0] - 1)
    piece_sums = np.empty(piece_weights.shape[1], np.int32)
    gram_sums = np.empty(gram_weights.shape[1], np.int32)
    out = np.empty(found.shape[1], np.float32)
    for i in range(offsets.size - 1):
        found[i] = NONE
        at, stop = offsets[i], offsets[i + 1]
        if present.size > 0 and not present[i]:
            at = stop
        while at < stop:
            begin, end, at = window(data, at, stop)
            if begin >= end:
                break
            out[:] = 0
            if piece_weights.shape[0] > 0:
                size = spaced(data, begin, end, text)
                count = cut(
                    text, size, labels, first, piece, scores, unknown, best, came, which, ids,
                    starts,
                )  # fmt: skip
                unread = 0
                for k in range(count):
                    unread += ids[k] < 0
                if 3 * unread > count:
                    out += alone
                else:
                    add_up(ids, count, piece_weights, piece_scale, piece_layer, piece_sums, out)
            if gram_weights.shape[0] > 0:
                count = grams(data, begin, end, mask, codes, gram_ids)
                add_up(gram_ids, count, gram_weights, gram_scale, gram_layer, gram_sums, out)
            for c in range(out.size):
                found[i, c] = max(found[i, c], out[c])


@_compile
def features(
    data: Bytes, offsets: Integers, trie: Trie, mask: Any, ids: Places, starts: Integers
) -> Any:
    """For training: the features of each text, all its windows together, as `score` has them;
    return how many in all. Pieces, or n-grams where `mask` is not 0."""
    labels, first, piece, scores, unknown = trie
    text = np.empty(ROOM, np.uint8)
    some, begun = np.empty(ROOM, np.int32), np.empty(ROOM, np.int32)
    came, which = np.empty(ROOM + 1, np.int32), np.empty(ROOM + 1, np.int32)
    best = np.empty(ROOM + 1, np.float32)
    codes = np.empty(WIDEST + 4, np.int64)
    gram_ids = np.empty(GRAMS, np.int32)
    used = 0
    starts[0] = 0
    for i in range(offsets.size - 1):
        at, stop = offsets[i], offsets[i + 1]
        while at < stop:
            begin, end, at = window(data, at, stop)
            if begin >= end:
                break
            if mask > 0:
                count = grams(data, begin, end, mask, codes, gram_ids)
                ids[used : used + count] = gram_ids[:count]
            else:
                size = spaced(data, begin, end, text)
                count = cut(
                    text, size, labels, first, piece, scores, unknown, best, came, which, some,
                    begun,
                )  # fmt: skip
                ids[used : used + count] = some[:count]
            used += count
        starts[i + 1] = used
    return used
