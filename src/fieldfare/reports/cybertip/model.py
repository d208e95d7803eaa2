"""A CyberTipline report as typed, frozen records.

The order of the fields of a class is the order of the elements in the schema: `xml` writes them
as they stand here, and a wrong order is answered with 4100. The schema itself is not public and
not part of this project; names and order were read from public client code, and
``tests/reports/test_order.py`` pins them. The operator's own copy (``GET /xsd``) has the last word.

Not modelled, because nothing is known here of what is in them: ``lawEnforcement``, details of
EXIF. Times are int64 microseconds UTC; None leaves an element out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NewType

Moment = NewType("Moment", int)
"""Microseconds UTC; written as ``2026-03-01T12:00:00Z``."""

ENTICEMENT: Final = "Online Enticement of Children for Sexual Acts"
"""The type of incident that grooming by messages is reported as."""

MOST_ESCALATION: Final = 3_000
"""Characters of the reason for a high priority."""

EventName = Literal["Login", "Registration", "Purchase", "Upload", "Other", "Unknown"]
Relevance = Literal["Reported", "Supplemental Reported"]


FLAG: Final[Mapping[str, Any]] = {"flag": True}
"""Metadata of a field that is an empty element where it is true, and none otherwise."""
CONTENT: Final[Mapping[str, Any]] = {"content": True}
"""Of the field that is the text of an element with attributes."""


def named(name: str) -> Mapping[str, Any]:
    """Of a field whose element is not its own name in camel case."""
    return {"name": name}


def attribute(name: str) -> Mapping[str, Any]:
    """Of a field that is an attribute of its element."""
    return {"attribute": name}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnnotations:
    """What kind of enticement it is: an empty element for each that applies. That they are empty
    is not known for certain; the operator's own schema says so if they are not."""

    sextortion: bool | None = field(default=None, metadata=FLAG)
    csam_solicitation: bool | None = field(default=None, metadata=FLAG)
    minor_to_minor_interaction: bool | None = field(default=None, metadata=FLAG)
    spam: bool | None = field(default=None, metadata=FLAG)
    sadistic_online_exploitation: bool | None = field(default=None, metadata=FLAG)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSummary:
    """What happened, when; and of what that is the time."""

    incident_type: str
    platform: str | None
    escalate_to_high_priority: str | None
    """The reason, at most `MOST_ESCALATION` characters; not a switch."""
    report_annotations: ReportAnnotations | None
    incident_date_time: Moment
    """Refused when it is in the future."""
    incident_date_time_description: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatImIncident:
    """One conversation."""

    chat_client: str | None
    chat_room_name: str | None
    content: str | None
    additional_info: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class InternetDetails:
    """A choice in the schema; conversations are the one that Fieldfare reports."""

    chat_im_incident: ChatImIncident


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimatedLocation:
    """Where somebody seems to be."""

    city: str | None
    region: str | None
    country_code: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person. All of it may be missing; the element itself is not left out where required."""

    first_name: str | None = None
    last_name: str | None = None
    phone: tuple[str, ...] = ()
    email: tuple[str, ...] = ()
    address: tuple[str, ...] = ()
    age: int | None = None
    """Whole years."""
    date_of_birth: str | None = None
    """``YYYY-MM-DD``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IpCaptureEvent:
    """An address seen at a moment."""

    ip_address: str
    event_name: EventName | None
    date_time: Moment | None
    possible_proxy: bool | None
    port: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disabled:
    """That an account was disabled for good."""

    value: bool = field(metadata=CONTENT)
    disabled_date: Moment | None = field(default=None, metadata=attribute("disabledDate"))
    user_notified: bool | None = field(default=None, metadata=attribute("userNotified"))
    user_notified_date: Moment | None = field(default=None, metadata=attribute("userNotifiedDate"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    """Who reports."""

    reporting_person: Person
    contact_person: Person | None = None
    company_template: str | None = None
    terms_of_service: str | None = None
    legal_url: str | None = field(default=None, metadata=named("legalURL"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """The account reported: at most one in a report."""

    person_or_user_reported_person: Person | None = None
    vehicle_description: str | None = None
    esp_identifier: str | None = None
    esp_service: str | None = None
    compromised_account: bool | None = None
    screen_name: str | None = None
    display_name: tuple[str, ...] = ()
    profile_url: tuple[str, ...] = ()
    profile_bio: str | None = None
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[str, ...] = ()
    third_party_user_reported: bool | None = None
    prior_ct_reports: tuple[str, ...] = field(default=(), metadata=named("priorCTReports"))
    group_identifier: str | None = None
    account_temporarily_disabled: bool | None = None
    account_permanently_disabled: Disabled | None = None
    estimated_location: EstimatedLocation | None = None
    all_emails_reported: bool | None = None
    associated_account: tuple[str, ...] = ()
    additional_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IntendedRecipient:
    """A child that the account wrote to without yet asking anything that worries."""

    intended_recipient_person: Person | None = None
    esp_identifier: str | None = None
    esp_service: str | None = None
    screen_name: str | None = None
    display_name: tuple[str, ...] = ()
    profile_url: tuple[str, ...] = ()
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[str, ...] = ()
    additional_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """A child that the account asked something that worries."""

    victim_person: Person
    esp_identifier: str | None = None
    esp_service: str | None = None
    screen_name: str | None = None
    display_name: tuple[str, ...] = ()
    profile_url: tuple[str, ...] = ()
    ip_capture_event: tuple[IpCaptureEvent, ...] = ()
    device_id: tuple[str, ...] = ()
    school_name: str | None = None
    additional_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """``<report>``."""

    batched_report: bool | None = None
    incident_summary: IncidentSummary
    internet_details: tuple[InternetDetails, ...] = ()
    reporter: Reporter
    person_or_user_reported: Reported | None = None
    intended_recipient: tuple[IntendedRecipient, ...] = ()
    victim: tuple[Victim, ...] = ()
    additional_info: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileHash:
    """A hash of an original file."""

    value: str = field(metadata=CONTENT)
    hash_type: str | None = field(default=None, metadata=attribute("hashType"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDetails:
    """``<fileDetails>``: one file that was uploaded."""

    report_id: str
    file_id: str
    file_name: str | None
    original_file_name: str | None
    uploaded_to_esp_timestamp: Moment | None
    location_of_file: str | None
    file_viewed_by_esp: bool | None
    """A legal statement: true only where a person of the operator's saw all of it."""
    exif_viewed_by_esp: bool | None
    publicly_available: bool | None
    file_relevance: Relevance | None
    industry_classification: str | None = None
    original_file_hash: tuple[FileHash, ...] = ()
    ip_capture_event: IpCaptureEvent | None = None
    device_id: tuple[str, ...] = ()
    additional_info: tuple[str, ...] = ()
