"""All of a case, frozen at one moment, for what leaves the house: reports and evidence bags.

That it was taken is an entry of the audit, which holds the end of the case's own trail: a running
hash over the hashes of all entries about the case. So the trail that leaves with the case can be
checked without the rest of the audit, which is about other people.
"""

from __future__ import annotations

import hashlib
import json
import socket
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Engine, Row, and_, func, insert, select, tuple_

from fieldfare.cases import actions, audit
from fieldfare.cases.desk import Work, place
from fieldfare.cases.errors import WrongState
from fieldfare.cases.permissions import Actor, Permission, allows, require
from fieldfare.cases.reading import Reading, message_of
from fieldfare.cases.records import AuditEntry, Authority, Case, Message, Viewer
from fieldfare.cases.retention_tables import kept_files
from fieldfare.cases.tables import audit as trail
from fieldfare.cases.tables import decisions, messages, proposals, reveals, snapshots
from fieldfare.cases.vault import Vault
from fieldfare.scan.snapshot import Snapshot

PAGE: Final = 2_000
"""Messages read at once."""

TRAIL_START: Final = "0" * 64


def link(previous: str, entry_hash: str) -> str:
    """The running hash of a case's trail after one more entry: SHA-256 over the one before and
    the entry's hash, both in hex."""
    return hashlib.sha256(f"{previous}{entry_hash}".encode("ascii")).hexdigest()


@dataclass(frozen=True)
class CaseExport:
    """A case as it was when it was taken. What comes later does not show in it, but for texts
    redacted since, which are held back. Reads page by page, in flat memory."""

    case: Case
    purpose: str
    authority: Authority | None
    """None: a draft, before two people have agreed."""
    by: str
    taken_at: int
    entry: AuditEntry
    """Of the audit: that this was taken. The last one of `trail`."""
    trail_end: str
    """Running hash of the trail, `entry` included."""
    snapshots: tuple[Snapshot, ...]
    """What detection handed over, the newest last, without messages."""
    viewers: tuple[Viewer, ...]
    counts: dict[str, int]
    """Messages by child, in the order of first message."""
    redacted: int
    """Messages whose text is held back."""
    _engine: Engine
    _vault: Vault
    _last: int

    def messages(self, child: str | None = None) -> Iterator[Message]:
        """Messages with one child, or with all, in order of time, with their texts; None where
        there is none, or it is redacted. Raises KeyMissing."""
        case = self.case.summary.id
        wanted = select(messages).where(messages.c.case_id == case, messages.c.id <= self._last)
        if child is not None:
            wanted = wanted.where(messages.c.child == child)
        wanted = wanted.order_by(messages.c.sent_at, messages.c.id).limit(PAGE)
        where = place("messages", case)
        after: tuple[int, int] | None = None
        while True:
            page = wanted
            if after is not None:
                page = wanted.where(tuple_(messages.c.sent_at, messages.c.id) > after)
            with self._engine.connect() as connection:
                rows = connection.execute(page).all()
            for row in rows:
                yield _opened(row, self._vault, where)
            if len(rows) < PAGE:
                return
            after = (rows[-1].sent_at, rows[-1].id)

    def trail(self) -> Iterator[AuditEntry]:
        """What the audit holds of this case, in order, up to `entry`."""
        with self._engine.connect() as connection:
            yield from _trail(connection, self.case.summary.id, self.entry.number)


class Exporting(Reading):
    """What leaves the house."""

    @allows(Permission.CASE_EXPORT)
    def export_case(
        self, actor: Actor, case: int, purpose: str, *, draft: bool = False
    ) -> CaseExport:
        """Take all of a case, texts included, for a purpose that goes into the audit. Raises
        WrongState unless two people have agreed to a report (and it can no longer be undone) or
        to an export; `draft` takes it before that, where the actor may (`export.draft`)."""
        if draft:
            require(actor, Permission.EXPORT_DRAFT)
        with self._writing(actor) as work:
            row = work.case(case)
            authority = self._authority(work, case)
            if authority is None and not draft:
                raise WrongState(
                    f"two people have not agreed to a report or an export of case {case}; propose "
                    "it in the console, or make a draft"
                )
            end, viewers = _trail_of(work.connection, case)
            work.note(
                "case.export",
                case,
                version=row.version,
                purpose=purpose,
                authority=None if authority is None else f"{authority.kind} {authority.id}",
                trail=end,
            )
            found = self._case(work.connection, row, blind=False)
            taken = self._snapshots(work.connection, case)
            counts, redacted, last = _counts(work.connection, case)
        entry = self._last_entry(case, work.entries[-1])
        return CaseExport(
            case=found,
            purpose=purpose,
            authority=authority,
            by=actor.user,
            taken_at=work.at,
            entry=entry,
            trail_end=link(end, entry.hash),
            snapshots=taken,
            viewers=viewers,
            counts=counts,
            redacted=redacted,
            _engine=self._engine,
            _vault=self._vault,
            _last=last,
        )

    @allows(Permission.CASE_EXPORT)
    def note_export(
        self, actor: Actor, case: int, kind: str, sha256: str, place: Path | None = None
    ) -> None:
        """Put into the audit what was made of an export (such as ``bag``), and its hash. `place`:
        the folder or file it was put into, to be found again when it is to be destroyed."""
        body = None if place is None else _listed(place)
        with self._writing(actor) as work:
            work.case(case)
            if body is not None:
                work.connection.execute(
                    insert(kept_files).values(
                        case_id=case,
                        kind=kind,
                        made_at=work.at,
                        body=self._seal(body, "kept_files", case),
                    )
                )
            work.note("case.exported", case, kind=kind, sha256=sha256)

    @allows(Permission.CASE_READ)
    def text_counts(self, actor: Actor, case: int) -> tuple[int, int, bool]:
        """Messages with a text that may leave; those of them that a person had shown; and whether
        the time zone of one of the account's is known. Opens no text."""
        may_leave = and_(
            messages.c.case_id == case,
            messages.c.body.is_not(None),
            messages.c.redacted.is_(False),
        )
        with self._reading() as connection:
            texts = connection.execute(select(func.count()).where(may_leave)).scalar_one()
            shown = select(reveals.c.message_id).where(reveals.c.case_id == case)
            read = connection.execute(
                select(func.count()).where(may_leave, messages.c.id.in_(shown))
            ).scalar_one()
            sources = connection.execute(
                select(messages.c.particulars).where(
                    messages.c.case_id == case,
                    messages.c.from_account.is_(True),
                    messages.c.particulars.like('%"tz_basis"%'),
                ),
                execution_options={"yield_per": PAGE},
            ).scalars()
            bases = (json.loads(each)["source"].get("tz_basis") for each in sources)
            timed = any(each not in ("", "unknown") for each in bases)
        return texts, read, timed

    def _authority(self, work: Work, case: int) -> Authority | None:
        reporting = [
            name for name, each in actions.shipped().actions.items() if each.to == "escalated"
        ]
        decision = work.connection.execute(
            select(decisions)
            .where(
                decisions.c.case_id == case,
                decisions.c.action.in_(reporting),
                decisions.c.status == "stands",
                decisions.c.second_user.is_not(None),
                decisions.c.effective_at <= work.at,
            )
            .order_by(decisions.c.id.desc())
        ).first()
        if decision is not None:
            return _authority_of(decision, "decision", decision.action)
        proposal = work.connection.execute(
            select(proposals)
            .where(
                proposals.c.case_id == case,
                proposals.c.kind == "export",
                proposals.c.status == "approved",
            )
            .order_by(proposals.c.id.desc())
        ).first()
        return None if proposal is None else _authority_of(proposal, "export", "")

    def _snapshots(self, connection: Connection, case: int) -> tuple[Snapshot, ...]:
        rows = connection.execute(
            select(snapshots.c.body).where(snapshots.c.case_id == case).order_by(snapshots.c.id)
        ).scalars()
        return tuple(
            msgspec.json.decode(self._vault.open(body, place("snapshots", case)), type=Snapshot)
            for body in rows
        )

    def _last_entry(self, case: int, wanted: AuditEntry) -> AuditEntry:
        """The entry as it stands in the audit, now that it has its number and hashes."""
        with self._reading() as connection:
            row = connection.execute(
                select(trail)
                .where(
                    trail.c.case_id == case,
                    trail.c.action == wanted.action,
                    trail.c.user_name == wanted.user,
                    trail.c.at == wanted.at,
                    trail.c.detail == audit.canonical(wanted.detail).decode(),
                )
                .order_by(trail.c.number.desc())
            ).first()
        if row is None:  # pragma: no cover - it was committed just now
            raise WrongState("the audit does not hold what was just written")
        return audit.entry_of(row)


def _listed(place: Path) -> str:
    """Where files are, and each with its hash, as JSON."""
    found = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
    hashes = {}
    for path in found:
        with path.open("rb") as file:
            name = "" if path == place else path.relative_to(place).as_posix()
            hashes[name] = hashlib.file_digest(file, "sha256").hexdigest()
    body = {"machine": socket.gethostname(), "folder": str(place.resolve()), "files": hashes}
    return json.dumps(body, sort_keys=True)


def _authority_of(row: Row[Any], kind: Any, what: str) -> Authority:
    return Authority(kind, row.id, what, row.by_user, row.at, row.second_user, row.second_at)


def _trail(connection: Connection, case: int, last: int | None = None) -> Iterator[AuditEntry]:
    after = 0
    while True:
        wanted = select(trail).where(trail.c.case_id == case, trail.c.number > after)
        if last is not None:
            wanted = wanted.where(trail.c.number <= last)
        rows = connection.execute(wanted.order_by(trail.c.number).limit(PAGE)).all()
        yield from (audit.entry_of(row) for row in rows)
        if len(rows) < PAGE:
            return
        after = rows[-1].number


def _trail_of(connection: Connection, case: int) -> tuple[str, tuple[Viewer, ...]]:
    """The end of a case's trail so far, and who saw what."""
    end = TRAIL_START
    views: dict[str, int] = defaultdict(int)
    revealed: dict[str, int] = defaultdict(int)
    times: dict[str, list[int]] = defaultdict(list)
    for entry in _trail(connection, case):
        end = link(end, entry.hash)
        if entry.action in ("case.view", "text.reveal"):
            views[entry.user] += entry.action == "case.view"
            revealed[entry.user] += len(entry.detail.get("messages", ()))
            times[entry.user] = [min([*times[entry.user][:1], entry.at]), entry.at]
    found = (
        Viewer(user, views[user], revealed[user], times[user][0], times[user][1])
        for user in sorted(times)
    )
    return end, tuple(found)


def _counts(connection: Connection, case: int) -> tuple[dict[str, int], int, int]:
    """Messages by child, the redacted ones, and the last id."""
    rows = connection.execute(
        select(messages.c.child, func.count(), func.min(messages.c.sent_at))
        .where(messages.c.case_id == case)
        .group_by(messages.c.child)
        .order_by(func.min(messages.c.sent_at), messages.c.child)
    ).all()
    redacted = connection.execute(
        select(func.count()).where(messages.c.case_id == case, messages.c.redacted.is_(True))
    ).scalar_one()
    last = connection.execute(
        select(func.max(messages.c.id)).where(messages.c.case_id == case)
    ).scalar_one()
    return {row[0]: row[1] for row in rows}, redacted, last or 0


def _opened(row: Row[Any], vault: Vault, where: str) -> Message:
    text = None
    if row.body is not None and not row.redacted:
        text = vault.open(row.body, where).decode("utf-8", "surrogatepass")
    return replace(message_of(row), text=text)
