"""Signals and a card become probabilities that can be checked by hand, and sentences."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk.assessment import assess
from fieldfare.risk.reasons import Population, reasons, total_contribution
from fieldfare.risk.scorecard import shipped

INNOCENT: dict[str, float | None] = {
    name: None
    if name.endswith(
        ("_share", "_bits", "_years", "token_z", "indicator", "_share_of_first_contacts")
    )
    else 0.0
    for name in catalogue()
} | {"adult_probability": 0.9}

OFFENDER = INNOCENT | {
    "children_first_contacted_peak_7d": 23.0,
    "children_first_contacted_90d": 80.0,
    "child_share_of_first_contacts": 0.95,
    "acquainted_share": 0.0,
    "unconnected_share": 1.0,
    "answered_share": 0.3,
    "age_gap_years": 25.0,
    "country_entropy_bits": 3.0,
    "first_contacts": 140.0,
}


def _signals(*rows: dict[str, float | None]) -> pa.Table:
    columns = {name: pa.array([row[name] for row in rows], pa.float64()) for name in catalogue()}
    accounts = pa.array([f"a{number}" for number in range(len(rows))])
    return pa.table({"account": accounts} | columns)


def test_contributions_and_the_prior_add_up_to_the_log_odds() -> None:
    card = shipped()
    assessed = assess(_signals(OFFENDER), card)
    items = reasons(assessed, 0, OFFENDER)
    total = card.prior_log_odds + total_contribution(items)
    assert assessed.log_odds[0] == pytest.approx(total)
    assert assessed.probability[0] == pytest.approx(1 / (1 + math.exp(-total)))
    assert assessed.flagged[0]


def test_an_account_of_which_little_is_known_stays_below_the_prior() -> None:
    assessed = assess(_signals(INNOCENT), shipped())
    assert assessed.probability[0] < 1e-4


def test_what_is_not_known_adds_nothing() -> None:
    known = assess(_signals(OFFENDER), shipped())
    unknown = assess(_signals(OFFENDER | {"acquainted_share": None}), shipped())
    weight = shipped().signals["acquainted_share"].weights[0]
    assert known.log_odds[0] - unknown.log_odds[0] == pytest.approx(weight)


@given(
    name=st.sampled_from(sorted(shipped().signals)), low=st.floats(0, 100), more=st.floats(0, 100)
)
def test_every_signal_counts_in_one_direction(name: str, low: float, more: float) -> None:
    bins = shipped().signals[name]
    rising = bins.weights[-1] >= bins.weights[0]
    assessed = assess(_signals(OFFENDER | {name: low}, OFFENDER | {name: low + more}), shipped())
    difference = assessed.log_odds[1] - assessed.log_odds[0]
    assert difference >= -1e-12 if rising else difference <= 1e-12


def test_accounts_are_ranked_by_log_odds_then_name() -> None:
    assessed = assess(_signals(INNOCENT, OFFENDER, INNOCENT), shipped())
    assert assessed.ranked().tolist() == [1, 0, 2]


def test_a_team_that_knows_one_another_is_not_flagged_for_its_size() -> None:
    coach = OFFENDER | {
        "acquainted_share": 1.0,
        "unconnected_share": 0.0,
        "answered_share": 1.0,
        "country_entropy_bits": 0.0,
    }
    assert not assess(_signals(coach), shipped()).flagged[0]


def test_a_teenager_among_teenagers_is_not_flagged() -> None:
    teenager = OFFENDER | {"age_gap_years": 1.0, "adult_probability": 0.1, "acquainted_share": 0.3}
    assert not assess(_signals(teenager), shipped()).flagged[0]


def test_reasons_are_sentences_with_numbers_strongest_first() -> None:
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER)
    assert items[0].sentence == "Wrote first to 23 children within seven days, at the most."
    contributions = [item.contribution for item in items]
    assert contributions == sorted(contributions, reverse=True)
    assert all(item.sentence.endswith(".") and "{" not in item.sentence for item in items)


def test_the_comparison_names_how_many_like_accounts_there_are() -> None:
    like = Population(activity=(128, 128, 1), value=(0, 3, 9), accounts=(9_990, 10, 5))
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER, like)
    assert items[0].sentence == (
        "Wrote first to 23 children within seven days, at the most; of the 10,000 accounts this "
        "active, 99.9 % wrote to none."
    )


def test_where_few_are_this_active_the_less_active_are_compared_with() -> None:
    like = Population(
        activity=(128, 64, 64, 32, 1), value=(40, 2, 9, 1, 0), accounts=(2, 50, 8, 70, 900)
    )
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER, like)
    assert items[0].sentence.endswith(
        "; of the 60 accounts that wrote first to 64 or more people, 95 % wrote to at most 9."
    )


def test_no_comparison_with_a_handful() -> None:
    few = Population(activity=(128,), value=(0,), accounts=(12,))
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER, few)
    assert items[0].sentence.endswith("at the most.")


def test_the_table_holds_bands_values_and_contributions() -> None:
    table = assess(_signals(OFFENDER, INNOCENT), shipped()).table()
    assert table["band"].to_pylist() == ["urgent", "none"]
    assert set(table["contributions"][0].as_py()) == set(shipped().signals)
