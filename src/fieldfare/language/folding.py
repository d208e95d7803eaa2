"""Letters that count as another when words are compared: accents off, Arabic letters as one.

Plain tables without compiled code: the loops (`_words`) and the age patterns read them.
"""

from __future__ import annotations

import functools
import unicodedata

import numpy as np
import numpy.typing as npt

FOLDED = 0x2000
"""Characters from here on stand for themselves."""

_BY_HAND = {
    # Letters that people swap for one another, or leave out, as their keyboard has it.
    **dict.fromkeys("أإآٱ", "ا"), "ى": "ي", "ی": "ي", "ک": "ك", "ة": "ه", "ہ": "ه",
    "ł": "l", "đ": "d", "ø": "o", "ı": "i", "ß": "s", "ð": "d", "ħ": "h", "ŧ": "t", "ё": "е",
}  # fmt: skip
_DROPPED = [*range(0x300, 0x370), 0x640, *range(0x64B, 0x653), 0x670]
"""Combining accents, tatweel, harakat."""


def fold_codes() -> npt.NDArray[np.int32]:
    """For each character below `FOLDED`, the one it counts as; 0 for a mark that does not."""
    table = np.arange(FOLDED, dtype=np.int32)
    for code in [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]:
        first = unicodedata.normalize("NFD", chr(code))[0]
        if first.isascii() and first.isalpha():
            table[code] = ord(first.lower())
    table[_DROPPED] = 0
    for letter, other in _BY_HAND.items():
        table[ord(letter)] = ord(other)
    return table


@functools.cache
def _translation() -> dict[int, int]:
    table = fold_codes().tolist()
    return {code: other for code, other in enumerate(table) if other not in (0, code)}


def folded(text: str) -> str:
    """`text` with each letter as it counts; as long as `text`, so that places are the same."""
    return text if text.isascii() else text.translate(_translation())
