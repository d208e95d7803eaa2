"""Decisions over HTTP: texts, open cases, policies in shadow and policies that change."""

from __future__ import annotations

import logging
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fieldfare.service.api.app import create_app
from fieldfare.service.protections import OpenCases
from fieldfare.service.settings import ServiceSettings
from tests.safeguards.policies import HEAD, TAIL
from tests.service.asking import settle, token
from tests.service.comparing import stored_inferred
from tests.service.events import body, school_events

SHIPPED = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
AT = 1_772_000_000_000_000

PEOPLE: list[dict[str, object]] = [
    {"type": "account", "id": "child", "age": 15, "age_source": "verified", "country": "GB"},
    {"type": "account", "id": "friend", "age": 16, "age_source": "verified"},
    {"type": "account", "id": "grown", "age": 40, "age_source": "verified"},
    {"type": "connection", "account": "child", "peer": "friend", "connected_at": AT},
]


def _decide(client: TestClient, **question: object) -> dict[str, object]:
    answer = client.post("/v1/decisions", json=question)
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["decisions"]
    assert isinstance(found, dict)
    return found


def _told(decision: dict[str, object]) -> tuple[str, str] | None:
    """Key and language of what the recipient is told: by a rule, or at the moment."""
    text = decision["text_for_recipient"] or decision["support"]
    if text is None:
        return None
    assert isinstance(text, dict)
    return text["key"], text["language"]


def test_a_child_is_supported_at_a_first_message_in_its_language(
    client: TestClient, settings: ServiceSettings
) -> None:
    client.post("/v1/events", content=body(PEOPLE))
    settle(settings)
    first = {"sender": "friend", "recipients": ["child"]}
    found = _decide(client, **first)
    assert found["verdict"] == "deliver"
    assert _told(found) == ("first_message", "en")
    assert _told(_decide(client, **first, languages={"child": "de-AT"})) == ("first_message", "de")
    assert _told(_decide(client, **first, action="request")) == ("request", "en")
    assert _told(_decide(client, sender="child", recipients=["grown"])) is None
    stranger = _decide(client, sender="grown", recipients=["child"])
    assert (stranger["verdict"], _told(stranger)) == ("withhold", None)
    written = {"type": "message", "id": "m", "sender": "friend", "recipients": ["child"]}
    client.post("/v1/events", content=body([written | {"sent_at": AT}]))
    settle(settings)
    assert _told(_decide(client, **first)) is None


def test_whom_the_sender_knew_to_be_a_child_by_its_friends_is_protected_as_one(
    client: TestClient, settings: ServiceSettings
) -> None:
    events = school_events(2)
    client.post("/v1/events", content=body(events))
    settle(settings)
    found = stored_inferred(settings)
    told = {str(event["id"]) for event in events if event["type"] == "account"}
    named = sorted(peer for account, peer in found if account == "stranger")
    assert named and not told & set(named)
    for peer in named:
        towards = {"recipients": [peer], "action": "suggest"}
        assert _decide(client, sender="stranger", **towards)["codes"] == ["child_not_suggested"]
        # It was judged by whom the peer knew before the stranger wrote; of others nothing is said.
        assert _decide(client, sender="another", **towards)["codes"] == []
    # An age that is verified by now is not doubted, from the moment it is acknowledged.
    grown = {"type": "account", "id": named[0], "age": 30, "age_source": "verified"}
    client.post("/v1/events", content=body([grown]))
    assert _decide(client, sender="stranger", recipients=named[:1])["verdict"] == "deliver"
    settle(settings)
    assert named[0] not in {peer for _, peer in stored_inferred(settings)}


def test_support_comes_with_a_decision_where_no_rule_has_a_text(
    sqlite_settings: ServiceSettings, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    support = '[support.first_message]\ntext = "first_message"\nbasis = "b"\n'
    path.write_text(f'{HEAD}rules = []\n{support}certainty = "judgement"\n{TAIL}')
    settings = replace(sqlite_settings, policy=path)
    with TestClient(create_app(settings), headers=token(settings)) as client:
        client.post("/v1/events", content=body(PEOPLE))
        settle(settings)
        found = _decide(client, sender="grown", recipients=["child"])
        assert (found["text_for_recipient"], _told(found)) == (None, ("first_message", "en"))
        assert _told(_decide(client, sender="child", recipients=["grown"])) is None
        assert (
            _told(_decide(client, sender="friend", recipients=["child"], action="invite")) is None
        )


def test_support_at_other_moments(embedded: TestClient, sqlite_settings: ServiceSettings) -> None:
    embedded.post("/v1/events", content=body(PEOPLE))
    settle(sqlite_settings)
    asked = {"account": "child", "moment": "after_report", "language": "es"}
    found = embedded.post("/v1/support", json=asked).json()["text"]
    assert (found["key"], found["language"]) == ("after_report", "es")
    for nobody in ("grown", "a new account"):
        answer = embedded.post("/v1/support", json=asked | {"account": nobody})
        assert answer.json() == {"text": None}
    wrong = embedded.post("/v1/support", json=asked | {"moment": "lunch"})
    assert wrong.status_code == 422


def test_an_open_case_stops_new_children_and_tells_the_sender_nothing(
    client: TestClient, settings: ServiceSettings
) -> None:
    path_question = {"sender": "grown", "recipients": ["child"], "action": "request"}
    client.post("/v1/events", content=body(PEOPLE))
    settle(settings)
    before = _decide(client, **path_question)
    journal = settings.open_journal()
    cases = OpenCases(journal.database)
    cases.open("grown", "case 1")
    cases.open("grown", "case 2")
    during = _decide(client, **path_question)
    assert "open-case-first-contact" in during["rules"]  # type: ignore[operator]
    assert during["verdict"] == "withhold"
    assert during["text_for_sender"] == before["text_for_sender"]
    assert "open-case-first-contact" not in before["rules"]  # type: ignore[operator]
    assert cases.close("grown", "case 1")
    assert _decide(client, **path_question)["verdict"] == "withhold"
    assert cases.close("grown", "case 2")
    assert not cases.close("grown", "case 2")
    assert _decide(client, **path_question) == before
    journal.close()


def test_a_policy_in_shadow_carries_nothing_out(
    sqlite_settings: ServiceSettings, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(SHIPPED.replace("shadow = false", "shadow = true"))
    settings = replace(sqlite_settings, policy=path)
    with TestClient(create_app(settings), headers=token(settings)) as client:
        client.post("/v1/events", content=body(PEOPLE))
        settle(settings)
        found = _decide(client, sender="grown", recipients=["child"])
        assert (found["verdict"], found["shadow"], found["would_be"]) == (
            "deliver",
            True,
            "withhold",
        )
        assert found["shadow_rules"]
        assert found["text_for_sender"] is found["text_for_recipient"] is found["support"] is None


def test_a_changed_policy_is_in_force_at_once_and_a_bad_one_never(
    sqlite_settings: ServiceSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(SHIPPED)
    settings = replace(sqlite_settings, policy=path)
    question = {"sender": "grown", "recipients": ["child"]}
    with TestClient(create_app(settings), headers=token(settings)) as client:
        client.post("/v1/events", content=body(PEOPLE))
        settle(settings)
        assert _decide(client, **question)["verdict"] == "withhold"
        version = client.post("/v1/decisions", json=question).json()["policy"]
        path.write_text(SHIPPED.replace("shadow = false", "shadow = true"))
        assert _decide(client, **question)["verdict"] == "deliver"
        changed = client.post("/v1/decisions", json=question).json()["policy"]
        assert changed["sha256"] != version["sha256"]
        with caplog.at_level(logging.ERROR):
            for bad in (
                SHIPPED.replace("shadow = false", "shadow = maybe"),
                SHIPPED.replace('"urgent"]', '"worst"]').replace('= "urgent"', '= "worst"'),
            ):
                path.write_text(bad)
                now = client.post("/v1/decisions", json=question).json()["policy"]
                assert now == changed
                assert "fieldfare_policy_error 1" in client.get("/metrics").text
        assert len(caplog.records) == 2
        path.write_text(SHIPPED)
        assert _decide(client, **question)["verdict"] == "withhold"
        assert "fieldfare_policy_error 0" in client.get("/metrics").text
