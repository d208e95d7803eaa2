"""The client against the service itself."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fieldfare.client import (
    ClientError,
    NotAllowedError,
    NotUnderstoodError,
    UnavailableError,
)
from fieldfare.lab.service_trials import Server
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import Account, Message, Notice, SettingsError
from tests.client.conftest import Open, serving
from tests.service.asking import offender, settle, token

AT = datetime(2026, 3, 1, 20, tzinfo=UTC)


def _secret(settings: ServiceSettings, *scopes: str) -> str:
    return token(settings, *scopes)["Authorization"].removeprefix("Bearer ")


def _message(number: int) -> dict[str, object]:
    return {
        "type": "message",
        "id": f"m{number}",
        "sender": "x",
        "recipients": ["mira"],
        "sent_at": AT,
    }


def test_events_go_out_in_batches_and_problems_are_named_by_place(
    settings: ServiceSettings, opened: Open
) -> None:
    events: list[object] = [
        Account(id="mira", age=12, age_source="verified"),
        Message(id="first", sender="x", recipients=("mira",), sent_at="2026-03-01T20:00:00Z"),
        *(_message(number) for number in range(2_500)),
    ]
    events[1_700] = {"type": "message", "id": "no sender"}
    events[2_100] = {"type": "account", "id": "y", "age": 400}
    with serving(settings) as url:
        client = opened(url, _secret(settings))
        taken = client.send(events)
        assert (taken.received, taken.new, taken.repeated) == (2_502, 2_501, 0)
        assert [problem.number for problem in taken.refused] == [1_700]
        assert [problem.number for problem in taken.doubtful] == [2_100]
        again = client.send(iter(events[1:1_001]))
        assert (again.new, again.repeated) == (0, 1_000)
        assert client.send([]).received == 0
        nothing = client.send([{"type": "message"}])
        assert nothing.new == 0
        assert len(nothing.refused) == 1


def test_decisions_assessments_and_changes(settings: ServiceSettings, opened: Open) -> None:
    with serving(settings) as url:
        client = opened(url, _secret(settings))
        client.send(offender(12))
        client.notify(
            [Notice(kind="report", account="child1", peer="adult", at="2026-03-01T20:00Z")]
        )
        settle(settings)
        answer = client.decide("adult", ["child0", "someone"], languages={"child0": "de"})
        assert [decision.recipient for decision in answer.decisions] == ["child0", "someone"]
        assert answer.decisions[0].verdict != "deliver"
        found = client.assessment("adult")
        assert found.band in ("alert", "urgent")
        assert found.history[-1].band == found.band
        assert found.as_of.tzinfo is not None
        assert any("12 children" in reason.sentence for reason in found.reasons)
        assert client.assessment("nobody/at all?") is None
        every = list(client.assessments(page_size=1))
        assert every[0].account == "adult"
        assert len({each.account for each in every}) == len(every)
        assert [each.account for each in client.assessments("alert")] == ["adult"]
        changes = list(client.changes(follow=False))
        assert changes[-1].account == "adult"
        assert list(client.changes(changes[-1].seq, follow=False)) == []
        assert next(iter(client.changes())) == changes[0]


def test_what_cannot_be_asked_says_so_at_once(settings: ServiceSettings, opened: Open) -> None:
    with serving(settings) as url:
        reader = opened(url, _secret(settings, "assessments:read"))
        with pytest.raises(NotAllowedError, match="events:write"):
            reader.send([_message(1)])
        with pytest.raises(NotAllowedError):
            list(opened(url, "ff_nothing").changes())
        with pytest.raises(NotUnderstoodError, match="no such band"):
            list(reader.assessments("frightful"))
        with pytest.raises(NotUnderstoodError) as error:
            reader.send([{"type": "message", "id": object(), "text": "see you at school"}])
        assert "school" not in str(error.value)
        with pytest.raises(NotUnderstoodError, match="as a list"):
            reader.send({"type": "account", "id": "mira"})
        with pytest.raises(NotUnderstoodError, match="as a list"):
            reader.decide("x", "mira")
    with pytest.raises(UnavailableError):
        opened(url, "ff_x", patience=0.0).send([_message(1)])
    with pytest.raises(UnavailableError):
        opened(url, "ff_x").decide("x", ["mira"])
    with pytest.raises(SettingsError, match="not an address"):
        opened("localhost:8080", "ff_x")
    assert issubclass(UnavailableError, ClientError)


def test_a_busy_service_is_waited_for_and_no_longer_than_the_patience(
    settings: ServiceSettings, opened: Open
) -> None:
    secret = _secret(settings)
    with serving(replace(settings, requests_per_second=1.0)) as url:
        client = opened(url, secret)
        assert [client.send([_message(number)]).new for number in range(2)] == [1, 1]
        with pytest.raises(UnavailableError, match="429"):
            for number in range(2, 5):
                opened(url, secret, patience=0.0).send([_message(number)])


def test_batches_that_are_too_long_are_halved(settings: ServiceSettings, opened: Open) -> None:
    secret = _secret(settings)
    with serving(replace(settings, most_body_bytes=1_000)) as url:
        client = opened(url, secret)
        events = [_message(number) for number in range(40)]
        del events[33]["sender"]
        taken = client.send(events)
        assert taken.new == 39
        assert [problem.number for problem in taken.refused] == [33]
        with pytest.raises(NotUnderstoodError, match="413"):
            client.send([_message(1) | {"text": "x" * 2_000}])


def test_a_service_that_is_killed_is_waited_for(settings: ServiceSettings, opened: Open) -> None:
    server = Server(settings)
    server.make_token()
    server.start()
    client = opened(f"http://127.0.0.1:{server.port}", server.token)
    assert client.send(offender(8)).new > 0
    server.settle()
    changes = client.changes()
    first = next(changes)
    server.kill()
    again = threading.Thread(target=server.start)
    again.start()
    try:
        assert client.send([_message(1)]).new == 1
        client.send(_another(offender(9)))
        after = next(change for change in changes if change.account == "another")
        assert after.seq > first.seq
    finally:
        again.join()
        server.stop()


def _another(events: list[dict[str, object]]) -> list[dict[str, object]]:
    """The same by another adult."""
    return [
        {key: "another" if value == "adult" else value for key, value in event.items()}
        | ({"id": f"another's {event['id']}"} if event["type"] == "message" else {})
        for event in events
    ]
