"""One form for texts that read the same: the form every table, phrase and age pattern sees.

In this order: invisible characters go (zero-width, bidi controls, variation selectors,
tags), a heap of combining marks is cut to `MOST_MARKS`, look-alike letters become the Latin
ones they pass for (`_unmask`), curly apostrophes become ``'``, then Unicode NFKC, then lower
case, then words in disguise become plain (`_deobfuscate`). Ordinary text passes the second
and the last unchanged; ``fieldfare evaluate obfuscation`` counts the words that do not.
`plain` is the form without these two. The original text is never changed; `normalise_one`
gives the way back to it for highlighting.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.language import known_words
from fieldfare.language.confusables import confusables
from fieldfare.vocabulary import InputError

VERSION = "normalise-5"
"""Changes whenever the same text may give another form; part of the model's fingerprint."""

MOST_MARKS = 16
"""Combining marks kept in a row. No script needs more, and sorting a longer run into
canonical order takes time with the square of its length: one message could stall a scan."""

INVISIBLE = [
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F),
    (0x202A, 0x202E), (0x2060, 0x2064), (0x2066, 0x206F), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xE0001, 0xE007F),
]  # fmt: skip
# U+00B4 must go before NFKC, which would turn it into a space and a combining mark.
_STRAIGHT = dict.fromkeys(map(ord, "\u2018\u2019\u201b\u02bc\u00b4"), "'")
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
        raise _lone_surrogate() from None


def _lone_surrogate() -> InputError:
    return InputError("a message text holds a lone surrogate; it is not Unicode")


Integers = npt.NDArray[np.int64]
_NO_TRACE = np.zeros(0, np.int64)


def normalise(texts: pa.Array) -> pa.LargeStringArray:
    """The normal form of each text; null stays null.

    Raises as `as_strings` does.
    """
    return _restored(_lowered(as_strings(texts), unmask=True))


def plain(texts: pa.Array) -> pa.LargeStringArray:
    """As `normalise`, but disguised words and look-alike letters stay as they are."""
    return _lowered(as_strings(texts), unmask=False)


def _lowered(strings: pa.LargeStringArray, *, unmask: bool) -> pa.LargeStringArray:
    ascii_only = pc.fill_null(pc.string_is_ascii(strings), True)
    lowered = pc.ascii_lower(strings)
    if pc.all(ascii_only, min_count=0).as_py():
        return lowered
    other = pc.invert(ascii_only)
    rest, _ = _rewrite(strings.filter(other), _visible)
    if unmask:
        rest, _ = _rewrite(rest, _unmask)
    return pc.replace_with_mask(lowered, other, _fold(rest))


def _restored(lowered: pa.LargeStringArray) -> pa.LargeStringArray:
    from fieldfare.language._deobfuscate import suspicious
    from fieldfare.language.kernel import column

    data, offsets, present = column(lowered)
    marked = np.zeros(len(lowered), np.bool_)
    suspicious(data, offsets, marked)
    if present.size:
        marked &= present
    if not marked.any():
        return lowered
    mask = pa.array(marked)
    rest, _ = _rewrite(lowered.filter(mask), _restore)
    return pc.replace_with_mask(lowered, mask, rest)


def _rewrite(
    strings: pa.LargeStringArray, loop: Callable[..., None], *, trace: bool = False
) -> tuple[pa.LargeStringArray, Integers]:
    """`strings` as `loop` writes them, none of them null; with `trace`, where each byte of
    the result came from."""
    from fieldfare.language.kernel import column

    data, offsets, _ = column(strings)
    room = int(offsets[-1] - offsets[0])
    out = np.empty(room, np.uint8)
    places = np.empty(offsets.size, np.int64)
    origin = np.empty(room, np.int64) if trace else _NO_TRACE
    loop(data, offsets, out, places, origin)
    used = int(places[-1])
    written = pa.LargeStringArray.from_buffers(
        len(strings), pa.py_buffer(places), pa.py_buffer(out[:used])
    )
    return written, origin[:used]


def _unmask(
    data: npt.NDArray[np.uint8],
    offsets: Integers,
    out: npt.NDArray[np.uint8],
    places: Integers,
    trace: Integers,
) -> None:
    from fieldfare.language._unmask import unmask

    letters, kinds = confusables()
    unmask(data, offsets, known_words.known(), letters, kinds, out, places, trace)


def _restore(
    data: npt.NDArray[np.uint8],
    offsets: Integers,
    out: npt.NDArray[np.uint8],
    places: Integers,
    trace: Integers,
) -> None:
    from fieldfare.language._restore import restore

    restore(data, offsets, known_words.known(), out, places, trace)


@functools.cache
def unseen() -> npt.NDArray[np.uint8]:
    """For each character, whether it is hidden or a mark; see `_visible`."""
    from fieldfare.language._visible import HIDDEN, MARK

    kinds = np.zeros(0xE0200, np.uint8)
    for first, last in [(0x300, 0x20000), (0xE0100, 0xE01F0)]:
        for code in range(first, last):
            if unicodedata.category(chr(code)).startswith("M"):
                kinds[code] = MARK
    for first, last in INVISIBLE:
        kinds[first : last + 1] = HIDDEN
    kinds.flags.writeable = False
    return kinds


def _visible(
    data: npt.NDArray[np.uint8],
    offsets: Integers,
    out: npt.NDArray[np.uint8],
    places: Integers,
    trace: Integers,
) -> None:
    from fieldfare.language._visible import visible

    visible(data, offsets, unseen(), MOST_MARKS, out, places, trace)


def _fold(strings: pa.LargeStringArray) -> pa.LargeStringArray:
    straight = pc.replace_substring_regex(strings, pattern=f"[{_APOSTROPHES}]", replacement="'")
    return pc.utf8_lower(_composed(straight))


def _composed(strings: pa.LargeStringArray) -> pa.LargeStringArray:
    """NFKC of each, none of them null: of few letters it is any other than they are."""
    if len(strings) == 1:
        return pc.utf8_normalize(strings, form="NFKC")
    from fieldfare.language._visible import composed
    from fieldfare.language.kernel import column

    data, offsets, _ = column(strings)
    other = np.zeros(len(strings), np.bool_)
    composed(data, offsets, _stable(), other)
    if not other.any():
        return strings
    mask = pa.array(other)
    return pc.replace_with_mask(strings, mask, pc.utf8_normalize(strings.filter(mask), form="NFKC"))


@functools.cache
def _stable() -> npt.NDArray[np.bool_]:
    """For each character, whether NFKC leaves it, whatever stands beside it: letters that
    stand for themselves, begin anew and join none before them."""
    stable = np.zeros(0xD7A4, np.bool_)
    joining = set()
    for code in [*range(0x80, 0x1100), *range(0x1E00, 0x2000)]:
        letter = chr(code)
        parts = unicodedata.decomposition(letter).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            joining.add(int(parts[1], 16))
        whole = unicodedata.normalize("NFKC", letter) == letter
        stable[code] = whole and unicodedata.category(letter) not in ("Mn", "Mc", "Me", "Cn")
    stable[list(joining)] = False
    for first, last in [(0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0x3041, 0x3094), (0x30A1, 0x30FA)]:
        stable[first : last + 1] = True
    stable.flags.writeable = False
    return stable


def form_of(text: str) -> bytes:
    """The normal form of one text in UTF-8, as `normalise` has it, with as little ado as can be.

    Raises InputError where `text` holds a lone surrogate.
    """
    from fieldfare.language._deobfuscate import suspicious
    from fieldfare.language.kernel import column_of

    if text.isascii():
        form = text.lower().encode()
    else:
        try:
            form = text.encode()
        except UnicodeEncodeError:
            raise _lone_surrogate() from None
        form = _rewritten(_rewritten(form, _visible), _unmask)
        if form.isascii():
            form = form.lower()
        else:
            bare = form.decode().translate(_STRAIGHT)
            folded = pc.utf8_lower(pc.utf8_normalize(pa.array([bare], pa.large_string()), "NFKC"))
            form = folded[0].as_buffer().to_pybytes()
    marked = np.zeros(1, np.bool_)
    data, offsets, _ = column_of(form)
    suspicious(data, offsets, marked)
    return _rewritten(form, _restore) if marked[0] else form


def _rewritten(text: bytes, loop: Callable[..., None]) -> bytes:
    from fieldfare.language.kernel import column_of

    data, offsets, _ = column_of(text)
    out, places = np.empty(len(text), np.uint8), np.empty(2, np.int64)
    loop(data, offsets, out, places, _NO_TRACE)
    return out[: places[1]].tobytes()


def normalise_one(text: str) -> tuple[str, list[int]]:
    """The normal form of one text, equal to that of `normalise`, and the way back.

    `offsets` has one entry a character of the normal form, plus a last one: the index in
    `text` of the character it came from. It never falls. Use `original_span` to carry a span
    over. Raises InputError where `text` holds a lone surrogate.
    """
    if text.isascii():
        lowered, offsets = text.lower(), list(range(len(text) + 1))
    else:
        visible, kept = _rewrite_one(text, _visible)
        bare, places = _rewrite_one(visible, _unmask)
        lowered, offsets = _fold_one(bare)
        offsets = [kept[places[place]] for place in offsets]
    if _restored(one_text(lowered))[0].as_py() == lowered:
        return lowered, offsets
    form, places = _rewrite_one(lowered, _restore)
    return form, [offsets[place] for place in places]


def _rewrite_one(text: str, loop: Callable[..., None]) -> tuple[str, list[int]]:
    """As `_rewrite`, with offsets in characters, the last one included."""
    rewritten, origin = _rewrite(one_text(text), loop, trace=True)
    form = str(rewritten[0].as_py())
    character = byte_to_character(text.encode())
    places = [character[origin[k]] for k in _leads(form)]
    return form, [*places, len(text)]


def _leads(text: str) -> list[int]:
    octets = np.frombuffer(text.encode(), np.uint8)
    return np.flatnonzero((octets & 0xC0) != 0x80).tolist()


def _fold_one(text: str) -> tuple[str, list[int]]:
    whole = str(_fold(one_text(text))[0].as_py())
    for starts in (_clusters(text), _words(text), [0]):
        bounds = [*starts, len(text)]
        parts = pa.array([text[a:b] for a, b in pairwise(bounds)], pa.large_string())
        folded = _fold(parts).to_pylist()
        # Python's Unicode tables may be older than Arrow's: prove the cut, or cut coarser.
        if "".join(folded) == whole:
            break
    offsets = [a for a, part in zip(starts, folded, strict=True) for _ in part]
    return whole, [*offsets, len(text)]


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
