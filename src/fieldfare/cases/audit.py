"""The audit: append-only, and each entry holds the hash of the one before.

An edit, a deletion, a reordering or an insertion breaks the chain; a truncation leaves the end
somewhere else than the head says. Somebody who can write to every table could forge chain and head
together: for that there are anchors, heads that were noted somewhere else before (`fieldfare audit
verify --anchor`), each of which must still be in the chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from fieldfare.cases.records import AuditEntry
from fieldfare.cases.tables import audit, audit_head

START: Final = "0" * 64
"""What stands before the first entry."""

PAGE: Final = 5_000


def canonical(fields: dict[str, Any]) -> bytes:
    """JSON with sorted keys and without spaces, in UTF-8: the same object, the same bytes."""
    return json.dumps(
        fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode("utf-8", "surrogatepass")


def hash_of(entry: AuditEntry) -> str:
    """What the hash of an entry has to be."""
    return hashlib.sha256(
        canonical(
            {
                "number": entry.number,
                "at": entry.at,
                "user": entry.user,
                "session": entry.session,
                "action": entry.action,
                "case": entry.case,
                "detail": entry.detail,
                "previous": entry.previous,
            }
        )
    ).hexdigest()


@dataclass(frozen=True, slots=True)
class Head:
    """Where the chain ends: the number and hash of its last entry."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a verification found."""

    entries: int
    head: Head
    problems: tuple[str, ...]
    """Empty: the chain is whole. Each says where and what; of a broken chain the first few."""


def verify(entries: Iterable[AuditEntry], head: Head, anchors: Iterable[Head] = ()) -> Verdict:
    """Check a chain from its first entry on, against its head and against earlier heads."""
    problems: list[str] = []
    wanted = {anchor.number: anchor.hash for anchor in anchors}
    number, previous = 0, START
    for entry in entries:
        if entry.number != number + 1:
            problems.append(f"entry {number + 1}: is missing or out of order")
        elif entry.previous != previous:
            problems.append(f"entry {entry.number}: does not follow from the one before")
        if hash_of(entry) != entry.hash:
            problems.append(f"entry {entry.number}: was changed")
        if wanted.pop(entry.number, entry.hash) != entry.hash:
            problems.append(f"entry {entry.number}: is not the one that was anchored")
        number, previous = entry.number, entry.hash
    if (number, previous) != (head.number, head.hash):
        problems.append(f"the chain ends at entry {number}, and the head says {head.number}")
    problems += [
        f"entry {missing}: was anchored and is gone" for missing in sorted(wanted) if missing
    ]
    return Verdict(number, Head(number, previous), tuple(problems[:20]))


def lock(connection: Connection) -> Head:
    """The head, held until the transaction ends: one transaction writes at a time, so that all
    that follows in it is alone."""
    row = connection.execute(select(audit_head).with_for_update()).one()
    return Head(row.number, row.hash)


def head_of(connection: Connection) -> Head:
    """The head."""
    row = connection.execute(select(audit_head)).one()
    return Head(row.number, row.hash)


def append(connection: Connection, head: Head, given: Iterable[AuditEntry]) -> Head:
    """Append entries, whose number and hashes are set here; the new head. Needs the lock."""
    rows = []
    for entry in given:
        linked = AuditEntry(
            head.number + 1,
            entry.at,
            entry.user,
            entry.session,
            entry.action,
            entry.case,
            entry.detail,
            head.hash,
            "",
        )
        head = Head(linked.number, hash_of(linked))
        rows.append(
            {
                "number": linked.number,
                "at": linked.at,
                "user_name": linked.user,
                "session": linked.session,
                "action": linked.action,
                "case_id": linked.case,
                "detail": canonical(linked.detail).decode("utf-8", "surrogatepass"),
                "previous": linked.previous,
                "hash": head.hash,
            }
        )
    if rows:
        connection.execute(insert(audit), rows)
        connection.execute(update(audit_head).values(number=head.number, hash=head.hash))
    return head


def entries(connection: Connection, after: int = 0) -> Iterator[AuditEntry]:
    """Every entry from a number on, in the order of their numbers."""
    while True:
        rows = connection.execute(
            select(audit).where(audit.c.number > after).order_by(audit.c.number).limit(PAGE)
        ).all()
        yield from (entry_of(row) for row in rows)
        if len(rows) < PAGE:
            return
        after = rows[-1].number


def entry_of(row: Row[Any]) -> AuditEntry:
    """An entry from its row. Detail that is no JSON any more comes as a text, and fails."""
    try:
        detail = json.loads(row.detail)
    except ValueError:
        detail = {"damaged": True}
    return AuditEntry(
        row.number,
        row.at,
        row.user_name,
        row.session,
        row.action,
        row.case_id,
        detail,
        row.previous,
        row.hash,
    )
