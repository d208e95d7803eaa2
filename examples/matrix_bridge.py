"""A Matrix homeserver in front of Fieldfare: an application service (Matrix 1.11).

The homeserver pushes every event of its users' rooms here; they become Fieldfare's messages and
notices. An invitation is asked about: where the policy withholds it, it is declined for the child's
account, and what the policy has to say to the child is sent to it by a bot.

    export MATRIX_URL=https://matrix.example.org FIELDFARE_URL=http://127.0.0.1:8080
    export MATRIX_AS_TOKEN=… MATRIX_HS_TOKEN=… FIELDFARE_TOKEN=…   # events:write, decisions:ask
    export MATRIX_BOT=@safety:example.org
    uvicorn --factory examples.matrix_bridge:from_environment --port 9100

Its registration, to be named in the homeserver's `app_service_config_files`:

    id: fieldfare
    url: http://127.0.0.1:9100
    as_token: …
    hs_token: …
    sender_localpart: safety
    rate_limited: false
    namespaces:
      users: [{regex: "@.*:example\\\\.org", exclusive: false}]
      rooms: []
      aliases: []

A homeserver tells an application service what has happened: an ordinary message is there already
when this hears of it, and declining an invitation is seen by whoever sent it. A service that must
hold messages back asks `POST /v1/decisions` before it sends them (in Synapse, from a module's
`check_event_for_spam`). Ages and countries are not in Matrix: send accounts to Fieldfare from where
you have them. What is encrypted end to end counts by who wrote to whom and when.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fieldfare.client import AsyncClient, ClientError, Decision
from fieldfare.vocabulary import Message, Notice

log = logging.getLogger("fieldfare.matrix")

Json = dict[str, Any]

MESSAGES = ("m.room.message", "m.room.encrypted", "m.sticker")
REMEMBERED = 1_000
"""Transactions of which it is remembered that they were taken."""


class Bridge:
    """Takes transactions of events."""

    def __init__(
        self, matrix: httpx2.AsyncClient, fieldfare: AsyncClient, bot: str, server: str
    ) -> None:
        """`matrix`: with the homeserver's address and our token; `server`: the name whose users
        are ours to protect."""
        self._matrix, self._fieldfare, self._bot, self._server = matrix, fieldfare, bot, server
        self._members: dict[str, set[str]] = {}
        self._invited: dict[tuple[str, str], str] = {}
        self._rooms: dict[str, str] = {}

    async def take(self, events: Sequence[Json]) -> None:
        """Tell Fieldfare of events, and protect who is invited. What it raises was not taken: the
        homeserver sends it again, and each event counts once."""
        records: list[Message | Notice] = []
        invitations: list[tuple[str, str, str, bool]] = []
        for event in events:
            try:
                if event["type"] == "m.room.member":
                    records += await self._member(event, invitations)
                elif event["type"] in MESSAGES:
                    records += await self._message(event)
            except (KeyError, TypeError, AttributeError) as error:
                # Anyone may send odd events; one must not hold up all others for ever.
                log.warning("an event was left out (%s)", type(error).__name__)
        if records:
            await self._fieldfare.send(records)
        for room, inviter, invited, direct in invitations:
            await self._protect(room, inviter, invited, "request" if direct else "invite")

    async def _message(self, event: Json) -> Iterable[Message]:
        content = event["content"]
        sender = event["sender"]
        if sender == self._bot or content.get("m.relates_to", {}).get("rel_type") == "m.replace":
            return []
        recipients = sorted(await self._members_of(event["room_id"], sender) - {sender, self._bot})
        if not recipients:
            return []
        body = content.get("body") if event["type"] == "m.room.message" else None
        return [
            Message(
                id=event["event_id"],
                conversation=event["room_id"],
                kind="private" if len(recipients) == 1 else "group",
                sender=sender,
                recipients=tuple(recipients),
                sent_at=event["origin_server_ts"] * 1000,
                text=body if isinstance(body, str) else None,
                encrypted=event["type"] == "m.room.encrypted",
            )
        ]

    async def _member(
        self, event: Json, invitations: list[tuple[str, str, str, bool]]
    ) -> Iterable[Notice]:
        room, who, sender = event["room_id"], event["state_key"], event["sender"]
        membership = event["content"]["membership"]
        if self._bot in (who, sender):
            return []
        key = (room, who)
        kind, inviter = "", self._invited.get(key, "")
        if membership == "invite":
            direct = bool(event["content"].get("is_direct"))
            invitations.append((room, sender, who, direct))
            if direct:
                self._invited[key] = sender
                return [_notice(event, "request", sender, who)]
            return []
        if membership == "join":
            kind = "accept"
            (await self._members_of(room, who)).add(who)
        elif membership in ("leave", "ban"):
            kind = "decline" if sender == who and who not in self._members.get(room, ()) else ""
            self._members.get(room, set()).discard(who)
        self._invited.pop(key, None)
        return [_notice(event, kind, who, inviter)] if kind and inviter else []

    async def _members_of(self, room: str, member: str) -> set[str]:
        if room not in self._members:
            path = f"/_matrix/client/v3/rooms/{quote(room)}/joined_members"
            answer = await self._matrix.get(path, params={"user_id": member})
            if answer.status_code in (403, 404):
                # It has left meanwhile, or is of another server: who reads there is not known.
                log.warning("the members of a room are not known; its messages are left out")
                return set()
            answer.raise_for_status()
            self._members[room] = set(answer.json()["joined"])
        return self._members[room]

    async def _protect(self, room: str, inviter: str, invited: str, action: str) -> None:
        if not invited.endswith(f":{self._server}"):
            return
        [decision] = (await self._fieldfare.decide(inviter, [invited], action)).decisions
        if decision.verdict in ("withhold", "limit"):
            answer = await self._matrix.post(
                f"/_matrix/client/v3/rooms/{quote(room)}/leave",
                params={"user_id": invited},
                json={},
            )
            # 403: it is not invited any more, so that there is nothing to decline.
            if answer.status_code != 403:
                answer.raise_for_status()
        await self._tell(invited, decision)

    async def _tell(self, account: str, decision: Decision) -> None:
        told = decision.text_for_recipient or decision.support
        if told is None:
            return
        if account not in self._rooms:
            answer = await self._matrix.post(
                "/_matrix/client/v3/createRoom",
                json={"invite": [account], "is_direct": True, "preset": "trusted_private_chat"},
            )
            answer.raise_for_status()
            self._rooms[account] = answer.json()["room_id"]
        room = quote(self._rooms[account])
        answer = await self._matrix.put(
            f"/_matrix/client/v3/rooms/{room}/send/m.room.message/{os.urandom(8).hex()}",
            json={"msgtype": "m.notice", "body": told.text},
        )
        answer.raise_for_status()


def _notice(event: Json, kind: Any, account: str, peer: str) -> Notice:
    return Notice(
        id=event["event_id"],
        kind=kind,
        account=account,
        peer=peer,
        at=event["origin_server_ts"] * 1000,
    )


def create_app(bridge: Bridge, hs_token: str) -> Starlette:
    """The routes that a homeserver calls."""
    taken: dict[str, None] = {}

    async def transaction(request: Request) -> JSONResponse:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), hs_token.encode()):
            return JSONResponse({"errcode": "M_FORBIDDEN"}, 403)
        number = request.path_params["number"]
        if number not in taken:
            try:
                await bridge.take(json.loads(await request.body())["events"])
            except (ClientError, httpx2.HTTPError):
                # Without 200 the homeserver keeps the transaction and sends it again.
                return JSONResponse({"errcode": "M_UNKNOWN"}, 503)
            taken[number] = None
            if len(taken) > REMEMBERED:
                del taken[next(iter(taken))]
        return JSONResponse({})

    async def ping(_: Request) -> JSONResponse:
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/_matrix/app/v1/transactions/{number}", transaction, methods=["PUT"]),
            Route("/_matrix/app/v1/ping", ping, methods=["POST"]),
        ]
    )


def from_environment() -> Starlette:
    """The application as the variables of the environment say."""
    bot = os.environ["MATRIX_BOT"]
    server = re.sub("^[^:]*:", "", bot)
    matrix = httpx2.AsyncClient(
        base_url=os.environ["MATRIX_URL"],
        headers={"Authorization": f"Bearer {os.environ['MATRIX_AS_TOKEN']}"},
    )
    fieldfare = AsyncClient(os.environ["FIELDFARE_URL"], os.environ["FIELDFARE_TOKEN"], patience=5)
    app = create_app(Bridge(matrix, fieldfare, bot, server), os.environ["MATRIX_HS_TOKEN"])

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await matrix.aclose()
        await fieldfare.close()

    app.router.lifespan_context = lifespan
    return app
