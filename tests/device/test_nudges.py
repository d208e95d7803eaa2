"""The device tells a child, and remembers of an account, what Python would."""

from __future__ import annotations

import random
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from fieldfare.contacts.engine import open_engine
from fieldfare.language.phrases import read_catalogue
from fieldfare.safeguards import texts
from fieldfare.safeguards.nudges import Child, nudge
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.worker import Worker
from tests.device.conftest import Run
from tests.device.messages import messages
from tests.service.events import arrival

pytestmark = pytest.mark.browser

START = 1_772_000_000_000_000


def _situation(rng: random.Random) -> dict[str, Any]:
    ids = [one.id for one in read_catalogue()]
    tags = [*texts.languages(), "pt-BR", "hi-Latn-IN", "fil", "xx", "", None, "EN_us", "zh-Hant"]
    helpline = {"name": "Example $& {contact}", "contact": "000"} if rng.random() < 0.5 else None
    return {
        "messages": rng.randrange(3),
        "indicators": rng.sample(ids, rng.choice([0, 0, 1, 1, 2, 3, 5, 8])),
        "connected": rng.random() < 0.4,
        "shown": rng.randrange(4),
        "child": {
            "age": rng.choice([None, 8, 12.5, 13, 17, 18]),
            "language": rng.choice(tags),
            "helpline": helpline,
        },
    }


def _told(messages: int, indicators: list[str], child: dict[str, Any], **more: Any) -> Any:
    line = child["helpline"]
    reader = Child(
        child["age"], child["language"], (line["name"], line["contact"]) if line else None
    )
    found = nudge(messages, indicators, reader, **more)
    return None if found is None else {**asdict(found), "actions": list(found.actions)}


def test_a_child_is_told_the_same(run: Run, signed: dict[str, str]) -> None:
    rng = random.Random(1)
    situations = [_situation(rng) for _ in range(3_000)]
    found = run("nudges", {**signed, "situations": situations})["told"]
    assert found == [_told(**each) for each in situations]
    assert {each["id"] for each in found if each} == {"explain", "slow_down", "tell_someone"}


def test_what_is_remembered_is_what_the_ledger_remembers(
    run: Run, signed: dict[str, str], tmp_path: Path
) -> None:
    """The device's evidence, in whatever order messages come, against the SQL of the ledger."""
    rng = random.Random(2)
    said = [
        {"text": text, "sentAt": START + rng.randrange(10**11), "group": rng.random() < 0.2}
        for text in messages(400, seed=2)
        if text.strip() and "\0" not in text
    ]
    shuffled = rng.sample(said, len(said))
    one, other = run("nudges", {**signed, "conversations": [said, shuffled]})["remembered"]
    assert one["indicators"] == other["indicators"]
    assert one["weightSum"] == pytest.approx(other["weightSum"], abs=1e-9)
    words, indicators = _ledger(said, tmp_path)
    for ours, theirs in (
        ("weightSum", "weight_sum"),
        ("tokens", "tokens"),
        ("ageWeight", "age_weight"),
        ("ageWeightedSum", "age_weighted_sum"),
        ("minorAgeWeight", "minor_age_weight"),
        ("minorAgeWeightedSum", "minor_age_weighted_sum"),
        ("firstAgeStatedAt", "first_age_stated_at"),
    ):
        assert one[ours] == pytest.approx(words[theirs], rel=1e-6), ours
    assert words["age_weight"] > 0 and len(indicators) > 10
    rows = {
        (id_, int(hour)): (row["messages"], row["firstAt"], row["lastAt"])
        for id_, hours in one["indicators"].items()
        for hour, row in hours.items()
    }
    assert rows == indicators


def _ledger(said: list[dict[str, Any]], folder: Path) -> tuple[dict[str, Any], dict[Any, Any]]:
    others = [f"p{number}" for number in range(8)]
    events = [
        {
            "type": "message",
            "id": f"m{number}",
            "sender": "x",
            "recipients": ["mira", *others] if each["group"] else ["mira"],
            "kind": "group" if each["group"] else "private",
            "sent_at": each["sentAt"],
            "text": each["text"],
        }
        for number, each in enumerate(said)
    ]
    settings = ServiceSettings(folder / "data")
    journal, state = settings.open_journal(), settings.open_state()
    journal.append([arrival(events)])
    with open_engine("duckdb", threads=1) as engine:
        Worker(journal, state, engine, settings.contacts, settings.card()).settle()
    words = [
        row for row in state.rows("words", "account", ["x"]).to_pylist() if row["peer"] == "mira"
    ]
    shown = {
        (row["indicator"], row["hour_utc"]): (row["messages"], row["first_at"], row["last_at"])
        for row in state.rows("indicators", "account", ["x"]).to_pylist()
        if row["peer"] == "mira"
    }
    state.close()
    journal.close()
    return words[0], shown
