"""Metadata only: with ``--text refuse`` no way in takes message text, keeps it or logs it.

A marked text is sent by every way there is, whole and in broken records; then every byte that the
service keeps or says is searched for it. Where text is allowed the same search finds it.
"""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from fieldfare.language import LanguageModel
from fieldfare.service.api.app import create_app
from fieldfare.service.arrivals import read
from fieldfare.service.logs import JsonLines
from fieldfare.service.serve import opener
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import InputError
from tests.service.asking import settle, token
from tests.service.events import body
from tests.service.reporting import AT, franked, key_file, report, told

MARK = "xylophone quartz"
"""Nobody says that by chance."""
MESSAGE: dict[str, Any] = {
    "type": "message",
    "sender": "adult",
    "recipients": ["child"],
    "text": MARK,
}


def bodies() -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Requests with the text in every place and state that events come in."""
    whole = {**MESSAGE, "id": "t1", "sent_at": AT + 5}
    broken: list[Any] = [
        {**MESSAGE, "id": "t2"},
        {**MESSAGE, "id": "t3", "sent_at": MARK},
        {**MESSAGE, "id": "t4", "sent_at": AT, "media": MARK},
        {**MESSAGE, "id": "t5", "sent_at": AT, MARK: 1},
        {**whole, "type": MARK},
        {"type": "notice", "kind": MARK, "account": "child", "peer": "adult", "at": AT},
        {"type": "connection", "account": "child", "peer": "adult", "connected_at": MARK},
        [MARK],
    ]
    for route in ("/v1/events", "/v1/notices"):
        for event in (whole, *broken):
            yield route, json.dumps(event).encode(), {}
            yield route, json.dumps([event]).encode(), {}
        lines = b"\n".join(json.dumps(each).encode() for each in (whole, *broken))
        yield route, lines, {}
        yield route, gzip.compress(lines), {"content-encoding": "gzip"}
        yield route, MARK.encode(), {}
        yield route, lines[:-30], {}
    for route in ("/v1/decisions", "/v1/support"):
        asked = {"sender": "adult", "recipients": ["child"], "text": MARK, "languages": MARK}
        yield route, json.dumps(asked).encode(), {"content-type": "application/json"}


def reports() -> list[dict[str, Any]]:
    plain = {"by": "account", "text": MARK, "sent_at": AT}
    return [
        report(plain, reporter="child"),
        report(franked(1, MARK), reporter="child"),
        report(franked(2, MARK), plain, {"by": "nobody", "text": MARK}),
        report({"opening": MARK, "context": MARK, "tag": MARK}),
        report() | {"messages": MARK},
        report() | {"text": MARK},
    ]


def everything_kept(settings: ServiceSettings) -> bytes:
    files = [path for path in settings.data.rglob("*") if path.is_file()]
    assert files
    return b"\0".join(path.read_bytes() for path in files)


def send_all(settings: ServiceSettings) -> str:
    """Send everything; all that was answered."""
    said = []
    with TestClient(create_app(settings), headers=token(settings)) as client:
        client.post("/v1/events", content=body(told("child"))).raise_for_status()
        settle(settings)
        for route, content, headers in bodies():
            said.append(client.post(route, content=content, headers=headers).text)
        said += [client.post("/v1/reports", json=each).text for each in reports()]
        settle(settings)
        opening = opener(settings)
        opening.turn()
        opening.close()
        for route in ("/metrics", "/v1/reports", "/v1/assessments?band=none",
                      "/v1/accounts/child/export", "/v1/accounts/adult/export"):  # fmt: skip
            said.append(client.get(route).text)
    return "\n".join(said)


def settings_with(folder: Path, **changed: Any) -> ServiceSettings:
    usual = ServiceSettings(folder / "data", franking_keys=key_file(folder), log_level="debug")
    return replace(usual, **changed)


def test_no_byte_of_a_text_is_kept_answered_or_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_with(tmp_path, text_use="refuse")
    said = send_all(settings)
    assert MARK not in said
    assert MARK.encode() not in everything_kept(settings)
    assert MARK not in "".join(JsonLines().format(record) for record in caplog.records)


def test_nothing_reads_a_text_wherever_events_come_from() -> None:
    """What routes and the stream call for events: no model is asked for, and no text is left."""

    def model() -> LanguageModel:
        raise AssertionError("a text was going to be read")

    taken = 0
    for _, content, headers in bodies():
        try:
            arrival = read(content if not headers else body(told("child")), "refuse", model)
        except InputError as error:
            assert MARK not in str(error)
            continue
        taken += sum(batch.num_rows for batch in arrival.tables.values())
        assert MARK not in str([batch.to_pylist() for batch in arrival.tables.values()])
        assert MARK not in str([*arrival.refused, *arrival.doubtful])
    assert taken


def test_where_text_may_be_kept_the_same_search_finds_it(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, text_use="refuse", report_text="keep")
    send_all(settings)
    assert MARK.encode() in everything_kept(settings)


def test_reports_may_be_verified_and_forgotten(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, text_use="refuse", report_text="verify")
    said = send_all(settings)
    assert '"standing":"verified"' in said
    assert MARK not in said
    assert MARK.encode() not in everything_kept(settings)


def test_a_report_without_messages_is_taken_and_one_with_them_is_refused(tmp_path: Path) -> None:
    settings = settings_with(tmp_path, text_use="refuse")
    with TestClient(create_app(settings), headers=token(settings)) as client:
        refused = client.post("/v1/reports", json=report(franked(1)))
        assert refused.status_code == 403 and "without messages" in refused.text
        assert client.post("/v1/reports", json=report()).status_code == 202
        assert len(client.get("/v1/reports").json()["reports"]) == 1


@pytest.mark.parametrize(
    ("text_use", "given", "found"),
    [
        ("refuse", None, "refuse"),
        ("read", None, "keep"),
        ("keep", None, "keep"),
        ("refuse", "keep", "keep"),
        ("refuse", "verify", "verify"),
        ("read", "refuse", "refuse"),
    ],
)
def test_what_becomes_of_reported_text_is_explicit(
    tmp_path: Path, text_use: Any, given: Any, found: str
) -> None:
    settings = ServiceSettings(tmp_path, text_use=text_use, report_text=given)
    assert settings.reported_text == found
