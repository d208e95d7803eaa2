"""The application: what it is made of, who may come in, what an error looks like."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route as HttpRoute

from fieldfare.cases import Actor, CaseStore, Permission
from fieldfare.cases.errors import (
    ChangedMeanwhile,
    KeyMissing,
    NotAllowed,
    NotFound,
    Taken,
    WrongState,
)
from fieldfare.cases.records import Exposure
from fieldfare.cases.users import SignIn
from fieldfare.console import preferences
from fieldfare.console.cabinet import Cabinet
from fieldfare.console.guard import HEADERS, PAGE_HEADERS, form_of, same_origin
from fieldfare.console.guests import Guest
from fieldfare.console.openid import OpenId, ProviderError
from fieldfare.console.pages import PAGES
from fieldfare.console.rendering import Failure, prime
from fieldfare.console.routes import Route
from fieldfare.console.sessions import actor_of
from fieldfare.console.visit import NOBODY, Visit
from fieldfare.reports.filings import Filings
from fieldfare.reports.settings import ReportSettings
from fieldfare.vocabulary import FieldfareError, InputError

if TYPE_CHECKING:
    from fieldfare.service.settings import ServiceSettings

log = logging.getLogger("fieldfare.console")

ASSETS: Final = {
    "report.css": ("fieldfare.scan.page", "text/css"),
    "sortable.js": ("fieldfare.scan.page", "text/javascript"),
    "console.css": ("fieldfare.console", "text/css"),
    "console.js": ("fieldfare.console", "text/javascript"),
    "htmx.min.js": ("fieldfare.console", "text/javascript"),
    "world.svg": ("fieldfare.console", "image/svg+xml"),
    "icon.svg": ("fieldfare.console", "image/svg+xml"),
}
"""Files that pages ask for; everything else is 404."""

STATUS: Final[dict[type[Exception], int]] = {
    NotAllowed: 403,
    NotFound: 404,
    ChangedMeanwhile: 409,
    Taken: 409,
    WrongState: 409,
    InputError: 400,
    KeyMissing: 503,
    ProviderError: 502,
}


@dataclass(frozen=True)
class Console:
    """What the pages work on."""

    store: CaseStore
    sign_in: SignIn
    clock: Callable[[], int]
    banner: str = ""
    policy: Path | None = None
    """The policy in force; None: the one that ships."""
    scorecard: Path | None = None
    past: tuple[Path, ...] = ()
    """Past events that a policy can be tried on."""
    guests: tuple[Guest, ...] = ()
    """Of a demonstration only."""
    service: ServiceSettings | None = None
    """The live service whose data these are; None: there is none."""
    filings: Filings | None = None
    """Reports on their way; None: they are not shown."""
    reports: ReportSettings = field(default_factory=ReportSettings)
    """Who reports, and where to: for what is missing in a report."""
    cabinet: Cabinet | None = None
    """Investigations that can be looked at here; None: none."""
    openid: OpenId | None = None
    """The identity provider through which people may sign in."""
    routes: tuple[Route, ...] = field(default=PAGES)

    def exposure(self, actor: Actor) -> Exposure | None:
        """What somebody had to see in this shift; None for those who see no text."""
        if not (actor.may(Permission.EXPOSURE_OWN) and actor.may(Permission.TEXT_REVEAL)):
            return None
        return self.store.exposure(actor)


def create_console(console: Console) -> Starlette:
    """The console as an ASGI application, to be served alone or mounted under a path."""
    routes = [
        HttpRoute(
            each.path, _endpoint(console, each), methods=[each.method], name=each.handler.__name__
        )
        for each in console.routes
    ]
    routes.append(HttpRoute("/static/{name}", _asset, methods=["GET"]))
    prime()
    app = Starlette(routes=routes)
    app.add_exception_handler(HTTPException, _no_such_page)
    return app


def _endpoint(console: Console, route: Route) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        visit = Visit(
            request, console, NOBODY, preferences.read(request.cookies.get(preferences.COOKIE))
        )
        try:
            if route.method == "POST":
                if not same_origin(request):
                    raise NotAllowed("this came from another site, and was not done")
                visit.form = await form_of(request)
            return await run_in_threadpool(_answer, visit, route)
        except Exception as error:  # noqa: BLE001 - every kind has its page
            return _failed(visit, route, error)

    return endpoint


def _answer(visit: Visit, route: Route) -> Response:
    """The one place where a route's rule is held."""
    visit.actor = actor_of(visit.request, visit.console.sign_in) or NOBODY
    if route.needs != "anybody":
        if visit.actor is NOBODY:
            return _sign_in_first(visit)
        if route.needs != "signed in" and not visit.actor.may(route.needs):
            raise NotAllowed(
                "your role may not do this; a supervisor or administrator can say who may"
            )
    return route.handler(visit)


def _sign_in_first(visit: Visit) -> Response:
    if visit.partial:
        return Response(
            status_code=204, headers={**PAGE_HEADERS, "hx-redirect": f"{visit.root}/sign-in"}
        )
    return visit.to("/sign-in", "ended" if visit.request.cookies else "")


def _failed(visit: Visit, route: Route, error: Exception) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    known = isinstance(error, FieldfareError)
    if not known:
        # The kind of error and the route, and nothing that a person wrote.
        log.error("%s %s: %s", route.method, route.path, type(error).__name__)
    message = str(error) if known else "It was logged. Nothing was changed."
    case = visit.request.path_params.get("case", "")
    back = f"/cases/{case}" if str(case).isdigit() and status != 404 else "/"
    page = Failure(
        heading=_HEADINGS.get(status, "Something went wrong here"),
        message=f"{message[:1].upper()}{message[1:]}{'' if message.endswith('.') else '.'}",
        back=back,
        back_label="Back to the case" if back != "/" else "To the first page",
        changes=[f"{each.by} {each.what}" for each in error.changes]
        if isinstance(error, ChangedMeanwhile)
        else [],
    )
    return visit.page("failure.html.j2", page.heading, page, status)


_HEADINGS: Final = {
    400: "That could not be read",
    403: "You may not do this",
    404: "There is no such thing",
    409: "That cannot be done now",
    502: "The identity provider cannot be asked",
    503: "The text cannot be opened",
}


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in ASSETS:
        return PlainTextResponse("not found", 404, HEADERS)
    package, kind = ASSETS[name]
    folder = files(package)
    place = folder / name if package.endswith("page") else folder / "static" / name
    headers = {**HEADERS, "cache-control": "max-age=300"}
    return FileResponse(str(place), media_type=kind, headers=headers)


async def _no_such_page(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if request.method == "GET" and status == 404:
        root = request.scope.get("root_path", "")
        if request.url.path.rstrip("/") == root.rstrip("/"):
            return RedirectResponse(f"{root}/", 303, PAGE_HEADERS)
    return PlainTextResponse("There is no such page.", status, PAGE_HEADERS)
