"""Accounts that people are to look at: asked for with what makes it so, in one transaction.

An account is asked for when it comes to the scorecard's `flag_from` or above, and when a user
reports it. `case_opening` opens the cases and takes the requests away; a request that was answered
twice changes nothing, since an account has at most one open case.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from fieldfare.service.database import Database

Because = Literal["policy", "report"]

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS case_requests (
  account TEXT NOT NULL,
  because TEXT NOT NULL,
  asked_at BIGINT NOT NULL,
  PRIMARY KEY (account, because)
)
"""


@dataclass(frozen=True)
class CaseRequest:
    """An account to be looked at."""

    account: str
    because: Because
    asked_at: int
    """Microseconds UTC; of the last time it was asked for."""


class CaseRequests:
    """The requests that wait, in the state's database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> None:
        """Create the table unless it is there."""
        self._database.run(_TABLE)

    def ask(self, accounts: Iterable[str], because: Because, at: int) -> None:
        """Ask for these accounts. To be called in the transaction that makes it so."""
        rows = [(account, because, at) for account in sorted(accounts)]
        if rows:
            self._database.many(
                "INSERT INTO case_requests (account, because, asked_at) VALUES (?, ?, ?)"
                " ON CONFLICT (account, because) DO UPDATE SET asked_at = excluded.asked_at",
                rows,
            )

    def waiting(self, most: int = 1_000) -> list[CaseRequest]:
        """Those that wait, the oldest first."""
        rows = self._database.run(
            "SELECT account, because, asked_at FROM case_requests"
            " ORDER BY asked_at, account, because LIMIT ?",
            (most,),
        )
        return [CaseRequest(*row) for row in rows]

    def done(self, requests: Iterable[CaseRequest]) -> None:
        """These were answered; one that was asked for again meanwhile stays."""
        self._database.many(
            "DELETE FROM case_requests WHERE account = ? AND because = ? AND asked_at = ?",
            [(each.account, each.because, each.asked_at) for each in requests],
        )

    def forget(self, account: str) -> None:
        """Nothing is asked about this account."""
        self._database.run("DELETE FROM case_requests WHERE account = ?", (account,))

    def restore(self, requests: Iterable[CaseRequest]) -> None:
        """Let these be all that wait: a replay asks again for what was answered long ago."""
        self._database.run("DELETE FROM case_requests")
        for each in requests:
            self.ask([each.account], each.because, each.asked_at)
