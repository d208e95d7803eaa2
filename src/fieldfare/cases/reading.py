"""What is in a case: looked at, and revealed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, func, insert, or_, select, tuple_

from fieldfare.cases.desk import Desk, Work, case_row, summaries
from fieldfare.cases.errors import Destroyed, NotFound
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.records import (
    Assessment,
    Case,
    CaseSummary,
    Change,
    Decision,
    Message,
    Note,
    Particulars,
    Task,
)
from fieldfare.cases.tables import (
    cases,
    changes,
    decisions,
    messages,
    notes,
    people,
    reveals,
    samples,
    snapshots,
    tasks,
    views,
)
from fieldfare.scan.snapshot import Snapshot, Span
from fieldfare.vocabulary import InputError

MOST_MESSAGES: Final = 1_000
"""Messages of one page of a conversation, and texts revealed at once."""

GRAVE: Final = frozenset({"photo_request", "meeting_travel", "pressure", "compliance_testing"})
"""Indicators whose messages weigh on those who read them."""


class Reading(Desk):
    """A case and its conversations."""

    @allows(Permission.CASE_READ)
    def get(self, actor: Actor, case: int) -> Case:
        """All of a case but its messages. That it was looked at goes into the audit. For somebody
        who has it for a blind second review, without what others thought of it. Raises Destroyed
        where its content was."""
        with self._writing(actor) as work:
            row = work.case(case)
            blind = _is_blind(work, case)
            work.note("case.view", case, version=row.version, blind=blind)
            work.connection.execute(
                insert(views).values(case_id=case, user_name=actor.user, at=work.at)
            )
            return self._case(work.connection, row, blind=blind)

    @allows(Permission.CASE_LIST)
    def list_cases(self, actor: Actor, after: int = 0, most: int = 100) -> tuple[CaseSummary, ...]:
        """Cases in the order of their numbers, those above `after`."""
        with self._reading() as connection:
            rows = connection.execute(
                select(cases).where(cases.c.id > after).order_by(cases.c.id).limit(most)
            ).all()
            return summaries(connection, list(rows))

    @allows(Permission.CASE_LIST)
    def summary(self, actor: Actor, case: int) -> CaseSummary:
        """One case as a row of the queue. Raises NotFound."""
        with self._reading() as connection:
            return summaries(connection, [case_row(connection, case)])[0]

    @allows(Permission.CASE_LIST)
    def summaries_of(self, actor: Actor, ids: Sequence[int]) -> tuple[CaseSummary, ...]:
        """Some cases as rows of the queue, by number; those that are gone are left out."""
        with self._reading() as connection:
            rows = connection.execute(
                select(cases).where(cases.c.id.in_(list(ids))).order_by(cases.c.id)
            ).all()
            return summaries(connection, list(rows))

    @allows(Permission.CASE_READ)
    def conversation(
        self,
        actor: Actor,
        case: int,
        child: str | None = None,
        *,
        after: tuple[int, int] | None = None,
        most: int = 200,
    ) -> tuple[Message, ...]:
        """Messages with one child, or with all, in order of time; the text of each masked.
        `after`: (`sent_at`, `id`) of the last message of the page before."""
        wanted = select(messages).where(messages.c.case_id == case)
        if child is not None:
            wanted = wanted.where(messages.c.child == child)
        if after is not None:
            wanted = wanted.where(tuple_(messages.c.sent_at, messages.c.id) > after)
        wanted = wanted.order_by(messages.c.sent_at, messages.c.id)
        with self._reading() as connection:
            case_row(connection, case)
            rows = connection.execute(wanted.limit(max(1, min(most, MOST_MESSAGES)))).all()
        return tuple(message_of(row) for row in rows)

    @allows(Permission.CASE_READ)
    def messages_of(self, actor: Actor, case: int, ids: Sequence[int]) -> tuple[Message, ...]:
        """Some messages of a case, by their ids here, in order of time, masked. Raises NotFound
        where one of them is not in it."""
        wanted = sorted(set(ids))
        if len(wanted) > MOST_MESSAGES:
            raise InputError(f"at most {MOST_MESSAGES} messages can be asked for at once")
        with self._reading() as connection:
            rows = connection.execute(
                select(messages)
                .where(messages.c.case_id == case, messages.c.id.in_(wanted))
                .order_by(messages.c.sent_at, messages.c.id)
            ).all()
        if len(rows) < len(wanted):
            missing = set(wanted) - {row.id for row in rows}
            raise NotFound(f"case {case} has no message {min(missing)}")
        return tuple(message_of(row) for row in rows)

    @allows(Permission.CASE_READ)
    def around(
        self, actor: Actor, case: int, message: int, before: int = 5, after: int = 5
    ) -> tuple[Message, ...]:
        """A message with those before and after it in its conversation, masked."""
        with self._reading() as connection:
            row = self._message_row(connection, case, message)
            place = (row.sent_at, row.id)
            at = tuple_(messages.c.sent_at, messages.c.id)
            same = select(messages).where(messages.c.case_id == case, messages.c.child == row.child)
            earlier = connection.execute(
                same.where(at < place)
                .order_by(messages.c.sent_at.desc(), messages.c.id.desc())
                .limit(min(before, MOST_MESSAGES))
            ).all()
            later = connection.execute(
                same.where(at > place)
                .order_by(messages.c.sent_at, messages.c.id)
                .limit(min(after, MOST_MESSAGES))
            ).all()
        return tuple(message_of(each) for each in (*reversed(earlier), row, *later))

    @allows(Permission.CASE_READ)
    def moments(self, actor: Actor, case: int) -> tuple[Message, ...]:
        """Every message that shows an indicator, in order of time, masked: for the timeline."""
        with self._reading() as connection:
            rows = connection.execute(
                select(messages)
                .where(messages.c.case_id == case, messages.c.indicators != "[]")
                .order_by(messages.c.sent_at, messages.c.id)
            ).all()
        return tuple(message_of(row) for row in rows)

    @allows(Permission.TEXT_REVEAL)
    def reveal(self, actor: Actor, case: int, ids: Sequence[int]) -> dict[int, str]:
        """The texts of some messages of a case, by their ids here; those that have none or are
        redacted are left out. Goes into the audit and counts as exposure."""
        wanted = sorted(set(ids))
        if len(wanted) > MOST_MESSAGES:
            raise InputError(f"at most {MOST_MESSAGES} messages can be revealed at once")
        with self._writing(actor) as work:
            work.case(case)
            rows = work.connection.execute(
                select(messages).where(
                    messages.c.case_id == case,
                    messages.c.id.in_(wanted),
                    messages.c.body.is_not(None),
                    messages.c.redacted.is_(False),
                )
            ).all()
            texts = {row.id: self._open(row.body, "messages", case) for row in rows}
            if rows:
                work.connection.execute(
                    insert(reveals),
                    [
                        {
                            "message_id": row.id,
                            "case_id": case,
                            "user_name": actor.user,
                            "at": work.at,
                            "grave": bool(GRAVE & set(json.loads(row.indicators))),
                        }
                        for row in rows
                    ],
                )
            work.note("text.reveal", case, messages=sorted(texts))
            return texts

    def _message_row(self, connection: Connection, case: int, message: int) -> Row[Any]:
        row = connection.execute(
            select(messages).where(messages.c.case_id == case, messages.c.id == message)
        ).one_or_none()
        if row is None:
            raise NotFound(f"case {case} has no message {message}")
        return row

    def _snapshot(self, connection: Connection, case: int) -> tuple[Snapshot, list[Row[Any]]]:
        """The newest snapshot of a case, without its messages; and the rows of all, the oldest
        first."""
        rows = connection.execute(
            select(snapshots).where(snapshots.c.case_id == case).order_by(snapshots.c.id)
        ).all()
        if not rows:
            raise Destroyed(f"the content of case {case} was destroyed; its reference is kept")
        body = self._vault.open(rows[-1].body, f"snapshots/{case}")
        return msgspec.json.decode(body, type=Snapshot), list(rows)

    def _case(self, connection: Connection, row: Row[Any], *, blind: bool) -> Case:
        snapshot, history = self._snapshot(connection, row.id)
        count = connection.execute(
            select(func.count()).select_from(messages).where(messages.c.case_id == row.id)
        ).scalar_one()
        linked = connection.execute(
            select(people.c.account)
            .where(people.c.case_id == row.id, people.c.part == "linked")
            .order_by(people.c.account)
        ).scalars()
        summary = summaries(connection, [row])[0]
        return Case(
            summary=replace(summary, tags=(), state="in_review") if blind else summary,
            name=snapshot.name,
            age=snapshot.age,
            age_basis=snapshot.age_basis,
            country=snapshot.country,
            as_of=snapshot.as_of,
            first_flagged_at=snapshot.first_flagged_at,
            scorecard=snapshot.scorecard,
            snapshot_sha256=history[-1].sha256,
            reasons=snapshot.reasons,
            children=snapshot.children,
            ties=snapshot.ties,
            notices=snapshot.notices,
            linked=tuple(linked),
            messages=count,
            messages_left_out=snapshot.messages_left_out,
            assessments=tuple(
                Assessment(each.as_of, each.taken_at, each.band, each.probability, each.scorecard)
                for each in history
            ),
            notes=() if blind else self._notes(connection, row.id),
            tasks=() if blind else self._tasks(connection, row.id),
            decisions=() if blind else self._decisions(connection, row.id),
            changes=() if blind else changes_of(connection, row.id),
            blind=blind,
        )

    def _notes(self, connection: Connection, case: int) -> tuple[Note, ...]:
        rows = connection.execute(
            select(notes).where(notes.c.case_id == case).order_by(notes.c.id)
        ).all()
        return tuple(
            Note(
                row.id,
                row.at,
                row.by_user,
                self._open(row.body, "notes", case),
                tuple(json.loads(row.mentions)),
            )
            for row in rows
        )

    def _tasks(self, connection: Connection, case: int) -> tuple[Task, ...]:
        rows = connection.execute(
            select(tasks).where(tasks.c.case_id == case).order_by(tasks.c.id)
        ).all()
        return tuple(self._task(row) for row in rows)

    def _task(self, row: Row[Any]) -> Task:
        return Task(
            row.id,
            row.case_id,
            row.at,
            row.by_user,
            self._open(row.body, "tasks", row.case_id),
            row.assigned_to,
            row.due_at,
            row.done_at,
            row.done_by,
        )

    def _insert_task(
        self,
        work: Work,
        case: int,
        text: str,
        assigned_to: str | None = None,
        due_at: int | None = None,
    ) -> int:
        task: int = work.connection.execute(
            insert(tasks)
            .values(
                case_id=case,
                at=work.at,
                by_user=work.actor.user,
                body=self._seal(text, "tasks", case),
                assigned_to=assigned_to,
                due_at=due_at,
            )
            .returning(tasks.c.id)
        ).scalar_one()
        return task

    def _decisions(self, connection: Connection, case: int) -> tuple[Decision, ...]:
        rows = connection.execute(
            select(decisions)
            .where(decisions.c.case_id == case, decisions.c.blind.is_(False))
            .order_by(decisions.c.id)
        ).all()
        return tuple(self._decision(row) for row in rows)

    def _decision(self, row: Row[Any]) -> Decision:
        second = row.second_rationale
        return Decision(
            id=row.id,
            case=row.case_id,
            action=row.action,
            reasons=tuple(json.loads(row.reasons)),
            rationale=self._open(row.rationale, "decisions", row.case_id),
            at=row.at,
            by=row.by_user,
            status=row.status,
            second=row.second_user,
            second_at=row.second_at,
            second_rationale="" if second is None else self._open(second, "decisions", row.case_id),
            effective_at=row.effective_at,
            blind=row.blind,
        )


def changes_of(connection: Connection, case: int, after: int = 0) -> tuple[Change, ...]:
    """The changes of a case that made versions above `after`, the oldest first."""
    rows = connection.execute(
        select(changes)
        .where(changes.c.case_id == case, changes.c.version > after)
        .order_by(changes.c.version, changes.c.id)
    ).all()
    return tuple(Change(row.version, row.at, row.by_user, row.what) for row in rows)


def _is_blind(work: Work, case: int) -> bool:
    """Whether the actor has this case for a blind second review."""
    found = work.connection.execute(
        select(samples.c.id).where(
            samples.c.case_id == case,
            samples.c.reviewer == work.actor.user,
            samples.c.second_decision.is_(None),
            or_(samples.c.lease_until.is_(None), samples.c.lease_until > work.at),
        )
    ).first()
    return found is not None


_SPANS: Final = msgspec.json.Decoder(list[tuple[str, int, int]])
_NAMES: Final = msgspec.json.Decoder(tuple[str, ...])
_PARTICULARS: Final = msgspec.json.Decoder(Particulars)


def message_of(row: Row[Any]) -> Message:
    """A row of `tables.messages`, without its text."""
    particulars = None if row.particulars is None else _PARTICULARS.decode(row.particulars)
    return Message(
        id=row.id,
        message=row.message,
        child=row.child,
        from_account=row.from_account,
        sent_at=row.sent_at,
        indicators=_NAMES.decode(row.indicators),
        spans=tuple(Span(*each) for each in _SPANS.decode(row.spans)),
        length=row.length,
        origin=row.origin,
        redacted=row.redacted,
        source=None if particulars is None else particulars.source,
        media=() if particulars is None else particulars.media,
        standing="" if particulars is None else particulars.standing,
    )
