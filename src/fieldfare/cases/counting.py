"""What happened in a period, as facts to be counted for the public and for regulators.

The facts name accounts, so that appeals and reports can be matched with decisions; who counts them
(`reports.accountability`) lets no account out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, and_, distinct, func, or_, select

from fieldfare.cases.clocks import Clocks
from fieldfare.cases.desk import Desk
from fieldfare.cases.permissions import Actor, Permission, allows
from fieldfare.cases.report_tables import filings
from fieldfare.cases.reviewing import label_of, second_reviews
from fieldfare.cases.tables import cases, decisions, people, proposals, snapshots


@dataclass(frozen=True, slots=True)
class CaseFact:
    """A case opened in the period."""

    origin: str
    level: str
    """Of urgency, as it is now."""
    state: str
    """As it is now."""


@dataclass(frozen=True, slots=True)
class DecisionFact:
    """A decision on a case, blind second reviews apart. Times are microseconds UTC."""

    id: int
    account: str
    origin: str
    """Of its case."""
    case: int
    opened_at: int
    due_at: int
    action: str
    label: str
    status: str
    at: int
    second_at: int | None
    effective_at: int | None

    def in_force_by(self, moment: int) -> bool:
        """Whether it stands, and its undo window was over by then."""
        return (
            self.status == "stands"
            and self.effective_at is not None
            and self.effective_at <= moment
        )


@dataclass(frozen=True, slots=True)
class FilingFact:
    """A report to an authority, made or finished in the period."""

    destination: str
    environment: str
    state: str
    made_at: int
    finished_at: int | None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the store of cases has of a period."""

    now: int
    """When they were read: states and statuses are as of then."""
    opened: tuple[CaseFact, ...]
    children: int
    """Accounts that stand as children in the cases opened, each once."""
    decisions: tuple[DecisionFact, ...]
    """Every one made before the end of the period, since an appeal may be about an earlier one; in
    the order of their numbers."""
    seconds: tuple[tuple[str, str], ...]
    """Kind and status of each proposal made in the period."""
    pairs: tuple[tuple[str, str], ...]
    """First and second label of each blind second review of the period."""
    filings: tuple[FilingFact, ...]


class Counting(Desk):
    """Facts for transparency figures, and the record that documents were made of them."""

    @allows(Permission.ACCOUNTABILITY)
    def facts(self, actor: Actor, start: int, end: int) -> CaseFacts:
        """What happened from `start` on and before `end` (microseconds UTC)."""
        with self._reading() as connection:
            opened = and_(cases.c.opened_at >= start, cases.c.opened_at < end)
            return CaseFacts(
                self._clock(),
                tuple(
                    CaseFact(row.origin, row.level, row.state)
                    for row in connection.execute(select(cases).where(opened).order_by(cases.c.id))
                ),
                connection.execute(
                    select(func.count(distinct(people.c.account)))
                    .join(cases, cases.c.id == people.c.case_id)
                    .where(opened, people.c.part == "child")
                ).scalar_one(),
                _decisions(connection, end),
                tuple(
                    (row.kind, row.status)
                    for row in connection.execute(
                        select(proposals)
                        .where(proposals.c.at >= start, proposals.c.at < end)
                        .order_by(proposals.c.id)
                    )
                ),
                second_reviews(connection, start, end),
                tuple(
                    FilingFact(
                        row.destination, row.environment, row.state, row.made_at, row.finished_at
                    )
                    for row in connection.execute(
                        select(filings)
                        .where(
                            or_(
                                and_(filings.c.made_at >= start, filings.c.made_at < end),
                                and_(filings.c.finished_at >= start, filings.c.finished_at < end),
                            )
                        )
                        .order_by(filings.c.id)
                    )
                ),
            )

    @allows(Permission.ACCOUNTABILITY)
    def sealed(self, actor: Actor) -> bool | None:
        """Whether what a case was last given is encrypted; None: no case was given anything."""
        with self._reading() as connection:
            latest = connection.execute(
                select(snapshots.c.body).order_by(snapshots.c.id.desc()).limit(1)
            ).scalar_one_or_none()
        return None if latest is None else not self._vault.is_plain(latest)

    @allows(Permission.ACCOUNTABILITY)
    def kept_by(self, actor: Actor) -> Clocks:
        """The clocks that say how long what is in a case is kept."""
        return self._settings.clocks

    @allows(Permission.ACCOUNTABILITY)
    def note_documents(
        self, actor: Actor, start: int, end: int, made: Mapping[str, str], *, exact: bool
    ) -> None:
        """Put into the audit that documents of a period were made: name and SHA-256 of each."""
        with self._writing(actor) as work:
            work.note(
                "accountability.make", None, start=start, end=end, exact=exact, files={**made}
            )


def _decisions(connection: Connection, end: int) -> tuple[DecisionFact, ...]:
    rows = connection.execute(
        select(
            decisions,
            cases.c.account,
            cases.c.origin,
            cases.c.opened_at,
            cases.c.due_at,
        )
        .join(cases, cases.c.id == decisions.c.case_id)
        .where(decisions.c.blind.is_(False), decisions.c.at < end)
        .order_by(decisions.c.id)
    )
    return tuple(
        DecisionFact(
            row.id,
            row.account,
            row.origin,
            row.case_id,
            row.opened_at,
            row.due_at,
            row.action,
            label_of(row.action),
            row.status,
            row.at,
            row.second_at,
            row.effective_at,
        )
        for row in rows
    )
