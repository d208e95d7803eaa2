"""Requests and answers, without input or output: both clients perform these.

A method of a client is a *conversation*: a generator that yields calls and is sent their answers.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

import msgspec

from fieldfare.client.answers import Answer, Assessment, Complaint, Page, Problem, Receipt, Taken
from fieldfare.client.errors import (
    ClientError,
    NotAllowedError,
    NotUnderstoodError,
    UnavailableError,
)
from fieldfare.vocabulary import Record

Event = Record | Mapping[str, Any]
"""A record of `fieldfare.vocabulary`, or the same as a mapping with its ``type``. A message needs
an id: by it, one that is sent twice counts once."""

T = TypeVar("T")
Conversation = Generator["Call", "Reply", T]

BATCH_EVENTS: Final = 1_000
BATCH_BYTES: Final = 1 << 20
COMPRESSED_FROM: Final = 4_096
"""Shorter bodies are sent as they are."""
FIRST_PAUSE: Final = 0.2
LONGEST_PAUSE: Final = 30.0
BUSY: Final = frozenset({429, 502, 503, 504})
"""Statuses after which the same request may be answered later."""


@dataclass(frozen=True)
class Call:
    """One request. All of them may be made again without harm."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    good: frozenset[int] = frozenset({200})
    patient: bool = True
    """False: nobody can wait until it is made again."""


@dataclass(frozen=True)
class Reply:
    """Status and body of an answer."""

    status: int
    body: bytes


def pause(attempt: int, retry_after: str | None) -> float:
    """Seconds before the next attempt, the first being 0: what the service says, or twice as long
    each time, somewhat spread so that many clients do not come back at once."""
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), LONGEST_PAUSE) + random.uniform(0, FIRST_PAUSE)  # noqa: S311
    longest: float = min(FIRST_PAUSE * 2**attempt, LONGEST_PAUSE)
    return random.uniform(longest / 2, longest)  # noqa: S311


def problem(status: int, body: bytes) -> ClientError:
    """The error of an answer that is none of the good ones."""
    said = _detail(body)
    if status in (401, 403):
        return NotAllowedError(f"not allowed ({status}): {said}")
    if status in BUSY or status >= 500:
        return UnavailableError(f"the service cannot answer ({status}): {said}")
    return NotUnderstoodError(f"not understood ({status}): {said}")


def sending(events: Iterable[Event], path: str = "/v1/events") -> Conversation[Taken]:
    """Events in batches, as many requests as they need."""
    if isinstance(events, Mapping | str | bytes):
        raise NotUnderstoodError("give events as a list, also where it is one")
    received = new = repeated = unread = country_unknown = first = 0
    refused: list[Problem] = []
    doubtful: list[Problem] = []
    for lines in _batches(events):
        for part in (yield from _posting(lines, path)):
            received += part.received
            new += part.new
            repeated += part.repeated
            unread += part.unread
            country_unknown += part.country_unknown
            refused += _numbered(part.refused, first)
            doubtful += _numbered(part.doubtful, first)
            first += part.received
    return Taken(received, new, repeated, tuple(refused), tuple(doubtful), unread, country_unknown)


def _posting(lines: Sequence[bytes], path: str) -> Conversation[list[Receipt]]:
    body = b"\n".join(lines)
    headers = {"Content-Type": "application/x-ndjson"}
    if len(body) >= COMPRESSED_FROM:
        body = gzip.compress(body, 1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    # 422: every one of them was refused, and each is named.
    reply = yield Call("POST", path, body, headers, good=frozenset({202, 422, 413}))
    if reply.status != 413:
        return [_decoded(reply, Receipt)]
    if len(lines) == 1:
        raise problem(reply.status, reply.body)
    half = len(lines) // 2
    found = yield from _posting(lines[:half], path)
    return found + (yield from _posting(lines[half:], path))


def deciding(
    sender: str,
    recipients: Sequence[str],
    action: str,
    encrypted: bool,
    languages: Mapping[str, str] | None,
) -> Conversation[Answer]:
    """A question whether a sender may reach recipients."""
    if isinstance(recipients, str):  # each of its letters would be an account, and be delivered to
        raise NotUnderstoodError("give recipients as a list, also where it is one")
    question = {
        "sender": sender,
        "recipients": list(recipients),
        "action": action,
        "encrypted": encrypted,
        "languages": dict(languages or {}),
    }
    body = msgspec.json.encode(question)
    headers = {"Content-Type": "application/json"}
    reply = yield Call("POST", "/v1/decisions", body, headers, patient=False)
    return _decoded(reply, Answer)


def assessing(account: str) -> Conversation[Assessment | None]:
    """The assessment of one account."""
    path = f"/v1/accounts/{quote(account, safe='')}/assessment"
    reply = yield Call("GET", path, good=frozenset({200, 404}))
    return None if reply.status == 404 else _decoded(reply, Assessment)


def page(band: str | None, size: int, after: str | None) -> Conversation[Page]:
    """One page of assessments."""
    asked = {"band": band, "limit": size, "after": after}
    query = urlencode({name: value for name, value in asked.items() if value is not None})
    return _decoded((yield Call("GET", f"/v1/assessments?{query}")), Page)


def _batches(events: Iterable[Event]) -> Iterator[list[bytes]]:
    lines: list[bytes] = []
    size = 0
    for event in events:
        try:
            line = msgspec.json.encode(event)
        except (TypeError, ValueError, msgspec.MsgspecError) as error:
            raise NotUnderstoodError(
                f"an event holds a value that cannot be sent ({type(error).__name__});"
                " give text, numbers, lists and times with an offset"
            ) from None
        if lines and (len(lines) >= BATCH_EVENTS or size + len(line) > BATCH_BYTES):
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line) + 1
    if lines:
        yield lines


def _numbered(complaints: Iterable[Complaint], first: int) -> Iterator[Problem]:
    for complaint in complaints:
        line = complaint.at.rpartition(" ")[2]
        yield Problem(first + (int(line) - 1 if line.isdigit() else 0), complaint.what)


def _decoded(reply: Reply, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(reply.body, type=kind)
    except msgspec.DecodeError as error:
        raise NotUnderstoodError(
            f"the answer ({reply.status}) is not one of a Fieldfare service; check the address"
        ) from error


def _detail(body: bytes) -> str:
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return "no reason given"
    return str(found.get("detail", "no reason given"))
