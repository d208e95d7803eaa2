"""Figures of an evaluation of contact with children: rates with exact intervals, thresholds,
how early, how well calibrated. Each takes plain arrays, one value an account.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

MILLION: Final = 1_000_000
NEVER: Final = math.inf
"""How many children, days or messages it took to flag an account that was never flagged."""


@dataclass(frozen=True)
class Rate:
    """`count` of `total`, with its exact 95 % interval (Clopper and Pearson 1934)."""

    count: int
    total: int

    @property
    def value(self) -> float | None:
        return self.count / self.total if self.total else None

    @property
    def interval(self) -> tuple[float, float]:
        """Each end leaves 2.5 %."""
        return lower_bound(self.count, self.total, 0.025), upper_bound(
            self.count, self.total, 0.025
        )

    def as_json(self, per: float = 1) -> dict[str, Any]:
        """Count, total, value and interval; rates are `per` so many."""
        low, high = self.interval
        return {
            "count": self.count,
            "total": self.total,
            "value": None if self.value is None else round(per * self.value, 4),
            "low": round(per * low, 4),
            "high": round(per * high, 4),
        }


def upper_bound(count: int, total: int, leaves: float = 0.05) -> float:
    """The highest rate at which seeing at most `count` of `total` still has probability
    `leaves`: the exact one-sided upper confidence bound of a rate (Clopper and Pearson 1934).

    For accounts drawn like those to come this is also the conformal bound on false alarms: a
    threshold that `count` of `total` innocent accounts pass is passed by a new one with at most
    this rate, with confidence 1 - `leaves` (Vovk 2012, conditional validity). 1 with no account.
    """
    if count >= total:
        return 1.0
    return _solve(lambda rate: _log_at_most(count, total, rate) > math.log(leaves))


def lower_bound(count: int, total: int, leaves: float = 0.05) -> float:
    """The exact one-sided lower confidence bound of a rate; 0 with no account."""
    return 1.0 - upper_bound(total - count, total, leaves) if count else 0.0


def _solve(holds: Any) -> float:
    """The largest rate, 0 to 1, up to which `holds` is true."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def _log_at_most(count: int, total: int, rate: float) -> float:
    """Log of the probability of at most `count` successes of `total` (binomial)."""
    if rate <= 0:
        return 0.0
    if rate >= 1:
        return -math.inf
    k = np.arange(count + 1)
    terms = _log_choose(total, count) + k * math.log(rate) + (total - k) * math.log1p(-rate)
    top = float(terms.max())
    return min(0.0, top + math.log(float(np.exp(terms - top).sum())))


def _log_choose(total: int, count: int) -> Floats:
    """Log of total over k, for k from 0 to `count`."""
    k = np.arange(1, count + 1)
    return np.concatenate([[0.0], np.cumsum(np.log((total - k + 1) / k))])


def threshold_for(scores: Floats, total: int, per_million: float) -> float:
    """The lowest threshold that at most `per_million` of a million pass: scores strictly above
    it are flagged.

    `scores` holds the highest score each innocent account ever had, as far as it had one;
    `total` is how many innocent accounts there are.
    """
    allowed = int(total * per_million / MILLION + 1e-9)
    ranked = np.sort(scores)[::-1]
    return float(ranked[allowed]) if ranked.size > allowed else -math.inf


def quantile(values: Iterable[float], share: float) -> float | None:
    """The least value that `share` of the accounts do not exceed, `NEVER` counted as the
    highest; None where there is no account. Never interpolated: it is a value that occurred."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(share * len(ranked) - 1e-9) - 1)] if ranked else None


def how_early(values: Floats) -> dict[str, Any]:
    """Median, 90 % and 95 % of all accounts; "never" where so many were not flagged."""

    def said(value: float | None) -> float | str | None:
        return "never" if value == NEVER else None if value is None else round(value, 2)

    ranked = values.tolist()
    return {
        name: said(quantile(ranked, share))
        for name, share in (("median", 0.5), ("90 %", 0.9), ("95 %", 0.95))
    }


def reliability(
    probability: Floats, offends: Flags, mass: Floats, edges: Floats
) -> list[dict[str, float]]:
    """Said and found, between each two of `edges`: the mean probability, the share of offenders,
    and the share of all mass that lies there."""
    where = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, edges.size - 2)
    bins = edges.size - 1
    weight = np.bincount(where, mass, bins)
    said = np.bincount(where, mass * probability, bins)
    found = np.bincount(where, mass * offends, bins)
    offenders = np.bincount(where, offends, bins)
    others = np.bincount(where, ~offends, bins)
    return [
        {
            "from": float(edges[k]),
            "to": float(edges[k + 1]),
            "said": float(said[k] / weight[k]),
            "found": float(found[k] / weight[k]),
            "mass": float(weight[k] / mass.sum()),
            "offenders": int(offenders[k]),
            "others": int(others[k]),
        }
        for k in range(bins)
        if weight[k] > 0
    ]


def calibration_error(probability: Floats, offends: Flags, mass: Floats, edges: Floats) -> float:
    """Mean distance between said and found, over the mass (expected calibration error)."""
    return sum(
        row["mass"] * abs(row["said"] - row["found"])
        for row in reliability(probability, offends, mass, edges)
    )


def isotonic(values: Floats, weights: Floats) -> Floats:
    """The nearest rising sequence in weighted squares (pool adjacent violators; Ayer 1955)."""
    means: list[float] = []
    masses: list[float] = []
    lengths: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        means.append(value)
        masses.append(weight)
        lengths.append(1)
        while len(means) > 1 and means[-2] > means[-1]:
            mean, mass, length = means.pop(), masses.pop(), lengths.pop()
            together = masses[-1] + mass
            means[-1] = (means[-1] * masses[-1] + mean * mass) / together if together else mean
            masses[-1] = together
            lengths[-1] += length
    return np.repeat(means, lengths)
