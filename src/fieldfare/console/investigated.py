"""People, cues and messages of an investigation as rows of a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fieldfare.cases import Permission
from fieldfare.cases.errors import NotFound
from fieldfare.console import said
from fieldfare.console.cabinet import Cabinet
from fieldfare.console.times import Zone
from fieldfare.console.visit import Visit
from fieldfare.investigation import reading, wording
from fieldfare.investigation.records import Cue, Message, Origin, Person
from fieldfare.investigation.store import Investigation
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time
from fieldfare.vocabulary import InputError

TABS: Final = (
    ("", "Overview", "g o"),
    ("/people", "People", "g e"),
    ("/scripts", "Scripts", "g c"),
    ("/accounts", "Same person?", "g m"),
    ("/reports", "Reports", "g d"),
    ("/sources", "Sources", "g u"),
)
"""Pages of an investigation: address, title, keys."""

MOST_PEOPLE: Final = 10_000
"""People that the pages hold; of a suspect's real contacts, all."""

SHAPES: Final = (0, 0, 1, 2, 3)
"""The shape of each level of risk."""


@dataclass(frozen=True)
class Bar:
    """The head of every page of an investigation."""

    name: str
    address: str
    tabs: list[tuple[str, str, str, bool]]
    """Address, title, keys, whether it is this page."""
    may_judge: bool
    may_reveal: bool
    may_take: bool


@dataclass(frozen=True)
class PersonRow:
    """Somebody in a list."""

    key: str
    address: str
    reference: str
    name: str
    accounts: str
    chance: str
    between: str
    bar: float
    """Probability, 0-100."""
    age: str
    cues: list[str]
    quotable: list[int]
    """Messages that the cues shown rest on."""
    level: str
    shape: int
    signs: list[str]
    country: str
    country_sure: str
    last: Time
    sent: int
    received: int
    standing: str
    verdict: str
    """child, not_child, unsure or empty."""
    by: str
    seen: int
    """Number of the last verdict, so that another's is not overwritten unseen."""
    said: str = ""
    """What was done just now, to be said aloud."""
    alert: str = ""
    """Why it was not done."""


@dataclass(frozen=True)
class CueRow:
    """What points to a child, or to a country, or to danger."""

    says: str
    strength: str
    weight: str
    bar: float
    speaks_for: bool
    message: int
    """-1: not of a message."""
    where: str


def cabinet(visit: Visit) -> Cabinet:
    """The investigations of this console. Raises NotFound where it has none."""
    if visit.console.cabinet is None:
        raise NotFound("this console holds no investigations")
    return visit.console.cabinet


def name_of(visit: Visit) -> str:
    """The investigation that the address names."""
    return str(visit.request.path_params["investigation"])


def key_of(visit: Visit) -> str:
    """The key of the person that the address names."""
    return str(visit.request.path_params["person"])


def person_of(case: Investigation, key: str) -> Person:
    """The person with a key. Raises NotFound where there is none (any more)."""
    try:
        return reading.person(case, key)
    except InputError as error:
        raise NotFound(str(error)) from None


def people_of(case: Investigation) -> list[Person]:
    """The people of an investigation, whom to look at next first: the first `MOST_PEOPLE`."""
    return reading.people(case, most=MOST_PEOPLE)


def beyond(case: Investigation, shown: Sequence[Person]) -> list[str]:
    """What to say where there are more people than pages hold."""
    total = reading.number(case)
    if total <= len(shown):
        return []
    return [
        f"There are {total:,} people in it. These pages hold the {len(shown):,} to look at first; "
        "peers.csv in the results holds all."
    ]


@contextmanager
def opened(visit: Visit, page: str, person: str = "") -> Iterator[Investigation]:
    """The investigation of the address; that a page of it was looked at is recorded first."""
    found, name = cabinet(visit), name_of(visit)
    found.folder(name)
    visit.store.investigation_seen(visit.actor, name, page, person)
    with found.open(name) as case:
        yield case


def bar(visit: Visit, here: str) -> Bar:
    """The head of a page."""
    name = name_of(visit)
    address = address_of(visit, name)
    return Bar(
        name=name,
        address=address,
        tabs=[(address + path, title, keys, path == here) for path, title, keys in TABS],
        may_judge=visit.actor.may(Permission.INVESTIGATION_JUDGE),
        may_reveal=visit.actor.may(Permission.INVESTIGATION_REVEAL),
        may_take=visit.actor.may(Permission.INVESTIGATION_TAKE),
    )


def path_of(name: str) -> str:
    """The path of an investigation, below where the console is mounted."""
    return f"/investigations/{quote(name, safe='')}"


def address_of(visit: Visit, name: str) -> str:
    """The address of an investigation."""
    return visit.root + path_of(name)


def person_row(
    visit: Visit,
    person: Person,
    cues: Sequence[Cue],
    risks: Mapping[str, tuple[int, int]],
    *,
    said: str = "",
    alert: str = "",
) -> PersonRow:
    """Somebody in a list."""
    telling = [each for each in cues if each.weight > 0] or list(cues[:2])
    return PersonRow(
        key=person.key,
        address=f"{address_of(visit, name_of(visit))}/people/{person.key}",
        reference=person.reference,
        name=words.clip(person.name) or "no name",
        accounts=words.clip(", ".join(person.accounts), 48),
        chance=words.probability(person.probability),
        between=_between(person),
        bar=round(100 * person.probability, 1),
        age="" if person.age is None else f"{person.age:.0f}",
        cues=list(dict.fromkeys(words.clip(each.says, 90) for each in telling))[:3],
        quotable=[each.message for each in cues if each.message is not None][:6],
        level=wording.level(person.risk),
        shape=SHAPES[max(0, min(person.risk, 4))],
        signs=[wording.risk(kind) for kind in wording.RISKS if kind in risks],
        country=words.country(person.country) if person.country else "not known",
        country_sure=wording.certainty(person.country_confidence) if person.country else "",
        last=visit.zone().minute(person.last_contact),
        sent=person.sent,
        received=person.received,
        standing=wording.STANDINGS[person.standing],
        verdict=person.verdict or "",
        by=person.verdict_by if person.verdict else "",
        seen=person.verdict_number,
        said=said,
        alert=alert,
    )


def _between(person: Person) -> str:
    """The interval of a probability; empty where it says no more than that."""
    if words.probability(person.low) == words.probability(person.high):
        return ""
    return f"{100 * person.low:.0f}\N{EN DASH}{100 * person.high:.0f}\N{NO-BREAK SPACE}%"


def cue_row(says: str, weight: float, longest: float, message: int | None, where: Origin) -> CueRow:
    """A line of a table of evidence."""
    return CueRow(
        says=words.clip(says, 200),
        strength=wording.strength(weight),
        weight=words.signed(weight),
        bar=round(100 * abs(weight) / (longest or 1.0), 1),
        speaks_for=weight >= 0,
        message=-1 if message is None else message,
        where=words.clip(str(where), words.PLACE_LENGTH),
    )


def message_rows(
    messages: Sequence[Message],
    zone: Zone,
    texts: Mapping[int, str] | None = None,
    *,
    whole: bool = False,
    focus: int | None = None,
) -> list[said.MessageRow]:
    """Messages in their order, masked but for those of `texts`."""
    shown = texts or {}
    return [
        _message_row(each, zone, shown.get(each.message), whole=whole, focus=focus)
        for each in messages
    ]


def _message_row(
    message: Message, zone: Zone, text: str | None, *, whole: bool, focus: int | None
) -> said.MessageRow:
    length = message.length or 0
    most = len(text or "") if whole else said.MOST_SHOWN
    places = [words.clip(str(each), words.PLACE_LENGTH) for each in message.origins]
    kinds = " and ".join(dict.fromkeys(message.media))
    return said.MessageRow(
        id=message.message,
        mine=message.from_suspect,
        writer="the suspect" if message.from_suspect else words.clip(message.name, 40) or "no name",
        when=zone.second(message.sent_at),
        tags=[said.tag(each) for each in message.indicators],
        length=words.plural(length, "character") + (f", with {kinds}" if kinds else ""),
        lines=1 if length < 60 else 2 if length < 160 else 3,
        has_text=message.length is not None,
        redacted=False,
        segments=None if text is None else said.segments(text, (), most),
        left=f"The first {most:,} of {length:,} characters."
        if text is not None and length > most
        else "",
        origin="; also ".join(places),
        message=kinds,
        standing="" if message.kind == "private" else message.kind,
        focus=message.message == focus,
    )
