"""The default engine: DuckDB, in this process. Spills to disk above its memory limit."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary import FieldfareError, SettingsError

ENGINE_SHARE = 0.65
"""Share of the memory limit that DuckDB gets. The rest is for the interpreter, hashes and the
signals in Arrow; measured at 100 million events."""

Hashes = npt.NDArray[np.uint64]

_HASHES_AT_ONCE = 1 << 24
"""Hashes sorted at a time: 128 MiB, beside the engine's own memory."""


class DuckDBEngine(Engine):
    """An in-memory DuckDB. Tested with 2.0."""

    name = "duckdb"

    def __init__(
        self, *, memory: str | None = None, threads: int | None = None, folder: Path | None = None
    ) -> None:
        self._settings = _settings(memory, threads, folder)
        self._open()

    def _open(self) -> None:
        self._connection = duckdb.connect()
        self._kinds: dict[str, str] = {}
        for setting in self._settings:
            self._run(f"SET {setting}")

    def load(self, name: str, table: pa.Table) -> None:
        self._connection.register("arriving", table)
        self.create(name, "SELECT * FROM arriving")
        self._connection.unregister("arriving")

    def load_files(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        self.view(name, self._file_query(paths, columns))

    def _file_query(self, paths: Sequence[Path], columns: Mapping[str, str]) -> str:
        if not paths:
            nulls = ", ".join(
                f'CAST(NULL AS {kind}) AS "{column}"' for column, kind in columns.items()
            )
            return f"SELECT {nulls} WHERE false"
        listed = ", ".join(_quote(str(path)) for path in paths)
        source = f"read_parquet([{listed}], union_by_name = true)"
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {source}")
        present = {row[0] for row in described.fetchall()}
        wanted = [_file_column(column, kind, column in present) for column, kind in columns.items()]
        return f"SELECT {', '.join(wanted)} FROM {source}"

    def create(self, name: str, query: str) -> None:
        self.drop(name)
        self._run(f"CREATE TABLE {name} AS {query}")
        self._kinds[name] = "TABLE"

    def view(self, name: str, query: str) -> None:
        self.drop(name)
        self._run(f"CREATE VIEW {name} AS {query}")
        self._kinds[name] = "VIEW"

    def fetch(self, query: str) -> pa.Table:
        try:
            return self._connection.sql(query).to_arrow_table()
        except duckdb.OutOfMemoryException as error:
            raise _out_of_memory(error) from error

    def drop(self, name: str) -> None:
        kind = self._kinds.pop(name, None)
        if kind is not None:
            self._run(f"DROP {kind} {name}")

    def clear(self) -> None:
        # Not by dropping each: some 63 kB stay with the database each time that the signals were
        # made of a few accounts, until it is closed.
        self.close()
        self._open()

    def create_repeated_ids(self, name: str, table: str) -> bool:
        # Ids are nearly always unique, so it pays to find that out first, by sorting hashes of
        # eight bytes. Measured on 10 million: half the time of grouping, and less memory.
        repeated = self._repeated_hashes(table)
        if not len(repeated):
            self.create(name, "SELECT CAST(NULL AS VARCHAR) AS id WHERE false")
            return False
        self.load("repeated_hashes", pa.table({"h": repeated}))
        self.create(
            name,
            f"SELECT id FROM {table} WHERE hash(id) IN (SELECT h FROM repeated_hashes)"
            " AND id IS NOT NULL GROUP BY id HAVING COUNT(*) > 1",
        )
        return bool(self.fetch(f"SELECT 1 FROM {name} LIMIT 1").num_rows)

    def _repeated_hashes(self, table: str) -> Hashes:
        rows = self.fetch(f"SELECT COUNT(*) AS n FROM {table}")["n"][0].as_py()
        passes = 1 + rows // _HASHES_AT_ONCE
        found: list[Hashes] = []
        for number in range(passes):
            part = f" WHERE h % {passes} = {number}" if passes > 1 else ""
            hashes = self.fetch(
                f"SELECT h FROM (SELECT hash(id) AS h FROM {table} WHERE id IS NOT NULL){part}"
            )["h"].to_numpy()
            found.append(_repeats(hashes))
        return np.concatenate(found)

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str) -> None:
        try:
            self._connection.execute(statement)
        except duckdb.OutOfMemoryException as error:
            raise _out_of_memory(error) from error


def _settings(memory: str | None, threads: int | None, folder: Path | None) -> list[str]:
    found = [
        # The order of rows carries no meaning here, and keeping it costs memory.
        "preserve_insertion_order = false",
        "enable_progress_bar = false",
        # Nothing is ever fetched from elsewhere, extensions included.
        "autoinstall_known_extensions = false",
    ]
    if threads is not None:
        found.append(f"threads = {int(threads)}")
    if memory is not None:
        found.append(f"memory_limit = '{_share_of(memory)} MiB'")
    if folder is not None:
        found.append(f"temp_directory = {_quote(str(folder))}")
    return found


def _share_of(memory: str) -> int:
    """What the engine may use of a limit such as ``8GB``, in MiB."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) *([KMGT]i?)B", memory, re.IGNORECASE)
    if match is None or float(match[1]) == 0:
        raise SettingsError(
            f"--memory {memory}: not an amount of memory; write it like 8GB or 500MB"
        )
    step = 1024 if match[2].lower().endswith("i") else 1000
    size = float(match[1]) * step ** (1 + "kmgt".index(match[2][0].lower()))
    return max(1, int(size * ENGINE_SHARE / 2**20))


def _repeats(values: Hashes) -> Hashes:
    """The values that occur more than once. Sorts them in place where it can."""
    if not values.flags.writeable:
        values = values.copy()
    values.sort()
    found: Hashes = values[1:][values[1:] == values[:-1]]
    return found


def _file_column(column: str, kind: str, present: bool) -> str:
    if present:
        return f'"{column}"'
    return f'CAST(NULL AS {kind}) AS "{column}"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _out_of_memory(error: Exception) -> FieldfareError:
    return FieldfareError(
        "the memory limit is too small for this scan; raise --memory, or free disk space for "
        f"spilling ({str(error).splitlines()[0]})"
    )
