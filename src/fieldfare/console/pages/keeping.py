"""What is kept, until when and why: the clocks and holds of a case, and what is due of all."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.clocks import Running
from fieldfare.cases.retention_records import Destruction, Hold, Retention
from fieldfare.console import wording
from fieldfare.console.guard import PAGE_HEADERS
from fieldfare.console.pages.case_rows import Waiting, waiting
from fieldfare.console.routes import Routes
from fieldfare.console.times import Zone
from fieldfare.console.visit import Visit
from fieldfare.reports.destruction import certificate
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import DAY

routes = Routes()

SOON_DAYS: Final = 30
MOST_ROWS: Final = 500

_KEEPS: Final = {"content": "content", "reference": "reference"}
_BASIS: Final = {
    "law": "by law",
    "judgement": "set by judgement",
    "operator": "set by the operator",
}
_STATES: Final = {
    "agreed": "agreed to; carried out soon",
    "begun": "under way",
    "erased": "out of the database; its files are being cleared",
    "done": "destroyed",
    "stopped": "stopped",
}


@dataclass(frozen=True, slots=True)
class ClockRow:
    """A clock of a case."""

    title: str
    keeps: str
    began: Time
    ends: Time
    ended: bool
    basis: str


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold, standing or released."""

    id: int
    title: str
    reason: str
    by: str
    when: Time
    released: str
    may_release: bool


@dataclass(frozen=True, slots=True)
class DestructionRow:
    """A destruction that was agreed to."""

    id: int
    case: int
    reference: str
    what: str
    state: str
    when: Time
    people: str
    stopped: str
    done: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """What of a case is kept, until when and why."""

    sentence: str
    held: list[str]
    clocks: list[ClockRow]
    holds: list[HoldRow]
    destructions: list[DestructionRow]
    may_hold: bool


@dataclass(frozen=True, slots=True)
class DueRow:
    """A case of which something is due, or soon will be."""

    case: int
    reference: str
    state: str
    what: str
    when: Time
    left: str
    stands: str


@dataclass(frozen=True)
class RetentionPage:
    """What is due of all cases."""

    due: list[DueRow]
    soon: list[DueRow]
    held: int
    """Cases under a legal hold."""
    more: str
    destructions: list[DestructionRow]
    waiting: list[tuple[Waiting, int]]
    soon_days: int
    zone: str


@dataclass(frozen=True)
class ReferencePage:
    """What is left of a case whose content was destroyed."""

    case: int
    reference: str
    account: str
    state: str
    kept: Kept
    waiting: list[Waiting]
    zone: str


@routes.get("/retention", Permission.RETENTION_READ)
def retention(visit: Visit) -> Response:
    """What is due, what soon will be, and what was destroyed."""
    zone, now = visit.zone(), visit.now
    due, soon, held = [], [], 0
    for each in visit.store.retentions(visit.actor):
        until = each.until(each.stage)
        held += any(hold.kind == "legal" and hold.released_at is None for hold in each.holds)
        if until is None:
            continue
        if each.is_due(now) or each.destruction is not None:
            due.append((until, each))
        elif now < until <= now + SOON_DAYS * DAY:
            soon.append((until, each))
    found = [sorted(rows, key=lambda row: (row[0], row[1].case)) for rows in (due, soon)]
    proposed = []
    if visit.actor.may(Permission.PROPOSAL_READ):
        proposed = [
            each
            for each in visit.store.proposals(visit.actor)
            if each.kind in ("destruction", "hold_release")
        ]
    page = RetentionPage(
        due=[_due(visit, zone, *each) for each in found[0][:MOST_ROWS]],
        soon=[_due(visit, zone, *each) for each in found[1][:MOST_ROWS]],
        held=held,
        more="" if max(map(len, found)) <= MOST_ROWS else f"The first {MOST_ROWS} are listed.",
        destructions=[
            _destruction(each, zone) for each in visit.store.destructions(visit.actor)[:MOST_ROWS]
        ],
        waiting=[(waiting(visit, each, zone), each.case or 0) for each in proposed],
        soon_days=SOON_DAYS,
        zone=zone.name,
    )
    return visit.page("retention.html.j2", "Retention", page)


@routes.get("/destructions/{destruction}/certificate", Permission.RETENTION_READ)
def certificate_of(visit: Visit) -> Response:
    """The certificate as JSON, not signed: the command signs it."""
    number = visit.number("destruction")
    found = [each for each in visit.store.destructions(visit.actor) if each.id == number]
    if not found:
        raise InputError(f"there is no destruction {number}")
    data = json.dumps(certificate(found[0]), indent=2, ensure_ascii=False) + "\n"
    name = f"destruction-D-{number}-{found[0].reference}.json"
    headers = {**PAGE_HEADERS, "content-disposition": f'attachment; filename="{name}"'}
    return Response(data, headers=headers, media_type="application/json")


@routes.post("/cases/{case}/holds", Permission.HOLD_PLACE)
def place_hold(visit: Visit) -> Response:
    """Place a hold, or note a request to preserve."""
    case, kind = visit.number("case"), visit.text("kind", 20)
    if kind not in ("legal", "preservation"):
        raise InputError("choose a legal hold or a request to preserve")
    reason, where = visit.text("reason", 2_000), visit.text("jurisdiction", 100)
    if kind == "legal":
        visit.store.place_hold(visit.actor, case, reason, where)
        return visit.to(f"/cases/{case}", "held")
    visit.store.place_hold(visit.actor, case, reason, where, "preservation")
    return visit.to(f"/cases/{case}", "requested")


@routes.post("/cases/{case}/holds/{hold}/release", Permission.HOLD_PLACE)
def release_hold(visit: Visit) -> Response:
    """Propose that a hold is released."""
    case = visit.number("case")
    visit.store.propose_release(visit.actor, visit.number("hold"), visit.text("reason", 2_000))
    return visit.to(f"/cases/{case}", "proposed")


def kept(visit: Visit, case: int) -> Kept:
    """What the page of a case shows."""
    zone, now, found = visit.zone(), visit.now, visit.store.retention(visit.actor, case)
    may_hold = visit.actor.may(Permission.HOLD_PLACE)
    done: tuple[Destruction, ...] = ()
    if visit.actor.may(Permission.RETENTION_READ):
        done = visit.store.destructions(visit.actor, case)
    return Kept(
        sentence=_sentence(found, zone, now),
        held=[words.clip(each, 300) for each in found.held(found.stage, now)],
        clocks=[_clock(each, zone, now) for each in found.clocks],
        holds=[_hold(each, zone, may_hold) for each in found.holds],
        destructions=[_destruction(each, zone) for each in done],
        may_hold=may_hold,
    )


def reference_page(visit: Visit, case: int) -> Response:
    """The page of a case whose content was destroyed."""
    zone, found = visit.zone(), visit.store.retention(visit.actor, case)
    proposed = []
    if visit.actor.may(Permission.PROPOSAL_READ):
        proposed = [
            waiting(visit, each, zone)
            for each in visit.store.proposals(visit.actor, case)
            if each.status == "open"
        ]
    page = ReferencePage(
        case=case,
        reference=found.reference,
        account=words.clip(found.account),
        state=wording.state(found.state),
        kept=kept(visit, case),
        waiting=proposed,
        zone=zone.name,
    )
    return visit.page("reference.html.j2", f"Case {found.reference}", page)


def _sentence(found: Retention, zone: Zone, now: int) -> str:
    if found.destruction is not None:
        state = _STATES[found.destruction.state]
        return f"Its {found.destruction.stage} is to be destroyed: {state}."
    if found.is_open:
        return "The case is open: its clocks begin when it is closed."
    until = found.until(found.stage)
    if until is None:
        return f"No clock is for its {found.stage}: it is kept until somebody decides."
    when = zone.minute(until).shown[:10]
    if until > now:
        return f"Its {found.stage} is kept until {when} at least."
    if found.held(found.stage, now):
        return f"The last clock on its {found.stage} ended on {when}; a hold keeps it."
    what = "a second person has to agree" if found.is_proposed else "it is proposed soon"
    return f"The last clock on its {found.stage} ended on {when}. It is to be destroyed: {what}."


def _clock(running: Running, zone: Zone, now: int) -> ClockRow:
    clock = running.clock
    mark = f" ({clock.mark})" if clock.mark else ""
    return ClockRow(
        clock.title,
        _KEEPS[clock.keeps],
        zone.minute(running.started_at),
        zone.minute(running.ends_at),
        running.ends_at <= now,
        f"{_BASIS[clock.basis]}: {clock.source}{mark}",
    )


def _hold(hold: Hold, zone: Zone, may: bool) -> HoldRow:
    kind = "Legal hold" if hold.kind == "legal" else "Request to preserve"
    ours = "" if hold.service_hold is None else f", hold {hold.service_hold} of the service"
    released = ""
    if hold.released_at is not None:
        when = zone.minute(hold.released_at).shown[:10]
        second = f" and {hold.second}" if hold.second else ""
        released = f"released {when} by {hold.released_by}{second}: {hold.released_because}"
    return HoldRow(
        hold.id,
        f"{kind} {hold.id} ({words.clip(hold.jurisdiction)}{ours})",
        words.clean(hold.reason),
        hold.placed_by,
        zone.minute(hold.placed_at),
        words.clean(released),
        may and not released and hold.service_hold is None,
    )


def _destruction(found: Destruction, zone: Zone) -> DestructionRow:
    return DestructionRow(
        found.id,
        found.case,
        found.reference,
        found.stage,
        _STATES[found.state],
        zone.minute(found.done_at or found.agreed_at),
        f"{found.by}, {found.second}",
        words.clean(found.stopped),
        found.state == "done",
    )


def _due(visit: Visit, zone: Zone, until: int, found: Retention) -> DueRow:
    if found.destruction is not None:
        stands = _STATES[found.destruction.state]
    elif found.is_proposed:
        stands = "proposed: a second person has to agree"
    elif found.refused_at is not None:
        stands = f"not agreed to on {zone.minute(found.refused_at).shown[:10]}"
    else:
        stands = "; ".join(found.held(found.stage, visit.now)) or "proposed soon"
    days = (until - visit.now) // DAY
    return DueRow(
        found.case,
        found.reference,
        wording.state(found.state),
        found.stage,
        zone.minute(until),
        f"in {words.plural(days, 'day')}" if days >= 0 else f"{words.plural(-days, 'day')} ago",
        stands,
    )
