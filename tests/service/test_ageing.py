"""Ageing: old pairs go from journal and state alike; what is left is what a scan of it finds."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fieldfare.contacts.engine import Engine
from fieldfare.service.protections import LegalHolds
from fieldfare.service.serve import replay
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.worker import Worker
from fieldfare.vocabulary.times import DAY
from tests.service.comparing import Events, compare, scanned, stored, working
from tests.service.events import START, arrival, service_events, with_wide_groups

KEEP = 10
Pair = frozenset[str]


def _pairs(event: dict[str, Any]) -> list[Pair]:
    if event["type"] == "account":
        return []
    if event["type"] == "message":
        return [frozenset({event["sender"], other}) for other in event["recipients"]]
    return [frozenset({event["account"], event["peer"]})]


def _silent(events: Events, before: int) -> set[Pair]:
    """Pairs between which nothing happened since; written down anew, one event at a time."""
    last: dict[Pair, int] = {}
    first: dict[tuple[str, str, str], int] = {}
    standing: set[Pair] = set()
    for event in events:
        for pair in _pairs(event):
            at: Any = event.get("sent_at", event.get("connected_at", event.get("at")))
            group = event.get("kind") == "group" and len(event["recipients"]) > 2  # type: ignore[arg-type]
            if event["type"] == "message" and not group:
                last[pair] = max(last.get(pair, 0), at)
                continue
            if event["type"] == "connection" or event["kind"] in ("accept", "block"):
                standing.add(pair)
            for one in [event["sender"]] if group else [event["account"]]:
                key = (str(one), str(sorted(pair)), str(event.get("kind")))
                first[key] = min(first.get(key, at), at)
    for (_, names, _), at in first.items():
        pair = frozenset(json.loads(names.replace("'", '"')))
        last[pair] = max(last.get(pair, 0), at)
    return {pair for pair, at in last.items() if at < before} - standing


def _without(events: Events, gone: set[Pair]) -> Events:
    left: Events = []
    for event in events:
        if event["type"] == "message":
            sender = str(event["sender"])
            recipients: Any = event["recipients"]
            to = [sender if {sender, other} in gone else other for other in recipients]
            if set(to) != {sender}:
                left.append(event | {"recipients": to})
        elif not any(pair in gone for pair in _pairs(event)):
            left.append(event)
    return left


def _readable(events: Events) -> Events:
    """Without groups of which ageing leaves one or two: a reader would take those for private."""
    latest = max(_time(event) for event in events)
    while True:
        left = _without(events, _silent(events, (latest // DAY - KEEP) * DAY))
        few = {
            event["id"]
            for event in left
            if event.get("kind") == "group" and len({*event["recipients"]} - {event["sender"]}) < 3  # type: ignore[misc]
        }
        if not few:
            return events
        events = [event for event in events if event.get("id") not in few]


def _send(settings: ServiceSettings, engine: Engine, events: Events, step: int = 40) -> None:
    journal = settings.open_journal()
    with working(settings, engine) as worker:
        for start in range(0, len(events), step):
            journal.append([arrival(events[start : start + step])])
            worker.settle()
    journal.close()


def _all_anew(settings: ServiceSettings, engine: Engine) -> None:
    with working(settings, engine) as worker:
        worker.settle()
        worker.round()
        worker.settle()


def _as_of(settings: ServiceSettings) -> int:
    state = settings.open_state()
    found = int(state.facts()["as_of"])
    state.close()
    return found


def test_pairs_that_fell_silent_age_out_and_nothing_else(
    settings: ServiceSettings, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldfare.service.housekeeping.MOST_PAIRS", 25)  # several jobs
    events = _readable(with_wide_groups(service_events(40, accounts=20, messages=150), 40))
    _send(settings, engine, events, step=100)
    before = (_as_of(settings) // DAY - KEEP) * DAY
    gone = _silent(events, before)
    held = sorted(next(iter(gone)))[0]
    journal = settings.open_journal()
    LegalHolds(journal.database).set(held, "court order", "GB", "test")
    journal.close()
    gone = {pair for pair in gone if held not in pair}
    assert len(gone) > 20
    keeping = replace(settings, keep_days=KEEP)
    _all_anew(keeping, engine)
    left = _without(events, gone)
    assert len(left) < len(events)
    compare(stored(settings), scanned(left, tmp_path, _as_of(settings)))
    assert _in_journal(settings) == {
        str(event["id"]): event["recipients"] for event in left if event["type"] == "message"
    }
    replay(keeping)
    _all_anew(keeping, engine)
    compare(stored(settings), scanned(left, tmp_path, _as_of(settings)))


def _in_journal(settings: ServiceSettings) -> dict[str, list[str]]:
    journal = settings.open_journal()
    found: dict[str, list[str]] = {}
    for partition in range(journal.partitions):
        for entry in journal.entries(partition, 0, events=10**9):
            if entry.kind == "messages":
                rows = entry.events.select(["id", "recipients"]).to_pylist()
                found |= {row["id"]: row["recipients"] for row in rows}
    journal.close()
    return found


def test_while_events_come_in_what_is_kept_is_what_a_scan_of_it_finds(
    settings: ServiceSettings, engine: Engine, tmp_path: Path
) -> None:
    seed = 1
    keeping = replace(settings, keep_days=KEEP)
    events = service_events(seed + 50, accounts=16, messages=150)
    events = [event for event in events if event.get("kind") != "group"]
    # Roughly as they happened, with some late by days.
    rng = random.Random(seed)
    events.sort(key=lambda e: _time(e) + rng.choice([0, 0, 0, 5]) * DAY)
    _send(keeping, engine, events, step=50)
    _all_anew(keeping, engine)
    kept = _in_journal(keeping)
    acts = _acts_in_journal(keeping)
    left: Events = []
    for event in events:
        if event["type"] == "account":
            left.append(event)
        elif event["type"] == "message" and event["id"] in kept:
            left.append(event | {"recipients": kept[str(event["id"])]})
        elif event["type"] != "message" and _act(event) in acts:
            left.append(event)
    assert 0.2 < len(left) / len(events) < 0.9
    live = stored(keeping)
    compare(live, scanned(left, tmp_path, _as_of(keeping)))
    replay(keeping)
    _all_anew(keeping, engine)
    compare(stored(keeping), scanned(left, tmp_path, _as_of(keeping)))


def test_what_is_folded_after_a_death_amid_ageing_is_not_forgotten(
    postgres_settings: ServiceSettings,
    engine: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keeping = replace(postgres_settings, keep_days=KEEP)
    sent: Events = []

    def send(*events: dict[str, object]) -> None:
        sent.extend(events)
        journal.append([arrival(events)])

    def fold(*workers: Worker) -> None:
        # Nobody keeps house meanwhile.
        with monkeypatch.context() as patch:
            patch.setattr("fieldfare.service.housekeeping.LOOK_SECONDS", 1e9)
            while any(journal.waiting(p, state.folded(p)) for p in range(journal.partitions)):
                for worker in workers:
                    worker.turn()

    def killed(*_: object, **__: object) -> None:
        raise Killed

    journal, state = keeping.open_journal(), keeping.open_state()
    for number, place in enumerate(DEATHS):
        day = START + number * DAY
        with working(keeping, engine) as keeper, working(keeping, engine) as other:
            keeper.turn()
            other.turn()
            send(_note(f"old{number}", f"a{number}", f"b{number}", day))
            send(_note(f"new{number}", "c", "d", day + (KEEP + 5) * DAY))
            fold(keeper, other)
            with monkeypatch.context() as patch:
                patch.setattr(f"fieldfare.service.{place}", killed)
                with pytest.raises(Killed):
                    keeper.settle()
            keeper.close()
            send(_note(f"again{number}", f"b{number}", f"a{number}", day + (KEEP + 5) * DAY))
            fold(other)
            other.settle()
    state.close()
    journal.close()
    kept = _in_journal(keeping)
    assert {f"again{number}" for number in range(len(DEATHS))} < set(kept)
    left = [event for event in sent if event["id"] in kept]
    assert len(left) < len(sent)
    _all_anew(keeping, engine)
    compare(stored(keeping), scanned(left, tmp_path, _as_of(keeping)))
    replay(keeping)
    _all_anew(keeping, engine)
    compare(stored(keeping), scanned(left, tmp_path, _as_of(keeping)))


DEATHS = (
    "forget._after",
    "housekeeping._mark",
    "housekeeping.Housekeeping._gone",
)
"""Where the one that keeps house dies: before all is forgotten, before that is marked, after."""


class Killed(BaseException):
    """The end of a process."""


def _note(id_: str, sender: str, recipient: str, at: int) -> dict[str, object]:
    return {
        "type": "message",
        "id": id_,
        "sender": sender,
        "recipients": [recipient],
        "sent_at": at,
        "text": "how old are you",
    }


def _time(event: dict[str, Any]) -> int:
    found: int = event.get("sent_at", event.get("connected_at", event.get("at", START)))
    return found


def _act(event: dict[str, Any]) -> tuple[str, str, int]:
    return event["account"], event["peer"], _time(event)


def _acts_in_journal(settings: ServiceSettings) -> set[tuple[str, str, int]]:
    journal = settings.open_journal()
    found = set()
    for partition in range(journal.partitions):
        for entry in journal.entries(partition, 0, events=10**9):
            if entry.kind in ("connections", "notices"):
                found |= {_act(row) for row in entry.events.to_pylist()}
    journal.close()
    return found


def test_ids_of_messages_are_kept_as_long(settings: ServiceSettings, engine: Engine) -> None:
    keeping = replace(settings, keep_days=KEEP)
    events = [event for event in service_events(9, messages=60) if event["type"] == "message"]
    journal = keeping.open_journal()
    journal.append([arrival(events[:50])])
    journal.database.run("UPDATE seen SET day = day - 11")
    journal.append([arrival(events[50:])])
    with working(keeping, engine) as worker:
        worker.settle()
    ((left,),) = journal.database.run("SELECT COUNT(*) FROM seen")
    assert left == len(events) - 50
    assert journal.append([arrival(events[50:])])[0].new == 0
    journal.close()


def test_what_is_kept_does_not_grow_with_time(
    sqlite_settings: ServiceSettings, engine: Engine
) -> None:
    keeping = replace(sqlite_settings, keep_days=2)
    sizes = []
    journal, state = keeping.open_journal(), keeping.open_state()
    with working(keeping, engine) as worker:
        for day in range(9):
            # New pairs each day, none of which lasts.
            sent: Events = [
                {
                    "type": "message",
                    "id": f"m{day}-{number}",
                    "sender": f"s{day}-{number % 5}",
                    "recipients": [f"r{day}-{number}"],
                    "sent_at": START + day * DAY,
                }
                for number in range(10)
            ]
            journal.append([arrival(sent)])
            worker.settle()
            ((pairs,),) = state.database.run("SELECT COUNT(*) FROM contacts")
            ((events,),) = journal.database.run("SELECT SUM(events) FROM journal")
            ((seen,),) = state.database.run("SELECT COUNT(*) FROM assessments")
            sizes.append((pairs, events, seen))
    state.close()
    journal.close()
    most = (2 + 2) * 10
    assert max(pairs for pairs, _, _ in sizes) <= most
    assert max(events for _, events, _ in sizes) <= most
    assert max(seen for _, _, seen in sizes) <= 2 * most
    assert sizes[-1] == sizes[-3]
