"""Worlds written down event by event, whose signals can be counted by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE
from tests.contacts.conftest import run_all
from tests.contacts.events import START, norms, table
from tests.contacts.events import settings as settings_table

AS_OF = START + 100 * DAY


@dataclass
class Scene:
    """A world written down event by event."""

    deliveries: list[dict[str, Any]] = field(default_factory=list)
    mentions: list[dict[str, Any]] = field(default_factory=list)
    acts: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)

    def person(self, account: str, age: float | None, **more: Any) -> None:
        self.accounts.append(
            {
                "account": account,
                "age": age,
                "age_basis": "verified",
                "age_confidence": 0.98,
                **more,
            }
        )

    def write(self, sender: str, recipient: str, at: int, **more: Any) -> None:
        self.deliveries.append(
            {
                "message_id": f"m{len(self.deliveries)}",
                "sender": sender,
                "recipient": recipient,
                "sent_at": at,
                "is_group": 0,
                **more,
            }
        )

    def show(self, sender: str, recipient: str, indicator: str, at: int) -> None:
        self.mentions.append(
            {
                "message_id": f"i{len(self.mentions)}",
                "sender": sender,
                "recipient": recipient,
                "indicator": indicator,
                "sent_at": at,
            }
        )

    def act(self, account: str, peer: str, kind: str, at: int) -> None:
        self.acts.append({"account": account, "peer": peer, "kind": kind, "acted_at": at})

    def signals(self, engine: Engine, has_connections: int = 1) -> dict[str, dict[str, Any]]:
        tables = {
            name: table(name, getattr(self, name))
            for name in ("deliveries", "mentions", "acts", "accounts")
        }
        settings = settings_table(AS_OF)
        at = settings.schema.get_field_index("has_connections")
        settings = settings.set_column(
            at, settings.schema.field(at), pa.array([has_connections], pa.int32())
        )
        found = run_all(engine, tables | {"settings": settings, "norms": norms()})
        return {row["account"]: row for row in found["signals"].to_pylist()}


W = (0.98 - 0.1) / (1 - 0.1)
"""Weight of a child whose age is verified: confidence 0.98, prior 0.1."""


def stranger(children: int = 4) -> Scene:
    """An adult who writes first to children, a day apart, the last one the day before `AS_OF`."""
    scene = Scene()
    scene.person("adult", 40, utc_offset_hours=0.0)
    for number in range(children):
        scene.person(
            f"c{number}",
            12 + number % 2,
            country=["PH", "TH"][number % 2],
            country_basis="declared",
            utc_offset_hours=7.0 + number % 2,
        )
        scene.write("adult", f"c{number}", AS_OF - (children - number) * DAY + HOUR)
    return scene


def befriend(scene: Scene, one: str, other: str, at: int = AS_OF - 50 * DAY) -> None:
    """Both write to one another, within a minute."""
    scene.write(one, other, at)
    scene.write(other, one, at + MINUTE)
