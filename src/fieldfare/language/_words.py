"""Compiled: characters of UTF-8, how words compare, and a table of words by hash.

Words compare without accents, harakat, tatweel and repeated letters: so they are laid out for
phrases (`_compiled.lay_out`) and hashed for the table of known words. Import it only through a
function, as `kernel` does: importing Numba takes half a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

from fieldfare.language.folding import FOLDED, fold_codes

INLINED = "b3ebbfcd2f7ea6ff"
"""Of the modules whose tables are compiled into these loops; see `scripts/stamp-loops`."""

Loop = TypeVar("Loop", bound=Callable[..., Any])
Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Entries = npt.NDArray[np.uint64]


def compiled(loop: Loop) -> Loop:
    """`loop`, compiled on first use and kept in the cache folder where there is one."""
    try:
        return cast(Loop, numba.njit(nogil=True, cache=True)(loop))
    except RuntimeError:
        # Neither the package folder nor the user's cache folder can be written. A folder
        # anyone can write to is no place for it: cached code is loaded and run.
        return cast(Loop, numba.njit(nogil=True)(loop))


FOLD_CODE = fold_codes()
"""The letter each letter counts as; 0 for a mark that does not count."""


@compiled
def breaks(code: Any) -> Any:
    """Whether a character beyond ASCII parts words: punctuation, symbols, emoji."""
    return (
        code < 0xC0
        or code == 0xD7
        or code == 0xF7
        or code == 0x60C
        or code == 0x61B
        or code == 0x61F
        or code == 0x6D4
        or code == 0x964
        or code == 0x965
        or (0x2000 <= code < 0x2C00)
        or (0x3000 <= code < 0x3040)
        or (0xFE00 <= code < 0xFE10)
        or (0x1F000 <= code < 0x20000)
    )


@compiled
def repeats(code: Any) -> Any:
    """Whether a letter repeated counts once: all do but digits, and the characters of Chinese,
    Japanese and Korean, where two make another word."""
    if code < 0x80:
        return code >= 97
    return code < 0x2E80 or 0xE000 <= code < 0xF900


@compiled
def character(data: Bytes, at: Any, end: Any) -> tuple[Any, Any]:
    """The code and the bytes of the character at `at`, which begins before `end`."""
    lead = np.int64(data[at])
    if lead < 0xC0:
        return lead, np.int64(1)
    width = np.int64(2)
    code = lead & 0x1F
    if lead >= 0xF0:
        width = np.int64(4)
        code = lead & 0x07
    elif lead >= 0xE0:
        width = np.int64(3)
        code = lead & 0x0F
    if at + width > end:
        return np.int64(0xC0), end - at
    for k in range(1, width):
        code = (code << 6) | (np.int64(data[at + k]) & 0x3F)
    return code, width


@compiled
def put(out: Bytes, k: Any, code: Any) -> Any:
    """Write a character at `k`; return where the next goes."""
    if code < 0x80:
        out[k] = code
        return k + 1
    if code < 0x800:
        out[k] = 0xC0 | (code >> 6)
        out[k + 1] = 0x80 | (code & 0x3F)
        return k + 2
    if code < 0x10000:
        out[k] = 0xE0 | (code >> 12)
        out[k + 1] = 0x80 | ((code >> 6) & 0x3F)
        out[k + 2] = 0x80 | (code & 0x3F)
        return k + 3
    out[k] = 0xF0 | (code >> 18)
    out[k + 1] = 0x80 | ((code >> 12) & 0x3F)
    out[k + 2] = 0x80 | ((code >> 6) & 0x3F)
    out[k + 3] = 0x80 | (code & 0x3F)
    return k + 4


BASIS = np.uint32(2166136261)
PRIME = np.uint32(16777619)


@compiled
def hash_more(h: Any, last: Any, code: Any) -> tuple[Any, Any]:
    """The hash of a word with one more character, and that character as it counts."""
    if code < 0x80:
        if 65 <= code <= 90:
            code = code + 32
        if code == 39:
            return h, last
    elif code < FOLDED:
        code = np.int64(FOLD_CODE[code])
        if code == 0:
            return h, last
    if code == last and repeats(code):
        return h, last
    return np.uint32(np.uint32(h ^ np.uint32(code)) * PRIME), code


@compiled
def hash_word(data: Bytes, start: Any, end: Any) -> Any:
    """The hash of the word in ``data[start:end]``, as words compare."""
    h = BASIS
    last = np.int64(0)
    at = start
    while at < end:
        code, width = character(data, at, end)
        h, last = hash_more(h, last, code)
        at += width
    return h


@compiled
def hash_all(data: Bytes, bounds: Integers) -> npt.NDArray[np.uint32]:
    """The hashes of the words that stand end to end in `data`."""
    hashes = np.empty(bounds.size - 1, np.uint32)
    for i in range(bounds.size - 1):
        hashes[i] = hash_word(data, bounds[i], bounds[i + 1])
    return hashes


SPREAD = np.uint64(0x9E3779B97F4A7C15)
S32 = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
NONE = np.uint32(0)


def new_table(words: int) -> Entries:
    """An empty table for so many words; see `enter`."""
    return np.zeros(1 << (words * 3 // 2 + 8).bit_length(), np.uint64)


@compiled
def enter(known: Entries, hashes: npt.NDArray[np.uint32], masks: npt.NDArray[np.uint32]) -> None:
    """Put words into a table; a word that is there gains the bits of its mask, not 0.

    A table is a power of two long and at most two thirds full. An entry is the hash of a word
    and, in its lower half, the mask; 0 is a free place.
    """
    last = np.uint64(known.size - 1)
    for k in range(hashes.size):
        h = np.uint64(hashes[k])
        at = ((h * SPREAD) >> S32) & last
        while known[at] != 0 and (known[at] >> S32) != h:
            at = (at + np.uint64(1)) & last
        known[at] = (h << S32) | (known[at] & LOW) | np.uint64(masks[k])


@compiled
def mask_of(known: Entries, h: Any) -> Any:
    """The mask of a word, by its hash; 0 for a word that is not in the table."""
    last = np.uint64(known.size - 1)
    at = ((np.uint64(h) * SPREAD) >> S32) & last
    while known[at] != 0:
        if (known[at] >> S32) == np.uint64(h):
            return np.uint32(known[at] & LOW)
        at = (at + np.uint64(1)) & last
    return NONE


@compiled
def is_known(known: Entries, h: Any) -> Any:
    """Whether a word, by its hash, is in the table."""
    return mask_of(known, h) != NONE
