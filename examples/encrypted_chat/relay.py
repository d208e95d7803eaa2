"""The messaging service's server: passes on ciphertext, franks it, and tells Fieldfare of metadata.

It keeps all in memory. Of a message it has the ciphertext and a commitment, never a key; the only
text that comes through it is that of a report, which goes on to Fieldfare as it came.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import httpx2
from starlette.exceptions import HTTPException
from starlette.requests import Request

from fieldfare.client import AsyncClient, Decision, UnavailableError
from fieldfare.safeguards import franking
from fieldfare.vocabulary import Account, Message, Notice
from fieldfare.vocabulary.keys import KeyRing

CONVERSATION: Final = "chat-1"
LONGEST: Final = 1 << 20
"""Bytes of a request's body."""
PATIENCE: Final = 2.0
"""Seconds that a page's question for news waits: Ctrl-C waits for it."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Person:
    """One of the two who write."""

    id: str
    name: str
    age: int
    token: str = field(repr=False)
    """What the page shows to be this person's; an app would sign in."""


@dataclass(frozen=True)
class Passed:
    """A message as it is kept for the pages."""

    id: str
    sender: str
    sealed: str
    """Nonce and ciphertext, base64."""
    delivered: bool
    commitment: str
    franked: Json
    """Context and tag, and what the policy says. For the recipient alone: a sender must not be able
    to tell what was withheld."""


class Fieldfare:
    """What the relay asks and tells Fieldfare."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx2.AsyncClient(trust_env=False)
        self._client = AsyncClient(url, token, patience=20, http=self._http)
        self._url, self._headers = url, {"Authorization": f"Bearer {token}"}

    async def introduce(self, people: Mapping[str, Person]) -> None:
        """Send the accounts: ages and countries are what the policy goes by."""
        await self._client.send(
            [
                Account(id=one.id, age=one.age, age_source="verified", country="GB")
                for one in people.values()
            ]
        )

    async def decide(self, sender: str, recipient: str, language: str) -> Decision:
        """What to do with a message. Without an answer the child is asked, as a stranger's first
        message would be."""
        try:
            answer = await self._client.decide(
                sender, [recipient], "message", encrypted=True, languages={recipient: language}
            )
        except UnavailableError:
            return Decision(recipient, "confirm")
        return answer.decisions[0]

    async def tell(self, event: Message | Notice) -> None:
        """Send one event."""
        await self._client.send([event])

    async def report(self, body: bytes) -> tuple[int, Json]:
        """Pass on a report; status and answer."""
        answer = await self._http.post(
            f"{self._url}/v1/reports",
            content=body,
            headers={**self._headers, "content-type": "application/json"},
        )
        return answer.status_code, answer.json()

    async def thanks(self, account: str, language: str) -> str | None:
        """What a child is told who has reported somebody."""
        answer = await self._http.post(
            f"{self._url}/v1/support",
            json={"account": account, "moment": "after_report", "language": language},
            headers=self._headers,
        )
        text = answer.json().get("text") if answer.status_code == 200 else None
        return None if text is None else str(text["text"])

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


class Relay:
    """The conversation of two people."""

    def __init__(
        self, people: tuple[Person, Person], ring: KeyRing, fieldfare: Fieldfare, operator: str
    ) -> None:
        """`operator` is the token of the page that shows what the servers see."""
        self.people = {one.id: one for one in people}
        self.fieldfare = fieldfare
        self._ring, self._operator = ring, operator
        self._devices: dict[str, Json] = {}
        self._messages: list[Passed] = []
        self._blocks: set[tuple[str, str]] = set()
        self._delivered = 0
        self._version = 0
        self._news = asyncio.Condition()
        self._passing = asyncio.Lock()
        self.seen: list[Json] = []
        """What the servers saw, for the page that shows it."""

    def signed_in(self, request: Request) -> Person:
        """Whose page this is."""
        token = _bearer(request)
        for one in self.people.values():
            if hmac.compare_digest(token, one.token.encode()):
                return one
        raise HTTPException(401, "the address of this page is of another run; open the new one")

    def require_operator(self, request: Request) -> None:
        """Raises where it is not the operator who asks."""
        if not hmac.compare_digest(_bearer(request), self._operator.encode()):
            raise HTTPException(401, "the address of this page is of another run; open the new one")

    def other(self, one: Person) -> Person:
        """The one `one` writes with."""
        [found] = [each for each in self.people.values() if each.id != one.id]
        return found

    async def announce(self, person: Person, given: Json) -> None:
        """A device's public key, and the language of the texts it is given."""
        device = {"key": _text(given, "key", 64), "language": _text(given, "language", 35)}
        if self._devices.get(person.id) != device:
            self._see("key", person, public_key=device["key"])
            self._devices[person.id] = device
            await self._tell_pages()

    async def news(self, person: Person, after: int, version: int) -> Json:
        """Keys, and the messages behind number `after`, once there is something new."""
        async with self._news:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._news.wait_for(lambda: self._version > version)
            except TimeoutError:
                pass
            return {
                "version": self._version,
                "next": len(self._messages),
                "keys": {name: device["key"] for name, device in self._devices.items()},
                "messages": [
                    {
                        "id": each.id,
                        "sender": each.sender,
                        "sealed": each.sealed,
                        "commitment": each.commitment,
                    }
                    | ({} if each.sender == person.id else each.franked)
                    for each in self._messages[after:]
                    if each.delivered or each.sender == person.id
                ],
            }

    async def pass_on(self, sender: Person, given: Json) -> Json:
        """Take a message; what the sender is told."""
        id_, sealed = _text(given, "id", 64), _text(given, "sealed", LONGEST)
        commitment = _bytes(given, "commitment")
        recipient = self.other(sender)
        async with self._passing:
            if any(each.id == id_ for each in self._messages):
                raise HTTPException(409, "there is a message with this id")
            language = self._devices.get(recipient.id, {}).get("language", "en")
            decision = await self.fieldfare.decide(sender.id, recipient.id, language)
            blocked = (recipient.id, sender.id) in self._blocks
            delivered = decision.verdict not in ("withhold", "limit") and not blocked
            event = Message(
                id=id_,
                conversation=CONVERSATION,
                sender=sender.id,
                recipients=(recipient.id,),
                sent_at=time.time_ns() // 1000,
                encrypted=True,
            )
            franked = self._frank(commitment, event) if delivered else {}
            await self.fieldfare.tell(event)
            self._see(
                "message",
                sender,
                ciphertext=sealed,
                commitment=given["commitment"],
                event=json.loads(_encoded(event)),
                verdict=decision.verdict if delivered or not blocked else "withhold",
            )
            shown = decision.text_for_recipient or decision.support
            says = {"verdict": decision.verdict, "text": shown.text if shown else None}
            self._messages.append(
                Passed(id_, sender.id, sealed, delivered, given["commitment"], franked | says)
            )
            await self._tell_pages()
        told = None if blocked else decision.text_for_sender
        return {"text": told.text if told else None}

    def _frank(self, commitment: bytes, event: Message) -> Json:
        self._delivered += 1
        assert self._ring.current is not None and event.id is not None  # noqa: S101
        context = franking.Context(
            self._ring.current,
            CONVERSATION,
            event.id,
            event.sender,
            event.recipients,
            int(event.sent_at),
            seq=self._delivered,
        )
        try:
            tag = franking.make_tag(self._ring, commitment, context)
        except franking.FrankingError as error:
            raise HTTPException(400, str(error)) from error
        parts = {"context": franking.encode_context(context), "tag": tag}
        return {name: base64.b64encode(part).decode() for name, part in parts.items()}

    async def block(self, person: Person) -> None:
        """The person blocks the other."""
        other = self.other(person)
        self._blocks.add((person.id, other.id))
        await self._notice("block", person, other)
        self._see("block", person)
        await self._tell_pages()

    async def report(self, person: Person, body: bytes) -> Json:
        """Pass on a report as it came. The reporter is told that it was taken, and no more:
        otherwise people would learn how to report somebody down."""
        try:
            given = json.loads(body)
        except ValueError as error:
            raise HTTPException(400, "the report is not JSON") from error
        if not isinstance(given, dict) or given.get("reporter") != person.id:
            raise HTTPException(403, "a report is made in one's own name")
        status, answer = await self.fieldfare.report(body)
        if status != 202:
            raise HTTPException(status if status == 429 else 400, "the report was not taken")
        self._see(
            "report",
            person,
            messages=[each["standing"] for each in answer["messages"]],
            left_out=sum(gap["messages"] for gap in answer["gaps"]),
        )
        await self._tell_pages()
        language = self._devices.get(person.id, {}).get("language", "en")
        return {"text": await self.fieldfare.thanks(person.id, language)}

    async def _notice(self, kind: Literal["block"], person: Person, other: Person) -> None:
        at = time.time_ns() // 1000
        await self.fieldfare.tell(Notice(kind=kind, account=person.id, peer=other.id, at=at))

    async def watch(self, after: int) -> Json:
        """What the servers saw behind entry `after`, once there is something new."""
        async with self._news:
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._news.wait_for(lambda: len(self.seen) > after)
            except TimeoutError:
                pass
            return {"seen": self.seen[after:]}

    def _see(self, kind: str, who: Person, **more: Any) -> None:
        names = {"who": who.name, "to": self.other(who).name}
        self.seen.append({"kind": kind, "at": time.time_ns() // 1_000_000, **names, **more})

    async def _tell_pages(self) -> None:
        async with self._news:
            self._version += 1
            self._news.notify_all()


def _encoded(event: Message) -> bytes:
    import msgspec

    return msgspec.json.encode(event)


def _bearer(request: Request) -> bytes:
    return request.headers.get("authorization", "").removeprefix("Bearer ").encode()


def _text(given: Json, name: str, longest: int) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise HTTPException(400, f"{name}: a text of at most {longest} characters")
    return value


def _bytes(given: Json, name: str) -> bytes:
    try:
        return base64.b64decode(_text(given, name, LONGEST), validate=True)
    except ValueError as error:
        raise HTTPException(400, f"{name}: not base64") from error


async def body_of(request: Request) -> bytes:
    """The body of a request, where it is not too long."""
    whole = bytearray()
    async for chunk in request.stream():
        whole += chunk
        if len(whole) > LONGEST:
            raise HTTPException(413, "too long")
    return bytes(whole)


async def json_of(request: Request) -> Json:
    """The object in a request's body."""
    try:
        given = json.loads(await body_of(request))
    except ValueError as error:
        raise HTTPException(400, "not JSON") from error
    if not isinstance(given, dict):
        raise HTTPException(400, "not an object")
    return given
