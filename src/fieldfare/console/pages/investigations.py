"""Investigations: which there are, and the overview of one: who to look for first, then where the
children are, when it happened, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.console import investigated
from fieldfare.console.drawing.graph import graph
from fieldfare.console.drawing.world import World, world
from fieldfare.console.investigated import (
    Bar,
    PersonRow,
    bar,
    beyond,
    opened,
    path_of,
    people_of,
    person_row,
)
from fieldfare.console.routes import Routes
from fieldfare.console.times import Zone
from fieldfare.console.visit import Visit
from fieldfare.investigation import correspondence, provenance, reading
from fieldfare.investigation.handover import handed
from fieldfare.investigation.handover.sentences import country_name
from fieldfare.investigation.records import UNKNOWN, URGENT, Account, Person
from fieldfare.investigation.store import Investigation
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Fact, Timeline
from fieldfare.scan.page.timeline import timeline
from fieldfare.scan.snapshot import SeenChild
from fieldfare.vocabulary import InputError

routes = Routes()

MOST_URGENT: Final = 12


@dataclass(frozen=True)
class InvestigationRow:
    """An investigation in the list."""

    name: str
    path: str
    children: int
    confirmed: int
    urgent: int
    left: int
    people: int
    countries: int
    problem: str
    """Why it cannot be opened now."""


@dataclass(frozen=True)
class InvestigationsPage:
    """The list."""

    rows: list[InvestigationRow]


@dataclass(frozen=True)
class CountryLine:
    """A country of the overview."""

    code: str
    name: str
    children: int
    confirmed: int
    urgent: int
    share: float
    report: str
    """made, out of date, or not made."""


@dataclass(frozen=True)
class HourBar:
    """Messages of the suspect in one hour of the day."""

    hour: int
    x: float
    y: float
    height: float
    messages: int


@dataclass(frozen=True)
class SuspectAccount:
    """An account of the suspect."""

    account: str
    name: str
    service: str
    messages: int
    known_by: str


@dataclass(frozen=True)
class OverviewPage:
    """One investigation."""

    bar: Bar
    summary: str
    details: list[str]
    facts: list[Fact]
    urgent: list[PersonRow]
    urgent_more: int
    left: int
    """Probable children nobody has looked at."""
    countries: list[CountryLine]
    world: World | None
    timeline: Timeline | None
    hours: list[HourBar]
    hours_says: str
    zone: str
    groups: list[list[tuple[str, str]]]
    """Children who know one another: key and name."""
    suspect: list[SuspectAccount]
    problems: int


@dataclass(frozen=True)
class _Placed:
    """A child as the map wants it."""

    country: str | None
    country_basis: str | None


@routes.get("/investigations", Permission.INVESTIGATION_READ)
def investigations(visit: Visit) -> Response:
    """The investigations there are."""
    cabinet = visit.console.cabinet
    names = [] if cabinet is None else cabinet.names()
    page = InvestigationsPage([_row(visit, name) for name in names])
    return visit.page("investigations.html.j2", "Investigations", page)


@routes.get("/investigations/{investigation}", Permission.INVESTIGATION_READ)
def overview(visit: Visit) -> Response:
    """The overview of one."""
    with opened(visit, "overview") as case:
        page = _overview(visit, case)
    return visit.page("investigation.html.j2", "Investigation", page)


def _row(visit: Visit, name: str) -> InvestigationRow:
    try:
        with investigated.cabinet(visit).open(name) as case:
            people, total = people_of(case), reading.number(case)
    except InputError as error:
        said = str(error).rpartition(": ")[2]
        return InvestigationRow(name, path_of(name), 0, 0, 0, 0, 0, 0, said)
    children = [each for each in people if each.counts]
    return InvestigationRow(
        name,
        path_of(name),
        len(children),
        sum(each.standing == "confirmed" for each in children),
        sum(each.risk >= URGENT and each.possible for each in people),
        sum(each.standing == "probable" for each in children),
        total,
        len({each.country for each in children if each.country}),
        "",
    )


def _overview(visit: Visit, case: Investigation) -> OverviewPage:
    people = people_of(case)
    children = sorted((p for p in people if p.counts), key=lambda p: p.first_contact)
    urgent = sorted(
        (p for p in people if p.possible and p.risk >= URGENT),
        key=lambda p: (-p.risk, -p.last_contact),
    )
    first = [each.peer for each in urgent[:MOST_URGENT]]
    kinds, cues, zone = reading.risk_kinds(case, first), reading.cues(case, first), visit.zone()
    left = sum(each.standing == "probable" for each in children)
    hours = correspondence.hours(case, zone.zone)
    problems = sum(each.times for each in provenance.problems(case) if each.lost)
    return OverviewPage(
        bar=bar(visit, ""),
        summary=_summary(people, children, urgent),
        details=[*_details(people, problems), *beyond(case, people)],
        facts=_facts(children, left, zone),
        urgent=[
            person_row(visit, each, cues.get(each.peer, []), kinds.get(each.peer, {}))
            for each in urgent[:MOST_URGENT]
        ],
        urgent_more=max(0, len(urgent) - MOST_URGENT),
        left=left,
        countries=_countries(case, children),
        world=world(
            [
                _Placed(p.country, "given" if p.country_confidence >= 0.9 else "inferred")
                for p in children
            ],
            ("well supported", "less sure"),
        ),
        timeline=timeline(_contacts(case, children), None),
        hours=_hours(hours),
        hours_says=_hours_says(hours),
        zone=zone.name,
        groups=_groups(case, children),
        suspect=[
            _suspect(each) for owned in reading.accounts(case).values() for each in owned
        ],
        problems=problems,
    )  # fmt: skip


def _summary(people: Sequence[Person], children: Sequence[Person], urgent: Sequence[Person]) -> str:
    if not people:
        return (
            "Nobody is in it yet: no message of the suspect with anybody was read, or it is not "
            "known who the suspect is (fieldfare investigate --suspect). See the sources."
        )
    said = (
        f"Of {words.plural(len(people), 'person', 'people')} the suspect was in contact with, "
        f"{words.plural(len(children), 'is', 'are')} confirmed or probable "
        f"{'child' if len(children) == 1 else 'children'}"
    )
    if not urgent:
        return f"{said}. Nothing in the messages makes one of them more urgent than the others."
    danger = words.plural(
        len(urgent), "person who is or may be a child", "people who are or may be children"
    )
    return f"{said}. Signs of danger now: {danger}."


def _details(people: Sequence[Person], problems: int) -> list[str]:
    said = []
    unsure = sum(each.standing == "unsure" for each in people)
    if unsure:
        said.append(f"{words.plural(unsure, 'person', 'people')} an officer was unsure of.")
    lost = [each for each in people if each.counts and each.country is None]
    if lost:
        said.append(
            f"Of {words.plural(len(lost), 'child', 'children')} no country is known: nobody looks "
            "for them until somebody finds it."
        )
    if problems:
        said.append(
            f"{words.plural(problems, 'thing')} in the archives could not be read; see the sources."
        )
    return said


def _facts(children: Sequence[Person], left: int, zone: Zone) -> list[Fact]:
    confirmed = sum(each.standing == "confirmed" for each in children)
    facts = [
        Fact("Confirmed", f"{confirmed:,}", "by an officer"),
        Fact("Probable", f"{left:,}", "not yet looked at"),
        Fact("Countries", f"{len({p.country for p in children if p.country}):,}", "of children"),
    ]
    if children:
        moments = (children[0].first_contact, max(p.last_contact for p in children))
        first, last = (zone.minute(each).shown[:10] for each in moments)
        facts.append(Fact("Contact with them", f"{first} – {last}"))
    return facts


def _countries(case: Investigation, children: Sequence[Person]) -> list[CountryLine]:
    made, state = handed(case.folder), reading.state(case)
    found: dict[str, list[Person]] = {}
    for each in children:
        found.setdefault(each.place, []).append(each)
    most = max(map(len, found.values()), default=1)
    order = sorted(found, key=lambda code: (code == UNKNOWN, -len(found[code]), code))
    return [
        CountryLine(
            code,
            country_name(code),
            len(found[code]),
            sum(each.standing == "confirmed" for each in found[code]),
            sum(each.risk >= URGENT for each in found[code]),
            round(100 * len(found[code]) / most, 1),
            "not made"
            if code not in made
            else "made"
            if made[code].state == state
            else "out of date",
        )
        for code in order
    ]


def _contacts(case: Investigation, children: Sequence[Person]) -> list[SeenChild]:
    """The children under what they are called on pages."""
    seen = reading.seen_children(case, children)
    return [
        replace(each, account=person.reference) for person, each in zip(children, seen, strict=True)
    ]


def _groups(case: Investigation, children: Sequence[Person]) -> list[list[tuple[str, str]]]:
    keys = {each.peer: each.reference for each in children}
    drawn = graph(
        _contacts(case, children),
        [
            (keys[tie.peer_a], keys[tie.peer_b])
            for tie in reading.ties(case)
            if tie.peer_a in keys and tie.peer_b in keys
        ],
    )
    if drawn is None:
        return []
    return [
        [
            (children[n - 1].key, words.clip(children[n - 1].name, 40) or children[n - 1].reference)
            for n in group.children
        ]
        for group in drawn.groups
    ]


HOURS_HEIGHT: Final = 72.0


def _hours(counts: Sequence[int]) -> list[HourBar]:
    most = max(counts, default=0)
    if not most:
        return []
    return [
        HourBar(
            hour,
            40 + 29 * hour,
            round(8 + HOURS_HEIGHT * (1 - count / most), 1),
            round(HOURS_HEIGHT * count / most, 1),
            count,
        )
        for hour, count in enumerate(counts)
    ]


def _hours_says(counts: Sequence[int]) -> str:
    total = sum(counts)
    if not total:
        return ""
    # The six hours in a row with most of it.
    windows = [sum(counts[(start + n) % 24] for n in range(6)) for start in range(24)]
    start = windows.index(max(windows))
    return (
        f"{100 * windows[start] / total:.0f} % of the suspect's {total:,} messages were sent "
        f"between {start:02}:00 and {(start + 6) % 24:02}:00."
    )


def _suspect(account: Account) -> SuspectAccount:
    return SuspectAccount(
        words.clip(account.account),
        words.clip(account.name),
        account.service,
        account.messages,
        ", ".join(
            words.clip(each.value, 60)
            for each in account.identifiers
            if each.kind in ("phone", "email", "username")
        ),
    )
