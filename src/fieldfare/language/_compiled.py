"""The loops over bytes, compiled by Numba. Import it only through `kernel`, which does so on
first use: importing Numba takes half a second that most commands need not spend.

All arithmetic of the hash is on uint64 and wraps there. `wrap` says how many bits of it the
table was trained with: the shipped English one with all 64, which its first description
called 32; a table trained from stored 32-bit hashes with 32. Constants are typed, because
next to uint64 a plain integer literal would turn the result into a float.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import FOLD_CODE, breaks, character, put, repeats
from fieldfare.language._words import compiled as _compile
from fieldfare.language.folding import FOLDED

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

INLINED = "0a60bd332dd03d5b 467c0394716b4051"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""


def _fold_table() -> Bytes:
    table = np.zeros(256, np.uint8)
    table[0x80:] = np.arange(0x80, 0x100)
    for byte in b"abcdefghijklmnopqrstuvwxyz0123456789'":
        table[byte] = byte
    for byte in b"ABCDEFGHIJKLMNOPQRSTUVWXYZ":
        table[byte] = byte + 32
    return table


def _mark_table() -> npt.NDArray[np.bool_]:
    table = np.zeros(256, np.bool_)
    for byte in b"?!:;()":
        table[byte] = True
    return table


FOLD = _fold_table()
"""Lower-cased byte of each word byte; 0 for a byte outside words."""
MARK = _mark_table()
"""True for the punctuation that is a token of its own."""

BASIS = np.uint64(2166136261)
PRIME = np.uint64(16777619)
GOLDEN = np.uint64(0x9E3779B9)
PAIR = np.uint64(31)
MIX_1 = np.uint64(0x85EBCA6B)
MIX_2 = np.uint64(0xC2B2AE35)
S16 = np.uint64(16)
S13 = np.uint64(13)


@_compile
def finish(x: Any, wrap: Any, mask: Any) -> Any:
    """`fin` of the table's card: the place in the table of a hash."""
    x = x & wrap
    x = x ^ (x >> S16)
    x = (x * MIX_1) & wrap
    x = x ^ (x >> S13)
    x = (x * MIX_2) & wrap
    x = x ^ (x >> S16)
    return x & mask


@_compile
def scan(
    data: Bytes,
    offsets: Integers,
    present: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float32],
    wrap: Any,
    sums: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int32],
    trace: Integers,
) -> None:
    """Fill `sums` and `counts` with the Σ weight and number of tokens of each message.

    `present` is empty where no message is null. A `trace` with rows, at least one a byte,
    receives (id, first byte, byte past the last) of every token, in order.
    """
    mask = np.uint64(weights.size - 1)
    traced = trace.shape[0] > 0
    row = 0
    for i in range(offsets.size - 1):
        total = 0.0
        count = 0
        if present.size == 0 or present[i]:
            at = offsets[i]
            end = offsets[i + 1]
            before = np.uint64(0)
            before_start = np.int64(-1)
            while at < end:
                start = at
                byte = FOLD[data[at]]
                if byte == 0:
                    at += 1
                    if MARK[data[start]]:
                        token = finish(GOLDEN ^ np.uint64(data[start]), wrap, mask)
                        total += weights[token]
                        count += 1
                        if traced:
                            trace[row, 0] = token
                            trace[row, 1] = start
                            trace[row, 2] = at
                            row += 1
                    continue
                h = BASIS
                last = np.uint8(0)
                last_but_one = np.uint8(0)
                while byte != 0:
                    if not (byte == last and byte == last_but_one):
                        h = (h ^ np.uint64(byte)) * PRIME
                    last_but_one = last
                    last = byte
                    at += 1
                    if at == end:
                        break
                    byte = FOLD[data[at]]
                token = finish(h, wrap, mask)
                total += weights[token]
                count += 1
                if traced:
                    trace[row, 0] = token
                    trace[row, 1] = start
                    trace[row, 2] = at
                    row += 1
                if before_start >= 0:
                    token = finish(h * PAIR + before, wrap, mask)
                    total += weights[token]
                    count += 1
                    if traced:
                        trace[row, 0] = token
                        trace[row, 1] = before_start
                        trace[row, 2] = at
                        row += 1
                before = h
                before_start = start
        sums[i] = total
        counts[i] = count


@_compile
def lay_out(
    data: Bytes,
    offsets: Integers,
    present: npt.NDArray[np.bool_],
    out: Bytes,
    starts: Integers,
    origin: Integers,
) -> int:
    """Write the word line of every message into `out`; return the bytes written.

    A word line is a space, the words each followed by a space, and a line feed. Apostrophes
    and marks are dropped, accents too, a letter repeated counts once, and everything else parts
    words. `out` needs three bytes a message more than the texts have. `starts` receives where
    each line begins; an `origin` as long as `out` receives the byte of the text that each byte
    came from.
    """
    traced = origin.size > 0
    k = 0
    for i in range(offsets.size - 1):
        starts[i] = k
        at = offsets[i]
        end = offsets[i + 1]
        if present.size > 0 and not present[i]:
            end = at
        out[k] = 32
        if traced:
            origin[k] = at
        k += 1
        last = np.int64(32)
        while at < end:
            code = np.int64(FOLD[data[at]])
            width = np.int64(1)
            dropped = code == 39
            apart = code == 0
            if code >= 0x80:
                code, width = character(data, at, end)
                apart = breaks(code)
                if code < FOLDED and not apart:
                    code = np.int64(FOLD_CODE[code])
                    dropped = code == 0
            if apart:
                code = np.int64(32)
            if not dropped and not (code == last and (apart or repeats(code))):
                before = k
                k = put(out, k, code)
                if traced:
                    for j in range(before, k):
                        origin[j] = at
                last = code
            at += width
        if last != 32:
            out[k] = 32
            if traced:
                origin[k] = end
            k += 1
        out[k] = 10
        if traced:
            origin[k] = end
        k += 1
    starts[offsets.size - 1] = k
    return k
