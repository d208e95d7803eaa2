"""How much of a message survives disguise: a suite of perturbations, deterministic under a seed.

Lossless kinds leave every letter to be seen; lossy ones drop or change letters. Each is put on
about half of the words of a text with three letters or more, at least one. A kind that a
script does not know (digits for Thai letters) leaves the text, which is then not counted.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Callable, Iterable

_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|[\u0300-\u036f'’])+")
_LEET = {
    "a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1", "o": "0", "s": "5$", "t": "7",
}  # fmt: skip
_LOOK_ALIKES = {
    "a": "аα", "c": "сϲ", "d": "ԁ", "e": "еε", "h": "һ", "i": "іι", "j": "ј", "k": "к", "m": "м",
    "n": "п", "o": "оο", "p": "рρ", "s": "ѕ", "t": "т", "u": "υ", "v": "ν", "w": "ԝ", "x": "хχ",
    "y": "у",
}  # fmt: skip
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u202d"
_EMOJI = "🔥✨💕😊🙈🌸⭐🎈"
_JOINTS = [" ", ".", "_", "-", "*"]
_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "wa", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip
_VOWELS = set("aeiouаеиоуыэюя")


def _some(word: str, random_: random.Random, swaps: dict[str, str], share: float) -> str:
    places = [k for k, letter in enumerate(word) if letter.lower() in swaps]
    if not places:
        return word
    chosen = {k for k in places if random_.random() < share} or {random_.choice(places)}
    return "".join(
        random_.choice(swaps[letter.lower()]) if k in chosen else letter
        for k, letter in enumerate(word)
    )


def leet(word: str, random_: random.Random) -> str:
    """Digits and signs for letters."""
    return _some(word, random_, _LEET, 0.5)


def homoglyph(word: str, random_: random.Random) -> str:
    """Look-alikes of other scripts, or all letters full-width or mathematical."""
    dress = random_.random()
    if dress < 0.3 and word.isascii() and word.isalpha():
        base = 0xFF41 if dress < 0.15 else 0x1D41A
        return "".join(chr(base + ord(letter) - 97) for letter in word.lower())
    return _some(word, random_, _LOOK_ALIKES, 0.6)


def zero_width(word: str, random_: random.Random) -> str:
    """Invisible characters between letters."""
    pairs = ((letter, random_.choice(_INVISIBLE), random_.random() < 0.5) for letter in word)
    return "".join(letter + hidden * put for letter, hidden, put in pairs)


def repeats(word: str, random_: random.Random) -> str:
    """One letter typed several times."""
    if unicodedata.name(word[0], "").startswith(("CJK", "HIRAG", "KATAK", "HANG")):
        return word  # There, two are another word.
    k = random_.randrange(len(word))
    return word[:k] + word[k] * random_.randint(2, 5) + word[k + 1 :]


def spacing(word: str, random_: random.Random) -> str:
    """Letters set apart by a space or a sign."""
    return word if _syllabic(word) else random_.choice(_JOINTS).join(_letters(word))


def _letters(word: str) -> str:
    return word.replace("'", "").replace("’", "")


def _syllabic(word: str) -> bool:
    # Scripts that build syllables of several signs: their signs do not stand alone.
    return any(0x900 <= ord(letter) < 0x10A0 or 0x1780 <= ord(letter) < 0x1800 for letter in word)


def emoji(word: str, random_: random.Random) -> str:
    """An emoji inside the word, or between all its letters."""
    sign = random_.choice(_EMOJI)
    if _syllabic(word):
        return word
    if random_.random() < 0.5:
        return sign.join(_letters(word))
    k = random_.randrange(1, len(word))
    return word[:k] + sign + word[k:]


def dropped_vowels(word: str, random_: random.Random) -> str:
    """Every vowel but a first letter left out; words that keep two letters or more."""
    del random_
    bare = word[0] + "".join(letter for letter in word[1:] if letter.lower() not in _VOWELS)
    return bare if len(bare) >= 2 else word


def typos(word: str, random_: random.Random) -> str:
    """One slip in a word of four letters or more: swapped, dropped, or the key beside it."""
    if len(word) < 4 or not all(letter.lower() in _NEAR for letter in word):
        return word
    k = random_.randrange(len(word) - 1)
    slip = random_.randrange(3)
    if slip == 0:
        return word[:k] + word[k + 1] + word[k] + word[k + 2 :]
    if slip == 1:
        return word[:k] + word[k + 1 :]
    return word[:k] + random_.choice(_NEAR[word[k].lower()]) + word[k + 1 :]


Change = Callable[[str, random.Random], str]
LOSSLESS: dict[str, Change] = {
    "leet": leet, "homoglyph": homoglyph, "zero_width": zero_width, "repeats": repeats,
    "spacing": spacing, "emoji": emoji,
}  # fmt: skip
LOSSY: dict[str, Change] = {"dropped_vowels": dropped_vowels, "typos": typos}


def mixed(word: str, random_: random.Random) -> str:
    """Any of the other kinds, a word at a time."""
    return random_.choice(list((LOSSLESS | LOSSY).values()))(word, random_)


KINDS: dict[str, Change] = {**LOSSLESS, **LOSSY, "mixed": mixed}


def perturb(text: str, kind: str, seed: int) -> tuple[str, list[str]]:
    """`text` with about half of its words perturbed, and the words that were.

    Deterministic: the same text, kind and seed give the same.
    """
    random_ = random.Random(f"{seed}/{kind}/{text}")  # noqa: S311 - nothing secret about it
    words = [found for found in _WORD.finditer(text) if len(found[0]) >= 3]
    if not words:
        return text, []
    chosen = {k for k in range(len(words)) if random_.random() < 0.5} or {
        random_.randrange(len(words))
    }
    pieces, changed, end = [], [], 0
    for k, found in enumerate(words):
        word = KINDS[kind](found[0], random_) if k in chosen else found[0]
        if word != found[0]:
            changed.append(found[0])
        pieces += [text[end : found.start()], word]
        end = found.end()
    return "".join([*pieces, text[end:]]), changed


def sample(texts: Iterable[str], most: int, seed: int) -> list[str]:
    """At most so many of the distinct texts, the same for the same seed."""
    distinct = sorted(set(texts))
    random_ = random.Random(seed)  # noqa: S311 - nothing secret about it
    return distinct if len(distinct) <= most else sorted(random_.sample(distinct, most))
