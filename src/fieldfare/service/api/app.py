"""The application: what it opens, its routes, its errors."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp

from fieldfare import __version__
from fieldfare.service.api import (
    accounts,
    appeals,
    assessments,
    decisions,
    events,
    health,
    reports,
    webhooks,
)
from fieldfare.service.api.problems import COMMON, handle
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import Gate
from fieldfare.service.logs import RequestLog
from fieldfare.service.safeguard_counts import EVERY_SECONDS
from fieldfare.service.settings import ServiceSettings

log = logging.getLogger("fieldfare.service")


def create_app(settings: ServiceSettings, mounted: Mapping[str, ASGIApp] | None = None) -> FastAPI:
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
    for part in (events, decisions, assessments, accounts, appeals, reports, webhooks):
        app.include_router(part.router, responses=COMMON)
    app.include_router(health.router)
    handle(app)
    for path, other in (mounted or {}).items():
        app.mount(path, other)
    return app


def _lifespan(
    settings: ServiceSettings,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        running = Running(settings)
        app.state.running = running
        app.state.gate = Gate(running.tokens.check, settings.requests_per_second)
        keeping = asyncio.create_task(_keep_counts(running))
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
            running.close()

    return lifespan


async def _keep_counts(running: Running) -> None:
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        try:
            await run_in_threadpool(running.keep_counts)
        except Exception as error:  # noqa: BLE001 - figures may wait; decisions must not
            log.warning("the counts of safeguards could not be kept: %s", type(error).__name__)
