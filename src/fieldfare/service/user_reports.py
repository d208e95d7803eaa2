"""Reports that users made with messages: kept until they are in a case or too old.

A report's messages are sealed like the text of cases (`cases.vault`). What of them a case shows is
made here too: `messages_of`. Whether a report counts is weighed once, when it comes
(`report_intake`), and kept with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final, Literal, Self

import msgspec

from fieldfare.cases.vault import Vault
from fieldfare.safeguards.franking import Gap, Standing
from fieldfare.scan.snapshot import SeenMessage, SeenSource
from fieldfare.service.database import Database, Row

NotCounted = Literal["", "no_contact", "failed_before", "untrue_before", "too_many"]
"""Why a report is kept without counting; empty where it counts. no_contact: the account never wrote
to the reporter. failed_before: the reporter showed messages that were not sent. untrue_before:
reviewers found reports of the reporter made up. too_many: enough unverified reports about the
account counted that day."""

Judgement = Literal["untrue", "upheld"]
"""What a decision in force says of the reports before it. untrue: the reviewer gave as a reason
that what was reported was made up. upheld: it found against the account."""

Author = Literal["account", "reporter", "other"]
"""The reported account, the reporter, or somebody else in a group: such messages are verified, and
shown in no case. So are messages whose bytes could not be read."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS user_reports (
  seq {serial},
  id TEXT NOT NULL UNIQUE,
  reporter TEXT NOT NULL,
  account TEXT NOT NULL,
  reported_at BIGINT NOT NULL,
  received_at BIGINT NOT NULL,
  verified INTEGER NOT NULL,
  unverified INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  not_counted TEXT NOT NULL,
  body {blob}
);
CREATE INDEX IF NOT EXISTS user_reports_by_reporter ON user_reports (reporter, received_at);
CREATE INDEX IF NOT EXISTS user_reports_by_account ON user_reports (account, received_at);
CREATE TABLE IF NOT EXISTS judged_reports (
  id TEXT PRIMARY KEY,
  reporter TEXT NOT NULL,
  account TEXT NOT NULL,
  judgement TEXT NOT NULL,
  decided_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS judged_reports_by_reporter ON judged_reports (reporter, decided_at)
"""
_COLUMNS: Final = (
    "id, reporter, account, reported_at, received_at, verified, unverified, failed, not_counted"
)


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message of a report, as it is kept."""

    number: int
    """Place in the report, from 0."""
    standing: Standing
    by: Author
    """Who wrote it. Proved only where it is verified."""
    reason: str = ""
    """Of `franking.Reason`; empty where it is verified, or came without franking."""
    id: str | None = None
    """The service's, where the message is verified."""
    sent_at: int | None = None
    seq: int | None = None
    text: str | None = None
    opening_sha256: str | None = None
    franked: tuple[bytes, bytes, bytes] | None = None
    """Opening, context and tag as they were shown, so that they can be verified again."""


class Body(msgspec.Struct, frozen=True):
    """What a report holds besides its row."""

    messages: tuple[Kept, ...]
    gaps: tuple[Gap, ...] = ()
    reordered: bool = False


@dataclass(frozen=True)
class UserReport:
    """A report, without its messages."""

    id: str
    reporter: str
    account: str
    reported_at: int
    """Microseconds UTC, as `received_at`."""
    received_at: int
    verified: int
    """Messages that stand so, as `unverified` and `failed`."""
    unverified: int
    failed: int
    """Those that are in the report twice left out: that may be a mistake."""
    not_counted: NotCounted


class UserReports:
    """The reports in a database: that of the journal, which is durable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> Self:
        """Make the tables, unless they are there."""
        self._database.run_script(_TABLES)
        return self

    def get(self, id_: str) -> UserReport | None:
        """A report by its id."""
        rows = self._database.run(f"SELECT {_COLUMNS} FROM user_reports WHERE id = ?", (id_,))
        return UserReport(*rows[0]) if rows else None

    def keep(self, report: UserReport, body: Body, vault: Vault) -> None:
        """Keep a new report."""
        sealed = vault.seal(msgspec.json.encode(body), _place(report.id))
        self._database.run(
            f"INSERT INTO user_reports ({_COLUMNS}, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*vars(report).values(), sealed),
        )

    def body(self, id_: str, vault: Vault) -> Body | None:
        """The messages of a report; None where they are no longer kept."""
        rows = self._database.run("SELECT body FROM user_reports WHERE id = ?", (id_,))
        return _opened(id_, rows[0][0], vault) if rows and rows[0][0] is not None else None

    def times(self, reporter: str, since: int, most: int) -> list[int]:
        """When the reporter's latest reports came, the latest first."""
        rows = self._database.run(
            "SELECT received_at FROM user_reports WHERE reporter = ? AND received_at > ?"
            " ORDER BY received_at DESC LIMIT ?",
            (reporter, since, most),
        )
        return [row[0] for row in rows]

    def failed_since(self, reporter: str, since: int) -> int:
        """Messages the reporter showed since then that failed."""
        rows = self._database.run(
            "SELECT COALESCE(SUM(failed), 0) FROM user_reports"
            " WHERE reporter = ? AND received_at > ?",
            (reporter, since),
        )
        return int(rows[0][0])

    def unverified_about(self, account: str, since: int) -> int:
        """Reports about the account since then that counted without a verified message."""
        rows = self._database.run(
            "SELECT COUNT(*) FROM user_reports WHERE account = ? AND received_at > ?"
            " AND verified = 0 AND not_counted = ''",
            (account, since),
        )
        return int(rows[0][0])

    def judge(self, account: str, judgement: Judgement, at: int) -> int:
        """Note what reviewers decided on the reports about an account that came before then; how
        many that is news of. Those with a verified message cannot be untrue."""
        proved = " AND verified = 0" if judgement == "untrue" else ""
        return self._database.changed(
            "INSERT INTO judged_reports (id, reporter, account, judgement, decided_at)"
            " SELECT id, reporter, account, ?, ? FROM user_reports"
            f" WHERE account = ? AND received_at <= ?{proved}"
            " ON CONFLICT (id) DO NOTHING",
            (judgement, at, account, at),
        )

    def untrue_since(self, reporter: str, since: int) -> int:
        """How many more of the reporter's reports were found untrue since then than upheld."""
        rows = self._database.run(
            "SELECT COALESCE(SUM(CASE WHEN judgement = 'untrue' THEN 1 ELSE -1 END), 0)"
            " FROM judged_reports WHERE reporter = ? AND decided_at > ?",
            (reporter, since),
        )
        return int(rows[0][0])

    def of(self, account: str | None, after: int, most: int) -> list[tuple[int, UserReport]]:
        """Reports about an account, or all, numbered above `after`, in order."""
        whose, parameters = ("", ()) if account is None else ("account = ? AND ", (account,))
        rows = self._database.run(
            f"SELECT seq, {_COLUMNS} FROM user_reports WHERE {whose}seq > ? ORDER BY seq LIMIT ?",
            (*parameters, after, most),
        )
        return [(row[0], UserReport(*row[1:])) for row in rows]

    def by(self, reporter: str) -> list[UserReport]:
        """What the account reported."""
        rows = self._database.run(
            f"SELECT {_COLUMNS} FROM user_reports WHERE reporter = ? ORDER BY seq", (reporter,)
        )
        return [UserReport(*row) for row in rows]

    def messages_of(
        self, account: str, reporters: Collection[str], vault: Vault
    ) -> tuple[SeenMessage, ...]:
        """What these reporters showed of their messages with the account, as a case shows it, in
        order of time."""
        rows: list[Row] = self._database.run(
            "SELECT id, reporter, reported_at, not_counted, body FROM user_reports"
            " WHERE account = ? AND body IS NOT NULL ORDER BY seq",
            (account,),
        )
        found = [
            message
            for id_, reporter, at, not_counted, body in rows
            if reporter in reporters
            for message in _seen(id_, reporter, at, not_counted, _opened(id_, body, vault))
        ]
        # One message may be in several reports; a verified one has the same id in each.
        once = {(each.child, each.id): each for each in reversed(found)}
        return tuple(sorted(once.values(), key=lambda each: (each.sent_at, each.id or "")))

    def forget_texts(self, before: int) -> int:
        """Delete the messages of reports that came before then; how many reports that were."""
        return self._database.changed(
            "UPDATE user_reports SET body = NULL WHERE received_at < ? AND body IS NOT NULL",
            (before,),
        )

    def forget_texts_about(self, account: str) -> None:
        """Delete the messages of all reports about an account."""
        self._database.run("UPDATE user_reports SET body = NULL WHERE account = ?", (account,))

    def forget(self, account: str) -> None:
        """Delete what the account reported, and what was reported about it."""
        for table in ("user_reports", "judged_reports"):
            self._database.run(
                f"DELETE FROM {table} WHERE reporter = ? OR account = ?", (account, account)
            )


def _place(id_: str) -> str:
    return f"user_reports/{id_}"


def _opened(id_: str, sealed: bytes, vault: Vault) -> Body:
    return msgspec.json.decode(vault.open(sealed, _place(id_)), type=Body)


def _seen(id_: str, reporter: str, at: int, not_counted: str, body: Body) -> Iterable[SeenMessage]:
    after = {gap.after: gap.messages for gap in body.gaps}
    for kept in body.messages:
        if kept.by == "other":
            continue
        verified = kept.standing == "verified"
        warnings = [f"{kept.standing}: {kept.reason}" if kept.reason else kept.standing]
        if not_counted:
            warnings.append(f"the report does not count: {not_counted}")
        if verified and kept.seq in after:
            warnings.append(f"left out after this one: {after[kept.seq]}")
        if verified and body.reordered:
            warnings.append("was shown in another order")
        place = f"message {kept.number + 1}"
        yield SeenMessage(
            # What is not verified must not stand in the place of what is.
            id=kept.id if verified else f"{id_}/{kept.number}",
            child=reporter,
            from_account=kept.by == "account",
            sent_at=at if kept.sent_at is None else kept.sent_at,
            text=kept.text,
            origin=f"reported, {place}: {'; '.join(warnings)}",
            source=SeenSource(file=f"report {id_}", record=place, warnings=tuple(warnings)),
            standing=kept.standing,
        )
