"""What people add to a case: notes, tags, tasks, linked accounts, redactions; and to many."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Final, Literal

from sqlalchemy import delete, insert, select, update

from fieldfare.cases.desk import Work
from fieldfare.cases.errors import CaseError, NotFound
from fieldfare.cases.permissions import Actor, Permission, allows, require
from fieldfare.cases.reading import Reading
from fieldfare.cases.records import BulkResult, Note, Task
from fieldfare.cases.tables import mentions, messages, notes, people, tags, tasks, users
from fieldfare.vocabulary import InputError

LONGEST_TEXT: Final = 20_000
"""Characters of a note or a task."""
_TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_MENTION = re.compile(r"(?<![\w@])@([\w.-]+)")
MOST_AT_ONCE: Final = 500
"""Cases of one bulk action."""

BulkAction = Literal["tag", "untag", "take_away"]


class Noting(Reading):
    """Notes with mentions, tags, tasks, links to other accounts."""

    @allows(Permission.CASE_NOTE)
    def add_note(self, actor: Actor, case: int, text: str) -> Note:
        """Write a note; users named with ``@name`` find it among their mentions."""
        _check_text(text)
        with self._writing(actor) as work:
            row = work.case(case)
            named = sorted({name.rstrip(".-") for name in _MENTION.findall(text)})
            known = tuple(
                work.connection.execute(
                    select(users.c.name).where(users.c.name.in_(named)).order_by(users.c.name)
                ).scalars()
            )
            note: int = work.connection.execute(
                insert(notes)
                .values(
                    case_id=case,
                    at=work.at,
                    by_user=actor.user,
                    mentions=json.dumps(known),
                    body=self._seal(text, "notes", case),
                )
                .returning(notes.c.id)
            ).scalar_one()
            if known:
                work.connection.execute(
                    insert(mentions), [{"note_id": note, "user_name": name} for name in known]
                )
            work.change(row, "wrote a note")
            work.note("case.note", case, note=note, mentions=list(known))
            return Note(note, work.at, actor.user, text, known)

    @allows(Permission.EXPOSURE_OWN)
    def my_mentions(self, actor: Actor) -> tuple[tuple[int, int], ...]:
        """Notes that name the actor and were not seen: (case, note), the oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                select(notes.c.case_id, notes.c.id)
                .join(mentions, mentions.c.note_id == notes.c.id)
                .where(mentions.c.user_name == actor.user, mentions.c.seen_at.is_(None))
                .order_by(notes.c.id)
            ).all()
        return tuple((row.case_id, row.id) for row in rows)

    @allows(Permission.EXPOSURE_OWN)
    def seen_mention(self, actor: Actor, note: int) -> None:
        """The actor has seen a note that names it."""
        with self._writing(actor) as work:
            work.connection.execute(
                update(mentions)
                .where(mentions.c.note_id == note, mentions.c.user_name == actor.user)
                .values(seen_at=work.at)
            )

    @allows(Permission.CASE_NOTE)
    def tag(self, actor: Actor, case: int, tag: str) -> None:
        """Put a tag on a case: lower-case letters, digits and hyphens, at most 40."""
        _check_tag(tag)
        with self._writing(actor) as work:
            _tag(work, case, tag)

    @allows(Permission.CASE_NOTE)
    def untag(self, actor: Actor, case: int, tag: str) -> None:
        """Take a tag off a case."""
        with self._writing(actor) as work:
            _untag(work, case, tag)

    @allows(Permission.CASE_NOTE)
    def add_task(
        self,
        actor: Actor,
        case: int,
        text: str,
        assigned_to: str | None = None,
        due_at: int | None = None,
    ) -> Task:
        """Note down something that is to be done about a case, by somebody or anybody."""
        _check_text(text)
        with self._writing(actor) as work:
            row = work.case(case)
            if (
                assigned_to is not None
                and not work.connection.execute(
                    select(users.c.name).where(users.c.name == assigned_to)
                ).first()
            ):
                raise NotFound(f"there is no user '{assigned_to}'")
            task = self._insert_task(work, case, text, assigned_to, due_at)
            work.change(row, "added a task")
            work.note("case.task", case, task=task, assigned_to=assigned_to)
            return Task(task, case, work.at, actor.user, text, assigned_to, due_at, None, None)

    @allows(Permission.CASE_NOTE)
    def finish_task(self, actor: Actor, task: int) -> None:
        """A task is done. Raises NotFound where it is done already or was never there."""
        with self._writing(actor) as work:
            row = work.connection.execute(
                select(tasks).where(tasks.c.id == task, tasks.c.done_at.is_(None))
            ).one_or_none()
            if row is None:
                raise NotFound(f"there is no open task {task}")
            work.connection.execute(
                update(tasks).where(tasks.c.id == task).values(done_at=work.at, done_by=actor.user)
            )
            work.change(work.case(row.case_id), "finished a task")
            work.note("case.task_done", row.case_id, task=task)

    @allows(Permission.CASE_READ)
    def my_tasks(self, actor: Actor) -> tuple[Task, ...]:
        """Open tasks of the actor's, those due first before the others."""
        with self._reading() as connection:
            rows = connection.execute(
                select(tasks)
                .where(tasks.c.assigned_to == actor.user, tasks.c.done_at.is_(None))
                .order_by(tasks.c.due_at.is_(None), tasks.c.due_at, tasks.c.id)
            ).all()
        return tuple(self._task(row) for row in rows)

    @allows(Permission.CASE_NOTE)
    def link_account(self, actor: Actor, case: int, account: str, why: str) -> None:
        """Say that another account seems to be the same person's; `why` becomes a note."""
        if not account or not why.strip():
            raise InputError("name the account, and say why it is linked")
        with self._writing(actor) as work:
            row = work.case(case)
            there = work.connection.execute(
                select(people).where(
                    people.c.case_id == case,
                    people.c.account == account,
                    people.c.part == "linked",
                )
            ).first()
            if there is not None:
                return
            work.connection.execute(
                insert(people).values(
                    case_id=case, account=account, part="linked", added_by=actor.user
                )
            )
            work.connection.execute(
                insert(notes).values(
                    case_id=case,
                    at=work.at,
                    by_user=actor.user,
                    mentions="[]",
                    body=self._seal(f"Linked {account}: {why}", "notes", case),
                )
            )
            work.change(row, "linked another account")
            work.note("case.link", case)

    @allows(Permission.CASE_NOTE)
    def redact(self, actor: Actor, case: int, ids: Sequence[int], why: str) -> int:
        """Black out messages for everybody, as what identifies a bystander; how many. To undo it
        takes two people (`propose` with ``unredact``)."""
        if not why.strip():
            raise InputError("say why it is blacked out")
        with self._writing(actor) as work:
            row = work.case(case)
            done = work.connection.execute(
                update(messages)
                .where(
                    messages.c.case_id == case,
                    messages.c.id.in_(list(ids)),
                    messages.c.redacted.is_(False),
                )
                .values(redacted=True)
            ).rowcount
            if done:
                work.change(row, f"redacted {done} messages")
                work.note("case.redact", case, messages=sorted(ids))
            return done

    @allows(Permission.CASE_BULK)
    def bulk(
        self,
        actor: Actor,
        cases: Sequence[int],
        action: BulkAction,
        value: str = "",
        *,
        dry_run: bool = True,
    ) -> BulkResult:
        """The same for many cases: put a tag on or off (`value`), or give them back to the queue
        (`value`: why). With `dry_run` it only says what would be done. Decisions are made one by
        one, by somebody who has looked."""
        if len(cases) > MOST_AT_ONCE:
            raise InputError(f"at most {MOST_AT_ONCE} cases at once")
        if action == "take_away":
            require(actor, Permission.CASE_ASSIGN)
        elif action in ("tag", "untag"):
            _check_tag(value)
        else:
            raise InputError("choose tag, untag or take_away")
        done: list[int] = []
        refused: dict[int, str] = {}
        with self._writing(actor) as work:
            for case in dict.fromkeys(cases):
                try:
                    _check_bulk(work, case, action)
                except CaseError as error:
                    refused[case] = str(error)
                    continue
                if not dry_run:
                    _bulk(work, case, action, value)
                done.append(case)
            work.note("bulk", None, what=action, dry_run=dry_run, cases=done)
        return BulkResult(dry_run, tuple(done), refused)


def _check_bulk(work: Work, case: int, action: BulkAction) -> None:
    row = work.case(case)
    if action == "take_away" and row.claimed_by is None:
        raise NotFound(f"nobody has case {case}")


def _bulk(work: Work, case: int, action: BulkAction, value: str) -> None:
    if action == "tag":
        _tag(work, case, value)
    elif action == "untag":
        _untag(work, case, value)
    else:
        row = work.case(case)
        values: dict[str, Any] = {"claimed_by": None, "lease_until": None}
        if row.state == "in_review":
            values["state"] = "new"
        work.change(row, f"took it from {row.claimed_by}: {value}", **values)
        work.note("case.take_away", case, holder=row.claimed_by)


def _tag(work: Work, case: int, tag: str) -> None:
    row = work.case(case)
    wanted = select(tags).where(tags.c.case_id == case, tags.c.tag == tag)
    if work.connection.execute(wanted).first() is None:
        work.connection.execute(insert(tags).values(case_id=case, tag=tag))
        work.change(row, f"tagged it {tag}")
        work.note("case.tag", case, tag=tag)


def _untag(work: Work, case: int, tag: str) -> None:
    row = work.case(case)
    gone = work.connection.execute(
        delete(tags).where(tags.c.case_id == case, tags.c.tag == tag)
    ).rowcount
    if gone:
        work.change(row, f"took the tag {tag} off")
        work.note("case.untag", case, tag=tag)


def _check_tag(tag: str) -> None:
    if not _TAG.fullmatch(tag):
        raise InputError("a tag is lower-case letters, digits and hyphens, at most 40 of them")


def _check_text(text: str) -> None:
    if not text.strip() or len(text) > LONGEST_TEXT:
        raise InputError(f"write something, of at most {LONGEST_TEXT:,} characters")
