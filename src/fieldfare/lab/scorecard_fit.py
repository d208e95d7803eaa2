"""Fitting the weights of a scorecard: monotone bins, shrunk to a given card.

What enters: for each account at some moment the bin each signal falls into, whether the account
offends, and how much the row counts. What leaves: a weight a bin.

The weights maximise the likelihood of

    log odds = log odds of the prior + sum of the weights of the bins

less a penalty: half the squared distance of each weight from the centre, over the square of
`spread` (a Gaussian prior on every weight). They keep to the direction the catalogue gives each
signal and to a floor and a ceiling. Because one model explains all signals at once, what two of
them share is counted once.

The problem is convex. It is solved signal by signal: with the others held, a Newton step on the
bins of one signal is a weighted isotonic regression, since each row lies in one bin only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.contact_measures import isotonic
from fieldfare.risk.scorecard import MAX_WEIGHT, Scorecard

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

SLACK: Final = 2.0
"""How far a fitted weight may lie beyond the range that the form gives its signal."""
SWEEPS: Final = 200
ENOUGH: Final = 1e-3
"""A fit ends when no weight moves by more in a sweep: below the two decimals of a card."""
CHECKED: Final = 0.25
"""A Newton step that moves a weight by more is only taken as far as it makes the fit better."""


@dataclass(frozen=True)
class Limits:
    """What the weights of one signal must keep to."""

    rises: bool
    floor: Floats
    ceiling: Floats
    """One value a bin."""

    def hold(self, weights: Floats, masses: Floats) -> Floats:
        """The nearest weights, in squares weighted by `masses`, that keep to the limits."""
        sign = 1 if self.rises else -1
        order = weights[::sign], np.maximum(masses[::sign], 1e-12)
        # Clipping the nearest monotone sequence to monotone bounds gives the nearest within both.
        return np.clip(isotonic(*order)[::sign], self.floor, self.ceiling)


def limits(form: Scorecard, rises: dict[str, bool], *, with_text: bool = True) -> dict[str, Limits]:
    """The limits that a card gives to fits in its form, by its weights with text or without.

    No weight lies more than `SLACK` beyond its signal's range in the form, or beyond
    `MAX_WEIGHT`. A bin at an end that the form gives 0 stays 0: there nothing was seen, and a
    service that cannot see it must not count that as innocence, or as guilt.
    """
    found = {}
    for name, bins in form.signals.items():
        given = np.array(bins.weights_for(with_text=with_text))
        floor = np.full(given.size, max(given.min() - SLACK, -MAX_WEIGHT))
        ceiling = np.full(given.size, min(given.max() + SLACK, MAX_WEIGHT))
        harmless = 0 if rises[name] else given.size - 1
        worst = given.size - 1 - harmless
        if given[harmless] == 0:
            floor[:] = 0.0
            ceiling[harmless] = 0.0
        elif given[worst] == 0:
            ceiling[:] = 0.0
            floor[worst] = 0.0
        found[name] = Limits(rises[name], floor, ceiling)
    return found


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of accounts at moments, those alike put together."""

    codes: Codes
    """Patterns × signals: the bin, from 1; 0 where not known."""
    offenders: Floats
    """How much offenders count, a pattern."""
    others: Floats

    @staticmethod
    def of(codes: Codes, offends: npt.NDArray[np.bool_], counts: Floats) -> Table:
        """Put rows of one pattern together."""
        patterns, row = distinct(codes)
        size = patterns.shape[0]
        return Table(
            patterns,
            summed(row, np.where(offends, counts, 0.0), size),
            summed(row, np.where(offends, 0.0, counts), size),
        )


def summed(row: npt.NDArray[np.intp], counts: Floats, size: int) -> Floats:
    """The counts of each row number, added up."""
    return np.bincount(row, counts, size).astype(np.float64)


def distinct(codes: Codes) -> tuple[Codes, npt.NDArray[np.intp]]:
    """The distinct rows, and for each row which one it is."""
    packed = np.ascontiguousarray(codes).view(np.dtype((np.void, codes.shape[1]))).ravel()
    _, first, row = np.unique(packed, return_index=True, return_inverse=True)
    return codes[first], row.ravel()


def fit(
    table: Table,
    prior: float,
    start: list[Floats],
    centre: list[Floats],
    spread: float,
    within: list[Limits],
    enough: float = ENOUGH,
) -> list[Floats]:
    """Weights a signal, in the order of the columns of the table's codes.

    `start` only decides how long it takes: the optimum is one, given the penalty.
    """
    columns = [table.codes[:, k].astype(np.int64) for k in range(table.codes.shape[1])]
    weights = [
        limit.hold(np.array(w, np.float64), np.ones(len(w)))
        for w, limit in zip(start, within, strict=True)
    ]
    score = np.full(table.offenders.size, np.log(prior / (1 - prior)))
    for column, weight in zip(columns, weights, strict=True):
        score += np.concatenate([[0.0], weight])[column]
    for _ in range(SWEEPS):
        moved = 0.0
        for k, column in enumerate(columns):
            step, score = _improve(table, column, score, weights[k], centre[k], spread, within[k])
            weights[k] = weights[k] + step
            moved = max(moved, float(np.abs(step).max(initial=0.0)))
        if moved < enough:
            break
    return weights


def _improve(
    table: Table,
    column: npt.NDArray[np.int64],
    score: Floats,
    weights: Floats,
    centre: Floats,
    spread: float,
    within: Limits,
) -> tuple[Floats, Floats]:
    """One damped Newton step on one signal: the change of its weights, and the new scores."""
    bins = weights.size + 1
    probability = 1 / (1 + np.exp(-score))
    both = table.offenders + table.others
    slope = summed(column, both * probability - table.offenders, bins)[1:]
    curve = summed(column, both * probability * (1 - probability), bins)[1:]
    slope = slope + (weights - centre) / spread**2
    curve = curve + 1 / spread**2
    target = within.hold(weights - slope / curve, curve)
    step = target - weights
    size = float(np.abs(step).max(initial=0.0))
    if size < ENOUGH / 10:
        return np.zeros_like(step), score
    if size <= CHECKED:
        return step, score + np.concatenate([[0.0], step])[column]
    before = _cost(table, score, weights, centre, spread)
    for _ in range(20):
        moved = score + np.concatenate([[0.0], step])[column]
        if _cost(table, moved, weights + step, centre, spread) <= before + 1e-12 * abs(before):
            return step, moved
        step = step / 2
    return np.zeros_like(step), score


def _cost(table: Table, score: Floats, weights: Floats, centre: Floats, spread: float) -> float:
    softplus = np.logaddexp(0.0, score)
    loss = (table.offenders + table.others) @ softplus - table.offenders @ score
    return float(loss + ((weights - centre) ** 2).sum() / (2 * spread**2))
