"""Live equals batch: however the events come, the assessments are those of a scan."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from fieldfare.contacts.engine import Engine
from fieldfare.service.settings import ServiceSettings
from tests.service.comparing import (
    Events,
    compare,
    inferred,
    scanned,
    stored,
    stored_inferred,
    working,
)
from tests.service.events import arrival, school_events, service_events


def _send(settings: ServiceSettings, engine: Engine, events: Events, rng: random.Random) -> None:
    """In random batches, some repeated, with the worker at it in between."""
    journal = settings.open_journal()
    with working(settings, engine) as worker:
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
    with working(settings, engine) as worker:
        worker.round()
        worker.settle()
    compare(stored(settings), scanned(events, folder))
    shutil.rmtree(folder)


def test_live_is_batch_on_either_database(
    settings: ServiceSettings, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nothing that a later turn needs is in the engine.
    monkeypatch.setattr("fieldfare.service.worker.ENGINE_TURNS", 1)
    events = service_events(77, accounts=20, messages=250)
    _send(settings, engine, events, random.Random(77))
    with working(settings, engine) as worker:
        worker.round()
        worker.settle()
    compare(stored(settings), scanned(events, tmp_path))


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
    before = stored(settings)
    with working(settings, engine) as worker:
        worker.round()
        worker.settle()
    after = stored(settings)
    assert set(before) == set(after)
    for account, row in after.items():
        then, now = json.loads(before[account]["signals"]), json.loads(row["signals"])
        for name in ("linked_account", "linked_children"):
            then.pop(name, None)
            now.pop(name, None)
        assert then == pytest.approx(now), account


@pytest.mark.parametrize("seed", range(4))
def test_ages_are_inferred_as_in_a_scan_whatever_comes_first(
    sqlite_settings: ServiceSettings, engine: Engine, tmp_path: Path, seed: int
) -> None:
    as_of = 1_780_000_000_000_000
    settings = replace(sqlite_settings, contacts=replace(sqlite_settings.contacts, as_of=as_of))
    events = school_events(seed)
    _send(settings, engine, events, random.Random(seed))
    found = stored(settings)
    expected = scanned(events, tmp_path, as_of)
    assert found.keys() == expected.keys()
    for account, row in expected.items():
        signals = json.loads(found[account]["signals"])
        assert signals["children_inferred"] == pytest.approx(row["signals"]["children_inferred"])
    assert expected["stranger"]["signals"]["children_inferred"] > 1
    with working(settings, engine) as worker:
        worker.round()
        worker.settle()
    compare(stored(settings), expected)
    taken, batch = stored_inferred(settings), inferred(events, tmp_path, engine, as_of)
    assert taken.keys() == batch.keys()
    assert all(taken[pair] == pytest.approx(values, abs=1e-9) for pair, values in batch.items())


def test_the_state_is_rebuilt_from_the_journal(settings: ServiceSettings, engine: Engine) -> None:
    events = service_events(5)
    _send(settings, engine, events, random.Random(5))
    with working(settings, engine) as worker:
        worker.round()
        worker.settle()
    before = stored(settings)
    state = settings.open_state()
    state.clear()
    state.close()
    assert not stored(settings)
    with working(settings, engine) as worker:
        worker.settle()
    after = stored(settings)
    assert set(after) == set(before)
    for account, row in after.items():
        assert row["log_odds"] == pytest.approx(before[account]["log_odds"], abs=1e-9)


def test_a_new_card_assesses_everyone_anew(
    sqlite_settings: ServiceSettings, engine: Engine
) -> None:
    events = service_events(6)
    _send(sqlite_settings, engine, events, random.Random(6))
    before = stored(sqlite_settings)
    doubled = replace(sqlite_settings, prior=2 * sqlite_settings.card().prior)
    with working(doubled, engine) as worker:
        worker.settle()
    after = stored(doubled)
    assert set(after) == set(before)
    assert all(row["log_odds"] > before[account]["log_odds"] for account, row in after.items())


def test_workers_share_the_partitions_and_give_them_back(
    postgres_settings: ServiceSettings, engine: Engine
) -> None:
    events = service_events(8)
    journal = postgres_settings.open_journal()
    journal.append([arrival(events)])
    journal.close()
    with working(postgres_settings, engine) as one:
        assert one.turn().folded == len(events) + _counted_twice(events, 8)
        with working(postgres_settings, engine) as two:
            assert two.turn().folded == 0
    with working(postgres_settings, engine) as three:
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


def test_whoever_wrote_to_very_many_is_no_contact_in_common(
    settings: ServiceSettings, engine: Engine, tmp_path: Path
) -> None:
    events: Events = [
        {"type": "account", "id": name, "age": age, "age_source": "verified"}
        for name, age in (("adult", 41), ("desk", 30), *((f"child{n}", 12) for n in range(5)))
    ]
    pairs = [("adult", "desk"), ("desk", "adult")]
    pairs += [pair for n in range(5) for pair in ((f"child{n}", "desk"), ("desk", f"child{n}"))]
    pairs += [("desk", f"other{n}") for n in range(260)]
    pairs += [("adult", f"child{n}") for n in range(5)]
    events += [
        {"type": "message", "id": f"m{n}", "sender": sender, "recipients": [recipient]}
        | {"sent_at": 1_772_000_000_000_000 + n * 1_000_000}
        for n, (sender, recipient) in enumerate(pairs)
    ]
    _send(settings, engine, events, random.Random(3))
    # Together with the desk its rows are there anyway; alone they have to be fetched.
    last: Events = [events[-1] | {"id": "last", "sent_at": 1_772_000_900_000_000}]
    _send(settings, engine, last, random.Random(3))
    with working(settings, engine) as worker:
        worker.settle()
    found = stored(settings)["adult"]
    assert json.loads(found["signals"])["common_contact_ever_share"] == 0.0
    compare({"adult": found}, {"adult": scanned([*events, *last], tmp_path)["adult"]})
