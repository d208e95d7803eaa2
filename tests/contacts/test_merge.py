"""Merge = whole: the ledger of parts, merged, is the ledger of the whole."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldfare.contacts import analysis
from fieldfare.contacts.definition import LEDGER, merge_sql, sql
from fieldfare.contacts.engine import Engine, open_engine
from tests.contacts.conftest import run_all, same_rows
from tests.contacts.events import Tables, world

EVENTS = ("deliveries", "mentions", "acts")


def _split(tables: Tables, rng: random.Random, parts: int) -> list[Tables]:
    """The same events dealt out to `parts` worlds at random, each in random order."""
    dealt: list[Tables] = [dict(tables) for _ in range(parts)]
    for name in EVENTS:
        rows = list(range(tables[name].num_rows))
        rng.shuffle(rows)
        for part in range(parts):
            dealt[part][name] = tables[name].take(pa.array(rows[part::parts], pa.int64()))
    return dealt


def _ledger(engine: Engine, tables: Tables) -> Tables:
    for name, table in tables.items():
        engine.load(name, table)
    analysis.ledger(engine)
    return {name: engine.fetch(f"SELECT * FROM {name}") for name in LEDGER}


def _merged(engine: Engine, parts: list[Tables]) -> Tables:
    for name in LEDGER:
        engine.load(f"{name}_parts", pa.concat_tables([part[name] for part in parts]))
    analysis.merge(engine)
    return {name: engine.fetch(f"SELECT * FROM {name}") for name in LEDGER}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6), parts=st.integers(1, 6), messages=st.integers(0, 150))
def test_parts_merge_into_the_whole(seed: int, parts: int, messages: int) -> None:
    tables = world(seed, messages=messages)
    rng = random.Random(seed)
    with open_engine("duckdb", threads=2) as engine:
        whole = _ledger(engine, tables)
        merged = _merged(engine, [_ledger(engine, part) for part in _split(tables, rng, parts)])
        for name in LEDGER:
            same_rows(name, whole[name], merged[name])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_merging_in_two_steps_is_merging_in_one(seed: int) -> None:
    tables = world(seed)
    with open_engine("duckdb", threads=2) as engine:
        parts = [_ledger(engine, part) for part in _split(tables, random.Random(seed), 4)]
        one = _merged(engine, parts)
        left, right = _merged(engine, parts[:2]), _merged(engine, parts[2:])
        two = _merged(engine, [right, left])
        for name in LEDGER:
            same_rows(name, one[name], two[name])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 10**6))
def test_the_order_of_events_does_not_matter(seed: int) -> None:
    tables = world(seed)
    shuffled = _split(tables, random.Random(seed), 1)[0]
    with open_engine("duckdb", threads=2) as engine:
        first, second = run_all(engine, tables), run_all(engine, shuffled)
        for name in first:
            same_rows(name, first[name], second[name])


@pytest.mark.spark
def test_parts_merge_into_the_whole_on_spark(spark: Engine) -> None:
    tables = world(3, messages=300)
    whole = _ledger(spark, tables)
    merged = _merged(spark, [_ledger(spark, part) for part in _split(tables, random.Random(3), 3)])
    for name in LEDGER:
        same_rows(name, whole[name], merged[name])


@pytest.mark.parametrize("name", LEDGER)
def test_the_merge_has_the_columns_of_the_ledger(name: str, duck: Engine) -> None:
    ledger = _ledger(duck, world(1))[name]
    duck.load(f"{name}_parts", ledger)
    assert duck.fetch(merge_sql(name)).schema == ledger.schema


@pytest.mark.parametrize("name", LEDGER)
def test_the_ledger_reads_no_text(name: str) -> None:
    assert (
        "text"
        not in sql(name)
        .replace("without the text", "")
        .replace("there is no text", "")
        .replace("exchanged text", "")
        .split("SELECT", 1)[1]
    )
