"""The HTTP interface, asked as a service would ask it."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from fieldfare.service.api.app import create_app
from fieldfare.service.api.health import OPEN
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.tokens import SCOPES, Tokens
from tests.service.asking import offender, settle, token
from tests.service.events import body, service_events


def test_from_events_to_an_assessment(client: TestClient, settings: ServiceSettings) -> None:
    answer = client.post("/v1/events", content=body(offender(12)))
    assert answer.status_code == 202
    assert answer.json()["new"] == 1 + 12 * 5
    settle(settings)
    found = client.get("/v1/accounts/adult/assessment").json()
    assert found["band"] in ("alert", "urgent")
    assert found["first_flagged_at"] is not None
    assert any("12 children" in reason["sentence"] for reason in found["reasons"])
    assert [change["band"] for change in found["history"]][-1] == found["band"]
    page = client.get("/v1/assessments", params={"band": "alert"}).json()
    assert [row["account"] for row in page["assessments"]] == ["adult"]
    assert client.get("/v1/accounts/nobody/assessment").status_code == 404


def test_decisions_follow_age_acquaintance_and_band(
    client: TestClient, settings: ServiceSettings
) -> None:
    stranger = {"sender": "adult", "recipients": ["child0", "child99", "grown"]}
    client.post(
        "/v1/events",
        content=body(
            [
                *offender(12),
                {"type": "account", "id": "child99", "age": 11, "age_source": "verified"},
                {"type": "account", "id": "mother", "age": 40, "age_source": "verified"},
                {"type": "account", "id": "grown", "age": 40, "age_source": "verified"},
                {
                    "type": "connection",
                    "account": "mother",
                    "peer": "child99",
                    "connected_at": 1_700_000_000_000_000,
                },
            ]
        ),
    )
    settle(settings)
    verdicts = {
        row["recipient"]: row
        for row in client.post("/v1/decisions", json=stranger).json()["decisions"]
    }
    assert verdicts["child0"]["verdict"] in ("withhold", "limit")  # it has blocked the sender
    assert verdicts["child99"]["verdict"] in ("warn", "withhold", "limit")
    assert verdicts["grown"]["verdict"] == "deliver"
    family = {"sender": "mother", "recipients": ["child99"]}
    (row,) = client.post("/v1/decisions", json=family).json()["decisions"]
    assert row["verdict"] == "deliver"
    unknown = {"sender": "a new account", "recipients": ["another new account"]}
    assert client.post("/v1/decisions", json=unknown).status_code == 200


def test_sending_again_is_harmless(client: TestClient) -> None:
    sent = body(service_events(1))
    first, second = client.post("/v1/events", content=sent), client.post("/v1/events", content=sent)
    assert first.status_code == second.status_code == 202
    assert second.json()["repeated"] == first.json()["new"] - second.json()["new"]


def test_an_array_a_gzip_body_and_one_with_bad_lines(embedded: TestClient) -> None:
    events = service_events(2)
    as_array = embedded.post("/v1/events", json=events)
    assert (as_array.status_code, as_array.json()["received"]) == (202, len(events))
    packed = embedded.post(
        "/v1/events", content=gzip.compress(body(events)), headers={"Content-Encoding": "gzip"}
    )
    assert packed.json()["repeated"] > 0
    lines = body(events[:3]) + b"\nnot a record\n" + body(events[3:5])
    mixed = embedded.post("/v1/events", content=lines).json()
    assert [row["at"] for row in mixed["refused"]] == ["line 4"]
    assert embedded.post("/v1/events", content=b"nothing of use").status_code == 422


def test_bodies_that_cannot_be_taken(sqlite_settings: ServiceSettings) -> None:
    small = replace(sqlite_settings, most_body_bytes=1_000)
    with TestClient(create_app(small), headers=token(small)) as client:
        bomb = gzip.compress(b" " * 10_000_000)
        gz = {"Content-Encoding": "gzip"}
        assert client.post("/v1/events", content=b"x" * 1_001).status_code == 413
        assert client.post("/v1/events", content=bomb, headers=gz).status_code == 413
        assert client.post("/v1/events", content=b"plain", headers=gz).status_code == 400
        assert (
            client.post("/v1/events", content=gzip.compress(b"{}")[:-8], headers=gz).status_code
            == 400
        )
        assert client.post("/v1/events", content=b"[{").status_code == 400
        br = {"Content-Encoding": "br"}
        assert client.post("/v1/events", content=b"x", headers=br).status_code == 415
        deep = b"[" * 900
        assert client.post("/v1/events", content=deep).status_code == 400


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (b"{", "not JSON"),
        (b"[]", "not JSON|not valid|not known"),
        (b'{"sender": "otto"}', "no recipients"),
        (b'{"sender": "otto", "recipients": "mira"}', "recipients is not valid"),
        (b'{"sender": "otto", "recipients": ["mira", 3]}', "recipients is not valid"),
        (b'{"sender": "otto", "recipients": ["mira"], "action": "otto"}', "action is not valid"),
        (b'{"sender": "otto", "recipients": ["mira"], "otto": 1}', "not known; there are sender"),
        (b'{"sender": "otto", "recipients": ["m"], "languages": {"otto": 1}}', "languages is not"),
    ],
)
def test_a_question_that_is_none_is_told_why(
    embedded: TestClient, asked: bytes, answer: str
) -> None:
    told = embedded.post("/v1/decisions", content=asked)
    assert told.status_code == 400
    assert re.search(answer, told.json()["detail"])
    assert "otto" not in told.text


def test_a_body_that_is_not_valid_is_told_why(embedded: TestClient) -> None:
    def detail(content: str, kind: str = "application/json") -> str:
        headers = {"Content-Type": kind}
        answer = embedded.post("/v1/support", content=content, headers=headers)
        assert answer.status_code == 422
        assert "otto" not in answer.text
        return str(answer.json()["detail"])

    good = '{"account": "otto", "moment": "after_report"}'
    assert "Content-Type: application/json" in detail(good, "application/x-www-form-urlencoded")
    assert "not JSON" in detail('{"account": "otto')
    assert "body.moment (Field required)" in detail('{"account": "otto"}')
    assert "'after_report'" in detail('{"account": "otto", "moment": "otto"}')


def test_what_waits_is_bounded(sqlite_settings: ServiceSettings) -> None:
    full = replace(sqlite_settings, most_waiting=-1)
    with TestClient(create_app(full), headers=token(full)) as client:
        answer = client.post("/v1/events", content=body(service_events(3)))
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "1")
        assert client.get("/readyz").status_code == 503


def test_a_token_has_so_many_requests(sqlite_settings: ServiceSettings) -> None:
    few = replace(sqlite_settings, requests_per_second=0.01)
    with TestClient(create_app(few), headers=token(few)) as client:
        assert client.get("/v1/assessments").status_code == 200
        refused = client.get("/v1/assessments")
        assert refused.status_code == 429
        assert 90 < int(refused.headers["Retry-After"]) <= 100


def test_every_route_needs_its_scope_and_nothing_else_opens_it(
    sqlite_settings: ServiceSettings,
) -> None:
    app = create_app(sqlite_settings)
    routes = [route for route in app.routes if isinstance(route, APIRoute)]
    wanted = {}
    for route in routes:
        scopes = [
            scope
            for dependency in route.dependant.dependencies
            if (scope := getattr(dependency.call, "scope", None)) is not None
        ]
        assert len(scopes) == (0 if route.path in OPEN else 1), route.path
        if scopes:
            wanted[f"{route.path} {route.methods}"] = (route, scopes[0])
    tokens = {scope: token(sqlite_settings, scope) for scope in SCOPES}
    with TestClient(app) as client:
        for route, scope in wanted.values():
            path = route.path
            url, (method,) = re.sub(r"{[^}]+}", "1", path), sorted(route.methods or ())
            ask = {"follow": "false"} if path == "/v1/changes" else {}
            assert client.request(method, url, params=ask).status_code == 401, path
            wrong = {"Authorization": "Bearer ff_guess"}
            assert client.request(method, url, params=ask, headers=wrong).status_code == 401
            for other, headers in tokens.items():
                answer = client.request(method, url, params=ask, headers=headers)
                refused = answer.status_code == 403
                assert refused == (other != scope), (path, other, answer.text)


def test_a_revoked_token_opens_nothing(sqlite_settings: ServiceSettings) -> None:
    headers = token(sqlite_settings, "assessments:read")
    journal = sqlite_settings.open_journal()
    tokens = Tokens(journal.database)
    assert headers["Authorization"].split()[1] not in str(
        journal.database.run("SELECT * FROM tokens")
    )
    tokens.revoke("test assessments:read")
    journal.close()
    with TestClient(create_app(sqlite_settings), headers=headers) as client:
        assert client.get("/v1/assessments").status_code == 401


def test_pages_of_assessments_are_whole_and_in_order(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    embedded.post("/v1/events", content=body(service_events(4, accounts=25, messages=300)))
    settle(sqlite_settings)
    whole = embedded.get("/v1/assessments", params={"limit": 1000}).json()["assessments"]
    assert len(whole) > 10
    paged, after = [], None
    while True:
        params = {"limit": "7"} | ({"after": after} if after else {})
        page = embedded.get("/v1/assessments", params=params).json()
        paged += page["assessments"]
        after = page["next"]
        if after is None:
            break
    assert paged == whole
    odds = [row["log_odds"] for row in whole]
    assert odds == sorted(odds, reverse=True)
    for bad in ("x", "!!", "bnVsbA=="):
        assert embedded.get("/v1/assessments", params={"after": bad}).status_code == 400


def test_changes_can_be_followed_from_where_one_left_off(
    embedded: TestClient, sqlite_settings: ServiceSettings
) -> None:
    embedded.post("/v1/events", content=body(offender(12)))
    settle(sqlite_settings)
    answer = embedded.get("/v1/changes", params={"follow": "false"})
    assert answer.headers["content-type"].startswith("text/event-stream")
    sent = [json.loads(line[6:]) for line in answer.text.splitlines() if line.startswith("data: ")]
    assert [change["account"] for change in sent] == ["adult"]
    last = {"Last-Event-ID": str(sent[-1]["seq"])}
    again = embedded.get("/v1/changes", params={"follow": "false"}, headers=last)
    assert again.text == ""


def test_no_answer_and_no_log_repeats_what_was_written(
    embedded: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    words = "are your parents home"
    event = {"type": "message", "id": "m", "sender": "a", "recipients": ["b"], "sent_at": words}
    for answer in (
        embedded.post("/v1/events", json=[event | {"text": words}]),
        embedded.post("/v1/events", content=words),
        embedded.post("/v1/decisions", json={"sender": words, "recipients": [], words: words}),
        embedded.get("/v1/assessments", params={"limit": words}),
    ):
        assert answer.status_code in (400, 422)
        assert words not in answer.text
    assert words not in caplog.text


def test_metrics_count(embedded: TestClient) -> None:
    embedded.post("/v1/events", content=body(service_events(5)))
    embedded.post("/v1/decisions", json={"sender": "a", "recipients": ["b"]})
    text = embedded.get("/metrics").text
    assert 'fieldfare_decisions_total{verdict="deliver"} 1' in text
    assert 'fieldfare_events_total{outcome="new"}' in text
    page = (Path(__file__).parents[2] / "docs/service.md").read_text("utf-8")
    for name in re.findall("# TYPE ([a-z_]+)", text):
        assert f"`{name}`" in page


@pytest.mark.parametrize("bad", ["a\x00b", "\ud800"])
def test_words_that_no_database_holds_are_refused_and_no_error(
    client: TestClient, bad: str
) -> None:
    quoted = quote(bad, errors="surrogatepass")
    cursor = base64.urlsafe_b64encode(json.dumps([1.5, bad]).encode()).decode()
    asked: list[tuple[str, str, dict[str, object] | None]] = [
        ("GET", f"/v1/accounts/{quoted}/assessment", None),
        ("GET", f"/v1/accounts/{quoted}/export", None),
        ("DELETE", f"/v1/accounts/{quoted}", None),
        ("POST", f"/v1/accounts/{quoted}/holds", {"reason": "r", "jurisdiction": "GB"}),
        ("POST", "/v1/accounts/a/holds", {"reason": bad, "jurisdiction": bad}),
        ("POST", "/v1/holds/1/lift", {"reason": bad}),
        ("GET", f"/v1/holds?account={quoted}", None),
        ("GET", f"/v1/appeals?account={quoted}", None),
        ("POST", "/v1/appeals", {"account": bad, "statement": "s"}),
        ("POST", "/v1/appeals", {"account": "a", "statement": bad}),
        ("POST", "/v1/appeals", {"account": "a", "statement": "s", "id": bad, "about": bad}),
        ("POST", "/v1/support", {"account": bad, "moment": "after_report"}),
        ("POST", "/v1/webhooks/dead-letters/requeue", {"ids": [bad]}),
        ("POST", "/v1/decisions", {"sender": bad, "recipients": ["b"]}),
        ("POST", "/v1/decisions", {"sender": "a", "recipients": [bad]}),
        ("GET", f"/v1/assessments?after={cursor}", None),
    ]
    for method, url, sent in asked:
        content = None if sent is None else json.dumps(sent)
        answer = client.request(method, url, content=content)
        # Bytes in a URL that are no UTF-8 are read as a name that nobody has.
        fine = (200, 202, 201, 404) if bad == "\ud800" and quoted in url else ()
        assert answer.status_code in (400, 422, *fine), (method, url)
