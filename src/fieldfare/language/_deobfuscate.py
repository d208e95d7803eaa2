"""Compiled: disguised words back to plain ones, in lower-cased NFKC text.

Letters set apart ("s e c r e t", "s.e.c.r.e.t", an emoji between each) and words broken once or
twice ("sec.ret"); digits and signs for letters are read in `_leet`. A repair is made only where it
gives known words, or where no other reading is likely; see each loop.

Loops read one message and write it again; nothing is looked at twice, so that any message
takes time linear in its bytes. `trace` receives the byte each byte came from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._leet import KIND, LEET, SURE, letter
from fieldfare.language._votes import EVERY
from fieldfare.language._words import (
    BASIS,
    breaks,
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

INLINED = "6140a1445583cb10"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

LONGEST = 24
"""Bytes of a word that may be a disguised one."""
SHORTEST = 4
"""Bytes of each of two words in one."""
MOST_LETTERS = 64
"""Letters set apart that are joined at once; a longer row goes on as the next."""


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
            elif before == 1 and (kind == 2 or byte == 64 or byte == 36 or byte == 33):
                # "no!!" is no disguise, "hind!" may be one.
                found = byte != 33 or at + 1 == end or data[at + 1] != 33
            elif (before == 3 and data[at - 1] == 33) or before == 2:
                # "!57", "1$7", "!$7": words all in digits and signs
                found = byte == 36 or (kind == 2 and before == 3)
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
            if kind != 5:
                before = kind
            at += width
        marked[i] = found or (length == 1 and singles == 2)


@compiled
def segmented(
    data: Bytes, bounds: Integers, count: Any, known: Entries, bits: Any, cuts: Integers
) -> Any:
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
            if price < cost[b + 1] and mask_of(known, h) & bits:
                cost[b + 1] = price
                cuts[b + 1] = a
                words[b + 1] = words[a] + 1
    return words[count]


@compiled
def several(
    data: Bytes, bounds: Integers, count: Any, words: Any, known: Entries, cuts: Integers
) -> Any:
    """Whether letters that `segmented` cut are several words beyond doubt: of three letters or
    more on average, each one that counts in every language."""
    if count < 3 * words:
        return False
    end = count
    while end > 0:
        start = cuts[end]
        if not mask_of(known, hash_word(data, bounds[start], bounds[end])) & SURE:
            return False
        end = start
    return True


@compiled
def word_end(data: Bytes, start: Any, end: Any) -> Any:
    """Where the word at `start` ends; `start` itself where none begins there.

    Letters, digits, apostrophes inside, and signs that touch a letter as one of it would.
    """
    at = start
    opening, _ = character(data, start, end)
    while at < end:
        byte = data[at]
        kind = KIND[byte]
        if kind == 6:
            code, width = character(data, at, end)
            if breaks(code) or (dense(code) and at > start and not dense(opening)):
                break
            at += width
            continue
        if at > start and dense(opening) and (kind == 1 or kind == 2):
            break  # Latin letters inside a script without spaces are a word of their own.
        if kind == 3:
            after = at + 1
            while after < end and after < at + 3 and KIND[data[after]] == 3:
                after += 1
            inside = after < end and (letter(data[after]) or KIND[data[after]] == 2)
            ending = data[after - 1] == 36 and (
                (at > start and KIND[data[at - 1]] != 3)
                or (at > start + 1 and KIND[data[at - 2]] != 3)
            )
            if at == start and after == at + 1 and after + 1 < end and KIND[data[after]] == 5:
                inside = letter(data[after + 1])  # "!'m"
            if not inside and not ending:
                break
        elif kind == 5:
            if at == start:
                break
        elif kind != 1 and kind != 2:
            break
        at += 1
    return at


@compiled
def dense(code: Any) -> Any:
    """Whether a character is of the scripts from Thai on, in which Latin words stand out."""
    return code >= 0xE00 and not 0x1E00 <= code < 0x2000


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
def goes_on(data: Bytes, stop: Any, end: Any) -> tuple[Any, Any]:
    """Whether a dot, a star or an emoji joins the word that ends at `stop` to another without a
    space: its kind as `joint` has it, or 0, and where the other begins."""
    if stop >= end or data[stop] == 32:
        return 0, stop
    kind, then = joint(data, stop, end)
    if kind == 44 or kind == 45 or kind == 47 or kind == 43 or data[then - 1] == 32 or then >= end:
        return 0, stop
    return kind, then


@compiled
def pieced(
    data: Bytes, start: Any, stop: Any, end: Any, known: Entries, out: Bytes, trace: Integers
) -> tuple[Any, Any, Any, Any]:
    """Write the pieces of the word that a dot, a star or an emoji breaks to the start of `out`,
    and where each byte came from to `trace`.

    Returns their bytes, 0 where the whole is no word of any language and not two of them, where
    the last piece ends, and whether a dot and another sign stand between.
    """
    size = np.int64(0)
    dotted = emoji = False
    at = start
    while True:
        if size + stop - at > LONGEST:
            return 0, start, dotted, emoji
        for j in range(at, stop):
            if emoji and data[j] == 33 and j > at:
                stop = np.int64(j)
                break
            if KIND[data[j]] != 1 and KIND[data[j]] != 6:
                return 0, start, dotted, emoji
            out[size] = data[j]
            trace[size] = j
            size += 1
        kind, then = goes_on(data, stop, end)
        # "g*ut.Ich", "g*ut!Ich": the next sentence begins without a space.
        if kind == 46 and emoji and is_known(known, hash_word(out, np.int64(0), size)):
            break
        after = word_end(data, then, end) if kind else then
        if after == then:
            break
        dotted = dotted or kind == 46
        emoji = emoji or kind == 1 or kind == 42 or kind == 95
        at = then
        stop = after
    if at == start or (dotted and size < 5):
        return 0, start, dotted, emoji
    whole = is_known(known, hash_word(out, np.int64(0), size))
    if not whole and emoji and not dotted:
        whole = compound(out, size, known, EVERY)
    return size if whole else 0, stop, dotted, emoji


@compiled
def compound(word: Bytes, size: Any, known: Entries, bits: Any) -> Any:
    """Whether a word is two known ones of four letters or more: "Haustier"."""
    for cut in range(SHORTEST, size - SHORTEST + 1):
        if (
            (word[cut] < 0x80 or word[cut] >= 0xC0)
            and mask_of(known, hash_word(word, np.int64(0), cut)) & bits
            and mask_of(known, hash_word(word, np.int64(cut), size)) & bits
        ):
            return True
    return False


@compiled
def mends(
    word: Bytes, size: Any, trace: Integers, dotted: Any, emoji: Any, known: Entries, bits: Any
) -> Any:
    """Whether the pieces of `pieced` are one word: known as a whole, and a piece of it not; or
    two known words in one, which an emoji breaks elsewhere."""
    whole = (mask_of(known, hash_word(word, np.int64(0), size)) & bits) != 0
    if not whole and (dotted or not emoji or not compound(word, size, known, bits)):
        return False
    strange = familiar = False
    at = np.int64(0)
    for end in range(1, size + 1):
        if end < size and trace[end] == trace[end - 1] + 1:
            continue
        if mask_of(known, hash_word(word, at, end)) & bits:
            familiar = True
        else:
            strange = True
        at = np.int64(end)
    # Else a sentence that begins without a space, or an abbreviation.
    return (strange or (emoji and whole)) and not (dotted and familiar)
