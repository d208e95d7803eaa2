"""May this be delivered, and how? POST /v1/decisions."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Request, Response
from pydantic import BaseModel, Field

from fieldfare.safeguards import Action, Decision, decide
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import body_of, needs, running

router = APIRouter(prefix="/v1", tags=["decisions"])

MOST_BYTES = 256 * 1024
MOST_RECIPIENTS = 256


class Question(msgspec.Struct, forbid_unknown_fields=True):
    """What is about to happen."""

    sender: Annotated[str, msgspec.Meta(min_length=1)]
    recipients: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_RECIPIENTS)]
    action: Action = "message"
    encrypted: bool = False


class QuestionModel(BaseModel):
    """What is about to happen."""

    sender: str = Field(min_length=1)
    recipients: list[str] = Field(min_length=1, max_length=MOST_RECIPIENTS)
    action: Action = "message"
    encrypted: bool = Field(False, description="The service cannot read what is sent.")


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
        400: {"description": "Not the question that is asked here."},
        413: {"description": "The body is too long."},
        415: {"description": "An encoding that is not understood."},
        429: {"description": "Too many requests with this token."},
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
        raise HTTPException(400, "not a question: see Question in the OpenAPI document") from error
    policy = service.policy()
    answers = []
    for situation in service.situations.towards(
        question.action, question.sender, question.recipients, encrypted=question.encrypted
    ):
        decision = decide(policy, situation)
        counts = service.counts.decisions
        counts[decision.verdict] = counts.get(decision.verdict, 0) + 1
        answers.append(_row(situation.recipient.account, decision))
    whole = {
        "policy": {"version": policy.version, "sha256": policy.sha256},
        "decisions": answers,
    }
    return Response(msgspec.json.encode(whole), media_type="application/json")


_decoder = msgspec.json.Decoder(Question)


def _row(recipient: str, decision: Decision) -> dict[str, object]:
    return {
        "recipient": recipient,
        "verdict": decision.verdict,
        "codes": decision.codes,
        "rules": decision.rules,
        "text_for_recipient": decision.text_for_recipient,
        "text_for_sender": decision.text_for_sender,
        "retry_after_seconds": decision.retry_after_seconds,
        "shadow": decision.shadow,
        "would_be": decision.would_be,
        "shadow_rules": decision.shadow_rules,
    }
