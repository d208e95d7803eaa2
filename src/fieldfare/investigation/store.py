"""A case: one folder, readable by its owner alone, with one database.

The database is not encrypted (DuckDB's own writes need an extension it would fetch): keep the
folder on an encrypted disk. One process at a time has it open.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.resources import files
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self, get_args

import duckdb
import pyarrow as pa

from fieldfare.vocabulary import InputError, SettingsError

DATABASE: Final = "investigation.duckdb"
FOLDER: Final = "investigations"
"""Where cases lie, below the folder of data."""

MEMORY_LIMIT: Final = "800MB"
"""Of the database: above it, it goes to disk. The interpreter, the models of language and what the
database does not count take as much again."""

_AT_ONCE: Final = 10_000
"""Rows taken from a long answer at a time."""

Parameters = Sequence[Any] | Mapping[str, Any]
"""Values for a query, by place (``?``) or by name (``$name``)."""

Verdict = Literal["child", "not_child", "unsure"]
VERDICTS: Final[tuple[str, ...]] = get_args(Verdict)

_NAME = re.compile(r"[\w][\w .-]{0,79}")


class Investigation:
    """One case. Close it, or use it in a ``with`` statement: what it began is gone where that ends
    in an error before anything was read."""

    def __init__(
        self, folder: Path, connection: duckdb.DuckDBPyConnection, *, begun: bool = False
    ) -> None:
        """`begun`: there was no such case before."""
        self.folder = folder
        self.connection = connection
        self._begun = begun

    @staticmethod
    def folder_of(data: Path, name: str) -> Path:
        """The folder of a case by its name. Raises SettingsError for a name that is none."""
        if not _NAME.fullmatch(name) or name.endswith("."):
            raise SettingsError(
                f"--case {name}: give it a name of letters, digits, spaces, dots and dashes"
            )
        return data / FOLDER / name

    @staticmethod
    def names(data: Path) -> list[str]:
        """The names of all cases below a folder of data, in order."""
        return sorted(found.parent.name for found in (data / FOLDER).glob(f"*/{DATABASE}"))

    @staticmethod
    def open(folder: Path, *, create: bool = False, read_only: bool = False) -> Investigation:
        """A case folder; made if missing and asked for. Raises InputError where there is none,
        where it is damaged, or where another process has it open."""
        path = folder / DATABASE
        begun = not path.exists()
        if begun and not create:
            raise InputError(f"{folder}: no investigation there; begin one with PATH and --case")
        folder.mkdir(parents=True, exist_ok=True)
        if create and os.name == "posix":
            folder.chmod(0o700)
        try:
            connection = duckdb.connect(
                str(path), read_only=read_only, config={"autoinstall_known_extensions": False}
            )
        except duckdb.IOException as error:
            if "lock" in str(error).lower():
                raise InputError(
                    f"{folder}: another process has this investigation open; close it first"
                ) from error
            raise InputError(f"{path}: the database cannot be opened; it is damaged") from error
        except duckdb.Error as error:
            raise InputError(f"{path}: the database cannot be opened; it is damaged") from error
        spill = str(folder / "spill").replace("'", "''")
        for setting in (
            "enable_progress_bar = false",
            "preserve_insertion_order = false",
            f"memory_limit = '{MEMORY_LIMIT}'",
            f"temp_directory = '{spill}'",
        ):
            connection.execute(f"SET {setting}")
        if not read_only:
            path.chmod(0o600)
            connection.execute(_tables())
        return Investigation(folder, connection, begun=begun)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        empty = error is not None and self._begun and not self.value("SELECT 1 FROM sources")
        self.close()
        if empty:
            self._remove()

    def _remove(self) -> None:
        """Take away what opening made; what others put into the folder stays."""
        for path in self.folder.glob(f"{DATABASE}*"):
            path.unlink()
        for path in (self.folder / "spill", self.folder):
            with suppress(OSError):
                path.rmdir()

    def close(self) -> None:
        """Give back the file."""
        self.connection.close()

    def run(self, statements: str) -> None:
        """Run SQL."""
        self.connection.execute(statements)

    def table(self, query: str, parameters: Parameters = ()) -> pa.Table:
        """The rows of a query, as Arrow."""
        found = self.connection.sql(query, params=parameters or None)
        return found.to_arrow_table()

    def values(self, query: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        """The rows of a query."""
        return self.connection.execute(query, parameters).fetchall()

    def rows(self, query: str, parameters: Parameters = ()) -> list[dict[str, Any]]:
        """The same, by the names of columns."""
        return list(self.each(query, parameters))

    def each(self, query: str, parameters: Parameters = ()) -> Iterator[dict[str, Any]]:
        """The same, one after another; nothing else may be asked before the last."""
        found = self.connection.execute(query, parameters)
        names = [each[0] for each in found.description]
        while rows := found.fetchmany(_AT_ONCE):
            for row in rows:
                yield dict(zip(names, row, strict=True))

    def value(self, query: str, parameters: Parameters = ()) -> Any:
        """The first value of the first row; None where there is none."""
        found = self.values(query, parameters)
        return found[0][0] if found else None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is done within, or nothing."""
        self.run("BEGIN")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self.run("ROLLBACK")
            raise

    @contextmanager
    def memory(self, limit: str) -> Iterator[None]:
        """Another limit than `MEMORY_LIMIT` within."""
        self.run(f"SET memory_limit = '{limit}'")
        try:
            yield
        finally:
            self.run(f"SET memory_limit = '{MEMORY_LIMIT}'")

    @contextmanager
    def lent(self, **tables: pa.Table) -> Iterator[None]:
        """Arrow tables that SQL within finds under these names."""
        for name, rows in tables.items():
            self.connection.register(name, rows)
        try:
            yield
        finally:
            for name in tables:
                self.connection.unregister(name)

    def setting(self, name: str) -> str | None:
        """A setting of the case."""
        found: str | None = self.value("SELECT value FROM settings WHERE name = ?", [name])
        return found

    def set(self, name: str, value: str) -> None:
        """Keep a setting of the case."""
        self.connection.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", [name, value])


def _tables() -> str:
    return (files("fieldfare.investigation") / "tables.sql").read_text("utf-8")


def now() -> int:
    """Microseconds UTC of this moment."""
    return time.time_ns() // 1_000
