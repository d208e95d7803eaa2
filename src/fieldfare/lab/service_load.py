"""The live service under load: events as fast as they are taken, then decisions beside a stream.

What enters: how to start the service, and for how long. What leaves: figures, ready for JSON. The
load generator runs beside the service on the same cores, so that the figures are on the low side.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any

from fieldfare.lab.service_trials import START, WAIT_SECONDS, Crowd, Server, running
from fieldfare.service.settings import ServiceSettings


def load(settings: ServiceSettings, seconds: float, people: int = 20_000) -> dict[str, Any]:
    """Events as fast as they are taken; then decisions beside a steady stream of events."""
    with running(settings) as server:
        crowd = Crowd(people, 1)
        accounts = crowd.accounts()
        for start in range(0, len(accounts), 5_000):
            server.ask("POST", "/v1/events", b"\n".join(accounts[start : start + 5_000]))
        server.settle()
        before = server.memory_mib()
        ingest = asyncio.run(_ingest(server, crowd, seconds))
        after = server.memory_mib()
        _, ready = server.ask("GET", "/readyz")
        started = time.monotonic()
        server.settle(3_600)
        caught_up = time.monotonic() - started
        mixed = asyncio.run(_mixed(server, crowd, min(seconds, 30.0)))
    return {
        "ingest": {
            **ingest,
            "waiting_events_at_the_end": ready["waiting_events"],
            "seconds_to_catch_up": round(caught_up, 1),
            "memory_mib_before": before,
            "memory_mib_after": after,
            "target": "at least 10,000 durable events/s in batches of 100 or more, memory bounded",
        },
        "mixed": {
            **mixed,
            "target": "decisions p99 at most 10 ms at 500/s beside 1,000 events/s;"
            " events visible within 1 s (p95)",
        },
    }


class _Line:
    """A kept-alive connection: the load generator must cost as little as it can."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {server.token}\r\n".encode()

    async def open(self) -> _Line:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._server.port)
        return self

    async def ask(self, method: bytes, path: bytes, body: bytes = b"") -> tuple[int, bytes]:
        self._writer.write(
            method
            + b" "
            + path
            + b" HTTP/1.1\r\n"
            + self._head
            + b"Content-Length: %d\r\n\r\n" % len(body)
            + body
        )
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        return int(head[9:12]), await self._reader.readexactly(length)

    def close(self) -> None:
        self._writer.close()


async def _ingest(server: Server, crowd: Crowd, seconds: float) -> dict[str, Any]:
    until, size = time.monotonic() + seconds, 500
    taken, turned_away = 0, 0

    async def send() -> None:
        nonlocal taken, turned_away
        line = await _Line(server).open()
        while time.monotonic() < until:
            body = b"\n".join(crowd.messages(size))
            status, _ = await line.ask(b"POST", b"/v1/events", body)
            if status == 202:
                taken += size
            else:
                turned_away += 1
                await asyncio.sleep(1)
        line.close()

    started = time.monotonic()
    await asyncio.gather(*(send() for _ in range(3)))
    return {
        "batch": size,
        "events": taken,
        "events_a_second": round(taken / (time.monotonic() - started)),
        "turned_away": turned_away,
    }


async def _mixed(server: Server, crowd: Crowd, seconds: float) -> dict[str, Any]:
    until = time.monotonic() + seconds
    decided: list[float] = []
    visible: list[float] = []
    taken = 0

    async def events() -> None:
        nonlocal taken
        line = await _Line(server).open()
        due = time.monotonic()
        while (now := time.monotonic()) < until:
            await asyncio.sleep(max(0.0, due - now))
            status, _ = await line.ask(b"POST", b"/v1/events", b"\n".join(crowd.messages(100)))
            taken += 100 * (status == 202)
            due += 0.1
        line.close()

    async def decisions(first: float) -> None:
        line = await _Line(server).open()
        rng = random.Random(first)  # noqa: S311
        due = time.monotonic() + first
        while (now := time.monotonic()) < until:
            await asyncio.sleep(max(0.0, due - now))
            body = b'{"sender":"p%d","recipients":["p%d"]}' % (
                rng.randrange(crowd.people),
                rng.randrange(crowd.people),
            )
            asked = time.monotonic()
            status, _ = await line.ask(b"POST", b"/v1/decisions", body)
            if status == 200:
                # From when it was due: a late start counts as waiting.
                decided.append(time.monotonic() - min(asked, max(due, now)))
            due += 0.01
        line.close()

    async def newcomers() -> None:
        """A new adult writes to a child: how long until there is an assessment?"""
        line = await _Line(server).open()
        number = 0
        while time.monotonic() < until:
            number += 1
            lines = [
                b'{"type":"account","id":"new%d","age":40,"age_source":"verified"}' % number,
                b'{"type":"message","id":"new%d","sender":"new%d","recipients":["p%d"],'
                b'"sent_at":%d}' % (number, number, 4 * number, START + number),
            ]
            asked = time.monotonic()
            await line.ask(b"POST", b"/v1/events", b"\n".join(lines))
            while time.monotonic() - asked < WAIT_SECONDS:
                status, _ = await line.ask(b"GET", b"/v1/accounts/new%d/assessment" % number)
                if status == 200:
                    visible.append(time.monotonic() - asked)
                    break
                await asyncio.sleep(0.02)
            await asyncio.sleep(0.1)
        line.close()

    started = time.monotonic()
    await asyncio.gather(events(), newcomers(), *(decisions(k / 500) for k in range(5)))
    taking = time.monotonic() - started
    return {
        "events_a_second": round(taken / taking),
        "decisions_a_second": round(len(decided) / taking),
        "decision_milliseconds": _quantiles([1000 * each for each in decided]),
        "visible_after_seconds": _quantiles(visible),
        "visibility_samples": len(visible),
    }


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)
        for name, share in shares.items()
        if ordered
    }
