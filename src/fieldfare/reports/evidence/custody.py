"""Chain of custody: what was done with the case, each entry with its hash, and a form for those who
release and receive the bag.

An entry's hash is that of the operator's audit (`cases.audit.hash_of`). Entries about other cases
are not in a bag, so that the chain has gaps; a running hash over the entries of this case
(`cases.exporting.link`) closes them, and its end stands in ``case.json``. The fields of the form
follow the one of NIST as it is generally known (†).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from fieldfare.cases import audit
from fieldfare.cases.exporting import TRAIL_START, link
from fieldfare.cases.records import AuditEntry
from fieldfare.reports.evidence.bag import HashedFile
from fieldfare.reports.frozen import FrozenCase
from fieldfare.vocabulary.times import isoformat


class TrailEntry(msgspec.Struct, frozen=True):
    """A line of ``custody/trail.jsonl``."""

    number: int
    at: int
    at_utc: str
    user: str
    session: str
    action: str
    case: int | None
    detail: dict[str, Any] | None
    """None: withheld in a redacted copy, since it names a child."""
    previous: str
    hash: str
    link: str
    """Running hash over the entries of this case, up to this one."""

    def entry(self) -> AuditEntry:
        """As it stands in the audit."""
        return AuditEntry(
            self.number,
            self.at,
            self.user,
            self.session,
            self.action,
            self.case,
            self.detail or {},
            self.previous,
            self.hash,
        )


def trail_of(entries: Iterable[AuditEntry]) -> Iterator[TrailEntry]:
    """The lines for these entries."""
    end = TRAIL_START
    for entry in entries:
        end = link(end, entry.hash)
        yield TrailEntry(
            entry.number,
            entry.at,
            isoformat(entry.at),
            entry.user,
            entry.session,
            entry.action,
            entry.case,
            entry.detail,
            entry.previous,
            entry.hash,
            end,
        )


def write_trail(file: HashedFile, lines: Iterable[TrailEntry]) -> int:
    """Write them; how many."""
    count = 0
    encoder = msgspec.json.Encoder(order="deterministic")
    for line in lines:
        file.write(encoder.encode(line) + b"\n")
        count += 1
    return count


def check_trail(lines: Iterable[tuple[int, TrailEntry]], case: FrozenCase) -> tuple[list[str], int]:
    """What is wrong with a trail (line number, entry), and how many entries are withheld."""
    problems: list[str] = []
    number, end, last_hash, withheld = 0, TRAIL_START, "", 0
    for line, each in lines:
        where = f"custody/trail.jsonl, line {line} (entry {each.number})"
        if each.number <= number:
            problems.append(f"{where}: stands after entry {number}; entries were reordered")
        elif each.number == number + 1 and line > 1 and each.previous != last_hash:
            problems.append(f"{where}: does not follow from the entry before")
        end = link(end, each.hash)
        if end != each.link:
            problems.append(f"{where}: the chain of this case is broken here")
            end = each.link
        if each.detail is None:
            withheld += 1
        elif audit.hash_of(each.entry()) != each.hash:
            problems.append(f"{where}: was edited")
        number, last_hash = each.number, each.hash
    if end != case.trail_end:
        problems.append("custody/trail.jsonl: does not end where case.json says; entries are gone")
    if (number, last_hash) != (case.trail_entry, case.trail_entry_hash):
        problems.append("custody/trail.jsonl: its last entry is not the one that took this out")
    return problems, withheld


def form(case: FrozenCase, software: str) -> dict[str, Any]:
    """The form of custody: what is known filled in, the rest left to those who hand it on."""
    authority = case.authority
    return {
        "case": case.reference,
        "item": "1",
        "description": (
            f"Evidence bag of case {case.reference}: {case.message_count} messages with "
            f"{len(case.children)} probable children"
        ),
        "collected_by": case.taken_by,
        "collected_at_utc": isoformat(case.taken_at),
        "collected_with": software,
        "collected_from": "the case database of the service"
        if case.subject == "case"
        else "archives of a suspect, read into an investigation",
        "purpose": case.purpose,
        "agreed_by": None
        if authority is None
        else [
            {"by": authority.by, "at_utc": isoformat(authority.at)},
            {"by": authority.second, "at_utc": isoformat(authority.second_at)},
        ],
        "draft": case.is_draft,
        "transfers": [
            {"released_by": "", "received_by": "", "at": "", "where": "", "purpose": ""}
            for _ in range(3)
        ],
        "disposition": "",
        "note": "Fields follow the form of NIST as it is generally known; not confirmed.",
    }
