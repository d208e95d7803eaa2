"""Run the definition: events in the engine become the ledger and the signals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Final

import pyarrow as pa

from fieldfare.contacts.definition import EVENT_COLUMNS, LEDGER, SIGNALS, merge_sql, sql
from fieldfare.contacts.engine import Engine, open_engine

EVENTS: Final = ("deliveries", "mentions", "acts")
"""The tables of events that the ledger is made from."""


def ledger(engine: Engine, on_step: Callable[[str], None] = lambda _: None) -> None:
    """Create the ledger's tables from `deliveries`, `mentions` and `acts`."""
    for name in LEDGER:
        on_step(name)
        engine.create(name, sql(name))


@cache
def ledger_schemas() -> dict[str, pa.Schema]:
    """The Arrow schema of each table of the ledger, as the SQL that makes it gives it."""
    with open_engine("duckdb", threads=1) as engine:
        for name in EVENTS:
            engine.load_files(name, [], EVENT_COLUMNS[name])
        ledger(engine)
        return {name: engine.fetch(f"SELECT * FROM {name}").schema for name in LEDGER}


def merge(engine: Engine) -> None:
    """Create the ledger's tables from partial ones, given as ``<table>_parts``."""
    for name in LEDGER:
        engine.create(name, merge_sql(name))


def signals(
    engine: Engine,
    on_step: Callable[[str], None] = lambda _: None,
    steps: Sequence[str] = SIGNALS,
) -> None:
    """Create the tables of `SIGNALS` from the ledger's tables, `accounts`, `norms` and `settings`;
    or those of some of the `steps`. `signals` itself is a view, since whoever asks for it asks
    once, and often for few accounts."""
    for name in steps:
        on_step(name)
        (engine.view if name == "signals" else engine.create)(name, sql(name))
