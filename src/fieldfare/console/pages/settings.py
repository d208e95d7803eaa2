"""What a person prefers to see, and has had to see."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
from starlette.responses import Response

from fieldfare.console import preferences
from fieldfare.console.preferences import Preferences
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.vocabulary import InputError

routes = Routes()


@dataclass(frozen=True)
class PreferencesPage:
    """Preferences."""

    now: Preferences
    cases: str
    """Cases looked at in this shift; empty for those who see no text."""
    revealed: str
    grave: str


@routes.get("/preferences", "signed in")
def show(visit: Visit) -> Response:
    """The preferences of this browser, and the exposure of this shift."""
    seen = visit.console.exposure(visit.actor)
    page = PreferencesPage(
        now=visit.preferences,
        cases="" if seen is None else f"{seen.cases:,}",
        revealed="" if seen is None else f"{seen.revealed:,}",
        grave="" if seen is None else f"{seen.grave:,}",
    )
    return visit.page("preferences.html.j2", "Preferences", page)


@routes.post("/preferences", "signed in")
def change(visit: Visit) -> Response:
    """Keep other preferences in this browser."""
    own = visit.text("own_zone", 60).strip() or "UTC"
    if preferences.known_zone(own) is None:
        raise InputError(f"no time zone is called '{own[:40]}'; write one such as Europe/Madrid")
    try:
        chosen = msgspec.convert(
            {
                "theme": visit.text("theme", 20),
                "zone": visit.text("zone", 20),
                "own_zone": own,
                "context": visit.integer("context"),
                "shortcuts": bool(visit.texts("shortcuts")),
                "grey": bool(visit.texts("grey")),
                "blur": bool(visit.texts("blur")),
            },
            Preferences,
        )
    except msgspec.ValidationError:
        raise InputError("one of the preferences is not among the choices") from None
    answer = visit.to("/preferences", "saved")
    return _kept(answer, visit, chosen)


@routes.post("/zone", "signed in")
def change_zone(visit: Visit) -> Response:
    """Show times in the next zone, on the page that asked."""
    order = {"utc": "local", "local": "child", "child": "source", "source": "utc"}
    now = visit.preferences
    chosen = msgspec.structs.replace(now, zone=order[now.zone])
    answer = Response(status_code=204, headers={"hx-refresh": "true"})
    if not visit.partial:
        answer = visit.to("/preferences", "saved")
    return _kept(answer, visit, chosen)


def _kept(answer: Response, visit: Visit, chosen: Preferences) -> Response:
    answer.set_cookie(
        preferences.COOKIE,
        chosen.cookie(),
        max_age=400 * 86_400,
        path=visit.root or "/",
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return answer
