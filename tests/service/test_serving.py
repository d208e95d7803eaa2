"""A server as it is started: TLS, logs, and what waits beyond what may."""

from __future__ import annotations

import io
import json
import logging
import re
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import uvicorn
from fastapi.testclient import TestClient

from fieldfare.safeguards import shipped
from fieldfare.service.announce import at_start
from fieldfare.service.api.app import create_app
from fieldfare.service.arrivals import Arrival
from fieldfare.service.database import Database, SQLite
from fieldfare.service.door import MOST_WAITING, Door, TooMuchError
from fieldfare.service.journal import Appended, Journal
from fieldfare.service.logs import JsonLines
from fieldfare.service.serve import Listening, replay, serve, uvicorn_config
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import FieldfareError, SettingsError
from tests.service.asking import settle, token
from tests.service.events import arrival, body


@contextmanager
def _served(settings: ServiceSettings, listening: Listening) -> Iterator[int]:
    config = uvicorn_config(settings, listening)
    server = uvicorn.Server(config)
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, args=([bound],))
        thread.start()
        try:
            pause = threading.Event()
            while not server.started:
                assert thread.is_alive()
                pause.wait(0.02)
            assert config.ssl is None or config.ssl.minimum_version >= ssl.TLSVersion.TLSv1_2
            yield bound.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def _certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key, certificate = folder / f"{name}.key", folder / f"{name}.pem"
    made = f"-nodes -days 2 -subj /CN={name} -keyout {key} -out {certificate}".split()
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    where = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(
        ["openssl", "req", "-x509", *curve, *made, *where], check=True, capture_output=True
    )
    return certificate, key


def test_it_speaks_tls_and_asks_clients_for_certificates(
    sqlite_settings: ServiceSettings, tmp_path: Path
) -> None:
    certificate, key = _certificate(tmp_path, "server")
    mine, my_key = _certificate(tmp_path, "client")
    trusting = ssl.create_default_context(cafile=certificate)
    with (
        _served(sqlite_settings, Listening(certificate=certificate, key=key)) as port,
        httpx2.Client(verify=trusting, trust_env=False) as client,
    ):
        url = f"https://127.0.0.1:{port}/healthz"
        assert client.get(url).json() == {"status": "ok"}
        with pytest.raises(httpx2.HTTPError):
            client.get(url.replace("https", "http"))
    asking = Listening(certificate=certificate, key=key, client_ca=mine)
    with _served(sqlite_settings, asking) as port:
        url = f"https://127.0.0.1:{port}/healthz"
        with (
            httpx2.Client(verify=trusting, trust_env=False) as client,
            pytest.raises(httpx2.HTTPError),
        ):
            client.get(url)
        known = ssl.create_default_context(cafile=certificate)
        known.load_cert_chain(mine, my_key)
        with httpx2.Client(verify=known, trust_env=False) as client:
            assert client.get(url).status_code == 200


def test_tls_settings_that_cannot_be_meant_are_refused(tmp_path: Path) -> None:
    there = tmp_path / "there.pem"
    there.touch()
    for certificate, key, client_ca in (
        (there, None, None),
        (None, there, None),
        (None, None, there),
        (there, tmp_path / "nowhere", None),
    ):
        with pytest.raises(SettingsError):
            Listening(certificate=certificate, key=key, client_ca=client_ca)


def test_at_the_start_it_says_where_it_is_and_whose_text_is_read(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "fieldfare", "serve", "--port", "0", "--workers", "0"]
    with subprocess.Popen(
        [*command, "--data", str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            lines = [process.stdout.readline() for _ in range(4)]
            address = re.search(r"http://\S+", lines[0])
            assert address is not None
            assert httpx2.get(f"{address[0]}/healthz").status_code == 200
        finally:
            process.terminate()
    assert str(tmp_path) in lines[0]
    assert "in force" in lines[1]
    assert "without a country" in lines[3]


def test_what_is_said_at_the_start_follows_policy_and_settings(
    sqlite_settings: ServiceSettings,
) -> None:
    policy = shipped()
    quiet = " ".join(at_start(replace(sqlite_settings, text_use="refuse"), policy, "http://x"))
    assert "metadata only" in quiet
    assert "country" not in quiet
    everywhere = replace(
        policy,
        shadow=True,
        content_scanning=replace(policy.content_scanning, unknown_country="on"),
    )
    there = replace(sqlite_settings, database="postgresql://them:secret@db/x")
    told = " ".join(at_start(there, everywhere, "http://x"))
    assert "shadow" in told
    assert "country" not in told
    assert "secret" not in told


def test_a_start_that_cannot_be_says_why_in_one_line(
    sqlite_settings: ServiceSettings, tmp_path: Path
) -> None:
    policy = tmp_path / "policy.toml"
    policy.write_text("name =")
    with pytest.raises(FieldfareError, match="not valid TOML"):
        serve(replace(sqlite_settings, policy=policy), Listening(port=0), 0)
    with (
        Listening(port=0).bind() as taken,
        pytest.raises(SettingsError, match="cannot listen there"),
    ):
        serve(sqlite_settings, Listening(port=taken.getsockname()[1]), 0)


def test_two_services_do_not_work_on_one_embedded_database(
    sqlite_settings: ServiceSettings,
) -> None:
    with sqlite_settings.alone():
        with pytest.raises(SettingsError, match="works on it already"):
            serve(sqlite_settings, Listening(port=0))
        with pytest.raises(SettingsError, match="works on it already"):
            replay(sqlite_settings)
    assert replay(sqlite_settings) == 0


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged, from debug on, as the service writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_logs_are_json_and_hold_neither_ids_nor_text(
    sqlite_settings: ServiceSettings, logged: io.StringIO
) -> None:
    words = "keep this our secret"
    event = {"type": "message", "id": "m1", "sender": "mira-12", "recipients": ["otto-9"]}
    headers = token(sqlite_settings)
    with TestClient(create_app(sqlite_settings), headers=headers) as client:
        sent = body([event | {"sent_at": 1_772_000_000_000_000, "text": words}])
        assert client.post("/v1/events", content=sent).status_code == 202
        client.post("/v1/appeals", json={"account": "mira-12", "statement": words})
        client.get("/v1/accounts/mira-12/assessment")
        client.get("/v1/appeals", params={"account": "mira-12"})
        client.delete("/v1/accounts/otto-9")
        client.get(f"/no/such/{words}")
    settle(sqlite_settings)
    text = logged.getvalue()
    lines = [json.loads(line) for line in text.splitlines()]
    told = [line for line in lines if line["logger"] == "fieldfare.requests"]
    assert [(line["route"], line["status"]) for line in told] == [
        ("/v1/events", 202),
        ("/v1/appeals", 202),
        ("/v1/accounts/{account:account}/assessment", 404),
        ("/v1/appeals", 200),
        ("/v1/accounts/{account:account}", 202),
        ("none", 404),
    ]
    assert told[0]["token"].startswith("test")
    ours = "\n".join(line for line in text.splitlines() if '"fieldfare' in line)
    for secret in ("mira-12", "otto-9", "secret", headers["Authorization"].split()[1]):
        assert secret not in ours


def test_an_error_is_logged_by_its_kind_alone(
    sqlite_settings: ServiceSettings, logged: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("keep this our secret")

    with TestClient(
        create_app(sqlite_settings), headers=token(sqlite_settings), raise_server_exceptions=False
    ) as client:
        monkeypatch.setattr("fieldfare.service.state.State.assessments", broken)
        assert client.get("/v1/accounts/mira-12/assessment").status_code == 500
    ours = [line for line in logged.getvalue().splitlines() if '"fieldfare' in line]
    assert any("RuntimeError" in line for line in ours)
    assert not any("secret" in line or "mira-12" in line for line in ours)


class _Waiting(Journal):
    """A journal on a disk that does not answer until it is told to."""

    answers = threading.Event()

    def append(
        self, arrivals: Sequence[Arrival], also: Callable[[Database], object] = lambda _: None
    ) -> list[Appended]:
        self.answers.wait(60)
        return super().append(arrivals, also)


def test_more_than_the_door_holds_is_turned_away_and_nothing_taken_is_lost(
    sqlite_settings: ServiceSettings,
) -> None:
    sqlite_settings.open_journal().close()
    journal = _Waiting(SQLite(sqlite_settings.data / "journal.sqlite", durable=True))
    door = Door(journal)
    events = [
        {"type": "message", "id": f"m{n}", "sender": "a", "recipients": ["b"], "sent_at": 1}
        for n in range(2_000)
    ]
    sent = arrival(events)
    taken = [door.take(sent) for _ in range(MOST_WAITING // 2_000 + 1)]
    with pytest.raises(TooMuchError):
        door.take(sent)
    journal.answers.set()
    results = [each.result(60) for each in taken]
    assert sum(result.new for result in results) == 2_000
    assert sum(result.new + result.repeated for result in results) == 2_000 * len(taken)
    assert door.take(sent).result(60).repeated == 2_000
    door.close()
