"""What the CyberTipline answers, and what follows from each code.

Codes and meanings were read from public client code; a code that is not here is treated as a
passing fault, tried again a few times, and then shown as a failure.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Final

from fieldfare.vocabulary import FieldfareError


class Follows(enum.Enum):
    """What to do next."""

    GO_ON = "go on"
    TRY_AGAIN = "try again, after taking back what is open"
    ALREADY_FILED = "it is filed"
    NOT_ALLOWED = "stop: credentials or permissions"
    REJECTED = "stop: the report itself is not accepted"


CODES: Final[dict[int, tuple[str, Follows]]] = {
    0: ("done", Follows.GO_ON),
    1000: ("the server failed", Follows.TRY_AGAIN),
    1100: ("the report could not be saved", Follows.TRY_AGAIN),
    1110: ("the upload failed", Follows.TRY_AGAIN),
    1111: ("the upload failed", Follows.TRY_AGAIN),
    1210: ("not found there", Follows.REJECTED),
    1300: ("the report could not be updated", Follows.TRY_AGAIN),
    2000: ("the credentials are not accepted", Follows.NOT_ALLOWED),
    3000: ("not authorised", Follows.NOT_ALLOWED),
    3100: ("not authorised", Follows.NOT_ALLOWED),
    3300: ("not authorised", Follows.NOT_ALLOWED),
    4000: ("the request is not valid", Follows.REJECTED),
    4100: ("the report does not fit the schema", Follows.REJECTED),
    4110: ("the report is not well-formed XML", Follows.REJECTED),
    4200: ("a file is malformed", Follows.REJECTED),
    5001: ("there is no such report: it may have expired", Follows.TRY_AGAIN),
    5002: ("there is no such file", Follows.TRY_AGAIN),
    5101: ("the report was retracted", Follows.TRY_AGAIN),
    5102: ("the report is finished already", Follows.ALREADY_FILED),
}

CLEARED: Final = frozenset({0, 5001, 5101})
"""Answers to ``/retract`` after which nothing is left there, and one may start again."""
FINISHED: Final = 5102
"""The answer to ``/retract`` that says the report is filed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. `description` is the authority's own words; it may quote the report, and goes
    into no message or log."""

    code: int
    description: str = field(default="", repr=False)
    report_id: str | None = None
    file_id: str | None = None
    md5: str | None = None
    """Of the uploaded file, in hex."""
    request_id: str | None = None

    @property
    def words(self) -> str:
        """The code with what it means."""
        return f"{self.code}: {CODES.get(self.code, ('unknown code', None))[0]}"

    @property
    def follows(self) -> Follows:
        """What to do next."""
        return CODES.get(self.code, ("", Follows.TRY_AGAIN))[1]


class Unanswered(FieldfareError):
    """No answer that can be read: whether the call had effect is not known."""

    def __init__(self, call: str, why: str, request_id: str | None = None) -> None:
        super().__init__(f"the CyberTipline gave no usable answer to {call} ({why})")
        self.call, self.request_id = call, request_id
