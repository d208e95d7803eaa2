"""Simulated evidence for the console: what its benchmark and its tests fill a queue with.

Everything is invented, and made to fill pages, not to measure detection. Ids are of nobody.
"""

from __future__ import annotations

import random
from typing import Final

from fieldfare.cases.records import Origin
from fieldfare.risk.scorecard import shipped
from fieldfare.scan.snapshot import (
    SeenChild,
    SeenMessage,
    SeenNotice,
    SeenReason,
    Snapshot,
    Span,
)
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE

START: Final = 1_767_225_600_000_000
"""1 January 2026."""

NAMES: Final = ("Mila", "Noor", "Tomás", "Ayla", "Jonas", "Lin", "Sofia", "Emeka", "Ida", "Raúl")
COUNTRIES: Final = ("ES", "ES", "DE", "FR", "PT", "IT", "PL", "BR", "PH", "SG", None)
SAYINGS: Final = (
    ("how old are you", "age_probing", 0, 15),
    ("are your parents home", "parents_absent", 0, 21),
    ("keep this our secret", "secrecy", 0, 20),
    ("send me a photo", "photo_request", 0, 15),
    ("I can pay for your ticket", "payment_offer", 0, 25),
    ("let us meet on Saturday", "meeting_travel", 0, 23),
)
PLAIN: Final = ("did you see the match?", "good morning", "what music do you like", "see you there")


def snapshot(
    account: str, children: int = 12, messages: int = 200, *, seed: int = 1, mild: bool = False
) -> Snapshot:
    """Evidence about one account: `children` contacted, `messages` in all. `mild`: no indicator
    beyond a question about age."""
    card = shipped()
    draw = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    people = [_child(draw, number, mild=mild) for number in range(children)]
    end = max(child.last_at for child in people) + HOUR
    said = sorted(
        (
            each
            for number in range(messages)
            for each in (_message(draw, people[number % children], number, mild=mild),)
        ),
        key=lambda each: (each.sent_at, each.id),
    )
    return Snapshot(
        account=account,
        as_of=end,
        band=card.bands[0].name if mild else card.gravest,
        probability=0.04 if mild else 0.998,
        flagged=not mild,
        name="Alex" if not mild else None,
        age=34.0,
        age_basis="declared",
        country="ES",
        first_flagged_at=None if mild else people[min(children - 1, 9)].contacted_at + HOUR,
        children_when_flagged=None if mild else min(children, 10),
        scorecard="simulated for the console",
        reasons=_reasons(said, mild=mild),
        children=tuple(people),
        ties=_ties(draw, people),
        linked=() if mild else (f"{account}-2",),
        notices=tuple(
            SeenNotice("block", child.account, child.rejected_at)
            for child in people
            if child.rejected_at is not None
        ),
        messages=tuple(said),
    )


def _child(draw: random.Random, number: int, *, mild: bool) -> SeenChild:
    contacted = START + int(number * 9 * HOUR + draw.random() * 5 * HOUR)
    country = draw.choice(COUNTRIES)
    shown = SAYINGS[:1] if mild else SAYINGS
    asked = {
        indicator: contacted + (step + 1) * 3 * HOUR
        for step, (_, indicator, _, _) in enumerate(shown)
        if draw.random() < 0.75 - 0.1 * step
    }
    answered = draw.random() < 0.7
    rejected = contacted + 2 * DAY if draw.random() < 0.15 else None
    return SeenChild(
        account=f"child-{number + 1:04}",
        name=f"{NAMES[number % len(NAMES)]} {number + 1}",
        child_probability=round(0.6 + 0.39 * draw.random(), 3),
        age=None if draw.random() < 0.15 else float(draw.randint(9, 16)),
        age_basis=draw.choice(("declared", "inferred", "stated")),
        country=country,
        country_basis=None if country is None else draw.choice(("declared", "inferred")),
        contacted_at=contacted,
        last_at=contacted + int(draw.random() * 6 * DAY) + HOUR,
        wrote_first=True,
        answered=answered,
        rejected_at=rejected,
        connected_before=False,
        sent=draw.randint(2, 80),
        received=draw.randint(1, 40) if answered else 0,
        asked=asked,
    )


def _message(draw: random.Random, child: SeenChild, number: int, *, mild: bool) -> SeenMessage:
    sent_at = child.contacted_at + int(draw.random() * (child.last_at - child.contacted_at))
    shows = draw.random() < 0.08 and (not mild)
    if shows:
        text, indicator, start, end = draw.choice(SAYINGS)
        return SeenMessage(
            f"m{number:06}", child.account, True, sent_at, text, (indicator,),
            (Span(indicator, start, end),), "simulated, message " + str(number),
        )  # fmt: skip
    return SeenMessage(
        f"m{number:06}", child.account, draw.random() < 0.6, sent_at - sent_at % MINUTE,
        draw.choice(PLAIN), (), (), "simulated, message " + str(number),
    )  # fmt: skip


def _ties(draw: random.Random, people: list[SeenChild]) -> tuple[tuple[str, str], ...]:
    """Two school classes that know one another, and a few pairs."""
    found = set()
    for start, size in ((2, 5), (20, 8)):
        group = people[start : start + size]
        for one in group:
            for other in group:
                if one.account < other.account and draw.random() < 0.5:
                    found.add((one.account, other.account))
    for at in range(40, len(people) - 1, 17):
        found.add((people[at].account, people[at + 1].account))
    return tuple(sorted(found))


def _reasons(said: list[SeenMessage], *, mild: bool) -> tuple[SeenReason, ...]:
    ids = tuple(each.id for each in said if each.id and each.indicators)[:20]
    against = SeenReason(
        "new_contact_share", 0.2, -0.4, "A fifth of its contacts are new; that is usual."
    )
    if mild:
        return (against,)
    return (
        SeenReason(
            "children_first_contacted_30d", 14.0, 2.9,
            "Wrote first to 14 children within 30 days; 1 in 10,000 like accounts does.", ids[:5],
        ),
        SeenReason("children_asked_secrecy", 3.0, 2.2, "Asked 3 children to keep a secret.", ids),
        SeenReason("children_acquainted_share", 0.1, 1.4, "Few of these children know another."),
        against,
    )  # fmt: skip


def neighbours() -> list[tuple[Snapshot, Origin]]:
    """A few more invented cases, so that the queue of the demonstration is one: each with what
    opened it. Half of them are of people who do no harm."""
    shapes: tuple[tuple[str, int, int, bool, Origin], ...] = (
        ("a", 14, 160, False, "policy"),
        ("b", 4, 60, True, "report"),
        ("c", 6, 90, False, "report"),
        ("d", 22, 120, True, "policy"),
        ("e", 3, 30, True, "report"),
        ("f", 9, 140, False, "policy"),
        ("g", 2, 24, True, "scan"),
    )
    return [
        (snapshot(f"invented-{name}", children, messages, seed=seed, mild=mild), origin)
        for seed, (name, children, messages, mild, origin) in enumerate(shapes, 11)
    ]
