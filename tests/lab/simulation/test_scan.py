"""A simulated world goes through a scan, and through an engine, as a service's own files would."""

from __future__ import annotations

from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.contacts import analysis
from fieldfare.contacts.accounts import prepare
from fieldfare.contacts.duckdb_engine import DuckDBEngine
from fieldfare.contacts.intake import ContactSettings, EventFiles, load
from fieldfare.lab.simulation.parameters import load as load_parameters
from fieldfare.lab.simulation.world import simulate
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.vocabulary.schemas import ACCOUNTS, TABLES


@pytest.mark.parametrize("text", ["none", "templates"])
def test_a_scan_reads_all_of_it(tmp_path: Path, text: str) -> None:
    made = simulate(tmp_path, load_parameters(), 2_000, 60, seed=2, text=text)
    result = scan([tmp_path / f"{name}.parquet" for name in TABLES], ScanSettings(top=20))
    assert result.gathered.problems.total == 0
    assert result.assessed.signals.num_rows > 1_000
    truth = pq.read_table(tmp_path / "truth.parquet", columns=["account", "kind", "offender"])
    kinds = {row["account"]: row for row in truth.to_pylist()}
    ranked = [kinds[one.account] for one in result.accounts]
    before = list(takewhile(lambda row: row["offender"], ranked))
    # The case this project was started from stands before everyone who is innocent.
    assert "mass_contact" in {row["kind"] for row in before}
    assert made.kinds["mass_contact"] == 1


def test_an_engine_loads_evidence_without_text(tmp_path: Path) -> None:
    simulate(tmp_path, load_parameters(), 2_000, 60, seed=2, text="evidence")
    accounts = pq.read_table(tmp_path / "accounts.parquet")
    empty = {f.name: pa.nulls(len(accounts), f.type) for f in ACCOUNTS}
    columns = empty | {name: accounts[name].combine_chunks() for name in accounts.column_names}
    batch = pa.RecordBatch.from_arrays(list(columns.values()), schema=ACCOUNTS)
    pq.write_table(pa.Table.from_batches([prepare(batch)]), tmp_path / "prepared.parquet")
    engine = DuckDBEngine()
    files = EventFiles(
        messages=[tmp_path / "messages.parquet"],
        accounts=[tmp_path / "prepared.parquet"],
        connections=[tmp_path / "connections.parquet"],
        notices=[tmp_path / "notices.parquet"],
    )
    load(engine, files, ContactSettings())
    analysis.ledger(engine)
    analysis.signals(engine)
    found = engine.fetch(
        "SELECT SUM(children_age_probed) AS asked, SUM(tokens) AS tokens,"
        " SUM(children_who_rejected) AS rejected FROM signals"
    ).to_pylist()[0]
    engine.close()
    assert found["asked"] > 10
    assert found["tokens"] > 10_000
    assert found["rejected"] > 10
