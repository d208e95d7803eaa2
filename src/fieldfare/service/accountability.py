"""What the live service has of a period, to be counted (`reports.accountability`)."""

from __future__ import annotations

from collections import Counter
from typing import Final

from fieldfare.reports.accountability.facts import (
    AppealFact,
    Period,
    ReportFact,
    ServiceFacts,
)
from fieldfare.reports.accountability.making import Live
from fieldfare.service.appeals import Appeals
from fieldfare.service.database import Database
from fieldfare.service.safeguard_counts import SafeguardCounts
from fieldfare.service.settings import ServiceSettings


def facts_of(database: Database, period: Period) -> ServiceFacts:
    """The facts, from the journal's database. What was erased meanwhile is not in them."""
    span = (period.start, period.end)
    reports = database.run(
        "SELECT account, received_at, verified + unverified + failed, verified, not_counted"
        " FROM user_reports WHERE received_at >= ? AND received_at < ? ORDER BY seq",
        span,
    )
    erasures = database.run(
        "SELECT state FROM erasures WHERE requested_at >= ? AND requested_at < ?", span
    )
    holds = database.run("SELECT COUNT(*) FROM legal_holds WHERE set_at >= ? AND set_at < ?", span)
    return ServiceFacts(
        tuple(ReportFact(*row) for row in reports),
        tuple(AppealFact(*row) for row in Appeals(database).outcomes(*span)),
        SafeguardCounts(database).between(*span),
        int(holds[0][0]),
        Counter(str(state) for (state,) in erasures),
    )


def tables_of(database: Database) -> list[str]:
    """The tables of ours that a database has: what the live service stores."""
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT table_name FROM information_schema.tables"
        " WHERE table_schema = current_schema()",
    }
    found = [str(name) for (name,) in database.run(listed[database.kind])]
    return sorted(name for name in found if not name.startswith(_NOT_OURS))


_NOT_OURS: Final = ("review_", "sqlite_")
"""Tables of cases, and of SQLite itself."""


def read(settings: ServiceSettings, period: Period) -> Live | None:
    """What the service whose data these are has of a period, and the tables that it has; None where
    none ever ran there."""
    if settings.database is None and not (settings.data / "journal.sqlite").exists():
        return None
    with settings.open_journal().database as database:
        facts, tables = facts_of(database, period), tables_of(database)
    with settings.open_state().database as database:
        return Live(facts, sorted({*tables, *tables_of(database)}))
