"""Word lines with misspelt words mended, so that phrases are found in them too.

A word that is of no phrase, nor common English in a message that is not clearly of another
language, one slip away from a word of a phrase or without its vowels, is read as that word, if
some phrase has it beside one of its neighbours; words of the language that most of the message
is of come first. The mended line stands after the line
itself, so whatever phrase was there before is there after. Only phrases are matched on mended
lines: no other table sees them.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language import known_words
from fieldfare.language.kernel import WordLines

VERSION = "repair-1"
"""Changes whenever the same words may be mended otherwise."""

Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Repair:
    """Mends word lines with the words of some phrases."""

    uses: dict[str, int]
    """The words of the phrases, and in how many spellings each stands."""
    pairs: frozenset[tuple[str, str]]
    """Words that stand side by side in a phrase."""

    @functools.cached_property
    def _tables(self) -> tuple[Any, ...]:
        from fieldfare.language import _repair, _words

        words = sorted(self.uses)
        encoded = [word.encode() for word in words]
        bounds = np.cumsum([0, *map(len, encoded)]).astype(np.int64)
        data = np.frombuffer(b"".join(encoded) or b" ", np.uint8)
        own = known_words.word_hashes(words)
        room = int(bounds[-1]) + 3 * len(words)
        keys, owners = np.empty(room, np.uint32), np.empty(room, np.int64)
        used = _repair.index(data, bounds, keys, owners)
        order = np.argsort(keys[:used], kind="stable")
        keys, owners = keys[:used][order], owners[:used][order]
        bits = np.zeros(_words.SET_BYTES, np.uint8)
        _words.add(bits, keys)
        dictionary = np.zeros(_words.SET_BYTES, np.uint8)
        _words.add(dictionary, known_words.english())
        spoken = known_words.spoken().words
        languages = np.array([spoken.get(word, (1 << 64) - 1) for word in words], np.uint64)
        sizes = np.array([len(word) for word in words], np.int64)
        uses = np.array([self.uses[word] for word in words], np.int64)
        ranks = np.argsort(own, kind="stable")
        pairs = np.zeros(_words.SET_BYTES, np.uint8)
        hashes = dict(zip(words, own.tolist(), strict=True))
        first = np.array([hashes[one] for one, _ in self.pairs], np.uint32)
        second = np.array([hashes[other] for _, other in self.pairs], np.uint32)
        _words.add(pairs, (first * np.uint32(31)) ^ second)
        return (
            dictionary, data, bounds, sizes, languages, uses, own, own[ranks], ranks, keys, owners,
            bits, pairs,
        )  # fmt: skip

    def mend(self, lines: WordLines) -> WordLines:
        """The lines with unknown words mended. Takes time linear in their bytes."""
        from fieldfare.language import _repair

        forms = _repair.MOST
        room = (1 + 3 * forms) * lines.buffer.size + forms * _repair.APART * lines.starts.size
        out, starts = np.empty(room, np.uint8), np.empty_like(lines.starts)
        origin = np.empty(room if lines.origin.size else 0, np.int64)
        english = known_words.spoken().languages.index("en")
        loop: Any = _repair.repair  # mypy does not count what the two tuples hold
        used = loop(*lines, *self._tables, english, out, starts, origin)
        return WordLines(out[:used], starts, origin[:used] if lines.origin.size else origin)


def of_patterns(patterns: list[bytes]) -> Repair:
    """The repair for phrases with these word lines."""
    uses: dict[str, int] = {}
    pairs: set[tuple[str, str]] = set()
    for pattern in patterns:
        words = pattern.decode().split()
        for word in words:
            uses[word] = uses.get(word, 0) + 1
        pairs.update(pairwise(words))
    return Repair(uses, frozenset(pairs))
