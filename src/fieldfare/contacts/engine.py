"""The engine seam: load tables, create a table from SQL, fetch Arrow.

SQL is given in DuckDB's dialect; an engine transpiles it where its own differs. DuckDB runs
embedded and is the default; Spark is for what one machine cannot hold.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

import pyarrow as pa

from fieldfare.vocabulary import SettingsError

ENGINES: Final = ("duckdb", "spark")


class Engine(ABC):
    """Runs the SQL of `definition`. Close it, or use it in a ``with`` statement."""

    name: ClassVar[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @abstractmethod
    def load(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table readable under a name, in place of what had that name."""

    @abstractmethod
    def load_files(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        """Make Parquet files readable under a name, with exactly these columns (name -> type in
        DuckDB's words). A column that a file lacks is null."""

    @abstractmethod
    def create(self, name: str, query: str) -> None:
        """Run a query and keep its rows under a name, in place of what had that name."""

    @abstractmethod
    def view(self, name: str, query: str) -> None:
        """Give a query a name without running it."""

    @abstractmethod
    def fetch(self, query: str) -> pa.Table:
        """The rows of a query."""

    @abstractmethod
    def drop(self, name: str) -> None:
        """Forget a table that `create` kept."""

    @abstractmethod
    def clear(self) -> None:
        """Forget all tables and views, and give back what they took: between one of many runs and
        the next."""

    @abstractmethod
    def create_repeated_ids(self, name: str, table: str) -> bool:
        """Keep the non-null ids that occur more than once in a table, as one column `id`; tells
        whether there are any."""

    @abstractmethod
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
