"""Compiled: digits and signs that stand for letters ("s3cr3t"), in lower-cased NFKC text.

Of several readings ("1" is an i or an l) the one counts that is a known word, best of a language
that the rest of the message is of. Ages ("13f", "im12", "7pm") never become letters.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import (
    BASIS,
    character,
    compiled,
    hash_more,
    hash_word,
    is_known,
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
    """Whether a one read as l stands beside another l: "a1l" is "all" before "ail". Behind the
    word's `size` stands what an earlier one left."""
    for c in range(choices):
        at = ones[c]
        if (choice >> c) & 1 and (
            (at > 0 and word[at - 1] == 108) or (at + 1 < size and word[at + 1] == 108)
        ):
            return True
    return False


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
def sentence(data: Bytes, start: Any, end: Any, known: Entries, speaking: Any) -> Any:
    """Whether the one sign of a token is a mark between words ("gut!Ich") or before one."""
    place = np.int64(-1)
    for at in range(start, end):
        kind = KIND[data[at]]
        if kind == 2 or (kind == 3 and (data[at] != 33 or place >= 0)):
            return False
        if kind == 3:
            place = np.int64(at)
    if place < 0:
        return False
    after = heard(known, hash_word(data, place + 1, end), speaking)
    if place == start:
        return after > 1 or speaking == 0  # "!help", to a robot
    if place - start < 2 or end - place < 4:
        return False
    return after > 0 and heard(known, hash_word(data, start, place), speaking) > 0


@compiled
def decoded(
    data: Bytes, start: Any, end: Any, known: Entries, speaking: Any, others: Any, out: Bytes
) -> Any:
    """Write the word a token with digits or signs stands for to the start of `out`.

    False where it is no disguise: an age, a time, a known abbreviation, no known word. `others`
    says whether other words of the message are disguised beyond doubt.
    """
    size = end - start
    letters = np.int64(0)
    leading = np.int64(0)  # digits before the first letter
    inner = np.int64(0)  # lone signs between letters
    swaps = np.int64(0)
    address = False  # signs of addresses and program names: user@host, fail2ban
    odd = np.int64(0)  # digits that rarely stand for a letter
    for at in range(start, end):
        byte = data[at]
        kind = KIND[byte]
        if kind == 2 or kind == 3:
            swaps += 1
            if letters == 0 and kind == 2:
                leading += 1
            rare = byte == 50 or byte == 54 or byte == 56 or byte == 57
            odd += rare
            address = address or byte == 50 or byte == 64
            if start < at < end - 1 and letter(data[at - 1]) and letter(data[at + 1]):
                inner += byte != 33 and byte != 124 and not rare
            elif byte == 124:
                return False
        elif kind != 5 and (byte < 0x80 or byte >= 0xC0):
            letters += 1
    if swaps and (letters or others) and contraction(data, start, end, known, speaking, out):
        return True
    if (
        swaps == 0
        or letters == 0
        or mask_of(known, hash_word(data, start, end)) & (speaking if speaking else SURE)
    ):
        return False  # gr8, any1: abbreviations that phrases themselves have
    if sentence(data, start, end, known, speaking):
        return False
    need = 2 if odd and size < 5 and letters < 2 else 1
    if leading == swaps:
        # 13f, 7pm, 4th, 100ml; but 83n, 0ld
        if leading > 2 or unit(data, start + leading, end):
            return False
        last = data[end - 1]
        sexed = last == 102 or last == 109
        if letters == 1 and (sexed or not (others or data[start] == 48)):
            return False
        if leading == 2 or letters == 1:
            need = 2
    trailing = np.int64(0)
    while trailing < size and KIND[data[end - 1 - trailing]] == 2:
        trailing += 1
    base = np.uint32(0)
    numbered = False
    if trailing == swaps:
        sexed = data[start] == 102 or data[start] == 109
        aged = trailing == 2 and data[end - 2] == 49
        if letters < 2 or trailing > 2 or aged:
            # b4, im12; but d13 beside other disguise
            if trailing > 3 or trailing == 1 or not others or (letters == 1 and sexed):
                return False
            need = 2
        if trailing == 1:
            # file3, raid5: a word and its number, unless the number makes it another word.
            base = hash_word(data, start, end - 1)
            numbered = heard(known, base, speaking) > 0
            if numbered:
                need = 2 if speaking else 1
                if data[end - 1] == 53 and not others:
                    return False
    quality, h = read_signs(data, start, end, known, speaking, out)
    if quality >= need and not (numbered and h == base and data[end - 1] != 49):
        return True
    if numbered or need == 2:
        return False
    if (
        others > 1
        and not address
        and size >= 6
        and letters > swaps
        and trailing < swaps
        and leading < 2
    ):
        return True  # Among disguised words, a long one that is no known word.
    return inner >= 2 and inner == swaps and letters > swaps and size >= 5


@compiled
def letter(byte: Any) -> Any:
    """Whether a byte is a letter, or part of one."""
    return KIND[byte] == 1 or KIND[byte] == 6


@compiled
def sign_may_end(data: Bytes, start: Any, stop: Any, end: Any, known: Entries) -> Any:
    """Whether the sign after a word may be its last letter, whatever the language: few are."""
    if stop >= end or (data[stop] != 64 and data[stop] != 33):
        return False
    if stop - start < 2 or stop - start >= LONGEST:
        return False
    if data[stop] != 64 and (data[stop] != 33 or not letter(data[stop - 1])):
        return False
    if stop + 1 < end and data[stop + 1] != 32 and KIND[data[stop + 1]] != 0:
        return False
    h = BASIS
    last = np.int64(0)
    at = start
    while at < stop:
        if KIND[data[at]] == 2 or KIND[data[at]] == 3:
            return True
        code, width = character(data, at, stop)
        h, last = hash_more(h, last, code)
        at += width
    if data[stop] == 64:
        return is_known(known, hash_more(h, last, np.int64(97))[0])
    return is_known(known, hash_more(h, last, np.int64(105))[0]) or is_known(
        known, hash_more(h, last, np.int64(108))[0]
    )


@compiled
def sign_after(
    data: Bytes, start: Any, stop: Any, known: Entries, speaking: Any, others: Any
) -> Any:
    """Whether the sign after a word that `sign_may_end` is its last letter: "mam@", "hind!"."""
    if data[stop] == 64:
        return True
    if stop - start < 4 and not others:
        return False
    plain = True
    for at in range(start, stop):
        plain = plain and (letter(data[at]) or KIND[data[at]] == 5)
    return not (plain and heard(known, hash_word(data, start, stop), speaking))
