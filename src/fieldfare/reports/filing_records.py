"""What leaves `filings`: typed, frozen records without text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row

from fieldfare.cases.errors import CaseError
from fieldfare.vocabulary.times import HOUR

State = Literal["prepared", "opening", "open", "finishing", "finished", "failed", "replaced"]

LONGEST_OPEN: Final = 24 * HOUR
LONGEST_IDLE: Final = HOUR
"""The CyberTipline forgets an unfinished report so long after it was opened, or so long after its
last change, whichever is later."""


class AlreadyReported(CaseError):
    """The case is one that an authority has."""


@dataclass(frozen=True, slots=True)
class FilingFile:
    """A file of a filing."""

    name: str
    sha256: str
    file_id: str | None
    """The authority's."""
    described: bool


@dataclass(frozen=True, slots=True)
class Call:
    """What an interface was asked."""

    at: int
    call: str
    code: int | None
    """None: no usable answer."""
    request_id: str | None


@dataclass(frozen=True, slots=True)
class Filing:
    """A report of one case to one destination. Holds no text."""

    id: int
    case: int
    destination: str
    environment: str
    """test, production; portal, where a person submits it."""
    state: State
    made_at: int
    by: str
    as_of: int
    """The end of the material in it."""
    sha256: str
    """Of the package."""
    report_id: str | None
    """The authority's number. With a state other than finished: not filed, or not known to be."""
    opened_at: int | None
    changed_at: int | None
    finished_at: int | None
    attempts: int
    problem: str | None
    files: tuple[FilingFile, ...]
    calls: tuple[Call, ...]

    @property
    def expires_at(self) -> int | None:
        """When the authority forgets it, if it is not finished; None: nothing is open there."""
        if self.report_id is None or self.opened_at is None or self.state == "finished":
            return None
        return max(self.opened_at + LONGEST_OPEN, (self.changed_at or 0) + LONGEST_IDLE)


def filing_of(row: Row[Any], files: Sequence[Row[Any]], calls: Sequence[Row[Any]]) -> Filing:
    """A record from its rows."""
    return Filing(
        id=row.id,
        case=row.case_id,
        destination=row.destination,
        environment=row.environment,
        state=row.state,
        made_at=row.made_at,
        by=row.by_user,
        as_of=row.as_of,
        sha256=row.sha256,
        report_id=row.report_id,
        opened_at=row.opened_at,
        changed_at=row.changed_at,
        finished_at=row.finished_at,
        attempts=row.attempts,
        problem=row.problem,
        files=tuple(
            FilingFile(each.name, each.sha256, each.file_id, each.described) for each in files
        ),
        calls=tuple(Call(each.at, each.call, each.code, each.request_id) for each in calls),
    )
