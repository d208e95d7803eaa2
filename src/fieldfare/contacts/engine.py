"""The engine seam: load tables, create a table from SQL, fetch Arrow.

SQL is given in DuckDB's dialect; an engine transpiles it where its own differs. DuckDB runs
embedded and is the default; Spark is for what one machine cannot hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, Protocol

import pyarrow as pa

from fieldfare.vocabulary import SettingsError

ENGINES: Final = ("duckdb", "spark")


class Engine(AbstractContextManager["Engine"], Protocol):
    """Runs the SQL of `definition`. Close it, or use it in a ``with`` statement."""

    name: str

    def load(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table readable under a name, in place of what had that name."""

    def load_files(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """Make Parquet files readable under a name, with exactly these columns (name -> type in
        DuckDB's words). A column that a file lacks is null."""

    def create(self, name: str, query: str) -> None:
        """Run a query and keep its rows under a name, in place of what had that name."""

    def view(self, name: str, query: str) -> None:
        """Give a query a name without running it."""

    def fetch(self, query: str) -> pa.Table:
        """The rows of a query."""

    def drop(self, name: str) -> None:
        """Forget a table that `create` kept."""

    def create_repeated_ids(self, name: str, table: str) -> bool:
        """Keep the non-null ids that occur more than once in a table, as one column `id`; tells
        whether there are any."""

    def close(self) -> None:
        """Give back memory and files."""


def open_engine(
    name: str, *, memory: str | None = None, threads: int | None = None, folder: Path | None = None
) -> Engine:
    """An engine by name.

    `memory` is a limit such as ``8GB`` above which the engine spills to `folder`; `threads`
    defaults to the machine's cores. Raises SettingsError where the engine is not known or not
    installed.
    """
    if name == "duckdb":
        from fieldfare.contacts.duckdb_engine import DuckDBEngine

        return DuckDBEngine(memory=memory, threads=threads, folder=folder)
    if name == "spark":
        from fieldfare.contacts.spark_engine import SparkEngine

        return SparkEngine(memory=memory, threads=threads, folder=folder)
    raise SettingsError(f"no engine '{name}'; choose one of {', '.join(ENGINES)}")
