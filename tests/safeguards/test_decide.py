"""How rules combine, whatever the policy says."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.safeguards import VERDICTS, Party, Situation, Verdict, decide, shipped, support
from fieldfare.vocabulary import SettingsError
from tests.safeguards.policies import policy, rule
from tests.safeguards.situations import ADULT, FIFTEEN, TEN, message, of_band, situations


@given(st.permutations(VERDICTS))
def test_the_strongest_verdict_wins_in_any_order(order: list[Verdict]) -> None:
    found = decide(policy(*[rule(each, each) for each in order]), message(ADULT, TEN))
    assert found.verdict == "limit"
    assert found.rules == tuple(reversed(VERDICTS))
    assert found.codes == tuple(f"c-{verdict}" for verdict in reversed(VERDICTS))


def test_the_first_rule_of_that_verdict_gives_the_text_and_the_longest_wait_counts() -> None:
    warned = policy(
        rule("soft", "confirm", 'text_for_recipient = "request"'),
        rule("first", "warn", 'text_for_recipient = "be_careful"'),
        rule("second", "warn", 'text_for_recipient = "invite"'),
    )
    found = decide(warned, message(ADULT, TEN))
    assert found.text_for_recipient is not None
    assert found.text_for_recipient.key == "be_careful"
    limited = policy(
        rule("short", "limit", "retry_after_hours = 0.5"),
        rule("long", "limit", "retry_after_hours = 2"),
    )
    assert decide(limited, message(ADULT, TEN)).retry_after_seconds == 7200


def test_all_conditions_of_a_rule_must_hold() -> None:
    both = policy(rule("r", "withhold", "connected = false\nrecipient_age_below = 13"))
    assert decide(both, message(ADULT, TEN)).verdict == "withhold"
    assert decide(both, message(ADULT, TEN, connected=True)).verdict == "deliver"
    assert decide(both, message(ADULT, FIFTEEN)).verdict == "deliver"


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        ("recipient_child_at_least = 0.9", message(ADULT, TEN), message(ADULT, ADULT)),
        ("sender_child_at_least = 0.9", message(TEN, ADULT), message(ADULT, ADULT)),
        ("sender_adult_at_least = 0.9", message(ADULT, TEN), message(TEN, TEN)),
        ("recipient_age_below = 13", message(ADULT, TEN), message(ADULT, FIFTEEN)),
        ("recipient_age_from = 13", message(ADULT, FIFTEEN), message(ADULT, TEN)),
        ("sender_age_below = 13", message(TEN, ADULT), message(FIFTEEN, ADULT)),
        ("sender_age_from = 13", message(FIFTEEN, ADULT), message(TEN, ADULT)),
        ("connected = true", message(ADULT, TEN, connected=True), message(ADULT, TEN)),
        (
            "recipient_answered = false",
            message(ADULT, TEN),
            message(ADULT, TEN, recipient_wrote_first_or_answered=True),
        ),
        ("first_contact = true", message(ADULT, TEN), message(ADULT, TEN, first_contact=False)),
        ("blocked = true", message(ADULT, TEN, blocked=True), message(ADULT, TEN)),
        ("encrypted = true", message(ADULT, TEN, encrypted=True), message(ADULT, TEN)),
        (
            "sender_open_case = true",
            message(of_band(ADULT, "none", open_case=True), TEN),
            message(ADULT, TEN),
        ),
        (
            'sender_band_at_least = "alert"',
            message(of_band(ADULT, "urgent"), TEN),
            message(of_band(ADULT, "watch"), TEN),
        ),
        (
            'recipient_band_at_least = "alert"',
            message(TEN, of_band(ADULT, "alert")),
            message(of_band(TEN, "alert"), ADULT),
        ),
        (
            "children_first_contacted_1d_above = 2",
            message(ADULT, TEN, children_first_contacted_1d=2.1),
            message(ADULT, TEN, children_first_contacted_1d=2.0, children_first_contacted_7d=9.0),
        ),
        (
            "children_first_contacted_7d_above = 2",
            message(ADULT, TEN, children_first_contacted_7d=2.1),
            message(ADULT, TEN, children_first_contacted_7d=2.0, children_first_contacted_1d=9.0),
        ),
        (
            'recipient_countries = ["GB"]',
            message(ADULT, replace(TEN, country="GB")),
            message(ADULT, TEN),
        ),
    ],
)
def test_what_each_condition_asks(condition: str, holds: Situation, fails: Situation) -> None:
    asking = policy(rule("r", "withhold", condition))
    assert decide(asking, holds).verdict == "withhold"
    assert decide(asking, fails).verdict == "deliver"


def test_a_rule_in_shadow_is_reported_and_not_carried_out() -> None:
    mixed = policy(
        rule("real", "confirm"),
        rule("trial", "withhold", 'shadow = true\ntext_for_sender = "not_delivered"'),
    )
    found = decide(mixed, message(ADULT, TEN))
    assert (found.verdict, found.rules, found.codes) == ("confirm", ("real",), ("c-real",))
    assert (found.shadow, found.would_be, found.shadow_rules) == (True, "withhold", ("trial",))
    assert found.text_for_sender is None


@given(situations())
def test_a_policy_in_shadow_delivers_everything_and_tells_what_it_would_do(
    situation: Situation,
) -> None:
    real = decide(shipped(), situation)
    found = decide(replace(shipped(), shadow=True), situation)
    assert (found.verdict, found.rules, found.codes) == ("deliver", (), ())
    assert found.text_for_recipient is found.text_for_sender is None
    assert found.retry_after_seconds is None
    assert (found.would_be, found.shadow_rules) == (real.verdict, real.rules)
    assert found.shadow == (real.verdict != "deliver")


def test_a_suspect_gets_no_text_that_only_suspects_get() -> None:
    """Also where the author of a policy wrote one into a rule for suspects."""
    telling = policy(
        rule("r", "limit", 'sender_band_at_least = "alert"\ntext_for_sender = "slow_down"')
    )
    found = decide(telling, message(of_band(ADULT, "alert"), TEN))
    assert (found.verdict, found.text_for_sender) == ("limit", None)
    for_all = policy(
        rule("r", "limit", 'sender_band_at_least = "alert"\ntext_for_sender = "slow_down"'),
        rule("all", "withhold", 'text_for_sender = "not_delivered"'),
    )
    text = decide(for_all, message(of_band(ADULT, "alert"), TEN)).text_for_sender
    assert text is not None
    assert text.key == "not_delivered"


def test_texts_follow_language_age_and_country() -> None:
    asked = policy(
        rule("r", "warn", 'text_for_recipient = "be_careful"'),
        head='helpline_with = ["be_careful"]\n',
        tail='[helplines.GB]\nname = "Test line"\ncontact = "a test"\nsource = "test"\n'
        'certainty = "judgement"\n',
    )

    def words(child: Party) -> str:
        text = decide(asked, message(ADULT, child)).text_for_recipient
        assert text is not None
        return text.text

    assert words(TEN) != words(FIFTEEN)
    assert "Test line" in words(replace(TEN, country="GB"))
    assert "Test line" in words(replace(TEN, country="gb"))
    assert "Test line" not in words(replace(TEN, country="PH"))
    assert "helpline of your country" in words(TEN)


def test_support_at_the_moments_of_ofcom_f2() -> None:
    for moment in ("default_disabled", "request_received", "first_message", "after_report"):
        text = support(shipped(), moment, TEN)
        assert text is not None
        assert "block" in text.text
    assert support(policy(rule("r", "deliver")), "after_report", TEN) is None


def test_where_text_may_be_looked_at() -> None:
    found = policy(rule("r", "deliver"))
    assert found.scans_content("GB", "US")
    assert not found.scans_content("GB", "DE")
    assert not found.scans_content("de")
    assert not found.scans_content("GB", None)
    assert not shipped().scans_content("FR", "FR")


def test_a_band_that_the_policy_does_not_know_is_an_error() -> None:
    with pytest.raises(SettingsError, match="'red'"):
        decide(shipped(), message(of_band(ADULT, "red"), TEN))
    with pytest.raises(SettingsError, match="'red'"):
        shipped().require_bands(["none", "red"])
    shipped().require_bands(["none", "watch", "alert", "urgent"])


@pytest.mark.parametrize("value", [math.nan, -0.1, 1.1])
def test_what_is_no_probability_age_or_count_is_refused(value: float) -> None:
    """Comparisons with it would all be false, and the child unprotected."""
    with pytest.raises(ValueError, match="child_probability"):
        Party("a", child_probability=value)
    wrong = -1.0 if value > 0 else value
    with pytest.raises(ValueError, match="age"):
        Party("a", child_probability=0.5, age=wrong)
    with pytest.raises(ValueError, match="children first contacted"):
        message(ADULT, TEN, children_first_contacted_1d=wrong)
