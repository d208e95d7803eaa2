"""Compiled: words of word lines that are no known words, read as the phrase words they miss.

Two misses are mended: a letter dropped, doubled, changed or swapped with its neighbour, in
words of four letters and more; and vowels left out after the first letter ("prnts"). Words are
found by keys: the word with each letter left out once, and its skeleton of consonants.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import BASIS, PRIME, character, compiled, hash_word, in_set

INLINED = "be389161c1e69443"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint32]

LONGEST = 20
"""Letters of a word that may be mended."""
SHORTEST = 4
"""Letters of a word in which a slip may be mended."""
APART = 32
"""Spaces between a line and its mended form."""
MOST = 3
"""Mended forms of a line."""
READINGS = 8
"""Phrase words that an unknown word may be."""
MOST_WORDS = 64
"""Words of a message that are looked at; phrases in what follows must be written well."""
SALT = np.uint32(0x5BD1E995)


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
    """Decode a word into `codes`; return how many letters, 0 for one that is not mended.

    Not mended: words with digits, long ones, and scripts that do not part words or build
    syllables of several signs, where a letter off is another word.
    """
    count = 0
    at = start
    while at < end:
        code, width = character(data, at, end)
        plain = code >= 97 if code < 0x80 else code < 0x900
        if not plain or count == LONGEST:
            return 0
        codes[count] = code
        count += 1
        at += width
    return count


@compiled
def keys_of(codes: Integers, count: Any, keys: Hashes) -> Any:
    """Fill `keys` with the skeleton's, the word's own, and those with a letter left out."""
    h = BASIS
    for j in range(count):
        if j == 0 or not is_vowel(codes[j]):
            h = np.uint32(np.uint32(h ^ np.uint32(codes[j])) * PRIME)
    keys[0] = h ^ SALT
    for left_out in range(-1, count if count >= SHORTEST else 0):
        h = BASIS
        for j in range(count):
            if j != left_out:
                h = np.uint32(np.uint32(h ^ np.uint32(codes[j])) * PRIME)
        keys[left_out + 2] = h
    return 2 + (count if count >= SHORTEST else 0)


@compiled
def index(data: Bytes, bounds: Integers, keys: Hashes, owners: Integers) -> Any:
    """Fill `keys` and `owners` with the keys of every word; return how many."""
    codes = np.zeros(LONGEST, np.int64)
    spare = np.zeros(LONGEST + 2, np.uint32)
    k = 0
    for word in range(bounds.size - 1):
        count = letters_of(data, bounds[word], bounds[word + 1], codes)
        if count < 2:
            continue
        for j in range(keys_of(codes, count, spare)):
            keys[k] = spare[j]
            owners[k] = word
            k += 1
    return k


@compiled
def mended(
    data: Bytes, start: Any, end: Any, keys: Hashes, owners: Integers, bits: Bytes,
    bounds: Integers, sizes: Integers, languages: npt.NDArray[np.uint64], uses: Integers,
    votes: Integers,
    codes: Integers, spare: Hashes, best: Integers,
) -> Any:  # fmt: skip
    """Fill `best` with the phrase words an unknown word may be, likeliest first; how many."""
    count = letters_of(data, start, end, codes)
    if count < 2:
        return 0
    scores = np.zeros(best.size, np.int64)
    filled = 0
    bare = True
    for j in range(1, count):
        bare = bare and not is_vowel(codes[j])
    for j in range(keys_of(codes, count, spare)):
        if (j == 0 and not bare) or not in_set(bits, spare[j]):
            continue
        if j > 0 and count < SHORTEST:
            continue
        at = np.searchsorted(keys, spare[j])
        while at < keys.size and keys[at] == spare[j]:
            word = owners[at]
            at += 1
            size = sizes[word]
            if (j == 0 and size <= count) or (j > 0 and (abs(size - count) > 1 or size < SHORTEST)):
                continue
            heard = 0
            for language in range(votes.size):
                if (languages[word] >> np.uint64(language)) & np.uint64(1):
                    heard = max(heard, votes[language])
            score = heard * 1_000_000 + min(uses[word], 99_999) * 2 + (j > 0)
            if bounds[word + 1] - bounds[word] > 2 * (end - start) + 2:
                continue
            k = 0
            while k < filled and best[k] != word and scores[k] >= score:
                k += 1
            if k == best.size or (k < filled and best[k] == word):
                continue
            for later in range(min(filled, best.size - 1), k, -1):
                best[later] = best[later - 1]
                scores[later] = scores[later - 1]
            best[k] = word
            scores[k] = score
            filled = min(filled + 1, best.size)
    return filled


@compiled
def spoken(
    buffer: Bytes, start: Any, end: Any, ranked: Hashes, order: Integers,
    languages: npt.NDArray[np.uint64], votes: Integers,
) -> Any:  # fmt: skip
    """Count the words of each language in a line into `votes`; return the most spoken, or -1."""
    votes[:] = 0
    at = start + 1
    while at < end - 1:
        stop = at
        while buffer[stop] != 32:
            stop += 1
        h = hash_word(buffer, at, stop)
        place = np.searchsorted(ranked, h)
        if place < ranked.size and ranked[place] == h:
            mask = languages[order[place]]
            language = 0
            while mask:
                votes[language] += np.int64(mask & np.uint64(1))
                mask >>= np.uint64(1)
                language += 1
        at = stop + 1
    best = np.argmax(votes)
    return best if votes[best] > 0 else -1


@compiled
def familiar(h: Any, language: Any, english: Any, dictionary: Bytes, ranked: Hashes) -> Any:
    """Whether a word is one of a phrase, or common English where that may be spoken."""
    if (language == english or language < 0) and in_set(dictionary, h):
        return True
    place = np.searchsorted(ranked, h)
    return place < ranked.size and ranked[place] == h


@compiled
def copy(
    buffer: Bytes, start: Any, end: Any, origin: Integers, out: Bytes, new_origin: Integers, k: Any
) -> Any:
    """Copy a piece of a line; return where the next byte goes."""
    for j in range(start, end):
        out[k] = buffer[j]
        if origin.size:
            new_origin[k] = origin[j]
        k += 1
    return k


@compiled
def filler(out: Bytes, new_origin: Integers, k: Any, place: Any) -> Any:
    """Write the spaces that keep a line and its mended form apart."""
    for _ in range(APART):
        out[k] = 32
        if place >= 0:
            new_origin[k] = place
        k += 1
    return k


@compiled
def pair(first: Any, second: Any) -> Any:
    """The hash of two words that stand side by side."""
    return np.uint32(np.uint32(first * np.uint32(31)) ^ second)


@compiled
def supported(hashes: npt.NDArray[np.uint32], counts: Integers, word: Any, k: Any, total: Any,
              pairs: Bytes) -> Any:  # fmt: skip
    """Whether some phrase has reading `k` of a word beside a reading of one of its neighbours."""
    h = hashes[word, k]
    if word > 0:
        for j in range(counts[word - 1]):
            if in_set(pairs, pair(hashes[word - 1, j], h)):
                return True
    if word + 1 < total:
        for j in range(counts[word + 1]):
            if in_set(pairs, pair(h, hashes[word + 1, j])):
                return True
    return False


@compiled
def repair(
    buffer: Bytes, starts: Integers, origin: Integers, dictionary: Bytes, words: Bytes,
    bounds: Integers, sizes: Integers, languages: npt.NDArray[np.uint64], uses: Integers,
    own: Hashes, ranked: Hashes, order: Integers, keys: Hashes, owners: Integers, bits: Bytes,
    pairs: Bytes, english: Any, out: Bytes, new_starts: Integers, new_origin: Integers,
) -> Any:  # fmt: skip
    """Write the word lines again, each with its mended forms after it; return the bytes written.

    A line in which nothing is mended stands alone. The first form has the likeliest word for
    each unknown one, the second the next, up to `MOST`. Between them are a line feed and
    spaces, more than a gap reaches over. `own` are the hashes of the phrase words, `ranked` the
    same in order, `order` the words they are those of, `pairs` their neighbours in phrases.
    """
    codes = np.zeros(LONGEST, np.int64)
    spare = np.zeros(LONGEST + 2, np.uint32)
    votes = np.zeros(64, np.int64)
    best = np.zeros(READINGS, np.int64)
    places = np.zeros(MOST_WORDS + 1, np.int64)
    counts = np.zeros(MOST_WORDS, np.int64)
    hashes = np.zeros((MOST_WORDS, READINGS), np.uint32)
    readings = np.zeros((MOST_WORDS, READINGS), np.int64)
    kept_counts = np.zeros(MOST_WORDS, np.int64)
    chosen = np.zeros((MOST_WORDS, MOST), np.int64)
    traced = origin.size > 0
    k = 0
    for i in range(starts.size - 1):
        new_starts[i] = k
        end = starts[i + 1]
        k = copy(buffer, starts[i], end, origin, out, new_origin, k)
        language = spoken(buffer, starts[i], end, ranked, order, languages, votes)
        total = 0
        strange = False
        at = starts[i] + 1
        while at < end - 1 and total < MOST_WORDS:
            stop = at
            while buffer[stop] != 32:
                stop += 1
            h = hash_word(buffer, at, stop)
            counts[total] = 1
            hashes[total, 0] = h
            readings[total, 0] = -1
            if not familiar(h, language, english, dictionary, ranked):
                count = mended(
                    buffer, at, stop, keys, owners, bits, bounds, sizes, languages, uses, votes,
                    codes, spare, best,
                )  # fmt: skip
                counts[total] = count
                strange = strange or count > 0
                for j in range(count):
                    readings[total, j] = best[j]
                    hashes[total, j] = own[best[j]]
            places[total] = at
            at = stop + 1
            total += 1
        places[total] = at
        if not strange:
            continue
        most = 0
        for word in range(total):
            kept = 0
            if counts[word] and readings[word, 0] >= 0:
                for j in range(counts[word]):
                    if kept < MOST and supported(hashes, counts, word, j, total, pairs):
                        chosen[word, kept] = readings[word, j]
                        kept += 1
            kept_counts[word] = kept
            most = max(most, kept)
        for rank in range(most):
            k = filler(out, new_origin, k, origin[starts[i]] if traced else -1)
            done = starts[i]
            for word in range(total):
                kept = kept_counts[word]
                if kept == 0:
                    continue
                reading = chosen[word, min(rank, kept - 1)]
                k = copy(buffer, done, places[word], origin, out, new_origin, k)
                for j in range(bounds[reading], bounds[reading + 1]):
                    out[k] = words[j]
                    if traced:
                        new_origin[k] = origin[places[word]]
                    k += 1
                done = places[word + 1] - 1
            k = copy(buffer, done, end, origin, out, new_origin, k)
    new_starts[starts.size - 1] = k
    return k
