"""Live equals batch: however the events come, the assessments are those of a scan."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.state import ASSESSMENTS, State
from fieldfare.service.worker import Worker
from tests.service.events import arrival, body, service_events

Events = list[dict[str, object]]


@contextmanager
def _worker(settings: ServiceSettings, engine: Engine) -> Iterator[Worker]:
    journal, state = settings.open_journal(), settings.open_state()
    worker = Worker(journal, state, engine, settings.contacts, settings.card())
    try:
        yield worker
    finally:
        worker.close()
        state.close()
        journal.close()


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with open_engine("duckdb", threads=1) as engine:
        yield engine


def _stored(settings: ServiceSettings) -> dict[str, dict[str, Any]]:
    state: State = settings.open_state()
    rows = state.database.run(f"SELECT {', '.join(ASSESSMENTS.names)} FROM assessments")
    state.close()
    return {row[0]: dict(zip(ASSESSMENTS.names, row, strict=True)) for row in rows}


def _scanned(events: Events, folder: Path) -> dict[str, dict[str, Any]]:
    path = folder / "events.jsonl"
    path.write_bytes(body(events))
    result = scan([path], ScanSettings(top=10_000))
    return {
        account.account: {
            "log_odds": account.log_odds,
            "band": account.band,
            "signals": account.signals,
            "reasons": {reason.signal: reason.contribution for reason in account.reasons},
        }
        for account in result.accounts
    }


def _compare(live: dict[str, dict[str, Any]], batch: dict[str, dict[str, Any]]) -> None:
    assert set(live) == set(batch)
    for account, expected in batch.items():
        found = live[account]
        assert found["log_odds"] == pytest.approx(expected["log_odds"], abs=1e-9), account
        assert found["band"] == expected["band"]
        signals = json.loads(found["signals"])
        for name, value in expected["signals"].items():
            if isinstance(value, float):
                value = pytest.approx(value, abs=1e-9)
            assert signals[name] == value, (account, name)
        reasons = {r["signal"]: r["contribution"] for r in json.loads(found["reasons"])}
        assert reasons == pytest.approx(expected["reasons"])


def _send(settings: ServiceSettings, engine: Engine, events: Events, rng: random.Random) -> None:
    """In random batches, some repeated, with the worker at it in between."""
    journal = settings.open_journal()
    with _worker(settings, engine) as worker:
        at = 0
        while at < len(events):
            size = rng.randrange(1, 60)
            batch = events[at : at + size]
            journal.append([arrival(batch)])
            if rng.random() < 0.3:
                journal.append([arrival(rng.sample(batch, max(1, len(batch) // 2)))])
            if rng.random() < 0.6:
                worker.turn()
            at += size
        worker.settle()
    journal.close()


@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), order=st.integers(0, 10**6), messages=st.integers(5, 200))
def test_live_is_batch(
    tmp_path_factory: pytest.TempPathFactory,
    engine: Engine,
    seed: int,
    order: int,
    messages: int,
) -> None:
    folder = tmp_path_factory.mktemp("live")
    settings = ServiceSettings(data=folder / "data")
    events = service_events(seed, messages=messages)
    rng = random.Random(order)
    rng.shuffle(events)
    _send(settings, engine, events, rng)
    with _worker(settings, engine) as worker:
        worker.round()
        worker.settle()
    _compare(_stored(settings), _scanned(events, folder))
    shutil.rmtree(folder)


def test_live_is_batch_on_either_database(
    settings: ServiceSettings, engine: Engine, tmp_path: Path
) -> None:
    events = service_events(77, accounts=20, messages=250)
    _send(settings, engine, events, random.Random(77))
    with _worker(settings, engine) as worker:
        worker.round()
        worker.settle()
    _compare(_stored(settings), _scanned(events, tmp_path))


@pytest.mark.parametrize("seed", range(4))
def test_without_a_round_all_is_as_a_scan_at_the_same_moment(
    sqlite_settings: ServiceSettings, engine: Engine, seed: int
) -> None:
    # With a fixed end of the windows nothing moves by itself, so that what is marked as due must
    # be everyone whom an event concerns. Who else works through the same children is the daily
    # round's to find.
    settings = replace(
        sqlite_settings, contacts=replace(sqlite_settings.contacts, as_of=1_780_000_000_000_000)
    )
    events = service_events(seed, messages=120)
    _send(settings, engine, events, random.Random(seed))
    before = _stored(settings)
    with _worker(settings, engine) as worker:
        worker.round()
        worker.settle()
    after = _stored(settings)
    assert set(before) == set(after)
    for account, row in after.items():
        then, now = json.loads(before[account]["signals"]), json.loads(row["signals"])
        for name in ("linked_account", "linked_children"):
            then.pop(name, None)
            now.pop(name, None)
        assert then == pytest.approx(now), account


def test_the_state_is_rebuilt_from_the_journal(settings: ServiceSettings, engine: Engine) -> None:
    events = service_events(5)
    _send(settings, engine, events, random.Random(5))
    with _worker(settings, engine) as worker:
        worker.round()
        worker.settle()
    before = _stored(settings)
    state = settings.open_state()
    state.clear()
    state.close()
    assert not _stored(settings)
    with _worker(settings, engine) as worker:
        worker.settle()
    after = _stored(settings)
    assert set(after) == set(before)
    for account, row in after.items():
        assert row["log_odds"] == pytest.approx(before[account]["log_odds"], abs=1e-9)


def test_a_new_card_assesses_everyone_anew(
    sqlite_settings: ServiceSettings, engine: Engine
) -> None:
    events = service_events(6)
    _send(sqlite_settings, engine, events, random.Random(6))
    before = _stored(sqlite_settings)
    doubled = replace(sqlite_settings, prior=2 * sqlite_settings.card().prior)
    with _worker(doubled, engine) as worker:
        worker.settle()
    after = _stored(doubled)
    assert set(after) == set(before)
    assert all(row["log_odds"] > before[account]["log_odds"] for account, row in after.items())


def test_workers_share_the_partitions_and_give_them_back(
    postgres_settings: ServiceSettings, engine: Engine
) -> None:
    events = service_events(8)
    journal = postgres_settings.open_journal()
    journal.append([arrival(events)])
    journal.close()
    with _worker(postgres_settings, engine) as one:
        assert one.turn().folded == len(events) + _counted_twice(events, 8)
        with _worker(postgres_settings, engine) as two:
            assert two.turn().folded == 0
    with _worker(postgres_settings, engine) as three:
        three.settle()
        assert three.turn().idle


def _counted_twice(events: Events, partitions: int) -> int:
    """Acts between accounts of two partitions stand in both."""
    import zlib

    ends = [
        {zlib.crc32(str(event[end]).encode()) % partitions for end in ("account", "peer")}
        for event in events
        if event["type"] in ("connection", "notice")
    ]
    return sum(len(each) - 1 for each in ends)
