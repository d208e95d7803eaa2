"""Users' reports with messages: POST and GET /v1/reports."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import asdict
from typing import Annotated, Any, Literal

import msgspec
from anyio import to_thread
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from fieldfare.safeguards import franking
from fieldfare.service.api.paging import After, Limit, page_of
from fieldfare.service.api.problems import COMMON, Problem
from fieldfare.service.api.running import Running, language_model
from fieldfare.service.api.security import needs, running
from fieldfare.service.api.words import AccountInQuery, Word
from fieldfare.service.arrivals import Arrival, read
from fieldfare.service.door import TooMuchError
from fieldfare.service.report_intake import (
    LONGEST_TEXT,
    MOST_MESSAGES,
    Desk,
    FrankedMessage,
    Made,
    PlainMessage,
    TextRefusedError,
    TooManyReportsError,
    take,
)
from fieldfare.service.user_reports import Body, UserReport, UserReports
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat, parse_time

router = APIRouter(prefix="/v1", tags=["reports"])

_LONGEST = (franking.LONGEST_BODY + 1_000_000) * 4 // 3
Base64 = Annotated[str, Field(max_length=_LONGEST, description="Base64 of the canonical bytes.")]
Time = int | Annotated[str, Field(max_length=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FrankedModel(_Strict):
    """A message as the reporter's device kept it (docs/franking.md)."""

    opening: Base64
    context: Base64
    tag: Base64


class PlainModel(_Strict):
    """A message that nothing proves: what the reporter says was written."""

    by: Literal["account", "reporter"]
    text: Word = Field(max_length=LONGEST_TEXT)
    sent_at: Time | None = None


class ReportMade(_Strict):
    """A user reports an account, with the messages that they chose."""

    reporter: Word = Field(min_length=1, max_length=1024)
    account: Word = Field(min_length=1, max_length=1024)
    id: Word | None = Field(
        None, min_length=1, max_length=200, description="Yours, so that sending again is harmless."
    )
    at: Time | None = Field(None, description="When it was made; left out: now.")
    messages: list[FrankedModel | PlainModel] = Field(default=[], max_length=MOST_MESSAGES)


class MessageStanding(BaseModel):
    """What one message is worth."""

    number: int = Field(description="Place in the report, from 0.")
    standing: franking.Standing
    reason: str = Field(description="Why it failed; empty where it did not.")


class GapModel(BaseModel):
    """Messages that were left out between two verified ones."""

    conversation: str
    after: int
    before: int
    messages: int


class ReportTaken(BaseModel):
    """What came of a report. For the service; a reporter is told only that it was taken."""

    id: str
    counted: bool
    not_counted: str = Field(description="Why it does not count; empty where it does.")
    messages: list[MessageStanding]
    gaps: list[GapModel]
    reordered: bool


class ReportModel(BaseModel):
    """A report, without its messages: those are in the case."""

    seq: int
    id: str
    reporter: str
    account: str
    reported_at: str
    received_at: str
    verified: int
    unverified: int
    failed: int
    not_counted: str


class ReportPage(BaseModel):
    """A page of reports, oldest first."""

    reports: list[ReportModel]
    next: int | None = Field(description="`after` of the next page; null on the last.")


@router.post(
    "/reports",
    status_code=202,
    response_model=ReportTaken,
    responses={
        403: {"model": Problem, "description": "This service takes no messages with reports."},
        409: {"model": Problem, "description": "The id is that of another report."},
        429: {
            **COMMON[429],
            "description": "Too many requests, too many reports of this reporter today, or too"
            " much waits.",
        },
    },
    dependencies=[needs("reports:write")],
)
async def post_report(
    given: ReportMade, service: Annotated[Running, Depends(running)]
) -> dict[str, Any]:
    """Take a user's report. Each franked message is verified; one without is unverified. It is
    durable when this answers, and counts as a notice of the kind `report` would."""
    if service.backlog() > service.settings.most_waiting:
        _turn_away(service)
    now = time.time_ns() // 1000
    made = _made(given, now)
    # The notice is checked before anything is kept: ids that cannot be stored, a time to come.
    notice = _notice(made)
    in_contact = bool(service.backlog()) or _wrote(service, made.account, made.reporter)
    try:
        report, body = await to_thread.run_sync(lambda: _keep(service, made, now, in_contact))
    except TextRefusedError:
        raise HTTPException(
            403, "this service takes reports without messages only; send none"
        ) from None
    except TooManyReportsError as error:
        raise HTTPException(
            429,
            "too many reports of this reporter today",
            headers={"Retry-After": str(error.retry_after)},
        ) from error
    except InputError as error:
        raise HTTPException(409, str(error)) from error
    if not report.not_counted:
        try:
            await asyncio.wrap_future(service.door.take(notice))
        except TooMuchError:
            _turn_away(service)
    return _answer(report, body)


@router.get("/reports", response_model=ReportPage, dependencies=[needs("reports:read")])
def get_reports(
    service: Annotated[Running, Depends(running)],
    account: AccountInQuery = None,
    after: After = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Reports with messages, oldest first, without their messages."""
    with service.durable() as database:
        found = UserReports(database).of(account, after, limit + 1)
    shown, after_it = page_of(found, limit, lambda each: each[0])
    reports = [
        {
            **asdict(each),
            "seq": seq,
            "reported_at": isoformat(each.reported_at),
            "received_at": isoformat(each.received_at),
        }
        for seq, each in shown
    ]
    return {"reports": reports, "next": after_it}


def _made(given: ReportMade, now: int) -> Made:
    return Made(
        given.id or uuid.uuid4().hex,
        given.reporter,
        given.account,
        _time(given.at, now),
        [
            FrankedMessage(each.opening, each.context, each.tag)
            if isinstance(each, FrankedModel)
            else PlainMessage(each.by, each.text, _time(each.sent_at, None))
            for each in given.messages
        ],
    )


def _time(given: int | str | None, instead: Any) -> Any:
    if given is None:
        return instead
    try:
        return parse_time(given)
    except ValueError as error:
        raise HTTPException(422, f"a time is not valid: {error}") from error


def _notice(made: Made) -> Arrival:
    notice = {
        "type": "notice",
        "kind": "report",
        "account": made.reporter,
        "peer": made.account,
        "at": made.reported_at,
    }
    arrival = read(msgspec.json.encode(notice), "refuse", language_model)
    if arrival.refused:
        raise HTTPException(422, arrival.refused[0].what)
    return arrival


def _wrote(service: Running, account: str, reporter: str) -> bool:
    rows = service.state.database.run(
        "SELECT 1 FROM contacts WHERE account = ? AND peer = ? LIMIT 1", (account, reporter)
    )
    return bool(rows)


def _keep(service: Running, made: Made, now: int, in_contact: bool) -> tuple[UserReport, Body]:
    with service.durable() as database, database.transaction():
        desk = Desk(
            UserReports(database),
            service.vault,
            service.franking_ring,
            service.policy().reports,
            service.settings.reported_text,
            now,
            in_contact,
        )
        return take(made, desk)


def _turn_away(service: Running) -> None:
    service.counts.turned_away += 1
    raise HTTPException(429, "too much waits; try again", headers={"Retry-After": "1"})


def _answer(report: UserReport, body: Body) -> dict[str, Any]:
    return {
        "id": report.id,
        "counted": not report.not_counted,
        "not_counted": report.not_counted,
        "messages": [
            {"number": each.number, "standing": each.standing, "reason": each.reason}
            for each in sorted(body.messages, key=lambda each: each.number)
        ],
        "gaps": [{**asdict(gap), "messages": gap.messages} for gap in body.gaps],
        "reordered": body.reordered,
    }
