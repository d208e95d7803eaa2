"""Live = batch, over HTTP: a simulated world is sent to a running service, and scanned.

What enters: how to start the service, and the size of the world. What leaves: how many accounts
both assess alike, and where they differ, ready for JSON. The events have stock phrases for text.
They go out in batches of random size, up to a day out of order, some twice. In the end comes a
message a day after all others: the day's round then assesses everyone at its time, as the scan
does.
"""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.lab.service_trials import Server, running
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import FieldfareError
from fieldfare.vocabulary.times import DAY

REPEATED: Final = 0.05
MOST_AT_ONCE: Final = 2_000
EVENTS_AN_ACCOUNT: Final = 31
"""Rather fewer than a simulated account has in 120 days."""
SAME: Final = 1e-9
"""Log odds and contributions: sums are added up in another order."""
SAME_VALUE: Final = 1e-6
"""Values of signals. A spread is the root of a difference of sums, which turns 1e-14 into 1e-7."""

_TYPES: Final = {
    "accounts": ("account", "created_at"),
    "messages": ("message", "sent_at"),
    "connections": ("connection", "connected_at"),
    "notices": ("notice", "at"),
}


def compare(
    settings: ServiceSettings, folder: Path, events: int, days: int = 120, seed: int = 1
) -> dict[str, Any]:
    """Send some `events` of a simulated world and scan the same; the service must be empty."""
    files = _world(folder, max(1_000, events // EVENTS_AN_ACCOUNT), days, seed)
    rng = random.Random(seed)  # noqa: S311 # an order, no secret
    lines, last = _shuffled(files, rng)
    with running(settings) as server:
        sending = _send(server, lines, rng)
        started = time.monotonic()
        server.settle(3_600)
        # Only now, or the round would begin while there are accounts that are not known yet.
        _post(server, [last])
        server.settle(3_600)
        sending["seconds_to_catch_up"] = round(time.monotonic() - started, 1)
        live = {row["account"]: row for row in _assessments(server)}
    batch = _scanned(files)
    differing = sorted(
        name for name in live.keys() | batch.keys() if not _same(live.get(name), batch.get(name))
    )
    return {
        **sending,
        "accounts_assessed_live": len(live),
        "accounts_assessed_by_scan": len(batch),
        "accounts_that_differ": len(differing),
        "flagged": sum(row["first_flagged_at"] is not None for row in live.values()),
        "first_differences": [
            {"account": name, "live": live.get(name), "scan": batch.get(name)}
            for name in differing[:3]
        ],
    }


def _world(folder: Path, accounts: int, days: int, seed: int) -> list[Path]:
    from fieldfare.lab.simulation import parameters
    from fieldfare.lab.simulation.world import simulate

    simulate(folder, parameters.load(None), accounts, days, seed, "templates", None)
    messages = pq.read_table(folder / "messages.parquet")
    senders = messages["sender"].unique().to_pylist()
    last = {
        "id": "the last",
        "kind": "private",
        "sender": senders[0],
        "recipients": [senders[1]],
        "sent_at": max(messages["sent_at"].to_pylist()) + 2 * DAY,
        "text": None,
    }
    row = pa.Table.from_pylist([last], pa.schema([messages.schema.field(name) for name in last]))
    pq.write_table(row, folder / "last.messages.parquet")
    files = [folder / f"{table}.parquet" for table in _TYPES]
    return [*files, folder / "last.messages.parquet"]


def _shuffled(files: list[Path], rng: random.Random) -> tuple[list[bytes], bytes]:
    """The events as lines, up to a day out of order, and the last of all."""
    timed: list[tuple[float, bytes]] = []
    for path in files:
        name = path.stem.rpartition(".")[2]
        kind, column = _TYPES[name]
        for batch in pq.ParquetFile(path).iter_batches():
            for row in batch.to_pylist():
                line = msgspec.json.encode({"type": kind, **row})
                at = row[column] if name != "accounts" else 0
                timed.append((at + rng.uniform(0, DAY), line))
                if name == "messages" and rng.random() < REPEATED:
                    timed.append((at + rng.uniform(0, 2 * DAY), line))
    last = timed.pop()[1]
    timed.sort()
    return [line for _, line in timed if line != last], last


def _send(server: Server, lines: list[bytes], rng: random.Random) -> dict[str, Any]:
    started, at, requests = time.monotonic(), 0, 0
    new, repeated = 0, 0
    while at < len(lines):
        size = math.ceil(MOST_AT_ONCE ** rng.random())
        answer = _post(server, lines[at : at + size])
        new += answer["new"]
        repeated += answer["repeated"]
        at += size
        requests += 1
    return {
        "events_sent": len(lines),
        "requests": requests,
        "new": new,
        "repeated": repeated,
        "seconds_to_send": round(time.monotonic() - started, 1),
    }


def _post(server: Server, lines: list[bytes]) -> dict[str, Any]:
    while True:
        status, answer = server.ask("POST", "/v1/events", b"\n".join(lines))
        if status == 202:
            if answer["refused"]:
                raise FieldfareError(f"an event was refused: {answer['refused'][0]}")
            return dict(answer)
        if status != 429:
            raise FieldfareError(f"the service answered {status}")
        time.sleep(1)


def _assessments(server: Server) -> Iterator[dict[str, Any]]:
    after = ""
    while True:
        status, page = server.ask("GET", f"/v1/assessments?limit=1000{after}")
        if status != 200:
            raise FieldfareError(f"the service answered {status}")
        yield from page["assessments"]
        if page["next"] is None:
            return
        after = f"&after={quote(page['next'])}"


def _scanned(files: list[Path]) -> dict[str, dict[str, Any]]:
    found = scan(files, ScanSettings(top=10_000_000))
    return {
        each.account: {
            "log_odds": each.log_odds,
            "band": each.band,
            "signals": json.loads(msgspec.json.encode(each.signals)),
            "reasons": {reason.signal: reason.contribution for reason in each.reasons},
        }
        for each in found.accounts
    }


def _same(live: Mapping[str, Any] | None, batch: Mapping[str, Any] | None) -> bool:
    if live is None or batch is None or live["band"] != batch["band"]:
        return False
    reasons = {reason["signal"]: reason["contribution"] for reason in live["reasons"]}
    return (
        _close(live["log_odds"], batch["log_odds"])
        and reasons.keys() == batch["reasons"].keys()
        and all(_close(reasons[name], value) for name, value in batch["reasons"].items())
        and all(
            _close(live["signals"][name], value, SAME_VALUE)
            for name, value in batch["signals"].items()
        )
    )


def _close(one: Any, other: Any, within: float = SAME) -> bool:
    if isinstance(one, float) and isinstance(other, (float, int)):
        return math.isclose(one, other, rel_tol=within, abs_tol=within)
    return bool(one == other)
