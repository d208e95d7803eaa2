"""The people of a report: who reports, who is reported, the children."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypedDict

from fieldfare.reports.case_file import CaseFile, FiledChild
from fieldfare.reports.cybertip import model
from fieldfare.reports.cybertip.model import Moment
from fieldfare.reports.details import AccountDetails, Details
from fieldfare.reports.settings import PersonOf, ReportSettings
from fieldfare.vocabulary.times import isoformat, parse_time

EVENTS: Final = 1_000
"""Addresses written for one account, the latest."""


def reporter(settings: ReportSettings) -> model.Reporter:
    """Who reports, by the operator's settings."""
    about = settings.ncmec
    return model.Reporter(
        reporting_person=_operator(settings.reporter),
        contact_person=None if settings.contact is None else _operator(settings.contact),
        company_template=about.company_template,
        terms_of_service=about.terms_of_service,
        legal_url=about.legal_url,
    )


def reported(
    case: CaseFile, settings: ReportSettings, details: Details, prior: Sequence[str]
) -> model.Reported:
    """The account the case is about."""
    suspect = case.suspect
    known = details.of(suspect.account)
    return model.Reported(
        person_or_user_reported_person=_person(known, suspect.age),
        esp_identifier=suspect.account,
        esp_service=settings.provider.name or None,
        screen_name=known.screen_name,
        display_name=_names(known, suspect.name),
        profile_url=known.profile_urls,
        profile_bio=known.profile_bio,
        ip_capture_event=_events(known, case.taken_at),
        device_id=known.device_ids,
        prior_ct_reports=tuple(dict.fromkeys((*prior, *known.prior_reports))),
        account_permanently_disabled=_disabled(known),
        estimated_location=_location(known, suspect.country),
        all_emails_reported=known.all_emails if known.emails else None,
        associated_account=case.linked,
        additional_info=_about_suspect(case),
    )


class _Identifiers(TypedDict):
    """What the schema asks of every child alike."""

    esp_identifier: str
    esp_service: str | None
    screen_name: str | None
    display_name: tuple[str, ...]
    profile_url: tuple[str, ...]
    ip_capture_event: tuple[model.IpCaptureEvent, ...]
    device_id: tuple[str, ...]
    additional_info: str


def victim(child: FiledChild, settings: ReportSettings, details: Details, now: int) -> model.Victim:
    """A child that was asked something that worries."""
    known = details.of(child.account)
    return model.Victim(
        victim_person=_person(known, child.age),
        school_name=known.school,
        **_identifiers(child, settings, known, now),
    )


def intended_recipient(
    child: FiledChild, settings: ReportSettings, details: Details, now: int
) -> model.IntendedRecipient:
    """Any other child that was written to."""
    known = details.of(child.account)
    return model.IntendedRecipient(
        intended_recipient_person=_person(known, child.age),
        **_identifiers(child, settings, known, now),
    )


def _identifiers(
    child: FiledChild, settings: ReportSettings, known: AccountDetails, now: int
) -> _Identifiers:
    return _Identifiers(
        esp_identifier=child.account,
        esp_service=settings.provider.name or None,
        screen_name=known.screen_name,
        display_name=_names(known, child.name),
        profile_url=known.profile_urls,
        ip_capture_event=_events(known, now),
        device_id=known.device_ids,
        additional_info=about_child(child, known),
    )


def about_child(child: FiledChild, known: AccountDetails) -> str:
    """What is known of a child, each with its basis."""
    age = "age unknown" if child.age is None else f"age {child.age:.0f} ({child.age_basis})"
    country = known.country or child.country
    basis = "by the service" if known.country else child.country_basis or "basis unknown"
    where = "country unknown" if country is None else f"country {country} ({basis})"
    city = ", ".join(part for part in (known.city, known.region) if part)
    shown = "; ".join(
        f"{name.replace('_', ' ')} since {isoformat(at)}"
        for name, at in sorted(child.asked.items())
    )
    rejected = "" if child.rejected_at is None else f" Rejected it {isoformat(child.rejected_at)}."
    return (
        f"Probable child (probability {child.child_probability:.2f}): {age}, {where}"
        f"{f', {city}' if city else ''}. First contact {isoformat(child.contacted_at)}, last "
        f"{isoformat(child.last_at)}; the {'reported account' if child.wrote_first else 'child'} "
        f"wrote first; {child.sent} messages from the account, {child.received} from the child."
        f"{rejected} Indicators shown to this child: {shown or 'none'}."
    )


def _about_suspect(case: CaseFile) -> str:
    suspect = case.suspect
    age = "unknown" if suspect.age is None else f"{suspect.age:.0f}, {suspect.age_basis}"
    return (
        f"Age as the service has it: {age}. Country: {suspect.country or 'unknown'}. Accounts that "
        f"seem to be the same person's: {', '.join(case.linked) or 'none known'}."
    )


def _operator(person: PersonOf) -> model.Person:
    return model.Person(
        first_name=person.first_name or None,
        last_name=person.last_name or None,
        phone=(person.phone,) if person.phone else (),
        email=(person.email,) if person.email else (),
        address=(person.address,) if person.address else (),
    )


def _person(known: AccountDetails, age: float | None) -> model.Person:
    born = known.date_of_birth
    return model.Person(
        first_name=known.first_name,
        last_name=known.last_name,
        phone=tuple(each.value for each in known.phones),
        email=tuple(each.value for each in known.emails),
        address=known.addresses,
        age=None if age is None else int(age),
        date_of_birth=None if born is None else born.isoformat(),
    )


def _names(known: AccountDetails, name: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*((name,) if name else ()), *known.display_names)))


def _events(known: AccountDetails, now: int) -> tuple[model.IpCaptureEvent, ...]:
    found = [
        model.IpCaptureEvent(
            ip_address=each.ip,
            event_name=each.event,
            date_time=None if each.micros is None else Moment(each.micros),
            possible_proxy=each.possible_proxy,
            port=each.port,
        )
        for each in known.ips
        # A time in the future is a damaged one, and would have the whole report refused.
        if each.micros is None or each.micros <= now
    ]
    return tuple(sorted(found, key=lambda each: each.date_time or 0)[-EVENTS:])


def _disabled(known: AccountDetails) -> model.Disabled | None:
    if known.disabled_at is None:
        return None
    told = known.user_notified_at
    return model.Disabled(
        value=True,
        disabled_date=Moment(parse_time(known.disabled_at)),
        user_notified=told is not None,
        user_notified_date=None if told is None else Moment(parse_time(told)),
    )


def _location(known: AccountDetails, country: str | None) -> model.EstimatedLocation | None:
    where = known.country or country
    if not (known.city or known.region or where):
        return None
    return model.EstimatedLocation(city=known.city, region=known.region, country_code=where)
