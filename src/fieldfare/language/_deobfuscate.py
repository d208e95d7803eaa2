"""Compiled: disguised words back to plain ones, in lower-cased NFKC text.

Three disguises: digits and signs for letters ("s3cr3t"), letters set apart ("s e c r e t",
"s.e.c.r.e.t", an emoji between each), a word broken once or twice ("sec.ret"). A repair is made
only where it gives known words, or where no other reading is likely; see each loop. Ages
("13f", "im12", "7pm") never become letters.

Loops read one message and write it again; nothing is looked at twice, so that any message
takes time linear in its bytes. `trace` receives the byte each byte came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import (
    BASIS,
    breaks,
    character,
    compiled,
    hash_more,
    hash_word,
    is_known,
)

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

INLINED = "33357a874f062e91"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

LONGEST = 24
"""Bytes of a word that may be a disguised one."""
MOST_LETTERS = 64
"""Letters set apart that are joined at once; a longer row goes on as the next."""


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
UNITS = np.frombuffer(b"amfmpmthstndrdkgkmcmmmftnmhrhsyoyrgbmbkbpxmlozlbmsghmixx", np.uint8)


@compiled
def suspicious(data: Bytes, offsets: Integers, marked: npt.NDArray[np.bool_]) -> None:
    """Mark the messages that may hold a disguise, at a glance: few do."""
    for i in range(offsets.size - 1):
        at = offsets[i]
        end = offsets[i + 1]
        before = np.uint8(0)
        jointed = False  # whether a joint follows a letter
        length = 0  # of the word so far, in characters
        singles = 0  # words of one character in a row
        found = False
        while at < end and not found:
            byte = data[at]
            kind = KIND[byte]
            width = np.int64(1)
            if kind == 6:
                code, width = character(data, at, end)
                kind = np.uint8(4) if breaks(code) else np.uint8(1)
            if kind == 1:
                found = before == 2 or before == 3 or (before == 4 and jointed)
            elif before == 1 and (kind == 2 or byte == 64 or byte == 36):
                found = True
            if kind == 1 or kind == 2:
                length += 1
            elif length:
                singles = singles + 1 if length == 1 else 0
                length = 0
                found = found or singles == 3
            if kind != 4:
                jointed = False
            elif before == 1:
                jointed = True
            before = kind
            at += width
        marked[i] = found or (length == 1 and singles == 2)


@compiled
def unit(data: Bytes, end: Any) -> Any:
    """Whether the last two letters are what stands after a number: 7pm, 1st, 5kg."""
    for k in range(0, UNITS.size, 2):
        if UNITS[k] == data[end - 2] and UNITS[k + 1] == data[end - 1]:
            return True
    return False


@compiled
def decoded(data: Bytes, start: Any, end: Any, known: Entries, out: Bytes) -> Any:
    """Write the word a token with digits or signs stands for to the start of `out`.

    False where it is no disguise: an age, a time, a known abbreviation, no known word.
    """
    size = end - start
    letters = np.int64(0)
    leading = np.int64(0)  # digits before the first letter
    inner = np.int64(0)  # lone signs between letters
    swaps = np.int64(0)
    odd = np.int64(0)  # digits that rarely stand for a letter
    choices = np.int64(0)  # signs that may be an i or an l
    ones = np.zeros(3, np.int64)
    for j in range(size):
        byte = data[start + j]
        kind = KIND[byte]
        out[j] = byte
        if kind == 2 or kind == 3:
            out[j] = LEET[byte]
            swaps += 1
            if letters == 0 and kind == 2:
                leading += 1
            rare = byte == 50 or byte == 54 or byte == 56 or byte == 57
            odd += rare
            if byte == 49 or byte == 33 or byte == 124:
                if choices < 3:
                    ones[choices] = j
                choices += 1
            if (
                0 < j < size - 1
                and KIND[data[start + j - 1]] == 1
                and KIND[data[start + j + 1]] == 1
            ):
                inner += byte != 33 and byte != 124 and not rare
            elif byte == 124:
                return False
        elif kind != 5:
            letters += 1
    if swaps == 0 or letters == 0 or (odd and size < 5 and letters < 2):
        return False
    trailing = np.int64(0)
    while trailing < size and KIND[data[end - 1 - trailing]] == 2:
        trailing += 1
    if leading == swaps and (letters == 1 or leading > 1 or (letters == 2 and unit(data, end))):
        return False  # 13f, 7pm, 4th, 100ml
    if trailing == swaps and (
        letters < 2 or trailing > 2 or (trailing == 2 and data[end - 2] == 49)
    ):
        return False  # b4, im12
    if is_known(known, hash_word(data, start, end)):
        return False  # gr8, any1: abbreviations that phrases themselves have
    base = np.uint32(0)
    numbered = False
    if trailing == 1 and swaps == 1:
        # file3, raid5: a word and its number, unless the number makes it another word.
        base = hash_word(data, start, end - 1)
        numbered = is_known(known, base)
        if numbered and data[end - 1] == 53:
            return False
    if choices > 3:
        choices = np.int64(0)
    for choice in range(1 << choices):
        for c in range(choices):
            out[ones[c]] = 108 if (choice >> c) & 1 else 105
        h = hash_word(out, np.int64(0), size)
        if is_known(known, h) and not (numbered and h == base and data[end - 1] != 49):
            return True
    if numbered:
        return False
    for c in range(choices):
        out[ones[c]] = 105
    return inner >= 2 and inner == swaps and letters > swaps and size >= 5


@compiled
def segmented(data: Bytes, bounds: Integers, count: Any, known: Entries, cuts: Integers) -> Any:
    """Cut `count` letters into known words, as few and as long as can be.

    `cuts[j]` receives where the word that ends before letter j begins. Returns the number of
    words, 0 where the letters are no row of known words.
    """
    far = np.int64(1 << 30)
    cost = np.full(count + 1, far, np.int64)
    words = np.zeros(count + 1, np.int64)
    cost[0] = 0
    for a in range(count):
        if cost[a] == far:
            continue
        h = BASIS
        last = np.int64(0)
        for b in range(a, min(count, a + 20)):
            at = bounds[b]
            if b == a + 1 and character(data, at, bounds[b + 1])[0] == last:
                break  # "thi ssecret": a repeat counts once, yet begins no word.
            while at < bounds[b + 1]:
                code, width = character(data, at, bounds[b + 1])
                h, last = hash_more(h, last, code)
                at += width
            size = b + 1 - a
            price = cost[a] + 2 + (6 if size == 1 else 3 if size == 2 else 0)
            if price < cost[b + 1] and is_known(known, h):
                cost[b + 1] = price
                cuts[b + 1] = a
                words[b + 1] = words[a] + 1
    return words[count]


@compiled
def word_end(data: Bytes, start: Any, end: Any) -> Any:
    """Where the word at `start` ends; `start` itself where none begins there.

    Letters, digits, apostrophes inside, and signs that touch a letter as one of it would.
    """
    at = start
    while at < end:
        byte = data[at]
        kind = KIND[byte]
        if kind == 6:
            code, width = character(data, at, end)
            if breaks(code) or (code >= 0xE00 and at > start and data[start] < 0x80):
                break
            at += width
            continue
        if at > start and data[start] >= 0xE0 and (kind == 1 or kind == 2):
            break  # Latin letters inside a script without spaces are a word of their own.
        if kind == 3:
            after = at + 1 < end and (KIND[data[at + 1]] == 1 or KIND[data[at + 1]] == 2)
            ending = byte == 36 and at > start and KIND[data[at - 1]] != 3
            if not after and not ending:
                break
        elif kind == 5:
            if at == start:
                break
        elif kind != 1 and kind != 2:
            break
        at += 1
    return at


@compiled
def joint(data: Bytes, start: Any, end: Any) -> tuple[Any, Any]:
    """What stands between two letters set apart: its kind and where it ends.

    One space or sign of ASCII is a kind each; up to four emoji, with a space or not, are kind
    1; 0 is no joint.
    """
    at = start
    if at < end and data[at] == 32:
        at += 1
    emoji = 0
    while at < end and data[at] >= 0x80 and emoji < 4:
        code, width = character(data, at, end)
        if not breaks(code) or code < 0x2100 or 0x3000 <= code < 0x3040:
            break
        at += width
        emoji += 1
    if emoji:
        if at < end and data[at] == 32:
            at += 1
        return 1, at
    if at > start:
        return 32, at
    if at < end and (
        KIND[data[at]] == 4 or data[at] == 45 or data[at] == 44 or data[at] == 47
        or data[at] == 43 or data[at] == 124 or data[at] == 35
    ):  # fmt: skip
        return np.int64(data[at]), at + 1
    return 0, at


@compiled
def spaced(
    data: Bytes, start: Any, end: Any, letters: Bytes, bounds: Integers, origin: Integers
) -> tuple[Any, Any, Any, Any]:
    """Gather words of one letter from `start` on, all with the same joint between.

    Returns how many, how many of them are true letters, the joint, and where the last ends.
    """
    at = start
    stop = start
    count = np.int64(0)
    true = np.int64(0)
    between = np.int64(0)
    bounds[0] = 0
    while at < end and count < MOST_LETTERS:
        _, width = character(data, at, end)
        if word_end(data, at, end) != at + width:
            break
        k = bounds[count]
        kind = KIND[data[at]]
        if kind == 2 or kind == 3:
            letters[k] = LEET[data[at]]
        else:
            true += 1
            for j in range(width):
                letters[k + j] = data[at + j]
        origin[count] = at
        bounds[count + 1] = k + width
        count += 1
        stop = at + width
        kind_of_joint, at = joint(data, stop, end)
        if kind_of_joint == 0 or (count > 1 and kind_of_joint != between):
            if between == 32 and kind_of_joint > 0 and word_end(data, at, end) > at:
                # The last letter begins the next row: "s a y h-e-l-l-o".
                count -= 1
                stop = origin[count - 1] + bounds[count] - bounds[count - 1]
                true -= KIND[data[origin[count]]] == 1 or KIND[data[origin[count]]] == 6
            break
        between = kind_of_joint
    return count, true, between, stop


@compiled
def believable(words: Any, count: Any, true: Any, between: Any) -> Any:
    """Whether letters set apart are words in disguise, not a list or initials."""
    if count < 3 or true * 2 < count or (count == 3 and true < 3):
        return False
    if words:
        if count == 3:
            return words == 1
        return count * 2 >= words * 5 if between == 32 else count > words * 2
    # No known words: only a joint nobody puts between the entries of a list.
    plain = between == 1 or between == 42 or between == 95 or between == 126
    return true == count and ((count >= 4 and plain) or (count >= 5 and between == 46))


@compiled
def broken(
    data: Bytes, start: Any, stop: Any, end: Any, known: Entries, out: Bytes, trace: Integers
) -> tuple[Any, Any]:
    """Mend the word that a dot, a star or an emoji breaks, written to the start of `out`.

    Returns its bytes, 0 where there is none, and where its last piece ends. The whole must be
    a known word and a piece of it none.
    """
    size = np.int64(0)
    pieces = np.int64(0)
    strange = familiar = dotted = emoji = False
    at = start
    while True:
        if size + stop - at > LONGEST:
            return 0, start
        for j in range(at, stop):
            if KIND[data[j]] != 1 and KIND[data[j]] != 6:
                return 0, start
            out[size] = data[j]
            trace[size] = j
            size += 1
        if is_known(known, hash_word(data, at, stop)):
            familiar = True
        else:
            strange = True
        pieces += 1
        kind, then = joint(data, stop, end)
        if kind == 0 or kind == 32 or kind == 44 or kind == 45 or kind == 47 or kind == 43:
            break
        if data[stop] == 32 or data[then - 1] == 32 or then >= end:
            break
        after = word_end(data, then, end)
        if after == then:
            break
        dotted = dotted or kind == 46
        emoji = emoji or kind == 1 or kind == 42 or kind == 95
        at = then
        stop = after
    if dotted and (familiar or size < 5):
        return 0, start  # A sentence that begins without a space, an abbreviation.
    if pieces > 1 and (strange or emoji) and is_known(known, hash_word(out, np.int64(0), size)):
        return size, stop
    return 0, start
