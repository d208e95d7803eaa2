"""Compiled: what a word of a word line may be that is no known word: the words it misses.

Three misses are read through. A slip: a letter dropped, doubled, changed, or swapped with its
neighbour, in words of four letters and more. Vowels left out after the first letter ("prnts").
Digits for letters that the normal form left, because several readings are words ("p1s"). Words
are found by keys: the word with each letter left out once, and its skeleton of consonants.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import BASIS, PRIME, character, compiled, hash_more
from fieldfare.language.phrase_index import SPOT_BITS, Vocabulary

INLINED = "cc37ea51ed0160a0"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint32]
Worth = npt.NDArray[np.int8]

LONGEST = 20
"""Letters of a word that may be mended."""
SHORTEST = 4
"""Letters of a word in which a slip may be mended."""
READINGS = 16
"""Words that an unknown word may be."""
MOST_REMEMBERED = 2048
"""Words remembered of a batch; a power of two."""
SALT = np.uint32(0x5BD1E995)
SPREAD = np.uint32(0x9E3779B1)
BUCKETS = np.uint32(16)
SPOTS = np.uint32(32 - SPOT_BITS)

LEET = np.frombuffer(b"oizeasgtbg", np.uint8)
OTHER = np.frombuffer(b"olzeasbtbq", np.uint8)
"""The two letters that each digit may stand for."""


@compiled
def is_vowel(code: Any) -> Any:
    """Vowels of Latin and Cyrillic letters without accents."""
    return (
        code == 97 or code == 101 or code == 105 or code == 111 or code == 117
        or code == 0x430 or code == 0x435 or code == 0x438 or code == 0x43E or code == 0x443
        or code == 0x44B or code == 0x44D or code == 0x44E or code == 0x44F
    )  # fmt: skip


@compiled
def letters_of(data: Bytes, start: Any, end: Any, codes: Integers) -> Any:
    """Decode a word into `codes`; return how many letters, 0 for one that is not mended, and
    how many of them are digits.

    Not mended: long words, and those in scripts that do not part words or build syllables of
    several signs, where a letter off is another word.
    """
    count = 0
    digits = 0
    at = start
    while at < end:
        code, width = character(data, at, end)
        if code >= 0x900 or count == LONGEST:
            return 0, 0
        digits += code < 97
        codes[count] = code
        count += 1
        at += width
    return count, digits


@compiled
def keys_of(codes: Integers, count: Any, keys: Hashes) -> Any:
    """Fill `keys` with the skeleton's, the word's own, and those with a letter left out."""
    h = BASIS
    last = np.int64(0)
    for j in range(count):
        if (j == 0 or not is_vowel(codes[j])) and codes[j] != last:
            last = codes[j]
            h = np.uint32(np.uint32(h ^ np.uint32(last)) * PRIME)
    keys[0] = np.uint32(h ^ SALT) * SPREAD
    if count < SHORTEST - 1:
        return 1
    before = BASIS
    for left_out in range(count):
        if count >= SHORTEST:
            h = before
            for j in range(left_out + 1, count):
                h = np.uint32(np.uint32(h ^ np.uint32(codes[j])) * PRIME)
            keys[left_out + 2] = h * SPREAD
        before = np.uint32(np.uint32(before ^ np.uint32(codes[left_out])) * PRIME)
    keys[1] = before * SPREAD
    return 2 + (count if count >= SHORTEST else 0)


@compiled
def index(data: Bytes, bounds: Integers, keys: Hashes, owners: npt.NDArray[np.int32]) -> Any:
    """Fill `keys` and `owners` with the keys of every word; return how many."""
    codes = np.zeros(LONGEST, np.int64)
    spare = np.zeros(LONGEST + 2, np.uint32)
    k = 0
    for word in range(bounds.size - 1):
        count, digits = letters_of(data, bounds[word], bounds[word + 1], codes)
        if count < 2 or digits:
            continue
        for j in range(keys_of(codes, count, spare)):
            keys[k] = spare[j]
            owners[k] = word
            k += 1
    return k


@compiled
def one_slip(a: Integers, n: Any, b: Integers, m: Any) -> Any:
    """Whether one letter dropped, added, changed or swapped makes `a` of `b`."""
    k = 0
    while k < n and k < m and a[k] == b[k]:
        k += 1
    i, j = n, m
    while i > k and j > k and a[i - 1] == b[j - 1]:
        i -= 1
        j -= 1
    if i - k <= 1 and j - k <= 1:
        return True
    return i - k == 2 and j - k == 2 and a[k] == b[k + 1] and a[k + 1] == b[k]


@compiled
def without_vowels(a: Integers, n: Any, b: Integers, m: Any) -> Any:
    """Whether `a` is `b` with vowels after the first letter left out."""
    i = 0
    for j in range(m):
        if i < n and a[i] == b[j]:
            i += 1
        elif j == 0 or not (is_vowel(b[j]) or (i > 0 and a[i - 1] == b[j])):
            return False
    return i == n


@compiled
def digits_read(codes: Integers, count: Any, hashes: Hashes, worth: Worth) -> Any:
    """Fill `hashes` with the words that letters for digits make; return how many."""
    choices = 0
    letters = 0
    for j in range(count):
        letters += codes[j] >= 97
        if 48 <= codes[j] <= 57:
            choices += LEET[codes[j] - 48] != OTHER[codes[j] - 48]
    if choices > 3 or count < 3 or count > 12:
        return 0
    filled = 0
    for choice in range(1 << choices):
        h = BASIS
        last = np.int64(0)
        turn = 0
        for j in range(count):
            code = codes[j]
            if code < 97:
                first, other = np.int64(LEET[code - 48]), np.int64(OTHER[code - 48])
                code = first
                if first != other:
                    if (choice >> turn) & 1:
                        code = other
                    turn += 1
            h, last = hash_more(h, last, code)
        hashes[filled] = h
        worth[filled] = 1 if letters else 0
        filled += 1
    return filled


@compiled
def mended(
    data: Bytes, start: Any, end: Any, own: Any, vocabulary: Vocabulary, speaking: Any,
    codes: Integers, others: Integers, spare: Hashes, hashes: Hashes, worth: Worth,
) -> Any:  # fmt: skip
    """Fill `hashes` with those of the words that an unknown word may be; return how many.

    `own` is the hash of the word itself, `speaking` has the bits of the languages the words
    may be of. `worth` receives the points of each, 1 to -1: the
    fewer letters there are, the less they say.
    """
    count, digits = letters_of(data, start, end, codes)
    if count == 0:
        return 0
    if digits:
        return digits_read(codes, count, hashes, worth)
    filled = 0
    for j in range(keys_of(codes, count, spare)):
        key = spare[j]
        spot = key >> SPOTS
        if not (vocabulary.spots[spot >> 3] >> np.uint8(spot & 7)) & 1:
            continue
        bucket = key >> BUCKETS
        for at in range(vocabulary.buckets[bucket], vocabulary.buckets[bucket + 1]):
            if vocabulary.keys[at] != key:
                continue
            word = vocabulary.owners[at]
            h = vocabulary.hashes[word]
            if not vocabulary.masks[word] & speaking or h == own:
                continue
            size, _ = letters_of(
                vocabulary.data, vocabulary.bounds[word], vocabulary.bounds[word + 1], others
            )
            if j == 0:
                if size <= count or size > 2 * count + 2:
                    continue
                if not without_vowels(codes, count, others, size):
                    continue
                points = 1 if count > 2 else 0 if count == 2 else -1
            else:
                if size < SHORTEST or not one_slip(codes, count, others, size):
                    continue
                points = 1 if count >= SHORTEST else 0
            k = 0
            while k < filled and hashes[k] != h:
                k += 1
            if k < filled:
                worth[k] = max(worth[k], points)
            elif filled < READINGS:
                hashes[filled] = h
                worth[filled] = points
                filled += 1
    return filled


class Memory(NamedTuple):
    """Words mended before in a batch and what came out: common words come again and again."""

    words: Integers
    """Of each: where it stands, the languages spoken, and how many words it may be, or -1."""
    hashes: Hashes
    worth: Worth


@compiled
def new_memory(messages: Any) -> Memory:
    """Room for the words of so many messages."""
    room = MOST_REMEMBERED if messages >= MOST_REMEMBERED else 1
    words = np.zeros((room, 4), np.int64)
    words[:, 3] = -1
    return Memory(words, np.zeros((room, READINGS), np.uint32), np.zeros((room, READINGS), np.int8))


@compiled
def same_word(data: Bytes, start: Any, end: Any, other: Any, other_end: Any) -> Any:
    """Whether two words are the same, byte for byte."""
    if end - start != other_end - other:
        return False
    same = True
    for k in range(end - start):
        same = same and data[start + k] == data[other + k]
    return same


@compiled
def mended_again(
    words: Integers, known_hashes: Hashes, known_worth: Worth, data: Bytes, start: Any, end: Any,
    own: Any, vocabulary: Vocabulary, speaking: Any, codes: Integers, others: Integers,
    spare: Hashes, hashes: Hashes, worth: Worth,
) -> Any:  # fmt: skip
    """As `mended`, out of memory where the word was mended before."""
    at = np.int64(own) & (words.shape[0] - 1)
    if (
        words[at, 3] < 0
        or words[at, 2] != np.int64(speaking)
        or not same_word(data, start, end, words[at, 0], words[at, 1])
    ):
        words[at, 0] = start
        words[at, 1] = end
        words[at, 2] = np.int64(speaking)
        words[at, 3] = mended(
            data, start, end, own, vocabulary, speaking, codes, others, spare, known_hashes[at],
            known_worth[at],
        )  # fmt: skip
    count = words[at, 3]
    for k in range(count):
        hashes[k] = known_hashes[at, k]
        worth[k] = known_worth[at, k]
    return count
