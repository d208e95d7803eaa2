"""The pages, one module each: what it shows (typed), how it is filled, its routes."""

from __future__ import annotations

from typing import Final

from fieldfare.console.pages import (
    accountability,
    accounts,
    audit,
    case,
    conversation,
    deciding,
    external,
    handover,
    investigations,
    keeping,
    notes,
    people,
    person,
    proposals,
    queue,
    redactions,
    reporting,
    rules,
    search,
    settings,
    signing_in,
    team,
)
from fieldfare.console.routes import Route

PAGES: Final[tuple[Route, ...]] = tuple(
    route
    for part in (
        signing_in,
        external,
        queue,
        case,
        conversation,
        deciding,
        proposals,
        notes,
        redactions,
        reporting,
        keeping,
        investigations,
        people,
        person,
        accounts,
        handover,
        search,
        team,
        rules,
        audit,
        accountability,
        settings,
    )
    for route in part.routes.all
)
"""Every route of the console but its static files, which anybody may fetch."""
