"""Token evidence of simulated messages drawn from real writing, as sums without text.

What enters: a corpus of token hashes (`lab.language_corpus`). Each account gets a writer of its
kind, and its messages in order of time get Σ weight and tokens of that writer's messages in order,
and then of the next writer's of the same source: most ordinary writers left only a few messages,
and the same few again and again would add up to certainty. Nobody is scored
by a table that was trained on that writer: offenders and partners by one trained on the other half
of the chats; ordinary writers by one that saw neither them nor anybody of their kind of source,
because tables look better on sources they know than on a service they do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.language_corpus import Corpus, read_corpus
from fieldfare.lab.language_evaluation import kinds
from fieldfare.lab.language_training import SHIPPED, Placed, message_sums, place, train
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import Floats, Ints, People
from fieldfare.lab.simulation.words import Said
from fieldfare.vocabulary.errors import InputError, SettingsError

GROUPS: Final = ("ordinary", "partner", "offender")
"""Whose writing may stand for a kind of talk (`corpus` in ``talk.toml``)."""

NEVER_TRAINED: Final = ("everyday",)
"""Sources that are measured and never trained on, for their licence."""

LEAST_MESSAGES: Final = 8
"""Writers with fewer stand for nobody."""


@dataclass(frozen=True, slots=True)
class _Writers:
    """Writers of one group: the messages of each source make a ring, writer after writer."""

    messages: npt.NDArray[np.int64]
    """Messages of the corpus, ring after ring."""
    start: npt.NDArray[np.int64]
    """Of each writer, where in `messages` its own begin."""
    ring: npt.NDArray[np.int64]
    """Of each writer, where its ring begins."""
    size: npt.NDArray[np.int64]
    """Of each writer, the length of its ring."""


class CorpusScores:
    """Scores for `world.simulate`, from a corpus."""

    def __init__(
        self,
        path: Path,
        people: People,
        parameters: Parameters,
        seed: int,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        corpus = read_corpus(path)
        self.sums, self.tokens = out_of_fold(corpus, seed, say)
        self.group_of = _groups(parameters)
        self.writers = [_writers(corpus, group) for group in GROUPS]
        for group, writers in zip(GROUPS, self.writers, strict=True):
            if not len(writers.messages):
                raise InputError(
                    f"{path.name}: no writer of {group} with {LEAST_MESSAGES} messages"
                )
        rng = np.random.default_rng([seed, 10])
        self.own = rng.integers(1 << 31, size=people.count, dtype=np.int64)
        """A number for each account that picks its writers."""

    def draw(self, _rng: np.random.Generator, said: Said) -> tuple[Floats, Ints]:
        weight = np.zeros(len(said.talk))
        tokens = np.zeros(len(said.talk), np.int32)
        for number, writers in enumerate(self.writers):
            rows = np.flatnonzero(self.group_of[said.talk] == number)
            writer = self.own[said.sender[rows]] % len(writers.start)
            place = writers.start[writer] - writers.ring[writer] + said.turn[rows]
            message = writers.messages[writers.ring[writer] + place % writers.size[writer]]
            weight[rows], tokens[rows] = self.sums[message], self.tokens[message]
        return weight, tokens


def out_of_fold(
    corpus: Corpus, seed: int, say: Callable[[str], None] = lambda _: None
) -> tuple[Floats, npt.NDArray[np.int32]]:
    """Σ weight and tokens of each message, by tables that never saw its writer."""
    placed = place(corpus, SHIPPED)
    missing = [name for name in NEVER_TRAINED if name in corpus.sources]
    trained = ~corpus.from_sources(missing)
    sums = np.zeros(len(corpus.messages) - 1)
    fold_of = corpus.folds(2, seed)
    apart = corpus.offender | corpus.partner
    for fold in range(2):
        say(f"Training on half of the chats, {fold + 1} of 2")
        _score(placed, trained & (fold_of != fold), apart & (fold_of == fold), sums, seed)
    for together in kinds(corpus):
        if together == ["partner"]:
            continue
        say(f"Training without {', '.join(together)}")
        these = corpus.from_sources(together) & corpus.ordinary
        _score(placed, trained & ~these, these, sums, seed)
    return sums, placed.tokens.astype(np.int32)


def _score(
    placed: Placed,
    among: npt.NDArray[np.bool_],
    writers: npt.NDArray[np.bool_],
    sums: Floats,
    seed: int,
) -> None:
    """Put the sums of these writers' messages, by a table trained on `among`, into `sums`."""
    if not writers.any():
        return
    weights = train(placed, SHIPPED, among, seed)
    messages = np.repeat(writers, np.diff(placed.corpus.authors))
    sums[messages] = message_sums(placed, SHIPPED, weights)[messages]


def _groups(parameters: Parameters) -> npt.NDArray[np.int64]:
    names = [talk.corpus for talk in parameters.talk.values()]
    unknown = set(names) - set(GROUPS)
    if unknown:
        raise SettingsError(f"talk: corpus {unknown.pop()!r}; it is one of {', '.join(GROUPS)}")
    return np.array([GROUPS.index(name) for name in names])


def _writers(corpus: Corpus, group: str) -> _Writers:
    among = {
        "ordinary": corpus.ordinary, "partner": corpus.partner, "offender": corpus.offender,
    }[group]  # fmt: skip
    length = np.diff(corpus.authors)
    chosen = np.flatnonzero(among & (length >= LEAST_MESSAGES))
    source = corpus.source[chosen]
    order = np.argsort(source, kind="stable")
    chosen, source = chosen[order], source[order]
    size = length[chosen]
    start = np.cumsum(size) - size
    inside = np.arange(int(size.sum())) - np.repeat(start, size)
    messages = np.repeat(corpus.authors[chosen], size) + inside
    first = np.searchsorted(source, source)
    last = np.searchsorted(source, source, side="right") - 1
    ring = start[first] if len(first) else first
    return _Writers(messages, start, ring, start[last] + size[last] - ring)
