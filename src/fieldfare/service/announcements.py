"""Announcements: what webhooks are told of that happens beside the state.

Appeals and cases are kept with the journal, the outbox with the state. What is to be told of them
is written down in the transaction that makes it true; a worker carries it over. One that dies
between does it again, under the same ids, so that a receiver knows what it has.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, Self

import msgspec

from fieldfare.service.database import Database
from fieldfare.service.outbox import Outbox
from fieldfare.service.webhooks import Endpoint

APPEAL_RECEIVED: Final = "appeal.received"
CASE_OPENED: Final = "case.opened"
CASE_CLOSED: Final = "case.closed"

LOOK_SECONDS: Final = 0.5
TOGETHER: Final = 500

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS announcements (
  seq {serial},
  kind TEXT NOT NULL,
  account TEXT NOT NULL,
  at BIGINT NOT NULL,
  data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS announcements_by_account ON announcements (account)
"""


class Announcements:
    """Those in the journal's database that no worker has carried over yet."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self._database.run_script(_TABLES)
        return self

    def add(self, kind: str, account: str, data: dict[str, Any]) -> None:
        """Have this told. To be called in the transaction that makes it true."""
        self._database.run(
            "INSERT INTO announcements (kind, account, at, data) VALUES (?, ?, ?, ?)",
            (kind, account, time.time_ns() // 1000, msgspec.json.encode(data).decode()),
        )

    def forget(self, account: str) -> None:
        """What is about an account is told to nobody any more."""
        self._database.run("DELETE FROM announcements WHERE account = ?", (account,))


class Carrier:
    """Carries announcements to the outbox. Not safe for several threads."""

    def __init__(self, durable: Database, outbox: Outbox, endpoints: Sequence[Endpoint]) -> None:
        """`durable` is the journal's database."""
        self._durable, self._outbox, self._endpoints = durable, outbox, endpoints
        self._looked = -LOOK_SECONDS

    def turn(self) -> None:
        """Carry over what there is, if it was not looked just now."""
        if time.monotonic() - self._looked < LOOK_SECONDS:
            return
        self._looked = time.monotonic()
        rows = self._durable.run(
            "SELECT seq, kind, account, at, data FROM announcements ORDER BY seq LIMIT ?",
            (TOGETHER,),
        )
        if not rows:
            return
        with self._outbox.database.transaction():
            for seq, kind, account, at, data in rows:
                told = [each for each in self._endpoints if kind in each.events]
                once = f"{kind} {seq} {at}"
                self._outbox.add(told, kind, account, msgspec.json.decode(data), once)
        self._durable.many("DELETE FROM announcements WHERE seq = ?", [(row[0],) for row in rows])
