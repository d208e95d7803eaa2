"""One form for texts that read the same: the form every table, phrase and age pattern sees.

In this order: invisible characters go (zero-width, bidi controls, variation selectors,
tags), a heap of combining marks is cut to `MOST_MARKS`, curly apostrophes become ``'``,
then Unicode NFKC, then lower case. The original text is never changed; `normalise_one`
gives the way back to it for highlighting.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.vocabulary import InputError

VERSION = "normalise-1"
"""Changes whenever the same text may give another form; part of the model's fingerprint."""

MOST_MARKS = 16
"""Combining marks kept in a row. No script needs more, and sorting a longer run into
canonical order takes time with the square of its length: one message could stall a scan."""

_INVISIBLE = (
    "\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\ufe00-\ufe0f\ufeff\U000e0001-\U000e007f"
)
# U+00B4 must go before NFKC, which would turn it into a space and a combining mark.
_APOSTROPHES = "\u2018\u2019\u201b\u02bc\u00b4"

# Jamo that join the syllable before them: starters, yet no boundary.
_JOINING_JAMO = re.compile("[\u1160-\u11ff\ud7b0-\ud7fb]")


def as_large(texts: pa.Array) -> pa.LargeStringArray:
    """`texts` as one large_string array, its bytes unchecked.

    Takes string, large_string, string_view, dictionary of these, and all-null arrays; raises
    TypeError for other types.
    """
    if pa.types.is_dictionary(texts.type):
        texts = texts.dictionary_decode()
    kind = texts.type
    if not (
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    ):
        raise TypeError(f"texts must be an Arrow string array, not {kind}")
    # 64-bit offsets throughout: NFKC may lengthen a text elevenfold.
    strings = texts.cast(pa.large_string())
    places = strings.buffers()[1]
    if len(strings) and places is not None and np.frombuffer(places, np.int64)[0]:
        # Arrow's ascii_lower reads the wrong bytes where an array without an offset does not
        # begin at byte 0, as a slice does after a cast. A copy begins there.
        strings = pa.concat_arrays([strings])
    return strings


def as_strings(texts: pa.Array) -> pa.LargeStringArray:
    """As `as_large`, checked to be UTF-8: for texts that come from outside.

    Raises TypeError as there, and InputError, with the row, for bytes that are not UTF-8.
    """
    try:
        texts.validate(full=True)
    except pa.ArrowInvalid as error:
        place = re.search(r"index (\d+)", str(error))
        row = f" in row {place[1]}" if place else ""
        raise InputError(f"a message text{row} is not valid UTF-8") from None
    return as_large(texts)


def one_text(text: str) -> pa.LargeStringArray:
    """`text` as an array of one. Raises InputError where it holds a lone surrogate."""
    try:
        return pa.array([text], pa.large_string())
    except UnicodeEncodeError:
        raise InputError("a message text holds a lone surrogate; it is not Unicode") from None


def normalise(texts: pa.Array) -> pa.LargeStringArray:
    """The normal form of each text; null stays null.

    Raises as `as_strings` does.
    """
    strings = as_strings(texts)
    plain = pc.fill_null(pc.string_is_ascii(strings), True)
    lowered = pc.ascii_lower(strings)
    if pc.all(plain, min_count=0).as_py():
        return lowered
    other = pc.invert(plain)
    rest = _fold(_without_invisible(strings.filter(other)))
    return pc.replace_with_mask(lowered, other, rest)


def _without_invisible(strings: pa.LargeStringArray) -> pa.LargeStringArray:
    seen = pc.replace_substring_regex(strings, pattern=f"[{_INVISIBLE}]+", replacement="")
    return pc.replace_substring_regex(
        seen, pattern=rf"(\p{{M}}{{{MOST_MARKS}}})\p{{M}}+", replacement=r"\1"
    )


def _fold(strings: pa.LargeStringArray) -> pa.LargeStringArray:
    straight = pc.replace_substring_regex(strings, pattern=f"[{_APOSTROPHES}]", replacement="'")
    return pc.utf8_lower(pc.utf8_normalize(straight, form="NFKC"))


def normalise_one(text: str) -> tuple[str, list[int]]:
    """The normal form of one text, equal to that of `normalise`, and the way back.

    `offsets` has one entry a character of the normal form, plus a last one: the index in
    `text` of the character it came from. It never falls. Use `original_span` to carry a span
    over. Raises InputError where `text` holds a lone surrogate.
    """
    if text.isascii():
        return text.lower(), list(range(len(text) + 1))
    visible = str(_without_invisible(one_text(text))[0].as_py())
    whole = str(_fold(one_text(visible))[0].as_py())
    kept = _positions(visible, text)
    for starts in (_clusters(visible), _words(visible), [0]):
        bounds = [*starts, len(visible)]
        parts = pa.array([visible[a:b] for a, b in pairwise(bounds)], pa.large_string())
        folded = _fold(parts).to_pylist()
        # Python's Unicode tables may be older than Arrow's: prove the cut, or cut coarser.
        if "".join(folded) == whole:
            break
    offsets = [kept[a] for a, part in zip(starts, folded, strict=True) for _ in part]
    return whole, [*offsets, len(text)]


def _positions(kept: str, text: str) -> list[int]:
    """Where each character of `kept`, a subsequence of `text`, stands in it."""
    positions = []
    at = 0
    for character in kept:
        at = text.index(character, at)
        positions.append(at)
        at += 1
    return [*positions, len(text)]


def _clusters(text: str) -> list[int]:
    """Starts of the pieces that NFKC treats apart from one another."""
    return [i for i, character in enumerate(text) if i == 0 or _begins(character)]


@functools.lru_cache(maxsize=4096)
def _begins(character: str) -> bool:
    first = unicodedata.normalize("NFKD", character)[0]
    return not (unicodedata.category(first).startswith("M") or _JOINING_JAMO.match(first))


def _words(text: str) -> list[int]:
    return [0, *(found.start() for found in re.finditer(r"(?<=\S)\s", text))]


def original_span(offsets: list[int], start: int, end: int) -> tuple[int, int]:
    """The span in the original text that `start:end` of the normal form came from, never
    empty where that is not: a character that became several counts whole."""
    if end <= start:
        return offsets[start], offsets[start]
    last = end
    while last < len(offsets) - 1 and offsets[last] == offsets[end - 1]:
        last += 1
    return offsets[start], offsets[last]


def byte_to_character(encoded: bytes) -> list[int]:
    """For each byte of valid UTF-8, and one past the last, the index of its character."""
    octets = np.frombuffer(encoded, dtype=np.uint8)
    leads = (octets & 0xC0) != 0x80
    return [*(np.cumsum(leads) - 1).tolist(), int(leads.sum())]
