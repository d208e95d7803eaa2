"""Rates, bounds, thresholds and calibration, against cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.lab import contact_measures as measures
from fieldfare.lab.contact_measures import NEVER, Rate


def test_the_bound_without_an_event_is_the_rule_of_three() -> None:
    # (1 - p)^n = 0.05 has the solution p = 1 - 0.05^(1/n).
    for total in (1, 20, 30_000, 1_000_000):
        assert measures.upper_bound(0, total) == pytest.approx(1 - 0.05 ** (1 / total), rel=1e-9)


def test_bounds_of_published_tables() -> None:
    # Clopper and Pearson 1934: 1 of 10 has the interval .0025 to .4450; 5 of 10 .1871 to .8129.
    assert Rate(1, 10).interval == pytest.approx((0.00253, 0.44502), abs=5e-5)
    assert Rate(5, 10).interval == pytest.approx((0.18709, 0.81291), abs=5e-5)
    assert Rate(10, 10).interval == pytest.approx((0.69150, 1.0), abs=5e-5)
    assert Rate(0, 0).interval == (0.0, 1.0)


def test_the_bound_leaves_what_it_says() -> None:
    # At the bound, at most 3 of 50 has probability .05, by the binomial formula.
    p = measures.upper_bound(3, 50)
    below = sum(math.comb(50, k) * p**k * (1 - p) ** (50 - k) for k in range(4))
    assert below == pytest.approx(0.05, rel=1e-6)


@given(count=st.integers(0, 40), more=st.integers(0, 400))
def test_an_interval_holds_its_rate(count: int, more: int) -> None:
    total = count + more
    rate = Rate(count, total)
    low, high = rate.interval
    assert 0 <= low <= (rate.value or 0) <= high <= 1


def test_a_threshold_lets_so_many_pass() -> None:
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    assert measures.threshold_for(scores, 1_000_000, 2) == 3.0
    assert (scores > 3.0).sum() == 2
    # A quarter of an account is none.
    assert measures.threshold_for(scores, 100_000, 2.5) == 5.0
    assert measures.threshold_for(scores, 1_000_000, 9) == -math.inf


def test_never_flagged_counts_as_never() -> None:
    assert measures.quantile([1, 2, 3, NEVER], 0.5) == 2
    assert measures.how_early(np.array([1, 2, 3, NEVER])) == {
        "median": 2,
        "90 %": "never",
        "95 %": "never",
    }
    assert measures.quantile([], 0.5) is None


def test_calibration_error_by_hand() -> None:
    probability = np.array([0.1, 0.1, 0.9, 0.9])
    offends = np.array([False, False, True, False])
    mass = np.array([4.0, 4.0, 1.0, 1.0])
    edges = np.array([0.0, 0.5, 1.0])
    # |.1 - 0| over .8 of the mass, |.9 - .5| over .2 of it.
    assert measures.calibration_error(probability, offends, mass, edges) == pytest.approx(0.16)
    low, high = measures.reliability(probability, offends, mass, edges)
    assert (low["found"], high["found"], high["offenders"]) == (0.0, 0.5, 1)


def test_isotonic_pools_what_falls() -> None:
    values, weights = np.array([1.0, 3.0, 2.0, 4.0]), np.array([1.0, 1.0, 3.0, 1.0])
    assert measures.isotonic(values, weights).tolist() == [1.0, 2.25, 2.25, 4.0]


@given(st.lists(st.tuples(st.floats(-10, 10), st.floats(0.01, 10)), min_size=1, max_size=30))
def test_isotonic_rises_and_keeps_the_mean(rows: list[tuple[float, float]]) -> None:
    values, weights = (np.array(column) for column in zip(*rows, strict=True))
    found = measures.isotonic(values, weights)
    assert np.all(np.diff(found) >= -1e-9)
    assert float(found @ weights) == pytest.approx(float(values @ weights), abs=1e-6)
