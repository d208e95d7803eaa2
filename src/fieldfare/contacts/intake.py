"""Files of the vocabulary's tables become the events that the ledger reads.

What enters: an engine, Parquet files a table, and the settings. What leaves: `deliveries`,
`mentions`, `acts`, `accounts`, `norms` and `settings`, ready in the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa

from fieldfare.contacts import contradictions as contradicting
from fieldfare.contacts.contradictions import Contradiction
from fieldfare.contacts.definition import EVENT_COLUMNS, sql
from fieldfare.contacts.engine import Engine
from fieldfare.contacts.norms import Norms, shipped
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import DAY, to_micros

MOST_RECIPIENTS: Final = 256
"""A message to more is an announcement, which is no contact with each; as in `deliveries.sql`."""

_ORIGIN: Final = (
    "STRUCT(source VARCHAR, member VARCHAR, locator VARCHAR, raw_time VARCHAR, "
    "tz_basis VARCHAR, warnings VARCHAR[])"
)

RECEIVED_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "received_messages": {
        "id": "VARCHAR",
        "kind": "VARCHAR",
        "sender": "VARCHAR",
        "recipients": "VARCHAR[]",
        "sent_at": "BIGINT",
        "text": "VARCHAR",
        "origin": _ORIGIN,
        "calls": "INTEGER",
        "weight_sum": "DOUBLE",
        "tokens": "INTEGER",
        "stated_age": "DOUBLE",
        "stated_age_confidence": "DOUBLE",
        "indicators": "VARCHAR[]",
    },
    "received_accounts": EVENT_COLUMNS["accounts"],
    "connections": {"account": "VARCHAR", "peer": "VARCHAR", "connected_at": "BIGINT"},
    "notices": {
        "id": "VARCHAR",
        "kind": "VARCHAR",
        "account": "VARCHAR",
        "peer": "VARCHAR",
        "at": "BIGINT",
    },
}
"""Columns of the Parquet files, with what the language room adds to messages."""


@dataclass(frozen=True)
class ContactSettings:
    """What the operator decides before anything is computed."""

    as_of: int | None = None
    """Microseconds UTC up to which the windows of the signals reach; None: the last event."""
    unknown_child_probability: float = 0.1
    """Prior probability, 0–1, that an account of unknown age is a child's."""
    stated_confidence: float = 0.85
    """Probability, 0–1, that an age stated in a message is on the right side of 18."""
    norms: Norms = field(default_factory=shipped)
    """What accounts of like activity reach, for comparison."""

    def __post_init__(self) -> None:
        for name in ("unknown_child_probability", "stated_confidence"):
            value = getattr(self, name)
            if not 0.001 <= value <= 0.999:
                raise SettingsError(f"{name} is {value}; it must lie between 0.001 and 0.999")


@dataclass
class EventFiles:
    """Parquet files by table: columns as in `RECEIVED_COLUMNS`, missing ones count as null."""

    messages: list[Path] = field(default_factory=list)
    accounts: list[Path] = field(default_factory=list)
    connections: list[Path] = field(default_factory=list)
    notices: list[Path] = field(default_factory=list)


def count_announcements(engine: Engine, messages: Sequence[Path]) -> int:
    """Messages in these files to more than `MOST_RECIPIENTS`."""
    engine.load_files("announced", messages, {"recipients": "VARCHAR[]"})
    counted = engine.fetch(
        f"SELECT COUNT(*) AS n FROM announced WHERE ARRAY_LENGTH(recipients) > {MOST_RECIPIENTS}"
    )
    engine.drop("announced")
    return int(counted["n"][0].as_py())


def find_repeated(engine: Engine, messages: Sequence[Path]) -> bool:
    """Create `repeated`, the ids that occur more than once in these files; tells whether there
    are any."""
    engine.load_files("received_messages", messages, RECEIVED_COLUMNS["received_messages"])
    return engine.create_repeated_ids("repeated", "received_messages")


@dataclass(frozen=True)
class Loaded:
    """What `load` found out."""

    as_of: int
    """Microseconds UTC; later events are not counted."""
    later: int
    """Events later than the moment of the scan, left out because their clock must be wrong."""
    contradictions: tuple[Contradiction, ...]
    """What was given twice and does not agree."""


def load(
    engine: Engine, files: EventFiles, settings: ContactSettings, repeated: bool | None = None
) -> Loaded:
    """Prepare the engine for `ledger` and `signals`.

    `repeated` is what `find_repeated` said of the same messages, where it was asked before.
    Raises SettingsError where there is no event to take `as_of` from.
    """
    if repeated is None:
        repeated = find_repeated(engine, files.messages)
    paths: dict[str, Sequence[Path]] = {
        "received_accounts": files.accounts,
        "connections": files.connections,
        "notices": files.notices,
    }
    for name, each in paths.items():
        engine.load_files(name, each, RECEIVED_COLUMNS[name])
    as_of, later = (settings.as_of, 0) if settings.as_of is not None else _last_event(engine)
    show_events(engine, repeated=repeated, until=as_of)
    contradictions = contradicting.in_messages(engine) if repeated else []
    if _create_accounts(engine):
        contradictions += contradicting.in_accounts(engine)
    load_settings(
        engine,
        settings,
        as_of,
        has_connections=bool(files.connections) or _any_acceptance(engine),
    )
    return Loaded(as_of, later, tuple(contradictions))


def show_events(engine: Engine, *, repeated: bool, until: int, after: int | None = None) -> None:
    """Let `deliveries`, `mentions` and `acts` show the events up to a time, or only those after
    another: microseconds UTC. A ledger of all days is the merge of the ledgers of each."""
    messages = sql("messages") if repeated else "SELECT * FROM received_messages"
    since = "" if after is None else f" AND sent_at > {after}"
    _view_messages(
        engine, f"SELECT * FROM ({messages}) AS each_message WHERE sent_at <= {until}{since}"
    )
    since = "" if after is None else f" AND acted_at > {after}"
    engine.view(
        "acts", f"SELECT * FROM ({sql('acts')}) AS each_act WHERE acted_at <= {until}{since}"
    )


def _create_accounts(engine: Engine) -> bool:
    """Create `accounts`; tells whether some were given more than once."""
    engine.view("received_account_ids", "SELECT account AS id FROM received_accounts")
    repeated = engine.create_repeated_ids("repeated_accounts", "received_account_ids")
    if repeated:
        engine.create("accounts", sql("accounts"))
    else:
        engine.view("accounts", "SELECT * FROM received_accounts")
    return repeated


def narrow(engine: Engine, senders: str) -> None:
    """Keep only the messages of some senders, given as SQL of one column `account`: what is asked
    about a few accounts afterwards then reads those and not every message there is."""
    engine.create(
        "near_messages",
        # Cheaper than IN, on DuckDB by a fifth.
        f"SELECT m.* FROM messages AS m INNER JOIN (SELECT DISTINCT account FROM ({senders})"
        " AS each_sender) AS s ON s.account = m.sender",
    )
    _view_messages(engine, "SELECT * FROM near_messages")


def _view_messages(engine: Engine, query: str) -> None:
    engine.view("messages", query)
    engine.view("deliveries", sql("deliveries"))
    engine.view("mentions", sql("mentions"))


def load_settings(
    engine: Engine, settings: ContactSettings, as_of: int, *, has_connections: bool
) -> None:
    """Put the one-row table `settings` into the engine, and `norms`."""
    row = {
        "as_of": pa.array([as_of], pa.int64()),
        "unknown_child_probability": [settings.unknown_child_probability],
        "stated_confidence": [settings.stated_confidence],
        "has_connections": pa.array([int(has_connections)], pa.int32()),
    }
    engine.load("settings", pa.table(row))
    engine.load("norms", settings.norms.table())


_EVENT_TIMES: Final = (
    '(SELECT sent_at AS t FROM received_messages UNION ALL SELECT "at" AS t FROM notices'
    " UNION ALL SELECT connected_at AS t FROM connections) AS times"
)

_LAST: Final = (
    "SELECT MAX(t) AS t FROM (SELECT MAX(sent_at) AS t FROM received_messages"
    ' UNION ALL SELECT MAX("at") AS t FROM notices'
    " UNION ALL SELECT MAX(connected_at) AS t FROM connections) AS each_last"
)


def _last_event(engine: Engine) -> tuple[int, int]:
    """The last event's time, and how many events are later than now: one record with a wrong
    clock must not move the windows away from all the others."""
    now = to_micros(datetime.now(UTC)) + DAY
    latest = engine.fetch(_LAST)["t"][0].as_py()
    later = 0
    if latest is not None and latest > now:
        row = engine.fetch(
            f"SELECT MAX(CASE WHEN t <= {now} THEN t END) AS t,"
            f" SUM(CASE WHEN t > {now} THEN 1 ELSE 0 END) AS later FROM {_EVENT_TIMES}"
        )
        latest, later = row["t"][0].as_py(), int(row["later"][0].as_py())
    if latest is None:
        raise SettingsError(
            "there is no event in the input that could be used; check the paths that were given"
        )
    return int(latest), later


def _any_acceptance(engine: Engine) -> bool:
    found = engine.fetch("SELECT 1 AS one FROM notices WHERE kind = 'accept' LIMIT 1")
    return bool(found.num_rows)
