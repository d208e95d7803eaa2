"""What was acknowledged a moment ago counts in a decision, before any worker has seen it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.contacts import analysis
from fieldfare.contacts.accounts import PREPARED
from fieldfare.contacts.analysis import ledger_schemas
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.contacts.intake import ContactSettings, load_settings
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.unfolded import Unfolded, given_of
from tests.service.asking import settle
from tests.service.events import arrival, body
from tests.service.test_decisions import AT, PEOPLE, _decide


def test_ages_connections_and_blocks_count_at_once(
    client: TestClient, settings: ServiceSettings
) -> None:
    stranger = {"sender": "grown", "recipients": ["child"]}
    friend = {"sender": "friend", "recipients": ["child"]}
    assert _decide(client, **stranger)["verdict"] == "deliver"
    client.post("/v1/events", content=body(PEOPLE))
    before = [_decide(client, **stranger), _decide(client, **friend)]
    assert [each["verdict"] for each in before] == ["withhold", "deliver"]
    settle(settings)
    assert [_decide(client, **stranger), _decide(client, **friend)] == before
    block = {"type": "notice", "kind": "block", "account": "child", "peer": "friend", "at": AT}
    client.post("/v1/notices", content=body([block]))
    blocked = _decide(client, **friend)
    assert blocked["verdict"] == "withhold"
    assert _decide(client, sender="child", recipients=["friend"])["verdict"] == "deliver"
    settle(settings)
    assert _decide(client, **friend) == blocked


def test_what_is_folded_is_not_held_any_longer(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldfare.service.unfolded.LOOK_SECONDS", 0.0)
    journal, state = settings.open_journal(), settings.open_state()
    unfolded = Unfolded(journal, state)
    journal.append([arrival(PEOPLE)])
    unfolded.refresh()
    known = unfolded.given("child")
    assert known is not None
    assert (known.age, known.country) == (15, "GB")
    assert unfolded.connected("friend", "child")
    settle(settings)
    journal.append([arrival([{"type": "account", "id": "late", "age": 12}])])
    unfolded.refresh()
    assert unfolded.given("child") is None
    assert not unfolded.connected("friend", "child")
    assert unfolded.given("late") is not None
    state.close()
    journal.close()


def test_a_better_founded_age_stands_whatever_came_first(sqlite_settings: ServiceSettings) -> None:
    journal, state = sqlite_settings.open_journal(), sqlite_settings.open_state()
    for number, accounts in enumerate(
        [[("declared", 30), ("verified", 12)], [("verified", 12), ("declared", 30)]]
    ):
        for source, age in accounts:
            told = {"type": "account", "id": f"a{number}", "age": age, "age_source": source}
            journal.append([arrival([told])])
    unfolded = Unfolded(journal, state)
    unfolded.refresh()
    for account in ("a0", "a1"):
        known = unfolded.given(account)
        assert known is not None
        assert (known.age, known.age_basis) == (12, "verified")
    state.close()
    journal.close()


@pytest.fixture(scope="module")
def people() -> Iterator[Engine]:
    """An engine with nothing but the settings, and no words."""
    with open_engine("duckdb", threads=1) as engine:
        engine.load("words", ledger_schemas()["words"].empty_table())
        now = time.time_ns() // 1000
        load_settings(engine, ContactSettings(), now, has_connections=False)
        yield engine


@given(
    age=st.floats(0, 120),
    born=st.none() | st.integers(-2_000_000_000_000_000, 1_700_000_000_000_000),
    basis=st.sampled_from(["verified", "declared", "inferred"]),
    confidence=st.floats(0.01, 0.99),
)
def test_a_given_age_reads_as_in_the_definition(
    people: Engine, age: float, born: int | None, basis: str, confidence: float
) -> None:
    row = dict.fromkeys(PREPARED.names) | {
        "account": "a",
        "age": None if born is not None else age,
        "born_at": born,
        "age_basis": basis,
        "age_confidence": confidence,
        "country": "GB",
    }
    people.load("accounts", pa.Table.from_pylist([row], PREPARED))
    analysis.signals(people, steps=("people",))
    (expected,) = people.fetch("SELECT * FROM people").to_pylist()
    found = given_of(row["age"], born, basis, confidence, "GB")
    assert found.child_probability == pytest.approx(expected["child_probability"], abs=1e-9)
    assert found.age == pytest.approx(expected["age"], abs=1e-3)
    assert (found.age_basis, found.country) == (expected["age_basis"], expected["country"])
