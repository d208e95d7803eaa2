"""Letters that pass for Latin ones, as two tables the compiled loop reads.

``confusables.toml`` lists the look-alikes of other scripts and letters in dress. Unicode's own
decompositions and names give the rest: full-width and mathematical letters, letters in circles
and squares, and the regional indicators that flags are made of.
"""

from __future__ import annotations

import functools
import tomllib
import unicodedata
from importlib.resources import files
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

CODES = 0x20000
"""Characters from here on pass for no letter."""

SCRIPT, DRESS, LATIN, FLAG, SEAL = 1, 2, 3, 4, 5
"""A letter of another script; one in dress; one that NFKC makes Latin; a regional indicator;
a white letter in a dark circle or square."""

_COMPATIBLE = [
    (0x2100, 0x2150), (0x2460, 0x2500), (0xFF21, 0xFF5B), (0x1D400, 0x1D800), (0x1F110, 0x1F150),
]  # fmt: skip
_SEALS = [(0x1F150, 0x1F16A), (0x1F170, 0x1F18A)]
_FLAGS = (0x1F1E6, 0x1F200)


class Confusables(NamedTuple):
    """For each character below `CODES`, the ASCII letter it passes for and how; 0 for none."""

    letters: npt.NDArray[np.uint8]
    kinds: npt.NDArray[np.uint8]


@functools.cache
def confusables() -> Confusables:
    """The tables that ship."""
    letters, kinds = np.zeros(CODES, np.uint8), np.zeros(CODES, np.uint8)

    def enter(character: str, letter: str, kind: int) -> None:
        letters[ord(character)], kinds[ord(character)] = ord(letter.lower()), kind

    for start, end in _COMPATIBLE:
        for character in map(chr, range(start, end)):
            letter = unicodedata.normalize("NFKC", character).strip("()")
            if len(letter) == 1 and letter.isascii() and letter.isalpha():
                enter(character, letter, LATIN)
    for start, end in _SEALS:
        for character in map(chr, range(start, end)):
            enter(character, unicodedata.name(character)[-1], SEAL)
    for place, character in enumerate(map(chr, range(*_FLAGS))):
        enter(character, chr(ord("a") + place), FLAG)
    text = (files("fieldfare.language") / "confusables.toml").read_text("utf-8")
    content: dict[str, dict[str, str]] = tomllib.loads(text)
    for kind, name in ((SCRIPT, "scripts"), (DRESS, "dress")):
        for letter, characters in content[name].items():
            for character in characters:
                enter(character, letter, kind)
    letters.flags.writeable = kinds.flags.writeable = False
    return Confusables(letters, kinds)
