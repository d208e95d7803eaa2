"""A conversation as plain text: who wrote what, when, in which zone. One line a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from fieldfare.reports.case_file import CaseFile, FiledChild, FiledMessage
from fieldfare.reports.details import Details
from fieldfare.vocabulary.times import from_micros, isoformat

NO_TEXT: Final = "[no text is held]"
REDACTED: Final = "[blacked out by a reviewer]"

ZONES: Final = {
    "utc": "the source gave UTC",
    "offset": "the source gave an offset from UTC",
    "assumed": "the source gave local time; the operator named its zone",
    "unknown": "the source does not say; read as UTC",
}
"""What the mark of a time means (`FiledMessage.zone`)."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The messages of one conversation, in order of time."""

    child: FiledChild
    messages: tuple[FiledMessage, ...]


def talks(case: CaseFile) -> tuple[Talk, ...]:
    """Every conversation of a case with its messages, in memory."""
    return tuple(Talk(each.child, tuple(each.messages)) for each in case.conversations())


def line(message: FiledMessage, zones: Sequence[ZoneInfo] = ()) -> str:
    """One message on one line, and further lines of it indented."""
    moment = from_micros(message.sent_at)
    local = "".join(
        f" [{moment.astimezone(zone):%Y-%m-%d %H:%M:%S %z} {zone.key}]" for zone in zones
    )
    number = f" ({message.id})" if message.id is not None else ""
    who = f"{message.sender} -> {', '.join(message.recipients)}"
    return f"{isoformat(message.sent_at)}{local} {who}{number}: {said(message)}"


def said(message: FiledMessage) -> str:
    """The text of a message, or why there is none; a line break cannot pass for another message."""
    if message.redacted:
        return REDACTED
    if message.text is None:
        kinds = ", ".join(each.kind for each in message.media)
        return f"[sent: {kinds}; not held here]" if kinds else NO_TEXT
    return "\n    ".join(message.text.splitlines()) or message.text


def transcript(case: CaseFile, talk: Talk, details: Details) -> str:
    """A whole conversation, with what one must know to read it."""
    parties = (case.suspect.account, talk.child.account)
    named = [details.of(account).time_zone for account in parties]
    zones = [ZoneInfo(name) for name in dict.fromkeys(named) if name is not None]
    bases = sorted({each.zone for each in talk.messages})
    head = [
        f"Private conversation between {parties[0]} (reported) and {parties[1]} (probable child)",
        f"Case {case.reference}; {len(talk.messages)} messages; taken {isoformat(case.taken_at)}",
        "Times are UTC (Z)." + (" Local times in brackets." if zones else ""),
        *(f"Time basis '{basis}': {ZONES.get(basis, basis)}." for basis in bases),
    ]
    if case.messages_left_out:
        head.append(f"{case.messages_left_out} further messages of this case are not held here.")
    body = [_marked(message, zones, one=len(bases) <= 1) for message in talk.messages]
    return "\n".join([*head, "", *body, ""])


def _marked(message: FiledMessage, zones: Sequence[ZoneInfo], *, one: bool) -> str:
    return line(message, zones) if one else f"<{message.zone}> {line(message, zones)}"
