"""What the template is given. Every value is in words already; strangers' text is cleaned and
clipped, and the template escapes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Time:
    """A moment: for the eye and for machines, both UTC."""

    shown: str
    machine: str


@dataclass(frozen=True)
class Who:
    """An account: its id, and its name where one is known."""

    id: str
    name: str


@dataclass(frozen=True)
class Band:
    """A band with the shape that stands for it, 0 (least) to 3 (gravest)."""

    name: str
    title: str
    level: int
    range: str
    flagged: bool


@dataclass(frozen=True)
class Fact:
    """A term and its value in the head of the page or of an account."""

    term: str
    value: str
    detail: str = ""


@dataclass(frozen=True)
class ProblemKind:
    """One kind of thing that could not be read, and where it was first met."""

    what: str
    count: str
    first: str
    others: list[str]
    more: str


@dataclass(frozen=True)
class RankedRow:
    """One account in the list."""

    rank: int
    who: Who
    section: int | None
    band: Band
    probability: str
    log_odds: str
    children: str
    recent: str
    recent_sort: str
    countries: str
    countries_sort: int
    first_flagged: Time | None
    flagged_after: str


@dataclass(frozen=True)
class ReasonRow:
    """One reason. `bar` is its length, 0-100; what it rests on are message ids."""

    signal: str
    sentence: str
    value: str
    weight: str
    bar: float
    speaks_for: bool
    messages: list[str]
    more: str


@dataclass(frozen=True)
class Sum:
    """The sum of the weights, so that it can be checked by hand."""

    prior: str
    prior_words: str
    concern: str
    against: str
    rest: str
    """What rounding and signals too small to be listed add; empty where nothing."""
    total: str
    calibrated: str
    """The log odds that such totals turned out to mean; empty where the card has no calibration."""
    probability: str


@dataclass(frozen=True)
class Dot:
    """One first contact in the drawing."""

    x: float
    y: float
    kind: Literal["answered", "silent", "rejected"]
    title: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Lane:
    """A line of the drawing: when each child was first shown one indicator."""

    y: float
    label: str
    marks: list[float]
    kind: Literal["asked", "rejected"]


@dataclass(frozen=True)
class DayRow:
    """One row of the drawing's table."""

    day: str
    contacts: int
    total: int
    answered: int
    rejected: int
    asked: str


@dataclass(frozen=True)
class Timeline:
    """First contacts with children over time: a drawing and its table."""

    height: float
    start: int
    """The left end of the axis, microseconds UTC."""
    end: int
    """The right end."""
    description: str
    column: str
    line: str
    area: str
    line_base: float
    dots: list[Dot]
    dot_radius: float
    dot_base: float
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    flag_x: float | None
    flag_label: str
    flag_at_end: bool
    lanes: list[Lane]
    rows: list[DayRow]
    more: str


@dataclass(frozen=True)
class CountryRow:
    """Probable children in one country, and how that is known."""

    name: str
    code: str
    children: int
    bar: float
    basis: str


@dataclass(frozen=True)
class Asked:
    """One indicator that a child was shown, and when first."""

    label: str
    time: Time


@dataclass(frozen=True)
class ChildRow:
    """One probable child that was contacted."""

    order: int
    who: Who
    age: str
    age_basis: str
    probability: str
    probability_sort: str
    country: str
    country_basis: str
    first: Time
    last: Time
    wrote_first: bool
    answered: bool
    sent: str
    received: str
    rejected: Time | None
    asked: list[Asked]


@dataclass(frozen=True)
class ExcerptRow:
    """One message, masked until somebody asks for it."""

    message: str
    to: Who
    time: Time
    indicators: list[str]
    origin: str
    text: str
    length: str
    clipped: str
    lines: int
    """How long the mask looks, 1-3."""


@dataclass(frozen=True)
class SecondLookRow:
    """An indicator that a second look found, and in which messages."""

    indicator: str
    count: str
    messages: list[str]
    more: str


@dataclass(frozen=True)
class SecondLookPart:
    """What a heavier model found in the messages of one account."""

    model: str
    read: str
    found: list[SecondLookRow]


@dataclass(frozen=True)
class AccountSection:
    """Everything about one account."""

    number: int
    rank: int
    who: Who
    about: str
    band: Band
    flagged: bool
    opened: bool
    probability: str
    summary: str
    details: list[str]
    facts: list[Fact]
    concern: list[ReasonRow]
    against: list[ReasonRow]
    sum: Sum
    timeline: Timeline | None
    countries: list[CountryRow]
    children: list[ChildRow]
    children_more: str
    excerpts: list[ExcerptRow]
    excerpts_note: str
    second_look: SecondLookPart | None


@dataclass(frozen=True)
class SignalRow:
    """What a signal means."""

    name: str
    meaning: str
    unit: str
    weighed: str
    source: str


@dataclass(frozen=True)
class Hash:
    """Something this result rests on, with its fingerprint."""

    what: str
    value: str


@dataclass(frozen=True)
class Page:
    """The whole page."""

    title: str
    note: str
    headline: str
    lead: list[str]
    facts: list[Fact]
    basis: str
    prior: str
    problems: list[ProblemKind]
    problem_total: str
    one_sided: list[str]
    time_note: str
    bands: list[Band]
    ranked: list[RankedRow]
    ranked_note: str
    accounts: list[AccountSection]
    accounts_note: str
    signals: list[SignalRow]
    hashes: list[Hash]
    scorecard: str
