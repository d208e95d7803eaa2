"""Signing in with name, password and code; signing out."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fieldfare.cases.errors import SignInRefused
from fieldfare.console import sessions
from fieldfare.console.guests import Guest
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit

routes = Routes()


@dataclass(frozen=True)
class SignInPage:
    """The form."""

    refused: str
    external: str
    """What the identity provider is called; empty where there is none."""
    signed_out: bool
    guests: list[Guest]
    """Of a demonstration: who may sign in, with password and code."""


@routes.get("/sign-in", "anybody")
def ask(visit: Visit) -> Response:
    """Ask for name, password and code, or lead to the identity provider."""
    return form(visit, "")


@routes.post("/sign-in", "anybody")
def sign_in(visit: Visit) -> Response:
    """Sign in. A refusal says the same whatever was wrong."""
    try:
        session = visit.console.sign_in.password(
            visit.text("name", 200),
            visit.text("password", 2000),
            visit.text("code", 20).replace(" ", ""),
        )
    except SignInRefused as error:
        return form(visit, f"{str(error).capitalize()}.", 403)
    answer = visit.to("/")
    sessions.begin(answer, session, visit.request, visit.root)
    return answer


@routes.post("/sign-out", "anybody")
def sign_out(visit: Visit) -> Response:
    """Sign out, here and in the database."""
    secret = visit.request.cookies.get(sessions.COOKIE)
    if secret:
        visit.console.sign_in.end(secret)
    answer = visit.to("/sign-in", "signed-out")
    sessions.end(answer, visit.root)
    return answer


def form(visit: Visit, refused: str, status: int = 200) -> Response:
    """The page where one signs in."""
    provider = visit.console.openid
    page = SignInPage(
        refused=refused,
        external="" if provider is None else provider.settings.title,
        signed_out=visit.asked("notice") == "signed-out",
        guests=list(visit.console.guests),
    )
    return visit.page("sign_in.html.j2", "Sign in", page, status)
