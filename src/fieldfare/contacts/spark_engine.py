"""Spark as the engine, for what one machine cannot hold. Needs Java 17 and the extra ``spark``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from fieldfare.contacts.definition import transpile
from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary import SettingsError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession


class SparkEngine(Engine):
    """A Spark session, local unless the environment's Spark configuration says otherwise.

    Every created table is written to Parquet, so that a later step reads it and does not compute
    it again. Tested with PySpark 4.3.
    """

    name = "spark"

    def __init__(
        self, *, memory: str | None = None, threads: int | None = None, folder: Path | None = None
    ) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fieldfare-spark-", dir=folder))
        self._spark = _session(memory, threads, self._folder)
        self._generation = 0

    def load(self, name: str, table: pa.Table) -> None:
        import pyarrow.parquet as pq

        path = self._new_path(name)
        pq.write_table(table, path)
        self._spark.read.parquet(str(path)).createOrReplaceTempView(name)

    def load_files(self, name: str, paths: Sequence[Path], columns: Mapping[str, str]) -> None:
        frame = self._read(paths) if paths else None
        present = set(frame.columns) if frame is not None else set()
        wanted = [
            f"`{column}`"
            if column in present
            else f"CAST(NULL AS {_spark_type(kind)}) AS `{column}`"
            for column, kind in columns.items()
        ]
        if frame is None:
            frame = self._spark.range(0)
        frame.selectExpr(*wanted).createOrReplaceTempView(name)

    def _read(self, paths: Sequence[Path]) -> DataFrame:
        return self._spark.read.option("mergeSchema", "true").parquet(*map(str, paths))

    def create(self, name: str, query: str) -> None:
        path = self._new_path(name)
        self._spark.sql(transpile(query, "spark")).write.parquet(str(path))
        self._spark.read.parquet(str(path)).createOrReplaceTempView(name)

    def view(self, name: str, query: str) -> None:
        self._spark.sql(transpile(query, "spark")).createOrReplaceTempView(name)

    def fetch(self, query: str) -> pa.Table:
        return self._spark.sql(transpile(query, "spark")).toArrow()

    def drop(self, name: str) -> None:
        self._spark.catalog.dropTempView(name)

    def create_repeated_ids(self, name: str, table: str) -> bool:
        self.create(
            name,
            f"SELECT id FROM {table} WHERE id IS NOT NULL GROUP BY id HAVING COUNT(*) > 1",
        )
        return not self._spark.table(name).isEmpty()

    @property
    def session(self) -> SparkSession:
        """The session, for what only Spark does."""
        return self._spark

    def clear(self) -> None:
        for table in self._spark.catalog.listTables():
            if table.isTemporary:
                self._spark.catalog.dropTempView(table.name)
        for path in self._folder.glob("*.parquet"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def close(self) -> None:
        self._spark.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _new_path(self, name: str) -> Path:
        self._generation += 1
        return self._folder / f"{self._generation:04d}-{name}.parquet"


def _session(memory: str | None, threads: int | None, folder: Path) -> SparkSession:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SettingsError(
            "--engine spark needs PySpark; install it with: pip install 'fieldfare[spark]'"
        ) from error
    # Workers must run this interpreter, not whatever `python3` the machine finds first.
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    options: dict[str, Any] = {
        "spark.sql.session.timeZone": "UTC",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.local.dir": str(folder),
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        # Integer overflow and bad casts fail loudly, as they do on DuckDB.
        "spark.sql.ansi.enabled": "true",
        "spark.sql.shuffle.partitions": str(4 * (threads or os.cpu_count() or 2)),
        "spark.driver.memory": (memory or "4g").upper().removesuffix("B"),
        "spark.driver.extraJavaOptions": "-Dlog4j2.level=ERROR",
    }
    builder = SparkSession.builder.appName("fieldfare")
    if "SPARK_MASTER" not in os.environ:
        builder = builder.master(f"local[{threads or '*'}]")
    for key, value in options.items():
        builder = builder.config(key, value)
    session: SparkSession = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def _spark_type(kind: str) -> str:
    import sqlglot

    return sqlglot.exp.DataType.build(kind, dialect="duckdb").sql("spark")
