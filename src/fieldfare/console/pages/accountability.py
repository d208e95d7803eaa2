"""What has to be published, or shown to a regulator: figures of a period, and the documents."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.console.guard import PAGE_HEADERS
from fieldfare.console.pages.rules import card_of, policy_of
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.reports.accountability import making, wording
from fieldfare.reports.accountability.facts import Period
from fieldfare.reports.accountability.shown import Shown
from fieldfare.reports.settings import load, usual
from fieldfare.service import accountability as live
from fieldfare.vocabulary.times import from_micros

routes = Routes()

TITLES: Final[dict[making.Part, str]] = {
    "transparency": "Transparency figures: DSA template, Ofcom, all with definitions",
    "risk-assessment": "Risk assessment of grooming, with exact figures: not for publication",
    "model-card": "Model card of the scorecard and tables in use",
    "impact-assessment": "Data-protection impact assessment",
}


@dataclass(frozen=True)
class FigureRow:
    """A figure as it may be shown."""

    title: str
    value: str
    held: bool
    says: str
    """Empty for a part, which adds up with others to the figure above it."""
    part: bool
    """Of the figure above it."""


@dataclass(frozen=True)
class AccountabilityPage:
    """The figures of a period, and what can be made of them."""

    first: str
    last: str
    rows: list[FigureRow]
    parts: list[tuple[str, str]]
    marks: list[tuple[str, str]]
    over: bool
    """The period was over when the stores were read."""
    service: bool
    """A live service's store was read too."""


@routes.get("/accountability", Permission.ACCOUNTABILITY)
def accountability(visit: Visit) -> Response:
    """The figures of a period: without one, of the year up to now."""
    today = from_micros(visit.now).date()
    first = visit.asked("from") or today.replace(month=1, day=1).isoformat()
    period = Period.of(first, visit.asked("to") or today.isoformat())
    found = making.read(visit.store, visit.actor, period, _live(visit, period))
    shown = Shown.of(found, exact=False)
    parts = {part for relation in found.relations for part in relation.parts}
    page = AccountabilityPage(
        first=period.first.isoformat(),
        last=period.last.isoformat(),
        rows=[
            FigureRow(
                each.title,
                shown.said(each.key),
                shown.value(each.key) in wording.MEANINGS,
                "" if each.key in parts and each.key.count(".") == _DEEP - 1 else each.says,
                each.key in parts,
            )
            for each in found
            # Parts of parts are in the workbook.
            if each.key.count(".") < _DEEP
        ],
        parts=[(part, TITLES[part]) for part in making.PARTS],
        marks=list(wording.MEANINGS.items()),
        over=period.end <= visit.now,
        service=found.facts.service is not None,
    )
    return visit.page("accountability.html.j2", "Accountability", page)


_DEEP: Final = 4
"""Points in the key of a part of a part."""


@routes.post("/accountability", Permission.ACCOUNTABILITY)
def make(visit: Visit) -> Response:
    """The documents of a period, as one archive."""
    period = Period.of(visit.text("from", 10), visit.text("to", 10))
    asked = visit.texts("part")
    wanted = making.Wanted(
        period,
        policy_of(visit),
        card_of(visit),
        _provider(visit),
        tuple(each for each in making.PARTS if not asked or each in asked),
        bool(visit.text("exact", 5)),
    )
    packed = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(packed, "w") as archive:
        made = making.make(Path(folder), visit.store, visit.actor, wanted, _live(visit, period))
        for path in made:
            archive.write(Path(folder) / path, path, zipfile.ZIP_DEFLATED)
    name = f"accountability-{period.first}-{period.last}.zip"
    headers = {**PAGE_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(packed.getvalue(), media_type="application/zip", headers=headers)


def _live(visit: Visit, period: Period) -> making.Live | None:
    service = visit.console.service
    return None if service is None else live.read(service, period)


def _provider(visit: Visit) -> str:
    service = visit.console.service
    return "" if service is None else load(usual(service.data)).provider.name
