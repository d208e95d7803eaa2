"""Indicators: what a message asks for or offers, found by phrases.

``indicators/catalogue.toml`` names the indicators and their stages; every other TOML file
there is the phrases of one language. A phrase and a text are compared as word lines (see
`kernel.word_lines`): in normal form, without punctuation, apostrophes and repeated letters.
So "Don't tell your mum!!" and "dont tell your mummm" are one phrase, and it is enough to write
one of them. Who writes to whom is judged further down the line.
"""

from __future__ import annotations

import functools
import hashlib
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

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
from fieldfare.vocabulary import SettingsError

VERSION = "indicators-2"
"""Changes whenever the same text may give other indicators under the same phrases."""

CATALOGUE = "catalogue.toml"


class Indicator(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing worth noticing in what an adult writes to a child."""

    id: str
    stage: str
    """The stage of an approach it belongs to, as the literature names them."""
    title: str
    """For the reviewer, in a few words: "asks how old the other is"."""


class Phrase(NamedTuple):
    """One phrase as it is searched for."""

    indicator: int
    """Place in the catalogue."""
    pattern: bytes
    """The bytes of its word line; with the spaces around it where its script has spaces."""


class Span(NamedTuple):
    """Where an indicator stands in the original text, in characters: ``text[start:end]``."""

    indicator: str
    start: int
    end: int


class _Catalogue(msgspec.Struct, forbid_unknown_fields=True):
    indicator: list[Indicator]


class _Language(msgspec.Struct, forbid_unknown_fields=True):
    language: str
    phrases: dict[str, list[str]]
    held_out: dict[str, list[str]] = {}  # noqa: RUF012 - msgspec copies it
    """Paraphrases kept out of matching and training: only an evaluation reads them."""
    words_apart: bool = True
    """False for scripts written without spaces between words: a phrase is then found
    anywhere, not only between word boundaries."""


@dataclass(frozen=True)
class Indicators:
    """The catalogue and all phrases, ready to search. Picklable; the automaton is rebuilt."""

    catalogue: tuple[Indicator, ...]
    phrases: tuple[Phrase, ...]

    def __getstate__(self) -> dict[str, Any]:
        # The automaton is a Rust object that cannot be pickled.
        return {"catalogue": self.catalogue, "phrases": self.phrases}

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the catalogue and the phrases."""
        return hashlib.sha256(msgspec.json.encode([self.catalogue, self.phrases])).hexdigest()

    @functools.cached_property
    def _automaton(self) -> ahocorasick_rs.BytesAhoCorasick:
        return ahocorasick_rs.BytesAhoCorasick(
            [phrase.pattern for phrase in self.phrases],
            implementation=ahocorasick_rs.Implementation.DFA,
        )

    @functools.cached_property
    def _owner(self) -> npt.NDArray[np.int64]:
        return np.array([phrase.indicator for phrase in self.phrases], np.int64)

    @functools.cached_property
    def ids(self) -> tuple[str, ...]:
        """The ids of the catalogue, in its order."""
        return tuple(indicator.id for indicator in self.catalogue)

    def _matches(self, lines: WordLines) -> npt.NDArray[np.int64]:
        """Rows of (phrase, start, end) in the buffer; overlaps included."""
        # A pattern never holds the line feed that ends a line, so none spans two messages.
        found = self._automaton.find_matches_as_indexes(lines.buffer.data, overlapping=True)
        return np.array(found, np.int64).reshape(-1, 3)

    def find(self, normalised: pa.Array) -> pa.ListArray:
        """The distinct indicator ids of each text in normal form, as list<string>.

        Ids stand in the order of the catalogue. Null and empty texts give an empty list.
        """
        lines = word_lines(normalised)
        matches = self._matches(lines)
        rows = np.searchsorted(lines.starts, matches[:, 1], side="right") - 1
        kinds = len(self.catalogue)
        pairs = np.unique(rows * kinds + self._owner[matches[:, 0]])
        offsets = np.searchsorted(pairs, np.arange(len(normalised) + 1) * kinds)
        names = pa.array(self.ids, pa.string()).take(pa.array(pairs % kinds))
        return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)

    def spans(self, text: str) -> list[Span]:
        """Every phrase found in one text, by place in the original.

        A phrase inside a longer one of the same indicator is left out. Raises InputError
        where `text` holds a lone surrogate.
        """
        normalised, offsets = normalise_one(text)
        lines = word_lines(pa.array([normalised], pa.large_string()), trace=True)
        character = byte_to_character(normalised.encode())
        places = set()
        for phrase, start, end in self._matches(lines).tolist():
            pattern = self.phrases[phrase].pattern
            first = lines.origin[start + pattern.startswith(b" ")]
            last = lines.origin[end - pattern.endswith(b" ")]
            span = original_span(offsets, character[first], character[last])
            places.add(Span(self.ids[self._owner[phrase]], *span))
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
    indicator the catalogue does not have, an empty phrase, or a phrase of two indicators.
    """
    folder = folder or files("fieldfare.language") / "indicators"
    catalogue = tuple(_read(folder / CATALOGUE, _Catalogue).indicator)
    place = {indicator.id: k for k, indicator in enumerate(catalogue)}
    if len(place) < len(catalogue):
        raise SettingsError(f"{CATALOGUE}: an indicator id stands twice")
    owners: dict[bytes, tuple[int, str]] = {}
    names = (file.name for file in folder.iterdir())
    for name in sorted(n for n in names if n.endswith(".toml") and n != CATALOGUE):
        language = _read(folder / name, _Language)
        for indicator, texts in language.phrases.items():
            key = f"{name}: phrases.{indicator}"
            if indicator not in place:
                raise SettingsError(f"{key}: no such indicator in {CATALOGUE}")
            for number, pattern in enumerate(_patterns(texts, language.words_apart)):
                if not pattern.strip():
                    raise SettingsError(f"{key}[{number}]: a phrase without words")
                owner, where = owners.setdefault(pattern, (place[indicator], key))
                if owner != place[indicator]:
                    raise SettingsError(f"{key}[{number}]: the phrase is also in {where}")
    phrases = tuple(Phrase(owner, pattern) for pattern, (owner, _) in sorted(owners.items()))
    if not phrases:
        raise SettingsError(f"{folder}: no phrases")
    return Indicators(catalogue, phrases)


def _patterns(texts: list[str], words_apart: bool) -> list[bytes]:
    lines = word_lines(normalise(pa.array(texts, pa.large_string())))
    bounds = lines.starts.tolist()
    buffer = lines.buffer.tobytes()
    # Each line ends with a line feed, which is not part of the pattern.
    patterns = [buffer[a : b - 1] for a, b in pairwise(bounds)]
    return patterns if words_apart else [pattern.strip(b" ") for pattern in patterns]


Shape = TypeVar("Shape", _Catalogue, _Language)


def _read(file: Traversable, shape: type[Shape]) -> Shape:
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), shape)
    except OSError as error:
        raise SettingsError(f"{file.name}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file.name}: not UTF-8") from error
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{file.name}: {error}") from error
