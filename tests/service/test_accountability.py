"""What the live service has of a period, counted from what it was asked and told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from fieldfare.reports.accountability.facts import Period
from fieldfare.reports.accountability.impact import described
from fieldfare.service.accountability import read
from fieldfare.service.api import app as module
from fieldfare.service.api.app import create_app
from fieldfare.service.appeals import Appeals
from fieldfare.service.safeguard_counts import SafeguardCounts
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import InputError
from tests.service.asking import token

QUESTION = {"sender": "x", "recipients": ["mira", "lena"]}


def today() -> Period:
    """The day it is, and the one before: a test may run over midnight."""
    day = datetime.now(UTC).date()
    return Period.of("2026-01-01", day.isoformat())


def test_what_was_answered_is_counted_once_and_outlives_the_process(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "EVERY_SECONDS", 0.01)
    headers = token(settings)
    for _ in range(2):
        with TestClient(create_app(settings), headers=headers) as client:
            for _ in range(3):
                assert client.post("/v1/decisions", json=QUESTION).status_code == 200
    live = read(settings, today())
    assert live is not None and sum(live.facts.safeguards.values()) == 12
    before = read(settings, Period.of("2020-01-01", "2020-12-31"))
    assert before is not None and not before.facts.safeguards


def test_the_outcome_of_an_appeal_is_the_last_word_and_goes_with_it(
    settings: ServiceSettings,
) -> None:
    with settings.open_journal().database as database:
        appeals = Appeals(database)
        appeals.make("acc", "It was my sister.", id_="one")
        appeals.make("acc", "Again.", id_="two")
        appeals.decide("one", "upheld", "ana")
        appeals.decide("one", "reversed", "eve")
        with pytest.raises(InputError, match="no appeal"):
            appeals.decide("three", "upheld", "ana")
        SafeguardCounts(database).add({"deliver": 5, "warn": 0})
    live = read(settings, today())
    assert live is not None
    assert [each.outcome for each in live.facts.appeals] == ["reversed", None]
    assert live.facts.safeguards == {"deliver": 5}
    assert not (set(live.tables) - set(described()["service"])), (
        "say in reports/accountability/stores.toml what the new table holds"
    )
    with settings.open_journal().database as database:
        Appeals(database).forget("acc")
        assert not database.run("SELECT * FROM appeal_outcomes")


def test_where_no_service_ran_nothing_is_made(sqlite_settings: ServiceSettings) -> None:
    assert read(sqlite_settings, today()) is None
    assert not sqlite_settings.data.exists()
