"""What waits for a second person."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.records import Proposal
from fieldfare.console.pages.case_rows import Waiting, waiting
from fieldfare.console.pages.rules import in_force
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.vocabulary import InputError

routes = Routes()

MOST_LINES: Final = 2_000
"""Of changes that are shown; the whole text stands below them."""


@dataclass(frozen=True)
class ProposalRow:
    """A proposal and what it is about."""

    waiting: Waiting
    case: int
    about: str


@dataclass(frozen=True)
class ProposalPage:
    """One proposal: all that somebody has to see to agree to it."""

    row: ProposalRow
    zone: str
    why: str
    status: str
    second: str
    second_when: Time | None
    second_said: str
    sha256: str
    """Of a policy or scorecard, else empty."""
    text: str
    changes: list[tuple[str, str]]
    """Of a policy or scorecard against the one in force: added, removed, place or same; line."""


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


@routes.get("/proposals/{proposal}", Permission.PROPOSAL_READ)
def one(visit: Visit) -> Response:
    """What exactly is proposed."""
    zone = visit.zone()
    found = visit.store.proposal(visit.actor, visit.number("proposal"))
    text = words.clean(str(found.payload.get("text", "")))
    page = ProposalPage(
        row=ProposalRow(waiting(visit, found, zone), found.case or 0, _about(found)),
        zone=zone.name,
        why=words.clean(str(found.payload.get("why") or found.payload.get("reason", ""))),
        status=found.status,
        second=found.second or "",
        second_when=None if found.second_at is None else zone.minute(found.second_at),
        second_said=words.clean(found.reason),
        sha256=str(found.payload.get("sha256", "")),
        text=text,
        changes=_changes(in_force(visit, found.kind), text) if text else [],
    )
    return visit.page("proposal.html.j2", page.row.waiting.title, page)


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
        return visit.to("/proposals", f"rules-{notice}")
    return visit.to(f"/cases/{proposal.case}", notice)


_MARKS: Final = {"+": "added", "-": "removed", "@": "place"}


def _changes(before: str, after: str) -> list[tuple[str, str]]:
    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
    return [(_MARKS.get(line[:1], "same"), line) for line in list(lines)[2 : 2 + MOST_LINES]]


def _about(proposal: Proposal) -> str:
    if proposal.case is not None:
        return f"C-{proposal.case}"
    return str(proposal.payload.get("sha256", ""))[:16]
