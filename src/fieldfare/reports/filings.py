"""What is on its way to an authority, durably: so that a process killed anywhere leaves a report
that is filed once, or visibly not filed.

Each step is written down before it is taken and after it was answered. Who works on a filing holds
a lease, far under the hour after which an authority forgets an unfinished report; the lease of a
process of this machine that is gone is free at once.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, insert, select, update

from fieldfare.cases import Actor, Permission
from fieldfare.cases.deciding import end_report
from fieldfare.cases.desk import Desk, Work, place
from fieldfare.cases.errors import NotFound, Taken, WrongState
from fieldfare.cases.permissions import allows
from fieldfare.cases.report_tables import filing_calls, filing_files, filings
from fieldfare.cases.states import states
from fieldfare.cases.tables import cases
from fieldfare.reports.filing_records import Filing, filing_of
from fieldfare.reports.filing_rules import check_decided, check_free, check_once
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import MINUTE

LEASE: Final = 15 * MINUTE
"""Renewed with every step."""


class Filings(Desk):
    """Filings of cases. For actors with `report.make`."""

    @allows(Permission.REPORT_MAKE)
    def of_case(self, actor: Actor, case: int) -> tuple[Filing, ...]:
        """All of a case, the oldest first."""
        with self._reading() as connection:
            rows = connection.execute(
                select(filings.c.id).where(filings.c.case_id == case).order_by(filings.c.id)
            ).scalars()
            found = list(rows)
        return tuple(self.get(actor, each) for each in found)

    @allows(Permission.REPORT_MAKE)
    def get(self, actor: Actor, filing: int) -> Filing:
        """One filing. Raises NotFound."""
        with self._reading() as connection:
            row = connection.execute(select(filings).where(filings.c.id == filing)).one_or_none()
            if row is None:
                raise NotFound(f"there is no filing {filing}")
            files = connection.execute(
                select(filing_files)
                .where(filing_files.c.filing_id == filing)
                .order_by(filing_files.c.name)
            ).all()
            calls = connection.execute(
                select(filing_calls)
                .where(filing_calls.c.filing_id == filing)
                .order_by(filing_calls.c.id)
            ).all()
        return filing_of(row, files, calls)

    @allows(Permission.REPORT_MAKE)
    def prior(self, actor: Actor, case: int, destination: str, environment: str) -> tuple[str, ...]:
        """Numbers of finished reports of the same account, this case's too, the oldest first."""
        with self._reading() as connection:
            account = select(cases.c.account).where(cases.c.id == case).scalar_subquery()
            rows = connection.execute(
                select(filings.c.report_id)
                .join(cases, cases.c.id == filings.c.case_id)
                .where(
                    cases.c.account == account,
                    filings.c.destination == destination,
                    filings.c.environment == environment,
                    filings.c.state == "finished",
                    filings.c.report_id.is_not(None),
                )
                .order_by(filings.c.finished_at)
            ).scalars()
            return tuple(each for each in rows if each is not None)

    @allows(Permission.REPORT_MAKE)
    def prepare(
        self,
        actor: Actor,
        case: int,
        destination: str,
        environment: str,
        package: bytes,
        files: Sequence[tuple[str, bytes]],
        as_of: int,
        *,
        supplement: bool = False,
    ) -> Filing:
        """Put a report on its way, frozen as it is. A filing of the case to the same place that
        never came to a number is replaced; one that has a number, and may be open or filed there,
        is returned instead, to be resolved first.

        Raises AlreadyReported where an authority has the case, unless it is a `supplement`;
        WrongState where two people have not decided to report it, or can still undo it; Taken."""
        with self._writing(actor) as work:
            check_decided(work, case)
            earlier = work.connection.execute(
                select(filings).where(filings.c.case_id == case).order_by(filings.c.id)
            ).all()
            check_once(earlier, destination, environment, supplement=supplement)
            number = self._replace(work, earlier, destination, environment)
            if number is None:
                number = self._insert(work, case, destination, environment, package, as_of)
                _insert_files(work, number, files)
                work.note(
                    "report.prepare",
                    case,
                    filing=number,
                    destination=destination,
                    environment=environment,
                    sha256=hashlib.sha256(package).hexdigest(),
                )
        return self.get(actor, number)

    @allows(Permission.REPORT_MAKE)
    def package(self, actor: Actor, filing: int) -> bytes:
        """What was put on its way."""
        with self._reading() as connection:
            row = connection.execute(
                select(filings.c.package, filings.c.case_id).where(filings.c.id == filing)
            ).one_or_none()
        if row is None:
            raise NotFound(f"there is no filing {filing}")
        return self._vault.open(row.package, place("filings", row.case_id))

    @allows(Permission.REPORT_MAKE)
    def answer(self, actor: Actor, filing: int) -> str:
        """The authority's own words about the last problem; may quote the report. For a person to
        read, not for logs."""
        with self._reading() as connection:
            row = connection.execute(
                select(filings.c.answer, filings.c.case_id).where(filings.c.id == filing)
            ).one_or_none()
        if row is None or row.answer is None:
            return ""
        return self._open(row.answer, "filings", row.case_id)

    @allows(Permission.REPORT_MAKE)
    def take(self, actor: Actor, filing: int) -> str:
        """The lease of a filing, to be named with every step. Raises Taken."""
        with self._writing(actor) as work:
            row = _row(work, filing)
            if row.state in ("finished", "replaced"):
                raise WrongState(f"filing {filing} is {row.state}")
            check_free(row, work.at)
            lease = f"{socket.gethostname()}/{os.getpid()}/{secrets.token_hex(8)}"
            _set(work, filing, lease=lease, lease_until=work.at + LEASE)
            return lease

    @allows(Permission.REPORT_MAKE)
    def step(self, actor: Actor, /, filing: int, lease: str, **values: Any) -> None:
        """Write down what is about to be done, or what was answered: columns of the filing. Raises
        Taken where the lease has passed to somebody else."""
        with self._writing(actor) as work:
            _held(work, filing, lease)
            _set(work, filing, **values)

    @allows(Permission.REPORT_MAKE)
    def opened(self, actor: Actor, filing: int, lease: str, report_id: str) -> None:
        """Write down the number under which it is open at the authority."""
        with self._writing(actor) as work:
            _held(work, filing, lease)
            _set(
                work,
                filing,
                state="open",
                report_id=report_id,
                opened_at=work.at,
                changed_at=work.at,
            )

    @allows(Permission.REPORT_MAKE)
    def called(
        self, actor: Actor, filing: int, call: str, code: int | None, request_id: str | None
    ) -> None:
        """Write down that an interface was asked, and what it answered."""
        with self._writing(actor) as work:
            work.connection.execute(
                insert(filing_calls).values(
                    filing_id=filing, at=work.at, call=call, code=code, request_id=request_id
                )
            )

    @allows(Permission.REPORT_MAKE)
    def file_step(
        self, actor: Actor, filing: int, lease: str, name: str, file_id: str, *, described: bool
    ) -> None:
        """Write down that a file is there, or is described."""
        with self._writing(actor) as work:
            _held(work, filing, lease)
            _set(work, filing, changed_at=work.at)
            work.connection.execute(
                update(filing_files)
                .where(filing_files.c.filing_id == filing, filing_files.c.name == name)
                .values(file_id=file_id, described=described)
            )

    @allows(Permission.REPORT_MAKE)
    def cleared(self, actor: Actor, filing: int, lease: str) -> None:
        """Nothing of it is at the authority any more: it may begin again."""
        with self._writing(actor) as work:
            _held(work, filing, lease)
            _set(work, filing, state="prepared", report_id=None, opened_at=None, changed_at=None)
            work.connection.execute(
                update(filing_files)
                .where(filing_files.c.filing_id == filing)
                .values(file_id=None, described=False)
            )

    @allows(Permission.REPORT_MAKE)
    def finished(self, actor: Actor, filing: int, report_id: str, lease: str | None = None) -> None:
        """It is filed under this number. The receipt goes into the case, but for the test system,
        which throws reports away. Without a lease: a person submitted it."""
        if not report_id.strip():
            raise InputError("say under which reference it was filed")
        with self._writing(actor) as work:
            row = _row(work, filing) if lease is None else _held(work, filing, lease)
            if row.state == "finished":
                raise WrongState(f"filing {filing} is finished already")
            _set(
                work,
                filing,
                state="finished",
                report_id=report_id,
                finished_at=work.at,
                problem=None,
                lease=None,
                lease_until=None,
            )
            receipt = f"{row.destination} {report_id}"
            case = work.case(row.case_id)
            if row.environment == "test":
                work.note("report.tested", row.case_id, receipt=receipt)
            elif "report_submitted" in states()[case.state].to:
                end_report(work, case, "submitted", f"{receipt}", receipt)
            else:
                work.note("report.submitted", row.case_id, receipt=receipt)

    @allows(Permission.REPORT_MAKE)
    def failed(
        self, actor: Actor, filing: int, lease: str, problem: str, description: str = ""
    ) -> None:
        """It could not be filed, and why, without a word of the report; the case shows it."""
        with self._writing(actor) as work:
            row = _held(work, filing, lease)
            _set(
                work,
                filing,
                state="failed",
                problem=problem,
                answer=self._seal(description, "filings", row.case_id),
                lease=None,
                lease_until=None,
            )
            case = work.case(row.case_id)
            if row.environment == "test":
                work.note("report.test_failed", row.case_id, problem=problem)
            elif "report_failed" in states()[case.state].to:
                end_report(work, case, "failed", problem)
            else:
                work.note("report.failed", row.case_id, problem=problem)

    def _insert(
        self,
        work: Work,
        case: int,
        destination: str,
        environment: str,
        package: bytes,
        as_of: int,
    ) -> int:
        inserted: int = work.connection.execute(
            insert(filings)
            .values(
                case_id=case,
                destination=destination,
                environment=environment,
                state="prepared",
                made_at=work.at,
                by_user=work.actor.user,
                as_of=as_of,
                sha256=hashlib.sha256(package).hexdigest(),
                package=self._vault.seal(package, place("filings", case)),
                attempts=0,
            )
            .returning(filings.c.id)
        ).scalar_one()
        return inserted

    def _replace(
        self, work: Work, earlier: Sequence[Row[Any]], destination: str, environment: str
    ) -> int | None:
        """Replace what never came to a number; the filing that has one, and is not finished."""
        for row in earlier:
            if (row.destination, row.environment) != (destination, environment):
                continue
            if row.state in ("finished", "replaced"):
                continue
            check_free(row, work.at)
            if row.report_id is not None:
                number: int = row.id
                return number
            _set(work, row.id, state="replaced")
        return None


def _set(work: Work, filing: int, **values: Any) -> None:
    if not values:
        return
    work.connection.execute(update(filings).where(filings.c.id == filing).values(**values))


def _insert_files(work: Work, filing: int, files: Sequence[tuple[str, bytes]]) -> None:
    if files:
        work.connection.execute(
            insert(filing_files),
            [
                {
                    "filing_id": filing,
                    "name": name,
                    "sha256": hashlib.sha256(content).hexdigest(),
                    "described": False,
                }
                for name, content in files
            ],
        )


def _row(work: Work, filing: int) -> Row[Any]:
    row = work.connection.execute(select(filings).where(filings.c.id == filing)).one_or_none()
    if row is None:
        raise NotFound(f"there is no filing {filing}")
    return row


def _held(work: Work, filing: int, lease: str) -> Row[Any]:
    """The row, whose lease is renewed. Raises Taken where it is somebody else's or ran out."""
    row = _row(work, filing)
    if row.lease != lease or row.lease_until <= work.at:
        raise Taken(f"filing {filing} was taken over by another process; it goes on there")
    _set(work, filing, lease_until=work.at + LEASE)
    return row
