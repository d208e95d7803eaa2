"""Messages blacked out, and what takes two people about one case: undoing that, and an export."""

from __future__ import annotations

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.vocabulary import InputError

routes = Routes()

MOST: int = 2_000
"""Characters of a reason."""


@routes.post("/cases/{case}/redact", Permission.CASE_NOTE)
def redact(visit: Visit) -> Response:
    """Black out messages for everybody."""
    case, ids = _which(visit)
    visit.store.redact(visit.actor, case, ids, _why(visit))
    return visit.to(f"/cases/{case}/messages/{ids[0]}", "redacted")


@routes.post("/cases/{case}/unredact", Permission.REDACTION_PROPOSE)
def unredact(visit: Visit) -> Response:
    """Propose that messages can be revealed again."""
    case, ids = _which(visit)
    visit.store.messages_of(visit.actor, case, ids)
    payload = {"messages": list(ids), "why": _why(visit)}
    visit.store.propose(visit.actor, "unredact", payload, case)
    return visit.to(f"/cases/{case}/messages/{ids[0]}", "proposed")


@routes.post("/cases/{case}/export", Permission.EXPORT_PROPOSE)
def export(visit: Visit) -> Response:
    """Propose that the case may leave the house."""
    case = visit.number("case")
    visit.store.propose(visit.actor, "export", {"why": _why(visit)}, case)
    return visit.to(f"/cases/{case}", "proposed")


def _which(visit: Visit) -> tuple[int, tuple[int, ...]]:
    ids = visit.integers("message")
    if not ids:
        raise InputError("say which messages")
    return visit.number("case"), ids


def _why(visit: Visit) -> str:
    why = visit.text("why", MOST)
    if not why.strip():
        raise InputError("say why")
    return why
