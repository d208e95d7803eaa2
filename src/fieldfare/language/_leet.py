"""Compiled: digits and signs that stand for letters ("s3cr3t"), in lower-cased NFKC text.

Of several readings ("1" is an i or an l) the one counts that is a known word, best of a language
that the rest of the message is of. Ages ("13f", "im12", "7pm") never become letters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import (
    compiled,
    hash_word,
    mask_of,
)

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

LONGEST = 24
"""Bytes of a word that may be a disguised one."""
SURE = np.uint32(1 << 31)
"""The bit of words that count in every language; see `known_words`."""


def _leet_table() -> Bytes:
    table = np.zeros(256, np.uint8)
    for sign, letter in zip(b"0123456789@$!|", b"oizeasgtbgasii", strict=True):
        table[sign] = letter
    return table


LEET = _leet_table()
"""The letter a digit or sign may stand for."""


def _kinds() -> Bytes:
    # 1 a letter, 2 a digit, 3 another sign that may be a letter, 4 a joint, 5 apostrophe
    table = np.zeros(256, np.uint8)
    table[0x80:] = 6
    for byte in b"abcdefghijklmnopqrstuvwxyz":
        table[byte] = 1
    for byte in b"0123456789":
        table[byte] = 2
    for byte in b"@$!|":
        table[byte] = 3
    for byte in b"._*~":
        table[byte] = 4
    table[39] = 5
    return table


KIND = _kinds()
UNITS = np.frombuffer(b"ampmstndrdthkmkgcmmmftmshryryogbmbkbtbpxmlozhzmlxx", np.uint8)
LONG_UNITS = np.frombuffer(b"minsechrsyrsmphghzmhzkhzkbpsmseureurusdgbp", np.uint8)


@compiled
def unit(data: Bytes, start: Any, end: Any) -> Any:
    """Whether letters are what stands after a number: 7pm, 1st, 5kg, 20min."""
    if end - start == 2:
        if data[start] == 110 or data[start] == 114 or data[start] == 115:
            # nd, rd, st, each after its own number
            first = 50 if data[start] == 110 else 51 if data[start] == 114 else 49
            if data[start + 1] == 100 or data[start + 1] == 116:
                return data[start - 1] == first
        for k in range(0, UNITS.size, 2):
            if UNITS[k] == data[start] and UNITS[k + 1] == data[start + 1]:
                return True
    elif end - start == 3:
        for k in range(0, LONG_UNITS.size, 3):
            if (
                LONG_UNITS[k] == data[start]
                and LONG_UNITS[k + 1] == data[start + 1]
                and LONG_UNITS[k + 2] == data[start + 2]
            ):
                return True
    return False


@compiled
def heard(known: Entries, h: Any, speaking: Any) -> Any:
    """3 or 2 for a known word of the languages spoken, 3 for one that counts in all, 1 for one
    that counts in all and is of another, 0 for none."""
    mask = mask_of(known, h)
    if mask & speaking:
        return 3 if mask & SURE else 2
    return 1 if mask & SURE else 0


@compiled
def read_signs(data: Bytes, start: Any, end: Any, known: Entries, speaking: Any, out: Bytes) -> Any:
    """Write the likeliest reading of a token to the start of `out`; return how well known it is
    (see `heard`), and the hash of the reading."""
    size = end - start
    ones = np.zeros(3, np.int64)
    choices = np.int64(0)
    for j in range(size):
        byte = data[start + j]
        out[j] = byte
        if KIND[byte] == 2 or KIND[byte] == 3:
            out[j] = LEET[byte]
            if byte == 49 or byte == 33 or byte == 124:
                if choices < 3:
                    ones[choices] = j
                choices += 1
    if choices > 3:
        choices = np.int64(0)
    best = np.int64(0)
    best_choice = 0
    best_hash = np.uint32(0)
    for choice in range(1 << choices):
        for c in range(choices):
            out[ones[c]] = 108 if (choice >> c) & 1 else 105
        h = hash_word(out, np.int64(0), size)
        quality = heard(known, h, speaking)
        tied = quality == best and best > 0
        if quality > best or (tied and doubles(out, size, ones, choices, choice)):
            best = np.int64(quality)
            best_choice = choice
            best_hash = h
    for c in range(choices):
        out[ones[c]] = 108 if (best_choice >> c) & 1 else 105
    return best, best_hash


@compiled
def doubles(word: Bytes, size: Any, ones: Integers, choices: Any, choice: Any) -> Any:
    """Whether a one read as l stands beside another l and behind a vowel: "a1l" is "all" before
    "ail", but "f1le" is "file"."""
    for c in range(choices):
        at = ones[c]
        if (choice >> c) & 1:
            if at > 0 and word[at - 1] == 108:
                at -= 1
            elif at + 1 >= size or word[at + 1] != 108:
                continue
            if at > 0 and vowel(word[at - 1]):
                return True
    return False


@compiled
def vowel(byte: Any) -> Any:
    return byte == 97 or byte == 101 or byte == 105 or byte == 111 or byte == 117 or byte > 0x7F


@compiled
def contraction(
    data: Bytes, start: Any, end: Any, known: Entries, speaking: Any, out: Bytes
) -> Any:
    """Write "1'm", "7h47's" plain to the start of `out`: a word, an apostrophe and how English
    shortens one after it. False where it is none."""
    mark = np.int64(-1)
    for at in range(start, end):
        if KIND[data[at]] == 5:
            if mark >= 0:
                return False
            mark = np.int64(at)
    after = end - mark - 1
    if mark <= start or after < 1 or after > 2:
        return False
    for at in range(mark, end):
        out[at - start] = LEET[data[at]] if LEET[data[at]] else data[at]
    first, last = out[mark + 1 - start], out[end - 1 - start]
    if after == 2 and last == 105:
        last = np.uint8(108)  # "w3'1l", "w3'11": ll
        out[end - 1 - start] = last
    if after == 2 and first == 105:
        first = np.uint8(108)
        out[mark + 1 - start] = first
    if after == 1:
        if first != 100 and first != 109 and first != 115 and first != 116:
            return False
    elif not (last == 101 and (first == 114 or first == 118)) and not (first == last == 108):
        return False
    if mark == start + 1:
        if data[start] != 49 and data[start] != 33 and data[start] != 105:
            return False
        out[0] = 105  # i
        return first != 115 and first != 116
    shape = out[mark - start : end - start].copy()
    plain = True
    for at in range(start, mark):
        plain = plain and KIND[data[at]] != 2 and KIND[data[at]] != 3
    if plain:
        for at in range(start, mark):
            out[at - start] = data[at]
        base = hash_word(data, start, mark)
        quality = heard(known, base, speaking)
    else:
        quality, base = read_signs(data, start, mark, known, speaking, out)
    for k in range(shape.size):
        out[mark - start + k] = shape[k]
    return quality > 0


@compiled
def letter(byte: Any) -> Any:
    """Whether a byte is a letter, or part of one."""
    return KIND[byte] == 1 or KIND[byte] == 6
