"""Webhooks, to a real server that fails, hangs and recovers."""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.lab.service_trials import Server
from fieldfare.service.appeals import Appeals
from fieldfare.service.deliver import Deliverer
from fieldfare.service.outbox import Outbox
from fieldfare.service.protections import OpenCases
from fieldfare.service.serve import replay
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.webhooks import BAND_CHANGED, Endpoint, key_of, load, sign, verify
from fieldfare.service.worker import Worker
from fieldfare.vocabulary import InputError, SettingsError
from tests.service.asking import offender
from tests.service.events import arrival, body

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
KEY = key_of(SECRET)
WAIT = 30.0


@dataclass
class Receiver:
    """A server that answers as it is told."""

    url: str
    got: queue.Queue[tuple[dict[str, str], bytes]] = field(default_factory=queue.Queue)
    status: int = 200
    """Answered to everything; 0: nothing is answered until `released`."""
    released: threading.Event = field(default_factory=threading.Event)

    def next(self) -> dict[str, Any]:
        headers, body = self.got.get(timeout=WAIT)
        return {**verify(SECRET, headers, body), "id": headers["webhook-id"]}


@contextmanager
def _receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            this.got.put((headers, body))
            if this.status == 0:
                this.released.wait(WAIT)
                return
            self.send_response(this.status)
            if this.status in (301, 302, 307, 308):
                self.send_header("location", f"{this.url}/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        this = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield this
        finally:
            this.released.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with _receiver() as found:
        yield found


def _endpoint(receiver: Receiver, name: str = "one", **more: Any) -> Endpoint:
    defaults = {"timeout_seconds": WAIT, "first_retry_seconds": 0.01}
    return Endpoint(name, receiver.url, (KEY,), **(defaults | more))


@contextmanager
def _delivering(settings: ServiceSettings, *endpoints: Endpoint) -> Iterator[Outbox]:
    with settings.open_state().database as database:
        outbox = Outbox(database)
        deliverer = Deliverer(lambda: [Outbox(settings.open_state().database)], endpoints)
        try:
            yield outbox
        finally:
            deliverer.close()


def _until(found: Callable[[], bool]) -> None:
    """Waits until it is so."""
    pause = threading.Event()
    for _ in range(int(WAIT / 0.02)):
        if found():
            return
        pause.wait(0.02)
    raise AssertionError("it did not come about")


def test_what_changed_is_delivered_once_it_can_be(
    settings: ServiceSettings, receiver: Receiver
) -> None:
    receiver.status = 500
    endpoint = _endpoint(receiver)
    with _delivering(settings, endpoint) as outbox:
        outbox.add([endpoint], BAND_CHANGED, "x", {"account": "x", "band": "alert"})
        first, second = receiver.next(), receiver.next()
        assert first == second  # the same id and words each time
        assert first["type"] == BAND_CHANGED
        assert first["data"] == {"account": "x", "band": "alert"}
        receiver.status = 204
        _until(lambda: outbox.counts() == (0, 0))


def test_appeals_and_cases_are_told_to_those_who_ask_for_them(
    settings: ServiceSettings, receiver: Receiver, engine: Engine
) -> None:
    asking = _endpoint(receiver, events=("appeal.received", "case.opened", "case.closed"))
    journal, state = settings.open_journal(), settings.open_state()
    cases, appeals = OpenCases(journal.database), Appeals(journal.database)
    cases.open("x", "C-1")
    cases.open("x", "C-1")
    appeals.make("x", "a statement that is nobody's business", id_="mine")
    appeals.make("x", "a statement that is nobody's business", id_="mine")
    cases.close("x", "C-1")
    worker = Worker(
        journal, state, engine, settings.contacts, settings.card(), [asking, _endpoint(receiver)]
    )
    # Killed after it was carried over, before that is forgotten: it is carried over again.
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(journal.database, "many", _killed)
        worker.turn()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fieldfare.service.announcements.LOOK_SECONDS", 0.0)
        worker.turn()
        worker.turn()
    worker.close()
    assert Outbox(state.database).counts() == (3, 0)
    with _delivering(settings, asking) as outbox:
        told = sorted((receiver.next() for _ in range(3)), key=lambda each: str(each["type"]))
        _until(lambda: outbox.counts() == (0, 0))
    assert [each["type"] for each in told] == ["appeal.received", "case.closed", "case.opened"]
    assert (told[0]["data"]["id"], told[0]["data"]["account"]) == ("mine", "x")
    assert (told[2]["data"]["case"], told[2]["data"]["account"]) == ("C-1", "x")
    assert "business" not in str(told)
    state.close()
    journal.close()


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_one_that_hangs_holds_up_no_other(settings: ServiceSettings, receiver: Receiver) -> None:
    with _receiver() as hanging:
        hanging.status = 0
        slow, quick = _endpoint(hanging, "slow"), _endpoint(receiver, "quick")
        with _delivering(settings, slow, quick) as outbox:
            for number in range(20):
                outbox.add([slow, quick], BAND_CHANGED, f"a{number}", {"account": f"a{number}"})
            told = {receiver.next()["data"]["account"] for _ in range(20)}
            assert told == {f"a{number}" for number in range(20)}
            _until(lambda: outbox.counts() == (20, 0))  # all for the slow one
            hanging.status = 200
            hanging.released.set()
            _until(lambda: outbox.counts() == (0, 0))


def test_one_that_hangs_is_given_up_on(settings: ServiceSettings, receiver: Receiver) -> None:
    receiver.status = 0
    with _delivering(settings, _endpoint(receiver, timeout_seconds=0.1, attempts=1)) as outbox:
        outbox.add([_endpoint(receiver)], BAND_CHANGED, "x", {"account": "x"})
        _until(lambda: outbox.counts() == (0, 1))
        assert outbox.dead_letters(0, 1)[0].error == "no answer in time"
    receiver.status = 200
    with _delivering(settings, _endpoint(receiver)) as outbox:
        assert outbox.requeue() == 1
        _until(lambda: outbox.counts() == (0, 0))


def test_a_redirect_is_not_followed(settings: ServiceSettings, receiver: Receiver) -> None:
    receiver.status = 307
    endpoint = _endpoint(receiver, attempts=1)
    with _delivering(settings, endpoint) as outbox:
        outbox.add([endpoint], BAND_CHANGED, "x", {})
        _until(lambda: outbox.counts() == (0, 1))
        assert outbox.dead_letters(0, 10)[0].error == "status 307"
    assert receiver.got.qsize() == 1


def test_what_fails_too_often_is_a_dead_letter_until_it_is_sent_again(
    client: TestClient, settings: ServiceSettings, receiver: Receiver
) -> None:
    receiver.status = 503
    endpoint = _endpoint(receiver, attempts=3)
    with _delivering(settings, endpoint) as outbox:
        for name in ("x", "y", "z"):
            outbox.add([endpoint], BAND_CHANGED, name, {"account": name})
        _until(lambda: outbox.counts() == (0, 3))
        assert receiver.got.qsize() == 9
        page = client.get("/v1/webhooks/dead-letters", params={"limit": 2}).json()
        assert [row["account"] for row in page["dead_letters"]] == ["x", "y"]
        assert {row["attempts"] for row in page["dead_letters"]} == {3}
        rest = client.get("/v1/webhooks/dead-letters", params={"after": page["next"]}).json()
        assert ([row["error"] for row in rest["dead_letters"]], rest["next"]) == (
            ["status 503"],
            None,
        )
        assert 'fieldfare_webhook_deliveries{state="dead"} 3' in client.get("/metrics").text
        receiver.status = 200
        one = {"ids": [page["dead_letters"][1]["id"]]}
        again = client.post("/v1/webhooks/dead-letters/requeue", json=one)
        assert again.json() == {"requeued": 1}
        _until(lambda: outbox.counts() == (0, 2))
        assert client.post("/v1/webhooks/dead-letters/requeue", json={}).json() == {"requeued": 2}
        _until(lambda: outbox.counts() == (0, 0))


def test_a_delivery_whose_answer_was_lost_comes_again_with_its_id(
    settings: ServiceSettings, receiver: Receiver
) -> None:
    endpoint = _endpoint(receiver, timeout_seconds=0.05)
    with settings.open_state().database as database:
        outbox = Outbox(database)
        outbox.add([endpoint], BAND_CHANGED, "x", {})
        (taken,) = outbox.lease(endpoint, 10)  # and whoever took it died
        assert outbox.lease(endpoint, 10) == []
        with _delivering(settings, endpoint):
            assert receiver.next()["id"] == taken.id


def test_an_endpoint_that_is_there_no_more_leaves_dead_letters(
    sqlite_settings: ServiceSettings, receiver: Receiver
) -> None:
    with sqlite_settings.open_state().database as database:
        Outbox(database).add([_endpoint(receiver, "old")], BAND_CHANGED, "x", {})
    with _delivering(sqlite_settings, _endpoint(receiver, "new")) as outbox:
        _until(lambda: outbox.counts() == (0, 1))
        assert outbox.dead_letters(0, 1)[0].error == "no such endpoint"


def test_no_log_tells_what_was_answered_or_of_whom(
    sqlite_settings: ServiceSettings, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    endpoint = _endpoint(receiver, attempts=1)
    with (
        caplog.at_level(logging.DEBUG, "fieldfare"),
        _delivering(sqlite_settings, endpoint) as outbox,
    ):
        outbox.add([endpoint], BAND_CHANGED, "mira-1", {"account": "mira-1"})
        _until(lambda: outbox.counts() == (0, 1))
    assert "webhook one" in caplog.text
    assert "mira-1" not in caplog.text
    assert SECRET not in repr(endpoint)


def test_a_change_of_band_is_told_with_the_assessment_that_makes_it(
    settings: ServiceSettings, receiver: Receiver
) -> None:
    every, grave = _endpoint(receiver, "every"), _endpoint(receiver, "g", from_band="urgent")
    journal, state = settings.open_journal(), settings.open_state()
    journal.append([arrival(offender(12))])
    with open_engine("duckdb", threads=1) as engine:
        worker = Worker(journal, state, engine, settings.contacts, settings.card(), (every, grave))
        worker.settle()
        worker.close()
    changes = state.database.run("SELECT account, band_before, band FROM changes ORDER BY seq")
    rows = state.database.run("SELECT body FROM outbox WHERE endpoint = 'every' ORDER BY seq")
    told = [json.loads(row[0])["data"] for row in rows]
    assert [(d["account"], d["band_before"], d["band"]) for d in told] == changes
    assert changes
    ((graver,),) = state.database.run("SELECT COUNT(*) FROM outbox WHERE endpoint = 'g'")
    assert graver == sum("urgent" in change[1:] for change in changes)
    state.close()
    journal.close()


def test_a_service_that_is_killed_tells_everything_when_it_is_back(
    settings: ServiceSettings, receiver: Receiver, tmp_path: Path
) -> None:
    secret, path = tmp_path / "secret", tmp_path / "webhooks.toml"
    secret.write_text(SECRET)
    path.write_text(
        f'[[webhooks]]\nname = "one"\nurl = "{receiver.url}"\nsecret_file = "{secret}"\n'
        "first_retry_seconds = 0.05\n"
    )
    receiver.status = 500
    server = Server(replace(settings, webhooks=path, cases=False))
    server.make_token()
    server.start()
    try:
        assert server.ask("POST", "/v1/events", body(offender(12)))[0] == 202
        first = receiver.next()
        server.kill()
        receiver.status = 200
        server.start()
        server.settle()
        with settings.open_state().database as database:
            outbox = Outbox(database)
            _until(lambda: outbox.counts() == (0, 0))
            changes = database.run("SELECT account, band_before, band FROM changes")
        server.ask("DELETE", "/v1/accounts/adult")
        _until(
            lambda: (
                [row["state"] for row in server.ask("GET", "/v1/erasures")[1]["erasures"]]
                == ["done"]
            )
        )
        assert server.ask("GET", "/v1/accounts/adult/assessment")[0] == 404
    finally:
        server.kill()
    told = [first]
    while not receiver.got.empty():
        told.append(receiver.next())
    assert {
        tuple(each["data"][n] for n in ("account", "band_before", "band")) for each in told
    } >= {*changes}
    assert first["id"] in {each["id"] for each in told[1:]}


def test_replay_tells_only_what_is_otherwise_than_before(
    sqlite_settings: ServiceSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", SECRET)
    path = tmp_path / "webhooks.toml"
    path.write_text(
        '[[webhooks]]\nname = "one"\nurl = "http://localhost:9/x"\nsecret_env = "HOOK"\n'
    )
    settings = replace(sqlite_settings, webhooks=path)
    journal = settings.open_journal()
    journal.append([arrival(offender(12))])
    journal.close()
    replay(settings)
    with settings.open_state().database as database:
        outbox = Outbox(database)
        assert outbox.counts() == (1, 0)  # nothing was known before
        replay(settings)
        assert outbox.counts() == (1, 0)
        replay(replace(settings, prior=1e-9))
        assert outbox.counts() == (2, 0)


def test_a_receiver_refuses_what_was_changed_or_is_old() -> None:
    body = b'{"type": "t"}'
    headers = sign([b"x" * 32, KEY], "msg_1", 1_000, body)
    assert verify(SECRET, headers, body, now=1_299) == {"type": "t"}
    for wrong_headers, wrong_body, now in (
        (headers, body + b" ", 1_000),
        (headers, body, 1_301),
        (headers, body, 699),
        (headers | {"webhook-id": "msg_2"}, body, 1_000),
        (headers | {"webhook-timestamp": "1001"}, body, 1_000),
        (headers | {"webhook-signature": "v1,"}, body, 1_000),
        ({}, body, 1_000),
    ):
        with pytest.raises(InputError):
            verify(SECRET, wrong_headers, wrong_body, now=now)
    # The example of the Standard Webhooks specification's own libraries.
    example = sign(
        [key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert example["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('url = "http://cases.example.org/"\nsecret_env = "HOOK"', "https"),
        ('url = "ftp://cases.example.org/"\nsecret_env = "HOOK"', "https"),
        ('url = "https://a:b@cases.example.org/"\nsecret_env = "HOOK"', "user or password"),
        ('url = "https://cases.example.org/"', "secret_env or secret_file"),
        ('url = "https://cases.example.org/"\nsecret_env = "NOT_SET"', "NOT_SET is not set"),
        ('url = "https://cases.example.org/"\nsecret_env = "SHORT"', "shorter than 24"),
        ('url = "https://cases.example.org/"\nsecret_file = "nowhere"', "cannot be read"),
        ('url = "https://cases.example.org/"\nsecret = "x"', "secret"),
        ('url = "https://c.example.org/"\nsecret_env = "HOOK"\nattempts = 0', "above 0"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_a_secret(
    tmp_path: Path, lines: str, what: str
) -> None:
    path = tmp_path / "webhooks.toml"
    path.write_text(f'[[webhooks]]\nname = "one"\n{lines}\n')
    with pytest.raises(SettingsError, match=what) as error:
        load(path, {"HOOK": SECRET, "SHORT": "tooshort"})
    assert "tooshort" not in str(error.value)


def test_the_command_line_checks_lists_and_requeues(
    sqlite_settings: ServiceSettings, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\nwhsec_{'A' * 44}\n")
    path = tmp_path / "webhooks.toml"
    path.write_text(
        f'[[webhooks]]\nname = "one"\nurl = "https://c.example.org/x"\nsecret_file = "{secret}"\n'
    )
    run = CliRunner().invoke
    checked = run(app, ["webhook", "check", str(path)]).output
    assert "one\thttps://c.example.org/x\t2 secret(s)" in checked
    endpoint = _endpoint(receiver, attempts=1)
    with sqlite_settings.open_state().database as database:
        outbox = Outbox(database)
        outbox.add([endpoint], BAND_CHANGED, "x", {})
        outbox.failed(endpoint, outbox.lease(endpoint, 1)[0], "status 500")
        data = ["--data", str(sqlite_settings.data)]
        assert "status 500" in run(app, ["webhook", "dead-letters", *data]).output
        assert run(app, ["webhook", "requeue", *data]).output.startswith("1 ")
        assert outbox.counts() == (1, 0)
