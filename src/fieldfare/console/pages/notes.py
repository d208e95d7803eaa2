"""Notes, tags, tasks, linked accounts; the same for many cases, tried first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.noting import BulkAction
from fieldfare.cases.records import BulkResult
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import to_micros

routes = Routes()

BULK: dict[BulkAction, str] = {
    "tag": "Put a tag on",
    "untag": "Take a tag off",
    "take_away": "Give them back to the queue",
}


@dataclass(frozen=True)
class BulkPage:
    """What a bulk action would do, before it is done."""

    action: str
    title: str
    value: str
    done: list[int]
    refused: list[tuple[int, str]]


@routes.post("/cases/{case}/notes", Permission.CASE_NOTE)
def add_note(visit: Visit) -> Response:
    """Write a note."""
    case = visit.number("case")
    visit.store.add_note(visit.actor, case, visit.text("text"))
    return visit.to(f"/cases/{case}", "noted")


@routes.post("/cases/{case}/tags", Permission.CASE_NOTE)
def change_tags(visit: Visit) -> Response:
    """Put a tag on, or take one off."""
    case = visit.number("case")
    if remove := visit.text("remove", 60):
        visit.store.untag(visit.actor, case, remove)
    else:
        visit.store.tag(visit.actor, case, visit.text("tag", 60).strip())
    return visit.to(f"/cases/{case}", "tagged")


@routes.post("/cases/{case}/tasks", Permission.CASE_NOTE)
def change_tasks(visit: Visit) -> Response:
    """Note down a task, or that one is done."""
    case = visit.number("case")
    if visit.text("done", 20):
        visit.store.finish_task(visit.actor, visit.integer("done"))
        return visit.to(f"/cases/{case}", "tasks")
    due = None
    if day := visit.text("due", 20):
        try:
            due = to_micros(
                datetime.fromisoformat(day).replace(hour=23, minute=59, tzinfo=visit.zone().zone)
            )
        except ValueError:
            raise InputError("write the day as 2026-03-14") from None
    visit.store.add_task(
        visit.actor, case, visit.text("text"), visit.text("whose", 100).strip() or None, due
    )
    return visit.to(f"/cases/{case}", "tasks")


@routes.post("/cases/{case}/links", Permission.CASE_NOTE)
def link(visit: Visit) -> Response:
    """Say that another account seems to be the same person's."""
    case = visit.number("case")
    visit.store.link_account(
        visit.actor, case, visit.text("account", 1000).strip(), visit.text("why")
    )
    return visit.to(f"/cases/{case}", "linked")


@routes.post("/bulk", Permission.CASE_BULK)
def bulk(visit: Visit) -> Response:
    """Try the same on many cases; do it only once it was seen what would be done."""
    action, value = visit.text("action", 20), visit.text("value", 200).strip()
    cases = visit.integers("case")
    if action not in BULK or not cases:
        raise InputError("choose some cases, and what is to be done with them")
    sure = visit.text("sure", 5) == "1"
    result = visit.store.bulk(visit.actor, cases, action, value, dry_run=not sure)
    if sure:
        return visit.to("/queue", "recorded")
    return visit.page("bulk.html.j2", "Before it is done", _tried(action, value, result))


def _tried(action: BulkAction, value: str, result: BulkResult) -> BulkPage:
    return BulkPage(action, BULK[action], value, list(result.done), sorted(result.refused.items()))
