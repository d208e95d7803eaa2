"""How imminent harm is: the order of the queue, and by when somebody has to have looked."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from fieldfare.scan.snapshot import SeenChild, Snapshot
from fieldfare.vocabulary.times import DAY, HOUR

MANY = 10
"""Children from which on an account is in touch with many."""


class Sign(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something that makes harm more imminent."""

    id: str
    title: str
    points: int


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A class of the queue."""

    id: str
    title: str
    points: int
    """Reached from so many on."""
    hours: int
    """Until somebody has to have looked."""


class Urgencies(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file ``urgency.toml``."""

    live_days: int
    active_hours: int
    signs: tuple[Sign, ...]
    levels: tuple[Level, ...]
    """The gravest first; the last has no points."""


@cache
def shipped() -> Urgencies:
    """The urgencies that ship."""
    text = (files("fieldfare.cases") / "urgency.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=Urgencies)


@dataclass(frozen=True, slots=True)
class Urgency:
    """How imminent harm is in one case."""

    rank: int
    """0 is the gravest level: cases are worked on by rank, then by deadline."""
    level: str
    signs: tuple[str, ...]
    """Ids of the signs seen."""
    hours: int


def assess(snapshot: Snapshot, *, gravest_band: str, reported: bool = False) -> Urgency:
    """The urgency of an account; `reported`: a user's report is what opened the case."""
    rules = shipped()
    seen = set(_seen(snapshot, rules))
    seen |= {"gravest_band"} if snapshot.band == gravest_band else set()
    seen |= {"reported"} if reported else set()
    signs = [sign for sign in rules.signs if sign.id in seen]
    points = sum(sign.points for sign in signs)
    rank = next(n for n, level in enumerate(rules.levels) if points >= level.points)
    level = rules.levels[rank]
    return Urgency(rank, level.id, tuple(sign.id for sign in signs), level.hours)


def _seen(snapshot: Snapshot, rules: Urgencies) -> Iterator[str]:
    if any(each.standing == "verified" and each.from_account for each in snapshot.messages):
        yield "proved"
    live = [
        child
        for child in snapshot.children
        if child.last_at >= snapshot.as_of - rules.live_days * DAY
    ]
    for child in live:
        yield from _asked(child)
        if child.last_at >= snapshot.as_of - rules.active_hours * HOUR:
            yield "active_now"
    youngest = min((child.age for child in live if child.age is not None), default=None)
    if youngest is not None:
        yield from (
            name
            for name, below, least in (
                ("under_10", 10, 0),
                ("under_13", 13, 10),
                ("under_16", 16, 13),
            )
            if least <= youngest < below
        )
    if any(child.rejected_at is not None for child in snapshot.children) or any(
        notice.kind in ("report", "block") for notice in snapshot.notices
    ):
        yield "reported"
    if len(live) >= MANY:
        yield "many_children"


def _asked(child: SeenChild) -> Iterator[str]:
    if "meeting_travel" in child.asked:
        yield "plans_meeting"
        if "payment_offer" in child.asked:
            yield "offers_travel"
    if "pressure" in child.asked:
        yield "threatens"
    if "photo_request" in child.asked:
        yield "asks_images"
    if "secrecy" in child.asked:
        yield "wants_secrecy"
