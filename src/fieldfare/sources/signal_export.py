"""Signal: the plaintext export, ``main.jsonl``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldfare.sources.clock import millis
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    derived_id,
    note,
    phone_account,
)
from fieldfare.sources.json_stream import NOT_AN_OBJECT, dicts, integer, text
from fieldfare.sources.lines import blocks
from fieldfare.sources.media_kinds import of_mime
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import (
    Completeness,
    Problems,
    ReadOptions,
    RecordReader,
    data_files,
)
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record

_MAIN = "main.jsonl"
_FRAMES = ("account", "recipient", "chat", "chatItem", "version", "backupTimeMs", "stickerPack")
_BODIES = ("standardMessage", "stickerMessage", "contactMessage", "viewOnceMessage", "poll")
"""What a person sent; every other kind is a notice of the app (or says what was deleted)."""

NO_CHAT = "a message of a chat the export does not name; it was left out"


class SignalExport(RecordReader):
    """The plaintext export of Signal: ``main.jsonl`` beside ``metadata.json`` and ``files/``.

    Written against the frames ``account``, ``recipient``, ``chat`` and ``chatItem`` of 2025, in
    which 64-bit numbers are text.

    Completeness: everything that had not disappeared or been deleted.

    Limits: the export does not name its owner, who is ``signal:phone-`` and a part of the hash of
    the first message. In a group, only those its snapshot names and those who wrote
    are known. Reactions, earlier versions of an edited message and notices of the app are not
    read; a message deleted for all is kept without text and marked.

    References: Signal's ``Backup.proto``.
    """

    name: ClassVar[str] = "signal"
    title: ClassVar[str] = "Signal plaintext export (main.jsonl)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        member = _main(place)
        return member is not None and _is_export(place, member)

    def others(self, place: Place) -> list[Member]:
        """Data beside the export's own files."""
        own = _main(place)
        return data_files(
            m
            for m in place.members
            if m != own and "files/" not in m.name and m.base != "metadata.json"
        )

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = _main(place)
        if member is None or not _is_export(place, member):
            raise InputError(f"{place}: no {_MAIN} of Signal in it")
        book = _look_through(place, member)
        accounts = Accounts(place)
        for number, frame in _frames(place, member, options, problems):
            item = frame.get("chatItem")
            if not isinstance(item, dict):
                if "chatItem" in frame:
                    problems.add(place, NOT_AN_OBJECT, member=member.name, locator=f"line {number}")
                continue
            origin = _origin(place, member, number, item)
            record = _message(book, item, origin, problems)
            if isinstance(record, str):
                note(problems, origin, record)
            else:
                people = ((who, book.shown.get(who)) for who in (record.sender, *record.recipients))
                yield from accounts.new(people, member, origin.locator)
                yield record


@dataclass
class _Book:
    """The people and chats of an export."""

    owner: str = ""
    own: list[str] = field(default_factory=list)
    """Recipient numbers of the owner."""
    accounts: dict[str, str] = field(default_factory=dict)
    """Account by recipient number."""
    shown: dict[str, str] = field(default_factory=dict)
    """Name by account."""
    groups: dict[str, list[str]] = field(default_factory=dict)
    """Service ids of the members by recipient number."""
    by_service: dict[str, str] = field(default_factory=dict)
    """Account by service id (ACI)."""
    chats: dict[str, str] = field(default_factory=dict)
    """Recipient number by chat."""
    writers: dict[str, dict[str, None]] = field(default_factory=dict)
    """Accounts that wrote, by chat."""
    conversations: dict[str, Conversation] = field(default_factory=dict)

    def conversation(self, chat: str) -> Conversation | None:
        if chat not in self.conversations:
            made = self._make(chat)
            if made is None:
                return None
            self.conversations[chat] = made
        return self.conversations[chat]

    def _make(self, chat: str) -> Conversation | None:
        recipient = self.chats.get(chat)
        if recipient is None:
            return None
        people = dict.fromkeys((self.owner, *self.writers.get(chat, ())))
        if recipient in self.groups:
            for service in self.groups[recipient]:
                people[self.by_service.get(service, f"signal:{service}")] = None
            return Conversation(derived_id("signal", "group", recipient), "group", tuple(people))
        peer = self.accounts.get(recipient)
        if peer is not None:
            people[peer] = None
        return Conversation(derived_id("signal", *sorted(people)), "private", tuple(people))


def _main(place: Place) -> Member | None:
    """``main.jsonl`` at the top or in the one folder that holds all; or the one file."""
    if place.single is not None:
        return place.single
    tops = {member.name.partition("/")[0] for member in place.members}
    wanted = {_MAIN, *(f"{top}/{_MAIN}" for top in tops if len(tops) == 1)}
    return next((member for member in place.members if member.name in wanted), None)


def _is_export(place: Place, member: Member) -> bool:
    for line in place.head(member).split(b"\n")[:40]:
        value = _object(line)
        if value is None:
            continue
        if "type" in value:
            return False
        if any(isinstance(value.get(name), dict) for name in ("account", "recipient", "chatItem")):
            return True
    return False


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _frames(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[tuple[int, dict[str, Any]]]:
    for first, block in blocks(place, member, options, problems):
        for number, line in enumerate(block.split(b"\n"), first):
            if not line.strip():
                continue
            frame = _object(line)
            if frame is None or not any(name in frame for name in _FRAMES):
                problems.add(place, NOT_A_FRAME, member=member.name, locator=f"line {number}")
            else:
                yield number, frame


NOT_A_FRAME = "a line that is no record of Signal's; it was left out"


def _look_through(place: Place, member: Member) -> _Book:
    book, oldest = _Book(), ""
    for _, frame in _frames(place, member, ReadOptions(), Problems()):
        recipient, chat, item = frame.get("recipient"), frame.get("chat"), frame.get("chatItem")
        if isinstance(item, dict) and not oldest:
            oldest = repr([item.get(key) for key in ("dateSent", "chatId", "outgoing")])
        if isinstance(recipient, dict):
            _learn(book, recipient)
        elif isinstance(chat, dict):
            book.chats[str(chat.get("id"))] = str(chat.get("recipientId"))
        elif isinstance(item, dict):
            writer = book.accounts.get(str(item.get("authorId")))
            if writer is not None:
                book.writers.setdefault(str(item.get("chatId")), {})[writer] = None
    book.owner = phone_account("signal", oldest)
    book.accounts.update(dict.fromkeys(book.own, book.owner))
    return book


def _learn(book: _Book, recipient: dict[str, Any]) -> None:
    number = str(recipient.get("id"))
    contact, group = recipient.get("contact"), recipient.get("group")
    if "self" in recipient:
        book.own.append(number)
    elif isinstance(contact, dict):
        phone, service = integer(contact.get("e164")), text(contact.get("aci"))
        account = f"signal:+{phone}" if phone else f"signal:{service or number}"
        book.accounts[number] = account
        if service:
            book.by_service[service] = account
        parts = (text(contact.get(kind)) for kind in ("profileGivenName", "profileFamilyName"))
        name = " ".join(filter(None, parts))
        if name:
            book.shown[account] = name
    elif isinstance(group, dict):
        snapshot = group.get("snapshot")
        members = dicts(snapshot.get("members")) if isinstance(snapshot, dict) else []
        book.groups[number] = [who for m in members if (who := text(m.get("userId")))]


def _origin(place: Place, member: Member, number: int, item: dict[str, Any]) -> Origin:
    raw = item.get("dateSent")
    warnings = [
        word
        for word, there in (
            ("edited", item.get("revisions")),
            ("deleted", "remoteDeletedMessage" in item),
            ("view once", "viewOnceMessage" in item),
            ("disappearing", item.get("expiresInMs")),
        )
        if there
    ]
    return Origin(
        source=str(place),
        member=member.name,
        locator=f"line {number}",
        raw_time="" if raw is None else str(raw),
        warnings=tuple(warnings),
    )


def _message(
    book: _Book, item: dict[str, Any], origin: Origin, problems: Problems
) -> Message | str:
    """The message; or what is wrong with it."""
    body = next((item[kind] for kind in _BODIES if isinstance(item.get(kind), dict)), None)
    if body is None and not isinstance(item.get("remoteDeletedMessage"), dict):
        return SERVICE_LINE
    time = millis(item.get("dateSent"))
    if time is None:
        return NO_TIME
    author = book.accounts.get(str(item.get("authorId")))
    sender = book.owner if "outgoing" in item else author
    if sender is None:
        return NO_SENDER
    conversation = book.conversation(str(item.get("chatId")))
    if conversation is None:
        return NO_CHAT
    recipients = conversation.recipients(sender)
    note(problems, origin, conversation.doubt(recipients))
    return Message(
        # Signal itself knows a message by who sent it and the millisecond.
        id=derived_id("signal", conversation.id, sender, str(time)),
        conversation=conversation.id,
        kind=conversation.kind,
        sender=sender,
        recipients=recipients,
        sent_at=time,
        text=_text(body or {}),
        media=_media(item, body or {}),
        encrypted=True,
        origin=origin,
    )


def _text(body: dict[str, Any]) -> str | None:
    words = body.get("text")
    return text(words.get("body")) if isinstance(words, dict) else text(body.get("question"))


def _media(item: dict[str, Any], body: dict[str, Any]) -> tuple[Media, ...]:
    if "stickerMessage" in item:
        return (Media(kind="sticker"),)
    if "contactMessage" in item:
        return (Media(kind="contact"),)
    if "viewOnceMessage" in item:
        return (Media(kind="photo"),)
    pointers = (attached.get("pointer") for attached in dicts(body.get("attachments")))
    return tuple(
        Media(kind=of_mime(str(pointer.get("contentType", ""))))
        for pointer in pointers
        if isinstance(pointer, dict)
    )
