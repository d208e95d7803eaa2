"""Indicators: what a message asks for or offers, found by phrases.

``indicators/catalogue.toml`` names the indicators and their stages; every other TOML file
there is the phrases of one language, in the notation of `phrases`. A phrase and a text are
compared as word lines (see `kernel.word_lines`): in normal form, without punctuation,
apostrophes, accents and repeated letters. So "Don't tell your mum!!" and "dont tell your mummm"
are one phrase, and it is enough to write one of them. Who writes to whom is judged further down
the line.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any, NamedTuple

import ahocorasick_rs
import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language.kernel import WordLines, word_lines
from fieldfare.language.normalise import (
    byte_to_character,
    normalise,
    normalise_one,
    original_span,
)
from fieldfare.language.phrases import (
    Indicator,
    PhraseFile,
    read_catalogue,
    read_phrases,
)
from fieldfare.language.repair import Repair, of_patterns
from fieldfare.vocabulary import SettingsError

__all__ = ["VERSION", "Gap", "Indicator", "Indicators", "Phrase", "Span", "read_indicators"]

VERSION = "indicators-3"
"""Changes whenever the same text may give other indicators under the same phrases."""

Integers = npt.NDArray[np.int64]


class Phrase(NamedTuple):
    """One spelling of a phrase as it is searched for."""

    indicator: int
    """Place in the catalogue."""
    pattern: bytes
    """The bytes of its word line; with the spaces around it where its script has spaces."""


class Gap(NamedTuple):
    """A phrase with a gap: one of `before`, then, not far on, one of `after`."""

    indicator: int
    before: tuple[bytes, ...]
    after: tuple[bytes, ...]
    words_apart: bool
    reach: int
    """The most that may stand between: words, or bytes where words are not apart."""


class Span(NamedTuple):
    """Where an indicator stands in the original text, in characters: ``text[start:end]``."""

    indicator: str
    start: int
    end: int


class _Pattern(NamedTuple):
    """A phrase of a file: its indicator, where it stands, and its one side or two."""

    indicator: str
    key: str
    sides: list[tuple[bytes, ...]]
    reach: int


class _Hits(NamedTuple):
    """What was found in the word lines: indicator, first byte and byte past the last."""

    indicator: Integers
    start: Integers
    end: Integers


class _Roles(NamedTuple):
    """Which gaps a part opens or closes: those of part `k` are ``gaps[first[k]:first[k+1]]``."""

    first: Integers
    gaps: Integers

    def of(self, parts: Integers) -> tuple[Integers, Integers]:
        """Every pair of a place in `parts` and a gap that this part belongs to."""
        counts = self.first[parts + 1] - self.first[parts]
        place = np.repeat(np.arange(parts.size), counts)
        nth = np.arange(place.size) - np.repeat(np.cumsum(counts) - counts, counts)
        return place, self.gaps[self.first[parts][place] + nth]


class _Search(NamedTuple):
    """What the automaton needs, derived from the phrases."""

    automaton: ahocorasick_rs.BytesAhoCorasick
    """Over all parts: whole phrases, and the sides of those with a gap."""
    owner: Integers
    """The indicator of each part; -1 where it is but a side of a gap."""
    opens: _Roles
    closes: _Roles


@dataclass(frozen=True)
class Indicators:
    """The catalogue and all phrases, ready to search. Picklable; the automaton is rebuilt."""

    catalogue: tuple[Indicator, ...]
    phrases: tuple[Phrase, ...]
    gaps: tuple[Gap, ...] = ()

    def __getstate__(self) -> dict[str, Any]:
        # The automaton is a Rust object that cannot be pickled.
        return {"catalogue": self.catalogue, "phrases": self.phrases, "gaps": self.gaps}

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the catalogue and the phrases."""
        content = [self.catalogue, self.phrases, self.gaps]
        return hashlib.sha256(msgspec.json.encode(content)).hexdigest()

    @functools.cached_property
    def _search(self) -> _Search:
        sides = (side for gap in self.gaps for side in (*gap.before, *gap.after))
        parts = sorted({*(phrase.pattern for phrase in self.phrases), *sides})
        place = {part: k for k, part in enumerate(parts)}
        owner = np.full(len(parts), -1, np.int64)
        for phrase in self.phrases:
            owner[place[phrase.pattern]] = phrase.indicator
        automaton = ahocorasick_rs.BytesAhoCorasick(
            parts, implementation=ahocorasick_rs.Implementation.ContiguousNFA
        )
        opens = _roles(place, (gap.before for gap in self.gaps))
        closes = _roles(place, (gap.after for gap in self.gaps))
        return _Search(automaton, owner, opens, closes)

    @functools.cached_property
    def _gaps(self) -> tuple[npt.NDArray[np.bool_], Integers, Integers]:
        """Of each gap: whether its words are apart, how far it reaches, its indicator."""
        return (
            np.array([gap.words_apart for gap in self.gaps], np.bool_),
            np.array([gap.reach for gap in self.gaps], np.int64),
            np.array([gap.indicator for gap in self.gaps], np.int64),
        )

    @functools.cached_property
    def _names(self) -> pa.Array:
        return pa.array(self.ids, pa.string())

    @functools.cached_property
    def _repair(self) -> Repair:
        sides = (side for gap in self.gaps for side in (*gap.before, *gap.after))
        return of_patterns([*(phrase.pattern for phrase in self.phrases), *sides])

    @functools.cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the catalogue, in its order."""
        return tuple(indicator.id for indicator in self.catalogue)

    def _hits(self, lines: WordLines) -> _Hits:
        """Every phrase found, overlaps included."""
        search = self._search
        # A pattern never holds the line feed that ends a line, so none spans two messages.
        found = search.automaton.find_matches_as_indexes(lines.buffer.data, overlapping=True)
        part, start, end = np.array(found, np.int64).reshape(-1, 3).T
        whole = search.owner[part] >= 0
        hits = _Hits(search.owner[part[whole]], start[whole], end[whole])
        opened, left = search.opens.of(part)
        closed, right = search.closes.of(part)
        if not (opened.size and closed.size):
            return hits
        sides = _Hits(left, start[opened], end[opened]), _Hits(right, start[closed], end[closed])
        return _both(hits, self._across(lines, *sides))

    def _across(self, lines: WordLines, before: _Hits, after: _Hits) -> _Hits:
        """The gaps that close within their reach; `indicator` of what enters is the gap."""
        apart, reach, owner = self._gaps
        spaces = np.flatnonzero(lines.buffer == 32)
        # Where a side ends and where one begins: counted in words, as places among the spaces
        # (the last byte of one side may be the space that begins the other), or in bytes.
        left = np.where(
            apart[before.indicator], np.searchsorted(spaces, before.end - 1), before.end
        )
        right = np.where(apart[after.indicator], np.searchsorted(spaces, after.start), after.start)
        # The nearest end of a first side at or before each beginning of a second one.
        most = lines.buffer.size + 1
        keys = before.indicator * most + left
        order = np.argsort(keys, kind="stable")
        wanted = after.indicator * most + right
        nearest = np.searchsorted(keys[order], wanted, side="right") - 1
        some = nearest >= 0
        pick, after, right = order[nearest[some]], _at(after, some), right[some]
        near = right - left[pick] <= reach[after.indicator]
        near &= before.indicator[pick] == after.indicator
        start = before.start[pick]
        near &= _rows(lines, start) == _rows(lines, after.start)
        return _Hits(owner[after.indicator[near]], start[near], after.end[near])

    def find(self, normalised: pa.Array) -> pa.ListArray:
        """The distinct indicator ids of each text in normal form, as list<string>.

        Ids stand in the order of the catalogue. Null and empty texts give an empty list.
        """
        lines = self._repair.mend(word_lines(normalised))
        hits = self._hits(lines)
        if not hits.start.size:
            none = pa.array(np.zeros(len(normalised) + 1, np.int32))
            return pa.ListArray.from_arrays(none, self._names[:0])
        kinds = len(self.catalogue)
        pairs = np.unique(_rows(lines, hits.start) * kinds + hits.indicator)
        offsets = np.searchsorted(pairs, np.arange(len(normalised) + 1) * kinds)
        names = self._names.take(pa.array(pairs % kinds))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)

    def spans(self, text: str) -> list[Span]:
        """Every phrase found in one text, by place in the original.

        A phrase inside a longer one of the same indicator is left out. Raises InputError
        where `text` holds a lone surrogate.
        """
        normalised, offsets = normalise_one(text)
        lines = word_lines(pa.array([normalised], pa.large_string()), trace=True)
        lines = self._repair.mend(lines)
        character = byte_to_character(normalised.encode())
        hits = self._hits(lines)
        places = set()
        for indicator, start, end in zip(*(column.tolist() for column in hits), strict=True):
            first = lines.origin[start + (lines.buffer[start] == 32)]
            last = lines.origin[end - (lines.buffer[end - 1] == 32)]
            span = original_span(offsets, character[first], character[last])
            places.add(Span(self.ids[indicator], *span))
        return _outermost(places)


def _rows(lines: WordLines, starts: Integers) -> Integers:
    return np.searchsorted(lines.starts, starts, side="right") - 1


def _at(hits: _Hits, chosen: npt.NDArray[np.bool_]) -> _Hits:
    return _Hits(*(column[chosen] for column in hits))


def _both(one: _Hits, other: _Hits) -> _Hits:
    return _Hits(*(np.concatenate(pair) for pair in zip(one, other, strict=True)))


def _roles(place: dict[bytes, int], sides: Iterable[tuple[bytes, ...]]) -> _Roles:
    pairs = sorted((place[part], gap) for gap, parts in enumerate(sides) for part in parts)
    rows = np.array(pairs, np.int64).reshape(-1, 2)
    first = np.searchsorted(rows[:, 0], np.arange(len(place) + 1))
    return _Roles(first, np.ascontiguousarray(rows[:, 1]))


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
    place = {indicator.id: k for k, indicator in enumerate(catalogue)}
    owners: dict[bytes, tuple[int, str]] = {}
    gaps: dict[Gap, None] = {}
    for name, content in read_phrases(folder):
        for indicator, key, sides, reach in _patterns(name, content):
            if len(sides) == 2:
                gap = Gap(place[indicator], sides[0], sides[1], content.words_apart, reach)
                gaps[gap] = None
                continue
            for pattern in sides[0]:
                owner, where = owners.setdefault(pattern, (place[indicator], key))
                if owner != place[indicator]:
                    raise SettingsError(f"{key}: the phrase is also in {where}")
    phrases = tuple(Phrase(owner, pattern) for pattern, (owner, _) in sorted(owners.items()))
    if not phrases and not gaps:
        raise SettingsError("no phrases")
    return Indicators(catalogue, phrases, tuple(gaps))


def _patterns(name: str, content: PhraseFile) -> list[_Pattern]:
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
    found = []
    for indicator, key, sides, reach in read:
        patterns = [tuple(dict.fromkeys(next(line) for _ in side)) for side in sides]
        if not all(pattern.strip() for side in patterns for pattern in side):
            raise SettingsError(f"{key}: a phrase without words")
        found.append(_Pattern(indicator, key, patterns, reach))
    return found


def _word_patterns(texts: list[str], words_apart: bool) -> list[bytes]:
    lines = word_lines(normalise(pa.array(texts, pa.large_string())))
    bounds = lines.starts.tolist()
    buffer = lines.buffer.tobytes()
    # Each line ends with a line feed, which is not part of the pattern.
    patterns = [buffer[a : b - 1] for a, b in pairwise(bounds)]
    return patterns if words_apart else [pattern.strip(b" ") for pattern in patterns]
