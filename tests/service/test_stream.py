"""Kafka, on the brokers that librdkafka itself mocks: no real one is to be had in a test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from fieldfare.service.journal import Journal
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.stream import KafkaSettings, Stream, Streamed
from fieldfare.vocabulary import FieldfareError
from tests.service.asking import offender, settle

GROUPS = (f"group {number}" for number in itertools.count())
"""Each consumer's own: the mock forgets one that left after 45 seconds only."""


@dataclass
class Kafka:
    """A mocked cluster, which lives as long as its producer."""

    producer: Producer
    brokers: str

    def send(self, topic: str, values: Sequence[bytes | None], partition: int = 0) -> None:
        for value in values:
            self.producer.produce(topic, value, partition=partition)
        assert self.producer.flush(30) == 0


@pytest.fixture(scope="module")
def kafka() -> Iterator[Kafka]:
    producer = Producer(
        {"test.mock.num.brokers": 1, "bootstrap.servers": "unused:1", "log_level": 0}
    )
    broker = next(iter(producer.list_topics(timeout=30).brokers.values()))
    yield Kafka(producer, f"{broker.host}:{broker.port}")


def _drain(stream: Stream, messages: int) -> Streamed:
    """Turn until so many messages were seen."""
    whole = Streamed()
    for _ in range(600):
        done = stream.turn()
        for name in ("messages", "new", "repeated", "refused", "changes"):
            setattr(whole, name, getattr(whole, name) + getattr(done, name))
        if whole.messages >= messages:
            return whole
    raise AssertionError(f"{whole.messages} of {messages} messages in time")


def _encoded(events: Sequence[dict[str, object]]) -> list[bytes | None]:
    return [json.dumps(event).encode() for event in events]


def _journal_events(settings: ServiceSettings) -> int:
    journal = settings.open_journal()
    ((events,),) = journal.database.run("SELECT SUM(events) FROM journal WHERE kind = 'messages'")
    journal.close()
    return int(events or 0)


def test_events_come_once_and_changes_go_out(
    sqlite_settings: ServiceSettings, kafka: Kafka
) -> None:
    events = _encoded(offender(12))
    kafka.send("one", events)
    wanted = KafkaSettings(kafka.brokers, "one", next(GROUPS), changes="one-changes")
    stream = Stream(sqlite_settings, wanted)
    done = _drain(stream, len(events))
    assert (done.new, done.repeated, done.refused) == (len(events), 0, 0)
    settle(sqlite_settings)
    assert stream.turn().changes > 0
    assert stream.turn().changes == 0
    stream.close()
    (change, *_) = _received(kafka, "one-changes")
    assert (change["account"], change["band_before"]) == ("adult", "none")
    # Another process goes on where this one was, though the broker knows of no position.
    kafka.send("one", [json.dumps({"type": "account", "id": "later"}).encode()])
    again = Stream(sqlite_settings, replace(wanted, group=next(GROUPS)))
    assert _drain(again, 1) == Streamed(messages=1, new=1)
    again.close()


def test_what_is_no_record_is_counted_and_costs_nothing(
    sqlite_settings: ServiceSettings, kafka: Kafka, caplog: pytest.LogCaptureFixture
) -> None:
    good = _encoded(offender(2))
    bad: list[bytes | None] = [b"see you at school", b"[1, 2", b"[]", None, b"", b"\xff\xfe"]
    kafka.send(
        "two", [*bad, *good, b'{"type":"message","sender":"x"}', b"\n".join(filter(None, good))]
    )
    stream = Stream(sqlite_settings, KafkaSettings(kafka.brokers, "two", next(GROUPS)))
    done = _drain(stream, len(bad) + len(good) + 2)
    stream.close()
    assert done.refused == 5
    assert _journal_events(sqlite_settings) == 6
    assert "two, partition 0, offset 1:" in caplog.text
    assert "school" not in caplog.text


def test_a_process_that_dies_before_it_has_committed_has_read_nothing(
    settings: ServiceSettings, kafka: Kafka, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = f"three-{settings.database is None}"
    events = _encoded(offender(3))
    kafka.send(topic, events)
    stream = Stream(settings, KafkaSettings(kafka.brokers, topic, next(GROUPS)))
    whole = Journal._append

    def dies(self: Journal, *arguments: Any) -> Any:
        whole(self, *arguments)
        raise FieldfareError("the process is gone")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_append", dies)
        with pytest.raises(FieldfareError, match="gone"):
            _drain(stream, len(events))
    stream.close()
    assert _journal_events(settings) == 0
    again = Stream(settings, KafkaSettings(kafka.brokers, topic, next(GROUPS)))
    done = _drain(again, len(events))
    again.close()
    assert (done.new, done.repeated) == (len(events), 0)
    assert _journal_events(settings) == 9


def _received(kafka: Kafka, topic: str) -> list[dict[str, Any]]:
    consumer = Consumer(
        {
            "bootstrap.servers": kafka.brokers,
            "group.id": "reader",
        }
    )
    consumer.assign([TopicPartition(topic, number, 0) for number in range(4)])
    for _ in range(300):
        found = [m for m in consumer.consume(100, 0.2) if m.error() is None]
        if found:
            consumer.close()
            return [json.loads(message.value() or b"") for message in found]
    raise AssertionError("nothing came")
