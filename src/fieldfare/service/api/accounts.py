"""One account's data: export, erasure, legal holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Path, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from fieldfare.service.api.accounts_in_paths import ACCOUNT
from fieldfare.service.api.paging import After, Limit, page_of
from fieldfare.service.api.problems import COMMON, Problem
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import needs, running, token_of
from fieldfare.service.api.words import AccountInPath, AccountInQuery, Word
from fieldfare.service.erasures import Erasures, ErasureState
from fieldfare.service.export import export
from fieldfare.service.protections import LegalHold, LegalHolds
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat

router = APIRouter(prefix="/v1", tags=["accounts"], dependencies=[needs("accounts:manage")])

_NO_HOLD: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "No legal hold of this number stands."}
}


class ErasureTaken(BaseModel):
    """The same for everyone: it does not say whether the data may be erased now."""

    id: str


class ErasureModel(BaseModel):
    """A request to erase, for those who manage accounts."""

    id: str
    account: str = Field(description="When it is done: a digest of the id.")
    requested_at: str
    state: ErasureState = Field(
        description="`deferred`: while a legal hold stands or a case is open. `partly`: what the"
        " account exchanged with such accounts is still there."
    )
    done_at: str | None


class ErasureList(BaseModel):
    """Requests to erase, the latest first."""

    erasures: list[ErasureModel]


class HoldMade(BaseModel):
    """Why an account's data must be kept, and by whose law."""

    reason: Word = Field(min_length=1, max_length=2000)
    jurisdiction: Word = Field(min_length=1, max_length=200)


class HoldLifted(BaseModel):
    """Why it need not be kept any more."""

    reason: Word = Field(min_length=1, max_length=2000)


class HoldSet(BaseModel):
    """The hold's number, with which it is lifted."""

    id: int


class HoldModel(BaseModel):
    """A legal hold, standing or lifted."""

    id: int
    account: str
    reason: str
    jurisdiction: str
    set_at: str
    set_by: str
    lifted_at: str | None
    lifted_by: str | None
    lifted_because: str | None


class HoldPage(BaseModel):
    """A page of legal holds, oldest first."""

    holds: list[HoldModel]
    next: int | None = Field(description="`after` of the next page; null on the last.")


@router.get(
    f"/accounts/{ACCOUNT}/export",
    response_class=StreamingResponse,
    responses={
        200: {"content": {"application/x-ndjson": {}}},
        429: {
            **COMMON[429],
            "description": "Too many requests with this token, or another export is running.",
        },
    },
)
def get_export(
    account: AccountInPath, service: Annotated[Running, Depends(running)]
) -> StreamingResponse:
    """Everything that is kept about one account, as JSON Lines. Only lines whose `part` is
    `given` are for the person without someone looking at them first."""
    if not service.exporting.acquire(blocking=False):
        raise HTTPException(
            429, "another export is running; try again", headers={"Retry-After": "10"}
        )

    def lines() -> Iterator[bytes]:
        try:
            yield b""
            journal, state = service.settings.open_journal(), service.settings.open_state()
            try:
                for line in export(journal, state, account):
                    yield msgspec.json.encode(line) + b"\n"
            finally:
                state.close()
                journal.close()
        finally:
            service.exporting.release()

    begun = lines()
    next(begun)  # what is begun is ended in any case, also where the client has gone
    return StreamingResponse(begun, media_type="application/x-ndjson")


@router.delete(f"/accounts/{ACCOUNT}", status_code=202, response_model=ErasureTaken)
def delete_account(
    account: AccountInPath, service: Annotated[Running, Depends(running)]
) -> dict[str, str]:
    """Have one account's data erased: by the worker, and where the account is under a legal hold
    or has an open case, when it no longer is. The answer is the same either way."""
    with service.durable() as database:
        return {"id": Erasures(database).request(account)}


@router.get("/erasures", response_model=ErasureList)
def get_erasures(
    service: Annotated[Running, Depends(running)],
    limit: Limit = 100,
) -> dict[str, Any]:
    """Requests to erase, the latest first, and what became of them."""
    with service.durable() as database:
        found = Erasures(database).all(limit)
    return {
        "erasures": [
            asdict(each)
            | {"requested_at": isoformat(each.requested_at), "done_at": _time(each.done_at)}
            for each in found
        ]
    }


@router.post(f"/accounts/{ACCOUNT}/holds", status_code=201, response_model=HoldSet)
def post_hold(
    account: AccountInPath,
    made: HoldMade,
    request: Request,
    service: Annotated[Running, Depends(running)],
) -> dict[str, int]:
    """Put an account under a legal hold: nothing of it is erased or ages out."""
    with service.durable() as database:
        holds = LegalHolds(database)
        return {"id": holds.set(account, made.reason, made.jurisdiction, token_of(request).name)}


@router.get("/holds", response_model=HoldPage)
def get_holds(
    service: Annotated[Running, Depends(running)],
    account: AccountInQuery = None,
    after: After = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Legal holds, standing and lifted, oldest first."""
    with service.durable() as database:
        found = LegalHolds(database).all(account, after, limit + 1)
    shown, after_it = page_of(found, limit, lambda each: each.id)
    return {"holds": [_hold(each) for each in shown], "next": after_it}


@router.post("/holds/{hold}/lift", response_model=HoldSet, responses=_NO_HOLD)
def post_lift(
    hold: Annotated[int, Path(ge=1, le=2**62)],
    lifted: HoldLifted,
    request: Request,
    service: Annotated[Running, Depends(running)],
) -> dict[str, int]:
    """Lift a legal hold. What was deferred for it is carried out."""
    try:
        with service.durable() as database:
            LegalHolds(database).lift(hold, lifted.reason, token_of(request).name)
    except InputError as error:
        raise HTTPException(404, str(error)) from error
    return {"id": hold}


def _hold(hold: LegalHold) -> dict[str, Any]:
    return asdict(hold) | {"set_at": isoformat(hold.set_at), "lifted_at": _time(hold.lifted_at)}


def _time(micros: int | None) -> str | None:
    return None if micros is None else isoformat(micros)
