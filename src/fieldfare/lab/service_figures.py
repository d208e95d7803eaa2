"""Figures of the live service: load, live = batch, crash; ready for JSON."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

from fieldfare.lab.bench import machine
from fieldfare.service.settings import ServiceSettings

SERVICE_FIGURES: Final = ("serve", "live", "crash")


def measure_service(
    what: str,
    *,
    seconds: float = 60,
    rate: float = 10_500,
    events: int = 1_000_000,
    kills: int = 200,
    database: str | None = None,
) -> dict[str, Any]:
    """The figures of one of `SERVICE_FIGURES`; the database, if one is given, must be empty."""
    figures = {
        "machine": machine(),
        "database": "sqlite" if database is None else "postgresql",
    }
    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as folder:
        settings = ServiceSettings(data=Path(folder) / "data", database=database)
        if what == "serve":
            from fieldfare.lab.service_load import load

            return figures | load(settings, seconds, rate)
        if what == "live":
            from fieldfare.lab.service_parity import compare

            return figures | compare(settings, Path(folder) / "world", events)
        return figures | _crash(settings, kills, Path(folder))


def _crash(settings: ServiceSettings, kills: int, folder: Path) -> dict[str, Any]:
    from fieldfare.lab.service_trials import crash, ledger_differences

    found = crash(settings, kills)
    sent = found.pop("sent")
    return found | {
        "acknowledged_messages": sum(b'"message"' in line for line in sent),
        "ledger_rows_that_differ_from_batch": ledger_differences(settings, sent, folder),
    }
