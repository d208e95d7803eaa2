"""Messages as rows of a page: masked, or revealed with the indicators marked in the text."""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from fieldfare.cases.records import Message
from fieldfare.console.times import Zone, sent
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.scan.snapshot import Span

MOST_SHOWN: Final = 20_000
"""Characters of one message that are shown at first."""

STAGES: Final = {
    "contact": "Contact",
    "trust": "Trust",
    "risk_assessment": "Risk assessment",
    "exclusivity": "Exclusivity",
    "isolation": "Isolation",
    "compliance": "Compliance",
    "exchange": "Exchange",
    "inducement": "Inducement",
    "approach": "Approach",
    "coercion": "Coercion",
}
"""Stages of the literature in their usual order; an approach may skip or repeat any."""


@dataclass(frozen=True)
class Segment:
    """A stretch of text; `indicator` says what it shows, empty where nothing."""

    text: str
    indicator: str


@dataclass(frozen=True)
class Tag:
    """An indicator of a message: in a word, in words, and the stage it belongs to."""

    label: str
    title: str
    stage: str


@dataclass(frozen=True)
class MessageRow:
    """One message. `segments` is None while it is masked."""

    id: int
    mine: bool
    """Written by the account that the case is about."""
    writer: str
    when: Time
    tags: list[Tag]
    length: str
    lines: int
    has_text: bool
    redacted: bool
    segments: list[Segment] | None
    left: str
    """What is said where the text is longer than what is shown."""
    origin: str
    message: str
    standing: str = ""
    """Of a reported message: verified, unverified or failed."""
    focus: bool = False
    """The one that the page is about."""


def rows(
    messages: Iterable[Message],
    zone: Zone,
    texts: Mapping[int, str] | None = None,
    *,
    whole: bool = False,
    focus: int | None = None,
) -> list[MessageRow]:
    """Messages in their order. `texts`: of those that are revealed."""
    shown = texts or {}
    return [_row(each, zone, shown.get(each.id), whole=whole, focus=focus) for each in messages]


def _row(
    message: Message,
    zone: Zone,
    text: str | None,
    *,
    whole: bool,
    focus: int | None,
) -> MessageRow:
    length = message.length or 0
    most = len(text or "") if whole else MOST_SHOWN
    return MessageRow(
        id=message.id,
        mine=message.from_account,
        writer="the account" if message.from_account else "the child",
        when=sent(message, zone),
        tags=[tag(each) for each in message.indicators],
        length=words.plural(length, "character"),
        lines=1 if length < 60 else 2 if length < 160 else 3,
        has_text=message.length is not None,
        redacted=message.redacted,
        segments=None if text is None else segments(text, message.spans, most),
        left=f"The first {most:,} of {length:,} characters."
        if text is not None and length > most
        else "",
        origin=words.clip(message.origin, words.PLACE_LENGTH),
        message=words.clip(message.message),
        standing=message.standing,
        focus=message.id == focus,
    )


def segments(text: str, spans: Sequence[Span], most: int = MOST_SHOWN) -> list[Segment]:
    """Text cut where an indicator begins or ends. Spans count characters of the original; what
    would hide or reorder text is written out only after cutting."""
    text = text[:most]
    inside = [span for span in spans if 0 <= span.start < span.end <= len(text)]
    cuts = sorted({0, len(text), *(s.start for s in inside), *(s.end for s in inside)})
    found = []
    for start, end in itertools.pairwise(cuts):
        shown = [s.indicator for s in inside if s.start <= start and end <= s.end]
        label = ", ".join(dict.fromkeys(tag(each).title for each in shown))
        found.append(Segment(words.clean(text[start:end]), label))
    return found


@cache
def tag(indicator: str) -> Tag:
    """An indicator by its id; one that is not known here goes by its id."""
    known = _catalogue().get(indicator)
    label = words.ask(indicator)
    return Tag(label, known[1], known[0]) if known else Tag(label, label, "")


@cache
def _catalogue() -> dict[str, tuple[str, str]]:
    # Read as a file: the indicators themselves are compiled when loaded, which takes seconds.
    text = (files("fieldfare.language") / "indicators/catalogue.toml").read_text("utf-8")
    return {each["id"]: (each["stage"], each["title"]) for each in tomllib.loads(text)["indicator"]}
