"""Times are int64 microseconds since 1970-01-01T00:00:00Z, everywhere inside."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEAR = int(365.2425 * DAY)

EARLIEST = -2_208_988_800 * SECOND
"""1900-01-01. A timestamp before it, or after `LATEST`, is a damaged one."""
LATEST = 7_258_118_400 * SECOND
"""2200-01-01."""

WRONG_UNIT = (100_000_000, 30 * DAY)
"""Between these, in January 1970, fall the seconds and milliseconds of our days (those since
1973) when they are read as microseconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_micros(moment: datetime) -> int:
    """Microseconds UTC of an aware datetime. A naive one raises ValueError: its zone would be
    a guess."""
    if moment.tzinfo is None:
        raise ValueError("the time has no offset; add one, such as Z or +08:00")
    # Integer arithmetic: datetime.timestamp() is a float and loses microseconds.
    return (moment - _EPOCH) // timedelta(microseconds=1)


def parse_time(value: int | str) -> int:
    """Microseconds UTC of an ISO 8601 string with an offset, or of integer microseconds.

    Raises ValueError, with a message for the user, for anything else and for times outside
    1900–2200.
    """
    if isinstance(value, bool):
        raise ValueError("a time is an ISO 8601 string or an integer, not true or false")
    if isinstance(value, int):
        micros = value
    else:
        try:
            micros = to_micros(datetime.fromisoformat(value))
        except OverflowError as error:
            raise ValueError("the time is out of range") from error
    if not EARLIEST <= micros <= LATEST:
        raise ValueError("the time is outside the years 1900–2200; integers are microseconds")
    return micros


def from_micros(micros: int) -> datetime:
    """The aware UTC datetime of microseconds."""
    return _EPOCH + timedelta(microseconds=micros)


def isoformat(micros: int) -> str:
    """``2026-03-01T12:00:00Z``, with a fraction only where there is one."""
    return from_micros(micros).isoformat().replace("+00:00", "Z")


def birth_micros(born: date) -> int:
    """Noon UTC of a birth date, so that no zone moves it by a day."""
    return to_micros(datetime.combine(born, time(12), tzinfo=UTC))
