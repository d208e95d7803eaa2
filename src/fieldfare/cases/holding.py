"""What is kept, until when and why: the clocks of every case, and the holds on it."""

from __future__ import annotations

from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from fieldfare.cases import actions
from fieldfare.cases.clocks import Happened, running
from fieldfare.cases.desk import MANY, Work
from fieldfare.cases.errors import NotFound, WrongState
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.proposing import Proposing
from fieldfare.cases.records import Proposal
from fieldfare.cases.report_tables import filings
from fieldfare.cases.retention_records import (
    GOING_ON,
    Destruction,
    Hold,
    HoldKind,
    Retention,
)
from fieldfare.cases.retention_tables import destructions, holds
from fieldfare.cases.tables import audit as trail
from fieldfare.cases.tables import cases, decisions, proposals
from fieldfare.vocabulary import InputError

_COLUMNS: Final = (
    cases.c.id,
    cases.c.account,
    cases.c.state,
    cases.c.is_open,
    cases.c.closed_at,
    cases.c.content_destroyed_at,
)


class Holding(Proposing):
    """Clocks and holds."""

    @allows(Permission.CASE_READ)
    def retention(self, actor: Actor, case: int) -> Retention:
        """What of a case is kept, until when and why."""
        with self._reading() as connection:
            return self._retention(connection, case)

    @allows(Permission.RETENTION_READ)
    def retentions(self, actor: Actor, ids: Sequence[int] | None = None) -> Iterator[Retention]:
        """The same of every case, or some, in the order of their numbers, without the words of
        holds: no key is needed. In flat memory."""
        wanted = select(*_COLUMNS)
        return self._all(wanted if ids is None else wanted.where(cases.c.id.in_(ids)))

    @allows(Permission.HOLD_PLACE)
    def place_hold(
        self,
        actor: Actor,
        case: int,
        reason: str,
        jurisdiction: str,
        kind: HoldKind = "legal",
        at: int | None = None,
    ) -> int:
        """Place a hold, with its reason; its number. A legal hold stands until two people release
        it. A preservation request starts the clocks for such; `at`: when it came, default now."""
        if not reason.strip() or not jurisdiction.strip():
            raise InputError("say why it is held, and by whose law or court")
        with self._writing(actor) as work:
            if at is not None and at > work.at:
                raise InputError("a request that has not come yet holds nothing")
            return self._place(work, case, reason, jurisdiction, kind, at=at)

    @allows(Permission.HOLD_PLACE)
    def propose_release(self, actor: Actor, hold: int, reason: str) -> Proposal:
        """Propose that a hold is released, and why; a second person agrees. Raises WrongState for
        one that was released, or that is the live service's."""
        if not reason.strip():
            raise InputError("say why it need not be kept any more")
        with self._writing(actor) as work:
            row = _standing(work, hold)
            open_ = select(proposals).where(
                proposals.c.case_id == row.case_id,
                proposals.c.kind == "hold_release",
                proposals.c.status == "open",
            )
            for each in work.connection.execute(open_).all():
                if self._proposal(each).payload.get("hold") == hold:
                    raise WrongState(f"the release of hold {hold} is proposed already")
            payload = {"hold": hold, "reason": reason}
            number = self._propose(work, "hold_release", payload, row.case_id, None)
            return self._one(work.connection, number)

    @allows(Permission.RETENTION)
    def follow_service(self, actor: Actor, standing: Sequence[tuple[int, str, str, str]]) -> int:
        """Let the live service's legal holds on accounts (number, account, reason, jurisdiction)
        hold the cases of those accounts, and those that it lifted hold them no more; how many
        changed."""
        if not self._differ(standing):
            return 0
        with self._writing(actor) as work:
            known = self._of_service(work.connection)
            wanted = self._wanted(work.connection, standing)
            for key in sorted(wanted.keys() - known.keys()):
                reason, jurisdiction = wanted[key]
                self._place(work, key[1], reason, jurisdiction, "legal", service_hold=key[0])
            for key in sorted(known.keys() - wanted.keys()):
                self._release(work, known[key], "it was lifted in the live service", None)
            return len(wanted.keys() ^ known.keys())

    def _closed(self) -> Iterator[Retention]:
        return self._all(select(*_COLUMNS).where(cases.c.is_open.is_(False)))

    def _all(self, wanted: Select[Any]) -> Iterator[Retention]:
        last = 0
        while True:
            page = wanted.where(cases.c.id > last).order_by(cases.c.id).limit(MANY)
            with self._reading() as connection:
                rows = connection.execute(page).all()
                found = self._retentions(connection, rows)
            yield from found
            if len(rows) < MANY:
                return
            last = rows[-1].id

    def _differ(self, standing: Sequence[tuple[int, str, str, str]]) -> bool:
        with self._reading() as connection:
            wanted = self._wanted(connection, standing).keys()
            return wanted != self._of_service(connection).keys()

    def _of_service(self, connection: Connection) -> dict[tuple[int, int], Row[Any]]:
        rows = connection.execute(
            select(holds).where(holds.c.service_hold.is_not(None), holds.c.released_at.is_(None))
        ).all()
        return {(row.service_hold, row.case_id): row for row in rows}

    def _wanted(
        self, connection: Connection, standing: Sequence[tuple[int, str, str, str]]
    ) -> dict[tuple[int, int], tuple[str, str]]:
        found = {}
        for number, account, reason, jurisdiction in standing:
            of_account = select(cases.c.id).where(cases.c.account == account)
            for case in connection.execute(of_account).scalars():
                found[(number, case)] = (reason, jurisdiction)
        return found

    def _place(
        self,
        work: Work,
        case: int,
        reason: str,
        jurisdiction: str,
        kind: HoldKind,
        *,
        at: int | None = None,
        service_hold: int | None = None,
    ) -> int:
        row = work.case(case)
        hold: int = work.connection.execute(
            insert(holds)
            .values(
                case_id=case,
                kind=kind,
                jurisdiction=jurisdiction,
                reason=self._seal(reason, "holds", case),
                placed_at=work.at if at is None else at,
                placed_by=work.actor.user,
                service_hold=service_hold,
            )
            .returning(holds.c.id)
        ).scalar_one()
        what = "a legal hold" if kind == "legal" else "a request to preserve it"
        work.change(row, f"placed {what} ({jurisdiction})")
        work.note("hold.place", case, hold=hold, kind=kind, service_hold=service_hold)
        return hold

    def _release_agreed(self, work: Work, proposal: Row[Any]) -> None:
        """The second person agreed that a hold is released."""
        payload = self._proposal(proposal).payload
        row = _standing(work, payload["hold"])
        self._release(work, row, payload["reason"], work.actor.user, by=proposal.by_user)

    def _release(
        self, work: Work, row: Row[Any], because: str, second: str | None, by: str | None = None
    ) -> None:
        work.connection.execute(
            update(holds)
            .where(holds.c.id == row.id)
            .values(
                released_at=work.at,
                released_by=by or work.actor.user,
                second_user=second,
                released_because=self._seal(because, "holds", row.case_id),
            )
        )
        work.change(work.case(row.case_id), f"released hold {row.id}")
        work.note("hold.release", row.case_id, hold=row.id, proposed_by=by, second=second)

    @abstractmethod
    def _destruction(self, row: Row[Any]) -> Destruction: ...

    def _retention(self, connection: Connection, case: int) -> Retention:
        row = connection.execute(select(*_COLUMNS).where(cases.c.id == case)).one_or_none()
        if row is None:
            raise NotFound(f"there is no case {case}")
        return self._retentions(connection, [row], words=True)[0]

    def _retentions(
        self, connection: Connection, rows: Iterable[Any], *, words: bool = False
    ) -> list[Retention]:
        found = list(rows)
        ids = [row.id for row in found]
        reports = _reports(connection, ids)
        held = defaultdict(list)
        of_cases = select(holds).where(holds.c.case_id.in_(ids)).order_by(holds.c.id)
        for row in connection.execute(of_cases):
            held[row.case_id].append(self._hold(row, words=words))
        going = {
            row.case_id: self._destruction(row)
            for row in connection.execute(
                select(destructions).where(
                    destructions.c.case_id.in_(ids),
                    destructions.c.state.in_(GOING_ON),
                )
            )
        }
        waiting = set()
        refused: dict[int, int] = {}
        for case, status, at in connection.execute(
            select(proposals.c.case_id, proposals.c.status, proposals.c.second_at)
            .where(proposals.c.case_id.in_(ids), proposals.c.kind == "destruction")
            .order_by(proposals.c.id)
        ):
            if status == "open":
                waiting.add(case)
            elif status == "refused":
                refused[case] = at
        return [
            Retention(
                case=row.id,
                account=row.account,
                state=row.state,
                is_open=row.is_open,
                closed_at=row.closed_at,
                clocks=running(
                    self._settings.clocks,
                    Happened(
                        row.state,
                        row.closed_at,
                        tuple(reports.get(row.id, ())),
                        tuple(
                            (each.jurisdiction, each.placed_at)
                            for each in held[row.id]
                            if each.kind == "preservation" and each.released_at is None
                        ),
                    ),
                ),
                holds=tuple(held[row.id]),
                content_destroyed_at=row.content_destroyed_at,
                destruction=going.get(row.id),
                is_proposed=row.id in waiting,
                refused_at=refused.get(row.id),
            )
            for row in found
        ]

    def _hold(self, row: Row[Any], *, words: bool) -> Hold:
        because = row.released_because if words else None
        return Hold(
            id=row.id,
            case=row.case_id,
            kind=row.kind,
            jurisdiction=row.jurisdiction,
            reason=self._open(row.reason, "holds", row.case_id) if words else "",
            placed_at=row.placed_at,
            placed_by=row.placed_by,
            service_hold=row.service_hold,
            released_at=row.released_at,
            released_by=row.released_by,
            second=row.second_user,
            released_because="" if because is None else self._open(because, "holds", row.case_id),
        )


def _standing(work: Work, hold: int) -> Row[Any]:
    row = work.connection.execute(select(holds).where(holds.c.id == hold)).one_or_none()
    if row is None:
        raise NotFound(f"there is no hold {hold}")
    if row.released_at is not None:
        raise WrongState(f"hold {hold} was released already")
    if row.service_hold is not None:
        raise WrongState(
            f"hold {hold} is hold {row.service_hold} of the live service, on the account; lift it "
            "there (fieldfare account lift)"
        )
    return row


def _reports(connection: Connection, ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Where each case was reported to, and when. One that people reported by themselves, outside
    of Fieldfare, is known by its time only."""
    found: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for case, destination, at in connection.execute(
        select(filings.c.case_id, filings.c.destination, filings.c.finished_at).where(
            filings.c.case_id.in_(ids),
            filings.c.environment != "test",
            filings.c.state == "finished",
            filings.c.finished_at.is_not(None),
        )
    ):
        found[case].append((destination, at))
    reporting = [name for name, each in actions.shipped().actions.items() if each.to == "escalated"]
    decided = connection.execute(
        select(decisions.c.case_id)
        .where(
            decisions.c.case_id.in_([id_ for id_ in ids if id_ not in found]),
            decisions.c.action.in_(reporting),
        )
        .distinct()
    ).scalars()
    rows = connection.execute(
        select(trail.c.case_id, func.max(trail.c.at).label("at"))
        .where(trail.c.case_id.in_(list(decided)), trail.c.action == "report.submitted")
        .group_by(trail.c.case_id)
    )
    for row in rows:
        found[row.case_id].append(("", row.at))
    return found
