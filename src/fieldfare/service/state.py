"""The state: what follows from the journal. All but the outbox can be thrown away and rebuilt.

    contacts, words, indicators, relations   the ledger, one row a key
    accounts                                 what was said of each account (`accounts.PREPARED`)
    people                                   how probably each is a child, as last assessed
    assessments                              the last assessment of each account
    inferred                                 whom it was taken to have written to as a child
    changes                                  every change of band, numbered
    hubs                                     accounts that wrote to more than `HUB` others
    due                                      accounts to be assessed anew, each once
    folded                                   by partition: the last entry that is merged in
    outbox                                   what webhooks are still to be told (`outbox`)
    facts                                    as_of, has_connections, what all this was made with

The ledger's tables and the way their rows merge are read off its SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa

from fieldfare.contacts.accounts import PREPARED
from fieldfare.contacts.analysis import ledger_schemas
from fieldfare.contacts.definition import LEDGER, merge_of, upsert_sql
from fieldfare.service.case_requests import CaseRequests
from fieldfare.service.database import Database, Row
from fieldfare.service.outbox import Outbox
from fieldfare.vocabulary.times import isoformat

PEOPLE: Final = pa.schema(
    [
        ("account", pa.string()),
        ("child_probability", pa.float64()),
        ("child_weight", pa.float64()),
        ("own_child_probability", pa.float64()),
        ("age", pa.float64()),
        ("age_basis", pa.string()),
        ("country", pa.string()),
    ]
)

ASSESSMENTS: Final = pa.schema(
    [
        ("account", pa.string()),
        ("partition", pa.int64()),
        ("probability", pa.float64()),
        ("band", pa.string()),
        ("log_odds", pa.float64()),
        ("as_of", pa.int64()),
        ("first_flagged_at", pa.int64()),
        ("signals", pa.string()),
        ("reasons", pa.string()),
    ]
)
"""`signals` and `reasons` are JSON. `first_flagged_at` is the `as_of` at which the service first
found the account at or above the threshold; null where it never did."""

INFERRED: Final = pa.schema(
    [
        ("account", pa.string()),
        ("peer", pa.string()),
        ("child_probability", pa.float64()),
        ("age", pa.float64()),
    ]
)
"""Of ``contacts/sql/signals/inferred.sql``, as of the account's last assessment."""

HUB: Final = 256
"""An account that wrote privately to more than so many is everyone's contact: as in
``contacts/sql/signals/surroundings.sql``."""

CHANGES: Final = ("account", "as_of", "changed_at", "band_before", "band", "probability")
TOLD: Final = "seq, account, as_of, band_before, band, probability"
"""What is told of a change, over HTTP and to a stream: the columns of `told`."""

_TABLES: Final = """
CREATE INDEX IF NOT EXISTS contacts_by_peer ON contacts (peer);
CREATE INDEX IF NOT EXISTS relations_by_peer ON relations (peer);
CREATE INDEX IF NOT EXISTS inferred_by_peer ON inferred (peer);
CREATE INDEX IF NOT EXISTS assessments_by_log_odds ON assessments (log_odds DESC, account);
CREATE TABLE IF NOT EXISTS changes (
  seq {serial},
  account TEXT NOT NULL,
  as_of BIGINT NOT NULL,
  changed_at BIGINT NOT NULL,
  band_before TEXT NOT NULL,
  band TEXT NOT NULL,
  probability DOUBLE PRECISION NOT NULL
);
CREATE INDEX IF NOT EXISTS changes_by_account ON changes (account, seq);
CREATE TABLE IF NOT EXISTS due (
  account TEXT PRIMARY KEY,
  partition INTEGER NOT NULL,
  marks BIGINT NOT NULL,
  urgent INTEGER NOT NULL,
  due_at BIGINT NOT NULL
);
CREATE INDEX IF NOT EXISTS due_by_partition ON due (partition, urgent, due_at);
CREATE TABLE IF NOT EXISTS hubs (account TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS folded (partition INTEGER PRIMARY KEY, seq BIGINT NOT NULL);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class State:
    """The state in a database."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._create()

    def _create(self) -> None:
        with self.database.transaction():
            for name, schema in ledger_schemas().items():
                self.database.create(name, schema, merge_of(name).keys)
            for name, schema in (
                ("accounts", PREPARED),
                ("people", PEOPLE),
                ("assessments", ASSESSMENTS),
            ):
                self.database.create(name, schema, ("account",))
            self.database.create("inferred", INFERRED, ("account", "peer"))
            self.database.run_script(_TABLES)
            Outbox(self.database).create()
            CaseRequests(self.database).create()

    # The ledger

    def merge(self, name: str, rows: pa.Table) -> None:
        """Merge partial rows of a ledger table into the stored ones."""
        self.database.insert(name, rows, upsert_sql(name))

    def rows(self, name: str, column: str, accounts: Sequence[str], more: str = "") -> pa.Table:
        """The rows of a ledger table, or of `accounts`, whose `column` is one of these accounts."""
        schema = PREPARED if name == "accounts" else ledger_schemas()[name]
        columns = ", ".join(f"t.{field}" for field in schema.names)
        return self.database.table(
            schema,
            f"SELECT {columns} FROM {self.database.one_of('wanted')} AS w"
            f" INNER JOIN {name} AS t ON t.{column} = w.wanted {more}",
            (self.database.listed(accounts),),
        )

    def note_hubs(self, accounts: Sequence[str]) -> None:
        """Note which of these have become hubs; to be called where they made a new contact."""
        self.database.run(
            f"INSERT INTO hubs (account) SELECT w.wanted FROM {self.database.one_of('wanted')} AS w"
            " WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM contacts AS c WHERE c.account = w.wanted"
            f" AND c.first_private_at IS NOT NULL LIMIT {HUB + 1}) AS counted) > {HUB}"
            " ON CONFLICT (account) DO NOTHING",
            (self.database.listed(accounts),),
        )

    def hub_rows(self, accounts: Sequence[str]) -> pa.Table:
        """Of those among these that are hubs, as many contacts as show it."""
        schema = ledger_schemas()["contacts"]
        hubs = self.database.run(
            f"SELECT h.account FROM {self.database.one_of('wanted')} AS w"
            " INNER JOIN hubs AS h ON h.account = w.wanted",
            (self.database.listed(accounts),),
        )
        return pa.concat_tables(
            [
                schema.empty_table(),
                *(
                    self.database.table(
                        schema,
                        f"SELECT {', '.join(schema.names)} FROM contacts WHERE account = ?"
                        f" AND first_private_at IS NOT NULL LIMIT {HUB + 1}",
                        (account,),
                    )
                    for (account,) in hubs
                ),
            ]
        )

    def mark_all_due(self, now: int) -> None:
        """Everyone of whom there is anything to say is to be assessed anew."""
        self.database.run(
            "INSERT INTO due (account, partition, marks, urgent, due_at)"
            " SELECT a.account, a.partition, 1, 0, ? FROM assessments AS a WHERE true"
            " ON CONFLICT (account) DO NOTHING",
            (now,),
        )

    def replace(self, name: str, rows: pa.Table) -> None:
        """Put rows of `accounts`, `people` or `assessments` in place of the stored ones."""
        titles = [title for title in rows.schema.names if title != "account"]
        assignments = ", ".join(f"{title} = excluded.{title}" for title in titles)
        self.database.insert(name, rows, f"ON CONFLICT (account) DO UPDATE SET {assignments}")

    def replace_inferred(self, accounts: Sequence[str], rows: pa.Table) -> None:
        """These are the rows of `INFERRED` of some accounts, and there are no others of them."""
        self.database.run(
            f"DELETE FROM inferred WHERE account IN"
            f" (SELECT wanted FROM {self.database.one_of('wanted')} AS w)",
            (self.database.listed(accounts),),
        )
        self.database.insert("inferred", rows, "")

    # What is due

    def mark_due(self, accounts: Iterable[tuple[str, int]], at: int, *, urgent: bool) -> None:
        """These (account, partition) are to be assessed anew, from this moment on (microseconds
        UTC). Of several moments the earliest stands."""
        self.database.many(
            "INSERT INTO due (account, partition, marks, urgent, due_at) VALUES (?, ?, 1, ?, ?)"
            " ON CONFLICT (account) DO UPDATE SET marks = due.marks + 1,"
            " urgent = CASE WHEN excluded.urgent = 1 THEN 1 ELSE due.urgent END, due_at = CASE"
            " WHEN excluded.due_at < due.due_at THEN excluded.due_at ELSE due.due_at END",
            [(account, partition, int(urgent), at) for account, partition in accounts],
        )

    def due(
        self, partitions: Sequence[int], most: int, now: int, *, urgent: bool
    ) -> list[tuple[str, int]]:
        """Accounts to be assessed by `now`, those due longest first, each with its marks."""
        places = ", ".join("?" * len(partitions))
        rows = self.database.run(
            f"SELECT account, marks FROM due WHERE partition IN ({places}) AND urgent = ?"
            " AND due_at <= ? ORDER BY due_at LIMIT ?",
            (*partitions, int(urgent), now, most),
        )
        return [(str(account), int(marks)) for account, marks in rows]

    def done(self, accounts: Sequence[tuple[str, int]]) -> None:
        """These were assessed; one that was marked again meanwhile stays due."""
        self.database.many("DELETE FROM due WHERE account = ? AND marks = ?", accounts)

    def count_due(self) -> int:
        """How many accounts are due."""
        return int(self.database.run("SELECT COUNT(*) FROM due")[0][0])

    # Assessments

    def assessments(self, accounts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """The stored assessments of some accounts."""
        columns = ", ".join(f"a.{field}" for field in ASSESSMENTS.names)
        rows = self.database.run(
            f"SELECT {columns} FROM {self.database.one_of('wanted')} AS w"
            " INNER JOIN assessments AS a ON a.account = w.wanted",
            (self.database.listed(accounts),),
        )
        return {row[0]: dict(zip(ASSESSMENTS.names, row, strict=True)) for row in rows}

    def bands(self) -> dict[str, str]:
        """The band of every account that has an assessment."""
        return dict(self.database.run("SELECT account, band FROM assessments"))

    def flags(self, accounts: Sequence[str]) -> dict[str, tuple[str, int | None]]:
        """Of those among these that have an assessment: band, and when first flagged."""
        rows = self.database.run(
            "SELECT a.account, a.band, a.first_flagged_at"
            f" FROM {self.database.one_of('wanted')} AS w"
            " INNER JOIN assessments AS a ON a.account = w.wanted",
            (self.database.listed(accounts),),
        )
        return {account: (band, flagged_at) for account, band, flagged_at in rows}

    def forget(self, accounts: Sequence[str]) -> None:
        """There is nothing to say of these accounts any more."""
        self.database.many(
            "DELETE FROM assessments WHERE account = ?", [(account,) for account in accounts]
        )

    def add_changes(self, rows: Sequence[Row]) -> None:
        """Add rows of `CHANGES`."""
        marks = ", ".join("?" * len(CHANGES))
        self.database.many(f"INSERT INTO changes ({', '.join(CHANGES)}) VALUES ({marks})", rows)

    # Where we stand

    def folded(self, partition: int) -> int:
        """The last entry of the journal that is merged in."""
        rows = self.database.run("SELECT seq FROM folded WHERE partition = ?", (partition,))
        return int(rows[0][0]) if rows else 0

    def set_folded(self, partition: int, seq: int) -> None:
        """Everything up to this entry is merged in."""
        self.database.run(
            "INSERT INTO folded (partition, seq) VALUES (?, ?)"
            " ON CONFLICT (partition) DO UPDATE SET seq = excluded.seq",
            (partition, seq),
        )

    def facts(self) -> dict[str, str]:
        """What is known of the whole."""
        return dict(self.database.run("SELECT name, value FROM facts"))

    def set_fact(self, name: str, value: str) -> None:
        """Put a fact in place of the one of that name."""
        self.database.run(
            "INSERT INTO facts (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def advance(self, as_of: int) -> None:
        """The last event is no earlier than this, in microseconds UTC."""
        self.database.run(
            "INSERT INTO facts (name, value) VALUES ('as_of', ?)"
            " ON CONFLICT (name) DO UPDATE SET value = CASE"
            " WHEN CAST(excluded.value AS BIGINT) > CAST(facts.value AS BIGINT)"
            " THEN excluded.value ELSE facts.value END",
            (str(as_of),),
        )

    def clear(self) -> None:
        """Forget everything; the journal is then folded anew."""
        with self.database.transaction():
            for name in (
                *LEDGER,
                "accounts",
                "people",
                "assessments",
                "inferred",
                "changes",
                "hubs",
                "due",
                "folded",
                "facts",
            ):
                self.database.run(f"DELETE FROM {name}")

    def close(self) -> None:
        self.database.close()


def told(row: Row) -> dict[str, Any]:
    """A change of band as it is told, from a row of the columns `TOLD`."""
    seq, account, as_of, before, band, probability = row
    return {
        "seq": seq,
        "account": account,
        "as_of": isoformat(as_of),
        "band_before": before,
        "band": band,
        "probability": probability,
    }
