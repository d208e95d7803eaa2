"""Small random worlds of events, as the tables that the ledger reads."""

from __future__ import annotations

import random

import pyarrow as pa

from fieldfare.contacts.definition import EVENT_COLUMNS
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE

START = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""

_ARROW = {
    "VARCHAR": pa.string(),
    "BIGINT": pa.int64(),
    "INTEGER": pa.int32(),
    "DOUBLE": pa.float64(),
}

INDICATORS = ("age_probing", "secrecy", "photo_request", "meeting_travel", "call")

Tables = dict[str, pa.Table]


def schema(name: str) -> pa.Schema:
    """The Arrow schema of one input table."""
    return pa.schema([(column, _ARROW[kind]) for column, kind in EVENT_COLUMNS[name].items()])


def table(name: str, rows: list[dict[str, object]]) -> pa.Table:
    """Rows as the input table of that name."""
    return pa.Table.from_pylist(rows, schema=schema(name))


def world(seed: int, accounts: int = 12, messages: int = 120, circle: int = 0) -> Tables:
    """A random world: times collide, people write in groups, ages are half known. With a `circle`
    of so many accounts, every other one is of children who mostly write to one another."""
    rng = random.Random(seed)
    names = [f"a{number:02d}" for number in range(accounts)]

    def two() -> list[str]:
        if circle and rng.random() < 0.8:
            first = circle * rng.randrange(accounts // circle)
            return rng.sample(names[first : first + circle], 2)
        return rng.sample(names, 2)

    def age_of(number: int) -> dict[str, object]:
        age = rng.choice([None, 12.0, 13.0] if number // circle % 2 else [None, 19.0, 41.0])
        basis = None if age is None else "declared"
        confidence = None if age is None else 0.9
        return {"age": age, "born_at": None, "age_basis": basis, "age_confidence": confidence}

    deliveries, mentions = [], []
    for number in range(messages):
        sender, recipient = two()
        # Few distinct times, so that ties occur.
        sent_at = START + rng.randrange(40) * DAY // 2 + rng.randrange(4) * HOUR
        text = rng.random() < 0.6
        age = rng.choice([None, None, None, 12.0, 13.5, 17.0, 30.0]) if text else None
        age = None if circle and number % 40 else age
        deliveries.append(
            {
                "message_id": f"m{number}",
                "sender": sender,
                "recipient": recipient,
                "sent_at": sent_at,
                "is_group": int(rng.random() < 0.25),
                "weight_sum": rng.randrange(-4096, 4096) / 512 if text else None,
                "tokens": rng.randrange(1, 12) if text else None,
                "stated_age": age,
                "stated_age_confidence": 0.75 if age else None,
            }
        )
        if rng.random() < 0.3:
            mentions.append(
                {
                    "message_id": f"m{number}",
                    "sender": sender,
                    "recipient": recipient,
                    "indicator": rng.choice(INDICATORS),
                    "sent_at": sent_at + 7 * MINUTE,
                }
            )
    acts = []
    for _ in range(messages // 6):
        account, peer = two()
        acts.append(
            {
                "account": account,
                "peer": peer,
                "kind": rng.choice(["connect", "block", "report", "request", "accept", "decline"]),
                "acted_at": START + rng.randrange(20) * DAY,
            }
        )
    for _ in range(3 * accounts if circle else 0):
        account, peer = two()
        at = START + rng.randrange(8) * DAY
        acts.append({"account": account, "peer": peer, "kind": "connect", "acted_at": at})
    people = [_account(rng, name) for name in names if rng.random() < 0.8]
    for each in people if circle else ():
        each |= age_of(int(str(each["account"])[1:]))
    return {
        "deliveries": table("deliveries", deliveries),
        "mentions": table("mentions", mentions),
        "acts": table("acts", acts),
        "accounts": table("accounts", people),
        "settings": settings(),
        "norms": norms(),
    }


def norms() -> pa.Table:
    """The norms table of the tests: of accounts that wrote first to 4-7 peers one in ten reached
    2 children in seven days, one in a hundred 3."""
    return table(
        "norms",
        [
            {"activity": activity, "children_peak_7d": value, "tail_probability": tail}
            for activity in (1, 2, 4, 8)
            for value, tail in ((0, 1.0), (2, 0.1), (3, 0.01))
        ],
    )


def settings(as_of: int = START + 21 * DAY) -> pa.Table:
    """The settings table of the tests."""
    return table(
        "settings",
        [
            {
                "as_of": as_of,
                "unknown_child_probability": 0.1,
                "stated_confidence": 0.85,
                "has_connections": 1,
            }
        ],
    )


def _account(rng: random.Random, name: str) -> dict[str, object]:
    age = rng.choice([None, 11.0, 14.0, 16.0, 19.0, 41.0])
    born = age is not None and rng.random() < 0.3
    return {
        "account": name,
        "name": None,
        "age": None if born else age,
        "born_at": START - int((age or 0) * 365.25) * DAY if born else None,
        "age_basis": None if age is None else rng.choice(["verified", "declared"]),
        "age_confidence": None if age is None else 0.9,
        "country": rng.choice([None, "PH", "TH", "GB"]),
        "country_basis": "declared",
        "utc_offset_hours": rng.choice([None, 0.0, 8.0, 5.5, -3.0]),
        "created_at": rng.choice([None, START - 40 * DAY, START + 3 * DAY]),
    }
