"""What a service holds beside what a scan of the same events finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fieldfare.contacts import analysis
from fieldfare.contacts.definition import SIGNALS
from fieldfare.contacts.engine import Engine
from fieldfare.contacts.intake import ContactSettings, load
from fieldfare.scan.gather import gather
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.state import ASSESSMENTS, INFERRED, State
from fieldfare.service.worker import Worker
from tests.service.events import body

Events = list[dict[str, object]]


@contextmanager
def working(settings: ServiceSettings, engine: Engine) -> Iterator[Worker]:
    """A worker of the service."""
    journal, state = settings.open_journal(), settings.open_state()
    worker = Worker(
        journal,
        state,
        engine,
        settings.contacts,
        settings.card(),
        keep_days=settings.keep_days,
    )
    try:
        yield worker
    finally:
        worker.close()
        state.close()
        journal.close()


def stored(settings: ServiceSettings) -> dict[str, dict[str, Any]]:
    """The assessments a service holds, by account."""
    state: State = settings.open_state()
    rows = state.database.run(f"SELECT {', '.join(ASSESSMENTS.names)} FROM assessments")
    state.close()
    return {row[0]: dict(zip(ASSESSMENTS.names, row, strict=True)) for row in rows}


def stored_inferred(settings: ServiceSettings) -> dict[tuple[str, str], tuple[float, float]]:
    """The ages a service holds as inferred: by pair, the probability of a child and the age."""
    state: State = settings.open_state()
    rows = state.database.run(f"SELECT {', '.join(INFERRED.names)} FROM inferred")
    state.close()
    return {(account, peer): (probability, age) for account, peer, probability, age in rows}


def inferred(
    events: Events, folder: Path, engine: Engine, as_of: int
) -> dict[tuple[str, str], tuple[float, float]]:
    """The same, as a scan of the events infers them."""
    path = folder / "events.jsonl"
    path.write_bytes(body(events))
    load(engine, gather([path], ScanSettings(), folder).files, ContactSettings(as_of=as_of))
    analysis.ledger(engine)
    analysis.signals(engine, steps=SIGNALS[: SIGNALS.index("inferred") + 1])
    rows = engine.fetch(f"SELECT {', '.join(INFERRED.names)} FROM inferred").to_pylist()
    return {(row["account"], row["peer"]): (row["child_probability"], row["age"]) for row in rows}


def scanned(events: Events, folder: Path, as_of: int | None = None) -> dict[str, dict[str, Any]]:
    """The assessments that a scan of the same events makes."""
    path = folder / "events.jsonl"
    path.write_bytes(body(events))
    result = scan([path], ScanSettings(top=10_000, contacts=ContactSettings(as_of=as_of)))
    return {
        account.account: {
            "log_odds": account.log_odds,
            "band": account.band,
            "signals": account.signals,
            "reasons": {reason.signal: reason.contribution for reason in account.reasons},
        }
        for account in result.accounts
    }


def compare(live: dict[str, dict[str, Any]], batch: dict[str, dict[str, Any]]) -> None:
    """Both say the same of everyone."""
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
