"""What would make a report more actionable, told to the reviewer before it is sent.

A score of what is held among what matters, by weights set by judgement (``completeness.toml``): it
orders what to look for. It says nothing about whether a report has to be made.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Protocol

import msgspec

from fieldfare.cases import Actor, CaseStore
from fieldfare.cases.records import Case
from fieldfare.reports.case_file import UNKNOWN, CaseFile
from fieldfare.reports.details import AccountDetails, Details
from fieldfare.reports.reasons import revealed
from fieldfare.reports.settings import ReportSettings


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An item of ``completeness.toml``."""

    title: str
    why: str
    weight: int
    mark: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: dict[str, Item]


@dataclass(frozen=True, slots=True)
class Finding:
    """One item of one case."""

    id: str
    item: Item
    share: float
    """Of what it asks for, 0-1, what is held."""

    @property
    def held(self) -> bool:
        """All of it."""
        return self.share >= 1.0


@dataclass(frozen=True, slots=True)
class Completeness:
    """What is held of a case."""

    findings: tuple[Finding, ...]

    @property
    def score(self) -> float:
        """Share of the weight that is held, 0-1."""
        total = sum(each.item.weight for each in self.findings)
        return sum(each.share * each.item.weight for each in self.findings) / total

    @property
    def missing(self) -> tuple[Finding, ...]:
        """What is not all held, the weightiest first."""
        left = [each for each in self.findings if not each.held]
        return tuple(sorted(left, key=lambda each: -(1 - each.share) * each.item.weight))


@cache
def items() -> dict[str, Item]:
    """The items that ship."""
    text = (files("fieldfare.reports") / "completeness.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_File).items


class Child(Protocol):
    """What is asked of a child of a case."""

    @property
    def account(self) -> str: ...
    @property
    def name(self) -> str | None: ...
    @property
    def age(self) -> float | None: ...
    @property
    def country(self) -> str | None: ...


@dataclass(frozen=True)
class Material:
    """What a case holds, counted; no text."""

    account: str
    country: str | None
    """Of the account."""
    children: Sequence[Child]
    messages_left_out: int
    texts: int
    """Messages with a text that may leave."""
    read: int
    """Of those, shown to a person."""
    timed: bool
    """Whether the time zone of a message of the account is known."""


def completeness(case: CaseFile, settings: ReportSettings, details: Details) -> Completeness:
    """What is held of a case file, item by item, in the order of the file."""
    return of_material(_material(case), settings, details)


def of_case(
    store: CaseStore, actor: Actor, case: Case, settings: ReportSettings, details: Details
) -> Completeness:
    """The same of a case that is not taken out: before it is decided, without opening a text."""
    texts, read, timed = store.text_counts(actor, case.summary.id)
    found = Material(
        case.summary.account,
        case.country,
        case.children,
        case.messages_left_out,
        texts,
        read,
        timed,
    )
    return of_material(found, settings, details)


def of_material(material: Material, settings: ReportSettings, details: Details) -> Completeness:
    """What is held, item by item, in the order of the file."""
    seen = _Seen(material, settings, details)
    return Completeness(
        tuple(Finding(name, item, CHECKS[name](seen)) for name, item in items().items())
    )


def _material(case: CaseFile) -> Material:
    shown = revealed(case)
    texts = read = 0
    timed = False
    for message in case.messages():
        texts += message.text is not None
        read += message.text is not None and message.case_id in shown
        timed = timed or (message.from_account and message.zone != UNKNOWN)
    suspect = case.suspect
    return Material(
        suspect.account,
        suspect.country,
        case.children,
        case.messages_left_out,
        texts,
        read,
        timed,
    )


class _Seen:
    """What is held of a case, and what the service knows."""

    def __init__(self, case: Material, settings: ReportSettings, details: Details) -> None:
        self.case, self.settings, self.details = case, settings, details
        self.known = details.of(case.account)

    def children(self, asks: Callable[[AccountDetails, int], bool]) -> float:
        """Share of the children for which something is held."""
        found = [
            asks(self.details.of(child.account), place)
            for place, child in enumerate(self.case.children)
        ]
        return sum(found) / len(found) if found else 0.0


def _yes(value: object) -> float:
    return 1.0 if value else 0.0


def _reachable(known: AccountDetails) -> bool:
    return bool(known.emails or known.phones)


def _verified(known: AccountDetails) -> bool:
    ways = (*known.emails, *known.phones)
    return bool(ways) and all(each.verified is not None for each in ways)


def _address(known: AccountDetails) -> float:
    with_time = [each for each in known.ips if each.at is not None]
    if not with_time:
        return 0.0
    return 1.0 if any(each.port is not None for each in with_time) else 0.5


CHECKS: Final[dict[str, Callable[[_Seen], float]]] = {
    "conversation": lambda seen: _yes(seen.case.texts),
    "incident_time": lambda seen: _yes(seen.case.timed),
    "upload_address": lambda seen: _address(seen.known),
    "offender_location": lambda seen: _yes(
        seen.known.city or seen.known.country or seen.case.country
    ),
    "child_location": lambda seen: seen.children(
        lambda known, place: bool(known.city or known.country or seen.case.children[place].country)
    ),
    "child_identified": lambda seen: seen.children(
        lambda known, place: bool(
            _reachable(known) or known.last_name or seen.case.children[place].name
        )
    ),
    "child_age": lambda seen: seen.children(
        lambda known, place: (
            known.date_of_birth is not None or seen.case.children[place].age is not None
        )
    ),
    "account_reachable": lambda seen: _yes(_reachable(seen.known)),
    "verified": lambda seen: _yes(_verified(seen.known)),
    "devices": lambda seen: _yes(seen.known.device_ids),
    "viewed": lambda seen: seen.case.read / seen.case.texts if seen.case.texts else 0.0,
    "reporter": lambda seen: _yes(seen.settings.reporter.known),
    "disabled": lambda seen: _yes(seen.known.disabled_at),
    "nothing_left_out": lambda seen: _yes(not seen.case.messages_left_out),
}
"""How far each item is held; every item of the file has one."""


def lines(found: Completeness) -> Sequence[str]:
    """What to print: the score, and what is missing and why it matters."""
    head = f"Completeness {found.score:.0%} (weights by judgement). What would help most:"
    if not found.missing:
        return [f"Completeness {found.score:.0%}: nothing that was looked for is missing"]
    return [head] + [
        f"  {each.item.title}: {'not held' if each.share == 0 else f'{each.share:.0%} held'}. "
        f"{each.item.why}.{f' ({each.item.mark})' if each.item.mark else ''}"
        for each in found.missing
    ]
