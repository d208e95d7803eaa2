"""Signing in through the operator's identity provider, and signing out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.responses import RedirectResponse, Response

from fieldfare.cases.errors import NotFound, SignInRefused
from fieldfare.console import sessions
from fieldfare.console.guard import PAGE_HEADERS
from fieldfare.console.openid import UNDER_WAY, OpenId
from fieldfare.console.pages.signing_in import form
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import SECOND

routes = Routes()

COOKIE: Final = "fieldfare_sign_in"


@dataclass(frozen=True)
class SignedInPage:
    """A step between the provider and the console: the cookie of a session is not sent with a
    request that another site began, so that the console itself has to begin one."""

    title: str


@routes.get("/sign-in/external", "anybody")
def begin(visit: Visit) -> Response:
    """Go to the provider."""
    place, begun = _provider(visit).begin()
    answer = RedirectResponse(place, 303, PAGE_HEADERS)
    answer.set_cookie(
        COOKIE,
        begun,
        max_age=UNDER_WAY // SECOND,
        path=f"{visit.root}/sign-in",
        secure=visit.request.url.scheme == "https",
        httponly=True,
        samesite="lax",
    )
    return answer


@routes.get("/sign-in/external/back", "anybody")
def back(visit: Visit) -> Response:
    """Come back from it. What it sent is good once, and only in the browser that began."""
    provider = _provider(visit)
    try:
        who = provider.finish(visit.request.cookies.get(COOKIE), visit.request.query_params)
        session = visit.console.sign_in.vouched(who)
    except (SignInRefused, InputError) as error:
        answer = form(visit, f"{str(error)[:1].upper()}{str(error)[1:]}.", 403)
    else:
        page = SignedInPage(provider.settings.title)
        answer = visit.page("signed_in.html.j2", "Signed in", page)
        sessions.begin(answer, session, visit.request, visit.root)
    answer.delete_cookie(COOKIE, path=f"{visit.root}/sign-in", httponly=True, samesite="lax")
    return answer


@routes.get("/sign-in/external/out", "anybody")
def out(visit: Visit) -> Response:
    """Sign out of the provider too, where it has a place for that."""
    place = _provider(visit).sign_out_address()
    if place is None:
        raise NotFound("the identity provider has no place to sign out; close the browser")
    return RedirectResponse(place, 303, PAGE_HEADERS)


def _provider(visit: Visit) -> OpenId:
    if visit.console.openid is None:
        raise NotFound("no identity provider is set up here")
    return visit.console.openid
