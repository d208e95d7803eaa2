"""What the service answers. Fields that a newer service adds are passed over."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

Verdict = Literal["deliver", "confirm", "warn", "withhold", "limit"]


class Problem(msgspec.Struct, frozen=True):
    """What was wrong with one event."""

    number: int
    """Its place among the events that were given, counted from 0."""
    what: str
    """Never with anything of the event itself."""


class Taken(msgspec.Struct, frozen=True):
    """What became of events. Those that were not refused are durable."""

    received: int = 0
    new: int = 0
    repeated: int = 0
    """Messages that were known already, by id and recipients."""
    refused: tuple[Problem, ...] = ()
    """Events that were left out."""
    doubtful: tuple[Problem, ...] = ()
    """Events that were taken, with something in them left empty."""
    unread: int = 0
    """Messages taken without their text, which the service's policy does not let be read."""
    country_unknown: int = 0
    """Those of them where the country of someone is unknown: send accounts, with ``country``."""


class Text(msgspec.Struct, frozen=True):
    """A text to show as it stands."""

    key: str
    text: str
    language: str


class Decision(msgspec.Struct, frozen=True):
    """What to do towards one recipient. `codes`, `rules`, `would_be` and `retry_after_seconds` are
    for the service and must never reach the sender."""

    recipient: str
    verdict: Verdict
    codes: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    text_for_recipient: Text | None = None
    support: Text | None = None
    """What a child is told at a first message or a request, whatever is decided."""
    text_for_sender: Text | None = None
    """None: behave as if the message was delivered."""
    retry_after_seconds: int | None = None
    shadow: bool = False
    would_be: Verdict | None = None
    """In shadow mode: what would have been decided."""
    shadow_rules: tuple[str, ...] = ()


class Policy(msgspec.Struct, frozen=True):
    """The policy that decided."""

    version: str
    sha256: str


class Answer(msgspec.Struct, frozen=True):
    """A decision a recipient, in the order they were given."""

    policy: Policy
    decisions: tuple[Decision, ...]


class Reason(msgspec.Struct, frozen=True):
    """One signal and what it contributed to the log odds; negative speaks for the account."""

    signal: str
    value: float
    contribution: float
    sentence: str


class Change(msgspec.Struct, frozen=True):
    """A change of band. `seq` grows; give the last one seen to go on after it."""

    seq: int
    account: str
    as_of: datetime
    band_before: str
    band: str
    probability: float


class Assessment(msgspec.Struct, frozen=True):
    """What the service thinks of an account. A score decides nothing: a person does."""

    account: str
    probability: float
    """Of grooming, 0–1, at the base rate `prior`."""
    band: str
    log_odds: float
    as_of: datetime
    """Time of the last event that was counted."""
    first_flagged_at: datetime | None
    reasons: tuple[Reason, ...]
    signals: dict[str, Any]
    prior: float
    scorecard: str
    history: tuple[Change, ...] = ()
    """Changes of band, oldest first; only where one account was asked for."""


class Page(msgspec.Struct, frozen=True):
    """A page of assessments."""

    assessments: tuple[Assessment, ...]
    next: str | None


class Complaint(msgspec.Struct, frozen=True):
    """A problem as the service names it."""

    at: str
    what: str


class Receipt(msgspec.Struct, frozen=True):
    """What became of one request's events."""

    received: int
    new: int
    repeated: int
    refused: tuple[Complaint, ...] = ()
    doubtful: tuple[Complaint, ...] = ()
    unread: int = 0
    country_unknown: int = 0
