"""Indicators: what a message asks for or offers, found by phrases.

``indicators/catalogue.toml`` names the indicators and their stages; every other TOML file
there is the phrases of one language, in the notation of `phrases`. A phrase and a text are
compared as word lines (see `kernel.word_lines`): in normal form, without punctuation,
apostrophes, accents and repeated letters. So "Don't tell your mum!!" and "dont tell your mummm"
are one phrase, and it is enough to write one of them. Slips, vowels left out and digits for
letters are read through where the rest of a phrase is there (`_phrases`). Who writes to whom is
judged further down the line.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import pairwise
from types import ModuleType
from typing import NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language import known_words
from fieldfare.language.kernel import WordLines, word_line, word_lines
from fieldfare.language.normalise import (
    byte_to_character,
    normalise,
    normalise_one,
    original_span,
)
from fieldfare.language.phrase_index import Builder, Tree, Vocabulary
from fieldfare.language.phrases import (
    Indicator,
    PhraseFile,
    read_catalogue,
    read_phrases,
)
from fieldfare.vocabulary import SettingsError

__all__ = ["VERSION", "Indicator", "Indicators", "Span", "read_indicators"]

VERSION = "indicators-4"
"""Changes whenever the same text may give other indicators under the same phrases."""

MOST_INDICATORS = 64
"""Those of a message are bits of one number."""

Integers = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]


_NO_HITS = np.zeros((0, 4), np.int64)


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


class Pattern(NamedTuple):
    """A phrase of a file: its indicator, where it stands, and its one side or two."""

    indicator: str
    key: str
    sides: list[list[bytes]]
    reach: int


@dataclass(frozen=True, eq=False)
class Indicators:
    """The catalogue and all phrases, ready to search. Picklable."""

    catalogue: tuple[Indicator, ...]
    tree: Tree
    vocabulary: Vocabulary

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the catalogue and the phrases."""
        digest = hashlib.sha256(msgspec.json.encode(self.catalogue))
        for part in (*self.tree, *self.vocabulary):
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

        `hits`, where it has rows of four, receives message, indicator, first byte and byte past
        the last of every phrase found, overlaps included. Returns also how many there are.
        """
        found = np.empty(lines.starts.size - 1, np.uint64)
        loops = _loops()
        count = loops.match(
            lines.buffer, lines.starts, self.tree, self.vocabulary, known_words.known(), found, hits
        )
        return found, count

    def find(self, normalised: pa.Array) -> pa.ListArray:
        """The distinct indicator ids of each text in normal form, as list<string>.

        Ids stand in the order of the catalogue. Null and empty texts give an empty list.
        """
        found, _ = self.masks(word_lines(normalised))
        rows = np.flatnonzero(found)
        kinds = np.arange(len(self.catalogue), dtype=np.uint64)
        bits = (found[rows, None] >> kinds) & np.uint64(1) != 0
        counts = np.zeros(found.size + 1, np.int32)
        counts[rows + 1] = bits.sum(axis=1)
        offsets = pa.array(np.cumsum(counts, dtype=np.int32))
        return pa.ListArray.from_arrays(offsets, self._names.take(pa.array(np.nonzero(bits)[1])))

    def found_in(self, form: bytes) -> tuple[str, ...]:
        """The distinct indicator ids of one text in normal form, in the order of the catalogue."""
        found, _ = self.masks(word_line(form))
        mask = int(found[0])
        return tuple(name for k, name in enumerate(self.ids) if mask >> k & 1) if mask else ()

    def spans(self, text: str) -> list[Span]:
        """Every phrase found in one text, by place in the original.

        A phrase inside a longer one of the same indicator is left out. Raises InputError
        where `text` holds a lone surrogate.
        """
        normalised, offsets = normalise_one(text)
        lines = word_lines(pa.array([normalised], pa.large_string()), trace=True)
        _, count = self.masks(lines)
        hits = np.empty((count, 4), np.int64)
        if count:
            self.masks(lines, hits)
        character = byte_to_character(normalised.encode())
        places = set()
        for _, indicator, start, end in hits.tolist():
            first = lines.origin[start + (lines.buffer[start] == 32)]
            last = lines.origin[end - (lines.buffer[end - 1] == 32)]
            span = original_span(offsets, character[first], character[last])
            places.add(Span(self.ids[indicator], *span))
        return _outermost(places)


def _outermost(places: set[Span]) -> list[Span]:
    kept: list[Span] = []
    reached: dict[str, int] = {}
    for span in sorted(places, key=lambda span: (span.start, -span.end, span.indicator)):
        if span.end > reached.get(span.indicator, -1):
            kept.append(span)
            reached[span.indicator] = span.end
    return kept


def read_indicators(folder: Traversable | None = None) -> Indicators:
    """The indicators of a folder of TOML files; by default, those that ship.

    Raises SettingsError, naming the file and the key, for a file that is not valid, an
    indicator the catalogue does not have, a phrase that cannot be read or has no words, or a
    phrase of two indicators.
    """
    catalogue = read_catalogue(folder)
    if len(catalogue) > MOST_INDICATORS:
        raise SettingsError(f"more than {MOST_INDICATORS} indicators")
    place = {indicator.id: k for k, indicator in enumerate(catalogue)}
    builder = Builder()
    owners: dict[int, tuple[int, str]] = {}
    some = False
    for name, content in read_phrases(folder):
        apart = content.words_apart
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
        if apart:
            builder.spoken(spelled, int(known_words.language(content.language)))
    if not some:
        raise SettingsError("no phrases")
    return Indicators(catalogue, builder.tree(), builder.vocabulary())


def patterns_of(name: str, content: PhraseFile) -> Iterator[Pattern]:
    """Every phrase of a file as it is searched for."""
    read: list[tuple[str, str, list[list[str]], int]] = []
    for indicator, texts in content.phrases.items():
        for number, text in enumerate(texts):
            key = f"{name}: phrases.{indicator}[{number}]"
            try:
                read.append((indicator, key, content.sides(text), content.reach(text)))
            except ValueError as error:
                raise SettingsError(f"{key}: {error}") from None
    # All at once: one call for each spelling would take seconds.
    spellings = [text for _, _, sides, _ in read for side in sides for text in side]
    line = iter(_word_patterns(spellings, content.words_apart))
    for indicator, key, sides, reach in read:
        patterns = [list(dict.fromkeys(next(line) for _ in side)) for side in sides]
        if not all(pattern.strip() for side in patterns for pattern in side):
            raise SettingsError(f"{key}: a phrase without words")
        yield Pattern(indicator, key, patterns, reach)


def _word_patterns(texts: list[str], words_apart: bool) -> list[bytes]:
    lines = word_lines(normalise(pa.array(texts, pa.large_string())))
    bounds = lines.starts.tolist()
    buffer = lines.buffer.tobytes()
    # Each line ends with a line feed, which is not part of the pattern.
    patterns = [buffer[a : b - 1] for a, b in pairwise(bounds)]
    return patterns if words_apart else [pattern.strip(b" ") for pattern in patterns]
