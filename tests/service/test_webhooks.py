"""Webhooks, to a real server that fails, hangs and recovers."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.lab.service_trials import Server
from fieldfare.service.appeals import Appeals
from fieldfare.service.deliver import Deliverer
from fieldfare.service.outbox import Outbox
from fieldfare.service.protections import OpenCases
from fieldfare.service.serve import replay
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.webhooks import BAND_CHANGED, Endpoint
from fieldfare.service.worker import Worker
from tests.service.asking import offender
from tests.service.events import arrival, body
from tests.service.receiving import SECRET, WAIT, Receiver, endpoint_of, receiving
from tests.service.receiving import receiver as receiver


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
    endpoint = endpoint_of(receiver)
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
    asking = endpoint_of(receiver, events=("appeal.received", "case.opened", "case.closed"))
    journal, state = settings.open_journal(), settings.open_state()
    cases, appeals = OpenCases(journal.database), Appeals(journal.database)
    cases.open("x", "C-1")
    cases.open("x", "C-1")
    appeals.make("x", "a statement that is nobody's business", id_="mine")
    appeals.make("x", "a statement that is nobody's business", id_="mine")
    cases.close("x", "C-1")
    worker = Worker(
        journal, state, engine, settings.contacts, settings.card(), [asking, endpoint_of(receiver)]
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
    with receiving() as hanging:
        hanging.status = 0
        slow, quick = endpoint_of(hanging, "slow"), endpoint_of(receiver, "quick")
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
    with _delivering(settings, endpoint_of(receiver, timeout_seconds=0.1, attempts=1)) as outbox:
        outbox.add([endpoint_of(receiver)], BAND_CHANGED, "x", {"account": "x"})
        _until(lambda: outbox.counts() == (0, 1))
        assert outbox.dead_letters(0, 1)[0].error == "no answer in time"
    receiver.status = 200
    with _delivering(settings, endpoint_of(receiver)) as outbox:
        assert outbox.requeue() == 1
        _until(lambda: outbox.counts() == (0, 0))


def test_a_redirect_is_not_followed(settings: ServiceSettings, receiver: Receiver) -> None:
    receiver.status = 307
    endpoint = endpoint_of(receiver, attempts=1)
    with _delivering(settings, endpoint) as outbox:
        outbox.add([endpoint], BAND_CHANGED, "x", {})
        _until(lambda: outbox.counts() == (0, 1))
        assert outbox.dead_letters(0, 10)[0].error == "status 307"
    assert receiver.got.qsize() == 1


def test_what_fails_too_often_is_a_dead_letter_until_it_is_sent_again(
    client: TestClient, settings: ServiceSettings, receiver: Receiver
) -> None:
    receiver.status = 503
    endpoint = endpoint_of(receiver, attempts=3)
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
    endpoint = endpoint_of(receiver, timeout_seconds=0.05)
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
        Outbox(database).add([endpoint_of(receiver, "old")], BAND_CHANGED, "x", {})
    with _delivering(sqlite_settings, endpoint_of(receiver, "new")) as outbox:
        _until(lambda: outbox.counts() == (0, 1))
        assert outbox.dead_letters(0, 1)[0].error == "no such endpoint"


def test_no_log_tells_what_was_answered_or_of_whom(
    sqlite_settings: ServiceSettings, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    receiver.status = 500
    endpoint = endpoint_of(receiver, attempts=1)
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
    every, grave = endpoint_of(receiver, "every"), endpoint_of(receiver, "g", from_band="urgent")
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
        replay(replace(settings, prior=1e-12))
        assert outbox.counts() == (2, 0)
