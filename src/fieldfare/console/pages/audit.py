"""The audit: what was done, looked at and revealed, by whom; and whether the record is whole."""

from __future__ import annotations

import json
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

from fieldfare.cases import Permission
from fieldfare.cases.audit import canonical
from fieldfare.console.guard import PAGE_HEADERS
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time

routes = Routes()

PAGE = 100


@dataclass(frozen=True)
class EntryRow:
    """An entry of the audit."""

    number: int
    when: Time
    user: str
    action: str
    case: int
    detail: str
    hash: str


@dataclass(frozen=True)
class AuditPage:
    """Entries, and what a verification found."""

    rows: list[EntryRow]
    next: int
    case: str
    user: str
    zone: str
    verified: bool
    entries: str
    head: str
    problems: list[str]


@routes.get("/audit", Permission.AUDIT_READ)
def audit(visit: Visit) -> Response:
    """Entries from a number on."""
    return _page(visit)


@routes.post("/audit/verify", Permission.AUDIT_READ)
def verify(visit: Visit) -> Response:
    """Check the whole chain now."""
    return _page(visit, verified=True)


@routes.post("/audit/export", Permission.AUDIT_READ)
def export(visit: Visit) -> Response:
    """Every entry as a line of JSON; with their hashes, so that they can be checked elsewhere."""
    entries = visit.store.export_audit(visit.actor)
    lines = (
        canonical(
            {
                "number": each.number,
                "at": each.at,
                "user": each.user,
                "session": each.session,
                "action": each.action,
                "case": each.case,
                "detail": each.detail,
                "previous": each.previous,
                "hash": each.hash,
            }
        )
        + b"\n"
        for each in entries
    )
    headers = {
        **PAGE_HEADERS,
        "content-disposition": 'attachment; filename="fieldfare-audit.jsonl"',
    }
    return StreamingResponse(lines, media_type="application/jsonl", headers=headers)


def _page(visit: Visit, *, verified: bool = False) -> Response:
    user = visit.asked("user")
    found = visit.store.audit_entries(
        visit.actor,
        after=visit.asked_number("after") or 0,
        most=PAGE + 1,
        case=visit.asked_number("case"),
        user=user or None,
    )
    verdict = visit.store.verify_audit(visit.actor) if verified else None
    zone = visit.zone()
    page = AuditPage(
        rows=[
            EntryRow(
                each.number,
                zone.second(each.at),
                words.clip(each.user),
                words.clip(each.action),
                each.case or 0,
                words.clip(json.dumps(each.detail, ensure_ascii=False, sort_keys=True), 400),
                each.hash[:12],
            )
            for each in found[:PAGE]
        ],
        next=found[PAGE - 1].number if len(found) > PAGE else 0,
        case=words.clip(visit.asked("case"), 20),
        user=words.clip(user, 100),
        zone=zone.name,
        verified=verified,
        entries="" if verdict is None else f"{verdict.entries:,}",
        head="" if verdict is None else verdict.head.hash,
        problems=[] if verdict is None else list(verdict.problems),
    )
    return visit.page("audit.html.j2", "Audit", page)
