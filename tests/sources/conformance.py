"""What every reader must do, as functions the tests of `test_conformance` ask.

`outcome` reads a path and looks at everything that must hold of any reading, whatever was read:
schemas, times, recipients, origins, and that no problem or error quotes a message.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.sources.place import Member, Place, Refused, open_place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import read_paths
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.schemas import TABLES
from fieldfare.vocabulary.times import EARLIEST, LATEST
from tests.sources.fixtures import Fixture

Batches = list[tuple[str, pa.RecordBatch]]


@dataclass
class Outcome:
    """What came of reading a path."""

    batches: Batches
    problems: Problems
    error: InputError | None

    @property
    def messages(self) -> list[dict[str, Any]]:
        return self.rows("messages")

    def rows(self, table: str) -> list[dict[str, Any]]:
        return [row for name, batch in self.batches if name == table for row in batch.to_pylist()]

    @property
    def spoke(self) -> bool:
        """True where something was said about what is missing."""
        return self.error is not None or self.problems.total > 0

    @property
    def said(self) -> str:
        """Every word of the problems and the error."""
        kept = [str(problem) for some in self.problems.samples.values() for problem in some]
        return "\n".join([*kept, str(self.error or "")])


def outcome(path: Path, options: ReadOptions, texts: frozenset[str] = frozenset()) -> Outcome:
    """Read a path; only InputError may be raised. `texts` must not be quoted anywhere."""
    found = Outcome([], Problems(), None)
    try:
        for table, batch in read_paths([path], options, found.problems):
            found.batches.append((table, batch))
    except InputError as error:
        found.error = error
    check(found)
    for text in texts:
        assert text not in found.said, "a problem or an error quotes a message"
    assert "\n" not in str(found.error or ""), "an error is one line"
    return found


def check(found: Outcome) -> None:
    """What holds of everything that any reader yields."""
    for table, batch in found.batches:
        assert batch.schema == TABLES[table]
        assert batch.num_rows > 0
        batch.validate(full=True)
    for message in found.messages:
        assert message["sender"]
        assert message["sender"] not in message["recipients"]
        assert all(message["recipients"])
        assert len(set(message["recipients"])) == len(message["recipients"])
        assert EARLIEST <= message["sent_at"] <= LATEST
        assert message["kind"] in ("private", "group")
        origin = message["origin"]
        assert origin["source"]
        assert origin["locator"]
        assert origin["tz_basis"] in ("utc", "offset", "assumed", "unknown")


def texts_of(messages: list[dict[str, Any]]) -> frozenset[str]:
    """Texts long enough to be recognised if something quotes them."""
    return frozenset(row["text"] for row in messages if len(row["text"] or "") > 6)


def comparable(found: Outcome) -> list[tuple[str, dict[str, Any]]]:
    """Every row without the names of its source and member, which a ZIP changes."""
    rows = []
    for table, batch in found.batches:
        for row in batch.to_pylist():
            origin = {**row["origin"], "source": "", "member": ""}
            rows.append((table, {**row, "origin": origin}))
    return rows


def resolves(origin: dict[str, Any]) -> bool:
    """Whether there is something at an origin's locator."""
    place = open_place(Path(origin["source"]))
    member = next(m for m in place.members if m.name == origin["member"])
    data = place.read(member)
    unit, _, number = origin["locator"].partition(" ")
    if unit == "line":
        return bool(data.split(b"\n")[int(number) - 1].strip())
    if unit == "row" and data.startswith(b"PAR1"):
        return 1 <= int(number) <= int(pq.ParquetFile(io.BytesIO(data)).metadata.num_rows)
    if unit == "row":
        rows = [row for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) if row]
        return 2 <= int(number) <= len(rows)
    if data.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.deserialize(data)
            found = connection.execute(f"SELECT 1 FROM {unit} WHERE rowid = ?", (int(number),))
            return found.fetchone() is not None
    if data.lstrip().startswith(b"<"):
        return data.count(f"<{unit} ".encode()) >= int(number) >= 1
    value = json.loads(data.decode("utf-8-sig"))
    steps = re.findall(r'("(?:[^"\\]|\\.)*")|([^.\[\]"]+)|\[(\d+)\]', origin["locator"])
    for quoted, key, index in steps:
        value = value[json.loads(quoted) if quoted else key or int(index)]
    return isinstance(value, dict)


class CountingPlace(Place):
    """A place with endless members among many others, that counts what is read of it."""

    def __init__(self, inner: Place, others: int) -> None:
        super().__init__(inner.path)
        self.inner, self.others, self.bytes, self.opened = inner, others, 0, 0

    def _list(self) -> tuple[tuple[Member, ...], Refused]:
        # A single file stays one: nothing stands beside it.
        extra = (
            ()
            if self.inner.single
            else tuple(Member(f"zz/photo_{number}.jpg", 1_000_000) for number in range(self.others))
        )
        return tuple(sorted((*self.inner.members, *extra), key=lambda m: m.name)), {}

    @property
    def single(self) -> Member | None:
        return self.inner.single

    def name_of(self, member: Member) -> str:
        return self.inner.name_of(member)

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        self.opened += 1
        data = b"\xff\xd8\xff\xe0"
        if member in self.inner.members:
            with self.inner.open(member) as stream:
                data = stream.read()
        with io.BufferedReader(_Endless(data, self), 4096) as stream:
            yield stream


class _Endless(io.RawIOBase):
    """A member's bytes, then lines without end."""

    def __init__(self, data: bytes, counter: CountingPlace) -> None:
        self._data, self._counter = data, counter

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        size = len(buffer)
        data = self._data[:size].ljust(size, b"\n")
        self._data = self._data[size:]
        self._counter.bytes += size
        assert self._counter.bytes < 1 << 28, "detect reads without end"
        buffer[:] = data
        return size


def wrong_values(value: Any) -> Iterator[Any]:
    """The JSON value with one thing in it replaced, or one field left out, at a time.

    No item of a list is left out and no list is emptied: what remains then is whole, and nothing
    can tell that there was more.
    """
    hostile: tuple[Any, ...] = (
        *(None, True, 7, -1, 10**30, 1e300, "", "x\x00"),
        *([], [None], {}, {"x": {}}, [[[[7]]]]),
    )
    for path in list(_paths(value)):
        for other in (*hostile, _GONE):
            copy = json.loads(json.dumps(value))
            at = copy
            for key in path[:-1]:
                at = at[key]
            if isinstance(at[path[-1]], list) and other == []:
                continue
            if other is not _GONE:
                at[path[-1]] = other
            elif isinstance(at, dict):
                del at[path[-1]]
            else:
                continue
            yield copy


_GONE = object()


def _paths(value: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if isinstance(value, dict):
        inner: Any = value.items()
    elif isinstance(value, list):
        inner = enumerate(value)
    else:
        return
    for key, item in inner:
        yield (*before, key)
        yield from _paths(item, (*before, key))


def path_of(fixture: Fixture, folder: Path) -> Path:
    """Write a fixture in its own form, a file or a folder; its path."""
    from tests.sources.fixtures import as_file, as_folder

    return (as_file if fixture.single else as_folder)(fixture.files, folder)
