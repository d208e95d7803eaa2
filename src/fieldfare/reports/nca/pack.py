"""A case as a pack for the National Crime Agency. Pure: nothing is looked up here."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from fieldfare.cases import actions
from fieldfare.reports.case_file import CaseFile, FiledChild
from fieldfare.reports.completeness import Completeness, completeness
from fieldfare.reports.details import AccountDetails, Details
from fieldfare.reports.reasons import decided_reasons, imminent
from fieldfare.reports.settings import ReportSettings
from fieldfare.reports.transcript import Talk, talks, transcript
from fieldfare.vocabulary.times import DAY, SECOND, isoformat

FORMAT: Final = "fieldfare-nca-1"
LOGINS: Final = 92 * DAY
"""Three months of logins."""


class Priority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A priority of ``priorities.toml``."""

    name: str
    by_when: str
    reasons: tuple[str, ...]
    levels: tuple[str, ...]


class _Priorities(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mark: str
    criteria: str
    priorities: tuple[Priority, ...]
    duties: dict[str, str]


class _Schedule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    mark: str
    source: str
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of Schedule 1."""

    id: str
    title: str
    held: bool
    values: tuple[str, ...]
    """Empty where it is not held."""
    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Clock:
    """How long it has been. The sources name no hours (2°)."""

    priority: str
    by_when: str
    criteria: str
    since: str
    """When the second person agreed; of a draft, when the case was opened."""
    elapsed_seconds: int
    """Until the pack was made."""


@dataclass(frozen=True, slots=True)
class PackChild:
    """A child, as the pack names it."""

    number: int
    account: str
    name: str | None
    age: float | None
    age_basis: str
    country: str | None
    country_basis: str | None
    first_contact: str
    last_contact: str
    rejected: str | None
    indicators: dict[str, str]
    transcript: str | None
    """Name of the file."""


@dataclass(frozen=True, slots=True)
class Pack:
    """What is submitted."""

    case: str
    made_at: str
    draft: bool
    clock: Clock
    life: str | None
    """What to do first where life is at risk."""
    supplement_to: str | None
    """Reference of the report that this adds to."""
    messages_since: str | None
    """Of a supplement: transcripts begin after this."""
    account: str
    fields: tuple[Field, ...]
    children: tuple[PackChild, ...]
    decided: tuple[str, ...]
    """Reasons of the two people, in words."""
    completeness: float
    duties: dict[str, str]
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Packed:
    """A pack with its transcripts."""

    pack: Pack
    transcripts: tuple[tuple[str, str], ...]
    """Name and text."""
    completeness: Completeness


@cache
def schedule() -> _Schedule:
    """The fields."""
    text = (files("fieldfare.reports.nca") / "schedule.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_Schedule)


@cache
def priorities() -> _Priorities:
    """Priorities and duties."""
    text = (files("fieldfare.reports.nca") / "priorities.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_Priorities)


def priority_of(case: CaseFile) -> Priority:
    """The first priority that a reason of the decision or the case's urgency calls for."""
    reasons = decided_reasons(case)
    for each in priorities().priorities:
        if reasons & set(each.reasons) or case.level in each.levels:
            return each
    return priorities().priorities[-1]


def pack(
    case: CaseFile,
    settings: ReportSettings,
    details: Details,
    *,
    prior: Sequence[str] = (),
    supplement_to: str | None = None,
    since: int | None = None,
) -> Packed:
    """The pack of a case. As a supplement it names the report it adds to, and its transcripts hold
    the messages later than `since`. `prior`: references of earlier reports of the account."""
    found = talks(case)
    if since is not None:
        found = tuple(
            replace(each, messages=tuple(one for one in each.messages if one.sent_at > since))
            for each in found
        )
        found = tuple(each for each in found if each.messages)
    names = {talk.child.account: f"transcripts/child-{talk.child.number:03}.txt" for talk in found}
    complete = completeness(case, settings, details)
    words = actions.shipped().reasons
    return Packed(
        Pack(
            case=case.reference,
            made_at=isoformat(case.taken_at),
            draft=case.is_draft,
            clock=_clock(case),
            life=priorities().duties["life"] if imminent(case) else None,
            supplement_to=supplement_to,
            messages_since=None if since is None else isoformat(since),
            account=case.suspect.account,
            fields=_fields(
                case,
                settings,
                details,
                found,
                [*prior, *([supplement_to] if supplement_to else [])],
            ),
            children=tuple(
                _child(each, details.of(each.account), names.get(each.account))
                for each in case.children
            ),
            decided=tuple(words[each] for each in sorted(decided_reasons(case))),
            completeness=round(complete.score, 3),
            duties=priorities().duties,
        ),
        tuple((names[talk.child.account], transcript(case, talk, details)) for talk in found),
        complete,
    )


def _clock(case: CaseFile) -> Clock:
    chosen = priority_of(case)
    since = case.opened_at if case.authority is None else case.authority.second_at
    return Clock(
        priority=chosen.name,
        by_when=chosen.by_when,
        criteria=priorities().criteria,
        since=isoformat(since),
        elapsed_seconds=(case.taken_at - since) // SECOND,
    )


def _child(child: FiledChild, known: AccountDetails, file: str | None) -> PackChild:
    return PackChild(
        number=child.number,
        account=child.account,
        name=child.name,
        age=child.age,
        age_basis=child.age_basis,
        country=known.country or child.country,
        country_basis="service" if known.country else child.country_basis,
        first_contact=isoformat(child.contacted_at),
        last_contact=isoformat(child.last_at),
        rejected=None if child.rejected_at is None else isoformat(child.rejected_at),
        indicators={name: isoformat(at) for name, at in sorted(child.asked.items())},
        transcript=file,
    )


def _fields(
    case: CaseFile,
    settings: ReportSettings,
    details: Details,
    found: Sequence[Talk],
    earlier: list[str],
) -> tuple[Field, ...]:
    values = _account(details.of(case.suspect.account), case) | {
        "reporter_contact": _contact(settings),
        "content": [f"{sum(len(each.messages) for each in found)} messages, in transcripts/"]
        if found
        else [],
        "how_detected": [_detected(case)],
        "platform": [settings.provider.name] if settings.provider.name else [],
        "previous_report": earlier,
        "upload_time": _last(found),
        # Fieldfare holds words and hashes of media, never a file.
        "exif": [],
        "url": [],
        "original_hash": sorted(
            {
                media.hash
                for talk in found
                for message in talk.messages
                for media in message.media
                if media.hash is not None
            }
        ),
        "declaration": [f"{settings.nca.declared_by} declares this to be true as far as is known"]
        if settings.nca.declared_by
        else [],
    }
    about = schedule()
    return tuple(
        Field(name, title, bool(values[name]), tuple(values[name]), about.source, about.mark)
        for name, title in about.fields.items()
    )


def _account(known: AccountDetails, case: CaseFile) -> dict[str, list[str]]:
    def verified(value: bool | None) -> str:
        return {True: "verified", False: "not verified", None: "verification unknown"}[value]

    logins, uploads = [], []
    for each in known.ips:
        port = f" port {each.port}" if each.port is not None else ""
        said = f"{each.ip}{port} {each.at or 'time unknown'}"
        if each.event == "Upload":
            uploads.append(said)
        elif each.event == "Login" and (each.micros or 0) >= case.taken_at - LOGINS:
            logins.append(said)
    return {
        "username": [case.suspect.account, *([known.screen_name] if known.screen_name else [])],
        "emails": [f"{each.value} ({verified(each.verified)})" for each in known.emails],
        "phone": [f"{each.value} ({verified(each.verified)})" for each in known.phones],
        "profile_url": list(known.profile_urls),
        "billing": [known.billing] if known.billing else [],
        "upload_address": uploads,
        "login_addresses": logins,
    }


def _contact(settings: ReportSettings) -> list[str]:
    person = settings.reporter
    if not person.known:
        return []
    parts = (
        f"{person.first_name} {person.last_name}",
        settings.nca.organisation or settings.provider.name,
        person.email,
        person.phone,
    )
    return [", ".join(part for part in parts if part)]


def _detected(case: CaseFile) -> str:
    how = {
        "scan": "software assessed the contacts of accounts",
        "policy": "software assessed the contacts of accounts as they happened",
        "report": "a user reported the account",
        "reviewer": "a reviewer of the service opened the case",
    }[case.opened_by]
    agreed = "no two people have decided yet" if case.is_draft else "two people decided to report"
    looked = "people of the service looked at it" if case.viewers else "nobody looked at it yet"
    return f"{how}; {looked}; {agreed}"


def _last(found: Sequence[Talk]) -> list[str]:
    sent = [each.sent_at for talk in found for each in talk.messages if each.from_account]
    if not sent:
        return []
    return [f"messages of the account from {isoformat(min(sent))} to {isoformat(max(sent))} (UTC)"]
