"""Rows out of an SQLite database that is evidence.

What enters: a member of a place. What leaves: rows of its tables, and a Problem for what the
database itself says is damaged. A file is opened as it lies, never changed and never locked; out
of a ZIP, a copy is read that is deleted afterwards. Only tables are read: nothing that a hostile
schema defines (views, triggers, functions) is run.

References: sqlite.org/uri.html (``immutable``), sqlite.org/security.html.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fieldfare.sources.decoding import MAX_STRING
from fieldfare.sources.place import FilePlace, FolderPlace, GzipPlace, Member, PartPlace, Place
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary import InputError

MAGIC = b"SQLite format 3\x00"

DAMAGED = "the database is damaged here; what can be read around it was read"
LOG_BESIDE = "changes not yet written into the database (a -wal file beside it); not read"
BLOCK = 1024 * 1024

Row = dict[str, Any]


def is_database(place: Place, member: Member) -> bool:
    """Whether a member begins as an SQLite database does."""
    try:
        return place.head(member, len(MAGIC)) == MAGIC
    except InputError:
        return False


class Database:
    """An open database that can only be read."""

    def __init__(self, connection: sqlite3.Connection, note: Callable[[str], None]) -> None:
        self._connection, self._note = connection, note
        self._columns: dict[str, list[str]] = {}

    def columns(self, table: str) -> list[str]:
        """The columns of a table; none where there is no table (or it is a view)."""
        if table not in self._columns:
            self._columns[table] = self._find_columns(table)
        return self._columns[table]

    def _find_columns(self, table: str) -> list[str]:
        try:
            known = self._connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
            ).fetchone()[0]
            if not known:
                return []
            return [
                str(row[0])
                for row in self._connection.execute(
                    "SELECT name FROM pragma_table_info(?)", (table,)
                )
            ]
        except (sqlite3.Error, ValueError, OverflowError):
            self._note(table)
            return []

    def rows(self, table: str, wanted: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
        """Yield (rowid, row) with the wanted columns, by rowid; null for a column that this
        version of the schema does not have. Around a damaged page, what stands before it comes
        first, then what stands behind it, from the end backwards."""
        known = self.columns(table)
        if not known:
            return
        chosen = ", ".join(
            f"{_quoted(name)} AS {_quoted(name)}" if name in known else f"NULL AS {_quoted(name)}"
            for name in wanted
        )
        # A rowid is NULL in a table without one; no archive's table of messages is such.
        query = f"SELECT rowid AS _row, {chosen} FROM {_quoted(table)} ORDER BY rowid"
        last = -(2**63)
        try:
            for row in self._connection.execute(query):
                last = row[0]
                yield last, dict(zip(wanted, row[1:], strict=True))
        except (sqlite3.Error, ValueError, OverflowError, TypeError):
            self._note(f"{table} {max(last, 0) + 1}")
            yield from self._behind(query, last, wanted)

    def _behind(self, query: str, last: int, wanted: tuple[str, ...]) -> Iterator[tuple[int, Row]]:
        try:
            for row in self._connection.execute(f"{query} DESC"):
                if row[0] <= last:
                    return
                yield row[0], dict(zip(wanted, row[1:], strict=True))
        except (sqlite3.Error, ValueError, OverflowError, TypeError):
            return

    def looks_whole(self) -> bool:
        """What the database finds when it checks itself."""
        try:
            return bool(self._connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
        except (sqlite3.Error, ValueError, OverflowError, TypeError):
            return False


@contextmanager
def opened(place: Place, member: Member, problems: Problems) -> Iterator[Database]:
    """A member as a database. Raises InputError where it is none that can be opened."""
    path = _on_disk(place, member)
    if path is None:
        with tempfile.TemporaryDirectory(prefix="fieldfare-") as folder:
            copy = Path(folder) / "evidence.db"
            with place.open(member) as packed, copy.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked, BLOCK)
            with _connected(copy, place, member, problems) as database:
                yield database
        return
    if path.with_name(f"{path.name}-wal").exists():
        problems.add(place, LOG_BESIDE, member=member.name)
    with _connected(path, place, member, problems) as database:
        yield database


@contextmanager
def _connected(path: Path, place: Place, member: Member, problems: Problems) -> Iterator[Database]:
    def note(locator: str) -> None:
        problems.add(place, DAMAGED, member=member.name, locator=locator)

    try:
        # immutable: neither locks nor journals are made beside the evidence.
        uri = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
        connection = sqlite3.connect(uri, uri=True)
    except sqlite3.Error as error:
        raise InputError(f"{place}: not a database that can be opened; copy it again") from error
    with closing(connection):
        try:
            connection.text_factory = lambda data: data.decode("utf-8", "replace")
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_STRING)
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise InputError(f"{place}: the database is damaged; copy it again") from error
        database = Database(connection, note)
        if not database.looks_whole():
            note("the whole")
        yield database


def _on_disk(place: Place, member: Member) -> Path | None:
    """Where a member lies as it is; None where it has to be unpacked."""
    if isinstance(place, FolderPlace):
        return place.path / member.name
    if isinstance(place, FilePlace) and not isinstance(place, GzipPlace | PartPlace):
        return place.path
    return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
