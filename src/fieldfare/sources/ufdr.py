"""Phones as Cellebrite reports them: UFDR, a ZIP with ``report.xml``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from fieldfare.sources.clock import LocalClock
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    NOT_SENT,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    note,
)
from fieldfare.sources.media_kinds import kind_of, of_mime
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.sources.xml_stream import Element, elements, root
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record

_ROOT = "http://pa.cellebrite.com/report/2.0|project"
_REPORT = "report.xml"

NO_CHAT = "a message outside of any chat; it was left out"


class Ufdr(RecordReader):
    """Chats of a Cellebrite report: a ``.ufdr``, its folder, or its ``report.xml``.

    Written against the shape of report version 5 (namespace ``report/2.0``):
    ``decodedData/modelType[@type=Chat]/model`` with Participants and Messages. It is streamed:
    memory does not grow with the report.

    Completeness: everything the tool decoded of the phone, with what it recovered of deleted
    records: a message that is not marked ``Intact`` carries its state as a warning, and so does
    one that was not decoded with high confidence. Missing dates are never invented.

    Limits: participants are taken from what stands before a chat's messages, as the tool writes
    them, and from the messages' own recipients. An account is the identifier the application
    uses, after its name (``whatsapp:447700900123@s.whatsapp.net``). Calls, SMS records outside
    of chats, contacts and the phone's own databases in the ZIP are not read.

    References: notes of the tool's users; there is no public schema.
    """

    name: ClassVar[str] = "ufdr"
    title: ClassVar[str] = "Cellebrite report (UFDR)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        member = _report(place)
        return member is not None and root(place, member) == _ROOT

    def others(self, place: Place) -> list[Member]:  # noqa: ARG002
        """Nothing: what else lies there are the phone's own files."""
        return []

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = _report(place)
        if member is None or root(place, member) != _ROOT:
            raise InputError(f"{place}: no report.xml of Cellebrite in it; name the .ufdr itself")
        clock, accounts, ordinals = LocalClock(options), Accounts(place), Ordinals()
        chats: dict[int, _Chat] = {}
        for number, element in elements(place, member, _wanted, options, problems):
            if element.attributes["type"] == "Chat":
                # Its messages came before it; nothing more will ask for it.
                chats.pop(id(element), None)
                continue
            outer = _enclosing(element)
            locator = f"model {number}"
            origin, time = _origin(place, member, locator, element, clock)
            if outer is None:
                note(problems, origin, NO_CHAT)
                continue
            chat = chats.setdefault(id(outer), _chat(outer))
            record = _message(element, chat, origin, time, ordinals)
            if isinstance(record, str):
                note(problems, origin, record)
            else:
                yield from accounts.new(chat.people.items(), member, locator)
                yield record


@dataclass
class _Chat:
    """A chat, as far as it stands before its messages."""

    service: str
    id: str
    private: bool
    people: dict[str, str | None]
    """Name by account id."""

    _now: Conversation | None = None

    def conversation(self) -> Conversation:
        """The chat with everyone known so far; its id stays that of its first message."""
        now = self._now
        if now is None or len(now.people) != len(self.people):
            people = tuple(self.people)
            kind: Literal["private", "group"] = "private" if self.private else "group"
            now = self._now = Conversation(now.id if now else self._key(), kind, people)
        return now

    def _key(self) -> str:
        # By its people, so that a chat found on both phones is one; a group by its id, since its
        # people change.
        key = (self.id,) if self.id and not self.private else tuple(sorted(self.people))
        return derived_id(self.service, *key)


def _report(place: Place) -> Member | None:
    """``report.xml`` at the top; or the one file."""
    if place.single is not None:
        return place.single
    return next((m for m in place.members if m.name.lower() == _REPORT), None)


def _wanted(name: str, attributes: dict[str, str]) -> bool:
    return name == "model" and attributes.get("type") in ("Chat", "InstantMessage")


def _enclosing(element: Element) -> Element | None:
    """The chat that a message stands in."""
    at = element.parent
    while at is not None and at.attributes.get("type") != "Chat":
        at = at.parent
    return at


def _chat(element: Element) -> _Chat:
    service = _service(_field(element, "Source"))
    people: dict[str, str | None] = {}
    for party in _models(element, "Participants"):
        account = _account(service, party)
        if account:
            people[account] = _field(party, "Name") or None
    kind = _field(element, "ChatType")
    private = len(people) <= 2 if not kind else kind == "OneOnOne"
    return _Chat(service, _field(element, "Id"), private, people)


def _origin(
    place: Place, member: Member, locator: str, element: Element, clock: LocalClock
) -> tuple[Origin, int | None]:
    """Where a message stood and in what state, and its time in microseconds UTC."""
    raw = _field(element, "TimeStamp")
    micros, basis, doubts = clock.iso(raw)
    state = element.attributes.get("deleted_state", "").lower()
    confidence = element.attributes.get("decoding_confidence", "").lower()
    warnings = [
        *([state] if state not in ("", "intact") else []),
        *([f"decoding confidence {confidence}"] if confidence not in ("", "high") else []),
    ]
    return Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=raw,
        tz_basis=basis,
        warnings=(*warnings, *doubts),
    ), micros


def _message(
    element: Element, chat: _Chat, origin: Origin, time: int | None, ordinals: Ordinals
) -> Message | str:
    """The message; or what is wrong with it."""
    if _field(element, "Status") == "Unsent":
        return NOT_SENT
    if time is None:
        return NO_TIME
    sender = next((_account(chat.service, party) for party in _models(element, "From")), "")
    if not sender:
        return NO_SENDER
    chat.people.setdefault(sender, None)
    for party in _models(element, "To"):
        account = _account(chat.service, party)
        if account:
            chat.people.setdefault(account, _field(party, "Name") or None)
    conversation = chat.conversation()
    key = (conversation.id, sender, str(time))
    return Message(
        id=derived_id(chat.service, *key, str(ordinals.next(*key))),
        conversation=conversation.id,
        kind=conversation.kind,
        sender=sender,
        recipients=conversation.recipients(sender),
        sent_at=time,
        text=_field(element, "Body") or None,
        media=tuple(_media(attached) for attached in _models(element, "Attachments")),
        origin=origin,
    )


def _media(attachment: Element) -> Media:
    mime = _field(attachment, "ContentType").lower()
    return Media(kind=of_mime(mime) if "/" in mime else kind_of(_field(attachment, "Filename")))


def _service(source: str) -> str:
    """What accounts are named after: the application, in lower case."""
    return "".join(source.lower().split()) or "phone"


def _account(service: str, party: Element) -> str:
    name = _field(party, "Identifier") or _field(party, "Name")
    return f"{service}:{name}" if name else ""


def _field(element: Element, name: str) -> str:
    """The value of a field; empty where there is none."""
    for field in element.all("field"):
        if field.attributes.get("name") == name:
            value = field.first("value")
            return value.text.strip() if value is not None else ""
    return ""


def _models(element: Element, name: str) -> Iterator[Element]:
    """The models in a field of one or of many."""
    for field in element.children:
        if field.name in ("modelField", "multiModelField") and field.attributes.get("name") == name:
            yield from field.all("model")
