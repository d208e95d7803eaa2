"""Words and shapes that several pages share."""

from __future__ import annotations

from functools import cache

from fieldfare.cases.states import states
from fieldfare.cases.urgency import Level, Sign, shipped
from fieldfare.risk.scorecard import shipped as shipped_card
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Band
from fieldfare.scan.page.overview import bands_of

ORIGINS = {
    "policy": "opened by policy",
    "report": "a user's report",
    "reviewer": "opened by a reviewer",
    "scan": "from a scan",
}

SKIPS = {
    "conflict_of_interest": "I know somebody in it",
    "language": "I do not read its language",
    "wellbeing": "Not today (no question is asked)",
    "needs_other_skills": "It needs other skills",
    "other": "Another reason",
}


def band(name: str) -> Band:
    """A band with its shape; one of another scorecard gets the plainest."""
    return _bands().get(name) or Band(name, name.capitalize(), 1, "", False)


@cache
def _bands() -> dict[str, Band]:
    return bands_of(shipped_card())


def level(name: str) -> Level:
    """A level of urgency."""
    return next(
        (each for each in shipped().levels if each.id == name), Level(name, name.capitalize(), 0, 0)
    )


def level_shape(rank: int) -> int:
    """The shape of a level: 3 the gravest, 0 the least."""
    return max(0, 3 - rank)


@cache
def _signs() -> dict[str, Sign]:
    return {sign.id: sign for sign in shipped().signs}


def signs(names: tuple[str, ...]) -> list[str]:
    """Signs of urgency as words, in their order."""
    return [_signs()[name].title if name in _signs() else words.clip(name, 40) for name in names]


def state(name: str) -> str:
    """The title of a state."""
    return states()[name].title if name in states() else words.clip(name, 40)
