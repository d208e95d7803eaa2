"""One person of an investigation: what points to a child, where, what was asked, the messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.errors import NotFound
from fieldfare.console import said
from fieldfare.console.investigated import (
    Bar,
    CueRow,
    PersonRow,
    bar,
    cue_row,
    key_of,
    message_rows,
    name_of,
    opened,
    path_of,
    people_of,
    person_of,
    person_row,
)
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.investigation import correspondence, reading, wording
from fieldfare.investigation.records import Account, Person, Place, Risk
from fieldfare.investigation.store import Investigation
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Time

routes = Routes()

PAGE: Final = 100
"""Messages of one page."""


@dataclass(frozen=True)
class AskedRow:
    """A kind of risk: how often, and when last."""

    title: str
    times: int
    first: Time
    last: Time
    message: int
    where: str


@dataclass(frozen=True)
class KnownRow:
    """Something an account is known by."""

    account: str
    kind: str
    value: str
    where: str


@dataclass(frozen=True)
class Acquaintance:
    """Somebody this person knows."""

    address: str
    name: str
    standing: str
    says: str


@dataclass(frozen=True)
class Judged:
    """Who was judged just before, so that it can be undone."""

    key: str
    name: str
    verdict: str
    seen: int


@dataclass(frozen=True)
class PersonPage:
    """A person."""

    bar: Bar
    row: PersonRow
    standing: str
    first: Time
    wrote_first: bool
    cues: list[CueRow]
    places: list[CueRow]
    place_says: str
    asked: list[AskedRow]
    known: list[KnownRow]
    knows: list[Acquaintance]
    messages: list[said.MessageRow]
    total: int
    next_messages: str
    before: str
    """Address of the person before, and `after` of the next, in the order of looking."""
    after: str
    judged: Judged | None
    zone: str


@routes.get("/investigations/{investigation}/people/{person}", Permission.INVESTIGATION_READ)
def person_page(visit: Visit) -> Response:
    """A person; messages masked."""
    key = key_of(visit)
    with opened(visit, "person", key) as case:
        page = _page(visit, case, person_of(case, key))
    return visit.page("person.html.j2", "Person", page)


def _page(visit: Visit, case: Investigation, person: Person) -> PersonPage:
    peer, zone = person.peer, visit.zone(person.country)
    cues = reading.cues(case, [peer]).get(peer, [])
    places = reading.places(case, [peer]).get(peer, [])
    risks = reading.risks(case, [peer]).get(peer, [])
    focus, after = _place(visit, case, person)
    found = correspondence.conversation(case, peer, after=after, most=PAGE + 1)
    everybody = people_of(case)
    waiting = [each.key for each in everybody if each.verdict is None or each.key == person.key]
    at = waiting.index(person.key) if person.key in waiting else None
    address = f"{visit.root}{path_of(name_of(visit))}/people"
    longest = max((abs(each.weight) for each in cues), default=1.0)
    furthest = max((abs(each.weight) for each in places), default=1.0)
    row = person_row(visit, person, cues, reading.risk_kinds(case, [peer]).get(peer, {}))
    return PersonPage(
        bar=bar(visit, "/people"),
        row=row,
        standing=wording.STANDINGS[person.standing],
        first=zone.minute(person.first_contact),
        wrote_first=person.wrote_first,
        cues=[cue_row(c.says, c.weight, longest, c.message, c.origin) for c in cues],
        places=[
            cue_row(f"{words.country(p.country)}: {p.says}, by {wording.basis(p.basis)}", p.weight,
                    furthest, p.message, p.origin)
            for p in places
        ],
        place_says=_place_says(person, places),
        asked=_asked(risks, visit),
        known=_known(reading.accounts(case, [peer]).get(peer, [])),
        knows=_knows(case, person, everybody, address),
        messages=message_rows(found[:PAGE], zone, focus=focus),
        total=person.sent + person.received,
        next_messages=f"{address}/{person.key}?after={after + PAGE}" if len(found) > PAGE else "",
        before=f"{address}/{waiting[at - 1]}" if at else "",
        after=f"{address}/{waiting[at + 1]}"
        if at is not None and at + 1 < len(waiting)
        else "",
        judged=_judged(everybody, visit.asked("judged")),
        zone=zone.name,
    )  # fmt: skip


def _place(visit: Visit, case: Investigation, person: Person) -> tuple[int | None, int]:
    """The message that the page is about, if any, and how many messages stand before the page."""
    wanted = visit.asked_number("message")
    if wanted is not None:
        before = correspondence.before(case, person.peer, wanted)
        if before is None:
            raise NotFound("this message is not one with this person")
        return wanted, max(0, before - 5)
    return None, visit.asked_number("after") or 0


def _place_says(person: Person, places: Sequence[Place]) -> str:
    if person.country is None:
        return "Nothing points to a country."
    said_now = (
        f"{words.country(person.country)}: {wording.certainty(person.country_confidence)} "
        f"({words.probability(person.country_confidence)})."
    )
    if {each.basis for each in places} <= wording.WEAK:
        said_now += " It rests only on language or hours, which countries share."
    return said_now


def _asked(risks: Sequence[Risk], visit: Visit) -> list[AskedRow]:
    zone = visit.zone()
    by_kind: dict[str, list[Risk]] = {}
    for each in risks:
        by_kind.setdefault(each.kind, []).append(each)
    order = [*wording.RISKS, *(kind for kind in by_kind if kind not in wording.RISKS)]
    return [
        AskedRow(
            wording.risk(kind),
            len(its),
            zone.minute(its[-1].at),
            zone.minute(its[0].at),
            its[0].message,
            words.clip(str(its[0].origin), words.PLACE_LENGTH),
        )
        for kind in order
        if (its := by_kind.get(kind))
    ]


def _known(accounts: Sequence[Account]) -> list[KnownRow]:
    found = []
    for account in accounts:
        shown: dict[tuple[str, str], KnownRow] = {}
        for each in account.identifiers:
            shown.setdefault(
                (each.kind, each.value),
                KnownRow(
                    words.clip(account.account),
                    wording.IDENTIFIERS.get(each.kind, each.kind),
                    words.clip(each.value, 120),
                    words.clip(str(each.origin), words.PLACE_LENGTH),
                ),
            )
        found += list(shown.values()) or [
            KnownRow(words.clip(account.account), "account", words.clip(account.account), "")
        ]
    return found


def _knows(
    case: Investigation, person: Person, everybody: Sequence[Person], address: str
) -> list[Acquaintance]:
    known = {each.peer: each for each in everybody}
    found = []
    for tie in reading.ties(case):
        if person.peer not in (tie.peer_a, tie.peer_b):
            continue
        other = known.get(tie.peer_b if tie.peer_a == person.peer else tie.peer_a)
        if other is not None:
            found.append(
                Acquaintance(
                    f"{address}/{other.key}",
                    words.clip(other.name, 40) or other.reference,
                    wording.STANDINGS[other.standing],
                    words.clip(tie.says, 160),
                )
            )
    return found


def _judged(everybody: Sequence[Person], key: str) -> Judged | None:
    person = next((each for each in everybody if each.key == key), None)
    if person is None or person.verdict is None:
        return None
    return Judged(
        person.key,
        words.clip(person.name) or person.reference,
        wording.VERDICTS[person.verdict].lower(),
        person.verdict_number,
    )
