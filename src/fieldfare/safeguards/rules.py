"""The words of a policy: rules, helplines, where text may be scanned; and the policy itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal, get_args

from fieldfare.safeguards.conditions import CONDITIONS, Test
from fieldfare.safeguards.situation import (
    ACTIONS,
    VERDICTS,
    Action,
    Moment,
    PolicyVersion,
    Verdict,
)
from fieldfare.vocabulary import SettingsError

Certainty = Literal["confirmed", "secondary", "unconfirmed", "judgement"]
"""How sure it is that `basis` says so: read in the source; from secondary sources only (2°);
general knowledge, unconfirmed (†); no source asks for it, the authors of the policy judged so."""

CERTAINTIES: Final[tuple[Certainty, ...]] = get_args(Certainty)

MARKS: Final[dict[Certainty, str]] = {
    "confirmed": "",
    "secondary": "(2°)",
    "unconfirmed": "(†)",
    "judgement": "(own judgement)",
}
"""How the documentation marks it."""

Switch = Literal["on", "off"]


@dataclass(frozen=True)
class Rule:
    """One rule: where all its conditions hold, at least its verdict is given."""

    id: str
    says: str
    """The rule in one plain sentence."""
    actions: tuple[Action, ...]
    verdict: Verdict
    code: str
    basis: str
    """What asks for it, in words: a law, a code, or why the authors judged so."""
    certainty: Certainty
    conditions: Mapping[str, Any]
    """By names of `conditions.CONDITIONS`, as in the file."""
    service_has_connections: bool | None = None
    """The rule is for services with connections (true), without (false), or both."""
    text_for_recipient: str | None = None
    text_for_sender: str | None = None
    retry_after_hours: float | None = None
    """Hours of cooling-off; with ``limit`` only."""
    shadow: bool = False
    """Reported, not carried out."""

    @property
    def basis_marked(self) -> str:
        """Its basis, with the mark of how sure that is."""
        return f"{self.basis} {MARKS[self.certainty]}".rstrip()


@dataclass(frozen=True)
class Helpline:
    """Where a child gets help in a country."""

    name: str
    contact: str
    source: str
    certainty: Certainty


@dataclass(frozen=True)
class Support:
    """What a child is told at a moment, whatever is decided."""

    text: str
    basis: str
    certainty: Certainty


@dataclass(frozen=True)
class ContentScanning:
    """Where message text may be looked at. What is done with behaviour alone is not affected."""

    elsewhere: Switch
    """In countries that are not in `off_in`."""
    unknown_country: Switch
    off_in: frozenset[str]
    basis: str
    certainty: Certainty


@dataclass(frozen=True)
class ReportLimits:
    """What keeps many from reporting one account down, and one from reporting many. A report with a
    verified message of the account is under `most_a_day` alone."""

    most_a_day: int = 20
    """Reports of one reporter in 24 hours; more are refused."""
    most_unverified_a_day: int = 5
    """Reports without a verified message, about one account in 24 hours, that count."""
    needs_contact: bool = True
    """Such a report counts only where the account wrote to the reporter."""
    most_failed: int = 3
    """Messages of one reporter that may fail in `failed_days` before such reports do not count."""
    most_untrue: int = 1
    """Reports of one reporter that reviewers may find made up in `failed_days`, beyond those they
    upheld, before such reports do not count."""
    failed_days: int = 90
    keep_days: int = 90
    """How long the messages of a report are kept, beside what is in a case."""


@dataclass(frozen=True)
class Policy:
    """A checked policy. Make one with `load`, `parse` or `shipped`."""

    name: str
    version: str
    sha256: str
    """Of the file's bytes, in hex."""
    shadow: bool
    """All of it reported, none of it carried out."""
    bands: tuple[str, ...]
    """Bands of the scorecard, from the least to the gravest."""
    quiet_from: str
    """From this band on, and while a case is open, a sender is told only what anyone would be."""
    service_has_connections: bool
    age_when_unknown: float
    """Years: as how old a probable child of unknown age is treated."""
    rules: tuple[Rule, ...]
    support: Mapping[Moment, Support]
    helpline_with: frozenset[str]
    """Keys of the texts that end with where to get help."""
    helplines: Mapping[str, Helpline]
    content_scanning: ContentScanning
    reports: ReportLimits

    @cached_property
    def id(self) -> PolicyVersion:
        """What decisions are recorded with."""
        return PolicyVersion(self.version, self.sha256)

    @cached_property
    def ranks(self) -> dict[str, int]:
        """Bands to their place, 0 the least."""
        return {band: rank for rank, band in enumerate(self.bands)}

    @cached_property
    def quiet_rank(self) -> int:
        return self.ranks[self.quiet_from]

    @cached_property
    def ready(self) -> dict[Action, ReadyRules]:
        """The rules of each action, made ready to be applied."""
        return {action: self._ready(action) for action in ACTIONS}

    def _ready(self, action: Action) -> ReadyRules:
        # Rules share most of their conditions, so each is tested once and is a bit.
        bits: dict[tuple[str, Any], int] = {}
        tests: list[tuple[int, Test]] = []
        rules = []
        for rule in sorted(self.rules, key=lambda rule: -VERDICTS.index(rule.verdict)):
            if action not in rule.actions or not self._concerns_service(rule):
                continue
            needed = 0
            for name, value in rule.conditions.items():
                if (name, value) not in bits:
                    bits[name, value] = 1 << len(bits)
                    kind = CONDITIONS[name].kind
                    ready = self.ranks[value] if kind == "band" else value
                    tests.append((bits[name, value], CONDITIONS[name].test(ready)))
                needed |= bits[name, value]
            rules.append(ReadyRule(rule, needed, self.shadow or rule.shadow))
        return ReadyRules(tuple(tests), tuple(rules))

    def _concerns_service(self, rule: Rule) -> bool:
        return rule.service_has_connections in (None, self.service_has_connections)

    def require_bands(self, names: Iterable[str]) -> None:
        """Raises SettingsError where a scorecard has a band that the policy does not know."""
        for name in names:
            if name not in self.ranks:
                raise SettingsError(
                    f"the scorecard has a band '{name}' that policy {self.version} does not list; "
                    f"add it to `bands`, in order of gravity"
                )

    def scans_content(self, *countries: str | None) -> bool:
        """May the text of a message between people in these countries be looked at? Only where
        it is on for every one of them; None is an unknown country."""
        return all(self._scans(country) for country in countries)

    def _scans(self, country: str | None) -> bool:
        scanning = self.content_scanning
        if country is None:
            return scanning.unknown_country == "on"
        return country.upper() not in scanning.off_in and scanning.elsewhere == "on"


@dataclass(frozen=True, slots=True)
class ReadyRule:
    """A rule that applies where all bits of `needed` are set."""

    rule: Rule
    needed: int
    shadow: bool


@dataclass(frozen=True, slots=True)
class ReadyRules:
    """Tests, each with its bit, and rules: the strongest verdict first, then as in the file."""

    tests: tuple[tuple[int, Test], ...]
    rules: tuple[ReadyRule, ...]
