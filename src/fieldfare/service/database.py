"""SQLite and PostgreSQL behind one small seam.

Statements are written once, with ``?`` for parameters and the few words below for what the two
say differently. SQLite needs nothing and serves one machine; PostgreSQL (extra ``postgres``)
serves several processes.
"""

from __future__ import annotations

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import msgspec
import pyarrow as pa

from fieldfare.vocabulary import FieldfareError, SettingsError

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]

WAIT_MILLISECONDS = 30_000
"""How long SQLite waits for another writer."""


CACHE_MIB = 4
"""What SQLite keeps of a file in memory, a connection. Whoever reads beside another that writes
loses it with every commit of that, so that more would be held in vain;"""
WRITER_CACHE_MIB = 64
"""and where one writes most of a file, into indices that are in no order."""


NUL = "a value that the database cannot hold, such as a NUL character"


class NotStorableError(FieldfareError):
    """A value that the database cannot hold."""


class Database(ABC):
    """A connection. Used by one thread at a time."""

    kind: ClassVar[str]
    types: ClassVar[dict[pa.DataType, str]]
    serial: ClassVar[str]
    """Type of a key that counts up by itself."""
    blob: ClassVar[str]

    @abstractmethod
    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """Run a statement; the rows it gives, if any."""

    def run_script(self, script: str) -> None:
        """Run statements separated by semicolons, none of which holds one itself. ``{serial}``,
        ``{blob}`` and ``{without_rowid}`` in them are what this database says for it."""
        said = script.format(
            serial=self.serial,
            blob=self.blob,
            without_rowid=" WITHOUT ROWID" if self.kind == "sqlite" else "",
        )
        for statement in filter(str.strip, said.split(";")):
            self.run(statement)

    @abstractmethod
    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it changed."""

    @abstractmethod
    def many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run a statement once a row."""

    @abstractmethod
    def insert(self, name: str, rows: pa.Table, conflict: str) -> None:
        """Insert rows, with an ON CONFLICT clause for those whose keys are there."""

    @abstractmethod
    def one_of(self, column: str) -> str:
        """A table expression of one column, from one parameter made with `listed`."""

    @abstractmethod
    def listed(self, values: Sequence[str]) -> Any:
        """Many strings as one parameter."""

    @abstractmethod
    def pairs(self, first: str, second: str) -> str:
        """A table expression of two columns, from the parameters made with `listed_pairs`."""

    @abstractmethod
    def listed_pairs(self, pairs: Sequence[tuple[str, str]]) -> tuple[Any, ...]:
        """Many pairs of strings as parameters."""

    @abstractmethod
    def begin(self) -> None:
        """Begin a transaction that is going to write."""

    @abstractmethod
    def commit(self) -> None: ...

    @abstractmethod
    def rollback(self) -> None: ...

    def careful(self, on: bool) -> None:  # noqa: B027  # a server sees to both by itself
        """While on, every commit is on the disk when it returns."""

    def scrub(self) -> None:  # noqa: B027
        """Let nothing that was deleted or changed remain in the files, as far as is ours to do."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; durable when the block has ended."""
        self.begin()
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def table(self, schema: pa.Schema, query: str, parameters: Sequence[Any] = ()) -> pa.Table:
        """The rows of a query, whose columns are those of the schema, in order."""
        rows = self.run(query, parameters)
        if not rows:
            return schema.empty_table()
        columns = zip(*rows, strict=True)
        return pa.table(
            [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)],
            schema=schema,
        )

    def create(self, name: str, schema: pa.Schema, keys: Sequence[str]) -> None:
        """Create a table of these columns unless it is there."""
        columns = [
            f"{field.name} {self.types[field.type]}{' NOT NULL' * (field.name in keys)}"
            for field in schema
        ]
        self.run(
            f"CREATE TABLE IF NOT EXISTS {name} ({', '.join(columns)},"
            f" PRIMARY KEY ({', '.join(keys)})){self._table_end}"
        )

    _table_end: ClassVar[str] = ""


class SQLite(Database):
    """A file. WAL, so that readers and the one writer do not wait for one another."""

    kind = "sqlite"
    types: ClassVar = {
        pa.string(): "TEXT",
        pa.int64(): "INTEGER",
        pa.int32(): "INTEGER",
        pa.float64(): "REAL",
    }
    serial = "INTEGER PRIMARY KEY AUTOINCREMENT"
    blob = "BLOB"
    _table_end = " WITHOUT ROWID"

    def __init__(self, path: Path, *, durable: bool, cache_mib: int = CACHE_MIB) -> None:
        """`durable`: a commit is on the disk when it returns. Without, the last commits may be
        undone by a power failure, in order, and never in part."""
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, cached_statements=256
            )
            self.run(f"PRAGMA busy_timeout = {WAIT_MILLISECONDS}")
            self.run("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise FieldfareError(f"{path}: cannot be opened as a database ({error})") from error
        self._usual = "FULL" if durable else "NORMAL"
        self.careful(False)
        self.run(f"PRAGMA cache_size = -{1024 * cache_mib}")
        # What was deleted is overwritten, or an erased account would be found in the file.
        self.run("PRAGMA secure_delete = ON")

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._connection.execute(statement, parameters).fetchall()

    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        return self._connection.execute(statement, parameters).rowcount

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        self._connection.executemany(statement, rows)

    def insert(self, name: str, rows: pa.Table, conflict: str) -> None:
        marks = ", ".join("?" * rows.num_columns)
        self.many(
            f"INSERT INTO {name} ({', '.join(rows.schema.names)}) VALUES ({marks}) {conflict}",
            list(zip(*(column.to_pylist() for column in rows.columns), strict=True)),
        )

    def one_of(self, column: str) -> str:
        return f"(SELECT value AS {column} FROM json_each(?))"

    def listed(self, values: Sequence[str]) -> Any:
        if any("\0" in value for value in values):
            # It would be cut off there, and be another's.
            raise NotStorableError(NUL)
        return msgspec.json.encode(values).decode()

    def pairs(self, first: str, second: str) -> str:
        return f"(SELECT value ->> 0 AS {first}, value ->> 1 AS {second} FROM json_each(?))"

    def listed_pairs(self, pairs: Sequence[tuple[str, str]]) -> tuple[Any, ...]:
        return (msgspec.json.encode(pairs).decode(),)

    def begin(self) -> None:
        self.run("BEGIN IMMEDIATE")

    def commit(self) -> None:
        self.run("COMMIT")

    def rollback(self) -> None:
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def careful(self, on: bool) -> None:
        self.run(f"PRAGMA synchronous = {'FULL' if on else self._usual}")

    def scrub(self) -> None:
        self.run("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        self._connection.close()


class PostgreSQL(Database):
    """A server, by its URL. Tested with PostgreSQL 15."""

    kind = "postgresql"
    types: ClassVar = {
        pa.string(): 'TEXT COLLATE "C"',
        pa.int64(): "BIGINT",
        pa.int32(): "INTEGER",
        pa.float64(): "DOUBLE PRECISION",
    }
    serial = "BIGSERIAL PRIMARY KEY"
    blob = "BYTEA"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError as error:
            raise SettingsError(
                "PostgreSQL needs psycopg; install it with: pip install 'fieldfare[postgres]'"
            ) from error
        self._not_storable = psycopg.DataError
        try:
            self._connection: psycopg.Connection[Row] = psycopg.connect(url, autocommit=True)
        except psycopg.OperationalError as error:
            # The URL may hold a password; the server's words do not.
            first = str(error).strip().splitlines()[0]
            raise FieldfareError(f"the database cannot be reached ({first})") from error

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> list[Row]:
        cursor = self._execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []

    def changed(self, statement: str, parameters: Sequence[Any] = ()) -> int:
        return self._execute(statement, parameters).rowcount

    def _execute(self, statement: str, parameters: Sequence[Any]) -> psycopg.Cursor[Row]:
        try:
            return self._connection.execute(_percent(statement), parameters)
        except self._not_storable as error:
            raise NotStorableError(NUL) from error

    def many(self, statement: str, rows: Sequence[Row]) -> None:
        if rows:
            with self._connection.cursor() as cursor:
                cursor.executemany(_percent(statement), rows)

    def insert(self, name: str, rows: pa.Table, conflict: str) -> None:
        # One statement with a list a column: ten times as fast as a statement a row.
        if rows.num_rows:
            lists = ", ".join(f"?::{_ELEMENT[kind]}[]" for kind in rows.schema.types)
            self.run(
                f"INSERT INTO {name} ({', '.join(rows.schema.names)})"
                f" SELECT * FROM UNNEST({lists}) {conflict}",
                [column.to_pylist() for column in rows.columns],
            )

    def one_of(self, column: str) -> str:
        return f"(SELECT UNNEST(?::text[]) AS {column})"

    def listed(self, values: Sequence[str]) -> Any:
        return list(values)

    def pairs(self, first: str, second: str) -> str:
        return f"(SELECT * FROM UNNEST(?::text[], ?::text[]) AS given ({first}, {second}))"

    def listed_pairs(self, pairs: Sequence[tuple[str, str]]) -> tuple[Any, ...]:
        return ([first for first, _ in pairs], [second for _, second in pairs])

    def begin(self) -> None:
        self.run("BEGIN")

    def commit(self) -> None:
        self.run("COMMIT")

    def rollback(self) -> None:
        if not self._connection.closed:
            self.run("ROLLBACK")

    def close(self) -> None:
        self._connection.close()


_ELEMENT = {
    pa.string(): "text",
    pa.int64(): "bigint",
    pa.int32(): "integer",
    pa.float64(): "double precision",
}


def _percent(statement: str) -> str:
    return statement.replace("?", "%s")
