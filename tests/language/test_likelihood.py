"""What sums of token weights are worth: rising with the weight, bounded, and merging."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language import LanguageModel, annotate, explain
from fieldfare.language.likelihood import Likelihood, fuse
from fieldfare.language.tables import words_en
from fieldfare.vocabulary import SettingsError

OWN = Likelihood(np.array([10.0, 1000.0]), np.array([1.0, 0.5]), np.array([-1.0, -5.0]), 6.0)
SUMS = st.floats(-1e6, 1e6)
TOKENS = st.integers(0, 10**9)


def test_by_hand() -> None:
    # z of 20 tokens or fewer is over √20; between 10 and 1,000 lies 100, half-way by logarithm.
    assert OWN.ratio(2 * 20**0.5, 10) == pytest.approx(1.0)
    assert OWN.ratio(50.0, 100) == pytest.approx(0.75 * 5 - 3)
    assert OWN.ratio(200.0 * 10, 10_000) == pytest.approx(0.5 * 20 - 5)
    assert OWN.ratio(1e5, 100) == 6.0
    assert OWN.ratio(-1e5, 100) == -6.0
    assert OWN.ratio(3.0, 0) == 0.0


@given(first=SUMS, second=SUMS, tokens=TOKENS)
def test_more_weight_never_speaks_less(first: float, second: float, tokens: int) -> None:
    low, high = sorted((first, second))
    assert OWN.ratio(low, tokens) <= OWN.ratio(high, tokens)


@given(parts=st.lists(st.tuples(SUMS, st.integers(0, 10**6)), max_size=6))
def test_sums_are_merged_before_the_ratio_is_taken(parts: list[tuple[float, int]]) -> None:
    sums, tokens = np.array([one for one, _ in parts]), np.array([n for _, n in parts], np.int64)
    merged = OWN.ratio(float(sums.sum()), int(tokens.sum()))
    halves = [(float(sums[k::2].sum()), int(tokens[k::2].sum())) for k in (0, 1)]
    assert OWN.ratio(halves[0][0] + halves[1][0], halves[0][1] + halves[1][1]) == pytest.approx(
        merged, abs=1e-6
    )


def test_tables_that_did_not_speak_change_nothing() -> None:
    alone = fuse([(OWN, 50.0, 100)])
    assert alone == OWN.ratio(50.0, 100)
    assert fuse([(OWN, 50.0, 100), (OWN, 0.0, 0)]) == alone
    assert fuse([(OWN, 50.0, 100), (OWN, 40.0, 30)]) == pytest.approx(alone + OWN.ratio(40.0, 30))
    assert fuse([]) == 0.0


def test_shipped_table_is_calibrated() -> None:
    likelihood = words_en().likelihood
    assert likelihood is not None
    # The z that 1 in 1,000 ordinary authors pass speaks for an offender early, less and less
    # later; none speaks against.
    tokens = np.array([50, 200, 1000])
    early, later, late = likelihood.of_z(np.full(3, 6.5), tokens)
    assert early > later > 1 > late
    assert (likelihood.of_z(np.zeros(3), tokens) < -1).all()


@pytest.mark.parametrize("text", ["how old are you", "", "see you at practice " * 200])
def test_explanation_gives_the_ratio_of_its_row(text: str) -> None:
    model = LanguageModel.load()
    assert model.table.likelihood is not None
    row = annotate(pa.array([text]), model).to_pylist()[0]
    wanted = model.table.likelihood.ratio(row["weight_sum"], row["tokens"])
    assert explain(text, model).likelihood_ratio == pytest.approx(wanted, abs=1e-6)


@pytest.mark.parametrize(
    ("tokens", "slope", "intercept", "most", "said"),
    [
        ([10, 5], [1, 1], [0, 0], 6, "tokens must rise"),
        ([], [], [], 6, "tokens must rise"),
        ([10, 20], [1, 0], [0, 0], 6, "above 0"),
        ([10, 20], [1, 1], [0, 0], 0, "above 0"),
        ([10, 20], [1], [0, 0], 6, "for each tokens"),
        ([10, 20], [1, 1], [0, np.nan], 6, "not finite"),
    ],
)
def test_refused(
    tokens: list[float], slope: list[float], intercept: list[float], most: float, said: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(said)):
        Likelihood(np.array(tokens), np.array(slope), np.array(intercept), most)
