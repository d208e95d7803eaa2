"""Text messages of an Android phone, by the app SMS Backup & Restore (XML)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from fieldfare.sources.clock import millis
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    NOT_SENT,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    note,
    phone_account,
)
from fieldfare.sources.json_stream import integer
from fieldfare.sources.media_kinds import of_mime
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.sources.xml_stream import Element, elements, first_pass, root
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record

_RECEIVED, _SENT = 1, 2
"""Of ``type`` of an SMS and ``msg_box`` of an MMS; 3 is a draft, 4 to 6 were not (yet) sent."""
_FROM, _RECIPIENTS = "137", ("151", "130", "129")
"""``type`` of an address of an MMS: the sender; and to, copy and blind copy."""
_MARKS = ("address", "date", "type", "msg_box", "body")
"""What tells one message from every other."""
_TOKEN = "insert-address-token"  # noqa: S105
"""What a phone writes in place of its own number."""
_SEPARATORS = re.compile(r"[\s().\-\u2010-\u2015]")


class SmsBackup(RecordReader):
    """The XML files of SMS Backup & Restore (SyncTech), with SMS and MMS.

    Written against the shape that versions 10.05 to 10.20 document: ``<smses>`` with ``<sms
    address date type body …/>`` and ``<mms date msg_box …>`` with ``<part/>`` and ``<addr/>``.
    Emoji written as two halves are joined.

    Completeness: everything that was on the phone when the copy was made; what had been deleted
    is not in it.

    Limits: an account is a number as it is written, without spaces and dashes, so the national
    and the international form of one number are two accounts. The phone's own number is known
    only where it stands in an MMS that was sent; otherwise the owner is
    ``sms:phone-`` and a part of the hash of the oldest message. Calls are in another
    file, which is not read.

    References: synctech.com.au/sms-backup-restore/fields-in-xml-backup-files.
    """

    name: ClassVar[str] = "sms-backup"
    title: ClassVar[str] = "SMS Backup & Restore (XML)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return place.single is not None and root(place, place.single) == "smses"

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = place.single
        if member is None or root(place, member) != "smses":
            raise InputError(f"{place}: no file of SMS Backup & Restore; name the sms-….xml itself")
        backup = _look_through(place, member)
        accounts, ordinals = Accounts(place), Ordinals()
        for number, element in elements(place, member, _is_message, options, problems):
            origin, time = _origin(place, member, f"{element.name} {number}", element)
            letter = (_sms if element.name == "sms" else _mms)(element, backup)
            if letter is None:
                note(problems, origin, NOT_SENT)
            elif time is None:
                note(problems, origin, NO_TIME)
            elif not letter.sender:
                note(problems, origin, NO_SENDER)
            else:
                yield from accounts.new(letter.people(backup), member, origin.locator)
                yield letter.message(origin, time, ordinals)


@dataclass
class _Backup:
    """What holds of the whole file."""

    owner: str
    names: dict[str, str] = field(default_factory=dict)
    """Name in the phone's contacts by number."""


@dataclass
class _Letter:
    """One SMS or MMS."""

    sender: str
    recipients: tuple[str, ...]
    text: str | None
    media: tuple[Media, ...]

    def people(self, backup: _Backup) -> list[tuple[str, str | None]]:
        everyone = (self.sender, *self.recipients)
        return [(_account(number), backup.names.get(number)) for number in everyone]

    def message(self, origin: Origin, time: int, ordinals: Ordinals) -> Message:
        everyone = sorted({self.sender, *self.recipients})
        conversation = Conversation(
            derived_id("sms", *everyone),
            "private" if len(everyone) <= 2 else "group",
            tuple(_account(number) for number in everyone),
        )
        key = (conversation.id, self.sender, str(time))
        return Message(
            id=derived_id("sms", *key, str(ordinals.next(*key))),
            conversation=conversation.id,
            kind=conversation.kind,
            sender=_account(self.sender),
            recipients=conversation.recipients(_account(self.sender)),
            sent_at=time,
            text=self.text,
            media=self.media,
            origin=origin,
        )


def _is_message(name: str, _attributes: dict[str, str]) -> bool:
    return name in ("sms", "mms")


def _look_through(place: Place, member: Member) -> _Backup:
    """The owner's number and the names of the contacts, in a pass of their own: a number may be
    named, and the owner found, only at the end."""
    backup = _Backup("")
    oldest = ""
    for _, element in first_pass(place, member, _is_message):
        _learn(backup, element)
        if not backup.owner and element.name == "mms" and _box(element) == _SENT:
            own = [n for kind, n in _addresses(element) if kind == _FROM and n != _TOKEN]
            backup.owner = own[0] if own else ""
        oldest = oldest or repr([element.attributes.get(name) for name in _MARKS])
    if not backup.owner:
        backup.owner = phone_account("sms", oldest).removeprefix("sms:")
    return backup


def _learn(backup: _Backup, element: Element) -> None:
    number, name = (
        _number(element.attributes.get("address")),
        element.attributes.get("contact_name"),
    )
    if number and name and name not in ("(Unknown)", "null"):
        backup.names.setdefault(number, name)


def _origin(
    place: Place, member: Member, locator: str, element: Element
) -> tuple[Origin, int | None]:
    """Where a message stood, and its time in microseconds UTC."""
    raw = element.attributes.get("date", "")
    return Origin(source=str(place), member=member.name, locator=locator, raw_time=raw), millis(raw)


def _box(element: Element) -> int | None:
    return integer(element.attributes.get("type" if element.name == "sms" else "msg_box"))


def _sms(element: Element, backup: _Backup) -> _Letter | None:
    peer, box = _number(element.attributes.get("address")), _box(element)
    body = _value(element.attributes.get("body"))
    if box == _RECEIVED:
        return _Letter(peer, (backup.owner,), body, ())
    if box == _SENT:
        return _Letter(backup.owner, (peer,) if peer else (), body, ())
    return None


def _mms(element: Element, backup: _Backup) -> _Letter | None:
    addresses = _addresses(element)
    to = [n for kind, n in addresses if kind in _RECIPIENTS]
    sender = next((n for kind, n in addresses if kind == _FROM), "")
    box = _box(element)
    if box == _SENT:
        sender = backup.owner
    elif box != _RECEIVED:
        return None
    else:
        sender = sender or _number(element.attributes.get("address"))
        to.append(backup.owner)
    known = dict.fromkeys(backup.owner if n == _TOKEN else n for n in to if n)
    known.pop(sender, None)
    text, media = _parts(element)
    return _Letter(sender, tuple(known), text, media)


def _addresses(element: Element) -> list[tuple[str, str]]:
    listed = element.first("addrs")
    return [
        (address.attributes.get("type", ""), _number(address.attributes.get("address")))
        for address in (listed.all("addr") if listed is not None else ())
    ]


def _parts(element: Element) -> tuple[str | None, tuple[Media, ...]]:
    """Text and media of an MMS, without the layout that stands between them."""
    listed = element.first("parts")
    texts: list[str] = []
    media: list[Media] = []
    for part in listed.all("part") if listed is not None else ():
        kind = part.attributes.get("ct", "").lower()
        if kind == "text/plain":
            texts.append(_value(part.attributes.get("text")) or "")
        elif kind != "application/smil":
            media.append(Media(kind=of_mime(kind), hash=_hash(part.attributes.get("data"))))
    return "\n".join(filter(None, texts)) or None, tuple(media)


def _hash(data: str | None) -> str | None:
    if not data or data == "null":
        return None
    try:
        return f"sha256:{hashlib.sha256(base64.b64decode(data, validate=False)).hexdigest()}"
    except (binascii.Error, ValueError):
        return None


def _value(text: str | None) -> str | None:
    # The app writes the word for what is not there.
    return None if text in (None, "", "null") else text


def _number(written: str | None) -> str:
    """A number without what people put between its digits; names of senders as they are."""
    value = _value(written) or ""
    bare = _SEPARATORS.sub("", value)
    return bare if bare.removeprefix("+").isdigit() else value.strip()


def _account(number: str) -> str:
    return f"sms:{number}"
