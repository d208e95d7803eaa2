"""The Matrix example: transactions as the specification shows them, a real Fieldfare, and a small
homeserver of our own. No real homeserver runs here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import pytest
from examples.matrix_bridge import Bridge, create_app
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fieldfare.client import AsyncClient
from fieldfare.service.settings import ServiceSettings
from tests.client.conftest import serving
from tests.service.asking import settle, token
from tests.service.conftest import sqlite_settings  # noqa: F401

AT = 1_772_000_000_000
ROOM = "!jEsUZKDJdhlrceRyVU:example.org"
MIRA, TOM, X, BOT = (f"@{name}:example.org" for name in ("mira", "tom", "x", "safety"))

Json = dict[str, Any]


def _event(kind: str, sender: str, content: Json, number: int, **more: Any) -> Json:
    return {
        "type": kind,
        "event_id": f"$143273582443PhrSn{number}",
        "room_id": ROOM,
        "sender": sender,
        "origin_server_ts": AT + number * 1000,
        "content": content,
        "unsigned": {"age": 1234},
        **more,
    }


def _text(sender: str, body: str, number: int, **content: Any) -> Json:
    return _event("m.room.message", sender, {"msgtype": "m.text", "body": body, **content}, number)


def _member(sender: str, who: str, membership: str, number: int, **content: Any) -> Json:
    content = {"membership": membership, "displayname": "A name", **content}
    return _event("m.room.member", sender, content, number, state_key=who)


class Homeserver:
    """Remembers what it is asked for."""

    def __init__(self) -> None:
        self.joined = {MIRA, TOM, X}
        self.asked: list[tuple[str, str, Json]] = []
        routes = [
            Route("/_matrix/client/v3/rooms/{room}/joined_members", self._members),
            Route("/{path:path}", self._any, methods=["POST", "PUT"]),
        ]
        self.http = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(Starlette(routes=routes)), base_url="http://matrix"
        )

    async def _members(self, _: Request) -> JSONResponse:
        return JSONResponse({"joined": {member: {} for member in self.joined}})

    async def _any(self, request: Request) -> JSONResponse:
        path = request.url.path.removeprefix("/_matrix/client/v3/")
        self.asked.append((path, request.query_params.get("user_id", ""), await request.json()))
        return JSONResponse({"room_id": "!dm:example.org", "event_id": "$sent"})


@pytest.fixture
def settings(sqlite_settings: ServiceSettings) -> ServiceSettings:  # noqa: F811
    """A service of its own."""
    return sqlite_settings


@pytest.fixture
def address(settings: ServiceSettings) -> Iterator[str]:
    """A Fieldfare that listens."""
    with serving(settings) as address:
        yield address


def _push(
    homeserver: Homeserver,
    address: str,
    secret: str,
    transactions: Sequence[Sequence[Json]],
    given: str = "hs",
) -> list[int]:
    """Push transactions as a homeserver would; what was answered to each."""

    async def push() -> list[int]:
        async with AsyncClient(address, secret, patience=0) as fieldfare:
            app = create_app(Bridge(homeserver.http, fieldfare, BOT, "example.org"), "hs")
            transport = httpx2.ASGITransport(app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://bridge") as http:
                answers = [
                    await http.put(
                        f"/_matrix/app/v1/transactions/{number}",
                        json={"events": list(events)},
                        headers={"Authorization": f"Bearer {given}"},
                    )
                    for number, events in enumerate(transactions)
                ]
        return [answer.status_code for answer in answers]

    return asyncio.run(push())


def _secret(settings: ServiceSettings) -> str:
    return token(settings)["Authorization"].removeprefix("Bearer ")


def _journal(settings: ServiceSettings) -> dict[str, list[Json]]:
    journal = settings.open_journal()
    found: dict[str, list[Json]] = {}
    for entry in journal.entries(0, 0, 10**9):
        found.setdefault(entry.kind, []).extend(entry.events.to_pylist())
    journal.close()
    return found


def test_events_become_messages_and_notices_each_once(
    settings: ServiceSettings, address: str
) -> None:
    homeserver = Homeserver()
    events = [
        _text(MIRA, "see you at school", 1),
        _event("m.room.encrypted", TOM, {"algorithm": "m.megolm.v1.aes-sha2"}, 2),
        _text(TOM, "* see you", 3, **{"m.relates_to": {"rel_type": "m.replace"}}),
        _event("m.room.topic", TOM, {"topic": "homework"}, 4),
        {"type": "m.room.message", "content": "odd"},
    ]
    later = [_member(TOM, TOM, "leave", 5), _text(X, "hello", 6)]
    pushed = _push(homeserver, address, _secret(settings), [events, events, later])
    assert pushed == [200, 200, 200]
    messages = {row["id"][-1]: row for row in _journal(settings)["messages"]}
    assert sorted(messages) == ["1", "2", "6"]
    assert messages["1"]["recipients"] == [TOM, X]
    assert messages["1"]["kind"] == "group"
    assert messages["1"]["sent_at"] == (AT + 1000) * 1000
    assert messages["6"]["recipients"] == [MIRA]
    assert messages["6"]["kind"] == "private"


def test_an_accepted_invitation_to_talk_is_a_connection(
    settings: ServiceSettings, address: str
) -> None:
    homeserver = Homeserver()
    homeserver.joined = {X}
    events = [
        _member(X, MIRA, "invite", 1, is_direct=True),
        _member(MIRA, MIRA, "join", 2),
        _member(X, TOM, "invite", 3, is_direct=True),
        _member(TOM, TOM, "leave", 4),
    ]
    assert _push(homeserver, address, _secret(settings), [events]) == [200]
    notices = [(row["kind"], row["account"], row["peer"]) for row in _journal(settings)["notices"]]
    assert notices == [
        ("request", X, MIRA),
        ("accept", MIRA, X),
        ("request", X, TOM),
        ("decline", TOM, X),
    ]


def test_an_invitation_is_declined_or_the_child_is_told_as_the_policy_says(
    settings: ServiceSettings, address: str
) -> None:
    homeserver, secret = Homeserver(), _secret(settings)
    accounts = [
        {"type": "account", "id": MIRA, "age": 10, "age_source": "verified", "country": "GB"},
        {"type": "account", "id": TOM, "age": 16, "age_source": "verified", "country": "GB"},
        {"type": "account", "id": X, "age": 41, "age_source": "verified", "country": "GB"},
    ]

    async def tell() -> None:
        async with AsyncClient(address, secret) as fieldfare:
            await fieldfare.send(accounts)

    asyncio.run(tell())
    settle(settings)
    assert _push(homeserver, address, secret, [[_text(MIRA, "hello", 1)]]) == [200]
    settle(settings)
    assert _push(homeserver, address, secret, [[_member(X, MIRA, "invite", 2)]]) == [200]
    assert (f"rooms/{ROOM}/leave", MIRA, {}) in homeserver.asked
    homeserver.asked.clear()
    # To a boy of 16 the invitation stands, and he is told how to stay safe.
    direct = _member(X, TOM, "invite", 3, is_direct=True)
    assert _push(homeserver, address, secret, [[direct]]) == [200]
    (made, _, room), (sent, _, content) = homeserver.asked
    assert made == "createRoom"
    assert room["invite"] == [TOM]
    assert sent.startswith("rooms/!dm:example.org/send/m.room.message/")
    assert content["msgtype"] == "m.notice"
    assert len(content["body"]) > 20


def test_what_fieldfare_did_not_take_is_left_with_the_homeserver(
    settings: ServiceSettings, address: str
) -> None:
    homeserver, secret = Homeserver(), _secret(settings)
    events = [_text(MIRA, "see you at school", 1)]
    assert _push(homeserver, "http://127.0.0.1:9", secret, [events]) == [503]
    assert _push(homeserver, address, secret, [events], given="another") == [403]
    assert "messages" not in _journal(settings)
    assert _push(homeserver, address, secret, [events]) == [200]
    assert len(_journal(settings)["messages"]) == 1
