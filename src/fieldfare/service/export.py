"""Export: everything that is kept about one account, as JSON Lines.

Each line says which `part` it is:

    given        what the service told of the account and what the account did: a person may have it
    derived      what Fieldfare made of it: the ledger, the assessment, changes of band
    restricted   what others did or said about the account, legal holds, open cases

Only the first is for the person as it stands; before anything else is handed out someone has to
look at it, since it may tip off a suspect or give away who reported. Records of the first are those
of docs/formats.md, with what was found in text in place of text that was not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.contacts.definition import LEDGER
from fieldfare.service.appeals import Appeals
from fieldfare.service.journal import Journal, partition_of
from fieldfare.service.protections import LegalHolds, OpenCases
from fieldfare.service.state import ASSESSMENTS, INFERRED, PEOPLE, State
from fieldfare.service.user_reports import UserReports
from fieldfare.vocabulary.times import SECOND, isoformat

PAGE = 1_000

Line = dict[str, Any]


def export(journal: Journal, state: State, account: str) -> Iterator[Line]:
    """The lines, each with `part` and `type`. Reads the whole journal: seconds for each million
    events in it."""
    yield from _events(journal, account)
    yield from _derived(state, account)
    database = journal.database
    after = 0
    while appeals := Appeals(database).of(account, after, PAGE):
        for appeal in appeals:
            outcome = Appeals(database).outcome_of(appeal.id)
            yield {
                "part": "given",
                "type": "appeal",
                "id": appeal.id,
                "made_at": isoformat(appeal.made_at),
                "about": appeal.about,
                "statement": appeal.statement,
                "outcome": None if outcome is None else outcome[0],
                "decided_at": None if outcome is None else isoformat(outcome[1]),
            }
        after = appeals[-1].seq
    for report in UserReports(database).by(account):
        yield {
            "part": "given",
            "type": "report",
            "id": report.id,
            "about": report.account,
            "reported_at": isoformat(report.reported_at),
            "messages": report.verified + report.unverified + report.failed,
        }
    for hold in LegalHolds(database).all(account):
        yield {
            "part": "restricted",
            "type": "legal_hold",
            "id": hold.id,
            "reason": hold.reason,
            "jurisdiction": hold.jurisdiction,
            "set_at": isoformat(hold.set_at),
            "lifted_at": None if hold.lifted_at is None else isoformat(hold.lifted_at),
        }
    if OpenCases(database).among([account]):
        yield {"part": "restricted", "type": "open_case"}


def _events(journal: Journal, account: str) -> Iterator[Line]:
    names = pa.array([account], pa.string())
    home = int(partition_of(names, journal.partitions)[0])
    for partition in range(journal.partitions):
        after = 0
        while entries := journal.entries(partition, after):
            for entry in entries:
                rows = entry.events.filter(_concern(entry.kind, entry.events, account))
                # An act stands in the partitions of both accounts; one of them is enough.
                if rows.num_rows and (entry.kind == "messages" or partition == home):
                    for row in rows.to_pylist():
                        yield _EVENTS[entry.kind](row, account)
            after = entries[-1].seq


def _concern(kind: str, events: pa.RecordBatch, account: str) -> pa.Array:
    if kind == "accounts":
        return pc.equal(events["account"], account)
    if kind != "messages":
        return pc.or_(pc.equal(events["account"], account), pc.equal(events["peer"], account))
    recipients = events["recipients"]
    to = pc.equal(pc.list_flatten(recipients), account).to_numpy(zero_copy_only=False)
    rows = pc.list_parent_indices(recipients).to_numpy(zero_copy_only=False)
    got = np.bincount(rows[to], minlength=events.num_rows) > 0
    return pc.or_(pa.array(got), pc.equal(events["sender"], account))


def _account(row: dict[str, Any], _: str) -> Line:
    born = row["born_at"]
    return {
        "part": "given",
        "type": "account",
        "id": row["account"],
        "name": row["name"],
        "age": row["age"],
        "birth_date": None
        if born is None
        else datetime.fromtimestamp(born / SECOND, UTC).date().isoformat(),
        "age_source": row["age_basis"],
        "age_confidence": row["age_confidence"],
        "role": row.get("role"),
        "country": row["country"],
        "country_source": row["country_basis"],
        "utc_offset_hours": row["utc_offset_hours"],
        "created_at": None if row["created_at"] is None else isoformat(row["created_at"]),
    }


def _message(row: dict[str, Any], account: str) -> Line:
    sent = row["sender"] == account
    line: Line = {
        "part": "given",
        "type": "message",
        "id": row["id"],
        "conversation": row["conversation"],
        "kind": row["kind"],
        "sender": row["sender"],
        # Who else got it is nobody's but theirs and the sender's.
        "recipients": row["recipients"] if sent else [account],
        "sent_at": isoformat(row["sent_at"]),
        "text": row["text"],
        "calls": row["calls"],
    }
    if sent:
        line |= {name: row[name] for name in ("tokens", "stated_age", "indicators")}
    return line


def _connection(row: dict[str, Any], _: str) -> Line:
    return {
        "part": "given",
        "type": "connection",
        "account": row["account"],
        "peer": row["peer"],
        "connected_at": isoformat(row["connected_at"]),
    }


def _notice(row: dict[str, Any], account: str) -> Line:
    return {
        "part": "given" if row["account"] == account else "restricted",
        "type": "notice",
        "id": row["id"],
        "kind": row["kind"],
        "account": row["account"],
        "peer": row["peer"],
        "at": isoformat(row["at"]),
    }


_EVENTS = {
    "accounts": _account,
    "messages": _message,
    "connections": _connection,
    "notices": _notice,
}


def _derived(state: State, account: str) -> Iterator[Line]:
    for name in LEDGER:
        for column in ("account", "peer"):
            for row in state.rows(name, column, [account]).to_pylist():
                yield {"part": "derived", "type": "ledger", "table": name, "row": row}
    run = state.database.run
    for name, columns in (("people", PEOPLE.names), ("assessments", ASSESSMENTS.names)):
        for row in run(f"SELECT {', '.join(columns)} FROM {name} WHERE account = ?", (account,)):
            yield {
                "part": "derived",
                "type": name,
                "row": dict(zip(columns, row, strict=True)),
            }
    for row in run(
        f"SELECT {', '.join(INFERRED.names)} FROM inferred WHERE account = ? OR peer = ?",
        (account, account),
    ):
        yield {
            "part": "derived",
            "type": "inferred",
            "row": dict(zip(INFERRED.names, row, strict=True)),
        }
    changes = ("as_of", "changed_at", "band_before", "band", "probability")
    for row in run(
        f"SELECT {', '.join(changes)} FROM changes WHERE account = ? ORDER BY seq", (account,)
    ):
        yield {
            "part": "derived",
            "type": "change",
            "row": dict(zip(changes, row, strict=True)),
        }
