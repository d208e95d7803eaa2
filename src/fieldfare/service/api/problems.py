"""Answers that every route may give, and how errors become them. None repeats what was sent."""

from __future__ import annotations

import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from fieldfare.service.database import NotStorableError

log = logging.getLogger("fieldfare.service")


class Problem(BaseModel):
    """Why there is no other answer."""

    detail: str = Field(description="One line, with nothing of what was sent.")


_RETRY_AFTER: Final = {"description": "Seconds.", "schema": {"type": "integer"}}

COMMON: Final[dict[int | str, dict[str, Any]]] = {
    400: {"model": Problem, "description": "The request cannot be read."},
    401: {
        "model": Problem,
        "description": "No token in force was sent.",
        "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}},
    },
    403: {"model": Problem, "description": "The token lacks the scope."},
    422: {"model": Problem, "description": "A value is missing or not valid."},
    429: {
        "model": Problem,
        "description": "Too many requests with this token.",
        "headers": {"Retry-After": _RETRY_AFTER},
    },
}
"""What routes with a token may answer besides their own."""


def handle(app: FastAPI) -> None:
    """Have the application answer errors in these words."""
    app.add_exception_handler(RequestValidationError, _not_valid)
    app.add_exception_handler(NotStorableError, _not_storable)
    app.add_exception_handler(Exception, _failed)


async def _not_valid(_: Request, error: Exception) -> JSONResponse:
    # FastAPI's own answer repeats what was sent, which may be a message.
    assert isinstance(error, RequestValidationError)  # noqa: S101
    where = ", ".join(map(_where, error.errors()))
    return JSONResponse({"detail": f"not valid: {where}"}, 422)


def _where(error: dict[str, Any]) -> str:
    if error["type"] == "json_invalid":
        return "body (not JSON)"
    if error["loc"] == ("body",):
        return "body (send JSON, with Content-Type: application/json)"
    where = ".".join(map(str, error["loc"][:2]))
    # Of these pydantic's words are our own choice of values, and nothing of what was sent.
    return f"{where} ({error['msg']})" if error["type"] in ("missing", "literal_error") else where


async def _not_storable(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 400)


async def _failed(request: Request, error: Exception) -> JSONResponse:
    # The kind of error and the route, and nothing that a person wrote.
    route = getattr(request.scope.get("route"), "path", "?")
    log.error("%s %s: %s", request.method, route, type(error).__name__)
    return JSONResponse({"detail": "an error of the service's own; it was logged"}, 500)
