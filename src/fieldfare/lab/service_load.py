"""The live service under load: events as fast as they are taken, then decisions beside a stream.

What enters: how to start the service, and for how long. What leaves: figures, ready for JSON. The
load generator runs beside the service on the same cores, so that the figures are on the low side.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

from fieldfare.lab.service_trials import START, WAIT_SECONDS, Crowd, Server, running
from fieldfare.service.settings import ServiceSettings

TARGETS: Final = {
    "sustained": "at least 10,000 durable events/s in batches of 100 or more, memory bounded",
    "mixed": "decisions p99 at most 10 ms at 500/s beside 1,000 events/s; events visible within"
    " 1 s (p95)",
    "overload": "429 with Retry-After, and everything acknowledged is folded",
}
SAMPLE_SECONDS: Final = 2.5
"""Less than after which the server closes a connection that is idle."""


def load(
    settings: ServiceSettings, seconds: float, rate: float, people: int = 20_000
) -> dict[str, Any]:
    """Decisions beside a small stream of events; then `rate` events a second for `seconds`; then
    events as fast as they are taken."""
    with running(settings) as server:
        crowd = Crowd(people, 1)
        accounts = crowd.accounts()
        for start in range(0, len(accounts), 5_000):
            server.ask("POST", "/v1/events", b"\n".join(accounts[start : start + 5_000]))
        # Accounts wait for a first event: without one there is no moment to assess them at.
        server.ask("POST", "/v1/events", b"\n".join(crowd.messages(5_000)))
        server.settle()
        mixed = asyncio.run(_mixed(server, crowd, min(seconds, 30.0)))
        sustained = asyncio.run(_ingest(server, crowd, seconds, rate))
        sustained |= _caught_up(server)
        overload = asyncio.run(_ingest(server, crowd, min(seconds, 30.0), None))
        overload |= _caught_up(server)
    figures = {"mixed": mixed, "sustained": sustained, "overload": overload}
    return {name: {**found, "target": TARGETS[name]} for name, found in figures.items()}


def _caught_up(server: Server) -> dict[str, Any]:
    started = time.monotonic()
    server.settle(3_600)
    return {"seconds_to_catch_up": round(time.monotonic() - started, 1)}


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


async def _ingest(
    server: Server, crowd: Crowd, seconds: float, rate: float | None
) -> dict[str, Any]:
    """So many events a second; None: as many as are taken. Memory and what waits are looked at
    now and then."""
    started = time.monotonic()
    until, size, senders = started + seconds, 500, 3
    taken, turned_away, late = 0, 0, 0.0
    samples: list[dict[str, Any]] = []
    visible: list[float] = []

    async def send(number: int) -> None:
        nonlocal taken, turned_away, late
        line = await _Line(server).open()
        step = 0.0 if rate is None else size * senders / rate
        due = started + number * step / senders
        while due < until and (now := time.monotonic()) < until:
            await asyncio.sleep(max(0.0, due - now))
            late = max(late, now - due) if rate is not None else late
            status, _ = await line.ask(b"POST", b"/v1/events", b"\n".join(crowd.messages(size)))
            if status == 202:
                taken += size
            else:
                turned_away += 1
                await asyncio.sleep(1)
            due += step
        line.close()

    async def look() -> None:
        line = await _Line(server).open()
        while time.monotonic() < until:
            _, ready = await line.ask(b"GET", b"/readyz")
            samples.append(
                {
                    "second": round(time.monotonic() - started),
                    "memory_mib": server.memory_mib(),
                    "waiting_events": json.loads(ready)["waiting_events"],
                    "due_accounts": json.loads(ready)["due_accounts"],
                }
            )
            await asyncio.sleep(max(0.1, min(SAMPLE_SECONDS, until - time.monotonic())))
        line.close()

    await asyncio.gather(
        look(), _newcomers(server, until, visible), *(send(number) for number in range(senders))
    )
    memory = [sample["memory_mib"] for sample in samples]
    totals = [sum(each.values()) for each in memory]
    return {
        "batch": size,
        "asked_events_a_second": rate,
        "events": taken,
        "events_a_second": round(taken / (time.monotonic() - started)),
        "batches_turned_away": turned_away,
        "latest_batch_seconds": round(late, 2),
        "visible_after_seconds": _quantiles(visible),
        "visibility_samples": len(visible),
        "waiting_events_peak": max(sample["waiting_events"] for sample in samples),
        "memory_mib": {
            "start": round(totals[0]),
            "middle": round(totals[len(totals) // 2]),
            "peak": round(max(totals)),
            "end": round(totals[-1]),
        },
        "memory_mib_by_third": {name: _thirds(memory, name) for name in memory[-1]},
        "samples": samples[:: max(1, len(samples) // 12)],
    }


def _thirds(memory: Sequence[dict[str, float]], name: str) -> list[float]:
    """Means over the first, second and last third of the time: what is bounded stands still."""
    values = [each.get(name, 0.0) for each in memory]
    ends = [len(values) * third // 3 for third in range(4)]
    parts = [values[start:end] for start, end in pairwise(ends)]
    return [round(sum(part) / len(part), 1) for part in parts if part]


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

    started = time.monotonic()
    await asyncio.gather(
        events(), _newcomers(server, until, visible), *(decisions(k / 500) for k in range(5))
    )
    taking = time.monotonic() - started
    return {
        "events_a_second": round(taken / taking),
        "decisions_a_second": round(len(decided) / taking),
        "decision_milliseconds": _quantiles([1000 * each for each in decided]),
        "visible_after_seconds": _quantiles(visible),
        "visibility_samples": len(visible),
    }


async def _newcomers(server: Server, until: float, visible: list[float]) -> None:
    """New adults write to children, one after the other: how long until there is an assessment?"""
    line = await _Line(server).open()
    run = f"{time.monotonic_ns():x}".encode()
    number = 0
    while time.monotonic() < until:
        number += 1
        lines = [
            b'{"type":"account","id":"new%s-%d","age":40,"age_source":"verified"}' % (run, number),
            b'{"type":"message","id":"new%s-%d","sender":"new%s-%d","recipients":["p%d"],'
            b'"sent_at":%d}' % (run, number, run, number, 4 * number, START + number),
        ]
        asked = time.monotonic()
        await line.ask(b"POST", b"/v1/events", b"\n".join(lines))
        while time.monotonic() - asked < WAIT_SECONDS:
            status, _ = await line.ask(b"GET", b"/v1/accounts/new%s-%d/assessment" % (run, number))
            if status == 200:
                visible.append(time.monotonic() - asked)
                break
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.1)
    line.close()


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    ordered = sorted(values)
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {
        name: round(ordered[min(int(share * len(ordered)), len(ordered) - 1)], 3)
        for name, share in shares.items()
        if ordered
    }
