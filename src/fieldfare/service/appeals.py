"""Appeals: a person contests what was done about their account.

An appeal is durable and waits for a person; nothing answers it by itself. What a person decided on
it is kept beside it, and the service, not Fieldfare, tells the account. Who appeals is told the
same whatever is known of the account, and whether or not anything was done about it.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Final, Literal, Self, get_args

from fieldfare.service.announcements import APPEAL_RECEIVED, Announcements
from fieldfare.service.database import Database
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import DAY, SECOND, isoformat

MOST_A_DAY: Final = 5
"""Appeals of one account in 24 hours; more would only bury those of others."""
LONGEST_STATEMENT: Final = 10_000
"""Characters."""

Outcome = Literal["upheld", "partly_reversed", "reversed", "omitted"]
"""What became of the decision that is contested; ``omitted``: the appeal was closed without one."""
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS appeals (
  seq {serial},
  id TEXT NOT NULL UNIQUE,
  account TEXT NOT NULL,
  made_at BIGINT NOT NULL,
  about TEXT,
  statement TEXT NOT NULL,
  language TEXT
);
CREATE INDEX IF NOT EXISTS appeals_by_account ON appeals (account, seq);
CREATE TABLE IF NOT EXISTS appeal_outcomes (
  appeal TEXT PRIMARY KEY,
  outcome TEXT NOT NULL,
  decided_at BIGINT NOT NULL,
  decided_by TEXT NOT NULL
)
"""
_COLUMNS: Final = "seq, id, account, made_at, about, statement, language"


@dataclass(frozen=True)
class Appeal:
    """What a person said, for those who decide."""

    seq: int
    id: str
    account: str
    made_at: int
    """Microseconds UTC."""
    about: str | None
    """The service's own reference to what is contested."""
    statement: str
    language: str | None
    """BCP 47 tag."""


class TooManyAppealsError(Exception):
    """The account has appealed often enough for today."""

    def __init__(self, retry_after: int) -> None:
        super().__init__("too many appeals")
        self.retry_after = retry_after
        """Seconds."""


class Appeals:
    """The appeals in a database: that of the journal, which is durable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> Self:
        """Make the tables, unless they are there."""
        self._database.run_script(_TABLES)
        return self

    def make(
        self,
        account: str,
        statement: str,
        *,
        id_: str | None = None,
        about: str | None = None,
        language: str | None = None,
    ) -> str:
        """Keep an appeal; its id. One that is sent again, with an id of the caller's, is kept
        once. Raises TooManyAppealsError, and InputError for an id of another account's appeal."""
        now = time.time_ns() // 1000
        id_ = id_ or uuid.uuid4().hex
        run = self._database.run
        with self._database.transaction():
            known = run("SELECT account FROM appeals WHERE id = ?", (id_,))
            if known:
                if known[0][0] != account:
                    raise InputError("there is an appeal with this id by another account")
                return id_
            latest = run(
                "SELECT made_at FROM appeals WHERE account = ? AND made_at > ?"
                " ORDER BY made_at DESC LIMIT ?",
                (account, now - DAY, MOST_A_DAY),
            )
            if len(latest) == MOST_A_DAY:
                raise TooManyAppealsError(-((now - DAY - latest[-1][0]) // SECOND))
            run(
                "INSERT INTO appeals (id, account, made_at, about, statement, language)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (id_, account, now, about, statement, language),
            )
            told = {"id": id_, "account": account, "made_at": isoformat(now), "about": about}
            Announcements(self._database).add(APPEAL_RECEIVED, account, told)
        return id_

    def of(self, account: str | None, after: int, most: int) -> list[Appeal]:
        """Appeals of an account, or of all, numbered above `after`, in order."""
        whose, parameters = ("", ()) if account is None else ("account = ? AND ", (account,))
        rows = self._database.run(
            f"SELECT {_COLUMNS} FROM appeals WHERE {whose}seq > ? ORDER BY seq LIMIT ?",
            (*parameters, after, most),
        )
        return [Appeal(*row) for row in rows]

    def decide(self, id_: str, outcome: Outcome, by: str) -> None:
        """What a person decided on an appeal; a later word replaces an earlier one. Raises
        InputError where there is no such appeal."""
        with self._database.transaction():
            if not self._database.run("SELECT 1 FROM appeals WHERE id = ?", (id_,)):
                raise InputError(f"there is no appeal '{id_}'; `fieldfare appeal list` lists them")
            self._database.run(
                "INSERT INTO appeal_outcomes (appeal, outcome, decided_at, decided_by)"
                " VALUES (?, ?, ?, ?) ON CONFLICT (appeal) DO UPDATE SET"
                " outcome = excluded.outcome, decided_at = excluded.decided_at,"
                " decided_by = excluded.decided_by",
                (id_, outcome, time.time_ns() // 1000, by),
            )

    def outcomes(self, start: int, end: int) -> list[tuple[str, int, Outcome | None, int | None]]:
        """Account, when it was made, outcome, and when that was decided, of the appeals made from
        `start` on and before `end` (microseconds UTC)."""
        rows = self._database.run(
            "SELECT a.account, a.made_at, o.outcome, o.decided_at FROM appeals AS a"
            " LEFT JOIN appeal_outcomes AS o ON o.appeal = a.id"
            " WHERE a.made_at >= ? AND a.made_at < ? ORDER BY a.seq",
            (start, end),
        )
        return [(account, made_at, outcome, at) for account, made_at, outcome, at in rows]

    def outcome_of(self, id_: str) -> tuple[Outcome, int] | None:
        """What was decided on an appeal, and when; None: nothing yet."""
        rows = self._database.run(
            "SELECT outcome, decided_at FROM appeal_outcomes WHERE appeal = ?", (id_,)
        )
        return (rows[0][0], rows[0][1]) if rows else None

    def forget(self, account: str) -> None:
        """Delete the account's appeals."""
        self._database.run(
            "DELETE FROM appeal_outcomes WHERE appeal IN"
            " (SELECT id FROM appeals WHERE account = ?)",
            (account,),
        )
        self._database.run("DELETE FROM appeals WHERE account = ?", (account,))
