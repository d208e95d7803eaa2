"""Destruction: proposed when a clock ends, agreed to by a second person, carried out in steps.

`begin` writes down, by hash, what is to go; then whoever carries it out removes the files that were
made of the case (`reports.destruction`); `erase` takes everything out of the database in one
transaction; `scrub` what its files may still hold; and only then `done` says that it is destroyed.
Each step may be done again, so that a process killed anywhere is followed by one that goes on.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, Final

from sqlalchemy import Connection, Row, Table, delete, insert, select, update

from fieldfare.cases.clocks import Stage
from fieldfare.cases.database import scrub
from fieldfare.cases.desk import Work, place
from fieldfare.cases.errors import NotFound, WrongState
from fieldfare.cases.holding import Holding
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.report_tables import filing_files, filings
from fieldfare.cases.retention_records import (
    GOING_ON,
    Destruction,
    KeptFiles,
    Retention,
    day,
)
from fieldfare.cases.retention_tables import destructions, kept_files
from fieldfare.cases.tables import (
    cases,
    changes,
    decisions,
    indicators,
    messages,
    notes,
    people,
    proposals,
    reveals,
    skips,
    snapshots,
    tags,
    tasks,
    views,
)
from fieldfare.vocabulary.times import DAY

CONTENT: Final[tuple[tuple[str, Table], ...]] = (
    ("messages", messages),
    ("snapshots", snapshots),
    ("people", people),
    ("indicators", indicators),
    ("notes", notes),
    ("tasks", tasks),
    ("tags", tags),
    ("skips", skips),
    ("changes", changes),
    ("views", views),
    ("reveals", reveals),
)
"""What goes wholly with the content. Of decisions, reports and proposals their words go."""

REFUSED_FOR: Final = 30 * DAY
"""So long what somebody did not agree to is not proposed again. Where it must be kept, a hold says
so."""


class Destroying(Holding):
    """What is kept no longer."""

    @allows(Permission.RETENTION)
    def propose_destructions(self, actor: Actor) -> int:
        """Propose the destruction of everything whose clocks have ended, and nothing of which is
        held; how many. A second person agrees to each."""
        due = [each.case for each in self._closed() if self._is_due(each)]
        made = 0
        for case in due:
            with self._writing(actor) as work:
                found = self._retention(work.connection, case)
                if self._is_due(found):
                    payload = {"stage": found.stage, "ground": _ground(found)}
                    self._propose(work, "destruction", payload, case, None)
                    made += 1
        return made

    @allows(Permission.RETENTION_READ)
    def destructions(self, actor: Actor, case: int | None = None) -> tuple[Destruction, ...]:
        """Destructions that were agreed to, the latest first; of a case only, where given."""
        wanted = select(destructions).order_by(destructions.c.id.desc())
        if case is not None:
            wanted = wanted.where(destructions.c.case_id == case)
        with self._reading() as connection:
            return tuple(self._destruction(row) for row in connection.execute(wanted))

    @allows(Permission.RETENTION)
    def to_destroy(self, actor: Actor) -> tuple[Destruction, ...]:
        """Destructions to be carried out now, or gone on with: those that were agreed to so long
        ago that it can no longer be undone (by a hold), the oldest first."""
        undone = self._clock() - self._settings.undo_window
        return tuple(each for each in self._going_on() if each.agreed_at <= undone)

    @allows(Permission.RETENTION)
    def begin_destruction(self, actor: Actor, destruction: int) -> Destruction:
        """Write down what is to go, by kind, number and hash. Where it came to be held meanwhile it
        is stopped instead, and says why."""
        with self._writing(actor) as work:
            row = self._destruction_row(work.connection, destruction)
            if row.state != "agreed":
                return self._destruction(row)
            found = self._retention(work.connection, row.case_id)
            held = found.held(row.stage, work.at)
            if held:
                _set(work, row.id, state="stopped", stopped="; ".join(held))
                work.note("destruction.stop", row.case_id, destruction=row.id)
            else:
                manifest = self._manifest(work.connection, found, row.stage)
                _set(work, row.id, state="begun", begun_at=work.at, manifest=_json(manifest))
                work.note("destruction.begin", row.case_id, destruction=row.id, stage=row.stage)
            return self._destruction(self._destruction_row(work.connection, destruction))

    @allows(Permission.RETENTION)
    def files_of(self, actor: Actor, case: int) -> tuple[KeptFiles, ...]:
        """Where files that were made of a case were put."""
        with self._reading() as connection:
            rows = connection.execute(
                select(kept_files).where(kept_files.c.case_id == case).order_by(kept_files.c.id)
            ).all()
        return tuple(self._files(row) for row in rows)

    @allows(Permission.RETENTION)
    def note_files(self, actor: Actor, destruction: int, files: list[dict[str, Any]]) -> None:
        """Write down what became of the files; noted once, before any of them goes."""
        with self._writing(actor) as work:
            row = self._destruction_row(work.connection, destruction)
            manifest = self._destruction(row).manifest
            if row.state != "begun" or "files" in manifest:
                return
            _set(work, row.id, manifest=_json(manifest | {"files": files}))

    @allows(Permission.RETENTION)
    def erase(self, actor: Actor, destruction: int) -> None:
        """Take what was begun out of the database: all of it, or nothing. Raises WrongState where
        it was not begun, or its files were not seen to."""
        with self._writing(actor) as work:
            row = self._destruction_row(work.connection, destruction)
            if row.state in ("erased", "done"):
                return
            manifest = self._destruction(row).manifest
            if row.state != "begun" or (row.stage == "content" and "files" not in manifest):
                raise WrongState(f"destruction {destruction} has not come so far: {row.state}")
            if row.stage == "content":
                self._erase_content(work, row.case_id)
            else:
                # What other tables hold of it goes with it (ON DELETE CASCADE).
                work.connection.execute(delete(cases).where(cases.c.id == row.case_id))
            _set(work, row.id, state="erased", erased_at=work.at)
            sha256 = hashlib.sha256(row.manifest.encode()).hexdigest()
            work.note(
                "destruction.erase",
                row.case_id,
                destruction=row.id,
                stage=row.stage,
                manifest=sha256,
            )

    @allows(Permission.RETENTION)
    def finish_destructions(self, actor: Actor) -> tuple[Destruction, ...]:
        """Let the files of the database hold nothing any more of what was erased, and call that
        destroyed; those that now are. Where others read just now, next time."""
        erased = [each for each in self._going_on() if each.state == "erased"]
        if not erased or not scrub(self._engine):
            return ()
        with self._writing(actor) as work:
            for each in erased:
                _set(work, each.id, state="done", done_at=work.at)
                work.note("destruction.done", each.case, destruction=each.id, stage=each.stage)
        with self._reading() as connection:
            return tuple(
                self._destruction(self._destruction_row(connection, each.id)) for each in erased
            )

    def _is_due(self, found: Retention) -> bool:
        at = self._clock()
        going = found.is_proposed or found.destruction is not None
        refused = found.refused_at is not None and found.refused_at > at - REFUSED_FOR
        return not going and not refused and found.is_due(at)

    def _going_on(self) -> list[Destruction]:
        with self._reading() as connection:
            rows = connection.execute(
                select(destructions)
                .where(destructions.c.state.in_(GOING_ON))
                .order_by(destructions.c.id)
            ).all()
        return [self._destruction(row) for row in rows]

    def _destruction_agreed(self, work: Work, proposal: Row[Any]) -> None:
        """The second person agreed. Raises WrongState where it came to be held meanwhile."""
        payload = self._proposal(proposal).payload
        found = self._retention(work.connection, proposal.case_id)
        if found.stage != payload["stage"] or found.destruction is not None:
            raise WrongState("this was proposed of another stage of the case; refuse it")
        if not found.is_due(work.at):
            held = "; ".join(found.held(found.stage, work.at)) or "no clock is for it"
            raise WrongState(f"case {found.case} is held: {held}; refuse this")
        work.connection.execute(
            insert(destructions).values(
                case_id=proposal.case_id,
                stage=found.stage,
                state="agreed",
                ground=_json(_ground(found)),
                proposed_at=proposal.at,
                by_user=proposal.by_user,
                agreed_at=work.at,
                second_user=work.actor.user,
            )
        )
        row = work.case(proposal.case_id)
        work.change(row, f"agreed that its {found.stage} is destroyed")

    def _manifest(self, connection: Connection, found: Retention, stage: Stage) -> dict[str, Any]:
        case = found.case
        until = found.until("reference")
        kept = {
            "audit": "that this was done, by whom and when, without personal data",
            "reference": None if stage == "reference" or until is None else day(until),
        }
        if stage == "reference":
            tables = [("case", cases), ("reports", filings), ("decisions", decisions)]
        else:
            tables = [*CONTENT, ("decisions", decisions), ("reports", filings)]
        destroyed = [_digest(connection, kind, table, case) for kind, table in tables]
        seen = select(snapshots.c.sha256).where(snapshots.c.case_id == case)
        handed = connection.execute(seen.order_by(snapshots.c.id)).scalars()
        return {
            "destroyed": [each for each in destroyed if each["number"]],
            "snapshots": list(handed),
            "kept": kept,
        }

    def _erase_content(self, work: Work, case: int) -> None:
        run = work.connection.execute
        own = select(filings.c.id).where(filings.c.case_id == case)
        run(delete(filing_files).where(filing_files.c.filing_id.in_(own)))
        run(delete(proposals).where(proposals.c.case_id == case, proposals.c.kind == "export"))
        run(delete(proposals).where(proposals.c.case_id == case, proposals.c.kind == "unredact"))
        for _, table in CONTENT:
            run(delete(table).where(table.c.case_id == case))
        run(delete(kept_files).where(kept_files.c.case_id == case))
        run(
            update(decisions)
            .where(decisions.c.case_id == case)
            .values(rationale=self._seal("", "decisions", case), second_rationale=None)
        )
        run(
            update(proposals)
            .where(proposals.c.case_id == case, proposals.c.reason.is_not(None))
            .values(reason=self._seal("", "proposals", case))
        )
        run(
            update(filings)
            .where(filings.c.case_id == case)
            .values(
                package=self._vault.seal(b"", place("filings", case)), answer=None, problem=None
            )
        )
        run(
            update(cases)
            .where(cases.c.id == case)
            .values(
                content_destroyed_at=work.at,
                updated_at=work.at,
                probability=0.0,
                signs="[]",
                children=0,
                youngest=None,
                countries="[]",
            )
        )

    def _destruction_row(self, connection: Connection, destruction: int) -> Row[Any]:
        row = connection.execute(
            select(destructions).where(destructions.c.id == destruction)
        ).one_or_none()
        if row is None:
            raise NotFound(f"there is no destruction {destruction}")
        return row

    def _destruction(self, row: Row[Any]) -> Destruction:
        return Destruction(
            id=row.id,
            case=row.case_id,
            stage=row.stage,
            state=row.state,
            ground=tuple(json.loads(row.ground)),
            proposed_at=row.proposed_at,
            by=row.by_user,
            agreed_at=row.agreed_at,
            second=row.second_user,
            begun_at=row.begun_at,
            erased_at=row.erased_at,
            done_at=row.done_at,
            manifest={} if row.manifest is None else json.loads(row.manifest),
            stopped=row.stopped or "",
        )

    def _files(self, row: Row[Any]) -> KeptFiles:
        body = json.loads(self._open(row.body, "kept_files", row.case_id))
        return KeptFiles(
            row.id, row.kind, row.made_at, body["machine"], body["folder"], body["files"]
        )


def _ground(found: Retention) -> list[dict[str, Any]]:
    """The clocks that have ended, and what says how long they are."""
    return [
        {
            "clock": each.name,
            "title": each.clock.title,
            "basis": each.clock.basis,
            "source": each.clock.source,
            "mark": each.clock.mark,
            "jurisdiction": each.clock.jurisdiction,
            "started_at": each.started_at,
            "ends_at": each.ends_at,
        }
        for each in found.clocks
        if each.clock.keeps == found.stage or found.stage == "reference"
    ]


def _digest(connection: Connection, kind: str, table: Table, case: int) -> dict[str, Any]:
    """How many rows of a case a table holds, and one hash over all of them, as they are stored."""
    key = table.c.id if table is cases else table.c.case_id
    order = list(table.primary_key.columns) or list(table.columns)
    hashed, number = hashlib.sha256(), 0
    rows = connection.execute(
        select(table).where(key == case).order_by(*order),
        execution_options={"stream_results": True, "yield_per": 2_000},
    )
    for row in rows:
        number += 1
        values = [each.hex() if isinstance(each, bytes) else each for each in row]
        hashed.update(json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n")
    return {"kind": kind, "number": number, "sha256": hashed.hexdigest()}


def _set(work: Work, destruction: int, **values: Any) -> None:
    work.connection.execute(
        update(destructions).where(destructions.c.id == destruction).values(**values)
    )


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
