"""Where a report belongs: proposed from where the provider is and where the parties are.

The rules are data (``jurisdictions.toml``). A proposal is for a person; what is enforced is only
that one incident is not reported twice (`filing_rules.check_once`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import msgspec

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.details import Details
from fieldfare.reports.filing_records import Filing
from fieldfare.reports.reasons import imminent
from fieldfare.reports.settings import ReportSettings
from fieldfare.vocabulary.times import isoformat


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of ``jurisdictions.toml``; what it does not ask does not matter."""

    propose: str
    because: str
    source: str
    mark: str = ""
    provider_in: tuple[str, ...] = ()
    party_in: tuple[str, ...] = ()
    reports_to: str = ""


class Urgent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do at once where life is in danger."""

    say: str
    source: str
    mark: str = ""
    anyone_in: tuple[str, ...] = ()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    groups: dict[str, tuple[str, ...]]
    rules: tuple[Rule, ...]
    urgent: tuple[Urgent, ...]


@dataclass(frozen=True, slots=True)
class Proposed:
    """A destination, and why."""

    destination: str
    because: str
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Route:
    """Where to go with a case."""

    proposed: tuple[Proposed, ...]
    """At most one authority; then hotlines that the operator set up."""
    urgent: tuple[str, ...]
    """What to do before any report. Empty unless people decided that a child is in danger now."""
    already: tuple[str, ...]
    """Where the case was reported, or is on its way."""
    open_questions: tuple[str, ...]
    """What one would have to know to be surer."""


@cache
def shipped() -> _File:
    """The rules that ship."""
    text = (files("fieldfare.reports") / "jurisdictions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_File)


def route(
    case: CaseFile, settings: ReportSettings, details: Details, filings: Sequence[Filing] = ()
) -> Route:
    """Where the case belongs."""
    provider = settings.provider.country
    parties = countries(case, details)
    return Route(
        proposed=(*_authority(settings, parties), *_hotlines(settings, parties)),
        urgent=_urgent(parties | ({provider} if provider else set())) if imminent(case) else (),
        already=tuple(_said(each) for each in filings if each.state != "replaced"),
        open_questions=_questions(case, settings, details),
    )


def countries(case: CaseFile, details: Details) -> set[str]:
    """Countries of the account and the children, as far as they are known."""
    given = {case.suspect.account: case.suspect.country}
    given |= {child.account: child.country for child in case.children}
    found = {details.of(account).country or country for account, country in given.items()}
    return {each for each in found if each is not None}


def _authority(settings: ReportSettings, parties: set[str]) -> tuple[Proposed, ...]:
    for rule in shipped().rules:
        provider = {settings.provider.country} if settings.provider.country else set()
        if (
            (not rule.provider_in or _any(rule.provider_in, provider))
            and (not rule.party_in or _any(rule.party_in, parties))
            and (not rule.reports_to or rule.reports_to in settings.provider.reports_to)
        ):
            return (Proposed(rule.propose, rule.because, rule.source, rule.mark),)
    return ()


def _hotlines(settings: ReportSettings, parties: set[str]) -> tuple[Proposed, ...]:
    return tuple(
        Proposed(
            name,
            f"somebody concerned is in {', '.join(sorted(parties & set(each.countries)))}",
            "the operator's settings",
            "",
        )
        for name, each in settings.hotlines.items()
        if parties & set(each.countries)
    )


def _urgent(anywhere: set[str]) -> tuple[str, ...]:
    return tuple(
        f"{each.say} ({each.source}{f'; {each.mark}' if each.mark else ''})"
        for each in shipped().urgent
        if not each.anyone_in or _any(each.anyone_in, anywhere)
    )


def _any(wanted: Sequence[str], found: set[str]) -> bool:
    groups = shipped().groups
    return any(country in found for each in wanted for country in groups.get(each, (each,)))


def _said(filing: Filing) -> str:
    where = f"{filing.destination} ({filing.environment})"
    if filing.state == "finished" and filing.finished_at is not None:
        return f"{where}: reported as {filing.report_id}, {isoformat(filing.finished_at)}"
    return f"{where}: {filing.state}, made {isoformat(filing.made_at)}"


def _questions(case: CaseFile, settings: ReportSettings, details: Details) -> tuple[str, ...]:
    asked = []
    if settings.provider.country is None:
        asked.append("Where is the provider established? (provider.country in the settings)")
    if case.suspect.country is None and details.of(case.suspect.account).country is None:
        asked.append("In which country is the reported account?")
    unknown = sum(
        each.country is None and details.of(each.account).country is None for each in case.children
    )
    if unknown:
        asked.append(f"In which country are {unknown} of the children?")
    return tuple(asked)
