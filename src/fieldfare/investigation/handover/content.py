"""What the report of a country says, in words already: the page and the PDF are made of this.

A child of another country is in it by reference only. Messages are quoted by a few words, in which
names and identifiers of children of other countries are replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from fieldfare.investigation import provenance, reading, wording
from fieldfare.investigation.handover import sentences
from fieldfare.investigation.handover.references import References
from fieldfare.investigation.handover.sentences import country_name
from fieldfare.investigation.records import (
    UNKNOWN,
    URGENT,
    Account,
    Cue,
    Person,
    Place,
    Problem,
    Risk,
    Source,
)
from fieldfare.investigation.store import Investigation
from fieldfare.reports.evidence.hiding import Hider
from fieldfare.scan.page import words

MOST_CUES: Final = 8
MOST_PLACES: Final = 5
MOST_PROBLEMS: Final = 30
NOTE: Final = "note"
"""The setting of a case that holds the line at the head of its reports."""
MOST_CHILDREN: Final = 500
"""Children that a report describes: the most urgent. The tables hold all."""
MOST_LISTED: Final = 500
"""People that a report lists by reference only."""


@dataclass(frozen=True)
class Line:
    """A line of a table: what is said, more about it, a few words quoted, where that stands."""

    says: str
    detail: str
    quote: str
    where: str


@dataclass(frozen=True)
class ReportedChild:
    """One child, as an officer who can act needs it."""

    reference: str
    name: str
    standing: str
    confirmed: bool
    level: str
    urgent: bool
    now: str
    """What makes it urgent, in a sentence; empty where nothing does."""
    age: str
    place: str
    contact: list[str]
    accounts: list[Line]
    cues: list[Line]
    places: list[Line]
    asked: list[Line]
    files: list[str]
    """What the marks of its lines stand for."""
    knows: str
    unknown: str
    """What is not known, and would help to find the child."""


@dataclass(frozen=True)
class Report:
    """The report of a country."""

    case: str
    code: str
    country: str
    made_at: int
    made: str
    by: str
    software: str
    notice: str
    note: str
    """The line that whoever made the case wants at its head; empty for none."""
    summary: list[str]
    figures: list[tuple[str, str]]
    first: list[Line]
    """Whom to look for first, and why."""
    children: list[ReportedChild]
    open: list[str]
    """People placed here of whom the cues leave open whether they are children."""
    elsewhere: list[str]
    """Children who may be in this country, and are in the report of another."""
    suspect: list[Line]
    suspect_files: list[str]
    suspect_says: str
    sources: list[Line]
    problems: list[Line]
    limits: list[str] = field(default_factory=list)


@dataclass
class Dossier:
    """All of a case that the reports of its countries share, read once."""

    case: Investigation
    name: str
    made_at: int
    by: str
    software: str
    people: list[Person]
    """Those who count as children."""
    suspect: dict[str, list[Account]]
    sources: list[Source]
    problems: list[Problem]
    ties: dict[str, set[str]]
    elsewhere: dict[str, set[str]]
    """By country: children whom something points to it, and who are in another's report."""
    unlikely: dict[str, int]
    """By country: people who do not count as children by their cues, and by no officer."""

    def children(self, code: str) -> list[Person]:
        """Whom the report of a country holds: the most urgent first."""
        found = [each for each in self.people if each.place == code]
        return sorted(found, key=lambda p: (-p.risk, p.standing != "confirmed", -p.probability))

    def countries(self) -> list[str]:
        """Countries that need a report, those with most children first."""
        counts: dict[str, int] = {}
        for each in self.people:
            counts[each.place] = counts.get(each.place, 0) + 1
        return sorted(counts, key=lambda code: (code == UNKNOWN, -counts[code], code))


def dossier(case: Investigation, name: str, *, made_at: int, by: str, software: str) -> Dossier:
    """What all reports share."""
    ties: dict[str, set[str]] = {}
    for tie in reading.ties(case):
        ties.setdefault(tie.peer_a, set()).add(tie.peer_b)
        ties.setdefault(tie.peer_b, set()).add(tie.peer_a)
    return Dossier(
        case,
        name,
        made_at,
        by,
        software,
        reading.children(case),
        reading.accounts(case),
        provenance.sources(case),
        [each for each in provenance.problems(case) if each.lost],
        ties,
        reading.elsewhere(case),
        reading.unlikely(case),
    )


def content(found: Dossier, code: str) -> Report:
    """The report of a country. Raises nothing where it has no child: it says so."""
    everybody = found.children(code)
    children = everybody[:MOST_CHILDREN]
    peers = [each.peer for each in children]
    writer = _Writer(found, code, everybody)
    cues, places = reading.cues(found.case, peers), reading.places(found.case, peers)
    risks, accounts = reading.risks(found.case, peers), reading.accounts(found.case, peers)
    made = [
        writer.child(
            each,
            cues.get(each.peer, []),
            places.get(each.peer, []),
            risks.get(each.peer, []),
            accounts.get(each.peer, []),
        )
        for each in children
    ]
    suspect = [
        line
        for owned in found.suspect.values()
        for account in owned
        for line in writer.account(account)
    ]
    return Report(
        case=found.name,
        code=code,
        country=country_name(code),
        made_at=found.made_at,
        made=f"{words.minute(found.made_at)} UTC",
        by=found.by,
        software=found.software,
        notice="Confidential: names children. For the police, to find and protect them.",
        note=words.clip(found.case.setting(NOTE), words.PLACE_LENGTH),
        summary=[
            *sentences.summary(everybody, code),
            *sentences.shortened(len(everybody), MOST_CHILDREN, code),
        ],
        figures=sentences.figures(everybody),
        first=[
            Line(f"{each.reference} {each.name}".strip(), each.now, each.place, each.contact[0])
            for each in made
            if each.urgent
        ],
        children=made,
        open=writer.left_open(),
        elsewhere=writer.elsewhere(),
        suspect=suspect,
        suspect_files=writer.references.files(),
        suspect_says=sentences.suspect_says(found.people),
        sources=writer.sources(),
        problems=[
            Line(what, words.plural(times, "time"), "", where)
            for what, times, where in writer.references.problems(found.problems)[:MOST_PROBLEMS]
        ],
        limits=sentences.limits(found.unlikely.get(code, 0), found.sources),
    )  # fmt: skip


class _Writer:
    """Puts records into words, with sources by number and other countries' children hidden."""

    def __init__(self, found: Dossier, code: str, children: Sequence[Person]) -> None:
        self._found, self._code = found, code
        self._here = {each.peer for each in children}
        self._known = {each.peer: each for each in found.people}
        self.references = References(found.sources)
        others = [each for each in found.people if each.place != code]
        also = reading.contacts_of(found.case, [each.peer for each in others])
        # What a child here is called too stays: it is theirs.
        own = {part.casefold() for each in children for part in each.name.split()}
        self._hider = Hider(
            [
                _Hidden(
                    account,
                    " ".join(part for part in each.name.split() if part.casefold() not in own),
                    each.reference,
                )
                for each in others
                for account in each.accounts
            ],
            also,
        )

    def child(
        self,
        person: Person,
        cues: Sequence[Cue],
        places: Sequence[Place],
        risks: Sequence[Risk],
        accounts: Sequence[Account],
    ) -> ReportedChild:
        now = sentences.now(risks)
        self.references.files()
        return ReportedChild(
            reference=person.reference,
            name=words.clip(person.name),
            standing=sentences.standing(person),
            confirmed=person.standing == "confirmed",
            level=wording.level(person.risk),
            urgent=person.risk >= URGENT,
            now=now,
            age=sentences.age(person),
            place=sentences.place(person, places),
            contact=sentences.contact(person),
            accounts=[line for account in accounts for line in self.account(account)],
            cues=[
                Line(each.says, wording.strength(each.weight), self._quote(each.quote),
                     self.references.where(each.origin))
                for each in cues[:MOST_CUES]
            ],
            places=[
                Line(each.says, f"{words.country(each.country)}, by {wording.basis(each.basis)}",
                     "", self.references.where(each.origin))
                for each in places[:MOST_PLACES]
            ],
            asked=self._asked(risks),
            files=self.references.files(),
            knows=self._knows(person),
            unknown=sentences.unknown(person, places, accounts),
        )  # fmt: skip

    def account(self, account: Account) -> list[Line]:
        """An account, by everything it is known by."""
        kinds = [each for each in account.identifiers if each.value != account.account]
        shown = [
            Line(wording.IDENTIFIERS.get(each.kind, each.kind), "", words.clip(each.value, 120),
                 self.references.where(each.origin))
            for each in {(i.kind, i.value): i for i in reversed(kinds)}.values()
        ]  # fmt: skip
        head = Line(
            f"account ({account.service})" if account.service else "account",
            words.plural(account.messages, "message"),
            words.clip(account.account, 120),
            "",
        )
        return [head, *reversed(shown)]

    def elsewhere(self) -> list[str]:
        """Children who may be here and are in another report."""
        here = self._found.elsewhere.get(self._code, set())
        return _listed(
            [
                f"{each.reference}: in the report of {country_name(each.place)}"
                for each in self._found.people
                if each.peer in here
            ],
            len(here),
        )

    def left_open(self) -> list[str]:
        """People of whom the cues leave it open."""
        found, total = reading.left_open(self._found.case, self._code, MOST_LISTED)
        return _listed(
            [
                f"{each.reference}: a child with {sentences.chance(each)}; risk: "
                f"{wording.level(each.risk).lower()}"
                for each in found
            ],
            total,
        )

    def sources(self) -> list[Line]:
        """The archives, by their numbers."""
        return [
            Line(f"[{n}] {each.shown}", f"{each.title}: {each.records:,} messages",
                 f"SHA-256 {each.sha256}", f"holds {_COMPLETE.get(each.completeness, 'unknown')}; "
                 f"times: {_ZONES.get(each.tz_basis, each.tz_basis)}")
            for n, each in enumerate(self._found.sources, 1)
        ]  # fmt: skip

    def _asked(self, risks: Iterable[Risk]) -> list[Line]:
        by_kind: dict[str, list[Risk]] = {}
        for each in risks:
            by_kind.setdefault(each.kind, []).append(each)
        order = list(wording.RISKS)
        lines = []
        for kind in sorted(by_kind, key=lambda k: order.index(k) if k in order else len(order)):
            its = by_kind[kind]
            last, first = its[0], its[-1]
            where = self.references.where(last.origin)
            when = words.minute(last.at)
            if len(its) > 1:
                when = f"{words.plural(len(its), 'message')}, {words.minute(first.at)} to {when}"
            lines.append(Line(wording.risk(kind), when, self._quote(last.quote), where))
        return lines

    def _knows(self, person: Person) -> str:
        found = [self._known[p] for p in self._found.ties.get(person.peer, ()) if p in self._known]
        children = sorted(found, key=lambda p: p.reference)
        parts = [
            f"{each.reference} ({words.clip(each.name, 40)})"
            if each.peer in self._here
            else f"{each.reference} ({country_name(each.place)})"
            for each in children
        ]
        return words.listed(parts) if parts else ""

    def _quote(self, text: str) -> str:
        hidden, _ = self._hider.hide(text, contacts=False)
        return words.clip(hidden, 200)


def _listed(lines: list[str], total: int) -> list[str]:
    """The first of them, and how many more there are."""
    more = total - len(lines[:MOST_LISTED])
    said = [f"and {more:,} more, in no list: see them in the console"] if more else []
    return [*lines[:MOST_LISTED], *said]


@dataclass(frozen=True)
class _Hidden:
    """A child of another country, as `Hider` wants it."""

    account: str
    name: str
    pseudonym: str


_COMPLETE: Final = {
    "everything": "both sides",
    "one side": "one side only: what the other wrote is not there",
}
_ZONES: Final = {
    "utc": "UTC in the source",
    "offset": "with an offset in the source",
    "assumed": "local in the source, in a zone that the officer named",
    "unknown": "in no zone that is known; read as UTC, and may be wrong by hours",
}
