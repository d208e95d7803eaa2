"""Fits find what was planted, keep to their direction, and stay where there is nothing to learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.lab.calibration import directions
from fieldfare.lab.scorecard_fit import SLACK, Limits, Table, fit, limits
from fieldfare.risk.scorecard import MAX_WEIGHT, judgement

FREE = Limits(True, np.full(3, -MAX_WEIGHT), np.full(3, MAX_WEIGHT))
FALLS = Limits(False, np.full(3, -MAX_WEIGHT), np.full(3, MAX_WEIGHT))
NOTHING = [np.zeros(3), np.zeros(3)]


def planted(rows: int, prior: float, weights: list[list[float]], seed: int) -> Table:
    """Accounts whose log odds are the prior's and these weights: what a card supposes."""
    random = np.random.default_rng(seed)
    codes = random.integers(0, 4, (rows, 2)).astype(np.int8)
    score = np.full(rows, np.log(prior / (1 - prior)))
    for column, weight in zip(codes.T, weights, strict=True):
        score += np.array([0.0, *weight])[column]
    offends = random.random(rows) < 1 / (1 + np.exp(-score))
    return Table.of(codes, offends, np.ones(rows))


def test_planted_weights_are_found() -> None:
    weights = [[-1.0, 0.5, 2.0], [1.5, 0.0, -1.5]]
    table = planted(400_000, 0.05, weights, seed=1)
    found = fit(table, 0.05, NOTHING, NOTHING, 100.0, [FREE, FALLS])
    for got, want in zip(found, weights, strict=True):
        assert got == pytest.approx(want, abs=0.06)


def test_what_two_signals_share_is_counted_once() -> None:
    """A signal and its copy together are worth what one of them is."""
    table = planted(200_000, 0.05, [[-1.0, 0.5, 2.0], [0.0, 0.0, 0.0]], seed=2)
    twice = Table(table.codes[:, [0, 0]], table.offenders, table.others)
    once = Table(table.codes[:, :1], table.offenders, table.others)
    (alone,) = fit(once, 0.05, NOTHING[:1], NOTHING[:1], 100.0, [FREE])
    one, other = fit(twice, 0.05, NOTHING, NOTHING, 100.0, [FREE, FREE])
    assert one + other == pytest.approx(alone, abs=0.02)


def test_against_its_direction_a_signal_is_flat() -> None:
    table = planted(100_000, 0.05, [[2.0, 0.0, -2.0], [0.0, 0.0, 0.0]], seed=3)
    found = fit(table, 0.05, NOTHING, NOTHING, 100.0, [FREE, FREE])[0]
    assert np.ptp(found) < 1e-9


@given(
    counts=st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 3), st.floats(0, 50), st.floats(0, 5000)),
        min_size=1,
        max_size=30,
    ),
    spread=st.floats(0.05, 5),
)
@settings(deadline=None, max_examples=60)
def test_weights_are_monotone_and_bounded_whatever_the_table(
    counts: list[tuple[int, int, float, float]], spread: float
) -> None:
    codes = np.array([row[:2] for row in counts], np.int8)
    table = Table(codes, np.array([row[2] for row in counts]), np.array([row[3] for row in counts]))
    rising, falling = fit(table, 0.001, NOTHING, NOTHING, spread, [FREE, FALLS])
    assert np.all(np.diff(rising) >= -1e-12)
    assert np.all(np.diff(falling) <= 1e-12)
    assert np.abs(np.concatenate([rising, falling])).max() <= MAX_WEIGHT


def test_with_all_shrinkage_the_card_stays_and_with_none_it_goes() -> None:
    table = planted(50_000, 0.05, [[-1.0, 0.5, 2.0], [0.0, 0.0, 0.0]], seed=4)
    centre = [np.array([0.0, 0.1, 0.2]), np.zeros(3)]
    held = fit(table, 0.05, centre, centre, 1e-4, [FREE, FREE])
    assert held[0] == pytest.approx(centre[0], abs=1e-3)
    gone = fit(table, 0.05, centre, centre, 1e3, [FREE, FREE])
    assert gone[0] == pytest.approx([-1.0, 0.5, 2.0], abs=0.15)


def test_bins_without_rows_keep_the_weight_of_the_centre() -> None:
    codes = np.array([[1, 1], [2, 1]], np.int8)
    table = Table(codes, np.array([1.0, 20.0]), np.array([1000.0, 1000.0]))
    centre = [np.array([-0.5, 0.5, 5.5]), np.array([-0.5, 0.0, 0.5])]
    found = fit(table, 0.001, centre, centre, 1.0, [FREE, FREE])
    assert found[0][2] == pytest.approx(5.5)


def test_the_limits_of_the_shipped_form() -> None:
    form = judgement()
    held = limits(form, directions(form))
    rejected = held["children_who_rejected"]
    # Nothing seen is not innocence: many services have no notices at all.
    assert rejected.floor[0] == rejected.ceiling[0] == 0
    for name, bins in form.signals.items():
        assert held[name].ceiling.max() <= min(MAX_WEIGHT, max(bins.weights) + SLACK)
        assert held[name].hold(np.array(bins.weights), np.ones(len(bins.weights))) == (
            pytest.approx(bins.weights)
        ), name
