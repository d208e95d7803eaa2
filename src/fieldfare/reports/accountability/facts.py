"""What is counted: facts of the store of cases (`cases.counting`), and of the live service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from fieldfare.cases.counting import CaseFacts
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import DAY, SECOND, from_micros, isoformat, parse_time


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, UTC."""

    first: date
    last: date
    """The last day of it, as regulators write periods."""

    @classmethod
    def of(cls, first: str, last: str) -> Self:
        """From two dates, as 2026-01-31. Raises InputError."""
        try:
            found = cls(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            raise InputError(f"{first} to {last}: give both as dates, such as 2026-01-31") from None
        if found.last < found.first:
            raise InputError(f"{first} to {last}: the period ends before it begins")
        return found

    @property
    def start(self) -> int:
        """Microseconds UTC."""
        return parse_time(f"{self.first.isoformat()}T00:00Z")

    @property
    def end(self) -> int:
        """The first moment that is not in it."""
        return parse_time(f"{self.last.isoformat()}T00:00Z") + DAY

    def __contains__(self, moment: int | None) -> bool:
        return moment is not None and self.start <= moment < self.end

    def __str__(self) -> str:
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


@dataclass(frozen=True, slots=True)
class ReportFact:
    """A user's report of the period."""

    account: str
    """Whom it is about."""
    received_at: int
    messages: int
    verified: int
    """Of the messages."""
    not_counted: str
    """Why it does not count; empty where it does."""


@dataclass(frozen=True, slots=True)
class AppealFact:
    """An appeal made in the period."""

    account: str
    made_at: int
    outcome: str | None
    decided_at: int | None


@dataclass(frozen=True, slots=True)
class ServiceFacts:
    """What the live service has of a period."""

    reports: tuple[ReportFact, ...]
    appeals: tuple[AppealFact, ...]
    safeguards: Mapping[str, int]
    """Decisions answered, by verdict."""
    holds_set: int
    erasures: Mapping[str, int]
    """Requests of the period, by what became of them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """All of it."""

    period: Period
    cases: CaseFacts
    service: ServiceFacts | None
    """None: there was no live service's store beside the cases."""

    @property
    def as_of(self) -> str:
        """When states and outcomes were read: a day."""
        return from_micros(self.cases.now).date().isoformat()

    @property
    def read_at(self) -> str:
        """The same to the second, and whether the period was over by then."""
        late = "" if self.cases.now >= self.period.end else ". THE PERIOD WAS NOT OVER"
        return f"{isoformat(self.cases.now // SECOND * SECOND)}{late}"
