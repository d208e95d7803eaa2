"""What messages say: stock phrases (templates), or the evidence of them without any text.

Both draw the same things in the same way: whether a message shows an indicator, states an age, is
a call or brings a photo, by the kind of talk and by how far the contact has gone. Templates then
choose a phrase for it; evidence writes down what the language room would have found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.lab.demo_talk import phrases
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import Floats, Ints, People
from fieldfare.vocabulary.schemas import MEDIA

STATED_CONFIDENCE: Final = 0.9
"""Of a stated age, in evidence; about what the language room gives a plain statement."""

POSED: Final = -50.0
"""A `stated_shift` below this: the account states the age that it declared."""

STAGE_TOPICS: Final = {
    "age_probing": "stage_age",
    "parents_absent": "stage_parents",
    "secrecy": "stage_secret",
    "platform_change": "stage_platform",
    "photo_request": "stage_photo",
    "meeting_travel": "stage_travel",
    "payment_offer": "stage_travel",
}
"""Indicators for which there is a stock phrase; the others are evidence only."""

_OLDEST: Final = 100


@dataclass(slots=True)
class Said:
    """What is about to be said, a row a message."""

    sender: Ints
    peer: Ints
    """The recipient; in a group, the sender again."""
    talk: Ints
    """Index into the parameters' talk."""
    nth: Ints
    """Messages of the same writer to this peer before."""
    turn: Ints
    """Messages of the same writer before, to anybody, in this part of the world."""


@dataclass(slots=True)
class Drawn:
    """What each message shows."""

    indicator: npt.NDArray[np.int16]
    """Index into `Words.indicators`; −1: none."""
    stated_age: npt.NDArray[np.float64]
    """Years; NaN: none."""
    call: npt.NDArray[np.bool_]
    photo: npt.NDArray[np.bool_]


class Scores(Protocol):
    """Where the token evidence of a message comes from."""

    def draw(self, rng: np.random.Generator, said: Said, /) -> tuple[Floats, Ints]:
        """Σ weight and number of tokens of each message."""


class Words:
    """The tables of ``talk.toml`` as arrays, and the phrases."""

    def __init__(self, people: People, parameters: Parameters) -> None:
        self.people = people
        talks = list(parameters.talk.values())
        self.indicators = sorted({name for talk in talks for name in talk.indicators})
        rates = np.zeros((len(talks), 3, len(self.indicators)))
        for number, talk in enumerate(talks):
            for name, stages in talk.indicators.items():
                rates[number, :, self.indicators.index(name)] = stages
        self.cumulative = np.cumsum(rates, axis=2)
        self.states_age = np.array([t.states_age for t in talks])
        self.shift = np.array([t.stated_shift for t in talks])
        self.calls = np.array([t.calls for t in talks])
        self.photos = np.array([t.photos for t in talks])
        languages = [c.language for c in parameters.countries.values()]
        self.languages = [*dict.fromkeys(["en", *languages])]
        self.language_of = np.array([self.languages.index(one) for one in languages])
        self.topics = [t.topics for t in talks]

    def draw(self, rng: np.random.Generator, said: Said) -> Drawn:
        count = len(said.talk)
        stage = np.where(said.nth < 3, 0, np.where(said.nth < 10, 1, 2))
        indicator = np.full(count, -1, np.int16)
        u = rng.random(count)
        shown = np.flatnonzero(u < self.cumulative[said.talk, stage, -1])
        table = self.cumulative[said.talk[shown], stage[shown]]
        indicator[shown] = (u[shown, None] >= table).sum(axis=1)
        states = rng.random(count) < self.states_age[said.talk]
        shift = self.shift[said.talk]
        age = np.floor(self.people.age[said.sender] + np.where(shift < POSED, 0, shift))
        posed = self.people.given_age[said.sender]
        age = np.where((shift < POSED) & np.isfinite(posed), posed, age)
        media = rng.random(count)
        call = media < self.calls[said.talk]
        return Drawn(
            indicator,
            np.where(states, age.astype(np.float64), np.nan),
            call,
            ~call & (media < self.calls[said.talk] + self.photos[said.talk]),
        )

    def text(self, rng: np.random.Generator, said: Said, drawn: Drawn) -> Any:
        """A stock phrase a message, as an Arrow array of strings; null for a call."""
        words, tables = _stock(tuple(self.languages), tuple(self.topics), tuple(self.indicators))
        country = self.people.country
        one, other = (self.language_of[country[p]] for p in (said.sender, said.peer))
        language = np.where(one == other, one, 0)
        row = np.where(drawn.indicator >= 0, len(self.topics) + drawn.indicator, said.talk)
        states = np.isfinite(drawn.stated_age)
        row = np.where(states, len(self.topics) + len(self.indicators), row)
        start, length = tables[row, language, 0], tables[row, language, 1]
        # An indicator without a phrase of its own is said in the usual words.
        bare = length == 0
        start = np.where(bare, tables[said.talk, language, 0], start)
        length = np.where(bare, tables[said.talk, language, 1], length)
        choice = (rng.random(len(row)) * length).astype(np.int64)
        # Phrases that state an age stand once for every age.
        years = np.clip(np.nan_to_num(drawn.stated_age), 0, _OLDEST - 1).astype(np.int64)
        at = start + np.where(states, choice * _OLDEST + years, choice)
        return words.take(pa.array(at, mask=drawn.call))

    def media(self, drawn: Drawn) -> Any:
        """The media column: a call, a photo, or nothing."""
        some = drawn.call | drawn.photo
        kinds = pa.array(np.where(drawn.call[some], "call", "photo"), pa.string())
        values = pa.StructArray.from_arrays(
            [kinds, pa.nulls(len(kinds), pa.string())], fields=list(MEDIA)
        )
        offsets = np.concatenate([[0], np.cumsum(some)]).astype(np.int32)
        return pa.ListArray.from_arrays(offsets, values)

    def indicator_lists(self, drawn: Drawn) -> Any:
        shown = drawn.indicator >= 0
        names = pa.array(self.indicators).take(pa.array(drawn.indicator[shown]))
        offsets = np.concatenate([[0], np.cumsum(shown)]).astype(np.int32)
        return pa.ListArray.from_arrays(offsets, names)


class ModelScores:
    """Token evidence from a normal model by talk, with a style of each writer's own."""

    def __init__(self, people: People, parameters: Parameters, seed: int) -> None:
        talks = list(parameters.talk.values())
        self.mean, self.spread = np.array([t.words for t in talks]).T
        self.median, self.length_spread = np.array([t.length for t in talks]).T
        rng = np.random.default_rng([seed, 7])
        style = rng.standard_normal(people.count, dtype=np.float32)
        self.style = style * np.float32(parameters.words.author_spread)

    def draw(self, rng: np.random.Generator, said: Said) -> tuple[Floats, Ints]:
        normal = rng.standard_normal((2, len(said.talk)))
        length = self.median[said.talk] * np.exp(self.length_spread[said.talk] * normal[0])
        tokens = np.clip(np.rint(length), 1, 200)
        mean = self.mean[said.talk] + self.style[said.sender]
        weight = tokens * mean + np.sqrt(tokens) * self.spread[said.talk] * normal[1]
        return weight, tokens.astype(np.int32)


@cache
def _stock(
    languages: tuple[str, ...], topics: tuple[tuple[str, ...], ...], indicators: tuple[str, ...]
) -> tuple[Any, npt.NDArray[np.int64]]:
    """Every phrase, and for each (talk, then indicator, then stated age; language) where its
    phrases start and how many there are."""
    stock = phrases()
    rows = [*topics, *((STAGE_TOPICS[i],) if i in STAGE_TOPICS else () for i in indicators)]
    words: list[str] = []
    tables = np.zeros((len(rows) + 1, len(languages), 2), np.int64)
    for row, names in enumerate([*rows, ("own_age",)]):
        for column, language in enumerate(languages):
            chosen = [p for n in names for p in stock[n].get(language) or stock[n]["en"]]
            tables[row, column] = len(words), len(chosen)
            if names == ("own_age",):
                words += [p.replace("{age}", str(a)) for p in chosen for a in range(_OLDEST)]
            else:
                words += chosen
    return pa.array(words), tables
