"""A snapshot: all that a person needs in order to judge one account, frozen at one moment.

This is the file format of ``evidence/`` (JSON, one account a file; docs/cases.md) and what a case
is opened from. Times are int64 microseconds UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel

FORMAT: Final = "fieldfare-evidence-1"
"""Names the format and its version; changes whenever an older reader would misread a file."""

MOST_MESSAGES: Final = 50_000
"""Messages of one snapshot. `Snapshot.messages_left_out` says how many there are beyond."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where an indicator stands in a message: ``text[start:end]``, in characters."""

    indicator: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SeenSource:
    """Where a message was read, so that another person finds it again, and how its time was
    understood. Empty where the source says nothing."""

    file: str = ""
    member: str = ""
    """Path inside a folder or ZIP."""
    record: str = ""
    """Place inside the member: ``line 12``, ``messages[7]``."""
    raw_time: str = ""
    """The time as it stood there."""
    tz_basis: str = ""
    """How it became UTC: utc, offset, assumed (a zone the operator named) or unknown (read as
    UTC)."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenMedia:
    """Something sent that is not text: never its content."""

    kind: str
    hash: str | None = None
    """``algorithm:hex``, as the service has it."""


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A private message between the account and a probable child."""

    id: str | None
    """The service's; null where it gives none."""
    child: str
    from_account: bool
    """False: the child wrote it."""
    sent_at: int
    text: str | None
    """Null where the service cannot see it, or no text was read."""
    indicators: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()
    """Of indicators found by phrases; one found otherwise has none."""
    origin: str = ""
    """Where it was read: file, member, place; in words."""
    source: SeenSource | None = None
    """The same in parts."""
    media: tuple[SeenMedia, ...] = ()
    standing: str = ""
    """Of a message that the child reported: verified, unverified or failed (docs/franking.md);
    empty where the service itself had it."""


@dataclass(frozen=True, slots=True)
class SeenChild:
    """A probable child that the account exchanged private messages with."""

    account: str
    name: str | None
    child_probability: float
    """P(age < 18), 0-1."""
    age: float | None
    """Years."""
    age_basis: str
    """verified, declared, inferred, stated or unknown; peers where it is inferred from whom the
    child knew before the account wrote to it."""
    country: str | None
    """ISO 3166-1 alpha-2."""
    country_basis: str | None
    contacted_at: int
    last_at: int
    wrote_first: bool
    """The account wrote before the child did."""
    answered: bool
    rejected_at: int | None
    """When the child blocked, reported or declined."""
    connected_before: bool
    sent: int
    """Private messages from the account."""
    received: int
    """Private messages to it."""
    asked: dict[str, int] = field(default_factory=dict)
    """First time of each indicator that the account showed this child."""
    known_children: int = 0
    """Where `age_basis` is peers: children whom it knew by then."""
    known_adults: int = 0
    """And adults."""


@dataclass(frozen=True, slots=True)
class SeenNotice:
    """An act of somebody's about the account."""

    kind: str
    """block, report, decline or request."""
    by: str
    at: int


@dataclass(frozen=True, slots=True)
class SeenReason:
    """One signal's part in the assessment. A negative contribution speaks for the account."""

    signal: str
    value: float
    contribution: float
    """Nats."""
    sentence: str
    messages: tuple[str, ...] = ()
    """Ids of the messages it rests on."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One account, as it was at `as_of`."""

    account: str
    as_of: int
    band: str
    probability: float
    """Of grooming, 0-1; by a scorecard, whose basis says what that is worth."""
    flagged: bool
    name: str | None = None
    age: float | None = None
    age_basis: str = "unknown"
    country: str | None = None
    first_flagged_at: int | None = None
    children_when_flagged: int | None = None
    scorecard: str = ""
    language: str = ""
    """Fingerprint of the language model; empty where no text was read."""
    reasons: tuple[SeenReason, ...] = ()
    children: tuple[SeenChild, ...] = ()
    """In the order of first contact."""
    ties: tuple[tuple[str, str], ...] = ()
    """Pairs of the children who both wrote to the other: who knows whom."""
    linked: tuple[str, ...] = ()
    """Other accounts that seem to be the same person's."""
    notices: tuple[SeenNotice, ...] = ()
    messages: tuple[SeenMessage, ...] = ()
    """In order of time."""
    messages_left_out: int = 0
    format: Literal["fieldfare-evidence-1"] = FORMAT


def encode(snapshot: Snapshot) -> bytes:
    """The bytes of a file of ``evidence/``; the same snapshot always gives the same."""
    return msgspec.json.encode(snapshot, order="deterministic")


def decode(data: bytes, where: Any) -> Snapshot:
    """Read such a file. Raises InputError, which names `where`, for anything else."""
    try:
        return msgspec.json.decode(data, type=Snapshot)
    except msgspec.ValidationError as error:
        # The message names the place in the file and the type wanted there, never a value.
        raise InputError(f"{where}: not evidence of a scan ({error})") from None
    except msgspec.DecodeError:
        raise InputError(f"{where}: not JSON; give a file of evidence/ of a scan") from None


def spans_of(text: str, model: LanguageModel) -> tuple[Span, ...]:
    """Where what `model` finds in a text stands. Raises InputError at a lone surrogate."""
    return tuple(Span(*span[:3]) for span in model.spans(text))


def place(origin: dict[str, Any] | None) -> str:
    """Where a record was read, in words."""
    parts = origin or {}
    return ", ".join(
        part for part in (parts.get("source"), parts.get("member"), parts.get("locator")) if part
    )


def source_of(origin: dict[str, Any] | None) -> SeenSource | None:
    """Where a record was read, in parts; None where nothing is known."""
    if not origin or not origin.get("source"):
        return None
    return SeenSource(
        file=origin["source"],
        member=origin.get("member") or "",
        record=origin.get("locator") or "",
        raw_time=origin.get("raw_time") or "",
        tz_basis=origin.get("tz_basis") or "",
        warnings=tuple(origin.get("warnings") or ()),
    )
