"""The loops over bytes, compiled by Numba. Import it only through `kernel`, which does so on
first use: importing Numba takes half a second that most commands need not spend.

All arithmetic of the hash is on uint64 and wraps there. `wrap` says how many bits of it the
table was trained with: the shipped English one with all 64, which its first description
called 32; a table trained from stored 32-bit hashes with 32. Constants are typed, because
next to uint64 a plain integer literal would turn the result into a float.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Loop = TypeVar("Loop", bound=Callable[..., Any])
Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


def _compile(loop: Loop) -> Loop:
    try:
        return cast(Loop, numba.njit(nogil=True, cache=True)(loop))
    except RuntimeError:
        # Neither the package folder nor the user's cache folder can be written. A folder
        # anyone can write to is no place for it: cached code is loaded and run.
        return cast(Loop, numba.njit(nogil=True)(loop))


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
def breaks(code: Any) -> Any:
    """Whether a character beyond ASCII parts words: punctuation, symbols, emoji."""
    return (
        code < 0xC0
        or code == 0xD7
        or code == 0xF7
        or code == 0x60C
        or code == 0x61B
        or code == 0x61F
        or code == 0x6D4
        or code == 0x964
        or code == 0x965
        or (0x2000 <= code < 0x2C00)
        or (0x3000 <= code < 0x3040)
        or (0xFE00 <= code < 0xFE10)
        or (0x1F000 <= code < 0x20000)
    )


@_compile
def width_and_break(data: Bytes, at: Any, end: Any) -> tuple[Any, Any]:
    """Bytes of the character at `at`, and whether it parts words."""
    lead = np.int64(data[at])
    width = np.int64(1)
    code = np.int64(0xC0)  # A stray byte counts as a letter; validated text has none.
    if lead >= 0xF0:
        width = np.int64(4)
        code = lead & 0x07
    elif lead >= 0xE0:
        width = np.int64(3)
        code = lead & 0x0F
    elif lead >= 0xC0:
        width = np.int64(2)
        code = lead & 0x1F
    if at + width > end:
        return end - at, False
    for k in range(1, width):
        code = (code << 6) | (np.int64(data[at + k]) & 0x3F)
    return width, breaks(code)


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
    are dropped, a Latin letter repeated counts once, a dotless i is an i, and everything else
    parts words. `out` needs three bytes a message more than the texts have. `starts` receives
    where each line begins; an `origin` as long as `out` receives the byte of the text that each
    byte came from.
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
        while at < end:
            byte = FOLD[data[at]]
            if byte == 0xC4 and at + 1 < end and data[at + 1] == 0xB1:
                # Dotless i: lower-casing a Turkish capital I gives i or this, as one asks.
                byte = np.uint8(105)
                width = np.int64(2)
                apart = False
            elif byte >= 0x80:
                width, apart = width_and_break(data, at, end)
                if not apart:
                    for j in range(width):
                        out[k] = data[at + j]
                        if traced:
                            origin[k] = at + j
                        k += 1
                    at += width
                    continue
            else:
                width = np.int64(1)
                apart = byte == 0
            if apart:
                if out[k - 1] != 32:
                    out[k] = 32
                    if traced:
                        origin[k] = at
                    k += 1
            elif byte != 39 and not (byte == out[k - 1] and byte >= 97):
                out[k] = byte
                if traced:
                    origin[k] = at
                k += 1
            at += width
        if out[k - 1] != 32:
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
