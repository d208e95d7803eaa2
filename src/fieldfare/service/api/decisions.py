"""May this be delivered, and how? POST /v1/decisions."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from fieldfare.safeguards import Action, Decision, Moment, Policy, Situation, Text, decide, support
from fieldfare.service.api.problems import Problem
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import body_of, needs, running
from fieldfare.service.api.words import WORD, Word

router = APIRouter(prefix="/v1", tags=["decisions"])

MOST_BYTES = 256 * 1024
MOST_RECIPIENTS = 256

CHILD_FROM = 0.5
"""Probability from which an account gets the supportive texts for children."""

MOMENTS: dict[Action, Moment] = {"message": "first_message", "request": "request_received"}
"""What a first contact is for the one who is reached (Ofcom, ICU F2)."""


Name = Annotated[str, msgspec.Meta(min_length=1, pattern=WORD)]


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What is about to happen."""

    sender: Name
    recipients: Annotated[list[Name], msgspec.Meta(min_length=1, max_length=MOST_RECIPIENTS)]
    action: Action = "message"
    encrypted: bool = False
    languages: dict[str, str] = {}


class QuestionModel(BaseModel):
    """What is about to happen."""

    sender: Word = Field(min_length=1)
    recipients: list[Annotated[str, Field(min_length=1, pattern=WORD)]] = Field(
        min_length=1, max_length=MOST_RECIPIENTS
    )
    action: Action = "message"
    encrypted: bool = Field(False, description="The service cannot read what is sent.")
    languages: dict[str, str] = Field(
        {}, description="Account to BCP 47 tag: the language its texts are to be in."
    )


class TextModel(BaseModel):
    """A text to show, as it stands."""

    key: str
    text: str
    language: str


class DecisionModel(BaseModel):
    """What to do towards one recipient."""

    recipient: str
    verdict: Literal["deliver", "confirm", "warn", "withhold", "limit"]
    codes: list[str] = Field(description="Why: for the service, never for the sender.")
    rules: list[str]
    text_for_recipient: TextModel | None
    support: TextModel | None = Field(
        description="What a child is told at a first message or a request, whatever is decided;"
        " null where it has another text, or nothing arrives."
    )
    text_for_sender: TextModel | None
    retry_after_seconds: int | None
    shadow: bool
    would_be: Literal["deliver", "confirm", "warn", "withhold", "limit"]
    shadow_rules: list[str]


class PolicyModel(BaseModel):
    """The policy that decided."""

    version: str
    sha256: str


class Answer(BaseModel):
    """A decision a recipient, in the order they were given."""

    policy: PolicyModel
    decisions: list[DecisionModel]


@router.post(
    "/decisions",
    response_model=Answer,
    responses={
        400: {"model": Problem, "description": "Not the question that is asked here."},
        413: {"model": Problem, "description": "The body is too long."},
        415: {"model": Problem, "description": "An encoding that is not understood."},
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": QuestionModel.model_json_schema()}},
        }
    },
    dependencies=[needs("decisions:ask")],
)
async def post_decisions(
    request: Request, service: Annotated[Running, Depends(running)]
) -> Response:
    """May `sender` reach each of `recipients`, and with what safeguards?"""
    body = await body_of(request, MOST_BYTES)
    try:
        question = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"not a question: {_wrong(error)}") from error
    policy = service.policy()
    answers = []
    for situation in service.situations.towards(
        question.action,
        question.sender,
        question.recipients,
        languages=question.languages,
        encrypted=question.encrypted,
    ):
        decision = decide(policy, situation)
        counts = service.counts.decisions
        counts[decision.verdict] = counts.get(decision.verdict, 0) + 1
        told = _support(policy, situation, decision)
        answers.append(_row(situation.recipient.account, decision, told))
    whole = {
        "policy": {"version": policy.version, "sha256": policy.sha256},
        "decisions": answers,
    }
    return Response(msgspec.json.encode(whole), media_type="application/json")


_decoder = msgspec.json.Decoder(Question)


def _wrong(error: Exception) -> str:
    """What is wrong, with nothing of what was sent: of a field that is not known not its name."""
    if not isinstance(error, msgspec.ValidationError):
        return "the body is not JSON"
    what, _, where = str(error).partition(" - at `$.")
    if what.startswith("Object missing required field"):
        return f"no {what.rpartition(' ')[2].strip('`')}"
    if where:
        return f"{re.split('[^a-z]', where)[0]} is not valid"
    return f"a field that is not known; there are {', '.join(Question.__struct_fields__)}"


def _support(policy: Policy, situation: Situation, decision: Decision) -> Text | None:
    moment = MOMENTS.get(situation.action)
    if (
        moment is None
        or policy.shadow
        or not situation.first_contact
        or situation.recipient.child_probability < CHILD_FROM
        or decision.text_for_recipient is not None
        or decision.verdict in ("withhold", "limit")
    ):
        return None
    return support(policy, moment, situation.recipient)


class Moments(BaseModel):
    """A moment at which a child may be told something."""

    account: Word = Field(min_length=1, max_length=1024)
    moment: Moment
    language: Word | None = Field(None, max_length=64, description="BCP 47 tag.")


class Support(BaseModel):
    """What to show the child; null: nothing."""

    text: TextModel | None


@router.post(
    "/support",
    response_model=Support,
    dependencies=[needs("decisions:ask")],
)
async def post_support(
    asked: Moments, service: Annotated[Running, Depends(running)]
) -> dict[str, object]:
    """What a child is told when it switches off a protection, gets a request or a first message,
    or has blocked or reported someone. Nothing for accounts that are probably not a child's."""
    policy = service.policy()
    languages = {asked.account: asked.language} if asked.language else {}
    party = service.situations.parties([asked.account], languages)[asked.account]
    if policy.shadow or party.child_probability < CHILD_FROM:
        return {"text": None}
    told = support(policy, asked.moment, party)
    return {"text": None if told is None else asdict(told)}


def _row(recipient: str, decision: Decision, told: Text | None) -> dict[str, object]:
    return {
        "recipient": recipient,
        "verdict": decision.verdict,
        "codes": decision.codes,
        "rules": decision.rules,
        "text_for_recipient": decision.text_for_recipient,
        "support": told,
        "text_for_sender": decision.text_for_sender,
        "retry_after_seconds": decision.retry_after_seconds,
        "shadow": decision.shadow,
        "would_be": decision.would_be,
        "shadow_rules": decision.shadow_rules,
    }
