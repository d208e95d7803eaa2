"""How many safeguards the service answered, by day and verdict: durable, and of nobody.

The service counts in memory and adds to the table every `EVERY_SECONDS` and when it ends, so that a
decision never waits for the disk; a process that is killed loses what it had not yet added.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Final, Self

from fieldfare.service.database import Database
from fieldfare.vocabulary.times import DAY

EVERY_SECONDS: Final = 10.0

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS safeguard_counts (
  day BIGINT NOT NULL,
  verdict TEXT NOT NULL,
  number BIGINT NOT NULL,
  PRIMARY KEY (day, verdict)
)
"""


class SafeguardCounts:
    """The counts in a database: that of the journal, which is durable."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self) -> Self:
        """Make the table, unless it is there."""
        self._database.run(_TABLE)
        return self

    def add(self, numbers: Mapping[str, int]) -> None:
        """Add to the numbers of today (UTC)."""
        today = time.time_ns() // 1000 // DAY
        with self._database.transaction():
            self._database.many(
                "INSERT INTO safeguard_counts (day, verdict, number) VALUES (?, ?, ?)"
                " ON CONFLICT (day, verdict) DO UPDATE SET"
                " number = safeguard_counts.number + excluded.number",
                [(today, verdict, number) for verdict, number in sorted(numbers.items()) if number],
            )

    def between(self, start: int, end: int) -> dict[str, int]:
        """Numbers by verdict, of the days that begin from `start` on and before `end` (microseconds
        UTC)."""
        rows = self._database.run(
            "SELECT verdict, CAST(SUM(number) AS BIGINT) FROM safeguard_counts"
            " WHERE day >= ? AND day < ? GROUP BY verdict ORDER BY verdict",
            (-(-start // DAY), -(-end // DAY)),
        )
        return {str(verdict): int(number) for verdict, number in rows}
