"""The loops over bytes that find the tokens of a message, compiled by Numba. Import it only
through `kernel`, which does so on first use: importing Numba takes half a second that most
commands need not spend.

All arithmetic of the hash is on uint64 and wraps there. `wrap` says how many bits of it the
table was trained with: 32 for tables trained from stored hashes, so the one that ships; 64 for
the reference table before it. Constants are typed, because next to uint64 a plain integer
literal would turn the result into a float.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import compiled

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]


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
START = np.uint64(0x9E3779B9 ^ 0x02)
"""What stands before the first word of a message, in a table with edges."""
END = np.uint64(0x9E3779B9 ^ 0x03)
"""What stands after the last."""
MIX_1 = np.uint64(0x85EBCA6B)
MIX_2 = np.uint64(0xC2B2AE35)
S16 = np.uint64(16)
S13 = np.uint64(13)


@compiled
def finish(x: Any, wrap: Any, mask: Any) -> Any:
    """`fin` of the table's card: the place in the table of a hash."""
    x = x & wrap
    x = x ^ (x >> S16)
    x = (x * MIX_1) & wrap
    x = x ^ (x >> S13)
    x = (x * MIX_2) & wrap
    x = x ^ (x >> S16)
    return x & mask


@compiled
def read_word(data: Bytes, at: Any, end: Any) -> tuple[Any, Any]:
    """The hash of the word that begins at `at`, and the byte past its last."""
    h = BASIS
    last = np.uint8(0)
    last_but_one = np.uint8(0)
    byte = FOLD[data[at]]
    while byte != 0:
        if not (byte == last and byte == last_but_one):
            h = (h ^ np.uint64(byte)) * PRIME
        last_but_one = last
        last = byte
        at += 1
        if at == end:
            break
        byte = FOLD[data[at]]
    return h, at


@compiled
def note(trace: Integers, row: Any, token: Any, start: Any, end: Any) -> Any:
    """Write one token into `trace`, where it has rows; the next row to write."""
    if trace.shape[0] > 0:
        trace[row, 0] = token
        trace[row, 1] = start
        trace[row, 2] = end
        row += 1
    return row


@compiled
def scan(
    data: Bytes,
    offsets: Integers,
    present: npt.NDArray[np.bool_],
    weights: npt.NDArray[np.float32],
    wrap: Any,
    edges: bool,
    sums: npt.NDArray[np.float64],
    counts: npt.NDArray[np.int32],
    trace: Integers,
) -> None:
    """Fill `sums` and `counts` with the Σ weight and number of tokens of each message.

    `present` is empty where no message is null. With `edges`, the first and the last word make a
    pair with `START` and `END`. A `trace` with rows, at least twice the bytes and two, receives
    (id, first byte, byte past the last) of every token, in order.
    """
    mask = np.uint64(weights.size - 1)
    row = 0
    for i in range(offsets.size - 1):
        total = 0.0
        count = 0
        if present.size == 0 or present[i]:
            at = offsets[i]
            end = offsets[i + 1]
            before = START
            before_start = np.int64(-1)
            before_end = np.int64(-1)
            while at < end:
                start = at
                if FOLD[data[at]] == 0:
                    at += 1
                    if MARK[data[start]]:
                        token = finish(GOLDEN ^ np.uint64(data[start]), wrap, mask)
                        total += weights[token]
                        count += 1
                        row = note(trace, row, token, start, at)
                    continue
                h, at = read_word(data, at, end)
                token = finish(h, wrap, mask)
                total += weights[token]
                count += 1
                row = note(trace, row, token, start, at)
                if before_start >= 0 or edges:
                    token = finish(h * PAIR + before, wrap, mask)
                    total += weights[token]
                    count += 1
                    if before_start < 0:
                        before_start = start
                    row = note(trace, row, token, before_start, at)
                before = h
                before_start = start
                before_end = at
            if edges and before_start >= 0:
                token = finish(END * PAIR + before, wrap, mask)
                total += weights[token]
                count += 1
                row = note(trace, row, token, before_start, before_end)
        sums[i] = total
        counts[i] = count


@compiled
def hash_words(
    data: Bytes,
    offsets: Integers,
    present: npt.NDArray[np.bool_],
    hashes: npt.NDArray[np.uint32],
    starts: Integers,
) -> int:
    """Write the 32-bit hash of each word and mark of all messages into `hashes`, as long as
    `data`, and where each message begins into `starts`; return how many there are."""
    k = 0
    for i in range(offsets.size - 1):
        starts[i] = k
        at = offsets[i]
        end = offsets[i + 1]
        if present.size > 0 and not present[i]:
            end = at
        while at < end:
            if FOLD[data[at]] != 0:
                h, at = read_word(data, at, end)
                hashes[k] = np.uint32(h & np.uint64(0xFFFFFFFF))
                k += 1
            else:
                if MARK[data[at]]:
                    hashes[k] = np.uint32(GOLDEN ^ np.uint64(data[at]))
                    k += 1
                at += 1
    starts[offsets.size - 1] = k
    return k


@compiled
def place(
    hashes: npt.NDArray[np.uint32],
    offsets: Integers,
    size: Any,
    edges: bool,
    ids: npt.NDArray[np.int32],
    starts: Integers,
) -> int:
    """As `scan` with 32 bits, but from stored hashes: the ids of all messages into `ids`, where
    each begins into `starts`; return how many there are.

    `ids` needs two for each hash and, with `edges`, two more for each message.
    """
    mask = np.uint64(size - 1)
    wrap = np.uint64(0xFFFFFFFF)
    k = 0
    for i in range(offsets.size - 1):
        starts[i] = k
        before = START
        words = 0
        for j in range(offsets[i], offsets[i + 1]):
            h = np.uint64(hashes[j])
            ids[k] = finish(h, wrap, mask)
            k += 1
            octet = h ^ GOLDEN
            if octet < np.uint64(128) and MARK[octet]:
                continue
            if words > 0 or edges:
                ids[k] = finish(h * PAIR + before, wrap, mask)
                k += 1
            before = h
            words += 1
        if edges and words > 0:
            ids[k] = finish(END * PAIR + before, wrap, mask)
            k += 1
    starts[offsets.size - 1] = k
    return k
