"""The journal: what the service was told, each event once, in the order it was acknowledged.

What enters: arrivals. What leaves: numbered entries, by partition, from any number on. An entry is
durable when `append` returns; only then is anything acknowledged. Everything else the service
knows can be rebuilt from it.

A partition holds the events whose rows of the ledger belong to its accounts: an account is in
partition ``crc32(id) % partitions``. A message belongs to its sender. A connection or notice
concerns two accounts and stands in both their partitions; times of acts are minima, so that
nothing counts twice.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.service.announcements import Announcements
from fieldfare.service.appeals import Appeals
from fieldfare.service.arrivals import Arrival
from fieldfare.service.database import Database, Row
from fieldfare.service.erasures import Erasures
from fieldfare.service.protections import KeptCases, LegalHolds, OpenCases
from fieldfare.service.removal import Gone, without
from fieldfare.service.safeguard_counts import SafeguardCounts
from fieldfare.service.user_reports import UserReports
from fieldfare.vocabulary import SettingsError

VERSION: Final = "1"

REWRITTEN: Final = 200
"""Entries rewritten at a time, so that the worker is soon back at new events."""

OWNERS: Final = {
    "messages": ("sender",),
    "accounts": ("account",),
    "connections": ("account", "peer"),
    "notices": ("account", "peer"),
}
"""The columns whose accounts' partitions an event belongs to."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS journal (
  seq {serial},
  partition INTEGER NOT NULL,
  kind TEXT NOT NULL,
  received_at BIGINT NOT NULL,
  events INTEGER NOT NULL,
  body {blob} NOT NULL
);
CREATE INDEX IF NOT EXISTS journal_by_partition ON journal (partition, seq);
CREATE TABLE IF NOT EXISTS seen (key {blob} PRIMARY KEY, day INTEGER NOT NULL){without_rowid};
CREATE TABLE IF NOT EXISTS journal_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True)
class Entry:
    """Events of one kind, as they were told."""

    seq: int
    kind: str
    """``messages``, ``accounts``, ``connections`` or ``notices``."""
    events: pa.RecordBatch


@dataclass(frozen=True)
class Appended:
    """What came of an arrival."""

    new: int
    """Events that were not there before."""
    repeated: int
    last_seq: int
    """Number of the last entry; 0 where nothing was new."""


_DURABLE: Final = (
    Announcements,
    Appeals,
    Erasures,
    KeptCases,
    LegalHolds,
    OpenCases,
    SafeguardCounts,
    UserReports,
)


class Journal:
    """The journal in a database. `partitions` is fixed when it is made."""

    def __init__(self, database: Database, partitions: int = 1) -> None:
        self.database = database
        with database.transaction():
            database.run_script(_TABLES)
            # What is durable and does not follow from the journal.
            for kind in _DURABLE:
                kind(database).create()
            for name, value in (("version", VERSION), ("partitions", str(partitions))):
                database.run(
                    "INSERT INTO journal_facts VALUES (?, ?) ON CONFLICT (name) DO NOTHING",
                    (name, value),
                )
        facts: dict[str, str] = dict(database.run("SELECT name, value FROM journal_facts"))
        if facts["version"] != VERSION:
            raise SettingsError(
                f"the journal is of version {facts['version']}, this program reads {VERSION};"
                " use the program that wrote it"
            )
        self.partitions = int(facts["partitions"])

    def append(
        self, arrivals: Sequence[Arrival], also: Callable[[Database], object] = lambda _: None
    ) -> list[Appended]:
        """Keep what is new in some arrivals, and what `also` writes, all in one transaction.
        Durable on return."""
        day = int(time.time()) // 86_400
        with self.database.transaction():
            if self.database.kind == "postgresql":
                # Numbers must become visible in order, or a reader would pass over the late one.
                self.database.run("SELECT pg_advisory_xact_lock(7305807)")
            also(self.database)
            return [self._append(arrival, day) for arrival in arrivals]

    def _append(self, arrival: Arrival, day: int) -> Appended:
        new, repeated, last = 0, 0, 0
        for kind, batch in arrival.tables.items():
            if kind == "messages":
                unseen = self._unseen(arrival.keys, day)
                repeated += batch.num_rows - int(unseen.sum())
                batch = batch.filter(pa.array(unseen))
            new += batch.num_rows
            for partition, part in self._dealt(kind, batch):
                rows = self.database.run(
                    "INSERT INTO journal (partition, kind, received_at, events, body)"
                    " VALUES (?, ?, ?, ?, ?) RETURNING seq",
                    (partition, kind, time.time_ns() // 1000, part.num_rows, _packed(part)),
                )
                last = int(rows[0][0])
        return Appended(new, repeated, last)

    def _unseen(self, keys: Sequence[bytes], day: int) -> npt.NDArray[np.bool_]:
        statement = "INSERT INTO seen (key, day) VALUES (?, ?) ON CONFLICT (key) DO NOTHING"
        if self.database.kind == "sqlite":
            return np.array(
                [self.database.changed(statement, (key, day)) == 1 for key in keys], bool
            )
        rows = self.database.run(
            "INSERT INTO seen (key, day) SELECT key, ? FROM UNNEST(?::bytea[]) AS given (key)"
            " ON CONFLICT (key) DO NOTHING RETURNING key",
            (day, list(keys)),
        )
        left = {bytes(row[0]) for row in rows}
        found = np.zeros(len(keys), bool)
        for number, key in enumerate(keys):
            if key in left:
                # A key that stands twice in one request is new once.
                left.remove(key)
                found[number] = True
        return found

    def _dealt(self, kind: str, batch: pa.RecordBatch) -> Iterator[tuple[int, pa.RecordBatch]]:
        if not batch.num_rows:
            return
        if self.partitions == 1:
            yield 0, batch
            return
        owners = [partition_of(batch[column], self.partitions) for column in OWNERS[kind]]
        for partition in range(self.partitions):
            mine = np.logical_or.reduce([owner == partition for owner in owners])
            if mine.any():
                yield partition, batch.filter(pa.array(mine))

    def entries(self, partition: int, after: int, events: int = 20_000) -> list[Entry]:
        """The entries of a partition numbered above `after`, in order: some `events` of them."""
        ahead = self.database.run(
            "SELECT seq, events FROM journal WHERE partition = ? AND seq > ?"
            " ORDER BY seq LIMIT 2000",
            (partition, after),
        )
        if not ahead:
            return []
        # No more bodies are read than are given: what waits may be everything there is.
        last = _reached(ahead, events)
        rows = self.database.run(
            "SELECT seq, kind, body FROM journal WHERE partition = ? AND seq > ? AND seq <= ?"
            " ORDER BY seq",
            (partition, after, last),
        )
        return [Entry(seq, kind, _unpacked(body)) for seq, kind, body in rows]

    def newest_messages(self, senders: pa.Array, most: int) -> Iterator[pa.RecordBatch]:
        """Messages of the partitions in which these send, the newest entries first; some `most`
        messages of each partition."""
        for partition in sorted(set(partition_of(senders, self.partitions).tolist())):
            before, looked = self.last() + 1, 0
            while looked < most:
                rows = self.database.run(
                    "SELECT seq, events, body FROM journal"
                    " WHERE partition = ? AND seq < ? AND kind = 'messages'"
                    " ORDER BY seq DESC LIMIT ?",
                    (partition, before, REWRITTEN),
                )
                for seq, events, body in rows:
                    before, looked = seq, looked + events
                    yield _unpacked(body)
                if len(rows) < REWRITTEN:
                    break

    def later(
        self, after: int, kinds: Sequence[str], events: int
    ) -> Iterator[tuple[int, str, pa.RecordBatch | None]]:
        """The numbers of the entries of all partitions above `after`, in order, with their kind
        and the events of those of some kinds: some `events` of them at most."""
        ahead = self.database.run(
            "SELECT seq, kind, events FROM journal WHERE seq > ? ORDER BY seq LIMIT 500", (after,)
        )
        if not ahead:
            return
        last = _reached([(seq, count * (kind in kinds)) for seq, kind, count in ahead], events)
        bodies: dict[int, bytes] = {}
        if any(kind in kinds for seq, kind, _ in ahead if seq <= last):
            marks = ", ".join("?" * len(kinds))
            rows = self.database.run(
                f"SELECT seq, body FROM journal WHERE seq > ? AND seq <= ? AND kind IN ({marks})",
                (after, last, *kinds),
            )
            bodies = dict(rows)
        for seq, kind, _ in ahead:
            if seq <= last:
                yield seq, kind, _unpacked(bodies[seq]) if seq in bodies else None

    def first_after(self, partition: int, after: int) -> int | None:
        """The first entry of a partition numbered above `after`, if there is one."""
        ((seq,),) = self.database.run(
            "SELECT MIN(seq) FROM journal WHERE partition = ? AND seq > ?", (partition, after)
        )
        return None if seq is None else int(seq)

    def rewrite(self, partition: int, after: int, until: int, gone: Gone) -> int:
        """Take what is gone out of some entries of a partition numbered above `after` and no
        higher than `until`; the number of the last that was looked at, or `until`. Entries keep
        their numbers, and one that is empty is there no more."""
        rows = self.database.run(
            "SELECT seq, kind, body FROM journal WHERE partition = ? AND seq > ? AND seq <= ?"
            " ORDER BY seq LIMIT ?",
            (partition, after, until, REWRITTEN),
        )
        changed: list[tuple[int, bytes, int]] = []
        empty: list[tuple[int]] = []
        for seq, kind, body in rows:
            events = _unpacked(body)
            left = without(kind, events, gone)
            if not left.num_rows:
                empty.append((seq,))
            elif left is not events:
                changed.append((left.num_rows, _packed(left), seq))
        if changed or empty:
            with self.database.transaction():
                self.database.many("UPDATE journal SET events = ?, body = ? WHERE seq = ?", changed)
                self.database.many("DELETE FROM journal WHERE seq = ?", empty)
        return int(rows[-1][0]) if len(rows) == REWRITTEN else until

    def forget_ids(self, first_byte: int, days: int) -> None:
        """Of the messages seen whose digest begins so, forget those that came more than so many
        days ago: a 256th of the work at a time, since whoever appends waits meanwhile."""
        end = "" if first_byte == 255 else " AND key < ?"
        bounds = [bytes([each]) for each in (first_byte, first_byte + 1) if each < 256]
        self.database.run(
            f"DELETE FROM seen WHERE key >= ?{end} AND day < ?",
            (*bounds, int(time.time()) // 86_400 - days),
        )

    def fact(self, name: str) -> str | None:
        """Something to be remembered that is in no entry."""
        rows = self.database.run("SELECT value FROM journal_facts WHERE name = ?", (name,))
        return str(rows[0][0]) if rows else None

    def set_fact(self, name: str, value: str) -> None:
        """Put a fact in place of the one of that name."""
        self.database.run(
            "INSERT INTO journal_facts (name, value) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def last(self) -> int:
        """Number of the last entry, 0 where there is none."""
        return int(self.database.run("SELECT COALESCE(MAX(seq), 0) FROM journal")[0][0])

    def waiting(self, partition: int, after: int) -> int:
        """Events of a partition in the entries above `after`."""
        rows = self.database.run(
            "SELECT COALESCE(SUM(events), 0) FROM journal WHERE partition = ? AND seq > ?",
            (partition, after),
        )
        return int(rows[0][0])

    def close(self) -> None:
        self.database.close()


def partition_of(accounts: pa.Array, partitions: int) -> npt.NDArray[np.int64]:
    """The partition of each account."""
    coded = pc.dictionary_encode(accounts)
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    codes = np.array([zlib.crc32(name.encode()) for name in coded.dictionary.to_pylist()], np.int64)
    found: npt.NDArray[np.int64] = codes[coded.indices.to_numpy()] % partitions
    return found


def _reached(ahead: Sequence[Row], events: int) -> int:
    """Of entries, as (number, events), the one with which there are so many, or the last."""
    total = 0
    for seq, count in ahead:
        total += count
        if total >= events:
            return int(seq)
    return int(ahead[-1][0])


def _packed(batch: pa.RecordBatch) -> bytes:
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(sink, batch.schema, options=options) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _unpacked(body: bytes) -> pa.RecordBatch:
    with pa.ipc.open_stream(body) as reader:
        return reader.read_next_batch()
