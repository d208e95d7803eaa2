"""Phrases and frames of a file as they are searched for: every spelling as a word line."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pyarrow as pa

from fieldfare.language.frames import SHORTEST_STEM, Part, parts_of
from fieldfare.language.kernel import word_lines
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import PhraseFile
from fieldfare.vocabulary import SettingsError


class Pattern(NamedTuple):
    """A phrase of a file: its indicator, where it stands, and its one side or two."""

    indicator: str
    key: str
    sides: list[list[bytes]]
    reach: int


class PartPattern(NamedTuple):
    """A part of frames of a file."""

    spellings: list[bytes]
    stems: list[bytes]


class Frame(NamedTuple):
    """A frame of a file: its indicator, where it stands, and its parts by their texts."""

    indicator: str
    key: str
    needed: list[str]
    barred: list[str]


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


def frames_of(name: str, content: PhraseFile) -> tuple[list[Frame], dict[str, PartPattern]]:
    """Every frame of a file, and every part that one has, by its text."""
    frames: list[Frame] = []
    read: dict[str, Part] = {}
    where: dict[str, str] = {}
    said: dict[tuple[frozenset[str], frozenset[str]], Frame] = {}
    for indicator, texts in content.frames.items():
        for number, text in enumerate(texts):
            key = f"{name}: frames.{indicator}[{number}]"
            try:
                parts = parts_of(text, content, read)
            except ValueError as error:
                raise SettingsError(f"{key}: {error}") from None
            needed = [part.text for part in parts if not part.barred]
            barred = [part.text for part in parts if part.barred]
            for part in parts:
                where.setdefault(part.text, key)
            frame = Frame(indicator, key, needed, barred)
            other = said.setdefault((frozenset(needed), frozenset(barred)), frame)
            if other.indicator != indicator:
                raise SettingsError(f"{key}: the frame is also in {other.key}")
            frames.append(frame)
    return frames, _part_patterns(read, where, content.words_apart)


def _part_patterns(
    read: dict[str, Part], where: dict[str, str], words_apart: bool
) -> dict[str, PartPattern]:
    texts = [text for part in read.values() for text in (*part.spellings, *part.stems)]
    line = iter(_word_patterns(texts, words_apart))
    patterns = {}
    for part in read.values():
        spellings = list(dict.fromkeys(next(line) for _ in part.spellings))
        stems = list(dict.fromkeys(next(line).strip(b" ") for _ in part.stems))
        if not all(one.strip() for one in spellings):
            raise SettingsError(f"{where[part.text]}: '{part.text}' may be without words")
        for one in stems:
            if b" " in one or len(one.decode()) < SHORTEST_STEM:
                raise SettingsError(
                    f"{where[part.text]}: '{one.decode()}~': one word of at least "
                    f"{SHORTEST_STEM} letters, repeated ones counted once"
                )
        patterns[part.text] = PartPattern(spellings, stems)
    return patterns


def _word_patterns(texts: list[str], words_apart: bool) -> list[bytes]:
    lines = word_lines(normalise(pa.array(texts, pa.large_string())))
    bounds = lines.starts.tolist()
    buffer = lines.buffer.tobytes()
    # Each line ends with a line feed, which is not part of the pattern.
    patterns = [buffer[a : b - 1] for a, b in pairwise(bounds)]
    return patterns if words_apart else [pattern.strip(b" ") for pattern in patterns]
