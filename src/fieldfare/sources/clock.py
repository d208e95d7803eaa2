"""Local times become UTC, and say on what basis."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fieldfare.sources.json_stream import integer
from fieldfare.sources.reader import ReadOptions
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.records import TimeZoneBasis
from fieldfare.vocabulary.times import EARLIEST, LATEST, MILLISECOND, to_micros

TWICE = "the hour came twice"
"""Warning of a local time in the hour that clocks repeat in autumn; the first is taken."""


class LocalClock:
    """Reads local times in the zone the operator named, or as UTC with the basis ``unknown``.

    Raises InputError for a zone that does not exist.
    """

    def __init__(self, options: ReadOptions) -> None:
        self.basis: TimeZoneBasis = "assumed" if options.time_zone else "unknown"
        try:
            self._zone = ZoneInfo(options.time_zone) if options.time_zone else UTC
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise InputError(
                f"no time zone is called {options.time_zone!r}; use a name such as Europe/London"
            ) from error

    def micros(self, local: datetime) -> tuple[int, tuple[str, ...]]:
        """Microseconds UTC of a naive local time, and warnings."""
        first = local.replace(tzinfo=self._zone)
        second = first.replace(fold=1)
        # In the hour that is skipped in spring the offsets differ the other way round.
        twice = (first.utcoffset() or 0) != (second.utcoffset() or 0) and to_micros(
            first.astimezone(UTC)
        ) < to_micros(second.astimezone(UTC))
        return to_micros(first.astimezone(UTC)), ((TWICE,) if twice else ())

    def iso(self, raw: str) -> tuple[int | None, TimeZoneBasis, tuple[str, ...]]:
        """Microseconds UTC of an ISO 8601 time, its basis, and warnings; None where it is no
        time. One without an offset is local."""
        try:
            moment = datetime.fromisoformat(raw)
        except ValueError:
            return None, "unknown", ()
        # A year no export can hold would overflow in the conversion to UTC.
        if not 1971 <= moment.year <= 2199:
            return None, "unknown", ()
        offset = moment.utcoffset()
        if offset is None:
            micros, doubts = self.micros(moment)
            return micros, self.basis, doubts
        micros = to_micros(moment)
        return micros if EARLIEST <= micros <= LATEST else None, "offset" if offset else "utc", ()


def millis(value: object) -> int | None:
    """Microseconds of a time in milliseconds; None for what is none, nought, or out of range."""
    number = integer(value)
    micros = number * MILLISECOND if number else None
    return micros if micros is not None and EARLIEST <= micros <= LATEST else None
