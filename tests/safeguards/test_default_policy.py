"""What the shipped policy does, as a child, a parent, a coach or a suspect would notice it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldfare.risk import scorecard
from fieldfare.safeguards import (
    ACTIONS,
    VERDICTS,
    Decision,
    Party,
    Policy,
    Situation,
    decide,
    shipped,
)
from tests.safeguards.situations import (
    ADULT,
    AGES,
    BANDS,
    FIFTEEN,
    SEVENTEEN,
    TEN,
    message,
    of_band,
    situations,
)

CONNECTED = shipped()
WITHOUT_CONNECTIONS = replace(CONNECTED, service_has_connections=False)
POLICIES = st.sampled_from((CONNECTED, WITHOUT_CONNECTIONS))


def strength(decision: Decision) -> int:
    return VERDICTS.index(decision.verdict)


def verdict(situation: Situation, policy: Policy = CONNECTED) -> str:
    return decide(policy, situation).verdict


def test_the_bands_are_those_of_the_shipped_scorecard() -> None:
    bands = [band.name for band in scorecard.shipped().bands]
    assert list(CONNECTED.bands) == bands
    assert CONNECTED.quiet_from == scorecard.shipped().flag_from


@pytest.mark.parametrize("child", [TEN, FIFTEEN, SEVENTEEN])
def test_ofcom_f1_for_every_child(child: Party) -> None:
    assert verdict(message(ADULT, child)) == "withhold"
    assert verdict(Situation("suggest", ADULT, child)) == "withhold"
    assert verdict(Situation("suggest", child, ADULT)) == "withhold"
    assert verdict(Situation("list_connections", ADULT, child, connected=True)) == "withhold"
    assert verdict(Situation("share_location", child, ADULT)) == "withhold"


def test_a_child_confirms_before_it_sees_a_stranger_where_there_are_no_connections() -> None:
    found = decide(WITHOUT_CONNECTIONS, message(ADULT, SEVENTEEN))
    assert found.verdict == "confirm"
    assert found.text_for_recipient is not None
    assert found.text_for_recipient.key == "unknown_message"


def test_adults_among_themselves_are_left_alone() -> None:
    for action in ACTIONS:
        for policy in (CONNECTED, WITHOUT_CONNECTIONS):
            found = decide(policy, Situation(action, ADULT, replace(ADULT, account="other")))
            assert (found.verdict, found.codes, found.rules) == ("deliver", (), ())
            assert found.text_for_recipient is found.text_for_sender is None


def test_what_is_done_at_ten_differs_from_seventeen() -> None:
    request = Situation("request", ADULT, TEN)
    assert verdict(request) == "withhold"
    assert verdict(replace(request, recipient=FIFTEEN)) == "warn"
    older = decide(CONNECTED, replace(request, recipient=SEVENTEEN))
    assert older.verdict == "deliver"
    assert older.text_for_recipient is not None
    location = Situation("share_location", TEN, FIFTEEN, connected=True)
    assert verdict(location) == "withhold"
    assert verdict(replace(location, sender=SEVENTEEN)) == "confirm"


def test_first_contacts_with_children_are_graded_by_band() -> None:
    base = message(ADULT, SEVENTEEN, connected=True)
    found = [verdict(replace(base, sender=of_band(ADULT, band))) for band in BANDS]
    assert found == ["deliver", "warn", "warn", "limit"]
    unconnected = replace(base, connected=False, children_first_contacted_7d=6.0)
    hours = [
        (decide(WITHOUT_CONNECTIONS, replace(unconnected, sender=of_band(ADULT, band))))
        for band in BANDS
    ]
    assert [each.retry_after_seconds for each in hours] == [None, 72 * 3600, 168 * 3600, 168 * 3600]


def test_a_coach_may_add_a_team_but_not_a_town() -> None:
    """Connected children are no limit; unconnected ones are, from the sixth of a day."""
    team = message(ADULT, FIFTEEN, connected=True, children_first_contacted_1d=18.0)
    assert verdict(team) == "deliver"
    town = replace(team, connected=False)
    assert verdict(town) == "limit"
    assert verdict(replace(town, children_first_contacted_1d=4.0), WITHOUT_CONNECTIONS) == "confirm"


def test_a_conversation_that_a_child_keeps_up_goes_on() -> None:
    talk = message(ADULT, FIFTEEN, recipient_wrote_first_or_answered=True, first_contact=False)
    assert verdict(talk) == "deliver"
    assert verdict(replace(talk, sender=of_band(ADULT, "alert"))) == "warn"


def test_teenagers_who_are_connected_notice_nothing() -> None:
    talk = message(FIFTEEN, SEVENTEEN, connected=True, first_contact=False)
    found = decide(CONNECTED, talk)
    assert (found.verdict, found.text_for_recipient, found.text_for_sender) == (
        "deliver",
        None,
        None,
    )


def test_the_blocked_reach_nobody() -> None:
    for action in ACTIONS:
        situation = Situation(action, ADULT, SEVENTEEN, connected=True, blocked=True)
        found = decide(CONNECTED, situation)
        assert found.verdict in ("withhold", "limit")
        assert "blocked" in found.codes


def test_a_child_that_is_about_to_write_to_a_suspect_is_told_how_to_stay_safe() -> None:
    found = decide(CONNECTED, message(FIFTEEN, of_band(ADULT, "alert")))
    assert found.verdict == "warn"
    assert found.text_for_sender is not None
    assert found.text_for_sender.key == "be_careful"


def test_a_probable_child_of_unknown_age_is_protected() -> None:
    unknown = replace(FIFTEEN, age=None)
    assert verdict(message(ADULT, unknown)) == "withhold"
    grown = replace(FIFTEEN, age=30.0)
    assert verdict(message(ADULT, grown)) == "withhold", "says 30, is probably a child"


@given(POLICIES, situations(), st.sampled_from(BANDS))
def test_a_worse_band_never_gives_a_weaker_verdict(
    policy: Policy, situation: Situation, band: str
) -> None:
    assume(BANDS.index(band) >= BANDS.index(situation.sender.band))
    worse = decide(policy, replace(situation, sender=replace(situation.sender, band=band)))
    before = decide(policy, situation)
    assert strength(worse) >= strength(before)
    assert (worse.retry_after_seconds or 0) >= (before.retry_after_seconds or 0)


@given(POLICIES, situations(), st.sampled_from(AGES))
def test_an_older_recipient_is_never_protected_more(
    policy: Policy, situation: Situation, age: float | None
) -> None:
    younger = situation.recipient
    assume(age is not None and younger.age is not None and age >= younger.age)
    older = decide(policy, replace(situation, recipient=replace(younger, age=age)))
    assert strength(older) <= strength(decide(policy, situation))


@given(POLICIES, situations(), st.sampled_from((0.0, 0.3, 0.5, 0.8, 1.0)))
def test_a_recipient_less_probably_a_child_is_never_protected_more(
    policy: Policy, situation: Situation, probability: float
) -> None:
    recipient = situation.recipient
    assume(probability <= recipient.child_probability)
    less = replace(recipient, child_probability=probability)
    found = decide(policy, replace(situation, recipient=less))
    assert strength(found) <= strength(decide(policy, situation))


@given(POLICIES, situations())
def test_connected_is_never_stricter_than_unconnected(policy: Policy, situation: Situation) -> None:
    connected = decide(policy, replace(situation, connected=True))
    assert strength(connected) <= strength(decide(policy, replace(situation, connected=False)))


@given(POLICIES, situations())
def test_more_children_reached_never_weaken_the_verdict(
    policy: Policy, situation: Situation
) -> None:
    more = replace(
        situation,
        children_first_contacted_1d=situation.children_first_contacted_1d + 10,
        children_first_contacted_7d=situation.children_first_contacted_7d + 10,
    )
    assert strength(decide(policy, more)) >= strength(decide(policy, situation))


@given(POLICIES, situations())
def test_a_suspect_is_told_what_anyone_would_be_told(policy: Policy, situation: Situation) -> None:
    """Whatever is known against a sender, the sender's text is the one of an account against which
    nothing is known: it can learn nothing from it."""
    sender = situation.sender
    unsuspected = replace(situation, sender=replace(sender, band="none", open_case=False))
    told = decide(policy, unsuspected).text_for_sender
    for band in ("alert", "urgent"):
        suspect = replace(situation, sender=replace(sender, band=band))
        assert decide(policy, suspect).text_for_sender == told
    in_case = replace(situation, sender=replace(sender, open_case=True))
    assert decide(policy, in_case).text_for_sender == told


@given(POLICIES, situations())
def test_the_same_question_gets_the_same_answer(policy: Policy, situation: Situation) -> None:
    first = decide(policy, situation)
    assert decide(policy, situation) == first
    assert (first.retry_after_seconds is not None) == (first.verdict == "limit")
    assert first.policy.sha256 == shipped().sha256
    assert not first.shadow
    if first.verdict in ("withhold", "limit"):
        assert first.text_for_recipient is None, "what is not delivered is not spoken of"
