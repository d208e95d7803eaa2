"""Engines and warehouses to run the definition on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pyarrow as pa
import pytest

from fieldfare.contacts import analysis
from fieldfare.contacts.definition import LEDGER, SIGNALS
from fieldfare.contacts.engine import Engine, open_engine
from tests.contacts.events import Tables


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One Spark session for all tests: starting it takes ten seconds."""
    with open_engine(
        "spark", memory="2g", threads=2, folder=tmp_path_factory.mktemp("spark")
    ) as engine:
        yield engine


@pytest.fixture
def duck(tmp_path: Path) -> Iterator[Engine]:
    with open_engine("duckdb", threads=2, folder=tmp_path) as engine:
        yield engine


def run_all(engine: Engine, tables: Tables) -> Tables:
    """Ledger and signals of these events."""
    for name, table in tables.items():
        engine.load(name, table)
    analysis.ledger(engine)
    analysis.signals(engine)
    return {name: engine.fetch(f"SELECT * FROM {name}") for name in (*LEDGER, *SIGNALS)}


@cache
def _keys(name: str) -> tuple[str, ...]:
    return {
        "people": ("account",),
        "totals": ("account",),
        "counts": ("account",),
        "neighbourhood": ("account",),
        "linked": ("account",),
        "familiar": ("account",),
        "sequence": ("account",),
        "ties": ("account",),
        "novelty": ("account",),
        "comparison": ("account",),
        "asked": ("account",),
        "signals": ("account",),
        "surroundings": ("account", "peer", "other"),
        "indicators": ("account", "peer", "indicator", "hour_utc"),
        "population": ("activity", "children_peak_7d"),
    }.get(name, ("account", "peer"))


def same_rows(name: str, left: pa.Table, right: pa.Table, tolerance: float = 1e-9) -> None:
    """Assert that two tables of this name hold the same rows: integers and text equal, floats
    within the tolerance."""
    order = [(key, "ascending") for key in _keys(name)]
    assert left.column_names == right.column_names
    assert left.num_rows == right.num_rows
    for column in left.column_names:
        a = left.sort_by(order)[column].to_pylist()
        b = right.sort_by(order)[column].to_pylist()
        if pa.types.is_floating(left.schema.field(column).type):
            assert [x is None for x in a] == [x is None for x in b], column
            assert all(
                x is None or abs(x - y) <= tolerance * max(1.0, abs(x))
                for x, y in zip(a, b, strict=True)
            ), column
        else:
            assert a == b, column


SameRows = Callable[[str, pa.Table, pa.Table], None]
