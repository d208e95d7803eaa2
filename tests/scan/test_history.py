"""Playing detection again gives, for every signal, what a scan of only the past finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from fieldfare.contacts import analysis
from fieldfare.contacts.engine import open_engine
from fieldfare.scan.history import cut, cut_off, signals_then
from fieldfare.scan.universe import create_members, load_universes
from fieldfare.vocabulary.times import DAY
from tests.contacts.conftest import run_all
from tests.contacts.events import Tables, world
from tests.contacts.events import settings as settings_table

_TIMES = {"deliveries": "sent_at", "mentions": "sent_at", "acts": "acted_at"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"seed": 3, "accounts": 16, "messages": 500},
        {"seed": 4, "accounts": 60, "messages": 700},
        {"seed": 5, "accounts": 150, "messages": 900},
        {"seed": 7, "accounts": 120, "messages": 1000, "circle": 30},
    ],
)
def test_every_signal_at_a_moment_is_that_of_a_scan_of_the_past(
    tmp_path: Path, arguments: dict[str, int]
) -> None:
    tables = world(**arguments)
    settings = tables["settings"]
    as_of = settings["as_of"][0].as_py()
    with open_engine("duckdb", threads=2, folder=tmp_path) as engine:
        signals = run_all(engine, tables)["signals"]
        busiest = _busiest(signals)
        if "circle" in arguments:
            inferred = signals.filter(pc.greater(signals["children_inferred"], 0))
            assert inferred.num_rows >= 4
            busiest = list(dict.fromkeys([*busiest, *inferred["account"].to_pylist()]))
        create_members(engine, busiest)
        with open_engine("duckdb", threads=2) as replay:
            load_universes(engine, replay)
            times = sorted(set(tables["deliveries"]["sent_at"].to_pylist()))
            moments = times[len(times) // 3 :: len(times) // 6]
            cut_off(replay, dict.fromkeys(busiest, moments), settings)
            analysis.signals(replay)
            replayed = signals_then(replay).to_pylist()
        for moment in moments:
            shift = cut(0, "", moment, as_of)["shift"]
            past = run_all(engine, _past(tables, moment, as_of - shift))["signals"].to_pylist()
            expected = {row["account"]: row for row in past if row["account"] in busiest}
            found = {
                row["universe"]: _unshifted(dict(row), shift)
                for row in replayed
                if row["moment"] == moment
            }
            assert found.keys() == expected.keys()
            for account, row in expected.items():
                assert found[account] == pytest.approx(row, nan_ok=True), account
    assert {"acquaintance_ratio", "linked_children", "change_30d"} <= replayed[0].keys()


def _busiest(signals: pa.Table) -> list[str]:
    """Eight accounts that wrote first to most children."""
    order = pc.sort_indices(
        signals, [("children_first_contacted", "descending"), ("account", "ascending")]
    )
    return [str(name) for name in signals.take(order[:8])["account"].to_pylist()]


def _past(tables: Tables, moment: int, as_of: int) -> Tables:
    before = {
        name: tables[name].filter(pc.less_equal(tables[name][time], moment))
        for name, time in _TIMES.items()
    }
    return tables | before | {"settings": settings_table(as_of)}


def _unshifted(row: dict[str, Any], shift: int) -> dict[str, Any]:
    """The row with its times and ids as they were."""
    del row["moment"]
    key = row["account"].removesuffix(row.pop("universe"))
    found = row
    for name in ("account", "linked_account"):
        if found[name] is not None:
            found[name] = found[name].removeprefix(key)
    for name in ("first_child_contacted_at", "last_child_contacted_at"):
        if found[name] is not None:
            found[name] -= shift
    return found


def test_a_cut_is_made_in_whole_days() -> None:
    made = cut(0, "a", 10 * DAY + 5, 13 * DAY + 4)
    assert made["shift"] == 2 * DAY
