"""Dead letters of the webhooks: what could not be delivered, and having it sent again."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from fieldfare.service.api.running import Running
from fieldfare.service.api.security import needs, running
from fieldfare.service.api.words import Word
from fieldfare.vocabulary.times import isoformat

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])


class DeadLetterModel(BaseModel):
    """A delivery that failed too often."""

    seq: int
    id: str = Field(description="The `webhook-id` it was sent with.")
    endpoint: str
    kind: str
    account: str
    made_at: str
    attempts: int
    error: str = Field(description="How the last attempt failed; nothing of the answer.")


class DeadLetterPage(BaseModel):
    """A page of dead letters, oldest first."""

    dead_letters: list[DeadLetterModel]
    next: int | None = Field(description="`after` of the next page; null on the last.")


class Requeue(BaseModel):
    """Which dead letters to send again."""

    ids: list[Word] | None = Field(None, max_length=1000, description="Left out: all.")


class Requeued(BaseModel):
    """How many will be sent again."""

    requeued: int


@router.get(
    "/dead-letters",
    response_model=DeadLetterPage,
    dependencies=[needs("webhooks:manage")],
)
async def get_dead_letters(
    service: Annotated[Running, Depends(running)],
    after: Annotated[int, Query(ge=0, le=2**62)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:
    """What could not be delivered, oldest first."""
    found = service.outbox.dead_letters(after, limit + 1)
    shown = [asdict(each) | {"made_at": isoformat(each.made_at)} for each in found[:limit]]
    return {"dead_letters": shown, "next": found[limit - 1].seq if len(found) > limit else None}


@router.post(
    "/dead-letters/requeue",
    response_model=Requeued,
    dependencies=[needs("webhooks:manage")],
)
async def post_requeue(
    which: Requeue, service: Annotated[Running, Depends(running)]
) -> dict[str, int]:
    """Have dead letters sent again, with all their attempts before them."""
    return {"requeued": service.outbox.requeue(which.ids)}
