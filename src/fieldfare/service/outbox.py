"""The outbox: what is still to be sent to webhooks, and what could not be.

A row is written in the transaction that makes what it tells of, so that nothing is told that did
not happen and nothing that happened is left out. It is deleted when the receiver has answered with
a 2xx; a process that dies before that sends it again, with the same id (at least once). What fails
too often stays as a dead letter until someone has it sent again.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import msgspec

from fieldfare.service.database import Database
from fieldfare.service.webhooks import LONGEST_PAUSE_SECONDS, Endpoint
from fieldfare.vocabulary.times import SECOND, isoformat

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS outbox (
  seq {serial},
  id TEXT NOT NULL UNIQUE,
  endpoint TEXT NOT NULL,
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  body TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at BIGINT NOT NULL,
  dead INTEGER NOT NULL,
  error TEXT
);
CREATE INDEX IF NOT EXISTS outbox_by_time ON outbox (endpoint, dead, next_at);
CREATE INDEX IF NOT EXISTS outbox_by_account ON outbox (account)
"""


@dataclass(frozen=True)
class Delivery:
    """Something to be sent."""

    seq: int
    id: str
    body: str
    attempts: int
    """Those that failed so far."""


@dataclass(frozen=True)
class DeadLetter:
    """Something that was sent too often in vain."""

    seq: int
    id: str
    endpoint: str
    kind: str
    account: str
    made_at: int
    """Microseconds UTC."""
    attempts: int
    error: str
    """How the last attempt failed, in a few words of our own."""


class Outbox:
    """The outbox in a database. Not safe for several threads."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self.database.run_script(_TABLES)
        return self

    def add(
        self,
        endpoints: Sequence[Endpoint],
        kind: str,
        account: str,
        data: dict[str, Any],
        once: str | None = None,
    ) -> None:
        """Have this sent to each endpoint. To be called in the transaction that makes it true;
        what may be added again is told apart by `once`."""
        now = _now()
        body = msgspec.json.encode(
            {"type": kind, "timestamp": isoformat(now), "data": data}
        ).decode()
        self.database.many(
            "INSERT INTO outbox"
            " (id, endpoint, kind, account, made_at, body, attempts, next_at, dead)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0) ON CONFLICT (id) DO NOTHING",
            [
                (_id(once, each.name), each.name, kind, account, now, body, now)
                for each in endpoints
            ],
        )

    def lease(self, endpoint: Endpoint, most: int) -> list[Delivery]:
        """Some deliveries that are due, oldest first. They come again, to whoever asks, when an
        attempt would have timed out twice over: the one who took them may have died."""
        now = _now()
        due = "FROM outbox WHERE endpoint = ? AND dead = 0 AND next_at <= ?"
        parameters = (endpoint.name, now)
        # Asked first, because an UPDATE waits for whoever else is writing.
        if not self.database.run(f"SELECT 1 {due} LIMIT 1", parameters):
            return []
        skip = " FOR UPDATE SKIP LOCKED" if self.database.kind == "postgresql" else ""
        rows = self.database.run(
            f"UPDATE outbox SET next_at = ? WHERE seq IN"
            f" (SELECT seq {due} ORDER BY next_at, seq LIMIT ?{skip})"
            " RETURNING seq, id, body, attempts",
            (now + int(2 * endpoint.timeout_seconds * SECOND), *parameters, most),
        )
        return [Delivery(*row) for row in sorted(rows)]

    def delivered(self, delivery: Delivery) -> None:
        """The receiver has it."""
        self.database.run("DELETE FROM outbox WHERE seq = ?", (delivery.seq,))

    def failed(self, endpoint: Endpoint, delivery: Delivery, error: str) -> bool:
        """An attempt was in vain: it is made again later, or this is now a dead letter (true)."""
        attempts = delivery.attempts + 1
        dead = attempts >= endpoint.attempts
        pause = min(
            endpoint.first_retry_seconds * 2.0 ** min(attempts - 1, 60), LONGEST_PAUSE_SECONDS
        )
        # Spread, so that a receiver that comes back is not met by everything at once.
        pause *= random.uniform(1.0, 1.25)  # noqa: S311
        self.database.run(
            "UPDATE outbox SET attempts = ?, next_at = ?, dead = ?, error = ? WHERE seq = ?",
            (attempts, _now() + int(pause * SECOND), int(dead), error, delivery.seq),
        )
        return dead

    def bury_others(self, endpoints: Sequence[Endpoint]) -> int:
        """What is for endpoints that there are no more becomes dead letters; how many."""
        known = [each.name for each in endpoints]
        marks = ", ".join("?" * len(known))
        where = f" AND endpoint NOT IN ({marks})" if known else ""
        return self.database.changed(
            f"UPDATE outbox SET dead = 1, error = 'no such endpoint' WHERE dead = 0{where}", known
        )

    def dead_letters(self, after: int, most: int) -> list[DeadLetter]:
        """Dead letters numbered above `after`, in order."""
        rows = self.database.run(
            "SELECT seq, id, endpoint, kind, account, made_at, attempts, COALESCE(error, '')"
            " FROM outbox WHERE dead = 1 AND seq > ? ORDER BY seq LIMIT ?",
            (after, most),
        )
        return [DeadLetter(*row) for row in rows]

    def requeue(self, ids: Sequence[str] | None = None) -> int:
        """Have dead letters (all, without `ids`) sent again from now on; how many they are."""
        statement = "UPDATE outbox SET dead = 0, attempts = 0, next_at = ? WHERE dead = 1"
        if ids is None:
            return self.database.changed(statement, (_now(),))
        chosen = f" AND id IN (SELECT wanted FROM {self.database.one_of('wanted')} AS w)"
        return self.database.changed(statement + chosen, (_now(), self.database.listed(ids)))

    def forget(self, account: str) -> None:
        """What is about an account is sent to nobody any more."""
        self.database.run("DELETE FROM outbox WHERE account = ?", (account,))

    def counts(self) -> tuple[int, int]:
        """How many wait to be sent, and how many dead letters there are."""
        rows: dict[int, int] = dict(
            self.database.run("SELECT dead, COUNT(*) FROM outbox GROUP BY dead")
        )
        return int(rows.get(0, 0)), int(rows.get(1, 0))


def _id(once: str | None, endpoint: str) -> str:
    found = uuid.uuid4() if once is None else uuid.uuid5(uuid.NAMESPACE_OID, f"{once} {endpoint}")
    return f"msg_{found.hex}"


def _now() -> int:
    return time.time_ns() // 1000
