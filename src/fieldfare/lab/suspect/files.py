"""The archives as files: Messenger's download, one phone's WhatsApp chats, the UFDR of another.

Each writer yields where every message came to stand, so that the truth can say it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape, quoteattr
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

from fieldfare.lab.suspect.conversation import Group, Line
from fieldfare.lab.suspect.people import (
    SUSPECT,
    SUSPECT_CONTACT,
    SUSPECT_ID,
    SUSPECT_PHONE,
    SUSPECT_USERNAME,
    Peer,
)
from fieldfare.vocabulary.times import from_micros

MESSENGER = "facebook-martinhale.zip"
PHONE_A = "phone-a.ufdr"
PHONE_B = "phone-b"
_INBOX = "your_activity_across_facebook/messages/inbox"
_PART = 10_000
"""Messages a file of Messenger's."""
_LONDON = ZoneInfo("Europe/London")

Chat = tuple[list[Line], Peer]
Thread = Chat | tuple[list[Line], Group]


@dataclass(frozen=True)
class Stands:
    """Where a message stands: the member with the archive's own name before it, and the locator
    a reader must give."""

    line: Line
    member: str
    locator: str


def write_messenger(path: Path, threads: Iterable[Thread], peers: list[Peer]) -> Iterator[Stands]:
    """The download as a ZIP: a folder a conversation, the newest messages first."""
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for number, (lines, other) in enumerate(threads):
            people = other.members if isinstance(other, Group) else [other]
            title = other.title if isinstance(other, Group) else other.person.name
            slug = f"{''.join(c for c in title.lower() if c.isascii() and c.isalnum())}_{number}"
            newest = lines[::-1]
            for part, start in enumerate(range(0, len(newest), _PART), start=1):
                some = newest[start : start + _PART]
                name = f"{_INBOX}/{slug}/message_{part}.json"
                stored = {
                    "participants": [
                        {"name": _mojibake(p.name)} for p in (*(q.person for q in people), SUSPECT)
                    ],
                    "messages": [_messenger(line, peers) for line in some],
                    "title": _mojibake(title),
                    "is_still_participant": True,
                    "thread_path": f"inbox/{slug}",
                    "magic_words": [],
                }
                archive.writestr(name, json.dumps(stored))
                for at, line in enumerate(some):
                    yield Stands(line, f"{path.name}/{name}", f"messages[{at}]")


def _messenger(line: Line, peers: list[Peer]) -> dict[str, Any]:
    sender = SUSPECT if line.by < 0 else peers[line.by].person
    stored: dict[str, Any] = {
        "sender_name": _mojibake(sender.name),
        "timestamp_ms": line.at // 1000,
        "is_geoblocked_for_viewer": False,
    }
    if line.text:
        stored["content"] = _mojibake(line.text)
    if line.media:
        stored["photos"] = [{"uri": f"photos/{line.number}.jpg", "creation_timestamp": 1}]
    return stored


def _mojibake(text: str) -> str:
    return text.encode().decode("latin-1")


def write_whatsapp(folder: Path, chats: Iterable[Chat]) -> Iterator[Stands]:
    """The second phone's chats, as Android writes them in Britain: local time to the minute."""
    folder.mkdir(parents=True, exist_ok=True)
    for lines, peer in chats:
        shown = peer.contact or spaced(peer.phone)
        name = f"WhatsApp Chat with {shown}.txt"
        with (folder / name).open("w", encoding="utf-8", newline="\n") as out:
            out.write(
                f"{_local(lines[0].at)} - Messages and calls are end-to-end encrypted. "
                "Only people in this chat can read, listen to, or share them. Learn more.\n"
            )
            for number, line in enumerate(lines, start=2):
                author = SUSPECT_CONTACT if line.by < 0 else shown
                text = "<Media omitted>" if line.media else line.text
                out.write(f"{_local(line.at)} - {author}: {text}\n")
                yield Stands(line, f"{folder.name}/{name}", f"line {number}")


def spaced(phone: str) -> str:
    """A number as WhatsApp shows it where it is not in the contacts."""
    return f"+{phone[:2]} {phone[2:5]} {phone[5:8]} {phone[8:]}"


def _local(micros: int) -> str:
    return f"{from_micros(micros).astimezone(_LONDON):%d/%m/%Y, %H:%M}"


def write_ufdr(path: Path, chats: Iterable[Chat], packing: int = ZIP_DEFLATED) -> Iterator[Stands]:
    """The first phone's report, streamed: chats of several applications."""
    number = 0
    with (
        ZipFile(path, "w", packing, compresslevel=1) as archive,
        archive.open("report.xml", "w", force_zip64=True) as out,
    ):
        _put(out, _HEAD)
        for at, (lines, peer) in enumerate(chats):
            service = lines[0].service
            number += 1
            _put(out, _chat_head(f"c{at}", service, peer))
            for line in lines:
                number += 1
                _put(out, _instant(line, peer, number))
                yield Stands(line, f"{path.name}/report.xml", f"model {number}")
            _put(out, "</multiModelField></model>\n")
        _put(out, "</modelType></decodedData></project>\n")


_HEAD = """<?xml version="1.0" encoding="utf-8"?>
<project id="r" name="Phone A" reportVersion="5.2.0.0" \
xmlns="http://pa.cellebrite.com/report/2.0">
<metadata section="Device Info"><item name="DeviceInfoModel">Phone</item></metadata>
<decodedData><modelType type="Chat">
"""
_SOURCES = {"messenger": "Facebook Messenger", "whatsapp": "WhatsApp", "instagram": "Instagram"}


def identifier(service: str, peer: Peer | None) -> str:
    """What the first phone's application knows somebody by; None: the suspect."""
    if service == "whatsapp":
        return f"{peer.phone if peer else SUSPECT_PHONE}@s.whatsapp.net"
    if service == "messenger":
        return peer.user_id if peer else SUSPECT_ID
    return peer.username if peer else SUSPECT_USERNAME


def ufdr_account(service: str, peer: Peer | None) -> str:
    """The account a reader makes of it."""
    return f"{_SOURCES[service].lower().replace(' ', '')}:{identifier(service, peer)}"


def _party(service: str, peer: Peer | None, owner: bool = False) -> str:
    if service == "whatsapp":
        name = peer.contact if peer else SUSPECT_CONTACT
    else:
        name = peer.person.name if peer else SUSPECT.name
    return (
        f'<model type="Party" id="p">{_field("Identifier", identifier(service, peer))}'
        f"{_field('Name', name)}{_field('IsPhoneOwner', str(owner))}</model>"
    )


def _chat_head(key: str, service: str, peer: Peer) -> str:
    return (
        f'<model type="Chat" id={quoteattr(key)} deleted_state="Intact" '
        f'decoding_confidence="High">{_field("Source", _SOURCES[service])}{_field("Id", key)}'
        f"{_field('ChatType', 'OneOnOne')}"
        f'<multiModelField name="Participants" type="Party">{_party(service, None, True)}'
        f'{_party(service, peer)}</multiModelField><multiModelField name="Messages" '
        'type="InstantMessage">\n'
    )


def _instant(line: Line, peer: Peer, number: int) -> str:
    sender = None if line.by < 0 else peer
    state = "Deleted" if number % 31 == 0 else "Intact"
    time = from_micros(line.at).astimezone(UTC) if number % 2 else _shifted(line.at)
    attachment = (
        f'<model type="Attachment" id="a">{_field("Filename", f"IMG-{line.number}.jpg")}'
        f"{_field('ContentType', 'image/jpeg')}</model>"
        if line.media
        else ""
    )
    return (
        f'<model type="InstantMessage" id="m{number}" deleted_state="{state}" '
        'decoding_confidence="High"><modelField name="From" type="Party">'
        f"{_party(line.service, sender, line.by < 0)}</modelField>"
        f"{_field('Body', line.text)}{_field('SourceApplication', _SOURCES[line.service])}"
        '<field name="TimeStamp" type="TimeStamp"><value type="TimeStamp" '
        f'format="TimeStampKnown">{time.isoformat(timespec="milliseconds")}</value></field>'
        f'<multiModelField name="Attachments" type="Attachment">{attachment}</multiModelField>'
        "</model>\n"
    )


def _shifted(micros: int) -> datetime:
    """The same moment with another offset, as reports mix them."""
    return from_micros(micros).astimezone(timezone(timedelta(hours=1)))


def _field(name: str, value: str) -> str:
    inner = f'<value type="String">{escape(value)}</value>' if value else "<empty />"
    return f'<field name="{name}" type="String">{inner}</field>'


def _put(out: IO[bytes], text: str) -> None:
    out.write(text.encode("utf-8"))
