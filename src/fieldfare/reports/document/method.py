"""How the account was found, what that is worth, and what the words mean."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from fieldfare.reports.document.gathering import Gathered
from fieldfare.reports.frozen import FrozenCase
from fieldfare.risk.scorecard import SHIPPED, Scorecard, named


@cache
def glossary() -> list[list[str]]:
    """Words and what they mean, from ``glossary.toml``."""
    text = (files("fieldfare.reports.document") / "glossary.toml").read_text("utf-8")
    return [[each["word"], each["meaning"]] for each in tomllib.loads(text)["word"]]


def method(case: FrozenCase) -> list[str]:
    """How the account came to be looked at, in paragraphs."""
    card = _card(case)
    said = [
        "Fieldfare adds up who wrote to whom, when, and how often, for every pair of accounts. "
        "From that it computes signals, such as to how many children an account wrote first "
        "within a week. No signal is a finding: each is compared with what ordinary accounts do.",
        "A scorecard says what each value of a signal is worth, as a weight of evidence. The "
        "weights and the rate at which grooming is expected at all add up to log odds; a "
        "calibration, where the scorecard has one, says what probability they stand for. Each "
        "line of “Why people looked” is one weight. Besides these weights, the expected rate and "
        "the calibration nothing went into the probability.",
        "Where the service can see text, phrase lists and statistical tables find indicators. They "
        "are applied to each message alone and do not understand a conversation.",
        "From the accounts above the threshold, people decided. A report or an export takes two "
        "people, and whoever proposes it cannot be the second.",
    ]
    if card is not None:
        said.insert(
            2,
            f"The scorecard is {card.version}. Its basis, in its own words: {card.basis} "
            f"Expected rate: {card.prior:.2%} of accounts. Flagged from a probability of "
            f"{card.flag_probability(with_text=True):.1%} on where messages were read, and of "
            f"{card.flag_probability(with_text=False):.1%} where none were.",
        )
    return said


def limits(case: FrozenCase, found: Gathered) -> list[str]:
    """What this does not show."""
    said = [
        "Ages are as the service has them, or as somebody said; see the column for the basis. "
        "Children pass for adults, and adults for children.",
        "An account is not a person. Accounts are shared, lent and taken over.",
        "Teachers, coaches, relatives and young people among peers can show the same signals. "
        "Reasons that speak for the account are listed beside those against it.",
        "Messages deleted before the material was taken, calls, and what was said elsewhere are "
        "not here.",
    ]
    if case.messages_left_out:
        said.append(
            f"{case.messages_left_out:,} further messages with these children were left out when "
            "the snapshot was made, since it holds so many at most."
        )
    if case.messages_redacted:
        said.append(
            f"The text of {case.messages_redacted:,} messages was blacked out by reviewers, and is "
            "in no part of this."
        )
    assumed = found.zones["assumed"] + found.zones["unknown"]
    if assumed:
        said.append(
            f"Of {assumed:,} messages the source did not give the time zone: their times may be "
            "wrong by hours."
        )
    if not case.message_count:
        said.append("The case holds no messages: the service keeps none, or none were imported.")
    return said


def error_rates(case: FrozenCase) -> dict[str, Any]:
    """What the scorecard's own file says of its errors; never a figure that is not in it."""
    card = _card(case)
    if card is None:
        return {
            "rows": [],
            "says": "The scorecard that was used is not one that comes with this version, so that "
            "its rates of error cannot be read from it here. Ask the service for its file and for "
            "the benchmark it was measured with.",
        }
    if card.alarms is None:
        return {
            "rows": [],
            "says": f"The scorecard {card.version} was set by judgement: its rate of error was not "
            "measured.",
        }
    alarms = card.alarms
    return {
        "rows": [
            ["Innocent accounts flagged, aimed at", f"{alarms.per_million:g} of a million"],
            ["At most, with 95 % confidence", f"{alarms.at_most:g} of a million"],
            ["Innocent accounts behind that bound", f"{alarms.innocent:,} (simulated)"],
        ],
        "says": "These rates were counted on simulated accounts, on any date they are looked at. "
        "What they are on this service is not known. They say how often an innocent account is "
        "flagged, not how probable it is that a flagged one is innocent; that depends on how many "
        "accounts groom at all.",
    }


def _card(case: FrozenCase) -> Scorecard | None:
    """The shipped card that the assessment names."""
    sha256 = case.scorecard.partition("sha256:")[2]
    return next((card for card in map(named, SHIPPED) if card.sha256 == sha256), None)
