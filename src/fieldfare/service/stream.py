"""``fieldfare stream``: events from a Kafka topic into the journal, changes of band to another.

What enters: messages of a topic, each one record of the vocabulary as JSON, or several lines of
them. What leaves: entries of the journal, and messages about changes. How far a partition was read
is kept in the journal's own database, in the transaction that keeps its events: a process killed
anywhere reads nothing twice and passes over nothing. Where two consumers for a moment hold the same
partition, each message still counts once, by its id.

Changes are sent at least once, in order, with their number `seq`; a reader that passes over numbers
it has seen has each once. A broker never holds anything that the service needs.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import msgspec

from fieldfare.safeguards import shipped
from fieldfare.service.arrivals import Arrival, read
from fieldfare.service.content import ContentRule
from fieldfare.service.database import Database
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.state import TOLD, told
from fieldfare.vocabulary import FieldfareError, SettingsError

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Producer

    from fieldfare.language.annotate import LanguageModel

log = logging.getLogger("fieldfare.service")

MOST_MESSAGES: Final = 2_000
WAIT_SECONDS: Final = 0.2
MOST_CHANGES: Final = 1_000
FLUSH_SECONDS: Final = 30.0

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS stream_positions (
  topic TEXT NOT NULL,
  partition INTEGER NOT NULL,
  next BIGINT NOT NULL,
  PRIMARY KEY (topic, partition)
)
"""


@dataclass(frozen=True)
class KafkaSettings:
    """Where events come from, and where changes go."""

    brokers: str
    """``host:port``, several with commas."""
    topic: str
    group: str = "fieldfare"
    changes: str | None = None
    """Topic of the changes of band; None: they are not sent."""
    more: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Further properties of librdkafka, such as ``sasl.password``."""


@dataclass
class Streamed:
    """What one turn did."""

    messages: int = 0
    new: int = 0
    repeated: int = 0
    refused: int = 0
    changes: int = 0


class Stream:
    """Consumes events and produces changes. Not safe for several threads; close it."""

    def __init__(self, settings: ServiceSettings, kafka: KafkaSettings) -> None:
        try:
            import confluent_kafka
        except ImportError as error:
            raise SettingsError(
                "Kafka needs confluent-kafka; install it with: pip install 'fieldfare[kafka]'"
            ) from error
        self._settings, self._kafka = settings, kafka
        self._errors: type[Exception] = confluent_kafka.KafkaException
        self._partition = confluent_kafka.TopicPartition
        self._journal, self._state = settings.open_journal(writer=True), settings.open_state()
        self._journal.database.run(_TABLE)
        policy = settings.policy_file()
        self._content = ContentRule(
            settings.open_state(), shipped if policy is None else policy.current
        )
        common = {"bootstrap.servers": kafka.brokers, **kafka.more}
        try:
            self._consumer: Consumer = confluent_kafka.Consumer(
                {
                    "auto.offset.reset": "earliest",
                    **common,
                    "group.id": kafka.group,
                    "enable.auto.commit": False,
                }
            )
            self._producer: Producer | None = (
                confluent_kafka.Producer({**common, "enable.idempotence": True})
                if kafka.changes is not None
                else None
            )
        except (self._errors, ValueError, TypeError) as error:
            raise SettingsError(f"Kafka does not take these properties ({error})") from error
        self._consumer.subscribe([kafka.topic], on_assign=self._assigned)
        self._model: LanguageModel | None = None

    def turn(self) -> Streamed:
        """Take in what waits, and send what changed."""
        done = Streamed()
        if self._waiting() <= self._settings.most_waiting:
            self._take(done)
        else:
            # Kafka keeps the events meanwhile; it only has to hear that we are there.
            self._consumer.pause(self._consumer.assignment())
            self._consumer.poll(WAIT_SECONDS)
            self._consumer.resume(self._consumer.assignment())
        self._tell(done)
        return done

    def run(self, stopped: Callable[[], bool]) -> None:
        """Turn until stopped."""
        while not stopped():
            self.turn()

    def close(self) -> None:
        """Leave the group and close everything."""
        self._consumer.close()
        self._content.close()
        self._state.close()
        self._journal.close()

    def _take(self, done: Streamed) -> None:
        try:
            got: list[Any] = self._consumer.consume(MOST_MESSAGES, WAIT_SECONDS)
        except self._errors as error:
            raise FieldfareError(f"the stream cannot be read ({error})") from error
        good = [message for message in got if message.error() is None]
        for message in got:
            if message.error() is not None and message.error().fatal():
                raise FieldfareError(f"the stream cannot be read ({message.error().str()})")
        if not good:
            return
        arrival = self._read(good)
        positions = {(m.topic(), m.partition()): m.offset() + 1 for m in good}
        (appended,) = self._journal.append([arrival], lambda database: _keep(database, positions))
        done.messages = len(good)
        done.new, done.repeated = appended.new, appended.repeated
        done.refused = len(arrival.refused)

    def _read(self, messages: Sequence[Any]) -> Arrival:
        lines: list[bytes] = []
        origins: list[Any] = []
        for message in messages:
            found = _lines(message.value())
            lines += found
            origins += [message] * len(found)
        arrival = read(
            b"\n".join(lines),
            self._settings.text_use,
            self._language_model,
            content=self._content,
        )
        for complaint in arrival.refused:
            origin = origins[int(complaint.at.rpartition(" ")[2]) - 1]
            log.warning(
                "%s, partition %d, offset %d: %s",
                origin.topic(),
                origin.partition(),
                origin.offset(),
                complaint.what,
            )
        return arrival

    def _language_model(self) -> LanguageModel:
        from fieldfare.language.annotate import LanguageModel

        if self._model is None:
            self._model = LanguageModel.load()
        return self._model

    def _assigned(self, consumer: Consumer, partitions: Iterable[Any]) -> None:
        kept = {
            (topic, number): following
            for topic, number, following in self._journal.database.run(
                "SELECT topic, partition, next FROM stream_positions"
            )
        }
        found = []
        for each in partitions:
            following = kept.get((each.topic, each.partition))
            found.append(
                each
                if following is None
                else self._partition(each.topic, each.partition, following)
            )
        consumer.assign(found)

    def _waiting(self) -> int:
        return sum(
            self._journal.waiting(number, self._state.folded(number))
            for number in range(self._journal.partitions)
        )

    def _tell(self, done: Streamed) -> None:
        if self._producer is None or self._kafka.changes is None:
            return
        name = f"produced:{self._kafka.changes}"
        after = int(self._state.facts().get(name, "0"))
        rows = self._state.database.run(
            f"SELECT {TOLD} FROM changes WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, MOST_CHANGES),
        )
        for row in rows:
            self._producer.produce(
                self._kafka.changes, msgspec.json.encode(told(row)), key=row[1].encode()
            )
        if rows and self._producer.flush(FLUSH_SECONDS):
            # What is not known to be there is sent again.
            log.warning("%s: changes could not be sent; they are sent again", self._kafka.changes)
            self._producer.purge()
        elif rows:
            self._state.set_fact(name, str(rows[-1][0]))
            done.changes = len(rows)


def _keep(database: Database, positions: Mapping[tuple[str, int], int]) -> None:
    for (topic, partition), following in positions.items():
        database.run(
            "INSERT INTO stream_positions (topic, partition, next) VALUES (?, ?, ?)"
            " ON CONFLICT (topic, partition) DO UPDATE SET next = CASE"
            " WHEN excluded.next > stream_positions.next"
            " THEN excluded.next ELSE stream_positions.next END",
            (topic, partition, following),
        )


def _lines(value: bytes | None) -> list[bytes]:
    """The records of a message, a line each; a null message (a tombstone) has none."""
    if value is None:
        return []
    lines = [line for line in value.splitlines() if line.strip()]
    # An array would be read as that of a whole request.
    return [b"{" + line if line.lstrip().startswith(b"[") else line for line in lines]


def stream(settings: ServiceSettings, kafka: KafkaSettings) -> None:
    """Stream until SIGINT or SIGTERM."""
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    found = Stream(settings, kafka)
    try:
        found.run(stop.is_set)
    finally:
        found.close()
