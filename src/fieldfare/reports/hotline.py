"""A pack for a hotline or police force: JSON, transcripts, and an e-mail that is ready to be sent
by a person. What is in it is data (``hotlines.toml``, and the operator's settings).

The e-mail names the case and holds no text of messages: ordinary e-mail can be read on its way.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import asdict
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.details import Details
from fieldfare.reports.packing import Files, Job, Made, packed_by_hand
from fieldfare.reports.reasons import decided_reasons, imminent
from fieldfare.reports.settings import HotlineSettings, ReportSettings
from fieldfare.reports.transcript import talks, transcript
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import isoformat

FORMAT: Final = "fieldfare-hotline-1"


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hotlines: dict[str, HotlineSettings]


@cache
def shipped() -> dict[str, HotlineSettings]:
    """The hotlines that ship."""
    text = (files("fieldfare.reports") / "hotlines.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_File).hotlines


def hotlines(settings: ReportSettings) -> dict[str, HotlineSettings]:
    """Those that ship and the operator's own, by name. Raises SettingsError for a section that
    does not exist."""
    found = shipped() | settings.hotlines
    for name, each in found.items():
        unknown = sorted(set(each.sections) - set(SECTIONS))
        if unknown:
            raise SettingsError(
                f"hotlines.{name}: no section '{unknown[0]}'; choose from {', '.join(SECTIONS)}"
            )
    return found


def make(job: Job) -> Made:
    """Write the pack of a case for the hotline that the job names."""
    chosen = hotlines(job.settings)[job.destination]
    return packed_by_hand(job, lambda case, _: pack(case, job.settings, job.details, chosen))


def pack(
    case: CaseFile, settings: ReportSettings, details: Details, hotline: HotlineSettings
) -> Files:
    """The files of a pack, by name."""
    wanted = hotline.sections or tuple(SECTIONS)
    body: dict[str, Any] = {
        "format": FORMAT,
        "case": case.reference,
        "made_at": isoformat(case.taken_at),
        "draft": case.is_draft,
        "imminent_danger": imminent(case),
    }
    for name in wanted:
        body[name] = SECTIONS[name](case, settings, details)
    found = {
        "report.json": msgspec.json.format(msgspec.json.encode(body), indent=2),
        "report.eml": _letter(case, settings, hotline),
    }
    if "transcripts" in wanted:
        for talk in talks(case):
            text = transcript(case, talk, details)
            found[_transcript(talk.child.number)] = text.encode("utf-8", "backslashreplace")
    return found


def _letter(case: CaseFile, settings: ReportSettings, hotline: HotlineSettings) -> bytes:
    letter = EmailMessage(policy=SMTP)
    reporter = settings.reporter
    letter["Subject"] = f"{'DRAFT ' if case.is_draft else ''}Report {case.reference}"
    if reporter.email:
        letter["From"] = reporter.email
    if hotline.address:
        letter["To"] = hotline.address
    who = f"{reporter.first_name} {reporter.last_name}".strip() or settings.provider.name
    letter.set_content(
        f"To: {hotline.title}\n\n"
        f"{settings.provider.name or 'Our service'} reports an account whose contact with "
        f"{len(case.children)} probable children looks like grooming (our reference "
        f"{case.reference}). "
        + ("People who looked decided that a child is in danger now.\n" if imminent(case) else "\n")
        + "The report itself (report.json and transcripts) is not in this message: say how you "
        "want it sent, encrypted.\n\n"
        f"{who}\n{reporter.phone}\n"
    )
    return letter.as_bytes()


def _transcript(number: int) -> str:
    return f"transcripts/child-{number:03}.txt"


def _reporter(_: CaseFile, settings: ReportSettings, __: Details) -> Any:
    return {"service": settings.provider.name, **msgspec.to_builtins(settings.reporter)}


def _account(case: CaseFile, _: ReportSettings, details: Details) -> Any:
    known = msgspec.to_builtins(details.of(case.suspect.account))
    return asdict(case.suspect) | {"linked": case.linked, "details": known}


def _incident(case: CaseFile, _: ReportSettings, __: Details) -> Any:
    return {
        "first_contact": isoformat(min((each.contacted_at for each in case.children), default=0)),
        "last_contact": isoformat(max((each.last_at for each in case.children), default=0)),
        "messages": case.message_count,
        "messages_left_out": case.messages_left_out,
        "decided": sorted(decided_reasons(case)),
    }


def _children(case: CaseFile, _: ReportSettings, details: Details) -> Any:
    return [
        asdict(each)
        | {
            "contacted_at": isoformat(each.contacted_at),
            "last_at": isoformat(each.last_at),
            "details": msgspec.to_builtins(details.of(each.account)),
        }
        for each in case.children
    ]


def _reasons(case: CaseFile, _: ReportSettings, __: Details) -> Any:
    return [
        {"sentence": each.sentence, "messages": each.messages}
        for each in case.reasons
        if each.contribution > 0
    ]


def _transcripts(case: CaseFile, _: ReportSettings, __: Details) -> Any:
    return [_transcript(each.number) for each in case.children if each.messages]


SECTIONS: Final[dict[str, Callable[[CaseFile, ReportSettings, Details], Any]]] = {
    "reporter": _reporter,
    "account": _account,
    "incident": _incident,
    "children": _children,
    "reasons": _reasons,
    "transcripts": _transcripts,
}
"""What a pack can hold."""
