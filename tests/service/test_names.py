"""Names that no database can hold are refused by line, and never stop the worker."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from fieldfare.service.settings import ServiceSettings
from tests.service.asking import settle
from tests.service.events import body

AT = "2026-03-01T20:00:00Z"
WRONG: list[dict[str, object]] = [
    {"type": "account", "id": "a\0"},
    {"type": "account", "id": "a", "name": "\0"},
    {"type": "message", "id": "m\0", "sender": "x", "recipients": ["y"], "sent_at": AT},
    {"type": "message", "id": "m1", "sender": "x", "recipients": ["y", "z\0"], "sent_at": AT},
    {"type": "message", "id": "m2", "sender": "x" * 1025, "recipients": ["y"], "sent_at": AT},
    {"type": "message", "id": "m3", "sender": "x", "recipients": ["é" * 513], "sent_at": AT},
    {"type": "notice", "kind": "block", "account": "x", "peer": "\0", "at": AT},
    {"type": "connection", "account": "x", "peer": "y" * 1025, "connected_at": AT},
]


def test_each_is_refused_by_its_line_and_the_rest_is_kept(
    client: TestClient, settings: ServiceSettings
) -> None:
    good: dict[str, object] = {
        "type": "message",
        "id": "m" * 3_000,
        "sender": "ä" * 512,
        "recipients": ["ö" * 512],
        "sent_at": AT,
    }
    answer = client.post("/v1/events", content=body([*WRONG, good])).json()
    assert [each["at"] for each in answer["refused"]] == [f"line {n}" for n in range(1, 9)]
    assert answer["new"] == 1
    settle(settings)
    assert client.get("/readyz").json()["waiting_events"] == 0


@pytest.mark.parametrize(
    ("method", "path", "json"),
    [
        ("GET", "/v1/accounts/%00/assessment", None),
        ("GET", "/v1/assessments?band=%00", None),
        ("POST", "/v1/decisions", {"sender": "\0", "recipients": ["a\0b"]}),
        ("POST", "/v1/accounts/%00/holds", {"reason": "\0", "jurisdiction": "\0"}),
        ("POST", "/v1/appeals", {"account": "\0", "statement": "\0"}),
    ],
)
def test_asking_for_them_is_no_error_of_the_service(
    client: TestClient, method: str, path: str, json: object
) -> None:
    assert client.request(method, path, json=json).status_code < 500
