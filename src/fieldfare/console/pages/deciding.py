"""Deciding: the consequence first, then the reasons; undoing; how a report ended."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.actions import shipped as actions
from fieldfare.cases.deciding import Outcome
from fieldfare.cases.errors import ChangedMeanwhile, NotFound
from fieldfare.cases.records import Case
from fieldfare.console import wording
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.scan.page.account import summary, who
from fieldfare.scan.page.context import Who
from fieldfare.vocabulary import InputError

routes = Routes()

OUTCOMES: dict[Outcome, str] = {
    "submitted": "It was submitted",
    "failed": "It failed",
    "declined": "It was declined",
    "retry": "Try again after a failure",
}


@dataclass(frozen=True)
class DecidePage:
    """One action, before it is confirmed."""

    case: int
    reference: str
    version: int
    who: Who
    summary: str
    action: str
    title: str
    consequence: str
    two: bool
    blind: bool
    reasons: list[tuple[str, str, bool]]
    rationale: str
    wrong: str
    """What is to be put right; empty at first."""


@dataclass(frozen=True)
class ConflictPage:
    """The case changed while somebody was deciding: nothing was done."""

    case: int
    reference: str
    changes: list[str]
    action: str
    title: str
    reasons: list[str]
    rationale: str
    state: str


@routes.get("/cases/{case}/decide/{action}", Permission.CASE_DECIDE)
def confirm(visit: Visit) -> Response:
    """What would follow, and the reasons to choose from."""
    case = visit.store.get(visit.actor, visit.number("case"))
    return _form(visit, case, visit.asked_all("reason"), "", "", case.summary.version)


@routes.post("/cases/{case}/decide/{action}", Permission.CASE_DECIDE)
def decide(visit: Visit) -> Response:
    """Decide, or propose where it takes two people."""
    number, action = visit.number("case"), _action(visit)
    version, reasons = visit.integer("version"), visit.texts("reason")
    rationale = visit.text("rationale")
    if not reasons:
        case = visit.store.get(visit.actor, number)
        wrong = "It needs a reason: choose at least one."
        return _form(visit, case, reasons, rationale, wrong, version, 400)
    try:
        if visit.text("blind", 5) == "1":
            visit.store.review(visit.actor, number, action, reasons, rationale)
            return visit.to("/queue", "recorded")
        decision = visit.store.decide(visit.actor, number, version, action, reasons, rationale)
    except ChangedMeanwhile as error:
        return _conflict(visit, number, error, action, reasons, rationale)
    except InputError as error:
        case = visit.store.get(visit.actor, number)
        return _form(visit, case, reasons, rationale, _sentence(error), version, 400)
    return visit.to(f"/cases/{number}", "proposed" if decision.status == "proposed" else "decided")


@routes.post("/cases/{case}/decisions/{decision}/undo", Permission.CASE_DECIDE)
def undo(visit: Visit) -> Response:
    """Take a decision back that has no effect yet."""
    visit.store.undo(visit.actor, visit.number("decision"))
    return visit.to(f"/cases/{visit.number('case')}", "undone")


@routes.post("/cases/{case}/report", Permission.REPORT_OUTCOME)
def report_outcome(visit: Visit) -> Response:
    """Record how the external report ended."""
    outcome = visit.text("outcome", 20)
    if outcome not in OUTCOMES:
        raise InputError("choose how the report ended")
    case = visit.number("case")
    visit.store.report_outcome(
        visit.actor,
        case,
        outcome,
        visit.text("reason", 500),
        receipt=visit.text("receipt", 200),
    )
    return visit.to(f"/cases/{case}", "recorded")


@routes.post("/cases/{case}/reopen", Permission.CASE_REOPEN)
def reopen(visit: Visit) -> Response:
    """Put a closed case back into the queue."""
    case, reason = visit.number("case"), visit.text("reason", 500)
    if not reason.strip():
        raise InputError("say why the case is opened again")
    visit.store.reopen(visit.actor, case, reason)
    return visit.to(f"/cases/{case}", "opened-again")


def _action(visit: Visit) -> str:
    name = str(visit.request.path_params["action"])
    if name not in actions().actions:
        raise NotFound("there is no such action")
    return name


def _form(
    visit: Visit,
    case: Case,
    chosen: tuple[str, ...],
    rationale: str,
    wrong: str,
    version: int,
    status: int = 200,
) -> Response:
    name = _action(visit)
    action, words_of = actions().actions[name], actions().reasons
    page = DecidePage(
        case=case.summary.id,
        reference=case.summary.reference,
        version=version,
        who=who(case.summary.account, case.name),
        summary=summary(case.children),
        action=name,
        title=action.title,
        consequence=action.consequence,
        two=action.second is not None,
        blind=case.blind,
        reasons=[(each, words_of[each], each in chosen) for each in action.reasons],
        rationale=rationale,
        wrong=wrong,
    )
    return visit.page("decide.html.j2", f"{action.title}: {page.reference}", page, status)


def _conflict(
    visit: Visit,
    number: int,
    error: ChangedMeanwhile,
    action: str,
    reasons: tuple[str, ...],
    rationale: str,
) -> Response:
    case = visit.store.get(visit.actor, number)
    words_of = actions().reasons
    page = ConflictPage(
        case=number,
        reference=case.summary.reference,
        changes=[f"{each.by} {each.what}" for each in error.changes],
        action=action,
        title=actions().actions[action].title,
        reasons=[words_of.get(each, each) for each in reasons],
        rationale=rationale,
        state=wording.state(case.summary.state),
    )
    return visit.page("conflict.html.j2", f"Changed meanwhile: {page.reference}", page, 409)


def _sentence(error: Exception) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."
