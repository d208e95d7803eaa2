"""Indicators: what a message asks for or offers, found by phrases and frames.

``indicators/catalogue.toml`` names the indicators and their stages; every other TOML file
there is one language: its phrases, in the notation of `phrases`, and its frames, in that of
`frames`. All are compared as word lines (see `kernel.word_lines`): in normal form, without
punctuation, apostrophes, accents and repeated letters. So "Don't tell your mum!!" and "dont tell
your mummm" are one phrase, and it is enough to write one of them. Slips, vowels left out and
digits for letters are read through where the rest of a phrase is there (`_phrases`). Who writes
to whom is judged further down the line.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from types import ModuleType
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language import known_words
from fieldfare.language.frame_index import Frames
from fieldfare.language.kernel import WordLines, word_line, word_lines
from fieldfare.language.normalise import (
    byte_to_character,
    normalise_one,
    original_span,
)
from fieldfare.language.patterns import frames_of, patterns_of
from fieldfare.language.phrase_index import Builder, Tree, Vocabulary
from fieldfare.language.phrases import Indicator, read_catalogue, read_phrases
from fieldfare.vocabulary import SettingsError

__all__ = ["VERSION", "Indicator", "Indicators", "Span", "read_indicators"]

VERSION = "indicators-5"
"""Changes whenever the same text may give other indicators under the same phrases and frames."""

MOST_INDICATORS = 64
"""Those of a message are bits of one number."""

MOST_WITH_FRAMES = MOST_INDICATORS // 3
"""The same where there are frames: those of phrases, then as many of frames of two parts, then of
frames of more, are bits of one number."""

Integers = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float32]


_NO_HITS = np.zeros((0, 5), np.int64)
_FEW_HITS = 256


@functools.cache
def _loops() -> ModuleType:
    # Importing Numba costs half a second: only what annotates text pays it.
    from fieldfare.language import _phrases

    return _phrases


class Span(NamedTuple):
    """Where an indicator stands in the original text, in characters: ``text[start:end]``."""

    indicator: str
    start: int
    end: int
    frame: str | None = None
    """Where the frame it was found by is written, ``en.toml: frames.secrecy[3]``; None for a
    phrase. A frame stands from the first of its parts to the last."""
    margin: float | None = None
    """By how much heads confirmed the frame (nats; see `Heads.margins`); None for a phrase, and
    where they were not asked."""


@dataclass(frozen=True, eq=False)
class Indicators:
    """The catalogue and all phrases and frames, ready to search. Picklable."""

    catalogue: tuple[Indicator, ...]
    tree: Tree
    frames: Frames
    vocabulary: Vocabulary
    frame_keys: tuple[str, ...]
    """Where each frame is written."""

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the catalogue, the phrases and the frames."""
        digest = hashlib.sha256(msgspec.json.encode(self.catalogue))
        for part in (*self.tree, *self.frames, *self.vocabulary):
            digest.update(np.ascontiguousarray(part).tobytes())
        return digest.hexdigest()

    @functools.cached_property
    def _names(self) -> pa.Array:
        return pa.array(self.ids, pa.string())

    @functools.cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the catalogue, in its order."""
        return tuple(indicator.id for indicator in self.catalogue)

    def masks(self, lines: WordLines, hits: Integers = _NO_HITS) -> tuple[Masks, int]:
        """The indicators in each word line, one bit each, in the order of the catalogue.

        `hits`, where it has rows, receives message, indicator, first byte, byte past the last and
        frame (-1 for a phrase) of everything found, overlaps included, as much as there is room
        for, and the number of all is returned. Without room an indicator of a message is not
        looked for again once found, and the number says nothing.
        """
        found = np.empty(lines.starts.size - 1, np.uint64)
        loops = _loops()
        count = loops.match(
            lines.buffer, lines.starts, self.tree, self.frames, self.vocabulary,
            known_words.known(), found, hits,
        )  # fmt: skip
        return found, count

    def masks_apart(self, lines: WordLines) -> tuple[Masks, Masks, Masks]:
        """The indicators found in each word line by phrases, by frames of two parts, and by frames
        of more, one bit each, in the order of the catalogue."""
        found = np.empty(lines.starts.size - 1, np.uint64)
        _loops().match(
            lines.buffer, lines.starts, self.tree, self._frames_apart, self.vocabulary,
            known_words.known(), found, _NO_HITS,
        )  # fmt: skip
        size = len(self.catalogue)
        every = np.uint64((1 << size) - 1)
        phrases, two, more = (found >> np.uint64(k * size) & every for k in range(3))
        return phrases, two, more

    @functools.cached_property
    def _frames_apart(self) -> Frames:
        """The frames, those of two parts as of a second catalogue after the first, the others as
        of a third."""
        place = (1 + self._of_more_parts) * len(self.catalogue)
        return self.frames._replace(owners=self.frames.owners + place.astype(np.int32))

    @property
    def _of_more_parts(self) -> npt.NDArray[np.bool_]:
        """Of each frame, whether it has more than two parts."""
        return np.diff(self.frames.needed_first) > 2

    def find(self, normalised: pa.Array) -> pa.ListArray:
        """The distinct indicator ids of each text in normal form, as list<string>.

        Ids stand in the order of the catalogue. Null and empty texts give an empty list.
        """
        return self.lists(self.masks(word_lines(normalised))[0])

    def lists(self, found: Masks) -> pa.ListArray:
        """The ids of the bits of each number, as list<string>."""
        rows = np.flatnonzero(found)
        kinds = np.arange(len(self.catalogue), dtype=np.uint64)
        bits = (found[rows, None] >> kinds) & np.uint64(1) != 0
        counts = np.zeros(found.size + 1, np.int32)
        counts[rows + 1] = bits.sum(axis=1)
        offsets = pa.array(np.cumsum(counts, dtype=np.int32))
        return pa.ListArray.from_arrays(offsets, self._names.take(pa.array(np.nonzero(bits)[1])))

    def names(self, mask: int) -> tuple[str, ...]:
        """The ids of the bits of one number."""
        return tuple(name for k, name in enumerate(self.ids) if mask >> k & 1) if mask else ()

    def found_in(self, form: bytes) -> tuple[str, ...]:
        """The distinct indicator ids of one text in normal form, in the order of the catalogue."""
        return self.names(int(self.masks(word_line(form))[0][0]))

    def spans(self, text: str, margins: tuple[Floats, Floats] | None = None) -> list[Span]:
        """Every phrase and frame found in one text, by place in the original.

        What stands inside something longer of the same indicator is left out; with `margins`, the
        text's row of `Heads.margins`, frames that they do not confirm are too. Raises InputError
        where `text` holds a lone surrogate.
        """
        normalised, offsets = normalise_one(text)
        lines = word_lines(pa.array([normalised], pa.large_string()), trace=True)
        hits = np.empty((_FEW_HITS, 5), np.int64)
        _, count = self.masks(lines, hits)
        if count > _FEW_HITS:
            hits = np.empty((count, 5), np.int64)
            self.masks(lines, hits)
        character = byte_to_character(normalised.encode())
        places = set()
        for _, indicator, start, end, frame in hits[:count].tolist():
            first = lines.origin[start + (lines.buffer[start] == 32)]
            last = lines.origin[end - (lines.buffer[end - 1] == 32)]
            span = original_span(offsets, character[first], character[last])
            found = Span(self.ids[indicator], *span)
            if frame >= 0:
                found = found._replace(frame=self.frame_keys[frame])
                if margins is not None:
                    more = self._of_more_parts[frame]
                    found = found._replace(margin=float(margins[int(more)][indicator]))
            if found.margin is None or found.margin >= 0:
                places.add(found)
        return _outermost(places)


def _outermost(places: set[Span]) -> list[Span]:
    kept: list[Span] = []
    reached: dict[str, int] = {}
    for span in sorted(places, key=lambda span: (span[1], -span[2], span[0], span[3] or "")):
        if span.end > reached.get(span.indicator, -1):
            kept.append(span)
            reached[span.indicator] = span.end
    return kept


def read_indicators(folder: Traversable | None = None, *, frames: bool = False) -> Indicators:
    """The indicators of a folder of TOML files; by default, those that ship. `frames` as in
    `read_phrases`.

    Raises SettingsError, naming the file and the key, for a file that is not valid, an
    indicator the catalogue does not have, a phrase or frame that cannot be read or has no words,
    or one of two indicators.
    """
    catalogue = read_catalogue(folder)
    if len(catalogue) > MOST_INDICATORS:
        raise SettingsError(f"more than {MOST_INDICATORS} indicators")
    place = {indicator.id: k for k, indicator in enumerate(catalogue)}
    builder = Builder()
    owners: dict[int, tuple[int, str]] = {}
    keys: list[str] = []
    some = False
    for name, content in read_phrases(folder, frames=frames):
        apart = content.words_apart
        spoken = int(known_words.language(content.language))
        spelled: list[bytes] = []
        whole: list[bytes] = []
        kinds: list[tuple[int, str]] = []
        for indicator, key, sides, reach in patterns_of(name, content):
            some = True
            spelled += [pattern for side in sides for pattern in side]
            if len(sides) == 2:
                builder.gap(sides[0], sides[1], place[indicator], reach, apart=apart)
            else:
                whole += sides[0]
                kinds += [(place[indicator], key)] * len(sides[0])
        numbers = np.array([kind for kind, _ in kinds], np.int64)
        for node, kind in zip(builder.whole(whole, numbers, apart=apart), kinds, strict=True):
            owner, where = owners.setdefault(int(node), kind)
            if owner != kind[0]:
                raise SettingsError(f"{kind[1]}: the phrase is also in {where}")
        written, parts = frames_of(name, content)
        numbers_of = dict(zip(parts, builder.parts(list(parts.values()), apart=apart), strict=True))
        for frame in written:
            needed, barred = (
                [numbers_of[text] for text in each] for each in (frame.needed, frame.barred)
            )
            builder.frame(needed, barred, place[frame.indicator], spoken)
            keys.append(frame.key)
        if apart:
            builder.spoken(spelled, spoken)
            builder.heard([one for part in parts.values() for one in part.spellings], spoken)
    if not some and not keys:
        raise SettingsError("no phrases")
    if keys and len(catalogue) > MOST_WITH_FRAMES:
        raise SettingsError(f"more than {MOST_WITH_FRAMES} indicators, with frames")
    tree, index = builder.finish()
    return Indicators(catalogue, tree, index, builder.vocabulary(), tuple(keys))
