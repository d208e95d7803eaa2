"""What is found, in words that an officer who never saw the tables reads at once."""

from __future__ import annotations

import math
import re
from typing import Final

RISKS: Final = {
    "threat": "threat or pressure",
    "meeting": "meeting spoken of",
    "travel": "travel offered or planned",
    "photo_sent": "picture or video asked for and sent",
    "photo_asked": "picture or video asked for",
    "recent": "recent contact",
    "money": "money or gifts offered",
    "secrecy": "secrecy asked for",
    "moved_platform": "moved, or asked to move, to another app",
    "photo_shared": "picture or video sent, not after one was asked for",
}
"""Kinds of risk, the gravest first."""

LEVELS: Final = ("Nothing seen", "Low", "Raised", "High", "Act now")
"""Levels of risk, 0 to 4."""

STANDINGS: Final = {
    "confirmed": "child, confirmed",
    "probable": "probably a child",
    "unsure": "unsure",
    "not_child": "not a child",
    "unlikely": "more probably an adult",
}

VERDICTS: Final = {"child": "Child", "not_child": "Not a child", "unsure": "Unsure"}

AGES: Final = {
    "stated": "said by the person",
    "told": "said to the person",
    "profile": "by the account's data",
}
"""Where an age is from."""

BASES: Final = {
    "phone": "the country code of a number",
    "stated_place": "a place named in a message",
    "language": "the language written",
    "activity_hours": "the hours of writing",
    "ip": "an internet address",
    "profile": "the account's own data",
}
"""What points to a country, the strongest first."""

WEAK: Final = frozenset({"language", "activity_hours"})
"""Bases that several countries share: by themselves no ground to name one."""

JOINS: Final = {
    "phone": "the same phone number",
    "national": "the same phone number, once without the country code",
    "national_guess": "the same phone number, if it is of that country",
    "email": "the same e-mail address",
    "user_id": "the same user id",
    "username": "the same user name",
    "name": "the same name",
}

IDENTIFIERS: Final = {
    "phone": "phone number",
    "national": "phone number, without country code",
    "email": "e-mail address",
    "user_id": "user id",
    "username": "user name",
    "name": "name",
}


_NUMBER_ACCOUNT: Final = re.compile(r"(\d{7,15})@(?:s\.whatsapp\.net|c\.us)")


def called(name: str | None) -> str:
    """What somebody is called; the telephone number where an export has only an account's address,
    ``447700900001@s.whatsapp.net``, in place of a name."""
    number = _NUMBER_ACCOUNT.fullmatch(name or "")
    return f"+{number[1]}" if number else name or ""


def risk(kind: str) -> str:
    """A kind of risk."""
    return RISKS.get(kind, kind.replace("_", " "))


def level(risk_level: int) -> str:
    """A level of risk."""
    return LEVELS[max(0, min(risk_level, len(LEVELS) - 1))]


def basis(name: str) -> str:
    """What points to a country."""
    return BASES.get(name, name.replace("_", " "))


def strength(weight: float) -> str:
    """A weight of evidence (nats) in words: how many times as likely it makes a child."""
    factor = math.exp(min(abs(weight), 20))
    word = (
        "very strong" if factor >= 100 else "strong" if factor >= 10 else
        "some" if factor >= 3 else "weak"
    )  # fmt: skip
    return word if weight >= 0 else f"{word}, against"


def certainty(confidence: float) -> str:
    """How sure a country is."""
    return (
        "well supported" if confidence >= 0.9 else "likely" if confidence >= 0.7 else
        "uncertain" if confidence >= 0.4 else "a guess"
    )  # fmt: skip
