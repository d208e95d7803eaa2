"""What is measured: the evidence of the language room, as one score.

Two detectors. `WORDS` is the token table alone, z = Σ weight / √max(tokens, 20), nothing fitted.
`fit` adds the indicators and stated ages: a linear model over z and what was found, fitted on the
training part of a corpus. Both score what one author wrote in one conversation; an author's score
is the highest over conversations, and a conversation's the highest of its authors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.research.chats import Chats, Flags, Integers

Floats = npt.NDArray[np.float64]

LEAST_TOKENS: Final = 20.0
"""z = Σ weight / √max(tokens, this); see `fieldfare.language.tables.TokenTable`."""
ADULT_FROM: Final = 18.0
"""Years."""
_AGES: Final = ("says_to_be_adult", "says_to_be_child", "another_says_to_be_child")
_RIDGE: Final = 1.0
"""L2, in units of one example on features of unit spread: keeps a rare indicator from infinity."""


def feature_names(chats: Chats) -> list[str]:
    """The columns of `Turns.features`: z, the indicators (found or not), then stated ages."""
    return ["token_z", *chats.indicator_ids, *_AGES]


@dataclass(frozen=True, eq=False)
class Turns:
    """What each author wrote in each conversation; a row each, by conversation."""

    conversation: Integers
    author: Integers
    messages: Integers
    offends: Flags
    features: Floats


def turns(chats: Chats) -> Turns:
    """The messages of each author in each conversation, brought together."""
    width = len(chats.author_ids)
    keys, who = np.unique(chats.conversation * width + chats.author, return_inverse=True)
    size, conversation, author = keys.size, keys // width, keys % width
    tokens = np.bincount(who, chats.tokens, size)
    z = np.bincount(who, chats.weight_sum, size) / np.sqrt(np.maximum(tokens, LEAST_TOKENS))
    found = np.zeros((size, len(chats.indicator_ids)))
    np.maximum.at(found, who, chats.found)
    adult = np.bincount(who, chats.stated_age >= ADULT_FROM, size) > 0
    child = np.bincount(who, chats.stated_age < ADULT_FROM, size) > 0
    children = np.bincount(conversation, child, len(chats.conversation_ids))
    another = children[conversation] > child
    return Turns(
        conversation,
        author,
        np.bincount(who, minlength=size),
        chats.offender[author],
        np.column_stack([z, found, adult, child, another]),
    )


@dataclass(frozen=True, eq=False)
class Detector:
    """A score that is a weighted sum of features."""

    name: str
    weights: Floats
    """One a feature, as `feature_names` orders them."""

    def scores(self, of: Turns) -> Floats:
        """One a row of `of`."""
        scored: Floats = of.features @ self.weights
        return scored

    def as_json(self, names: list[str]) -> dict[str, Any]:
        """The weights by feature, without those of 0, of features that were never seen."""
        return {name: round(float(w), 4) for name, w in zip(names, self.weights, strict=True) if w}


def words(chats: Chats) -> Detector:
    """z alone."""
    weights = np.zeros(len(feature_names(chats)))
    weights[0] = 1.0
    return Detector("words", weights)


def fit(training: Turns) -> Detector:
    """Logistic regression of "an offender wrote this" on all features, by Newton's method with a
    small L2; offenders and others weigh the same in all."""
    spread = training.features.std(0)
    spread[spread == 0] = 1.0
    x = np.column_stack([training.features / spread, np.ones(training.offends.size)])
    offends = training.offends
    share = np.where(offends, 0.5 / max(1, offends.sum()), 0.5 / max(1, (~offends).sum()))
    share *= offends.size
    ridge = np.full(x.shape[1], _RIDGE)
    ridge[-1] = 1e-6
    line = np.zeros(x.shape[1])
    for _ in range(100):
        probability = 1 / (1 + np.exp(-np.clip(x @ line, -30, 30)))
        gradient = x.T @ (share * (probability - offends)) + ridge * line
        curve = (x * (share * probability * (1 - probability))[:, None]).T @ x + np.diag(ridge)
        step = np.linalg.solve(curve, gradient)
        line -= step * min(1.0, 2.0 / float(np.abs(step).max() or 1.0))
        if np.abs(step).max() < 1e-8:
            break
    return Detector("words, indicators and ages", line[:-1] / spread)


def highest(scores: Floats, groups: Integers, size: int) -> Floats:
    """The highest score of each of `size` groups; −∞ where a group has none."""
    top = np.full(size, -np.inf)
    np.maximum.at(top, groups, scores)
    return top
