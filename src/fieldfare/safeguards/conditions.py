"""What a rule may ask about a situation: one definition each, with its meaning.

A condition is a key of a rule in the policy file. All conditions of a rule must hold. Bands and
counts can only be asked for "at least" and "above", so no policy can treat a worse band better.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from fieldfare.safeguards.situation import Party, Situation

Kind = Literal["probability", "years", "count", "yes or no", "band", "countries"]

ADULT_FROM: Final = 18.0
_BELOW_ADULT: Final = 17.99
_PROBABLE: Final = 0.5


class Facts:
    """A situation as conditions see it: bands as ranks, ages filled in where they are unknown."""

    __slots__ = ("recipient_age", "recipient_rank", "sender_age", "sender_rank", "situation")

    def __init__(
        self, situation: Situation, ranks: dict[str, int], age_when_unknown: float
    ) -> None:
        self.situation = situation
        self.sender_rank = ranks[situation.sender.band]
        self.recipient_rank = ranks[situation.recipient.band]
        self.sender_age = effective_age(situation.sender, age_when_unknown)
        self.recipient_age = effective_age(situation.recipient, age_when_unknown)


def effective_age(party: Party, age_when_unknown: float) -> float:
    """The age in years by which a party is treated.

    A probable child (more probable than not) of unknown age is treated as of `age_when_unknown`,
    and one whose given age says adult as just under 18. Everyone else of unknown age is an adult.
    """
    if party.child_probability >= _PROBABLE:
        return age_when_unknown if party.age is None else min(party.age, _BELOW_ADULT)
    return ADULT_FROM if party.age is None else party.age


Test = Callable[[Facts], bool]


@dataclass(frozen=True)
class Condition:
    """One thing a rule may ask."""

    kind: Kind
    meaning: str
    test: Callable[[Any], Test]
    """The value in the file (a band as its rank) -> the test."""


CONDITIONS: Final[dict[str, Condition]] = {
    "recipient_child_at_least": Condition(
        "probability",
        "the recipient is a child with at least this probability",
        lambda p: lambda f: f.situation.recipient.child_probability >= p,
    ),
    "sender_child_at_least": Condition(
        "probability",
        "the sender is a child with at least this probability",
        lambda p: lambda f: f.situation.sender.child_probability >= p,
    ),
    "sender_adult_at_least": Condition(
        "probability",
        "the sender is an adult with at least this probability",
        lambda p: lambda f: 1.0 - f.situation.sender.child_probability >= p,
    ),
    "recipient_age_below": Condition(
        "years", "the recipient is younger", lambda y: lambda f: f.recipient_age < y
    ),
    "recipient_age_from": Condition(
        "years", "the recipient is of this age or older", lambda y: lambda f: f.recipient_age >= y
    ),
    "sender_age_below": Condition(
        "years", "the sender is younger", lambda y: lambda f: f.sender_age < y
    ),
    "sender_age_from": Condition(
        "years", "the sender is of this age or older", lambda y: lambda f: f.sender_age >= y
    ),
    "connected": Condition(
        "yes or no",
        "the two are connected on the service",
        lambda v: lambda f: f.situation.connected is v,
    ),
    "recipient_answered": Condition(
        "yes or no",
        "the recipient wrote first, or has answered",
        lambda v: lambda f: f.situation.recipient_wrote_first_or_answered is v,
    ),
    "first_contact": Condition(
        "yes or no",
        "the sender has not reached this recipient before",
        lambda v: lambda f: f.situation.first_contact is v,
    ),
    "blocked": Condition(
        "yes or no",
        "the recipient has blocked the sender",
        lambda v: lambda f: f.situation.blocked is v,
    ),
    "encrypted": Condition(
        "yes or no",
        "the service cannot read what is sent",
        lambda v: lambda f: f.situation.encrypted is v,
    ),
    "sender_open_case": Condition(
        "yes or no",
        "people are looking at the sender's account",
        lambda v: lambda f: f.situation.sender.open_case is v,
    ),
    "sender_band_at_least": Condition(
        "band",
        "the sender's assessment is in this band or a graver one",
        lambda rank: lambda f: f.sender_rank >= rank,
    ),
    "recipient_band_at_least": Condition(
        "band",
        "the recipient's assessment is in this band or a graver one",
        lambda rank: lambda f: f.recipient_rank >= rank,
    ),
    "children_first_contacted_1d_above": Condition(
        "count",
        "the sender wrote first to more children (expected number) in the last day",
        lambda n: lambda f: f.situation.children_first_contacted_1d > n,
    ),
    "children_first_contacted_7d_above": Condition(
        "count",
        "the sender wrote first to more children (expected number) in the last seven days",
        lambda n: lambda f: f.situation.children_first_contacted_7d > n,
    ),
    "recipient_countries": Condition(
        "countries",
        "the recipient is in one of these countries (ISO 3166-1 alpha-2)",
        lambda codes: lambda f: f.situation.recipient.country in codes,
    ),
}
