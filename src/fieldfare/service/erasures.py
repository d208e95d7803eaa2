"""Erasures: requests to erase an account's data, and what became of them.

A request is durable and answered at once, alike for everyone. The worker carries it out, unless
the account is protected (`protections`): then when it is no longer. What the account exchanged
with accounts that are protected stays until they are not. When nothing is left, the request keeps
a digest in place of the account's id.
"""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec

from fieldfare.service.database import Database

ErasureState = Literal["waiting", "deferred", "partly", "done"]
"""``waiting``: for the worker. ``deferred``: the account is protected. ``partly``: what it
exchanged with accounts that are protected is still there. ``done``: nothing is."""

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS erasures (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  requested_at BIGINT NOT NULL,
  state TEXT NOT NULL,
  done_at BIGINT,
  kept TEXT NOT NULL
)
"""


@dataclass(frozen=True)
class Erasure:
    """A request. Times are microseconds UTC."""

    id: str
    account: str
    """When it is done: ``sha256:`` and the digest of the id."""
    requested_at: int
    state: ErasureState
    done_at: int | None


class Erasures:
    """The requests in a database: that of the journal."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self._database.run(_TABLE)
        return self

    def request(self, account: str) -> str:
        """Have the account's data erased; the request's id. One that is still open stands."""
        with self._database.transaction():
            rows = self._database.run("SELECT id FROM erasures WHERE account = ?", (account,))
            if rows:
                return str(rows[0][0])
            id_ = uuid.uuid4().hex
            self._database.run(
                "INSERT INTO erasures (id, account, requested_at, state, kept)"
                " VALUES (?, ?, ?, 'waiting', '[]')",
                (id_, account, time.time_ns() // 1000),
            )
        return id_

    def all(self, most: int = 1000) -> list[Erasure]:
        """Requests, the latest first."""
        rows = self._database.run(
            "SELECT id, account, requested_at, state, done_at FROM erasures"
            " ORDER BY requested_at DESC, id LIMIT ?",
            (most,),
        )
        return [Erasure(*row) for row in rows]

    def to_do(self, protected: set[str]) -> list[str]:
        """Accounts of which something can be erased now; those that cannot are noted as such."""
        found, deferred = [], []
        for account, state, kept in self._database.run(
            "SELECT account, state, kept FROM erasures WHERE state <> 'done' ORDER BY requested_at"
        ):
            if account in protected:
                if state == "waiting":
                    deferred.append((account,))
            elif state != "partly" or not protected.issuperset(msgspec.json.decode(kept)):
                found.append(str(account))
        self._database.many("UPDATE erasures SET state = 'deferred' WHERE account = ?", deferred)
        return found

    def done(self, accounts: Iterable[str], kept: dict[str, list[str]]) -> None:
        """These were erased, but for what they exchanged with the accounts in `kept`."""
        now = time.time_ns() // 1000
        for account in accounts:
            left = kept.get(account, [])
            self._database.run(
                "UPDATE erasures SET state = ?, done_at = ?, kept = ?, account = ?"
                " WHERE account = ?",
                (
                    "partly" if left else "done",
                    now,
                    msgspec.json.encode(left).decode(),
                    account if left else digest_of(account),
                    account,
                ),
            )


def digest_of(account: str) -> str:
    """What stands for an account that was erased."""
    return f"sha256:{hashlib.sha256(account.encode()).hexdigest()}"
