"""How well scores tell offenders from others, with intervals over authors.

Everything here takes one score an author. Intervals are from a bootstrap that draws authors, not
messages, with replacement within each source: the same draws for every measure, so that two
tables measured on one corpus can be compared draw by draw.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Authors = npt.NDArray[np.int64]


@functools.cache
def _loops() -> ModuleType:
    from fieldfare.lab import _language_loops

    return _language_loops


@dataclass(frozen=True, eq=False)
class Estimate:
    """A figure and its distribution over the bootstrap's draws."""

    value: float
    draws: Scores

    def as_json(self) -> dict[str, float | None]:
        """The figure and its 95 % interval; null where it is undefined."""
        drawn = self.draws[np.isfinite(self.draws)]
        low, high = np.quantile(drawn, [0.025, 0.975]) if drawn.size else (np.nan, np.nan)
        return {"value": _rounded(self.value), "low": _rounded(low), "high": _rounded(high)}

    def less(self, other: Estimate) -> Estimate:
        """The difference, draw by draw: both must come from the same draws."""
        return Estimate(self.value - other.value, self.draws - other.draws)


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def draw_authors(stratum: npt.NDArray[np.int64], draws: int, seed: int) -> npt.NDArray[np.uint16]:
    """How often each author is drawn, one row a draw, as many of each stratum as it has. The
    first row is the authors as they are."""
    rng = np.random.default_rng([seed, draws])
    counts = np.ones((draws + 1, stratum.size), np.uint16)
    for one in np.unique(stratum):
        members = np.flatnonzero(stratum == one)
        for row in range(1, draws + 1):
            drawn = rng.integers(members.size, size=members.size)
            counts[row, members] = np.bincount(drawn, minlength=members.size)
    return counts


def _ranked(
    scores: Scores, offenders: Authors, others: Authors, counts: npt.NDArray[np.uint16]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.uint16]]:
    """Labels, ties with the one before, and draws, in ascending order of score."""
    who = np.concatenate([offenders, others])
    order = np.argsort(scores[who], kind="stable")
    ranked = scores[who][order]
    ties = np.concatenate([[False], ranked[1:] == ranked[:-1]])
    labels = np.concatenate([np.ones(offenders.size, np.bool_), np.zeros(others.size, np.bool_)])
    return labels[order], ties, np.ascontiguousarray(counts[:, who[order]])


def area(
    scores: Scores, offenders: Authors, others: Authors, counts: npt.NDArray[np.uint16]
) -> Estimate:
    """Area under the ROC curve: how often an offender scores above one of the others; a tie
    counts half."""
    areas = np.empty(counts.shape[0])
    _loops().weighted_areas(*_ranked(scores, offenders, others, counts), areas)
    return Estimate(float(areas[0]), areas[1:])


def recall(
    scores: Scores,
    offenders: Authors,
    others: Authors,
    counts: npt.NDArray[np.uint16],
    rate: float,
) -> Estimate:
    """Share of offenders above the lowest threshold that at most `rate` of the others pass,
    rounded down to whole authors."""
    recalls = np.empty(counts.shape[0])
    _loops().weighted_recalls(*_ranked(scores, offenders, others, counts), rate, recalls)
    return Estimate(float(recalls[0]), recalls[1:])


def threshold(scores: Scores, others: Authors, rate: float) -> float:
    """The score that at most `rate` of `others` exceed, rounded down to whole authors."""
    ranked = np.sort(scores[others])[::-1]
    return float(ranked[min(int(ranked.size * rate + 1e-9), ranked.size - 1)])


def calibration_error(
    probability: Scores, offends: npt.NDArray[np.bool_], shares: Scores, bins: int = 10
) -> float:
    """Mean distance of probability from the share of offenders, over `bins` of equal width."""
    where = np.minimum((probability * bins).astype(np.int64), bins - 1)
    said = np.bincount(where, shares * probability, bins)
    found = np.bincount(where, shares * offends, bins)
    return float(np.abs(said - found).sum() / shares.sum())
