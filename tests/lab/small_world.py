"""A world of a few hundred accounts in the form of ``fieldfare simulate``, for quick tests.

Ten classes whose children write to one another, each with a coach who writes to all of them, adults
who write to adults, and offenders who write first to children that do not know one another.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.vocabulary.schemas import ACCOUNTS, CONNECTIONS, NOTICES
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE

START = 1_767_225_600_000_000
DAYS = 56
CLASSES, IN_CLASS, ADULTS = 12, 14, 150
VICTIMS = 9


class _World:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.messages: list[dict[str, object]] = []
        self.notices: list[dict[str, object]] = []
        self.connections: list[dict[str, object]] = []

    def send(self, sender: str, recipient: str, at: float, *indicators: str) -> None:
        tokens = int(self.random.integers(3, 12))
        mean = 1.0 if sender.startswith("offender") else -0.1
        self.messages.append(
            {
                "id": f"m{len(self.messages)}",
                "kind": "private",
                "sender": sender,
                "recipients": [recipient],
                "sent_at": START + int(at),
                "weight_sum": float(self.random.normal(mean * tokens, 0.5)),
                "tokens": tokens,
                "stated_age": None,
                "stated_age_confidence": None,
                "indicators": list(indicators),
            }
        )

    def chat(self, one: str, other: str, at: float, turns: int = 4) -> None:
        for turn in range(turns):
            pair = (one, other) if turn % 2 == 0 else (other, one)
            self.send(*pair, at + turn * MINUTE)


def write_small_world(
    folder: Path, *, offenders: int = 8, seed: int = 1, classes: int = CLASSES, adults: int = ADULTS
) -> Path:
    """Write the world; the same arguments give the same rows."""
    world = _World(seed)
    ages: dict[str, float] = {}
    truth: list[dict[str, object]] = []
    children = [f"child{c}-{k}" for c in range(classes) for k in range(IN_CLASS)]
    grown = [f"adult{k}" for k in range(adults)]
    for number, name in enumerate(children):
        ages[name] = 11 + number // IN_CLASS % 6
    for name in grown:
        ages[name] = float(world.random.integers(20, 60))
    for c in range(classes):
        pupils = children[c * IN_CLASS : (c + 1) * IN_CLASS]
        for one, other in zip(pupils, pupils[1:] + pupils[:1], strict=True):
            world.chat(one, other, world.random.uniform(0, 20 * DAY), 6)
        coach = f"coach{c}"
        ages[coach] = 35.0
        truth.append(_person(coach, "coach", ages, slices=["works_with_children"]))
        for k, pupil in enumerate(pupils):
            world.chat(coach, pupil, 9 * DAY + k * HOUR, 4)
            world.connections.append(_tie(coach, pupil, 8 * DAY))
    for one, other in pairwise(grown):
        world.chat(one, other, world.random.uniform(0, 40 * DAY), 4)
    truth += [_person(name, "child", ages) for name in children]
    truth += [_person(name, "adult", ages) for name in grown]
    for k in range(offenders):
        truth.append(_offender(world, k, children, ages))
    _write(folder, world, ages, truth)
    return folder


def _person(
    name: str, kind: str, ages: dict[str, float], *, slices: list[str] | None = None
) -> dict[str, object]:
    return {
        "account": name,
        "kind": kind,
        "offender": False,
        "person": name,
        "age": ages[name],
        "started_at": None,
        "victims": [],
        "slice": slices or [],
    }


def _offender(
    world: _World, number: int, children: list[str], ages: dict[str, float]
) -> dict[str, object]:
    name = f"offender{number}"
    ages[name] = 40.0
    begins = (14 + number) * DAY
    classes = world.random.permutation(len(children) // IN_CLASS)[:VICTIMS]
    victims = [children[c * IN_CLASS + number] for c in classes]
    for k, child in enumerate(victims):
        at = begins + k * 11 * HOUR
        world.send(name, child, at, "age_probing")
        if k % 3 == 0:
            world.send(child, name, at + HOUR)
            world.send(name, child, at + 2 * HOUR, "secrecy", "photo_request")
        else:
            world.notices.append(
                {
                    "id": f"n{name}-{k}",
                    "kind": "block",
                    "account": child,
                    "peer": name,
                    "at": START + int(at + 3 * HOUR),
                }
            )
    return {
        **_person(name, "mass_contact", ages),
        "offender": True,
        "started_at": START + int(begins),
        "victims": victims,
    }


def _tie(account: str, peer: str, at: float) -> dict[str, object]:
    return {"account": account, "peer": peer, "connected_at": START + int(at)}


def _write(
    folder: Path, world: _World, ages: dict[str, float], truth: list[dict[str, object]]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    world.chat("adult0", "adult1", (DAYS - 0.01) * DAY, 2)
    pq.write_table(pa.Table.from_pylist(world.messages, _MESSAGES), folder / "messages.parquet")
    accounts = [
        {"id": name, "age": age, "age_source": "declared", "country": "GB"}
        for name, age in ages.items()
    ]
    pq.write_table(pa.Table.from_pylist(accounts, ACCOUNTS), folder / "accounts.parquet")
    for name, rows, schema in (
        ("connections", world.connections, CONNECTIONS),
        ("notices", world.notices, NOTICES),
    ):
        pq.write_table(pa.Table.from_pylist(rows, schema), folder / f"{name}.parquet")
    pq.write_table(pa.Table.from_pylist(truth, _TRUTH), folder / "truth.parquet")
    (folder / "world.json").write_text(json.dumps({"seed": 1, "made_by": "a test"}))


_MESSAGES = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("sender", pa.string()),
        ("recipients", pa.list_(pa.string())),
        ("sent_at", pa.int64()),
        ("weight_sum", pa.float64()),
        ("tokens", pa.int32()),
        ("stated_age", pa.float64()),
        ("stated_age_confidence", pa.float64()),
        ("indicators", pa.list_(pa.string())),
    ]
)
_TRUTH = pa.schema(
    [
        ("account", pa.string()),
        ("kind", pa.string()),
        ("offender", pa.bool_()),
        ("person", pa.string()),
        ("age", pa.float64()),
        ("started_at", pa.int64()),
        ("victims", pa.list_(pa.string())),
        ("slice", pa.list_(pa.string())),
    ]
)
