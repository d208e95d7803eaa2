"""Signals and a card become probabilities that can be checked by hand, and sentences."""

from __future__ import annotations

import math
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk.assessment import assess, calibrated, read_off
from fieldfare.risk.reasons import MIN_CONTRIBUTION, Population, Reason, reasons, total_contribution
from fieldfare.risk.scorecard import Band, Calibration, Points, Scorecard, judgement, shipped

INNOCENT: dict[str, float | None] = {
    name: None
    if name.endswith(
        ("_share", "_bits", "_years", "token_z", "indicator", "_share_of_first_contacts")
    )
    else 0.0
    for name in catalogue()
} | {"adult_probability": 0.9, "approach_evidence": None, "familiar_children": None}

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
    "wrote_first_share": 1.0,
    "stranger_share": 1.0,
    "common_contact_share": 0.0,
    "acquaintance_ratio": 0.0,
    "approach_evidence": 60.0,
    "strange_children": 80.0,
    "strange_children_abroad": 60.0,
    "familiar_children": 0.0,
    "children_who_rejected": 7.0,
    "adult_probability": 0.99,
}

CARDS = pytest.mark.parametrize("card", [shipped(), judgement()], ids=["shipped", "judgement"])


def _signals(*rows: dict[str, float | None]) -> pa.Table:
    columns = {name: pa.array([row[name] for row in rows], pa.float64()) for name in catalogue()}
    accounts = pa.array([f"a{number}" for number in range(len(rows))])
    return pa.table({"account": accounts} | columns)


@CARDS
def test_no_role_is_stated_and_no_turn_is_seen_where_there_is_none(card: Scorecard) -> None:
    said = {}
    for evidence, role in ((1.0, 0.0), (30.0, 2.0)):
        row = INNOCENT | {"approach_evidence": evidence, "service_role": role}
        for item in reasons(assess(_signals(row), card), 0, row):
            said[item.signal, item.value] = item.sentence
    assert "does not point to a turn" in said["approach_evidence", 1.0]
    assert " points to a turn" in said["approach_evidence", 30.0]
    assert "is a moderator" in said["service_role", 2.0]
    assert "states no role" in said.get(("service_role", 0.0), "states no role")


@pytest.mark.parametrize(
    ("signal", "value", "says"),
    [
        ("age_gap_years", -5.0, "Younger by 5 years than the children"),
        ("age_gap_years", 0.2, "As old as the children"),
        ("age_gap_years", 25.0, "Older by 25 years than the children"),
        ("change_30d", math.log(4), "wrote first to 4.0 times as many children as"),
        ("peak_7d_surprise", 3.0, "one in 1,000 writes first to as many"),
    ],
)
@CARDS
def test_a_sentence_is_true_of_its_value(
    card: Scorecard, signal: str, value: float, says: str
) -> None:
    row = OFFENDER | {signal: value}
    weighed = replace(card, signals={signal: card.signals[signal]})
    said = [item.sentence for item in reasons(assess(_signals(row), weighed), 0, row)]
    assert not said or says in said[0]
    assert said or abs(assess(_signals(row), weighed).contributions[signal][0]) < 0.05


def test_bands_are_those_of_what_was_read() -> None:
    alert = Band("alert", 0.5, without_text=0.1)
    card = replace(judgement(), bands=(Band("none", 0.0), alert), flag_from="alert", prior=0.3)
    card = replace(card, signals={"night_asks": card.signals["night_asks"]})
    assessed = assess(_signals(INNOCENT | {"tokens": 9.0}, INNOCENT), card)
    assert [assessed.band(row) for row in range(2)] == ["none", "alert"]
    assert assessed.flagged.tolist() == [False, True]
    assert assessed.table()["band"].to_pylist() == ["none", "alert"]


def test_weights_are_those_of_what_was_read() -> None:
    bins = judgement().signals["night_asks"]
    weights = tuple(2 * weight for weight in bins.weights)
    apart = msgspec.structs.replace(bins, without_text=weights)
    signals = _signals(*(INNOCENT | {"night_asks": 4.0, "tokens": n} for n in (9.0, 0.0)))
    one, other = (
        assess(signals, replace(judgement(), signals={"night_asks": each}))
        for each in (bins, apart)
    )
    assert one.contributions["night_asks"].tolist() == [0.8, 0.8]
    assert other.contributions["night_asks"].tolist() == [0.8, 1.6]


def test_sentences_hold_no_negative_zero_and_one_minute() -> None:
    row = INNOCENT | {"token_z": -0.02, "hours_to_first_indicator": 1 / 60}
    items = reasons(assess(_signals(row), judgement()), 0, row)
    said = {item.signal: item.sentence for item in items}
    assert "score +0.0 on the scale" in said["token_z"]
    assert "came 1 minute after" in said["hours_to_first_indicator"]


@CARDS
def test_contributions_and_the_prior_add_up_to_the_log_odds(card: Scorecard) -> None:
    assessed = assess(_signals(OFFENDER), card)
    items = reasons(assessed, 0, OFFENDER)
    # Reasons leave out what adds next to nothing.
    small = [c[0] for c in assessed.contributions.values() if abs(c[0]) < MIN_CONTRIBUTION]
    total = card.prior_log_odds + total_contribution(items) + math.fsum(small)
    assert assessed.log_odds[0] == pytest.approx(total + assessed.calibration[0])
    meant = calibrated(np.array([total]), card, np.array([False]))
    assert assessed.log_odds[0] == pytest.approx(meant[0])
    assert assessed.probability[0] == pytest.approx(1 / (1 + math.exp(-meant[0])))
    assert assessed.flagged[0]


def test_sums_are_read_off_a_calibration_between_its_points_and_beyond() -> None:
    points = Points(sums=(-2.0, 0.0, 4.0), found=(-3.0, 0.5, 2.5))
    sums = np.array([-9.0, -2.0, -1.0, 2.0, 4.0, 7.0])
    meant = [-10.0, -3.0, -1.25, 1.5, 2.5, 5.5]
    assert read_off(sums, points).tolist() == pytest.approx(meant)
    same = Points((0.0,), (0.0,))
    card = replace(judgement(), prior=0.01, calibration=Calibration(0.01, points, same))
    read, unread = np.ones(6, np.bool_), np.zeros(6, np.bool_)
    assert calibrated(sums, card, read).tolist() == pytest.approx(meant)
    assert calibrated(sums, card, unread) == pytest.approx(sums)
    # At another base rate everything lies as much higher as the base rate's log odds.
    other = card.with_prior(0.1)
    shift = other.prior_log_odds - card.prior_log_odds
    assert calibrated(sums + shift, other, read) == pytest.approx(np.array(meant) + shift)


@CARDS
def test_an_account_of_which_little_is_known_stays_below_the_prior(card: Scorecard) -> None:
    assessed = assess(_signals(INNOCENT), card)
    assert assessed.probability[0] < 1e-4


def test_what_is_not_known_adds_nothing() -> None:
    known = assess(_signals(OFFENDER), shipped())
    unknown = assess(_signals(OFFENDER | {"acquainted_share": None}), shipped())
    weight = shipped().signals["acquainted_share"].weights_for(with_text=False)[0]
    sums = [each.log_odds[0] - each.calibration[0] for each in (known, unknown)]
    assert sums[0] - sums[1] == pytest.approx(weight)


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


@CARDS
def test_a_team_that_knows_one_another_is_not_flagged_for_its_size(card: Scorecard) -> None:
    coach = OFFENDER | {
        "stranger_share": 0.0,
        "common_contact_share": 1.0,
        "acquaintance_ratio": 5.0,
        "approach_evidence": 2.0,
        "strange_children": 0.0,
        "strange_children_abroad": 0.0,
        "familiar_children": 20.0,
        "children_who_rejected": 0.0,
        "acquainted_share": 1.0,
        "unconnected_share": 0.0,
        "answered_share": 1.0,
        "country_entropy_bits": 0.0,
    }
    assert not assess(_signals(coach), card).flagged[0]


@CARDS
def test_a_teenager_among_teenagers_is_not_flagged(card: Scorecard) -> None:
    teenager = OFFENDER | {
        "age_gap_years": 1.0,
        "adult_probability": 0.1,
        "acquainted_share": 0.3,
        "acquaintance_ratio": 3.0,
        "stranger_share": 0.5,
        "common_contact_share": 0.3,
        "approach_evidence": 3.0,
        "strange_children": 5.0,
        "strange_children_abroad": 1.0,
        "familiar_children": 15.0,
        "children_who_rejected": 1.0,
        "country_entropy_bits": 0.5,
    }
    assert not assess(_signals(teenager), card).flagged[0]


def _in_seven_days(items: list[Reason]) -> str:
    (found,) = (x.sentence for x in items if x.signal == "children_first_contacted_peak_7d")
    return found


def test_reasons_are_sentences_with_numbers_strongest_first() -> None:
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER)
    assert _in_seven_days(items) == "Wrote first to 23 children in its busiest seven days."
    contributions = [item.contribution for item in items]
    assert contributions == sorted(contributions, reverse=True)
    assert all(item.sentence.endswith(".") and "{" not in item.sentence for item in items)


def test_the_comparison_names_how_many_like_accounts_there_are() -> None:
    like = Population(activity=(128, 128, 1), value=(0, 3, 9), accounts=(9_990, 10, 5))
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER, like)
    assert _in_seven_days(items) == (
        "Wrote first to 23 children in its busiest seven days; of the 10,000 accounts this "
        "active, 99.9 % wrote to none."
    )


def test_where_few_are_this_active_the_less_active_are_compared_with() -> None:
    like = Population(
        activity=(128, 64, 64, 32, 1), value=(40, 2, 9, 1, 0), accounts=(2, 50, 8, 70, 900)
    )
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER, like)
    assert _in_seven_days(items).endswith(
        "; of the 60 accounts that wrote first to 64 or more people, 95 % wrote to at most 9."
    )


def test_no_comparison_with_a_handful() -> None:
    few = Population(activity=(128,), value=(0,), accounts=(12,))
    items = reasons(assess(_signals(OFFENDER), shipped()), 0, OFFENDER, few)
    assert _in_seven_days(items).endswith("busiest seven days.")


def test_the_table_holds_bands_values_and_contributions() -> None:
    card = shipped()
    table = assess(_signals(OFFENDER, INNOCENT), card).table()
    assert table["band"].to_pylist() == ["urgent", "none"]
    assert set(table["contributions"][0].as_py()) == set(shipped().signals)
