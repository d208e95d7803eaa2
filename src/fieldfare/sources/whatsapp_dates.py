"""Times at the beginning of WhatsApp's lines, and the order of day and month.

The form depends on the phone's language, region and clock, and no file says which it was. Every
form is therefore read by one pattern, and the order of the three numbers of a date is found from
the whole file or asked for, never guessed.
"""

from __future__ import annotations

import re
import tomllib
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from itertools import combinations
from typing import Any, Literal

from fieldfare.vocabulary import InputError

Order = Literal["dmy", "mdy", "ymd"]
ORDERS: tuple[Order, ...] = ("dmy", "mdy", "ymd")
NAMES: dict[Order, str] = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}

FIRST_YEAR = 2009
"""No chat is older than WhatsApp."""
BACKWARDS = timedelta(days=2)
"""Messages stand in the order they arrived, so a chat goes back in time by hours at most."""

MARKS = "\u200b\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\ufeff"
"""Characters without width that set the direction of text; for use inside [ ] of a pattern."""

_I = f"[{MARKS}]*"
_S = "[ \t\u00a0\u2007\u2009\u202f\u3000]"
_WORD = r"[^\W\d_][^\d\[\]:,،\-–]{0,18}?"
_DATE = (
    rf"(?P<a>\d{{1,4}}){_I}(?P<sep>[./\-]|{_S}?[年년]){_I}(?P<gap>{_S}?)(?P<b>\d{{1,2}}){_I}"
    rf"(?:[./\-]|{_S}?[月월]){_I}{_S}?(?P<c>\d{{1,4}}){_I}(?:\.|{_S}?[日일])?(?:{_S}г\.)?"
)
_TIME = (
    rf"(?:(?P<before>{_WORD}){_S}*)?(?P<h>\d{{1,2}})(?:[:.]|{_S}?h{_S}?)(?P<m>\d{{2}})"
    rf"(?:(?:[:.]|{_S}min{_S})(?P<s>\d{{2}})(?:{_S}s)?)?(?:{_I}{_S}*{_I}(?P<after>{_WORD}))?{_I}"
)
_COMMA = rf"{_I}[,،、]?{_I}{_S}{{0,2}}{_I}"


def _header(before: str, after: str) -> tuple[re.Pattern[str], ...]:
    # Some regions write the time before the date.
    stamps = (rf"{_DATE}{_COMMA}{_TIME}", rf"{_TIME}{_COMMA}{_DATE}")
    return tuple(
        re.compile(rf"{_I}{before}{_I}(?P<stamp>{stamp}){after}(?P<rest>.*)", re.DOTALL)
        for stamp in stamps
    )


HEADERS: dict[str, tuple[re.Pattern[str], ...]] = {
    "ios": _header(r"\[", rf"\]{_I}{_S}"),
    "android": _header("", rf"{_S}[-–]{_S}"),
    "old ios": _header("", rf":{_S}"),
}
"""How a line begins that begins a message, by the system that exported the chat."""


@dataclass(frozen=True)
class Stamp:
    """A time as a line has it, before anybody knows what its numbers mean."""

    raw: str
    numbers: tuple[int, int, int]
    digits: tuple[int, int, int]
    dots: bool
    """True where full stops stand between the numbers."""
    gap: bool
    """True where blanks do, too."""
    hour: int | None
    """0–23; None where the word for the half of the day is not known."""
    minute: int
    second: int

    def orders(self) -> frozenset[Order]:
        """Every order in which the three numbers are a date."""
        return frozenset(order for order in self._possible() if self.day(order) is not None)

    def _possible(self) -> tuple[Order, ...]:
        first, _, last = self.digits
        if first > 2:
            return ("ymd",)
        # Nobody puts the month first and full stops between.
        months: tuple[Order, ...] = ("dmy",) if self.dots else ("dmy", "mdy")
        # A year of two digits comes first with strokes, or with stops and blanks: 23. 12. 31.
        years_first = last <= 2 and (self.gap or not self.dots)
        return (*months, "ymd") if years_first else months

    def day(self, order: Order) -> date | None:
        """The date in an order; None where it is none, or of a calendar we do not read."""
        return _day(self.numbers, self.digits, order)

    def moment(self, order: Order) -> datetime | None:
        """The local time in an order; None where that is no time."""
        day = self.day(order)
        if day is None or self.hour is None or self.minute > 59 or self.second > 59:
            return None
        return datetime(day.year, day.month, day.day, self.hour, self.minute, self.second)  # noqa: DTZ001


@lru_cache(maxsize=4096)
def _day(numbers: tuple[int, int, int], digits: tuple[int, int, int], order: Order) -> date | None:
    y, m, d = (order.index(letter) for letter in "ymd")
    year, month, day = _year(numbers[y], digits[y]), numbers[m], numbers[d]
    if year is None or digits[d] > 2 or not 1 <= month <= 12:
        return None
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None


def _year(number: int, digits: int) -> int | None:
    """The Gregorian year, also of the Buddhist era (543 ahead); None for other calendars."""
    if digits <= 2:
        # 2009–2051 in our era, 2552–2599 (2009–2056) in the Buddhist one.
        return 2000 + number if number < 52 else 2500 + number - 543
    year = number - 543 if 2400 <= number <= 2700 else number
    return year if 1990 <= year <= 2199 else None


def match_header(line: str, style: str) -> re.Match[str] | None:
    """The match of a line that begins a message in a style of `HEADERS`; its group ``rest`` is
    what follows the time."""
    for pattern in HEADERS[style]:
        match = pattern.match(line)
        if match is not None:
            return match
    return None


def stamp_of(match: re.Match[str]) -> Stamp:
    """The time in a match of `match_header`."""
    parts = (match["a"], match["b"], match["c"])
    hour = _hour(int(match["h"]), (match["before"], match["after"]))
    return Stamp(
        raw=match["stamp"],
        # int() reads the decimal digits of every script.
        numbers=(int(parts[0]), int(parts[1]), int(parts[2])),
        digits=(len(parts[0]), len(parts[1]), len(parts[2])),
        dots=match["sep"] == ".",
        gap=bool(match["gap"]),
        hour=hour,
        minute=int(match["m"]),
        second=int(match["s"] or 0),
    )


@cache
def words() -> dict[str, Any]:
    """WhatsApp's own words, from ``whatsapp.toml``."""
    return tomllib.loads(files("fieldfare.sources").joinpath("whatsapp.toml").read_text("utf-8"))


_MARK = re.compile(f"[{MARKS}]")
_BLANKS = re.compile(rf"{_S}+")


def plain(string: str) -> str:
    """A string as WhatsApp's words are compared: without marks, case, final stops, and with
    single blanks."""
    return _BLANKS.sub(" ", _MARK.sub("", string)).strip().rstrip(".。").casefold()


@cache
def _periods() -> dict[str, str]:
    return {plain(word): half for half, all_ in words()["day_periods"].items() for word in all_}


def _hour(hour: int, around: tuple[str | None, ...]) -> int | None:
    """The hour, 0–23, from a clock's number and the words around it."""
    halves = [plain(word) for word in around if word]
    halves = [word for word in halves if word and word not in _joiners()]
    if hour > 23 or len(halves) > 1:
        return None
    if not halves:
        return hour
    half = _periods().get(halves[0])
    if half is None or hour > 12:
        return None if half is None else hour
    if half == "noon":
        return hour if hour >= 10 else hour + 12
    return hour % 12 + (12 if half == "pm" else 0)


@cache
def _joiners() -> frozenset[str]:
    return frozenset(plain(word) for word in words()["joiners"]["words"])


@dataclass
class OrderFinder:
    """Finds the order of a chat's dates from all of them, in constant memory.

    First by what is possible: an order in which some date does not exist is not it. Then, if
    several are left, by what is plausible: a chat is not older than WhatsApp, not of the future,
    and does not go back by more than `BACKWARDS`. Where not exactly one order is left, and those
    left differ in any date, there is no answer.
    """

    seen: int = 0
    """Dates that are one in some order; the same date again is not counted."""
    left: frozenset[Order] = frozenset(ORDERS)
    only: dict[frozenset[Order], int] = field(default_factory=dict)
    """The first line that allowed only these orders."""
    _written: object = None
    _doubtful: set[Order] = field(default_factory=set)
    _last: dict[Order, date] = field(default_factory=dict)
    _differ: set[tuple[Order, Order]] = field(default_factory=set)
    _tomorrow: date = field(default_factory=lambda: (datetime.now(UTC) + timedelta(days=1)).date())

    def see(self, stamp: Stamp, line: int) -> None:
        """Take one more date, in the order of the file."""
        written = (stamp.numbers, stamp.digits, stamp.dots, stamp.gap)
        if written == self._written:
            return
        self._written = written
        possible = stamp.orders()
        if not possible:
            return
        self.seen += 1
        self.left &= possible
        self.only.setdefault(possible, line)
        days = {order: day for order in possible if (day := stamp.day(order)) is not None}
        for order, day in days.items():
            back = order in self._last and self._last[order] - day > BACKWARDS
            if back or day.year < FIRST_YEAR or day > self._tomorrow:
                self._doubtful.add(order)
            self._last[order] = day
        for one, other in combinations(ORDERS, 2):
            if one in days and other in days and days[one] != days[other]:
                self._differ.add((one, other))

    def order(self, wanted: Order | None, where: str) -> Order:
        """The order of all dates. `wanted` decides where the file does not. Raises InputError,
        a question to the operator, where nothing does."""
        if len(self.left) == 1:
            return next(iter(self.left))
        if not self.left:
            return self._contradiction(wanted, where)
        if wanted is not None and wanted in self.left:
            return wanted
        likely = [order for order in ORDERS if order in self.left and order not in self._doubtful]
        candidates = likely or [order for order in ORDERS if order in self.left]
        if not any(pair in self._differ for pair in combinations(candidates, 2)):
            return candidates[0]
        could = " or ".join(NAMES[order] for order in candidates)
        options = "|".join(candidates)
        raise InputError(
            f"{where}: the dates can be read with the {could}; give --date-order {options}"
        )

    def _contradiction(self, wanted: Order | None, where: str) -> Order:
        if wanted is not None:
            return wanted
        lines = "; ".join(
            f"line {line} only with the {' or '.join(NAMES[o] for o in ORDERS if o in orders)}"
            for orders, line in sorted(self.only.items(), key=lambda item: item[1])
            if len(orders) < 3
        )
        raise InputError(
            f"{where}: no order of day and month fits all dates ({lines}); give "
            "--date-order dmy|mdy|ymd, and the lines that do not fit are left out"
        )
