"""Figures of a period: counted from the facts, each with its definition.

A figure is a number, a median (hours), or a share of two others. `relations` says which are sums of
which; `protection` needs them, and a test holds that they are true of any history.
"""

from __future__ import annotations

import statistics
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from fieldfare.cases import actions
from fieldfare.cases.counting import DecisionFact
from fieldfare.cases.states import states
from fieldfare.cases.urgency import shipped as urgency
from fieldfare.reports.accountability import dsa_measures
from fieldfare.reports.accountability.facts import Facts, ServiceFacts
from fieldfare.vocabulary.times import HOUR

Unit = Literal["", "hours", "share"]


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. `value` is None where there was nothing to count it of, or no store."""

    key: str
    title: str
    value: float | int | None
    says: str
    source: str
    unit: Unit = ""
    rests_on: tuple[str, ...] = ()
    """The two counts that a share is of."""
    recorded: bool = True
    """False: its store was not there."""
    number: int | None = None
    """Of a median: how many it is of."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A figure that is the sum of others."""

    total: str
    parts: tuple[str, ...]


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    says: str
    source: str


class _Parts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    titles: dict[str, str]


class _Opener(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    origins: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    figures: dict[str, _Said]
    parts: dict[str, dict[str, _Parts]]
    openers: dict[str, _Opener]


@cache
def _file() -> _File:
    text = (files("fieldfare.reports.accountability") / "figures.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_File)


@dataclass
class Figures:
    """The figures of a period, in the order they are shown."""

    facts: Facts
    found: dict[str, Figure] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)

    def __getitem__(self, key: str) -> Figure:
        return self.found[key]

    def __iter__(self) -> Iterator[Figure]:
        return iter(self.found.values())

    def add(
        self,
        key: str,
        value: float | None,
        *,
        unit: Unit = "",
        rests_on: tuple[str, ...] = (),
        recorded: bool = True,
        number: int | None = None,
    ) -> None:
        """One that is defined in ``figures.toml``."""
        said = _file().figures[key]
        says = said.says.replace("{as_of}", self.facts.as_of)
        self.found[key] = Figure(
            key, said.title, value, says, said.source, unit, rests_on, recorded, number
        )

    def split(
        self,
        key: str,
        by: str,
        counts: Mapping[str, int],
        titles: Mapping[str, str] | None = None,
        *,
        recorded: bool = True,
    ) -> None:
        """The parts of one. Those that have a title are shown also where nothing is counted."""
        said, total = _file().parts[key][by], self.found[key]
        known = said.titles | dict(titles or {})
        names = [*known, *sorted(set(counts) - set(known))]
        for name in names:
            part = f"{key}.{by}.{name}"
            self.found[part] = Figure(
                part,
                f"{total.title}, {said.title}: {known.get(name, name)}",
                counts.get(name, 0) if recorded else None,
                f"One of the parts of “{total.title}” {said.title}, as of {self.facts.as_of}: they "
                "add up to it.",
                total.source,
                recorded=recorded,
            )
        self.relations.append(Relation(key, tuple(f"{key}.{by}.{name}" for name in names)))

    def sum(self, key: str, parts: Iterable[str]) -> None:
        """One that is the sum of others that are there already."""
        parts = tuple(parts)
        self.add(key, sum(int(self.found[part].value or 0) for part in parts))
        self.relations.append(Relation(key, parts))

    def share(self, key: str, part: str, whole: str) -> None:
        """One that is the share of a count in another."""
        one, all_ = self.found[part], self.found[whole]
        value = one.value / all_.value if one.value is not None and all_.value else None
        recorded = one.recorded and all_.recorded
        self.add(key, value, unit="share", rests_on=(part, whole), recorded=recorded)

    def median(self, key: str, spans: list[int], *, recorded: bool = True) -> None:
        """A median of spans of time."""
        value = round(statistics.median(spans) / HOUR, 2) if spans else None
        self.add(key, value, unit="hours", recorded=recorded, number=len(spans))


def figures(facts: Facts) -> Figures:
    """Every figure of a period."""
    found = Figures(facts)
    _cases(found)
    first = _decisions(found)
    _filings(found)
    _service(found)
    found.median("time.open_to_decision", [each.at - each.opened_at for each in first])
    _errors(found)
    return found


def _cases(found: Figures) -> None:
    opened = found.facts.cases.opened
    found.add("cases.opened", len(opened))
    found.split("cases.opened", "origin", Counter(each.origin for each in opened))
    levels = {each.id: each.title for each in urgency().levels}
    found.split("cases.opened", "level", Counter(each.level for each in opened), levels)
    standing = {name: each.title for name, each in states().items()}
    found.split("cases.opened", "state", Counter(each.state for each in opened), standing)
    found.add("cases.children", found.facts.cases.children)


def _decisions(found: Figures) -> list[DecisionFact]:
    """The first decisions of cases among them."""
    period, facts = found.facts.period, found.facts.cases
    made = [each for each in facts.decisions if each.at in period]
    found.add("decisions.made", len(made))
    found.split("decisions.made", "status", Counter(each.status for each in made))
    force = [
        each
        for each in facts.decisions
        if each.in_force_by(facts.now) and each.effective_at in period
    ]
    found.add("decisions.in_force", len(force))
    titles = {name: each.title for name, each in actions.shipped().actions.items()}
    found.split("decisions.in_force", "action", Counter(each.action for each in force), titles)
    openers = _file().openers
    atoms = Counter((each.action, _opener(each.origin)) for each in force)
    for action, title in titles.items():
        whole = f"decisions.in_force.action.{action}"
        for opener, said in openers.items():
            key = f"{whole}.{opener}"
            found.found[key] = Figure(
                key,
                f"{title}: {said.title}",
                atoms[action, opener],
                f"Part of “{title}”, by what opened the case.",
                found["decisions.in_force"].source,
            )
        found.relations.append(Relation(whole, tuple(f"{whole}.{each}" for each in openers)))
    _measures(found)
    firsts: dict[int, DecisionFact] = {}
    for each in facts.decisions:
        firsts.setdefault(each.case, each)
    first = [each for each in firsts.values() if each.at in period]
    found.add("decisions.first", len(first))
    found.add("decisions.on_time", sum(each.at <= each.due_at for each in first))
    found.add("seconds.asked", len(facts.seconds))
    found.split("seconds.asked", "status", Counter(status for _, status in facts.seconds))
    return first


def _measures(found: Figures) -> None:
    def atoms(ground: str, openers: tuple[str, ...], restricts: str | None = None) -> list[str]:
        return [
            f"decisions.in_force.action.{action}.{opener}"
            for action, each in dsa_measures.measures().items()
            if each.ground == ground and restricts in (None, each.restricts)
            for opener in openers
        ]

    own, software, report = ("software", "reviewer"), ("software",), ("report",)
    for ground in ("law", "terms"):
        found.sum(f"measures.{ground}.own", atoms(ground, own))
        found.sum(f"measures.{ground}.own.detected", atoms(ground, software))
        found.sum(f"measures.{ground}.own.account", atoms(ground, own, "account"))
        if ground == "terms":
            found.sum(f"measures.{ground}.own.service", atoms(ground, own, "service"))
        found.sum(f"measures.{ground}.notice", atoms(ground, report))
    found.sum(
        "measures.all",
        [f"measures.{ground}.{how}" for ground in ("law", "terms") for how in ("own", "notice")],
    )


def _filings(found: Figures) -> None:
    period = found.facts.period
    real = [each for each in found.facts.cases.filings if each.environment != "test"]
    made = [each for each in real if each.made_at in period]
    found.add("filings.made", len(made))
    found.split("filings.made", "destination", Counter(each.destination for each in made))
    found.split("filings.made", "state", Counter(each.state for each in made))
    done = [
        each
        for each in real
        if each.state == "finished" and each.finished_at is not None and each.finished_at in period
    ]
    found.add("filings.finished", len(done))
    found.split("filings.finished", "destination", Counter(each.destination for each in done))
    test = [
        each
        for each in found.facts.cases.filings
        if each.environment == "test" and each.made_at in period
    ]
    found.add("filings.test", len(test))
    spans = [each.finished_at - each.made_at for each in done if each.finished_at is not None]
    found.median("time.filing", spans)


def _service(found: Figures) -> None:
    service = found.facts.service
    there = service is not None
    given = service or ServiceFacts((), (), {}, 0, {})

    def add(key: str, value: int) -> None:
        found.add(key, value if there else None, recorded=there)

    def split(key: str, by: str, counts: Mapping[str, int]) -> None:
        found.split(key, by, counts, recorded=there)

    add("notices.received", len(given.reports))
    split(
        "notices.received",
        "counted",
        Counter(each.not_counted or "counted" for each in given.reports),
    )
    shown = sum(each.messages for each in given.reports)
    verified = sum(each.verified for each in given.reports)
    add("notices.messages", shown)
    split("notices.messages", "standing", {"verified": verified, "other": shown - verified})
    spans = list(_followed(found.facts, given))
    add("notices.acted", len(spans))
    found.median("time.notice_to_measure", spans, recorded=there)
    add("appeals.made", len(given.appeals))
    outcomes = Counter(each.outcome or "waiting" for each in given.appeals)
    split("appeals.made", "outcome", outcomes)
    add("appeals.decided", sum(outcomes[each] for each in ("upheld", *CHANGED)))
    add("appeals.changed", sum(outcomes[each] for each in CHANGED))
    if there:
        found.relations += [
            Relation("appeals.decided", _outcomes("upheld", *CHANGED)),
            Relation("appeals.changed", _outcomes(*CHANGED)),
        ]
    answered = [
        each.decided_at - each.made_at for each in given.appeals if each.decided_at is not None
    ]
    found.median("time.appeal", answered, recorded=there)
    add("holds.set", given.holds_set)
    add("erasures.requested", sum(given.erasures.values()))
    split("erasures.requested", "state", given.erasures)
    add("safeguards.answered", sum(given.safeguards.values()))
    split("safeguards.answered", "verdict", given.safeguards)


CHANGED: Final = ("partly_reversed", "reversed")


def _outcomes(*names: str) -> tuple[str, ...]:
    return tuple(f"appeals.made.outcome.{name}" for name in names)


def _errors(found: Figures) -> None:
    labels = {name: each.label for name, each in actions.shipped().actions.items()}

    def atoms(*wanted: str) -> list[str]:
        return [
            f"decisions.in_force.action.{action}.software"
            for action, label in labels.items()
            if label in wanted
        ]

    found.sum("error.labelled", atoms("confirmed", "dismissed"))
    found.sum("error.confirmed", atoms("confirmed"))
    found.share("error.precision", "error.confirmed", "error.labelled")
    found.share("error.reversed", "appeals.changed", "appeals.decided")
    pairs = found.facts.cases.pairs
    found.add("error.pairs", len(pairs))
    found.add("error.agreed", sum(one == other for one, other in pairs))
    found.share("error.agreement", "error.agreed", "error.pairs")
    found.share("error.on_time", "decisions.on_time", "decisions.first")


def _opener(origin: str) -> str:
    return next(name for name, each in _file().openers.items() if origin in each.origins)


def _followed(facts: Facts, service: ServiceFacts) -> Iterator[int]:
    """Of each report that a measure followed, how long that took."""
    taken: dict[str, list[int]] = {}
    for each in facts.cases.decisions:
        restricts = each.action in dsa_measures.measures()
        if restricts and each.in_force_by(facts.cases.now) and each.effective_at is not None:
            taken.setdefault(each.account, []).append(each.effective_at)
    for report in service.reports:
        after = [at for at in taken.get(report.account, ()) if at >= report.received_at]
        if after:
            yield min(after) - report.received_at
