"""Compiled: which tokens are words whose letters digits and signs stand for, and which are numbers,
ages, times or names of programs. Readings of one are of `_leet`."""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldfare.language._leet import (
    KIND,
    LONGEST,
    SURE,
    Bytes,
    Entries,
    contraction,
    heard,
    letter,
    read_signs,
    unit,
)
from fieldfare.language._words import (
    BASIS,
    character,
    compiled,
    hash_more,
    hash_word,
    is_known,
    mask_of,
)

INLINED = "a1b8832701a6dbb6"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""


FEWEST_SIGNS = 3
MOST_SIGNS = 6
"""Bytes of a word all in digits and signs."""


@compiled
def signs_in(data: Bytes, start: Any, end: Any) -> Any:
    """How many digits and signs that may be letters there are."""
    signs = np.int64(0)
    for at in range(start, end):
        signs += KIND[data[at]] == 2 or KIND[data[at]] == 3
    return signs


@compiled
def may_be_letters(data: Bytes, start: Any, end: Any, known: Entries) -> Any:
    """2 for a token whose digits or signs may be letters, 1 for one that may be a word with its
    number besides; 0 for a number with its unit and where there are none."""
    leading = start
    while leading < end and KIND[data[leading]] == 2:
        leading += 1
    if leading > start and unit(data, leading, end):
        return 0
    signs = signs_in(data, start, end)
    numbered = signs == 1 and KIND[data[end - 1]] == 2
    if numbered and is_known(known, hash_word(data, start, end - 1)):
        return 1
    return 2 if signs else 0


@compiled
def number(data: Bytes, start: Any, end: Any, begin: Any, limit: Any) -> Any:
    """Whether a token without letters is a number: a price, or part of a telephone number."""
    if data[start] == 36 or (start > begin and number_joint(data[start - 1])):
        return True
    return decimal(data, end, limit) or (end < limit and data[end] == 37)


@compiled
def decimal(data: Bytes, end: Any, limit: Any) -> Any:
    """Whether a number goes on where its digits end: 5.8, 12:30."""
    return end + 1 < limit and number_joint(data[end]) and KIND[data[end + 1]] == 2


@compiled
def number_joint(byte: Any) -> Any:
    """Whether a sign stands in numbers: # $ ( + , - . / : or one beyond ASCII, as of currencies."""
    joint = 43 <= byte <= 47 or byte == 35 or byte == 36 or byte == 40 or byte == 58
    return joint or byte >= 0x80


@compiled
def sentence(data: Bytes, start: Any, end: Any, known: Entries, speaking: Any) -> Any:
    """Whether the one sign of a token is a mark before a word: "!help", to a robot."""
    if data[start] != 33 or signs_in(data, start + 1, end):
        return False
    return speaking == 0 or heard(known, hash_word(data, start + 1, end), speaking) > 1


@compiled
def two_words(
    data: Bytes, start: Any, end: Any, known: Entries, speaking: Any, out: Bytes, half: Bytes
) -> Any:
    """Write a token of two known words, disguised or not, plain to the start of `out`: those a
    mark stands between ("gut!!ch") or an apostrophe ("1'uffic!o"). False where it is none."""
    mark, apostrophe = end, end
    for at in range(end - 1, start, -1):
        if data[at] == 33:
            mark = np.int64(at)
        if KIND[data[at]] == 5:
            apostrophe = np.int64(at)
    if mark - start > 1 and end - mark > 3:
        one = False
        if signs_in(data, start + 1, end) > 1:  # "v!3lle!ch7"
            quality, _ = read_signs(data, start, end, known, speaking, half)
            one = quality > 1
        if not one and _cut(data, start, mark, end, known, speaking, out, half):
            return True
    return end - apostrophe > 3 and _cut(data, start, apostrophe, end, known, speaking, out, half)


@compiled
def _cut(
    data: Bytes, start: Any, cut: Any, end: Any, known: Entries, speaking: Any, out: Bytes,
    half: Bytes,
) -> Any:  # fmt: skip
    """As `two_words`, between which `cut` stands."""
    if 2 * signs_in(data, cut + 1, end) >= end - cut - 1:
        return False  # "i'm13", an age
    quality, _ = read_signs(data, cut + 1, end, known, speaking, half)
    if quality < 1:
        return False
    for at in range(cut + 1, end):
        out[at - start] = half[at - cut - 1]
    quality, _ = read_signs(data, start, cut, known, speaking, half)
    if cut == start + 1 and (data[start] == 49 or data[start] == 33):
        half[0] = 108  # l'
    elif quality < 1 and cut > start + 1:
        return False
    for at in range(start, cut):
        out[at - start] = half[at - start]
    out[cut - start] = data[cut]
    return True


@compiled
def decoded(
    data: Bytes, start: Any, end: Any, begin: Any, limit: Any, known: Entries, speaking: Any,
    others: Any, out: Bytes,
) -> Any:  # fmt: skip
    """Write the word a token with digits or signs stands for to the start of `out`.

    False where it is no disguise: an age, a time, a known abbreviation, no known word. `others`
    says how many words of the message (`begin` to `limit`) are disguised beyond doubt.
    """
    size = end - start
    letters = np.int64(0)
    leading = np.int64(0)  # digits before the first letter
    inner = np.int64(0)  # lone signs between letters
    swaps = np.int64(0)
    address = False  # signs of addresses and program names: user@host, fail2ban
    odd = np.int64(0)  # digits that rarely stand for a letter
    odd_sign = False  # a sign that stands in no number: "!57", "1$7"
    for at in range(start, end):
        byte = data[at]
        kind = KIND[byte]
        if kind == 2 or kind == 3:
            swaps += 1
            if letters == 0 and kind == 2:
                leading += 1
            rare = byte == 50 or byte == 54 or byte == 56 or byte == 57
            odd += rare
            odd_sign = odd_sign or byte == 33 or (byte == 36 and at > start)
            address = address or byte == 50 or byte == 64
            if start < at < end - 1 and letter(data[at - 1]) and letter(data[at + 1]):
                inner += byte != 33 and byte != 124 and not rare
            elif byte == 124:
                return False
        elif kind != 5 and (byte < 0x80 or byte >= 0xC0):
            letters += 1
    if swaps and (letters or others) and contraction(data, start, end, known, speaking, out):
        return True
    if letters == 0:
        sure = FEWEST_SIGNS <= size <= MOST_SIGNS and (odd_sign or others > 1)
        if not sure or number(data, start, end, begin, limit):
            return False
        return read_signs(data, start, end, known, speaking, out)[0] > 1
    if swaps == 0 or mask_of(known, hash_word(data, start, end)) & (speaking if speaking else SURE):
        return False  # gr8, any1: abbreviations that phrases themselves have
    if sentence(data, start, end, known, speaking):
        return False
    need = 2 if odd and size < 5 and letters < 2 else 1
    if leading == swaps:
        # 13f, 7pm, 4th, 100ml; but 83n, 0ld; 1st and 1hr are words of German in disguise
        word = others and leading == 1 and data[start] == 49 and data[end - 1] >= 114
        if leading > 2 or (unit(data, start + leading, end) and not word):
            return False
        if word:
            need = 2
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
                if data[end - 1] == 53 and (not others or decimal(data, end, limit)):
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
def sign_may_end(data: Bytes, start: Any, stop: Any, end: Any, known: Entries) -> Any:
    """Whether the sign after a word may be its last letter, whatever the language: few are."""
    if stop >= end or (data[stop] != 64 and data[stop] != 33):
        return False
    if stop - start < 2 or stop - start >= LONGEST:
        return False
    before = data[stop - 1]
    swapped = letter(data[start]) and (before == 48 or before == 51)  # "pu0!", "zw3!"
    if data[stop] != 64 and (data[stop] != 33 or not (letter(before) or swapped)):
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
    data: Bytes, start: Any, stop: Any, end: Any, known: Entries, speaking: Any, others: Any,
    bangs: Any,
) -> Any:  # fmt: skip
    """Whether the sign after a word that `sign_may_end` is its last letter: "mam@", "hind!"."""
    if data[stop] == 64:
        return True
    if bangs and stop + 2 < end and data[stop + 1] == 32:
        return True  # Who writes i so, and goes on: "vuo! una foto".
    if stop - start < 4 and not others:
        return False
    plain = True
    for at in range(start, stop):
        plain = plain and (letter(data[at]) or KIND[data[at]] == 5)
    return not (plain and heard(known, hash_word(data, start, stop), speaking))
