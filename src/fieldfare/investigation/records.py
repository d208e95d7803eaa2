"""What an investigation holds, as typed records: for the console, the reports of the countries, the
tables. Times are int64 microseconds UTC.

A person is somebody whom the suspect was in contact with, all accounts joined as theirs together.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Standing: TypeAlias = Literal["confirmed", "probable", "unsure", "not_child", "unlikely"]
"""What is held of a person: an officer's word where there is one, else the probability's."""

PROBABLE: Final = 0.5
"""Probability of being a child from which nobody may be left out for want of a look."""

URGENT: Final = 3
"""Level of risk, of 0 to 4, from which a person is shown first."""

COUNTS: Final = (
    f"(coalesce(verdict, '') = 'child' OR (child_probability >= {PROBABLE}"
    " AND coalesce(verdict, 'unsure') = 'unsure'))"
)
"""`Person.counts` as a condition on a row of `peers`."""

OPEN: Final = f"(NOT {COUNTS} AND coalesce(verdict, '') <> 'not_child' AND high >= {PROBABLE})"
"""The same of those who are `Person.possible` and do not count."""

UNKNOWN: Final = "ZZ"
"""Stands for a country that is not known (ISO 3166-1 keeps the code free for that)."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where something stands: source file, member in it, record in that."""

    source: str
    member: str = ""
    locator: str = ""
    raw_time: str = ""
    tz_basis: str = ""
    warnings: tuple[str, ...] = ()
    shown: str = ""
    """What the source is called on pages: the end of its path that no other source has."""

    @property
    def name(self) -> str:
        """What the source is called."""
        return self.shown or self.source

    def __str__(self) -> str:
        return ", ".join(each for each in (self.name, self.member, self.locator) if each)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the suspect was in contact with."""

    peer: str
    name: str
    accounts: tuple[str, ...]
    probability: float
    """Of being a child (under 18), 0-1; `low` and `high` hold it with 90 %."""
    low: float
    high: float
    age: float | None
    """Years; `age_basis` says where from: stated, told, profile."""
    age_basis: str
    first_contact: int
    last_contact: int
    sent: int
    """Messages from the suspect; `received`: to the suspect."""
    received: int
    wrote_first: bool
    """The suspect wrote before the person did."""
    language: str | None
    country: str | None
    """ISO 3166-1 alpha-2, the most probable; None where nothing points to one."""
    country_confidence: float
    risk: int
    """0 (nothing seen) to 4 (now)."""
    priority: float
    """How much it helps to look at this person next."""
    verdict: str | None
    """child, not_child, unsure; None: nobody has said."""
    verdict_by: str
    verdict_at: int | None
    verdict_number: int
    """Of the last verdict, also of one that took another back; 0: there was none."""

    @property
    def key(self) -> str:
        """What the person is called in addresses and in the audit: stands for the account and does
        not show it."""
        return key_of(self.peer)

    @property
    def reference(self) -> str:
        """What the person is called on pages and in reports."""
        return reference_of(self.peer)

    @property
    def standing(self) -> Standing:
        """What is held of them."""
        if self.verdict == "child":
            return "confirmed"
        if self.verdict is not None:
            return "unsure" if self.verdict == "unsure" else "not_child"
        return "probable" if self.probability >= PROBABLE else "unlikely"

    @property
    def counts(self) -> bool:
        """Whether they belong into the report of their country: confirmed, or probable and denied
        by nobody."""
        return self.standing in ("confirmed", "probable") or (
            self.standing == "unsure" and self.probability >= PROBABLE
        )

    @property
    def possible(self) -> bool:
        """Whether a child is not ruled out: by an officer, or by cues that leave it open."""
        return self.counts or (self.verdict != "not_child" and self.high >= PROBABLE)

    @property
    def place(self) -> str:
        """The country whose report holds them."""
        return self.country or UNKNOWN


def key_of(peer: str) -> str:
    """The key of a person."""
    return hashlib.sha256(peer.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def reference_of(peer: str) -> str:
    """What a person is called on pages and in reports."""
    return f"P-{key_of(peer)[:6].upper()}"


@dataclass(frozen=True, slots=True)
class Cue:
    """Something that points to a child, or away from one."""

    kind: str
    weight: float
    """Log likelihood ratio, nats."""
    says: str
    message: int | None
    """None: from a profile."""
    origin: Origin
    quote: str


@dataclass(frozen=True, slots=True)
class Place:
    """Something that points to a country."""

    country: str
    basis: str
    weight: float
    says: str
    message: int | None
    origin: Origin


@dataclass(frozen=True, slots=True)
class Risk:
    """Something in the messages that makes a person urgent, or that was asked of them."""

    kind: str
    at: int
    message: int
    origin: Origin
    quote: str


@dataclass(frozen=True, slots=True)
class Identifier:
    """What an account is known by."""

    account: str
    kind: str
    value: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Account:
    """An account, of the suspect or of a person."""

    account: str
    name: str
    service: str
    messages: int
    identifiers: tuple[Identifier, ...] = ()


@dataclass(frozen=True, slots=True)
class Tie:
    """Two people who know one another."""

    peer_a: str
    peer_b: str
    says: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where one of two joined accounts is seen with what they share."""

    account: str
    says: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Join:
    """Two accounts that are, or may be, one person's."""

    id: str
    account_a: str
    account_b: str
    name_a: str
    name_b: str
    kind: str
    value: str
    confidence: float
    evidence: tuple[Evidence, ...]
    applied: bool
    state: str
    """proposed, confirmed, rejected."""
    by: str
    at: int | None

    @property
    def standing(self) -> str:
        """One of `JOIN_STANDINGS`."""
        return self.state if self.state != "proposed" else "applied" if self.applied else "waiting"


JOIN_STANDINGS: Final = ("waiting", "applied", "confirmed", "rejected")
"""Waits for somebody, or counts as one person until somebody says otherwise; then what was said."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, wherever it was found."""

    message: int
    kind: str
    sender: str
    name: str
    """Of the sender."""
    from_suspect: bool
    recipients: tuple[str, ...]
    sent_at: int
    tz_basis: str
    length: int | None
    """Characters of its text; None where it has none."""
    media: tuple[str, ...]
    indicators: tuple[str, ...]
    origins: tuple[Origin, ...]
    text: str | None = None
    """Only where texts were asked for."""


@dataclass(frozen=True, slots=True)
class Script:
    """Nearly the same message, sent to several."""

    script: int
    people: int
    first_at: int
    last_at: int
    similarity: float
    """The least of any sending with the first, 0-1."""
    message: int
    """The first."""


@dataclass(frozen=True, slots=True)
class Source:
    """An archive that was read."""

    source: str
    sha256: str
    reader: str
    title: str
    completeness: str
    tz_basis: str
    records: int
    problems: int
    shown: str = ""
    """What it is called on pages."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read; sources as they are called on pages."""

    source: str
    where: str
    what: str
    detail: str
    times: int
    lost: bool
    """Whether something of the input is lost by it, or may be."""
