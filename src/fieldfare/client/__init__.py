"""A typed client of the live service, for the backend of a messaging service.

What enters: the service's address and a token; events, questions. What leaves: what became of the
events, decisions, assessments, changes as they happen. It imports only `vocabulary`, so that a
backend that asks carries nothing of detection.

    Client         blocking
    AsyncClient    the same methods for asyncio
    answers        what the service answers, typed
    calls          requests and answers without input or output, shared by both
    errors         what can go wrong

To add a method: the call in `calls`, its answer in `answers`, one line in each client.
"""

from fieldfare.client.answers import (
    Answer,
    Assessment,
    Change,
    Decision,
    Policy,
    Problem,
    Reason,
    Taken,
    Text,
    Verdict,
)
from fieldfare.client.asynchronous import AsyncClient
from fieldfare.client.blocking import Client
from fieldfare.client.calls import Event
from fieldfare.client.errors import (
    ClientError,
    NotAllowedError,
    NotUnderstoodError,
    UnavailableError,
)

__all__ = [
    "Answer",
    "Assessment",
    "AsyncClient",
    "Change",
    "Client",
    "ClientError",
    "Decision",
    "Event",
    "NotAllowedError",
    "NotUnderstoodError",
    "Policy",
    "Problem",
    "Reason",
    "Taken",
    "Text",
    "UnavailableError",
    "Verdict",
]
