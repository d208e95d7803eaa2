"""The external report of a case: what would make it more actionable, before it is submitted; what
is on its way or filed, with receipts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.records import Case
from fieldfare.console import times
from fieldfare.console.routes import Routes
from fieldfare.console.times import Zone
from fieldfare.console.visit import Visit
from fieldfare.reports.completeness import Completeness, of_case
from fieldfare.reports.details import Details
from fieldfare.reports.filing_records import Filing
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time

routes = Routes()

BEFORE: Final = ("awaiting_second", "escalated", "report_failed")
"""States in which what is missing can still be added."""

_STATES: Final = {
    "prepared": "prepared; not handed in, or its receipt is not recorded",
    "opening": "on its way",
    "open": "on its way",
    "finishing": "on its way",
    "finished": "filed",
    "failed": "not filed",
    "replaced": "replaced by a newer one",
}


@dataclass(frozen=True, slots=True)
class FilingRow:
    """A report to one destination."""

    destination: str
    state: str
    receipt: str
    when: Time
    by: str
    problem: str
    until: str
    """Until when what is open is kept there."""


@dataclass(frozen=True, slots=True)
class Reports:
    """What a case's own page shows of its reports."""

    filings: list[FilingRow]
    score: str
    """Empty where nothing is to be submitted."""
    missing: int


@dataclass(frozen=True, slots=True)
class MissingRow:
    """Something that would help."""

    title: str
    held: str
    why: str


@dataclass(frozen=True)
class ReportingPage:
    """What is missing in the report of a case."""

    case: int
    reference: str
    score: str
    share: float
    missing: list[MissingRow]
    held: list[str]
    filings: list[FilingRow]
    zone: str


@routes.get("/cases/{case}/reporting", Permission.REPORT_MAKE)
def reporting(visit: Visit) -> Response:
    """What would make the report more actionable, and what became of reports."""
    case = visit.store.get(visit.actor, visit.number("case"))
    found = _completeness(visit, case)
    page = ReportingPage(
        case=case.summary.id,
        reference=case.summary.reference,
        score=f"{found.score:.0%}",
        share=found.score,
        missing=[
            MissingRow(
                each.item.title,
                "not held" if each.share == 0 else f"{each.share:.0%} held",
                f"{each.item.why}.{f' ({each.item.mark})' if each.item.mark else ''}",
            )
            for each in found.missing
        ],
        held=[each.item.title for each in found.findings if each.held],
        filings=_filings(visit, case.summary.id),
        zone=visit.zone().name,
    )
    return visit.page("reporting.html.j2", f"Report of {page.reference}", page)


def reports(visit: Visit, case: Case) -> Reports | None:
    """What the page of a case shows; None for those who make no reports."""
    if case.blind or not visit.actor.may(Permission.REPORT_MAKE):
        return None
    if case.summary.state not in BEFORE:
        return Reports(_filings(visit, case.summary.id), "", 0)
    found = _completeness(visit, case)
    return Reports(_filings(visit, case.summary.id), f"{found.score:.0%}", len(found.missing))


def _completeness(visit: Visit, case: Case) -> Completeness:
    return of_case(visit.store, visit.actor, case, visit.console.reports, Details())


def _filings(visit: Visit, case: int) -> list[FilingRow]:
    if visit.console.filings is None:
        return []
    zone = visit.zone()
    found = visit.console.filings.of_case(visit.actor, case)
    return [_row(each, zone, visit.now) for each in reversed(found)]


def _row(filing: Filing, zone: Zone, now: int) -> FilingRow:
    place = f"{filing.destination}, TEST SYSTEM" if filing.environment == "test" else ""
    expires = filing.expires_at
    return FilingRow(
        words.clip(place or filing.destination),
        _STATES[filing.state],
        words.clip(filing.report_id or ""),
        zone.minute(filing.finished_at or filing.made_at),
        filing.by,
        words.clip(filing.problem or "", 300),
        "" if expires is None else times.deadline(expires, now),
    )
