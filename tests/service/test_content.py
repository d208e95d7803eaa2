"""Where the policy does not let text be read, it is neither read nor kept; behaviour counts."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fieldfare.service.api.app import create_app
from fieldfare.service.arrivals import TextUse
from fieldfare.service.settings import ServiceSettings
from tests.service.asking import offender, settle, token
from tests.service.events import body

SHIPPED = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
WORDS = "keep this our secret"


def account(name: str, country: str | None, **more: object) -> dict[str, object]:
    return {"type": "account", "id": name, "country": country, "age": 30, **more}


def message(number: int, sender: str, *recipients: str) -> dict[str, object]:
    return {
        "type": "message",
        "id": f"m{number}",
        "sender": sender,
        "recipients": recipients,
        "sent_at": 1_772_000_000_000_000 + number,
        "text": WORDS,
    }


PEOPLE = [account("gb", "gb"), account("us", "US"), account("de", "DE"), account("nowhere", None)]


def _journalled(settings: ServiceSettings) -> dict[str, tuple[list[str] | None, str | None]]:
    journal = settings.open_journal()
    found = {}
    for partition in range(journal.partitions):
        for entry in journal.entries(partition, 0):
            if entry.kind == "messages":
                for row in entry.events.to_pylist():
                    found[row["id"]] = (row["indicators"], row["text"])
    journal.close()
    return found


@pytest.mark.parametrize("text_use", ["read", "keep"])
@pytest.mark.parametrize("together", [True, False])
def test_text_is_read_only_where_the_policy_lets_it_be_for_everyone(
    settings: ServiceSettings, text_use: TextUse, together: bool
) -> None:
    settings = replace(settings, text_use=text_use)
    messages = [
        message(1, "gb", "us"),
        message(2, "gb", "de"),
        message(3, "de", "gb"),
        message(4, "gb", "us", "de"),
        message(5, "gb", "nowhere"),
        message(6, "gb", "never told of"),
    ]
    with TestClient(create_app(settings), headers=token(settings)) as client:
        if together:
            answer = client.post("/v1/events", content=body([*messages, *PEOPLE])).json()
        else:
            client.post("/v1/events", content=body(PEOPLE))
            answer = client.post("/v1/events", content=body(messages)).json()
        metrics = client.get("/metrics").text
    assert (answer["unread"], answer["country_unknown"], answer["refused"]) == (5, 2, [])
    assert 'fieldfare_unread_messages_total{reason="country"} 3' in metrics
    assert 'fieldfare_unread_messages_total{reason="country_unknown"} 2' in metrics
    found = _journalled(settings)
    assert found.pop("m1") == (["secrecy"], WORDS if text_use == "keep" else None)
    assert [(indicators or [], text) for indicators, text in found.values()] == [([], None)] * 5


def test_the_country_is_known_after_a_restart(settings: ServiceSettings) -> None:
    headers = token(settings)
    with TestClient(create_app(settings), headers=headers) as client:
        client.post("/v1/events", content=body([*PEOPLE, message(0, "gb", "us")]))
    settle(settings)
    with TestClient(create_app(settings), headers=headers) as client:
        sent = [message(1, "gb", "us"), message(2, "gb", "de")]
        assert client.post("/v1/events", content=body(sent)).json()["unread"] == 1


def test_of_two_countries_both_count(sqlite_settings: ServiceSettings) -> None:
    with TestClient(create_app(sqlite_settings), headers=token(sqlite_settings)) as client:
        client.post("/v1/events", content=body([*PEOPLE, account("gb", "FR")]))
        answer = client.post("/v1/events", content=body([message(1, "gb", "us")])).json()
        assert answer["unread"] == 1


def test_behaviour_alone_still_finds_the_account(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    events = [
        event | {"country": "DE"} if event["type"] == "account" else event for event in offender(60)
    ]
    answer = embedded.post("/v1/events", content=body(events)).json()
    assert answer["unread"] == 180
    settle(sqlite_settings)
    found = embedded.get("/v1/accounts/adult/assessment").json()
    assert found["band"] != "none"
    assert found["signals"]["children_first_contacted"] > 50


def test_the_policy_may_be_changed_while_the_service_runs(
    sqlite_settings: ServiceSettings, tmp_path: Path
) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(SHIPPED)
    settings = replace(sqlite_settings, policy=path)
    with TestClient(create_app(settings), headers=token(settings)) as client:
        client.post("/v1/events", content=body(PEOPLE))
        sent = [message(1, "gb", "nowhere")]
        assert client.post("/v1/events", content=body(sent)).json()["unread"] == 1
        path.write_text(SHIPPED.replace('unknown_country = "off"', 'unknown_country = "on"'))
        sent = [message(2, "gb", "nowhere")]
        assert client.post("/v1/events", content=body(sent)).json()["unread"] == 0


def test_metadata_only_takes_no_text_over_http(sqlite_settings: ServiceSettings) -> None:
    settings = replace(sqlite_settings, text_use="refuse")
    quiet = message(2, "gb", "us") | {"text": None}
    with TestClient(create_app(settings), headers=token(settings)) as client:
        answer = client.post("/v1/events", content=body([*PEOPLE, message(1, "gb", "us"), quiet]))
        assert answer.status_code == 202
        assert [row["at"] for row in answer.json()["refused"]] == ["line 5"]
        assert WORDS not in answer.text
        only_text = client.post("/v1/events", content=body([message(3, "gb", "us")]))
        assert only_text.status_code == 422
    assert _journalled(settings) == {"m2": (None, None)}
    for path in sqlite_settings.data.iterdir():
        assert WORDS.encode() not in path.read_bytes()
