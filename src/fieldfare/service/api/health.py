"""Is the service there, is it ready, how is it doing? Never with anything of an account."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel

from fieldfare.service.api.problems import COMMON
from fieldfare.service.api.running import Running
from fieldfare.service.api.security import needs, running

router = APIRouter(tags=["health"])

OPEN = ("/healthz", "/readyz")
"""Routes that need no token."""


class Health(BaseModel):
    """That it answers."""

    status: str


class Readiness(BaseModel):
    """Whether it can take events in, and what waits."""

    status: str
    waiting_events: int
    due_accounts: int


@router.get("/healthz", response_model=Health)
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get(
    "/readyz", response_model=Readiness, responses={503: {"model": Readiness, "description": "No."}}
)
async def readyz(
    response: Response, service: Annotated[Running, Depends(running)]
) -> dict[str, Any]:
    """The databases answer, and events would be taken in."""
    waiting = service.backlog()
    ready = waiting <= service.settings.most_waiting
    response.status_code = 200 if ready else 503
    return {
        "status": "ready" if ready else "busy",
        "waiting_events": waiting,
        "due_accounts": service.state.count_due(),
    }


@router.get(
    "/metrics",
    response_class=PlainTextResponse,
    responses={status: COMMON[status] for status in (401, 403, 429)},
    dependencies=[needs("metrics:read")],
)
async def metrics(service: Annotated[Running, Depends(running)]) -> PlainTextResponse:
    """Counters and gauges in the text format of Prometheus."""
    counts = service.counts
    waiting, dead = service.outbox.counts()
    lines = [
        "# TYPE fieldfare_events_total counter",
        *(f'fieldfare_events_total{{outcome="{k}"}} {n}' for k, n in sorted(counts.events.items())),
        "# TYPE fieldfare_decisions_total counter",
        *(
            f'fieldfare_decisions_total{{verdict="{k}"}} {n}'
            for k, n in sorted(counts.decisions.items())
        ),
        "# TYPE fieldfare_unread_messages_total counter",
        'fieldfare_unread_messages_total{reason="country"}'
        f" {counts.unread - counts.country_unknown}",
        f'fieldfare_unread_messages_total{{reason="country_unknown"}} {counts.country_unknown}',
        "# TYPE fieldfare_turned_away_total counter",
        f"fieldfare_turned_away_total {counts.turned_away}",
        "# TYPE fieldfare_policy_error gauge",
        f"fieldfare_policy_error {int(service.policy_error is not None)}",
        "# TYPE fieldfare_webhook_deliveries gauge",
        f'fieldfare_webhook_deliveries{{state="waiting"}} {waiting}',
        f'fieldfare_webhook_deliveries{{state="dead"}} {dead}',
        "# TYPE fieldfare_waiting_events gauge",
        f"fieldfare_waiting_events {service.backlog()}",
        "# TYPE fieldfare_due_accounts gauge",
        f"fieldfare_due_accounts {service.state.count_due()}",
    ]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
