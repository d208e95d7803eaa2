"""The client for asyncio."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

import httpx2

from fieldfare.client import calls
from fieldfare.client.answers import Answer, Assessment, Change, Taken
from fieldfare.client.calls import Call, Conversation, Event, Reply, T
from fieldfare.client.errors import UnavailableError
from fieldfare.client.settings import Address, changes_path, decoded_change
from fieldfare.vocabulary import Notice


class AsyncClient:
    """As `Client`, for asyncio. Close it, or use it in an ``async with`` statement.

    `patience`: seconds for which a request is made again where the service cannot be reached or
    is busy. Decisions are asked for once and wait `decision_timeout` seconds: whoever asks must
    know what to do without an answer. `http` takes the place of the client's own connections,
    for proxies or another certificate authority.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        patience: float = 60.0,
        timeout: float = 30.0,
        decision_timeout: float = 1.0,
        http: httpx2.AsyncClient | None = None,
    ) -> None:
        self._at = Address(url, token, patience, timeout, decision_timeout)
        self._http = http or httpx2.AsyncClient(trust_env=False)

    async def send(self, events: Iterable[Event]) -> Taken:
        """Send events, in batches. What is not refused is durable when this returns.

        After an UnavailableError some may have been taken: send all again, each counts once.
        """
        return await self._hold(calls.sending(events))

    async def notify(self, notices: Iterable[Notice | Mapping[str, Any]]) -> Taken:
        """Send users' reports, blocks and answers to requests (scope ``notices:write``)."""
        return await self._hold(calls.sending(notices, "/v1/notices"))

    async def decide(
        self,
        sender: str,
        recipients: Sequence[str],
        action: str = "message",
        *,
        encrypted: bool = False,
        languages: Mapping[str, str] | None = None,
    ) -> Answer:
        """May `sender` reach each of `recipients`, and with what safeguards?

        `action` is one of ``safeguards.Action``; `languages` maps accounts to BCP 47 tags. Raises
        UnavailableError at once where there is no answer.
        """
        return await self._hold(calls.deciding(sender, recipients, action, encrypted, languages))

    async def assessment(self, account: str) -> Assessment | None:
        """The assessment of an account, with its history; None where there is nothing to say."""
        return await self._hold(calls.assessing(account))

    async def assessments(
        self, band: str | None = None, page_size: int = 100
    ) -> AsyncGenerator[Assessment, None]:
        """Assessments in this band and graver ones, gravest first, page by page."""
        after: str | None = None
        while True:
            page = await self._hold(calls.page(band, page_size, after))
            for assessment in page.assessments:
                yield assessment
            if page.next is None:
                return
            after = page.next

    async def changes(self, after: int = 0, *, follow: bool = True) -> AsyncGenerator[Change, None]:
        """Changes of band numbered above `after`, then as they happen, unless not `follow`. A
        lost connection is made again after the last change; keep `seq` to go on another time."""
        attempt, since = 0, time.monotonic()
        while True:
            try:
                async with self._http.stream(
                    "GET",
                    self._at.url + changes_path(after, follow=follow),
                    headers={**self._at.headers, "Accept": "text/event-stream"},
                    timeout=self._at.timeout_of(None),
                ) as answer:
                    if answer.status_code != 200:
                        raise calls.problem(answer.status_code, await answer.aread())
                    async for event in httpx2.EventSource(answer):
                        change = decoded_change(event.data)
                        after, attempt, since = change.seq, 0, time.monotonic()
                        yield change
                if not follow:
                    return
            except (httpx2.TransportError, UnavailableError) as error:
                self._at.give_up(since, error)
            await asyncio.sleep(calls.pause(attempt, None))
            attempt += 1

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def _hold(self, conversation: Conversation[T]) -> T:
        reply: Reply | None = None
        while True:
            try:
                call = next(conversation) if reply is None else conversation.send(reply)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]
            reply = await self._perform(call)

    async def _perform(self, call: Call) -> Reply:
        attempt, since = 0, time.monotonic()
        while True:
            retry_after: str | None = None
            try:
                answer = await self._http.request(
                    call.method,
                    self._at.url + call.path,
                    content=call.body,
                    headers={**self._at.headers, **call.headers},
                    timeout=self._at.timeout_of(call),
                )
            except httpx2.TransportError as error:
                self._at.give_up(since, error, patient=call.patient)
            else:
                if answer.status_code in call.good:
                    return Reply(answer.status_code, answer.content)
                failed = calls.problem(answer.status_code, answer.content)
                if answer.status_code not in calls.BUSY:
                    raise failed
                self._at.give_up(since, failed, patient=call.patient)
                retry_after = answer.headers.get("retry-after")
            await asyncio.sleep(calls.pause(attempt, retry_after))
            attempt += 1
