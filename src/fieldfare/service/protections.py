"""Accounts that people are looking at, and accounts whose data must be kept.

An open case is opened by a person. While it is open, the policy's rules for open cases apply to
the account's contacts, nobody is told anything that tips it off, and nothing of it is erased.
These tables are durable and do not follow from the journal.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from fieldfare.service.database import Database

_OPEN_CASES: Final = """
CREATE TABLE IF NOT EXISTS open_cases (
  account TEXT NOT NULL,
  reference TEXT NOT NULL,
  opened_at BIGINT NOT NULL,
  PRIMARY KEY (account, reference)
)
"""


class OpenCases:
    """The accounts with an open case; an account may be in several."""

    def __init__(self, database: Database) -> None:
        """`database` is that of the journal."""
        self._database = database
        database.run(_OPEN_CASES)

    def open(self, account: str, reference: str) -> None:
        """From now on there is a case of this reference about the account."""
        self._database.run(
            "INSERT INTO open_cases (account, reference, opened_at) VALUES (?, ?, ?)"
            " ON CONFLICT (account, reference) DO NOTHING",
            (account, reference, time.time_ns() // 1000),
        )

    def close(self, account: str, reference: str) -> bool:
        """The case is closed, as far as the account goes; whether it was open."""
        return (
            self._database.changed(
                "DELETE FROM open_cases WHERE account = ? AND reference = ?", (account, reference)
            )
            > 0
        )

    def among(self, accounts: Sequence[str]) -> set[str]:
        """Those of some accounts with an open case."""
        rows = self._database.run(
            f"SELECT DISTINCT c.account FROM {self._database.one_of('wanted')} AS w"
            " INNER JOIN open_cases AS c ON c.account = w.wanted",
            (self._database.listed(accounts),),
        )
        return {row[0] for row in rows}
