"""What waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.records import Proposal
from fieldfare.console.pages.case_rows import Waiting, waiting
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.vocabulary import InputError

routes = Routes()


@dataclass(frozen=True)
class ProposalRow:
    """A proposal and what it is about."""

    waiting: Waiting
    case: int
    about: str


@dataclass(frozen=True)
class ProposalsPage:
    """Proposals that the visitor has made or may agree to."""

    rows: list[ProposalRow]
    zone: str


@routes.get("/proposals", Permission.PROPOSAL_READ)
def proposals(visit: Visit) -> Response:
    """Everything that waits."""
    zone = visit.zone()
    page = ProposalsPage(
        rows=[
            ProposalRow(waiting(visit, each, zone), each.case or 0, _about(each))
            for each in visit.store.proposals(visit.actor)
        ],
        zone=zone.name,
    )
    return visit.page("proposals.html.j2", "Second person", page)


@routes.post("/proposals/{proposal}/approve", Permission.PROPOSAL_READ)
def approve(visit: Visit) -> Response:
    """Agree, as the second person."""
    found = visit.store.approve(visit.actor, visit.number("proposal"), visit.text("rationale"))
    return _back(visit, found, "agreed")


@routes.post("/proposals/{proposal}/refuse", Permission.PROPOSAL_READ)
def refuse(visit: Visit) -> Response:
    """Do not agree, and say why."""
    reason = visit.text("rationale")
    if not reason.strip():
        raise InputError("say why you do not agree")
    found = visit.store.refuse(visit.actor, visit.number("proposal"), reason)
    return _back(visit, found, "refused")


@routes.post("/proposals/{proposal}/withdraw", Permission.PROPOSAL_READ)
def withdraw(visit: Visit) -> Response:
    """Take back one's own."""
    found = visit.store.withdraw(visit.actor, visit.number("proposal"))
    return _back(visit, found, "withdrawn")


def _back(visit: Visit, proposal: Proposal, notice: str) -> Response:
    if proposal.case is None or not visit.actor.may(Permission.CASE_READ):
        return visit.to("/proposals", notice)
    return visit.to(f"/cases/{proposal.case}", notice)


def _about(proposal: Proposal) -> str:
    if proposal.case is not None:
        return f"C-{proposal.case}"
    return str(proposal.payload.get("sha256", ""))[:16]
