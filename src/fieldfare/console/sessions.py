"""Sessions in a cookie. The cookie's secret is kept nowhere else; the database has its hash."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from fieldfare.cases.permissions import Actor
from fieldfare.cases.users import LONGEST_SESSION, Session, SignIn
from fieldfare.vocabulary.times import SECOND

COOKIE: Final = "fieldfare_session"


def actor_of(request: Request, sign_in: SignIn) -> Actor | None:
    """Who makes a request; None where nobody is signed in, or not any more."""
    secret = request.cookies.get(COOKIE)
    return sign_in.actor(secret) if secret else None


def begin(response: Response, session: Session, request: Request, root: str) -> None:
    """Hand the session to the browser."""
    response.set_cookie(
        COOKIE,
        session.secret,
        max_age=LONGEST_SESSION // SECOND,
        path=root or "/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def end(response: Response, root: str) -> None:
    """Take it back."""
    response.delete_cookie(COOKIE, path=root or "/", httponly=True, samesite="strict")
