"""Events come in: POST /v1/events, and notices one by one."""

from __future__ import annotations

import asyncio
import logging
from typing import Annotated, Any

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from fieldfare.service.api.problems import COMMON, Problem
from fieldfare.service.api.running import Running, language_model
from fieldfare.service.api.security import body_of, needs, running
from fieldfare.service.arrivals import Arrival, read
from fieldfare.service.door import TooMuchError
from fieldfare.vocabulary import InputError

router = APIRouter(prefix="/v1", tags=["events"])
log = logging.getLogger("fieldfare.service")


class LineProblem(BaseModel):
    """What was wrong with one line or item."""

    at: str = Field(description="`line 3` or `item 3`, counted from 1.")
    what: str


class EventsTaken(BaseModel):
    """What came of a request. Everything that was not refused is durable."""

    received: int = Field(description="Records in the body.")
    new: int = Field(description="Events not known before.")
    repeated: int = Field(description="Messages known already, by id and recipients.")
    refused: list[LineProblem] = Field(description="Records that were left out.")
    doubtful: list[LineProblem] = Field(
        description="Records that were taken, with something in them left empty."
    )
    unread: int = Field(
        description="Messages taken without their text, which the policy does not let be read in"
        " the country of one of the two (unknown countries included)."
    )
    country_unknown: int = Field(
        description="Those of them where the country of someone is unknown: send accounts, with"
        " `country`, before their first message."
    )


_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/x-ndjson": {
                "schema": {"type": "string", "description": "One record a line (docs/formats.md)."}
            },
            "application/json": {
                "schema": {"type": "array", "items": {"type": "object"}},
            },
        },
    }
}

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The body cannot be read at all."},
    413: {"model": Problem, "description": "The body is too long."},
    415: {"model": Problem, "description": "An encoding that is not understood."},
    422: {"model": EventsTaken, "description": "Every record was refused."},
    429: {**COMMON[429], "description": "Too much waits; try again after `Retry-After`."},
}


@router.post(
    "/events",
    status_code=202,
    response_model=EventsTaken,
    responses=_PROBLEMS,
    openapi_extra=_BODY,
    dependencies=[needs("events:write")],
)
async def post_events(request: Request, service: Annotated[Running, Depends(running)]) -> Response:
    """Take events: messages, accounts, connections and notices, in any order.

    JSON Lines, or a JSON array; gzip if `Content-Encoding` says so. Answers 202 when every
    record that it did not refuse is durable. Sending a request again is harmless.
    """
    body = await body_of(request, service.settings.most_body_bytes)
    return await _take(body, service)


@router.post(
    "/notices",
    status_code=202,
    response_model=EventsTaken,
    responses=_PROBLEMS,
    openapi_extra=_BODY,
    dependencies=[needs("notices:write")],
)
async def post_notices(request: Request, service: Annotated[Running, Depends(running)]) -> Response:
    """Take users' reports, blocks and answers to requests to connect, and nothing else."""
    body = await body_of(request, service.settings.most_body_bytes)
    return await _take(body, service, only="notices")


async def _take(body: bytes, service: Running, only: str | None = None) -> Response:
    if service.backlog() > service.settings.most_waiting:
        _turn_away(service)
    try:
        arrival = await to_thread.run_sync(
            lambda: read(
                body,
                service.settings.text_use,
                language_model,
                content=service.content,
            )
        )
    except InputError as error:
        raise HTTPException(400, str(error)) from error
    if only is not None and set(arrival.tables) - {only}:
        raise HTTPException(400, f"only {only} are taken here; send the rest to /v1/events")
    new, repeated = 0, 0
    if arrival.tables:
        try:
            appended = await asyncio.wrap_future(service.door.take(arrival))
        except TooMuchError:
            _turn_away(service)
        new, repeated = appended.new, appended.repeated
    _count(service, arrival, new, repeated)
    answer = {
        "received": arrival.received,
        "new": new,
        "repeated": repeated,
        "refused": arrival.refused,
        "doubtful": arrival.doubtful,
        "unread": arrival.unread,
        "country_unknown": arrival.country_unknown,
    }
    status = 422 if arrival.refused and not arrival.tables else 202
    return Response(msgspec.json.encode(answer), status, media_type="application/json")


def _turn_away(service: Running) -> None:
    service.counts.turned_away += 1
    raise HTTPException(
        429, "more events wait than can be taken in; try again", headers={"Retry-After": "1"}
    )


def _count(service: Running, arrival: Arrival, new: int, repeated: int) -> None:
    counts = service.counts.events
    counts["new"] += new
    counts["repeated"] += repeated
    counts["refused"] += len(arrival.refused)
    if arrival.country_unknown and not service.counts.country_unknown:
        log.warning(
            "text was not read: the policy says no where the country of an account is unknown;"
            " send accounts with country (said once; see fieldfare_unread_messages_total)"
        )
    service.counts.unread += arrival.unread
    service.counts.country_unknown += arrival.country_unknown
