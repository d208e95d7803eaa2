"""The relay's addresses: the pages, the modules and tables of the device, and what pages ask."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.encrypted_chat.relay import Relay, body_of, json_of

PAGE: Final = Path(__file__).parent / "page"
DEVICE: Final = Path(__file__).parents[2] / "device"
OWN: Final = "http://127.0.0.1:* http://localhost:*"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none';"
    f" form-action 'none'; frame-src {OWN}; frame-ancestors {OWN}"
)
HOSTS: Final = {"robin": "127.0.0.1", "mira": "localhost"}
"""Two names of this machine: two origins, so that neither page can reach the other's keys."""


class Headers:
    """Pages that load nothing from elsewhere and are kept by nobody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message["headers"],
                    (b"content-security-policy", POLICY.encode()),
                    (b"cache-control", b"no-store"),
                    (b"referrer-policy", b"no-referrer"),
                    (b"x-content-type-options", b"nosniff"),
                ]
            await send(message)

        await self._app(scope, receive, sending)


def create_app(relay: Relay, release: Path, public_key: str, console: str) -> Starlette:
    """`release` holds the signed tables, `public_key` is what they are checked with (base64), and
    `console` the address of the reviewers' pages."""

    async def me(request: Request) -> Response:
        one = relay.signed_in(request)
        other = relay.other(one)
        people = [{"id": who.id, "name": who.name, "age": who.age} for who in (one, other)]
        return JSONResponse({"me": people[0], "other": people[1], "publicKey": public_key})

    async def device(request: Request) -> Response:
        await relay.announce(relay.signed_in(request), await json_of(request))
        return JSONResponse({})

    async def news(request: Request) -> Response:
        one = relay.signed_in(request)
        after, version = (_number(request, name) for name in ("after", "version"))
        return JSONResponse(await relay.news(one, after, version))

    async def message(request: Request) -> Response:
        return JSONResponse(await relay.pass_on(relay.signed_in(request), await json_of(request)))

    async def block(request: Request) -> Response:
        await relay.block(relay.signed_in(request))
        return JSONResponse({})

    async def report(request: Request) -> Response:
        return JSONResponse(await relay.report(relay.signed_in(request), await body_of(request)))

    async def stage(request: Request) -> Response:
        relay.require_operator(request)
        port = request.url.port
        pages = {
            one.id: f"http://{HOSTS[one.id]}:{port}/chat#{one.token}"
            for one in relay.people.values()
        }
        return JSONResponse({"pages": pages, "console": console})

    async def seen(request: Request) -> Response:
        relay.require_operator(request)
        return JSONResponse(await relay.watch(_number(request, "after")))

    def page(name: str) -> Route:
        async def answer(_: Request) -> Response:
            return FileResponse(PAGE / f"{name}.html")

        return Route("/" if name == "stage" else f"/{name}", answer)

    async def failed(_: Request, error: Exception) -> Response:
        status = getattr(error, "status_code", 500)
        return JSONResponse({"detail": getattr(error, "detail", "")}, status)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await relay.fieldfare.introduce(relay.people)
        yield
        await relay.fieldfare.close()

    return Starlette(
        lifespan=lifespan,
        exception_handlers={400: failed, 401: failed, 403: failed, 409: failed, 413: failed},
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS.values())),
            Middleware(Headers),
        ],
        routes=[
            page("stage"),
            page("chat"),
            page("seen"),
            Route("/api/me", me),
            Route("/api/device", device, methods=["PUT"]),
            Route("/api/news", news),
            Route("/api/messages", message, methods=["POST"]),
            Route("/api/blocks", block, methods=["POST"]),
            Route("/api/reports", report, methods=["POST"]),
            Route("/api/stage", stage),
            Route("/api/seen", seen),
            Mount("/page", StaticFiles(directory=PAGE)),
            Mount("/device", StaticFiles(directory=DEVICE)),
            Mount("/release", StaticFiles(directory=release)),
        ],
    )


def _number(request: Request, name: str) -> int:
    value = request.query_params.get(name, "0")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 0
