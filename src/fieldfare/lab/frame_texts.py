"""Texts that heads learn from, made of the frames: what their parts say together, and apart.

A frame says which ideas must meet, each in all the words its file has for it. Drawn from them are

- ``frames``: every part of a frame in some order, with scraps of ordinary sentences between;
- ``incomplete``: all of its parts but one;
- ``mixed``: a part of one frame and a part of another's;
- ``lone``: one part's words inside an ordinary sentence.

The last three say nothing, so that a word alone does not count; where a frame happens to be found
in one of them all the same, that indicator is not known. Most of it is no grammar: it teaches
words and which of them meet. A beginning of words (``friend~``) stands for the words of the
language's phrases and taught sentences that begin so, never for an invented one.
"""

from __future__ import annotations

import functools
import random
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pyarrow as pa

from fieldfare.lab.head_texts import Example, held_out_forms, near_forms, read_taught, spell
from fieldfare.language.frames import Part, parts_of
from fieldfare.language.indicators import Indicators, read_indicators
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import PhraseFile, read_phrases

SAID = "frames"
SOURCES = frozenset({SAID, "incomplete", "mixed", "lone"})

Ways = list[list[str]]
"""Of each part of a frame, the ways to say it."""


class _Language(NamedTuple):
    """What is drawn from for one language."""

    name: str
    frames: dict[str, list[Ways]]
    """By indicator id."""
    ordinary: list[str]
    apart: bool
    random: random.Random

    def joined(self, pieces: Sequence[str]) -> str:
        return " ".join((" " * self.apart).join(pieces).split())

    def scrap(self, most: int) -> str:
        """A few words, or letters where words are not set apart, of an ordinary sentence."""
        sentence = self.random.choice(self.ordinary)
        each = sentence.split() if self.apart else list(sentence)
        size = min(len(each), self.random.randint(1, most if self.apart else 2 * most))
        at = self.random.randrange(len(each) - size + 1)
        return self.joined(each[at : at + size])

    def among_scraps(self, said: Sequence[str], share: float) -> str:
        """Some words in some order; a scrap stands at each place with the chance `share`."""
        order = list(said)
        if self.random.random() > 0.4:
            self.random.shuffle(order)
        pieces = [self.scrap(3)] if self.random.random() < share else []
        for one in order:
            pieces.append(one)
            if self.random.random() < share:
                pieces.append(self.scrap(3 if one is order[-1] else 2))
        return self.joined(pieces)


def frame_examples(*, seed: int, each: int) -> list[Example]:
    """Texts made of every language's frames: `each` that say it an indicator and language, and
    nearly as many that do not. A held-out paraphrase is never among them."""
    random_ = random.Random(seed)  # noqa: S311 - nothing secret about it
    found: list[Example] = []
    for language in _languages(random_):
        found += _of_language(language, each)
    said = [one for one in found if one.source == SAID]
    held, seen = held_out_forms(), iter(_found([one.text for one in said]))
    fresh = iter(held.isdisjoint(forms) for forms in near_forms([one.text for one in said]))
    # A scrap may bar what the frame says, or part its words too far.
    return [
        one for one in found if one.source != SAID or (one.indicator in next(seen)) & next(fresh)
    ]


@functools.cache
def finder() -> Indicators:
    """What finds phrases and frames that ship. Takes seconds to make."""
    return read_indicators(frames=True)


def _found(texts: list[str]) -> list[list[str]]:
    normalised = normalise(pa.array(texts, pa.large_string()))
    rows: list[list[str]] = finder().find(normalised).to_pylist()
    return rows


def _of_language(language: _Language, each: int) -> list[Example]:
    random_ = language.random
    every = [(kind, ways) for kind, frames in language.frames.items() for ways in frames]
    found: list[Example] = []

    def add(source: str, count: int, make: Callable[[int], str], kind: str | None = None) -> None:
        found.extend(Example(language.name, kind, k, source, make(k)) for k in range(count))

    for kind, frames in language.frames.items():
        others = [ways for other, ways in every if other != kind]

        def said(k: int, frames: list[Ways] = frames) -> str:
            chosen = [random_.choice(part) for part in frames[k % len(frames)]]
            return language.among_scraps(chosen, 0.45)

        def incomplete(_: int, frames: list[Ways] = frames) -> str:
            chosen = [random_.choice(part) for part in random_.choice(frames)]
            chosen.pop(random_.randrange(len(chosen)))
            return language.among_scraps(chosen, 0.8)

        def mixed(_: int, frames: list[Ways] = frames, others: list[Ways] = others) -> str:
            parts = random_.choice(random_.choice(frames)), random_.choice(random_.choice(others))
            return language.among_scraps([random_.choice(part) for part in parts], 0.7)

        def lone(_: int, frames: list[Ways] = frames) -> str:
            word = random_.choice(random_.choice(random_.choice(frames)))
            sentence = random_.choice(language.ordinary).split()
            at = random_.randint(0, len(sentence))
            return language.joined([*sentence[:at], word, *sentence[at:]])

        add(SAID, each, said, kind)
        add("incomplete", each // 2, incomplete)
        if others:
            add("mixed", each // 3, mixed)
        add("lone", each // 4, lone)
    return found


def _languages(random_: random.Random) -> list[_Language]:
    taught = dict(read_taught())
    phrases = {content.language: content for _, content in read_phrases()}
    found = []
    for _, content in read_phrases(frames=True):
        own = taught.get(f"{content.language}.toml")
        if not content.frames or own is None:
            continue
        as_phrases = own.as_phrases()
        ordinary = [text for each in own.ordinary for text in spell(as_phrases, each, 4, random_)]
        words = {word for text in ordinary for word in text.split()}
        for file in (as_phrases, phrases[content.language]):
            for each in file.phrases.values():
                words.update(*(file.words_of(one) for one in each))
        frames = _ways(content, sorted(words))
        found.append(_Language(content.language, frames, ordinary, content.words_apart, random_))
    return found


def _ways(content: PhraseFile, words: list[str]) -> dict[str, list[Ways]]:
    read: dict[str, Part] = {}
    found: dict[str, list[Ways]] = {}
    for kind, frames in content.frames.items():
        for frame in frames:
            parts = [part for part in parts_of(frame, content, read) if not part.barred]
            ways = [_said(part, words) for part in parts]
            if all(ways):
                found.setdefault(kind, []).append(ways)
    return found


def _said(part: Part, words: list[str]) -> list[str]:
    """The ways to say a part, each once; none where it has only beginnings of unknown words."""
    begun = (word for stem in part.stems for word in words if word.startswith(stem))
    return [one for one in dict.fromkeys([*part.spellings, *begun]) if one.strip()]
