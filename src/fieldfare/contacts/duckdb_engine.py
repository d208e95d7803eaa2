"""The default engine: DuckDB, in this process. Spills to disk above its memory limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import duckdb
import pyarrow as pa

from fieldfare.vocabulary import FieldfareError, SettingsError


class DuckDBEngine:
    """An in-memory DuckDB. Tested with 2.0."""

    name = "duckdb"

    def __init__(self, *, memory: str | None = None, threads: int | None = None,
                 folder: Path | None = None) -> None:
        self._connection = duckdb.connect()
        # The order of rows carries no meaning here, and keeping it costs memory.
        self._run("SET preserve_insertion_order = false")
        self._run("SET enable_progress_bar = false")
        # Nothing is ever fetched from elsewhere, extensions included.
        self._run("SET autoinstall_known_extensions = false")
        if threads is not None:
            self._run(f"SET threads = {int(threads)}")
        if memory is not None:
            try:
                self._run(f"SET memory_limit = {_quote(memory)}")
            except duckdb.Error as error:
                raise SettingsError(
                    f"--memory {memory}: not an amount of memory; write it like 8GB or 500MB"
                ) from error
        if folder is not None:
            self._run(f"SET temp_directory = {_quote(str(folder))}")

    def __enter__(self) -> DuckDBEngine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        self.close()

    def load(self, name: str, table: pa.Table) -> None:
        self._connection.register("arriving", table)
        self.drop(name)
        self._run(f"CREATE TABLE {name} AS SELECT * FROM arriving")
        self._connection.unregister("arriving")

    def load_files(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        self.drop(name)
        self._run(f"CREATE VIEW {name} AS {self._file_query(paths, columns)}")

    def _file_query(self, paths: Sequence[Path], columns: Mapping[str, str]) -> str:
        if not paths:
            nulls = ", ".join(f'CAST(NULL AS {kind}) AS "{column}"'
                              for column, kind in columns.items())
            return f"SELECT {nulls} WHERE false"
        listed = ", ".join(_quote(str(path)) for path in paths)
        source = f"read_parquet([{listed}], union_by_name = true)"
        described = self._connection.execute(f"DESCRIBE SELECT * FROM {source}")  # noqa: S608
        present = {row[0] for row in described.fetchall()}
        wanted = [
            _file_column(column, kind, column in present) for column, kind in columns.items()
        ]
        return f"SELECT {', '.join(wanted)} FROM {source}"  # noqa: S608

    def create(self, name: str, query: str) -> None:
        self.drop(name)
        self._run(f"CREATE TABLE {name} AS {query}")

    def view(self, name: str, query: str) -> None:
        self.drop(name)
        self._run(f"CREATE VIEW {name} AS {query}")

    def fetch(self, query: str) -> pa.Table:
        try:
            return self._connection.sql(query).to_arrow_table()
        except duckdb.OutOfMemoryException as error:
            raise _out_of_memory(error) from error

    def drop(self, name: str) -> None:
        kinds = self._connection.execute(
            "SELECT table_type FROM information_schema.tables WHERE table_name = ?", [name]
        ).fetchall()
        for (kind,) in kinds:
            self._run(f"DROP {'VIEW' if kind == 'VIEW' else 'TABLE'} {name}")

    def create_repeated_ids(self, name: str, table: str) -> bool:
        # Hashing first keeps the grouped keys at eight bytes, and only ids whose hashes repeat
        # are compared as they are. Measured: two thirds of the time of grouping the ids.
        self.create(
            "repeated_hashes",
            f"SELECT h FROM (SELECT hash(id) AS h FROM {table} WHERE id IS NOT NULL)"  # noqa: S608
            " GROUP BY h HAVING COUNT(*) > 1",
        )
        if self.fetch("SELECT 1 FROM repeated_hashes LIMIT 1").num_rows == 0:
            self.create(name, "SELECT CAST(NULL AS VARCHAR) AS id WHERE false")
            return False
        self.create(
            name,
            f"SELECT id FROM {table} WHERE hash(id) IN (SELECT h FROM repeated_hashes)"  # noqa: S608
            " AND id IS NOT NULL GROUP BY id HAVING COUNT(*) > 1",
        )
        return self.fetch(f"SELECT 1 FROM {name} LIMIT 1").num_rows > 0  # noqa: S608

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str) -> None:
        try:
            self._connection.execute(statement)
        except duckdb.OutOfMemoryException as error:
            raise _out_of_memory(error) from error


def _file_column(column: str, kind: str, present: bool) -> str:
    if present:
        return f'"{column}"'
    if column == "origin":
        return (
            "{'source': filename, 'member': '', "
            "'locator': 'row ' || CAST(file_row_number + 1 AS VARCHAR), 'raw_time': '', "
            "'tz_basis': 'utc', 'warnings': CAST([] AS VARCHAR[])} AS origin"
        )
    return f'CAST(NULL AS {kind}) AS "{column}"'


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _out_of_memory(error: Exception) -> FieldfareError:
    return FieldfareError(
        "the memory limit is too small for this scan; raise --memory, or free disk space for "
        f"spilling ({str(error).splitlines()[0]})"
    )
