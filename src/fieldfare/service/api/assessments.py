"""What the service thinks of accounts, and how that changes."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from fieldfare.service.api.accounts_in_paths import ACCOUNT
from fieldfare.service.api.problems import Problem
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import needs, running
from fieldfare.service.api.words import WORD, AccountInPath
from fieldfare.service.state import ASSESSMENTS, TOLD, told
from fieldfare.vocabulary.times import isoformat

router = APIRouter(prefix="/v1", tags=["assessments"])

POLL_SECONDS = 0.2
MOST_CHANGES = 1_000


class ReasonModel(BaseModel):
    """One signal and what it contributed."""

    signal: str
    value: float
    contribution: float = Field(description="To the log odds; negative speaks for the account.")
    sentence: str


class ChangeModel(BaseModel):
    """A change of band."""

    seq: int
    account: str
    as_of: str
    band_before: str
    band: str
    probability: float


class AssessmentModel(BaseModel):
    """What the service thinks of an account. A score decides nothing: a person does."""

    account: str
    probability: float = Field(description="Of grooming, at the stated base rate.")
    band: str
    log_odds: float
    as_of: str = Field(description="Time of the last event that was counted.")
    first_flagged_at: str | None
    reasons: list[ReasonModel]
    signals: dict[str, Any]
    prior: float
    scorecard: str


class AssessmentWithHistory(AssessmentModel):
    """An assessment with the changes that led to it, oldest first."""

    history: list[ChangeModel]


class AssessmentPage(BaseModel):
    """A page of assessments, gravest first."""

    assessments: list[AssessmentModel]
    next: str | None = Field(description="Cursor of the next page; null on the last.")


_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "There is nothing to say of this account."}
}


@router.get(
    f"/accounts/{ACCOUNT}/assessment",
    response_model=AssessmentWithHistory,
    responses=_NOT_FOUND,
    dependencies=[needs("assessments:read")],
)
async def get_assessment(
    account: AccountInPath, service: Annotated[Running, Depends(running)]
) -> dict[str, Any]:
    """The assessment of one account, with reasons and history."""
    found = service.state.assessments([account]).get(account)
    if found is None:
        raise HTTPException(404, "there is nothing to say of this account")
    changes = service.state.database.run(
        f"SELECT {TOLD} FROM changes WHERE account = ? ORDER BY seq LIMIT ?",
        (account, MOST_CHANGES),
    )
    return {**_shown(found, service), "history": [told(row) for row in changes]}


@router.get(
    "/assessments",
    response_model=AssessmentPage,
    responses={400: {"model": Problem, "description": "A band or cursor that does not exist."}},
    dependencies=[needs("assessments:read")],
)
async def get_assessments(
    service: Annotated[Running, Depends(running)],
    band: Annotated[str | None, Query(description="This band and graver ones.")] = None,
    after: Annotated[str | None, Query(description="`next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """Assessments, gravest first."""
    names = [each.name for each in service.card.bands]
    if band is not None and band not in names:
        raise HTTPException(400, f"no such band; one of {', '.join(names)}")
    wanted = names[names.index(band) :] if band is not None else names
    where = f"band IN ({', '.join('?' * len(wanted))})"
    parameters: list[Any] = list(wanted)
    if after is not None:
        log_odds, account = _read_cursor(after)
        where += " AND (log_odds < ? OR (log_odds = ? AND account > ?))"
        parameters += [log_odds, log_odds, account]
    rows = service.state.database.run(
        f"SELECT {', '.join(ASSESSMENTS.names)} FROM assessments WHERE {where}"
        " ORDER BY log_odds DESC, account LIMIT ?",
        [*parameters, limit + 1],
    )
    found = [dict(zip(ASSESSMENTS.names, row, strict=True)) for row in rows]
    last = found[limit - 1] if len(found) > limit else None
    return {
        "assessments": [_shown(row, service) for row in found[:limit]],
        "next": _cursor(last["log_odds"], last["account"]) if last is not None else None,
    }


@router.get(
    "/changes",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
    dependencies=[needs("assessments:read")],
)
async def get_changes(
    request: Request,
    service: Annotated[Running, Depends(running)],
    after: Annotated[
        int, Query(ge=0, le=2**62, description="Only changes numbered above this.")
    ] = 0,
    follow: Annotated[bool, Query(description="Wait for more (server-sent events).")] = True,
) -> StreamingResponse:
    """Changes of band as they happen, as server-sent events. `Last-Event-ID` goes on after it."""
    last = request.headers.get("last-event-id", "")
    start = int(last) if last.isascii() and last.isdigit() and len(last) < 19 else after

    async def events() -> AsyncIterator[bytes]:
        seq, quiet = start, 0.0
        while not await request.is_disconnected():
            rows = service.state.database.run(
                f"SELECT {TOLD} FROM changes WHERE seq > ? ORDER BY seq LIMIT ?",
                (seq, MOST_CHANGES),
            )
            for row in rows:
                seq = row[0]
                yield b"id: %d\nevent: change\ndata: %s\n\n" % (
                    seq,
                    msgspec.json.encode(told(row)),
                )
            if not rows:
                if not follow:
                    return
                quiet += POLL_SECONDS
                if quiet >= 15:
                    quiet = 0.0
                    yield b": still here\n\n"
                await asyncio.sleep(POLL_SECONDS)

    return StreamingResponse(events(), media_type="text/event-stream")


def _shown(row: dict[str, Any], service: Running) -> dict[str, Any]:
    flagged = row["first_flagged_at"]
    return {
        "account": row["account"],
        "probability": row["probability"],
        "band": row["band"],
        "log_odds": row["log_odds"],
        "as_of": isoformat(row["as_of"]),
        "first_flagged_at": isoformat(flagged) if flagged is not None else None,
        "reasons": msgspec.json.decode(row["reasons"]),
        "signals": msgspec.json.decode(row["signals"]),
        "prior": service.card.prior,
        "scorecard": f"{service.card.version} sha256:{service.card.sha256}",
    }


def _cursor(log_odds: float, account: str) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([log_odds, account])).decode()


def _read_cursor(text: str) -> tuple[float, str]:
    kind = tuple[float, Annotated[str, msgspec.Meta(pattern=WORD)]]
    try:
        found: tuple[float, str] = msgspec.json.decode(
            base64.urlsafe_b64decode(text.encode()), type=kind
        )
        return found
    except (ValueError, msgspec.DecodeError) as error:
        raise HTTPException(400, "not a cursor: give `next` of the page before") from error
