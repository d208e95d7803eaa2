"""The queue: what to look at next, and who is at work on what."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, insert, or_, select, tuple_

from fieldfare.cases import urgency
from fieldfare.cases.desk import Desk, Work, summaries
from fieldfare.cases.errors import NotAllowed, Taken, WrongState
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.records import CaseSummary, Filters, Page
from fieldfare.cases.states import states
from fieldfare.cases.tables import cases, skips, tags
from fieldfare.vocabulary import InputError

MOST: Final = 200
"""Cases of one page."""

SKIP_REASONS: Final = (
    "conflict_of_interest",
    "language",
    "wellbeing",
    "needs_other_skills",
    "other",
)
"""Why somebody passes a case on. `wellbeing` is nobody's to question."""


class Queue(Desk):
    """Cases in the order of how imminent harm is, then by deadline."""

    @allows(Permission.QUEUE_READ)
    def queue(
        self,
        actor: Actor,
        filters: Filters | None = None,
        cursor: str | None = None,
        most: int = 50,
    ) -> Page:
        """A page of at most `most` cases (200 at the highest). `cursor` is `Page.next` of the page
        before; cases that come in meanwhile neither repeat nor hide others."""
        most = max(1, min(most, MOST))
        wanted = filtered(select(cases), filters or Filters(), self._clock())
        if cursor is not None:
            wanted = wanted.where(tuple_(cases.c.rank, cases.c.due_at, cases.c.id) > _place(cursor))
        wanted = wanted.order_by(cases.c.rank, cases.c.due_at, cases.c.id).limit(most + 1)
        with self._reading() as connection:
            rows = list(connection.execute(wanted).all())
            page = summaries(connection, rows[:most])
        more = f"{page[-1].rank}.{page[-1].due_at}.{page[-1].id}" if len(rows) > most else None
        return Page(page, more)

    @allows(Permission.QUEUE_READ)
    def counts(self, actor: Actor) -> dict[str, int]:
        """How many cases there are in each state; states without any are left out."""
        with self._reading() as connection:
            rows = connection.execute(
                select(cases.c.state, func.count()).group_by(cases.c.state)
            ).all()
        return {row[0]: row[1] for row in rows}

    @allows(Permission.CASE_CLAIM)
    def claim(
        self, actor: Actor, case: int | None = None, filters: Filters | None = None
    ) -> CaseSummary | None:
        """Take a case, or the first of the queue that nobody has and that the actor has not
        passed on: nobody else can have it until the lease ends. None: there is none. Raises Taken,
        or WrongState where nothing is to be decided on it now."""
        with self._writing(actor) as work:
            row = self._next(work, filters or Filters()) if case is None else work.case(case)
            if row is None:
                return None
            if row.state not in ("new", "in_review"):
                raise WrongState(
                    f"case {row.id} is '{states()[row.state].title}': nothing to claim"
                )
            if row.claimed_by != actor.user and _held(row, work.at):
                raise Taken(f"case {row.id} is {row.claimed_by}'s until the lease ends")
            until = work.at + self._settings.lease
            if row.claimed_by == actor.user and row.state == "in_review":
                self._extend(work, row, until)
            else:
                work.change(
                    row, "took it", state="in_review", claimed_by=actor.user, lease_until=until
                )
                work.note("case.claim", row.id)
            return summaries(work.connection, [work.case(row.id)])[0]

    @allows(Permission.CASE_CLAIM)
    def renew(self, actor: Actor, case: int) -> int:
        """Extend one's lease; until when it stands. Raises Taken where it is not one's own any
        more."""
        with self._writing(actor) as work:
            row = mine(work, case)
            until = work.at + self._settings.lease
            self._extend(work, row, until)
            return until

    @allows(Permission.CASE_CLAIM)
    def release(self, actor: Actor, case: int) -> None:
        """Give a case back to the queue."""
        with self._writing(actor) as work:
            _give_back(work, mine(work, case), "gave it back")
            work.note("case.release", case)

    @allows(Permission.CASE_CLAIM)
    def skip(self, actor: Actor, case: int, reason: str) -> None:
        """Pass a case on, for a reason of `SKIP_REASONS`: it is offered to others, and to the
        actor only where the actor asks for it. The reason is in the audit, for supervisors, and
        not in the case."""
        if reason not in SKIP_REASONS:
            raise InputError(f"no such reason to skip; choose from {', '.join(SKIP_REASONS)}")
        with self._writing(actor) as work:
            row = work.case(case)
            if row.claimed_by == actor.user:
                _give_back(work, row, "passed it on")
            work.connection.execute(
                insert(skips).values(case_id=case, user_name=actor.user, at=work.at, reason=reason)
            )
            work.note("case.skip", case, reason=reason)

    @allows(Permission.CASE_ASSIGN)
    def take_away(self, actor: Actor, case: int, reason: str) -> None:
        """Give somebody else's case back to the queue, as when that person is ill."""
        with self._writing(actor) as work:
            row = work.case(case)
            if row.claimed_by is None:
                raise WrongState(f"nobody has case {case}")
            _give_back(work, row, f"took it from {row.claimed_by}: {reason}")
            work.note("case.take_away", case, holder=row.claimed_by)

    def _next(self, work: Work, filters: Filters) -> Row[Any] | None:
        passed = exists().where(skips.c.case_id == cases.c.id, skips.c.user_name == work.actor.user)
        wanted = (
            filtered(select(cases), filters, work.at)
            .where(cases.c.state.in_(("new", "in_review")), _free(work.at), ~passed)
            .order_by(cases.c.rank, cases.c.due_at, cases.c.id)
            .limit(1)
        )
        return work.connection.execute(wanted).one_or_none()

    def _extend(self, work: Work, row: Row[Any], until: int) -> None:
        # Not a change: what is known about the case stays the same.
        work.connection.execute(
            cases.update().where(cases.c.id == row.id).values(lease_until=until)
        )


def mine(work: Work, case: int) -> Row[Any]:
    """The row of a case that the actor has claimed. Raises Taken, NotAllowed or WrongState."""
    row = work.case(case)
    if row.claimed_by not in (None, work.actor.user) and _held(row, work.at):
        raise Taken(f"case {case} is {row.claimed_by}'s until the lease ends")
    if row.claimed_by != work.actor.user:
        raise NotAllowed(f"claim case {case} first")
    return row


def _give_back(work: Work, row: Row[Any], what: str) -> None:
    state = "new" if row.state == "in_review" else row.state
    work.change(row, what, state=state, claimed_by=None, lease_until=None)


def _held(row: Row[Any], at: int) -> bool:
    return row.claimed_by is not None and row.lease_until is not None and row.lease_until > at


def _free(at: int) -> ColumnElement[bool]:
    return or_(cases.c.lease_until.is_(None), cases.c.lease_until <= at)


def filtered(wanted: Select[Any], filters: Filters, at: int) -> Select[Any]:
    """The query, narrowed to what the filters let through."""
    rules: list[ColumnElement[bool]] = [
        cases.c.state.in_(filters.states) if filters.states else cases.c.is_open.is_(True)
    ]
    if filters.levels:
        # By rank, which the index of the queue is made of.
        levels = [each.id for each in urgency.shipped().levels]
        ranks = [levels.index(each) for each in filters.levels if each in levels]
        rules.append(cases.c.rank.in_(ranks))
    for column, values in (
        (cases.c.band, filters.bands),
        (cases.c.origin, filters.origins),
    ):
        if values:
            rules.append(column.in_(values))
    if filters.tags:
        rules.append(exists().where(tags.c.case_id == cases.c.id, tags.c.tag.in_(filters.tags)))
    if filters.claimed_by is not None:
        rules.append(cases.c.claimed_by == filters.claimed_by)
    if filters.unclaimed:
        rules.append(_free(at))
    if filters.overdue:
        rules.append(and_(cases.c.due_at < at, cases.c.is_open.is_(True)))
    return wanted.where(*rules)


def _place(cursor: str) -> tuple[int, int, int]:
    try:
        rank, due_at, case = (int(part) for part in cursor.split("."))
    except ValueError:
        raise InputError("this is not the cursor of a page") from None
    return rank, due_at, case
