"""Erasure: nothing of the account is left, what others did stays as it was, holds are kept to."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.contacts.definition import LEDGER
from fieldfare.contacts.engine import Engine
from fieldfare.service.erasures import Erasures, digest_of
from fieldfare.service.protections import LegalHolds, OpenCases
from fieldfare.service.serve import replay
from fieldfare.service.settings import ServiceSettings
from tests.service.asking import settle
from tests.service.comparing import Events, compare, scanned, stored, working
from tests.service.events import arrival, body, service_events, with_wide_groups


def without(events: Events, erased: set[str], kept: frozenset[str] = frozenset()) -> Events:
    """What is to be left of events; written down anew, one event at a time."""
    met = {
        end
        for event in events
        for a, b in _pairs(event)
        for end, other in ((a, b), (b, a))
        if other in kept and end in erased
    }

    def gone(one: str, other: str) -> bool:
        return (one in erased and other not in kept) or (other in erased and one not in kept)

    left: Events = []
    for event in events:
        if event["type"] == "account":
            if event["id"] not in erased or event["id"] in met:
                left.append(event)
        elif event["type"] != "message":
            if not any(gone(*pair) for pair in _pairs(event)):
                left.append(event)
        else:
            sender = str(event["sender"])
            to = [sender if gone(sender, other) else other for _, other in _pairs(event)]
            if set(to) != {sender}:
                left.append(event | {"recipients": to})
    return left


def _pairs(event: dict[str, Any]) -> list[tuple[str, str]]:
    if event["type"] == "message":
        return [(event["sender"], other) for other in event["recipients"]]
    return [] if event["type"] == "account" else [(event["account"], event["peer"])]


def _send(settings: ServiceSettings, engine: Engine, events: Events, rng: random.Random) -> None:
    journal = settings.open_journal()
    with working(settings, engine) as worker:
        for start in range(0, len(events), 80):
            journal.append([arrival(events[start : start + 80])])
            if rng.random() < 0.7:
                worker.turn()
    journal.close()


def _all_anew(settings: ServiceSettings, engine: Engine) -> None:
    with working(settings, engine) as worker:
        worker.settle()
        worker.round()
        worker.settle()


def _as_of(settings: ServiceSettings) -> int:
    state = settings.open_state()
    found = int(state.facts()["as_of"])
    state.close()
    return found


@pytest.mark.parametrize("seed", range(2))
def test_what_is_left_is_what_a_scan_finds_without_the_account(
    settings: ServiceSettings, engine: Engine, seed: int, tmp_path: Any
) -> None:
    rng = random.Random(seed)
    events = with_wide_groups(service_events(seed + 30, accounts=18, messages=150), seed)
    erased, held = {"a03", "a07"}, {"a01", "a05"}
    # A reader takes a group of which one or two are left for private.
    events = [e for e in events if e.get("kind") != "group" or e["sender"] not in erased]
    journal = settings.open_journal()
    if seed:
        LegalHolds(journal.database).set("a01", "court order", "GB", "test")
        OpenCases(journal.database).open("a05", "case 1")
    _send(settings, engine, events, rng)
    for account in sorted(erased):
        Erasures(journal.database).request(account)
    _all_anew(settings, engine)
    left = without(events, erased, frozenset(held if seed else ()))
    compare(stored(settings), scanned(left, tmp_path, _as_of(settings)))
    before = stored(settings)
    replay(settings)
    _all_anew(settings, engine)
    compare(
        stored(settings),
        {
            account: row
            | {
                "signals": json.loads(row["signals"]),
                "reasons": {r["signal"]: r["contribution"] for r in json.loads(row["reasons"])},
            }
            for account, row in before.items()
        },
    )
    states = {each.account: each.state for each in Erasures(journal.database).all()}
    if seed:
        assert states == {"a03": "partly", "a07": "partly"}
        (hold,) = LegalHolds(journal.database).all()
        LegalHolds(journal.database).lift(hold.id, "the case is over", "test")
        OpenCases(journal.database).close("a05", "case 1")
        _all_anew(settings, engine)
        compare(stored(settings), scanned(without(events, erased), tmp_path, _as_of(settings)))
        states = {each.account: each.state for each in Erasures(journal.database).all()}
    assert states == {digest_of("a03"): "done", digest_of("a07"): "done"}
    journal.close()


def _bytes_of(settings: ServiceSettings) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(settings.data.iterdir()))


def test_no_byte_of_the_id_is_left_in_the_files(
    sqlite_settings: ServiceSettings, embedded: TestClient, engine: Engine
) -> None:
    events = json.loads(json.dumps(service_events(3)).replace('"a04"', '"uncommon-name"'))
    embedded.post("/v1/events", content=body(events))
    embedded.post("/v1/appeals", json={"account": "uncommon-name", "statement": "my words"})
    settle(sqlite_settings)
    assert b"uncommon-name" in _bytes_of(sqlite_settings)
    assert embedded.delete("/v1/accounts/uncommon-name").status_code == 202
    _all_anew(sqlite_settings, engine)
    for name in ("journal", "state"):  # whatever is still in the log goes into the file
        opened = getattr(sqlite_settings, f"open_{name}")()
        opened.database.scrub()
        opened.close()
    assert b"uncommon-name" not in _bytes_of(sqlite_settings)
    assert b"my words" not in _bytes_of(sqlite_settings)


def test_an_erasure_waits_while_a_hold_stands_and_the_answer_does_not_tell(
    client: TestClient, settings: ServiceSettings
) -> None:
    client.post("/v1/events", content=body(service_events(4)))
    hold = {"reason": "preservation request", "jurisdiction": "US"}
    number = client.post("/v1/accounts/a02/holds", json=hold).json()["id"]
    held, free = client.delete("/v1/accounts/a02"), client.delete("/v1/accounts/a03")
    assert (held.status_code, list(held.json())) == (free.status_code, list(free.json()))
    settle(settings)
    states = {row["id"]: row["state"] for row in client.get("/v1/erasures").json()["erasures"]}
    assert states[held.json()["id"]] == "deferred"
    assert states[free.json()["id"]] in ("done", "partly")
    assert _lines(client, "a02")
    (shown,) = client.get("/v1/holds", params={"account": "a02"}).json()["holds"]
    assert (shown["reason"], shown["jurisdiction"], shown["lifted_at"]) == (
        "preservation request",
        "US",
        None,
    )
    assert shown["set_by"].startswith("test")
    lifted = client.post(f"/v1/holds/{number}/lift", json={"reason": "a year has passed"})
    assert lifted.status_code == 200
    settle(settings)
    settle(settings)
    assert {row["state"] for row in client.get("/v1/erasures").json()["erasures"]} == {"done"}
    assert _lines(client, "a02") == []
    again = client.post(f"/v1/holds/{number}/lift", json={"reason": "again"})
    assert again.status_code == 404
    assert client.post("/v1/accounts/a02/holds", json={"reason": "x"}).status_code == 422


def _lines(client: TestClient, account: str) -> list[dict[str, Any]]:
    answer = client.get(f"/v1/accounts/{account}/export")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_message_sent_again_does_not_bring_the_account_back(
    client: TestClient, settings: ServiceSettings
) -> None:
    events = [e for e in service_events(5) if e["type"] == "message"]
    client.post("/v1/events", content=body(events))
    settle(settings)
    client.delete("/v1/accounts/a06")
    settle(settings)
    answer = client.post("/v1/events", content=body(events)).json()
    assert (answer["new"], answer["repeated"]) == (0, len(events))
    settle(settings)
    assert _lines(client, "a06") == []


def test_broken_off_at_any_point_it_is_finished_by_the_next(
    settings: ServiceSettings, engine: Engine, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = service_events(6)
    _send(settings, engine, events[:100], random.Random(6))
    journal = settings.open_journal()
    journal.append([arrival(events[100:])])  # not folded yet
    Erasures(journal.database).request("a01")

    class Killed(BaseException):
        pass

    def killed(*_: object, **__: object) -> None:
        raise Killed

    for place in ("forget.erase", "state.State.note_hubs", "housekeeping.Housekeeping._end"):
        with monkeypatch.context() as patch, working(settings, engine) as worker:
            patch.setattr(f"fieldfare.service.{place}", killed)
            with pytest.raises(Killed):
                worker.settle()
    _all_anew(settings, engine)
    compare(stored(settings), scanned(without(events, {"a01"}), tmp_path, _as_of(settings)))
    assert [each.state for each in Erasures(journal.database).all()] == ["done"]
    journal.close()


def test_of_several_workers_one_erases_while_all_go_on(
    postgres_settings: ServiceSettings, engine: Engine, tmp_path: Any
) -> None:
    events = service_events(12)
    journal = postgres_settings.open_journal()
    with (
        working(postgres_settings, engine) as one,
        working(postgres_settings, engine) as two,
    ):
        for start in range(0, len(events), 50):
            journal.append([arrival(events[start : start + 50])])
            if start == 100:
                Erasures(journal.database).request("a05")
            for worker in (one, two):
                worker.turn(patient=False)
        # They share the partitions by the second, so that each gets to everything in turn.
        while not (one.turn(patient=False).idle and two.turn(patient=False).idle):
            pass
    assert [each.state for each in Erasures(journal.database).all()] == ["done"]
    journal.close()
    _all_anew(postgres_settings, engine)
    # What was told after the request was carried out is new.
    left = [*without(events[:150], {"a05"}), *events[150:]]
    compare(stored(postgres_settings), scanned(left, tmp_path, _as_of(postgres_settings)))


def test_no_row_of_the_account_is_left(settings: ServiceSettings, engine: Engine) -> None:
    _send(settings, engine, service_events(7), random.Random(7))
    journal = settings.open_journal()
    Erasures(journal.database).request("a02")
    _all_anew(settings, engine)
    state = settings.open_state()
    pairs, alone = (*LEDGER, "inferred"), ("accounts", "people", "assessments", "changes")
    for name in (*pairs, *alone, "due", "hubs"):
        columns = ("account", "peer") if name in pairs else ("account",)
        for column in columns:
            rows = state.database.run(f"SELECT 1 FROM {name} WHERE {column} = 'a02'")
            assert rows == [], name
    assert all("a02" not in row["signals"] for row in stored(settings).values())
    state.close()
    journal.close()


def test_an_export_has_everything_and_says_what_is_for_whom(
    client: TestClient, settings: ServiceSettings
) -> None:
    at = 1_772_000_000_000_000
    client.post(
        "/v1/events",
        content=body(
            [
                {"type": "account", "id": "me", "birth_date": "2010-04-05", "country": "GB"},
                {"type": "account", "id": "you", "age": 30, "country": "GB"},
                {"type": "account", "id": "they", "age": 30, "country": "GB"},
                _message("m1", "me", ["you", "they"], at, "how old are you"),
                _message("m2", "you", ["me", "they"], at + 1, "how old are you"),
                _message("m3", "you", ["they"], at + 2),
                {"type": "connection", "account": "me", "peer": "you", "connected_at": at},
                {"type": "notice", "kind": "block", "account": "me", "peer": "they", "at": at},
                {"type": "notice", "kind": "report", "account": "you", "peer": "me", "at": at},
            ]
        ),
    )
    client.post("/v1/appeals", json={"account": "me", "statement": "why"})
    client.post("/v1/accounts/me/holds", json={"reason": "r", "jurisdiction": "GB"})
    settle(settings)
    lines = _lines(client, "me")
    given = [line for line in lines if line["part"] == "given"]
    assert sorted(line["type"] for line in given) == sorted(
        ["account", "message", "message", "connection", "notice", "appeal"]
    )
    by_type = {(line["type"], line.get("id")): line for line in given}
    assert by_type["account", "me"]["birth_date"] == "2010-04-05"
    assert by_type["message", "m1"]["recipients"] == ["you", "they"]
    assert by_type["message", "m1"]["indicators"] == ["age_probing"]
    assert by_type["message", "m2"]["recipients"] == ["me"]
    assert "indicators" not in by_type["message", "m2"]
    restricted = {line["type"] for line in lines if line["part"] == "restricted"}
    assert restricted == {"notice", "legal_hold"}
    derived = {line["type"] for line in lines if line["part"] == "derived"}
    assert derived >= {"ledger", "people", "assessments"}
    assert _lines(client, "nobody") == []
    assert client.delete("/v1/accounts/of/two parts").status_code == 202
    assert client.get("/v1/erasures").json()["erasures"][0]["account"] == "of/two parts"


def _message(
    id_: str, sender: str, to: list[str], at: int, text: str | None = None
) -> dict[str, object]:
    return {
        "type": "message",
        "id": id_,
        "sender": sender,
        "recipients": to,
        "sent_at": at,
        "text": text,
    }


def test_the_command_line_exports_erases_and_holds(
    sqlite_settings: ServiceSettings, engine: Engine
) -> None:
    _send(sqlite_settings, engine, service_events(8), random.Random(8))
    _all_anew(sqlite_settings, engine)
    data = ["--data", str(sqlite_settings.data)]

    def run(*words: str) -> str:
        result = CliRunner().invoke(app, ["account", *words, *data])
        assert result.exit_code == 0, result.output
        return result.output

    assert '"type":"message"' in run("export", "a01")
    why = ["--reason", "court order", "--jurisdiction", "GB"]
    assert run("hold", "a01", *why) == "hold 1 stands\n"
    assert "court order" in run("holds", "--account", "a01")
    assert run("erase", "a01").startswith("to be erased")
    _all_anew(sqlite_settings, engine)
    assert "deferred" in run("erasures")
    assert run("lift", "1", "--reason", "over") == "hold 1 is lifted\n"
    _all_anew(sqlite_settings, engine)
    assert "\tdone\t" in run("erasures")
    assert run("export", "a01") == ""
