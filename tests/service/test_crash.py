"""Killed under load, nothing acknowledged is lost and nothing counts twice."""

from __future__ import annotations

from pathlib import Path

from fieldfare.lab.service_trials import crash, ledger_differences
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.service.settings import ServiceSettings

KILLS = 4
"""A few; `fieldfare bench crash` does hundreds."""


def test_a_service_that_is_killed_loses_and_repeats_nothing(
    settings: ServiceSettings, tmp_path: Path
) -> None:
    figures = crash(settings, KILLS, seed=11, people=80)
    sent = figures["sent"]
    assert figures["acknowledged"] == len(sent) > 80
    assert figures["lost_connections"] > 0
    assert figures["kills_after_something_was_folded"] > 0
    assert set(ledger_differences(settings, sent, tmp_path).values()) == {0}
    state = settings.open_state()
    stored = {row[0] for row in state.database.run("SELECT account FROM assessments")}
    state.close()
    result = scan([tmp_path / "sent.jsonl"], ScanSettings(top=1000))
    assert stored == {account.account for account in result.accounts}
