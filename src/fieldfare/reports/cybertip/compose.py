"""From a decided case to a CyberTipline report and its files. Pure: nothing is looked up here.

One incident for each conversation. A child that the account asked something that worries (an
indicator) is a ``victim``, any other that it wrote to an ``intendedRecipient``; none is left out.
Whether a file was viewed is read from the audit: only where a person revealed every text in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fieldfare.cases import actions
from fieldfare.cases.records import Reason
from fieldfare.reports.case_file import CaseFile, FiledMessage
from fieldfare.reports.cybertip import model
from fieldfare.reports.cybertip.model import Moment
from fieldfare.reports.cybertip.people import intended_recipient, reported, reporter, victim
from fieldfare.reports.details import Details
from fieldfare.reports.reasons import decided_reasons, imminent, revealed
from fieldfare.reports.settings import ReportSettings
from fieldfare.reports.transcript import ZONES, Talk, line, talks, transcript
from fieldfare.vocabulary.times import isoformat

MOST_CONTENT: Final = 20_000
"""Characters of a conversation inside the report; its file holds all of it."""
AROUND: Final = 3
"""Messages before and after one that shows an indicator, where not all have room."""

ANNOTATIONS: Final = (
    "sextortion",
    "csam_solicitation",
    "minor_to_minor_interaction",
    "spam",
    "sadistic_online_exploitation",
)
"""What a person may say of an incident. Detection says none of it."""


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file to be uploaded, and what is stated of it."""

    name: str
    content: bytes
    viewed: bool
    relevance: model.Relevance
    about: str

    def details(self, report_id: str, file_id: str) -> model.FileDetails:
        """What ``/fileinfo`` is told."""
        return model.FileDetails(
            report_id=report_id,
            file_id=file_id,
            file_name=self.name,
            original_file_name=None,
            uploaded_to_esp_timestamp=None,
            location_of_file=None,
            file_viewed_by_esp=self.viewed,
            exif_viewed_by_esp=False,
            publicly_available=False,
            file_relevance=self.relevance,
            additional_info=(self.about,),
        )


@dataclass(frozen=True, slots=True)
class Composed:
    """A report and its files."""

    report: model.Report
    files: tuple[ReportFile, ...]


def compose(
    case: CaseFile,
    settings: ReportSettings,
    details: Details,
    *,
    prior: Sequence[str] = (),
    annotations: Sequence[str] = (),
) -> Composed:
    """The report of a case. `prior`: numbers of earlier reports of the account, of the same
    environment. `annotations`: of `ANNOTATIONS`, beyond what the decision itself says."""
    found = talks(case)
    seen = revealed(case)
    files = tuple(_file(case, talk, details, seen, n) for n, talk in enumerate(found, 1))
    victims = [child for child in case.children if child.asked]
    others = [child for child in case.children if not child.asked]
    return Composed(
        model.Report(
            incident_summary=_summary(case, settings, found, annotations),
            internet_details=tuple(
                model.InternetDetails(chat_im_incident=_incident(settings, talk, file))
                for talk, file in zip(found, files, strict=True)
            ),
            reporter=reporter(settings),
            person_or_user_reported=reported(case, settings, details, prior),
            intended_recipient=tuple(
                intended_recipient(each, settings, details, case.taken_at) for each in others
            ),
            victim=tuple(victim(each, settings, details, case.taken_at) for each in victims),
            additional_info=_about(case),
        ),
        files,
    )


def _summary(
    case: CaseFile,
    settings: ReportSettings,
    found: Sequence[Talk],
    annotations: Sequence[str],
) -> model.IncidentSummary:
    moment, description = incident_time(case, found)
    return model.IncidentSummary(
        incident_type=model.ENTICEMENT,
        platform=settings.provider.name or None,
        escalate_to_high_priority=_escalation(case),
        report_annotations=_annotations(case, annotations),
        incident_date_time=moment,
        incident_date_time_description=description,
    )


def incident_time(case: CaseFile, found: Sequence[Talk]) -> tuple[Moment, str]:
    """The time of the incident, and of what it is the time: the account's last message to a child.
    Never after the case was taken: a time in the future is refused."""
    sent = [
        (message.sent_at, message)
        for talk in found
        for message in talk.messages
        if message.from_account and message.sent_at <= case.taken_at
    ]
    first = min((each.contacted_at for each in case.children), default=None)
    since = "" if first is None else f" First contact with a child in this report: {_utc(first)}."
    if sent:
        moment, message = max(sent, key=lambda each: each[0])
        named = f" (message {message.id})" if message.id is not None else ""
        return Moment(moment), (
            f"Time of the last message from the reported account to a child in this report"
            f"{named}, UTC; {ZONES.get(message.zone, message.zone)}.{since}"
        )
    contacts = [each.last_at for each in case.children if each.last_at <= case.taken_at]
    if contacts:
        return Moment(max(contacts)), f"Time of the last contact with a child, UTC.{since}"
    return Moment(case.taken_at), (
        "Time at which this report was made, UTC: no time of a message is held."
    )


def _escalation(case: CaseFile) -> str | None:
    if not imminent(case):
        return None
    signs = ", ".join(sign.replace("_", " ") for sign in case.signs) or "none by software"
    text = (
        "Two people who looked at the conversations decided that a child is in danger now. "
        f"Signs of urgency found by software: {signs}. Children in this report: "
        f"{len(case.children)}."
    )
    return text[: model.MOST_ESCALATION]


def _annotations(case: CaseFile, given: Sequence[str]) -> model.ReportAnnotations | None:
    said = set(given)
    if "solicits_images" in decided_reasons(case):
        said.add("csam_solicitation")
    suspect = case.suspect
    if suspect.age is not None and suspect.age < 18 and suspect.age_basis == "verified":
        said.add("minor_to_minor_interaction")
    if not said:
        return None
    return model.ReportAnnotations(**{name: True for name in ANNOTATIONS if name in said})


def _incident(settings: ReportSettings, talk: Talk, file: ReportFile) -> model.ChatImIncident:
    sent = sum(each.from_account for each in talk.messages)
    shown = sorted({each for message in talk.messages for each in message.indicators})
    info = (
        f"Private conversation with {talk.child.account}: {len(talk.messages)} messages, {sent} "
        f"from the reported account, from {_utc(talk.messages[0].sent_at)} to "
        f"{_utc(talk.messages[-1].sent_at)}. All of it is in the file {file.name}. "
        f"Indicators found by software: {', '.join(shown) or 'none'}."
    )
    return model.ChatImIncident(
        chat_client=settings.provider.name or None,
        chat_room_name=None,
        content=excerpt(talk.messages, file.name),
        additional_info=info,
    )


def excerpt(messages: Sequence[FiledMessage], file: str) -> str:
    """A conversation as far as it has room: all of it, or what shows an indicator with what stands
    around it, from the last on; gaps say how much is left out and where it is."""
    lines = [line(message) for message in messages]
    if sum(map(len, lines)) + len(lines) <= MOST_CONTENT:
        return "\n".join(lines)
    wanted: set[int] = set()
    room = MOST_CONTENT
    marked = [place for place, message in enumerate(messages) if message.indicators]
    for place in reversed(marked or [len(messages) - 1]):
        near = set(range(max(0, place - AROUND), min(len(lines), place + AROUND + 1))) - wanted
        room -= sum(len(lines[each]) + 1 for each in near)
        if room < 0:
            break
        wanted |= near
    return "\n".join(_with_gaps(lines, sorted(wanted or {len(lines) - 1}), file))


def _with_gaps(lines: Sequence[str], wanted: Sequence[int], file: str) -> list[str]:
    shown: list[str] = []
    expected = 0
    for place in [*wanted, len(lines)]:
        if place > expected:
            shown.append(f"[{place - expected} messages are not shown here; {file} has them]")
        if place < len(lines):
            shown.append(_cut(lines[place], file))
        expected = place + 1
    return shown


def _cut(text: str, file: str) -> str:
    if len(text) <= MOST_CONTENT:
        return text
    return f"{text[:MOST_CONTENT]} [{len(text) - MOST_CONTENT} characters more in {file}]"


def _file(
    case: CaseFile, talk: Talk, details: Details, seen: frozenset[int], number: int
) -> ReportFile:
    texts = [each.case_id for each in talk.messages if each.text is not None]
    viewed = bool(texts) and all(each in seen for each in texts)
    count = sum(each in seen for each in texts)
    return ReportFile(
        name=f"conversation-{number:03}.txt",
        content=transcript(case, talk, details).encode("utf-8", "backslashreplace"),
        viewed=viewed,
        relevance="Reported" if talk.child.asked else "Supplemental Reported",
        about=(
            f"Transcript of the private conversation with {talk.child.account}, written from the "
            f"service's records by Fieldfare; times in UTC. By the audit, people of the service "
            f"read {count} of its {len(texts)} messages that have a text."
        ),
    )


def _about(case: CaseFile) -> str:
    authority = case.authority
    words = actions.shipped().reasons
    decided = ", ".join(words[each].lower() for each in sorted(decided_reasons(case)))
    by = (
        "DRAFT: no two people have decided to report this."
        if authority is None
        else f"Two people decided to report it, on {_utc(authority.second_at)}."
    )
    reasons = " ".join(
        f"({number}) {each.sentence.rstrip('.')}." for number, each in _strongest(case)
    )
    return (
        f"Case {case.reference} of the service. Software (Fieldfare) proposed the account for "
        f"review; {by} Their reasons: {decided or 'none given'}. Probable children it exchanged "
        f"private messages with: {len(case.children)}. Ages and countries are as the service has "
        f"them, with their basis. What software found: {reasons or 'nothing beyond that.'}"
    )


def _strongest(case: CaseFile) -> list[tuple[int, Reason]]:
    speaking = [each for each in case.reasons if each.contribution > 0]
    speaking.sort(key=lambda each: -each.contribution)
    return list(enumerate(speaking[:8], 1))


def _utc(micros: int) -> str:
    return isoformat(micros)
