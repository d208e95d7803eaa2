"""The official measures against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from fieldfare.lab.research import measures
from fieldfare.lab.research.measures import Counts, Penalty, erde, speed


def test_f_by_hand() -> None:
    # 6 right of 8 found, 10 to find: P 3/4, R 3/5.
    counts = Counts(6, 8, 10)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f(1) == pytest.approx(2 / 3)
    assert counts.f(0.5) == pytest.approx(1.25 * 0.45 / (0.25 * 0.75 + 0.6))
    assert counts.f(3) == pytest.approx(10 * 0.45 / (9 * 0.75 + 0.6))
    assert counts.f(2) == pytest.approx(5 * 0.45 / (4 * 0.75 + 0.6))


def test_the_winner_of_pan_2012() -> None:
    # P .9804, R .7874 (200 of 254, 204 found) were published with F0.5 .9346.
    assert Counts(200, 204, 254).f(0.5) == pytest.approx(0.9346, abs=5e-5)


@pytest.mark.parametrize("counts", [Counts(0, 0, 5), Counts(0, 4, 5), Counts(0, 0, 0)])
def test_nothing_right_is_zero(counts: Counts) -> None:
    assert counts.f(0.5) == counts.f(3) == 0


def test_an_interval_holds_the_value_and_narrows() -> None:
    few, many = Counts(6, 8, 10), Counts(600, 800, 1000)
    wide, narrow = measures.interval(few, 0.5, 100), measures.interval(many, 0.5, 10_000)
    for found, counts in ((wide, few), (narrow, many)):
        assert found["low"] < counts.f(0.5) < found["high"]
    assert narrow["high"] - narrow["low"] < (wide["high"] - wide["low"]) / 5


def test_the_threshold_by_hand() -> None:
    scores = np.array([5.0, 4, 4, 3, 2, -np.inf])
    truth = np.array([True, True, False, False, True, True])
    # F0.5 of the first 1, 3, 4, 5: 1.25·h/(n + 0.25·4) = .625, .625, .5, .625; the highest wins.
    assert measures.best_threshold(scores, truth, 0.5) == 5
    # F3: 10·h/(n + 36): 10/37, 20/39, 20/40, 30/41.
    assert measures.best_threshold(scores, truth, 3) == 2
    assert measures.best_threshold(scores, np.zeros(6, bool), 1) == math.inf


def test_auroc_by_hand() -> None:
    scores, truth = np.array([3.0, 3, 1, 2, 3, 4]), np.arange(6) < 2
    assert measures.auroc(scores, truth) == 0.625
    assert math.isnan(measures.auroc(scores, np.zeros(6, bool)))


def test_penalties_by_hand() -> None:
    vogt, erisk = Penalty.VOGT_2021, Penalty.ERISK
    assert vogt.p == pytest.approx(0.01234, abs=5e-6)
    assert vogt.of(1) == erisk.of(1) == 0
    assert vogt.of(90) == pytest.approx(0.5)
    assert erisk.of(90) == pytest.approx(1 - 2 / (1 + math.exp(0.0078 * 89)))
    assert erisk.of(90) == pytest.approx(0.334, abs=5e-4)


def test_speed_is_one_less_the_median_penalty() -> None:
    # At 1, 90 and 179 messages: 0, 1/2, and 2/(1 + 1/9) − 1 = 4/5.
    assert Penalty.VOGT_2021.of(179) == pytest.approx(0.8)
    assert speed(np.array([179, 1, 90]), Penalty.VOGT_2021) == pytest.approx(0.5)
    assert speed(np.array([1, 90]), Penalty.VOGT_2021) == pytest.approx(0.75)
    assert speed(np.array([], np.int64), Penalty.VOGT_2021) == 0


def test_erde_by_hand() -> None:
    warned = np.array([5, 0, 9, 0, 0])
    truth = np.array([True, True, False, False, False])
    # Late by half, a miss, a false alarm at the prevalence 2/5, two rightly left alone.
    assert erde(warned, truth, 5) == pytest.approx((0.5 + 1 + 0.4) / 5)
    late = 1 - 1 / (1 + math.exp(5 - 50))
    assert erde(warned, truth, 50) == pytest.approx((late + 1 + 0.4) / 5)
    assert erde(np.array([5000]), np.array([True]), 5) == pytest.approx(1)
    assert erde(np.zeros(0, np.int64), np.zeros(0, bool), 5) == 0
