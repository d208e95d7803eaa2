"""Fitting what (Σ weight, tokens) of a table is worth: `fieldfare.language.likelihood`.

Every author is seen at several numbers of messages, scored by tables trained on the other folds,
so that no score is of an author its table has seen. One logistic regression over all of them
gives slope and intercept at each of `KNOTS` tokens: offenders against all other sources, each
source the same, half and half, so that the log-odds are the log-likelihood ratio.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab import language_measures as measures
from fieldfare.lab.language_corpus import Corpus
from fieldfare.lab.language_measures import Scores
from fieldfare.language.likelihood import Likelihood

KNOTS: Final = (10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0)
"""Tokens at which slope and intercept are fitted."""
LEAST_SLOPE: Final = 1e-3
"""A slope is no lower: more weight never speaks less."""

Chosen = npt.NDArray[np.bool_]


def fit(
    z: Scores, tokens: npt.NDArray[np.int64], offends: Chosen, share: Scores, people: int
) -> Likelihood:
    """The likelihood that these give; all are as long, each row an author at some message, a knot
    that few rows are near keeping what its neighbours have. `people` offenders bound it."""
    knots = np.log(np.array(KNOTS))
    at = np.clip(np.log(np.maximum(tokens, 1)), knots[0], knots[-1])
    near = np.stack([np.interp(at, knots, row) for row in np.eye(knots.size)], axis=1)
    unit = float(np.abs(z).max(initial=0.0)) or 1.0
    columns = np.concatenate([near * (z / unit)[:, None], near], axis=1)
    share = share / share.sum()
    ridge = _ridge(knots.size, unit)
    lowest = np.full(2 * knots.size, -np.inf)
    lowest[: knots.size] = LEAST_SLOPE * unit
    line = np.zeros(2 * knots.size)
    for _ in range(200):
        chance = 1 / (1 + np.exp(-np.clip(columns @ line, -30, 30)))
        first = columns.T @ (share * (chance - offends)) + ridge @ line
        curve = share * chance * (1 - chance)
        step = np.linalg.solve((columns * curve[:, None]).T @ columns + ridge, first)
        before = line
        # Far from the best line the curve is flat and a whole step would overshoot.
        line = np.maximum(line - step * min(1.0, 2.0 / float(np.abs(step).max() or 1.0)), lowest)
        if np.abs(line - before).max() < 1e-9:
            break
    line = np.round(np.concatenate([line[: knots.size] / unit, line[knots.size :]]), 4)
    slope = np.maximum(line[: knots.size], LEAST_SLOPE)
    return Likelihood(
        np.array(KNOTS), slope, line[knots.size :], round(float(np.log(max(2, people))), 2)
    )


def _ridge(knots: int, unit: float) -> Scores:
    """What holds neighbouring knots together where rows are few, and slopes where z parts all."""
    steps = np.diff(np.eye(knots), axis=0)
    alike = 1e-4 * steps.T @ steps
    ridge = np.zeros((2 * knots, 2 * knots))
    ridge[:knots, :knots] = (alike + np.eye(knots) * 1e-5) / unit**2
    ridge[knots:, knots:] = alike + np.eye(knots) * 1e-9
    return ridge


@dataclass(frozen=True, eq=False)
class Seen:
    """Authors at several numbers of messages, as the tables of other folds score them: authors ×
    columns. Only those who wrote so many are seen in a column: that somebody wrote little is no
    evidence of words."""

    z: Scores
    tokens: npt.NDArray[np.int64]
    share: Scores
    """What each counts: as much in each column (see `shares`); 0 where not seen."""
    offender: Chosen
    """Of each author."""

    @staticmethod
    def of(
        corpus: Corpus,
        z: Scores,
        message_tokens: npt.NDArray[np.int64],
        curve: tuple[int, ...],
        among: Chosen,
    ) -> Seen:
        """Of the authors `among`, whose `z` has a column for each number of messages in `curve`."""
        total = np.concatenate([[0], np.cumsum(message_tokens)])
        begins, ends = corpus.authors[:-1, None], corpus.authors[1:, None]
        tokens = total[np.minimum(begins + np.array(curve), ends)] - total[begins]
        there = (ends - begins >= np.array(curve)) & among[:, None] & (tokens > 0)
        offender = corpus.offender[:, None]
        there &= (there & offender).any(axis=0) & (there & ~offender).any(axis=0)
        share = np.stack([shares(corpus, one) for one in there.T], axis=1)
        return Seen(z, tokens, share, corpus.offender)

    def likelihood(self, among: Chosen) -> Likelihood:
        """The likelihood of the authors `among`."""
        share = self.share * among[:, None]
        rows = share > 0
        offends = np.broadcast_to(self.offender[:, None], rows.shape)
        people = int(np.count_nonzero(self.offender & rows.any(axis=1)))
        return fit(self.z[rows], self.tokens[rows], offends[rows], share[rows], people)


def shares(corpus: Corpus, among: Chosen) -> Scores:
    """What each author counts, 1 in all: half for the offenders, the other half the same for
    every other source; 0 outside `among`."""
    kind = np.where(corpus.offender, len(corpus.sources), corpus.source)
    sizes = np.bincount(kind[among], minlength=len(corpus.sources) + 1)
    half = np.full(sizes.size, 0.5 / max(1, int(np.count_nonzero(sizes[:-1]))))
    half[-1] = 0.5
    found: Scores = np.where(among, (half / np.maximum(sizes, 1))[kind], 0.0)
    return found


def report(seen: Seen, fold_of: npt.NDArray[np.int64], lengths: dict[str, int]) -> dict[str, Any]:
    """The likelihood fitted on all folds, and at each of `lengths` (a column each) the
    calibration error and the mean log loss (nats; .693 says nothing) of those fitted without the
    fold they are measured on; null where nobody of one side wrote so much."""
    ratios = np.zeros_like(seen.z)
    for fold in range(int(fold_of.max()) + 1):
        there = fold_of == fold
        ratios[there] = seen.likelihood(~there).of_z(seen.z[there], seen.tokens[there])
    chance = 1 / (1 + np.exp(-ratios))
    right = np.where(seen.offender[:, None], chance, 1 - chance)
    held_out: dict[str, dict[str, float] | None] = {}
    for name, k in lengths.items():
        share = seen.share[:, k]
        rows = share > 0
        if not rows.any():
            held_out[name] = None
            continue
        error = measures.calibration_error(chance[rows, k], seen.offender[rows], share[rows])
        loss = -(share[rows] @ np.log(right[rows, k])) / share.sum()
        held_out[name] = {"calibration_error": round(error, 4), "log_loss": round(float(loss), 4)}
    everyone = np.ones(fold_of.size, np.bool_)
    return {**seen.likelihood(everyone).as_json(), "held_out": held_out}
