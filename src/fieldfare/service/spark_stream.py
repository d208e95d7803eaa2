"""``fieldfare stream --engine spark``: for services beyond a few machines.

What enters: files of JSON Lines that appear in a folder, each of them whole at once, as Spark
Structured Streaming finds them. What leaves, after each micro-batch: everyone's assessment, the
changes of band, and what was refused, by file and line. The SQL is that of a scan.

The ledger is kept as the partial rows of each micro-batch, which merge in any order; every so many
of them become one (`COMPACTED`). A micro-batch is folded once, whenever a process dies: what it
left behind counts only with the mark that is written last, and Spark gives a batch that was not
ended again, under the same number.

No text is read here: whether it may be would have to be asked of everyone's country, each time.
"""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from fieldfare.contacts import analysis
from fieldfare.contacts.accounts import PREPARED
from fieldfare.contacts.definition import LEDGER, sql
from fieldfare.contacts.intake import ContactSettings, load_settings
from fieldfare.contacts.spark_engine import SparkEngine
from fieldfare.language.messages import ANNOTATED
from fieldfare.risk.assessment import assess
from fieldfare.risk.scorecard import Scorecard
from fieldfare.service.arrivals import Arrival, Complaint, read
from fieldfare.service.content import NothingRead
from fieldfare.service.spark_state import Kept
from fieldfare.vocabulary import FieldfareError, InputError, SettingsError
from fieldfare.vocabulary.schemas import CONNECTIONS, NOTICES

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

log = logging.getLogger("fieldfare.service")

_LEFT_OUT: Final = ("origin", "text")
_TABLES: Final[dict[str, pa.Schema]] = {
    table: pa.schema([each for each in schema if each.name not in _LEFT_OUT])
    for table, schema in (
        ("messages", ANNOTATED),
        ("accounts", PREPARED),
        ("connections", CONNECTIONS),
        ("notices", NOTICES),
    )
}

ARRIVED: Final = pa.schema(
    [
        ("part", pa.string()),
        ("file", pa.string()),
        ("at", pa.string()),
        ("what", pa.string()),
        ("key", pa.binary()),
        *((table, pa.struct(list(schema))) for table, schema in _TABLES.items()),
    ]
)
"""What is in the files of a micro-batch. `part` is a table, whose row is in the column of that
name (with messages, `key` tells them apart), or ``refused`` or ``unread``: `what` was wrong where,
how many messages' text was not read."""

_FILES: Final = "path string, modificationTime timestamp, length long, content binary"


@dataclass(frozen=True)
class SparkStreamSettings:
    """What the operator decides."""

    source: Path
    """Folder in which files named ``*.jsonl`` or ``*.jsonl.gz`` appear. Each becomes one task: some
    megabytes are right."""
    state: Path
    """Folder of what is kept and given out; one that every worker of the cluster sees."""
    card: Scorecard
    contacts: ContactSettings = field(default_factory=ContactSettings)
    every_seconds: float = 60.0
    """How often it is looked for new files."""
    once: bool = False
    """Take what is there and end."""
    most_files: int = 1_000
    """Files of one micro-batch."""
    memory: str | None = None
    threads: int | None = None
    """Of a session on this machine; None: its cores."""


class SparkStream:
    """Folds and assesses micro-batches. Close it."""

    def __init__(self, settings: SparkStreamSettings) -> None:
        if not settings.source.is_dir():
            raise SettingsError(f"{settings.source}: there is no such folder to take files from")
        self._settings = settings
        self.kept = Kept(settings.state)
        try:
            self._engine = SparkEngine(memory=settings.memory, threads=settings.threads)
        except BaseException:
            self.kept.close()
            raise
        self._spark: SparkSession = self._engine.session

    def run(self, stopped: Callable[[], bool] = lambda: False) -> None:
        """Take micro-batches until stopped, or with `once` until there is none. Raises
        FieldfareError where one fails; it is taken up again by the next run."""
        from pyspark.errors import StreamingQueryException

        settings = self._settings
        writer = (
            self._spark.readStream.format("binaryFile")
            .schema(_FILES)
            .option("pathGlobFilter", "*.jsonl*")
            .option("maxFilesPerTrigger", settings.most_files)
            .load(str(settings.source.resolve()))
            .writeStream.foreachBatch(self.take)
            .option("checkpointLocation", str(self.kept.folder / "checkpoint"))
        )
        writer = (
            writer.trigger(availableNow=True)
            if settings.once
            else writer.trigger(processingTime=f"{settings.every_seconds} seconds")
        )
        query = writer.start()
        try:
            while not stopped() and not query.awaitTermination(1):
                pass
        except StreamingQueryException as error:
            # Its message holds a plan of many screens.
            first = next((line for line in str(error).splitlines() if line.strip()), "")
            raise FieldfareError(f"a micro-batch failed: {first.strip()[:300]}") from error
        finally:
            query.stop()

    def take(self, frame: DataFrame, number: int) -> None:
        """Fold a micro-batch of files and assess everyone; what was done of it before is not done
        again."""
        try:
            if not self.kept.folded(number):
                self._fold(frame, number)
            if self.kept.facts("assessments", number) is None:
                self._assess(number)
            self.kept.tidy(number)
        finally:
            self._engine.clear()

    def close(self) -> None:
        """End the session."""
        self._engine.close()
        self.kept.close()

    # Folding

    def _fold(self, frame: DataFrame, number: int) -> None:
        path = self.kept.path("batches", number)
        _write(_arrows(frame.select("path", "content"), _arrived, ARRIVED), path / "arrived")
        arrived = self._spark.read.parquet(str(path / "arrived"))
        arrived.createOrReplaceTempView("arrived")
        for table in ("accounts", "connections", "notices"):
            self._rows(f"SELECT {table}.* FROM arrived WHERE part = '{table}'", f"{table}_told")
        new = self._new_messages(number)
        _write(new.select("key"), path / "seen")
        new.drop("key").createOrReplaceTempView("messages")
        for table in ("connections", "notices"):
            self._spark.table(f"{table}_told").createOrReplaceTempView(table)
        for name in analysis.EVENTS:
            self._engine.view(name, sql(name))
        analysis.ledger(self._engine)
        for name in LEDGER:
            _write(self._spark.table(name), path / name)
        self._spark.table("accounts_told").createOrReplaceTempView("received_accounts")
        self._engine.create("accounts", sql("accounts"))
        _write(self._spark.table("accounts"), path / "accounts")
        refused = arrived.where("part = 'refused'").select("file", "at", "what")
        _write(refused, self.kept.path("refused", number), "json")
        self.kept.finish("batches", number, self._counts())

    def _rows(self, query: str, name: str) -> None:
        self._spark.sql(query).createOrReplaceTempView(name)

    def _new_messages(self, number: int) -> DataFrame:
        """Messages that were not seen before. Of repeats the one sent earliest stands, as in a
        scan (contacts/sql/intake/messages.sql)."""
        once = self._spark.sql(
            "SELECT key, messages.*, CAST(NULL AS STRING) AS text FROM ("
            "SELECT key, messages, ROW_NUMBER() OVER (PARTITION BY key ORDER BY messages.sent_at,"
            " messages.sender, COALESCE(messages.kind, '')) AS nth"
            " FROM arrived WHERE part = 'messages') WHERE nth = 1"
        )
        seen = self.kept.parts("seen", before=number)
        if seen:
            once = once.join(self._spark.read.parquet(*seen), "key", "left_anti")
        return once.localCheckpoint()

    def _counts(self) -> dict[str, Any]:
        (row,) = self._spark.sql(
            "SELECT (SELECT COUNT(*) FROM messages) AS new,"
            " (SELECT COUNT(*) FROM arrived WHERE part = 'messages') AS messages,"
            " (SELECT COUNT(*) FROM arrived WHERE part = 'refused') AS refused,"
            " (SELECT CAST(COALESCE(SUM(CAST(what AS BIGINT)), 0) AS BIGINT) FROM arrived"
            " WHERE part = 'unread') AS unread,"
            " (SELECT COUNT(*) FROM connections) + (SELECT COUNT(*) FROM notices"
            " WHERE kind = 'accept') AS connections,"
            " GREATEST((SELECT MAX(sent_at) FROM messages), (SELECT MAX(`at`) FROM notices),"
            " (SELECT MAX(connected_at) FROM connections)) AS latest"
        ).collect()
        counts: dict[str, Any] = row.asDict()
        if counts["refused"]:
            log.warning("%s lines were refused; see `refused` of the micro-batch", row["refused"])
        return counts

    # Assessing

    def _assess(self, number: int) -> None:
        as_of, connections = self.kept.standing()
        if as_of is None:
            # Accounts alone say nothing: there is no moment to assess them at.
            return
        engine = self._engine
        for name in LEDGER:
            self._read(name, f"{name}_parts")
        analysis.merge(engine)
        self._read("accounts", "received_accounts")
        engine.create("accounts", sql("accounts"))
        if self.kept.wants_base():
            self._compact(number)
        load_settings(engine, self._settings.contacts, as_of, has_connections=connections)
        analysis.signals(engine)
        signals = self._spark.table("signals")
        schema = assess(signals.limit(0).toArrow(), self._settings.card).table().schema
        found = _arrows(signals, partial(_assessed, card=self._settings.card), schema)
        path = self.kept.path("assessments", number)
        _write(found, path / "assessments")
        self._tell(number, path)
        self.kept.finish("assessments", number, {"as_of": as_of})

    def _read(self, name: str, view: str) -> None:
        self._spark.read.parquet(*self.kept.parts(name)).createOrReplaceTempView(view)

    def _compact(self, number: int) -> None:
        path = self.kept.path("base", number)
        for name in (*LEDGER, "accounts"):
            _write(self._spark.table(name), path / name)
        _write(self._spark.read.parquet(*self.kept.parts("seen")), path / "seen")
        self.kept.finish_base(number)

    def _tell(self, number: int, path: Path) -> None:
        """Write the changes of band since the last micro-batch."""
        least = self._settings.card.bands[0].name
        bands = "SELECT account, band, probability FROM {}"
        self._spark.read.parquet(str(path / "assessments")).createOrReplaceTempView("assessed")
        before = self.kept.last_assessments(number)
        if before is None:
            self._rows(bands.format("assessed WHERE 1 = 0"), "assessed_before")
        else:
            self._spark.read.parquet(str(before)).createOrReplaceTempView("assessed_before")
        changes = self._spark.sql(
            f"SELECT COALESCE(n.account, o.account) AS account, '{least}' AS least,"
            " o.band AS was, n.band AS is_now, n.probability"
            f" FROM ({bands.format('assessed')}) AS n"
            f" FULL OUTER JOIN ({bands.format('assessed_before')}) AS o ON o.account = n.account"
        ).selectExpr(
            "account",
            "COALESCE(was, least) AS band_before",
            "COALESCE(is_now, least) AS band",
            "probability",
        )
        _write(changes.where("band <> band_before"), path / "changes", "json")


def _write(frame: DataFrame, path: Path, form: str = "parquet") -> None:
    # What a process that died left behind is written anew.
    frame.write.mode("overwrite").format(form).save(str(path))


Batches = Iterator[pa.RecordBatch]


def _arrows(frame: DataFrame, call: Callable[[Batches], Batches], schema: pa.Schema) -> DataFrame:
    from pyspark.sql.pandas.types import from_arrow_schema

    return frame.mapInArrow(call, from_arrow_schema(schema))


def _assessed(batches: Batches, card: Scorecard) -> Batches:
    for batch in batches:
        yield from assess(pa.Table.from_batches([batch]), card).table().to_batches()


def _arrived(batches: Batches) -> Batches:
    """Files, as (path, content), become rows of `ARRIVED`."""
    for batch in batches:
        for path, content in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            yield from _of_file(path.rpartition("/")[2], content)


def _of_file(name: str, content: bytes) -> Batches:
    try:
        body = gzip.decompress(content) if name.endswith(".gz") else content
        arrival = read(body, "read", _no_model, content=NothingRead())
    except InputError as error:
        arrival = Arrival(refused=[Complaint("the file", str(error))])
    except (OSError, EOFError) as error:
        arrival = Arrival(refused=[Complaint("the file", f"not gzip ({type(error).__name__})")])
    for table, rows in arrival.tables.items():
        columns = [rows[each] for each in _TABLES[table].names]
        structs = pa.StructArray.from_arrays(columns, fields=list(_TABLES[table]))
        found: dict[str, Any] = {table: structs}
        if table == "messages":
            found["key"] = pa.array(arrival.keys, pa.binary())
        yield _of_part(table, name, rows.num_rows, found)
    for part, some in (
        ("refused", [(each.at, each.what) for each in arrival.refused]),
        ("unread", [("the file", str(arrival.unread))] if arrival.unread else []),
    ):
        if some:
            at, what = (pa.array(column, pa.string()) for column in zip(*some, strict=True))
            yield _of_part(part, name, len(some), {"at": at, "what": what})


def _of_part(part: str, name: str, rows: int, found: dict[str, Any]) -> pa.RecordBatch:
    known = {"part": pa.repeat(part, rows), "file": pa.repeat(name, rows), **found}
    columns = [
        known[each.name] if each.name in known else pa.nulls(rows, each.type) for each in ARRIVED
    ]
    return pa.RecordBatch.from_arrays(columns, schema=ARRIVED)


def _no_model() -> Any:
    raise AssertionError("no text is read here")


def stream(settings: SparkStreamSettings) -> None:
    """Stream until SIGINT or SIGTERM, or with `once` until everything is taken."""
    import signal
    import threading

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    found = SparkStream(settings)
    try:
        found.run(stop.is_set)
    finally:
        found.close()
