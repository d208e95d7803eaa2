"""Likelihoods fitted where the right one is known."""

from __future__ import annotations

import numpy as np
import pytest

from fieldfare.lab import likelihood_fit


def test_finds_the_line_at_each_number_of_tokens() -> None:
    rng = np.random.default_rng(0)
    offends = np.arange(40_000) % 2 == 0
    tokens = np.exp(rng.uniform(np.log(10), np.log(3000), offends.size)).astype(np.int64)
    # Normals of variance 1 at ±1 where words are few, ±2 where they are many: the log-likelihood
    # ratio is twice the distance times z.
    apart = 1 + np.log(tokens / 10) / np.log(300)
    z = rng.normal(np.where(offends, apart, -apart), 1)
    made = likelihood_fit.fit(z, tokens, offends, np.ones(z.size), 20_000)
    right = 2 * (1 + np.log(made.tokens / 10) / np.log(300))
    assert made.slope == pytest.approx(right, rel=0.15)
    assert made.intercept == pytest.approx(0, abs=0.25)
    assert made.most == pytest.approx(np.log(20_000), abs=0.01)


def test_slopes_stay_positive_where_the_table_is_wrong() -> None:
    z = np.concatenate([np.linspace(-3, 1, 200), np.linspace(-1, 3, 200)])
    offends = np.arange(400) < 200
    made = likelihood_fit.fit(z, np.full(400, 100), offends, np.ones(400), 200)
    assert (made.slope > 0).all()


def test_sides_far_apart_still_have_a_line() -> None:
    z = np.concatenate([np.linspace(20, 30, 10), np.linspace(-60, -50, 10)])
    offends = np.arange(20) < 10
    made = likelihood_fit.fit(z, np.full(20, 100), offends, np.ones(20), 10)
    ratios = made.of_z(z, np.full(20, 100))
    assert (np.sign(ratios) == np.where(offends, 1, -1)).all()
    assert np.abs(ratios).max() <= made.most == pytest.approx(np.log(10), abs=0.01)
