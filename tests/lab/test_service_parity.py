"""A simulated world over HTTP, against a scan; `fieldfare bench live` does a million events."""

from __future__ import annotations

from pathlib import Path

from fieldfare.lab.service_parity import compare
from fieldfare.service.settings import ServiceSettings


def test_every_account_is_assessed_as_a_scan_does(tmp_path: Path) -> None:
    figures = compare(ServiceSettings(data=tmp_path / "data"), tmp_path / "world", 1_000, days=30)
    assert figures["accounts_that_differ"] == 0, figures["first_differences"]
    assert figures["accounts_assessed_live"] > 100
    assert figures["flagged"] > 0
    assert figures["repeated"] > 50
    assert figures["requests"] > 10
