"""The service over a real port, and both clients behind one face."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
import uvicorn

from fieldfare.client import AsyncClient, Client
from fieldfare.service.api.app import create_app
from fieldfare.service.settings import ServiceSettings

Open = Callable[..., Any]


@contextmanager
def serving(settings: ServiceSettings) -> Iterator[str]:
    """The service's address while it listens; without a worker."""
    config = uvicorn.Config(
        create_app(settings),
        port=0,
        access_log=False,
        log_level="error",
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    started = threading.Event()
    while not server.started:
        assert thread.is_alive()
        started.wait(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class OnALoop:
    """An `AsyncClient` that is asked as if it were blocking."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        self._client = AsyncClient(*arguments, **more)
        self._loop = asyncio.new_event_loop()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def ask(*arguments: Any, **more: Any) -> Any:
            found = getattr(self._client, name)(*arguments, **more)
            if inspect.isasyncgen(found):
                return self._each(cast("AsyncGenerator[Any, None]", found))
            return self._loop.run_until_complete(found)

        return ask

    def _each(self, found: AsyncGenerator[Any, None]) -> Iterator[Any]:
        try:
            while True:
                try:
                    yield self._loop.run_until_complete(anext(found))
                except StopAsyncIteration:
                    return
        finally:
            self._loop.run_until_complete(found.aclose())

    def close(self) -> None:
        self._loop.run_until_complete(self._client.close())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()


@pytest.fixture(params=[Client, OnALoop], ids=["blocking", "async"])
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Opens clients of either kind, and closes them in the end."""
    clients: list[Any] = []

    def open_client(*arguments: Any, **more: Any) -> Any:
        clients.append(request.param(*arguments, **more))
        return clients[-1]

    yield open_client
    for client in clients:
        client.close()


@pytest.fixture
def settings(tmp_path: Path) -> ServiceSettings:
    """An embedded database."""
    return ServiceSettings(data=tmp_path / "data")
