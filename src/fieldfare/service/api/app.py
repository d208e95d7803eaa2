"""The application: what it opens, its routes, its errors."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from fieldfare import __version__
from fieldfare.service.api import (
    accounts,
    appeals,
    assessments,
    decisions,
    events,
    health,
    webhooks,
)
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import Gate
from fieldfare.service.logs import RequestLog
from fieldfare.service.settings import ServiceSettings

log = logging.getLogger("fieldfare.service")


def create_app(settings: ServiceSettings) -> FastAPI:
    """The service as an ASGI application. It opens its databases when it starts and closes them
    when it ends; the worker is not part of it (see `service.serve`)."""
    app = FastAPI(
        title="Fieldfare",
        version=__version__,
        summary="Events in, assessments and decisions out.",
        lifespan=_lifespan(settings),
        docs_url=None,  # their pages load scripts from elsewhere
        redoc_url=None,
    )
    app.add_middleware(RequestLog)
    for part in (events, decisions, assessments, accounts, appeals, webhooks, health):
        app.include_router(part.router)
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(Exception, _failed)
    return app


def _lifespan(
    settings: ServiceSettings,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = Running(settings)
        app.state.running = running
        app.state.gate = Gate(running.tokens.check, settings.requests_per_second)
        try:
            yield
        finally:
            running.close()

    return lifespan


async def _not_valid(_: Request, error: Exception) -> JSONResponse:
    # FastAPI's own answer repeats what was sent, which may be a message.
    assert isinstance(error, RequestValidationError)  # noqa: S101
    where = ", ".join(".".join(map(str, each["loc"])) for each in error.errors())
    return JSONResponse({"detail": f"not valid: {where}"}, 422)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # The kind of error and the route, and nothing that a person wrote.
    route = getattr(request.scope.get("route"), "path", "?")
    log.error("%s %s: %s", request.method, route, type(error).__name__)
    return JSONResponse({"detail": "an error of the service's own; it was logged"}, 500)
