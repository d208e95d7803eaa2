"""The definition gives the same rows on every engine and in every warehouse that runs here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot

from fieldfare.contacts.definition import DIALECTS, EVENT_COLUMNS, LEDGER, SIGNALS, script
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.contacts.intake import ContactSettings, EventFiles, load
from fieldfare.lab.contact_evaluation import together
from fieldfare.lab.labelled_world import event_files, read_world
from fieldfare.lab.moments import Look, observe, observe_on
from fieldfare.risk.scorecard import judgement
from fieldfare.vocabulary import SettingsError
from tests.contacts.conftest import run_all, same_rows
from tests.contacts.events import world
from tests.lab.small_world import write_small_world
from tests.postgres import Server

LARGE = {"seed": 11, "accounts": 25, "messages": 1500}


@pytest.mark.spark
@pytest.mark.parametrize("arguments", [{"seed": 1}, LARGE, {"seed": 5, "messages": 0}])
def test_spark_gives_the_rows_of_duckdb(
    spark: Engine, duck: Engine, arguments: dict[str, int]
) -> None:
    tables = world(**arguments)
    ours, theirs = run_all(duck, tables), run_all(spark, tables)
    for name in ours:
        same_rows(name, ours[name], theirs[name])


@pytest.mark.spark
def test_an_evaluation_gives_the_same_figures_on_spark(spark: Engine, tmp_path: Path) -> None:
    small = read_world(write_small_world(tmp_path / "w", offenders=3, classes=4, adults=12))
    card, look = judgement(), Look(every_days=60, views=("both",))
    files = event_files(small, tmp_path)
    ours = observe(small, card, look, files=files)
    theirs = observe_on(spark, small, card, look, lambda _: None, files)
    for seen in ("everyone", "followed"):
        one, other = (getattr(observed, seen)["both"] for observed in (ours, theirs))
        assert one.account.size > 0
        assert np.array_equal(one.account, other.account)
        assert np.array_equal(one.moment, other.moment)
        assert np.array_equal(one.codes, other.codes)
    limits = {"both": 0.0, "text": 0.0}
    figures = together([ours], card, limits)
    assert figures["seen_as"]["both"]["by_world"]["w"]["offenders"][0]["recall"]["count"] > 0
    assert together([theirs], card, limits) == figures


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_printed_sql_parses(dialect: str) -> None:
    statements = sqlglot.parse(script(dialect), read=dialect)
    assert len([each for each in statements if each is not None]) == len(LEDGER) + len(SIGNALS)


def test_an_unknown_dialect_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="no SQL dialect 'oracle'; choose one of duckdb"):
        script("oracle")


def test_an_unknown_engine_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match="no engine 'polars'; choose one of duckdb, spark"):
        open_engine("polars")


@pytest.mark.postgres
def test_the_printed_sql_runs_on_postgresql(postgres: Server, duck: Engine) -> None:
    import psycopg

    tables = world(**LARGE)
    expected = run_all(duck, tables)
    with psycopg.connect(postgres.url) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA parity; SET search_path TO parity")
        for name, columns in EVENT_COLUMNS.items():
            types = ", ".join(f"{column} {_POSTGRES[kind]}" for column, kind in columns.items())
            cursor.execute(f"CREATE TABLE {name} ({types})")
            places = ", ".join(["%s"] * len(columns))
            rows = [list(row.values()) for row in tables[name].to_pylist()]
            if rows:
                cursor.executemany(f"INSERT INTO {name} VALUES ({places})", rows)
        cursor.execute(script("postgres"))
        for name in SIGNALS:
            cursor.execute(f"SELECT * FROM {name}")
            same_rows(name, expected[name], _like(expected[name], cursor.fetchall()))
        connection.rollback()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_printed_sql_runs_on_clickhouse(duck: Engine, tmp_path: Path) -> None:
    from chdb.session import Session

    tables = world(**LARGE)
    expected = run_all(duck, tables)
    session: Any = Session(str(tmp_path / "chdb"))  # type: ignore[no-untyped-call]
    try:
        session.query("CREATE DATABASE parity")
        session.query("USE parity")
        for name, columns in EVENT_COLUMNS.items():
            types = ", ".join(f"{column} {_CLICKHOUSE[kind]}" for column, kind in columns.items())
            session.query(f"CREATE TABLE {name} ({types}) ENGINE = Memory")
            pq.write_table(tables[name], tmp_path / f"{name}.parquet")
            session.query(
                f"INSERT INTO {name} SELECT * FROM file('{tmp_path}/{name}.parquet', Parquet)"
            )
        for statement in script("clickhouse").split(";\n"):
            if statement.strip():
                session.query(statement)
        for name in SIGNALS:
            table = session.query(f"SELECT * FROM {name}", "ArrowTable")
            rows = [tuple(_text(value) for value in row.values()) for row in table.to_pylist()]
            same_rows(name, expected[name], _like(expected[name], rows))
    finally:
        session.close()


def test_a_repeated_event_counts_once(duck: Engine, tmp_path: Path) -> None:
    rows = [
        {"id": "m1", "kind": "private", "sender": "a", "recipients": ["b"], "sent_at": 10**15},
        {"id": "m2", "kind": "private", "sender": "a", "recipients": ["b"], "sent_at": 11 * 10**14},
        {"id": None, "kind": "private", "sender": "a", "recipients": ["b"], "sent_at": 10**15},
        {"id": None, "kind": "private", "sender": "a", "recipients": ["b"], "sent_at": 10**15},
    ]
    schema = pa.schema(
        [
            ("id", pa.string()),
            ("kind", pa.string()),
            ("sender", pa.string()),
            ("recipients", pa.list_(pa.string())),
            ("sent_at", pa.int64()),
        ]
    )
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / "once.parquet")
    pq.write_table(pa.Table.from_pylist(rows[:2] * 3, schema=schema), tmp_path / "again.parquet")
    files = EventFiles(messages=[tmp_path / "once.parquet", tmp_path / "again.parquet"])
    load(duck, files, ContactSettings())
    counted = duck.fetch("SELECT COUNT(*) AS n FROM deliveries")["n"][0].as_py()
    assert counted == 4, "two ids once each, and two messages without an id"


def test_one_row_a_recipient_under_one_id_is_not_a_repeat(duck: Engine, tmp_path: Path) -> None:
    rows = [
        {"id": "m1", "kind": "private", "sender": "a", "recipients": [peer], "sent_at": 10**15}
        for peer in ("b", "c", "c", "d")
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    load(duck, EventFiles(messages=[tmp_path / "m.parquet"]), ContactSettings())
    found = duck.fetch("SELECT recipient FROM deliveries")["recipient"].to_pylist()
    assert sorted(found) == ["b", "c", "d"]


def test_events_after_the_end_are_not_counted(duck: Engine, tmp_path: Path) -> None:
    far = 7 * 10**15
    rows = [
        {"sender": "a", "recipients": [peer], "kind": "private", "sent_at": time}
        for peer, time in (("b", 10**15), ("c", 11 * 10**14), ("d", far))
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    files = EventFiles(messages=[tmp_path / "m.parquet"])
    loaded = load(duck, files, ContactSettings())
    assert (loaded.as_of, loaded.later) == (11 * 10**14, 1), "a clock in the future moves nothing"
    assert load(duck, files, ContactSettings(as_of=10**15)).later == 0
    assert duck.fetch("SELECT recipient FROM deliveries")["recipient"].to_pylist() == ["b"]


def test_a_group_of_three_is_private_and_a_recipient_counts_once(
    duck: Engine, tmp_path: Path
) -> None:
    rows = [
        {"sender": "a", "recipients": ["b", "a2"], "kind": "group", "sent_at": 10**15},
        {"sender": "a", "recipients": ["b", "c", "d"], "kind": "group", "sent_at": 10**15},
        {"sender": "a", "recipients": ["e"] * 5, "kind": "private", "sent_at": 10**15},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    load(duck, EventFiles(messages=[tmp_path / "m.parquet"]), ContactSettings())
    rows_out = duck.fetch("SELECT recipient, is_group FROM deliveries").to_pylist()
    found = sorted((row["recipient"], row["is_group"]) for row in rows_out)
    assert found == [("a2", 0), ("b", 0), ("b", 1), ("c", 1), ("d", 1), ("e", 0)]


def test_nobody_writes_to_herself_and_announcements_are_not_contact(
    duck: Engine, tmp_path: Path
) -> None:
    everyone = [f"p{number}" for number in range(300)]
    rows = [
        {"sender": "a", "recipients": ["a", "b"], "kind": "private", "sent_at": 10**15},
        {"sender": "a", "recipients": everyone, "kind": "group", "sent_at": 10**15},
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "m.parquet")
    load(duck, EventFiles(messages=[tmp_path / "m.parquet"]), ContactSettings())
    assert duck.fetch("SELECT recipient FROM deliveries")["recipient"].to_pylist() == ["b"]


def test_without_any_event_there_is_one_clear_error(duck: Engine) -> None:
    with pytest.raises(SettingsError, match="there is no event in the input"):
        load(duck, EventFiles(), ContactSettings())


def test_an_engine_that_was_cleared_is_as_a_new_one(duck: Engine) -> None:
    rows = pa.table({"n": [1, 2]})
    duck.load("t", rows)
    duck.view("v", "SELECT n FROM t")
    duck.clear()
    duck.create("v", "SELECT 3 AS n")
    assert duck.fetch("SELECT table_name FROM duckdb_tables()")["table_name"].to_pylist() == ["v"]
    assert duck.fetch("SELECT current_setting('threads') AS n")["n"].to_pylist() == [2]
    duck.load("t", rows)
    assert duck.fetch("SELECT SUM(n) AS s FROM t")["s"].to_pylist() == [3]


def test_a_memory_limit_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="--memory lots: not an amount of memory"):
        open_engine("duckdb", memory="lots", folder=tmp_path)


_POSTGRES = {
    "VARCHAR": 'text COLLATE "C"',
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
}
_CLICKHOUSE = {
    "VARCHAR": "Nullable(String)",
    "BIGINT": "Nullable(Int64)",
    "INTEGER": "Nullable(Int32)",
    "DOUBLE": "Nullable(Float64)",
}


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def _like(model: pa.Table, rows: list[tuple[Any, ...]]) -> pa.Table:
    """Rows of another database as a table of the same columns and types."""
    columns = list(zip(*rows, strict=True)) or [()] * model.num_columns
    arrays = [
        pa.array(
            [float(v) if v is not None and pa.types.is_floating(field.type) else v for v in column],
            field.type,
        )
        for column, field in zip(columns, model.schema, strict=True)
    ]
    return pa.table(arrays, schema=model.schema)
