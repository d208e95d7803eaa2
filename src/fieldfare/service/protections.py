"""Accounts that people are looking at, and accounts whose data must be kept.

A legal hold is set with a reason and a jurisdiction, by those who answer for it, and stands until
it is lifted with a reason; both are kept. While it stands nothing of the account is erased or ages
out, nor what others had to do with it.

A case that is closed keeps its account protected while the clocks of its reports run, or a hold on
it stands (`retention`): that is decided in the store of cases (`cases.retention_records`), and
written down here.

An open case is opened by a person. While it is open, the policy's rules for open cases apply to
the account's contacts, nobody is told anything that tips it off, and nothing of it is erased.
These tables are durable and do not follow from the journal.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from fieldfare.service.announcements import CASE_CLOSED, CASE_OPENED, Announcements
from fieldfare.service.database import Database
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat

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

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self._database.run(_OPEN_CASES)
        return self

    def open(self, account: str, reference: str) -> None:
        """From now on there is a case of this reference about the account."""
        now = time.time_ns() // 1000
        with self._database.transaction():
            opened = self._database.changed(
                "INSERT INTO open_cases (account, reference, opened_at) VALUES (?, ?, ?)"
                " ON CONFLICT (account, reference) DO NOTHING",
                (account, reference, now),
            )
            if opened:
                self._tell(CASE_OPENED, account, reference, now)

    def close(self, account: str, reference: str) -> bool:
        """The case is closed, as far as the account goes; whether it was open."""
        with self._database.transaction():
            closed = self._database.changed(
                "DELETE FROM open_cases WHERE account = ? AND reference = ?", (account, reference)
            )
            if closed:
                self._tell(CASE_CLOSED, account, reference, time.time_ns() // 1000)
        return closed > 0

    def _tell(self, kind: str, account: str, reference: str, at: int) -> None:
        told = {"account": account, "case": reference, "at": isoformat(at)}
        Announcements(self._database).add(kind, account, told)

    def all(self) -> list[tuple[str, str]]:
        """Every account with an open case, and the case's reference."""
        rows = self._database.run(
            "SELECT account, reference FROM open_cases ORDER BY account, reference"
        )
        return [(str(account), str(reference)) for account, reference in rows]

    def among(self, accounts: Sequence[str]) -> set[str]:
        """Those of some accounts with an open case."""
        rows = self._database.run(
            f"SELECT DISTINCT c.account FROM {self._database.one_of('wanted')} AS w"
            " INNER JOIN open_cases AS c ON c.account = w.wanted",
            (self._database.listed(accounts),),
        )
        return {row[0] for row in rows}


_KEPT_CASES: Final = """
CREATE TABLE IF NOT EXISTS kept_cases (
  account TEXT NOT NULL,
  reference TEXT NOT NULL,
  PRIMARY KEY (account, reference)
)
"""


class KeptCases:
    """The accounts with a closed case that holds erasures back."""

    def __init__(self, database: Database) -> None:
        """`database` is that of the journal."""
        self._database = database

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self._database.run(_KEPT_CASES)
        return self

    def keep(self, account: str, reference: str) -> None:
        """This one does too."""
        self._database.run(
            "INSERT INTO kept_cases (account, reference) VALUES (?, ?)"
            " ON CONFLICT (account, reference) DO NOTHING",
            (account, reference),
        )

    def replace(self, kept: Iterable[tuple[str, str]]) -> None:
        """These do, and no others."""
        wanted, there = set(kept), set(self.all())
        with self._database.transaction():
            self._database.many(
                "DELETE FROM kept_cases WHERE account = ? AND reference = ?",
                sorted(there - wanted),
            )
            for account, reference in sorted(wanted - there):
                self.keep(account, reference)

    def all(self) -> list[tuple[str, str]]:
        """Every account, and the case's reference."""
        rows = self._database.run(
            "SELECT account, reference FROM kept_cases ORDER BY account, reference"
        )
        return [(str(account), str(reference)) for account, reference in rows]


_HOLDS: Final = """
CREATE TABLE IF NOT EXISTS legal_holds (
  id {serial},
  account TEXT NOT NULL,
  reason TEXT NOT NULL,
  jurisdiction TEXT NOT NULL,
  set_at BIGINT NOT NULL,
  set_by TEXT NOT NULL,
  lifted_at BIGINT,
  lifted_by TEXT,
  lifted_because TEXT
);
CREATE INDEX IF NOT EXISTS legal_holds_by_account ON legal_holds (account)
"""
_HOLD_COLUMNS: Final = (
    "id, account, reason, jurisdiction, set_at, set_by, lifted_at, lifted_by, lifted_because"
)


@dataclass(frozen=True)
class LegalHold:
    """A hold, standing or lifted. Times are microseconds UTC."""

    id: int
    account: str
    reason: str
    jurisdiction: str
    """Whose law or court: a country code, or words."""
    set_at: int
    set_by: str
    """Name of the token, or ``command line``."""
    lifted_at: int | None
    lifted_by: str | None
    lifted_because: str | None


class LegalHolds:
    """The legal holds; an account may be under several."""

    def __init__(self, database: Database) -> None:
        """`database` is that of the journal."""
        self._database = database

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self._database.run_script(_HOLDS)
        return self

    def set(self, account: str, reason: str, jurisdiction: str, by: str) -> int:
        """The hold stands from now on; its number."""
        rows = self._database.run(
            "INSERT INTO legal_holds (account, reason, jurisdiction, set_at, set_by)"
            " VALUES (?, ?, ?, ?, ?) RETURNING id",
            (account, reason, jurisdiction, time.time_ns() // 1000, by),
        )
        return int(rows[0][0])

    def lift(self, id_: int, reason: str, by: str) -> None:
        """The hold stands no more. Raises InputError where none of this number does."""
        lifted = self._database.changed(
            "UPDATE legal_holds SET lifted_at = ?, lifted_by = ?, lifted_because = ?"
            " WHERE id = ? AND lifted_at IS NULL",
            (time.time_ns() // 1000, by, reason, id_),
        )
        if lifted != 1:
            raise InputError(f"no legal hold {id_} stands")

    def standing(self) -> list[LegalHold]:
        """Those that stand."""
        rows = self._database.run(
            f"SELECT {_HOLD_COLUMNS} FROM legal_holds WHERE lifted_at IS NULL ORDER BY id"
        )
        return [LegalHold(*row) for row in rows]

    def all(self, account: str | None = None, after: int = 0, most: int = 1000) -> list[LegalHold]:
        """Holds of an account, or of all, numbered above `after`, lifted ones included."""
        whose, parameters = ("", ()) if account is None else ("account = ? AND ", (account,))
        rows = self._database.run(
            f"SELECT {_HOLD_COLUMNS} FROM legal_holds WHERE {whose}id > ? ORDER BY id LIMIT ?",
            (*parameters, after, most),
        )
        return [LegalHold(*row) for row in rows]

    def forget(self, account: str, stand_in: str) -> None:
        """In the record of lifted holds, put something else in place of the account's id."""
        self._database.run(
            "UPDATE legal_holds SET account = ?, reason = '', lifted_because = ''"
            " WHERE account = ? AND lifted_at IS NOT NULL",
            (stand_in, account),
        )


def protected(database: Database) -> set[str]:
    """Accounts of which nothing may be erased now: under a legal hold, with an open case, or with a
    closed one that is held."""
    rows = database.run(
        "SELECT account FROM legal_holds WHERE lifted_at IS NULL"
        " UNION SELECT account FROM open_cases UNION SELECT account FROM kept_cases"
    )
    return {row[0] for row in rows}
