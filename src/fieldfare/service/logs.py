"""Logs of the service: a JSON object a line on standard error, without ids of accounts or text.

A request is told of by its route (``/v1/accounts/{account:account}/assessment``), never by its
path. The name of a token is its maker's choice, and is not an account's.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fieldfare.vocabulary.times import isoformat

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LEVELS: Final = ("debug", "info", "warning", "error")
FIELDS: Final = ("method", "route", "status", "milliseconds", "token")
"""What a line about a request has besides `time`, `level`, `logger` and `message`."""

requests = logging.getLogger("fieldfare.requests")


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": isoformat(int(record.created * 1e6)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            # Of an exception its kind alone: its words and its trace may hold what was sent.
            line["exception"] = record.exc_info[0].__name__
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        return msgspec.json.encode(line).decode()


def to_standard_error(level: str) -> None:
    """From now on this process logs so, from `level` on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


class RequestLog:
    """Logs each request when it is answered, at level info; costs nothing where that is off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not requests.isEnabledFor(logging.INFO):
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            token = scope.get("state", {}).get("token")
            requests.info(
                "request",
                extra={
                    "method": scope["method"],
                    "route": getattr(scope.get("route"), "path", "none"),
                    "status": status,
                    "milliseconds": round(1000 * (time.perf_counter() - began), 3),
                    "token": getattr(token, "name", None),
                },
            )
