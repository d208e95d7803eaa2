"""Appeals: POST and GET /v1/appeals."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, Field

from fieldfare.safeguards import appeal_received
from fieldfare.service.api.paging import After, Limit, page_of
from fieldfare.service.api.problems import COMMON, Problem
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import needs, running
from fieldfare.service.api.words import AccountInQuery, Word
from fieldfare.service.appeals import LONGEST_STATEMENT, Appeals, TooManyAppealsError
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat

router = APIRouter(prefix="/v1", tags=["appeals"])


class AppealMade(BaseModel):
    """A person contests what was done about their account."""

    account: Word = Field(min_length=1, max_length=1024)
    statement: Word = Field(
        min_length=1, max_length=LONGEST_STATEMENT, description="In the person's own words."
    )
    id: Word | None = Field(
        None, min_length=1, max_length=200, description="Yours, so that sending again is harmless."
    )
    about: Word | None = Field(
        None, max_length=1024, description="Your own reference to what is contested."
    )
    language: Word | None = Field(None, max_length=64, description="BCP 47 tag.")


class AppealTaken(BaseModel):
    """The same for everyone: it says nothing of the account, or whether anything was done."""

    id: str
    text: str = Field(description="To show to the person.")
    language: str


class AppealModel(BaseModel):
    """An appeal, for those who decide."""

    seq: int
    id: str
    account: str
    made_at: str
    about: str | None
    statement: str
    language: str | None


class AppealPage(BaseModel):
    """A page of appeals, oldest first."""

    appeals: list[AppealModel]
    next: int | None = Field(description="`after` of the next page; null on the last.")


@router.post(
    "/appeals",
    status_code=202,
    response_model=AppealTaken,
    responses={
        409: {"model": Problem, "description": "The id is that of another account's appeal."},
        429: {
            **COMMON[429],
            "description": "Too many requests, or too many appeals of this account today.",
        },
    },
    dependencies=[needs("appeals:write")],
)
def post_appeal(made: AppealMade, service: Annotated[Running, Depends(running)]) -> dict[str, Any]:
    """Take an appeal. It is durable when this answers, and waits for a person."""
    try:
        with service.durable() as database:
            id_ = Appeals(database).make(
                made.account,
                made.statement,
                id_=made.id,
                about=made.about,
                language=made.language,
            )
    except TooManyAppealsError as error:
        raise HTTPException(
            429,
            "too many appeals of this account today",
            headers={"Retry-After": str(error.retry_after)},
        ) from error
    except InputError as error:
        raise HTTPException(409, str(error)) from error
    told = appeal_received(made.language)
    return {"id": id_, "text": told.text, "language": told.language}


@router.get(
    "/appeals",
    response_model=AppealPage,
    dependencies=[needs("appeals:read")],
)
def get_appeals(
    service: Annotated[Running, Depends(running)],
    account: AccountInQuery = None,
    after: After = 0,
    limit: Limit = 100,
) -> dict[str, Any]:
    """Appeals, oldest first."""
    with service.durable() as database:
        found = Appeals(database).of(account, after, limit + 1)
    shown, after_it = page_of(found, limit, lambda each: each.seq)
    appeals = [asdict(each) | {"made_at": isoformat(each.made_at)} for each in shown]
    return {"appeals": appeals, "next": after_it}
