"""The two pure functions of detection, by name and in order, as SQL.

    ledger(events)  -> one row an ordered pair of accounts   (sql/ledger)
    signals(ledger) -> one row an account                    (sql/signals)

The SQL is written once, in DuckDB's dialect and the common core of the language; other dialects
are transpiled from it. How rows of the ledger merge is not written a second time: it is read off
the aggregate that makes each column (a SUM is summed, a MIN is the least, a MAX the greatest).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from fieldfare.vocabulary import SettingsError

LEDGER: Final = ("contacts", "words", "indicators", "relations")
"""The ledger's tables. Each row is of an ordered pair; all hold no text."""

SIGNALS: Final = (
    "people",
    "approaches",
    "totals",
    "sought",
    "inferred",
    "firsts",
    "counts",
    "circle",
    "surroundings",
    "acquainted",
    "neighbourhood",
    "linked",
    "familiar",
    "sequence",
    "ties",
    "novelty",
    "comparison",
    "asked",
    "signals",
    "population",
)
"""From the ledger to signals, in order; each may use those before it."""

INTAKE: Final = ("messages", "deliveries", "mentions", "acts", "accounts")
"""From the vocabulary's tables to what the ledger reads."""

DIALECTS: Final = ("duckdb", "spark", "postgres", "bigquery", "snowflake", "trino", "clickhouse")
"""Dialects that the ledger and the signals are printed in."""

EVENT_COLUMNS: Final[dict[str, dict[str, str]]] = {
    "deliveries": {
        "message_id": "VARCHAR",
        "sender": "VARCHAR",
        "recipient": "VARCHAR",
        "sent_at": "BIGINT",
        "is_group": "INTEGER",
        "weight_sum": "DOUBLE",
        "tokens": "INTEGER",
        "stated_age": "DOUBLE",
        "stated_age_confidence": "DOUBLE",
    },
    "mentions": {
        "message_id": "VARCHAR",
        "sender": "VARCHAR",
        "recipient": "VARCHAR",
        "indicator": "VARCHAR",
        "sent_at": "BIGINT",
    },
    "acts": {
        "account": "VARCHAR",
        "peer": "VARCHAR",
        "kind": "VARCHAR",
        "acted_at": "BIGINT",
    },
    "accounts": {
        "account": "VARCHAR",
        "name": "VARCHAR",
        "age": "DOUBLE",
        "born_at": "BIGINT",
        "age_basis": "VARCHAR",
        "age_confidence": "DOUBLE",
        "country": "VARCHAR",
        "country_basis": "VARCHAR",
        "utc_offset_hours": "DOUBLE",
        "created_at": "BIGINT",
        "role": "VARCHAR",
        "role_source": "VARCHAR",
    },
    "norms": {
        "activity": "BIGINT",
        "children_peak_7d": "BIGINT",
        "tail_probability": "DOUBLE",
    },
    "settings": {
        "as_of": "BIGINT",
        "unknown_child_probability": "DOUBLE",
        "stated_confidence": "DOUBLE",
        "has_connections": "INTEGER",
    },
}
"""What the ledger and the signals read, in DuckDB's type names: the tables a warehouse provides.
Times are microseconds UTC."""


@cache
def sql(name: str) -> str:
    """The SQL of one step: a name of `LEDGER`, `SIGNALS` or `INTAKE`."""
    room = {
        **dict.fromkeys(INTAKE, "intake"),
        **dict.fromkeys(LEDGER, "ledger"),
        **dict.fromkeys(SIGNALS, "signals"),
    }[name]
    return (files("fieldfare.contacts") / "sql" / room / f"{name}.sql").read_text("utf-8")


@cache
def doubted_below() -> float:
    """Years: a declared age below may be inferred otherwise. Read off `sought`, which says so."""
    (years,) = re.findall(r"given_basis = 'declared' AND p\.given_age < (\d+)", sql("sought"))
    return float(years)


@cache
def transpile(statement: str, dialect: str) -> str:
    """The statement in another dialect of `DIALECTS`."""
    if dialect == "duckdb":
        return statement
    if dialect not in DIALECTS:
        raise SettingsError(f"no SQL dialect '{dialect}'; choose one of {', '.join(DIALECTS)}")
    import sqlglot

    return sqlglot.transpile(
        statement,
        read="duckdb",
        write=dialect,
        pretty=True,
        unsupported_level=sqlglot.ErrorLevel.RAISE,
    )[0]


@dataclass(frozen=True)
class Merge:
    """How rows of a ledger table with the same keys become one."""

    keys: tuple[str, ...]
    columns: Mapping[str, str]
    """SUM, MIN or MAX for every other column, in the order of the table."""
    casts: Mapping[str, str]
    """The type a merged column is cast to, where the SQL that makes it casts it."""


@cache
def merge_of(name: str) -> Merge:
    """The merge of a ledger table, read off the aggregates of the SQL that makes it."""
    import sqlglot
    from sqlglot import exp

    query = sqlglot.parse_one(sql(name), read="duckdb", into=exp.Select)
    keys, columns, casts = [], {}, {}
    for column in query.selects:
        aggregate = column.find(exp.Sum, exp.Min, exp.Max)
        title = column.alias_or_name
        if aggregate is None:
            keys.append(title)
            continue
        columns[title] = aggregate.key.upper()
        if isinstance(column.this, exp.Cast):
            casts[title] = column.this.to.sql("duckdb")
    return Merge(tuple(keys), columns, casts)


@cache
def merge_sql(name: str) -> str:
    """SQL that merges rows of a ledger table into one row a key.

    Reads a table or view called ``<name>_parts`` with the ledger table's columns, several rows a
    key allowed, and gives the table's columns with one row a key.
    """
    merge = merge_of(name)
    merged = list(merge.keys)
    for title, aggregate in merge.columns.items():
        call = f"{aggregate}({title})"
        if title in merge.casts:
            call = f"CAST({call} AS {merge.casts[title]})"
        merged.append(f"{call} AS {title}")
    return f"SELECT {', '.join(merged)} FROM {name}_parts GROUP BY {', '.join(merge.keys)}"


@cache
def upsert_sql(name: str) -> str:
    """The end of an INSERT that merges a row into the one stored under its keys: what a database
    does that holds the ledger and gets partial rows. Reads alike in SQLite and PostgreSQL."""
    merge = merge_of(name)
    return f"ON CONFLICT ({', '.join(merge.keys)}) DO UPDATE SET " + ", ".join(
        f"{title} = {_merged(f'{name}.{title}', f'excluded.{title}', aggregate)}"
        for title, aggregate in merge.columns.items()
    )


def _merged(old: str, new: str, aggregate: str) -> str:
    if aggregate == "SUM":
        return f"COALESCE({old} + {new}, {old}, {new})"
    sign = "<" if aggregate == "MIN" else ">"
    return f"CASE WHEN {old} IS NULL OR {new} {sign} {old} THEN {new} ELSE {old} END"


def script(dialect: str) -> str:
    """The whole of detection as one SQL script: empty input tables described in comments, then
    one CREATE TABLE a step. It reads the tables of `EVENT_COLUMNS`."""
    lines = [
        f"-- Fieldfare: ledger and signals in the {dialect} dialect.",
        "-- Provide these tables or views first; times are microseconds UTC (BIGINT):",
    ]
    for table, columns in EVENT_COLUMNS.items():
        lines.append(f"--   {table}({', '.join(columns)})")
    lines.append(
        "-- Their meaning: docs/signals.md. The last table, signals, has one row an account."
    )
    statements = [create(name, sql(name), dialect) for name in (*LEDGER, *SIGNALS)]
    return "\n".join(lines) + "\n\n" + "\n\n".join(f"{each};" for each in statements) + "\n"


def create(name: str, statement: str, dialect: str) -> str:
    """A CREATE TABLE ... AS of the statement, in a dialect."""
    body = transpile(statement, dialect)
    if dialect == "clickhouse":
        # Outer joins give nulls only when told so, and aliases must not shadow columns.
        return (
            f"CREATE TABLE {name} ENGINE = MergeTree ORDER BY tuple() AS\n{body}\n"
            "SETTINGS join_use_nulls = 1, prefer_column_name_to_alias = 1"
        )
    return f"CREATE TABLE {name} AS\n{body}"
