"""The reports of an investigation's countries: made, out of date, taken."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.errors import NotFound
from fieldfare.console.guard import PAGE_HEADERS
from fieldfare.console.investigated import Bar, bar, cabinet, name_of, opened, path_of
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.investigation import reading
from fieldfare.investigation.handover import handed, write_country, write_reports
from fieldfare.investigation.handover.sentences import country_name
from fieldfare.investigation.handover.writing import FOLDER, KINDS
from fieldfare.investigation.records import UNKNOWN, URGENT
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time

routes = Routes()

TITLES: Final = {
    "html": "page",
    "pdf": "PDF",
    "children.csv": "children (CSV)",
    "lines.csv": "every line with its source (CSV)",
}
TYPES: Final = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "children.csv": "text/csv; charset=utf-8",
    "lines.csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True)
class ReportRow:
    """A country."""

    code: str
    name: str
    children: int
    confirmed: int
    urgent: int
    state: str
    """made, out of date or not made."""
    made: Time | None
    by: str
    held: str
    """How many children the report that was made holds, where it is out of date."""
    files: list[tuple[str, str, str]]
    """Address, what it is, SHA-256."""
    boxes: str


@dataclass(frozen=True)
class ReportsPage:
    """The reports."""

    bar: Bar
    rows: list[ReportRow]
    left: int
    stale: int


@routes.get("/investigations/{investigation}/reports", Permission.INVESTIGATION_READ)
def reports(visit: Visit) -> Response:
    """Which countries need a report, and which have one."""
    with opened(visit, "reports") as case:
        people = reading.children(case)
        made, state = handed(case.folder), reading.state(case)
    page_bar = bar(visit, "/reports")
    rows = []
    for code in sorted(
        {each.place for each in people} | set(made), key=lambda c: (c == UNKNOWN, country_name(c))
    ):
        here, done = [each for each in people if each.place == code], made.get(code)
        current = done is not None and done.state == state
        rows.append(
            ReportRow(
                code,
                country_name(code),
                len(here),
                sum(each.standing == "confirmed" for each in here),
                sum(each.risk >= URGENT for each in here),
                "not made" if done is None else "made" if current else "out of date",
                None if done is None else visit.zone().minute(done.made_at),
                "" if done is None else done.by,
                ""
                if done is None or current
                else f"it holds {words.plural(done.children, 'child', 'children')}, "
                f"{done.confirmed:,} confirmed",
                []
                if done is None
                else [
                    (f"{page_bar.address}/reports/{code}/{code}.{kind}", TITLES[kind],
                     done.files.get(f"{code}.{kind}", ""))
                    for kind in KINDS
                    if f"{code}.{kind}" in done.files
                ],
                ""
                if done is None or not done.missing
                else f"In the PDF a box stands for {words.plural(len(done.missing), 'character')} "
                "that no font here could show; the page has them.",
            )
        )  # fmt: skip
    page = ReportsPage(
        page_bar,
        rows,
        sum(each.standing == "probable" for each in people),
        sum(each.state != "made" for each in rows),
    )
    return visit.page("reports.html.j2", "Reports", page)


@routes.post("/investigations/{investigation}/reports", Permission.INVESTIGATION_TAKE)
def make(visit: Visit) -> Response:
    """Make the report of one country, or of all."""
    name, code = name_of(visit), visit.text("country", 2)
    with cabinet(visit).open(name) as case:
        if not code:
            done = write_reports(case, name, visit.actor.user)
        elif any(each.place == code for each in reading.children(case)):
            done = [write_country(case, name, code, visit.actor.user)]
        else:
            raise NotFound("no child of this investigation is known or probable there")
    for each in done:
        for file, sha256 in each.files.items():
            visit.store.investigation_taken(visit.actor, name, file, sha256)
    return visit.to(f"{path_of(name)}/reports", "reports-made")


@routes.get("/investigations/{investigation}/reports/{code}/{file}", Permission.INVESTIGATION_TAKE)
def take(visit: Visit) -> Response:
    """A file of a report. That it was taken is recorded, with its hash."""
    name, code = name_of(visit), str(visit.request.path_params["code"])
    file = str(visit.request.path_params["file"])
    folder = cabinet(visit).folder(name)
    done = handed(folder).get(code)
    if done is None or file not in done.files:
        raise NotFound("this report was not made")
    data = (folder / FOLDER / code / file).read_bytes()
    visit.store.investigation_taken(visit.actor, name, file, hashlib.sha256(data).hexdigest())
    headers = {**PAGE_HEADERS, "content-disposition": f'attachment; filename="{file}"'}
    return Response(data, media_type=TYPES[file.partition(".")[2]], headers=headers)
