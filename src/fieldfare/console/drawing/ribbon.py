"""The stage ribbon: which stages of an approach the messages of one conversation show, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fieldfare.cases.records import Message
from fieldfare.console.said import STAGES, tag
from fieldfare.console.times import Zone
from fieldfare.scan.page.context import Time

LEFT: Final = 124.0
RIGHT: Final = 752.0
TOP: Final = 10.0
LANE: Final = 18.0


@dataclass(frozen=True)
class Mark:
    """A message in the ribbon."""

    x: float
    message: int
    title: str


@dataclass(frozen=True)
class Stage:
    """A line of the ribbon, and of its table."""

    title: str
    y: float
    marks: list[Mark]
    count: int
    first: Time
    last: Time
    shown: str
    """The indicators that it rests on."""


@dataclass(frozen=True)
class Ribbon:
    """The drawing; only stages that something shows."""

    height: float
    stages: list[Stage]
    description: str
    start: str
    end: str


def ribbon(messages: Sequence[Message], first_at: int, last_at: int, zone: Zone) -> Ribbon | None:
    """The ribbon of the account's messages that show an indicator, in order of time."""
    found: dict[str, list[Message]] = {}
    for message in messages:
        if message.from_account:
            for stage in {tag(each).stage for each in message.indicators} - {""}:
                found.setdefault(stage, []).append(message)
    if not found:
        return None
    span = max(1, last_at - first_at)
    stages: list[Stage] = []
    for name in (each for each in STAGES if each in found):
        its = found[name]
        labels = dict.fromkeys(
            tag(i).label for m in its for i in m.indicators if tag(i).stage == name
        )
        stages.append(
            Stage(
                title=STAGES[name],
                y=TOP + LANE * (len(stages) + 0.5),
                marks=[
                    Mark(
                        round(LEFT + (RIGHT - LEFT) * (each.sent_at - first_at) / span, 1),
                        each.id,
                        f"{STAGES[name]}, {zone.minute(each.sent_at).shown}",
                    )
                    for each in its
                ],
                count=len(its),
                first=zone.minute(its[0].sent_at),
                last=zone.minute(its[-1].sent_at),
                shown=", ".join(labels),
            )
        )
    order = sorted(stages, key=lambda stage: stage.first.machine)
    return Ribbon(
        height=TOP + LANE * len(stages) + 26,
        stages=stages,
        description="Stages shown, by when each is first seen: "
        + ", ".join(stage.title for stage in order)
        + ".",
        start=zone.minute(first_at).shown[:10],
        end=zone.minute(last_at).shown[:10],
    )
