"""Facebook Messenger: the export of end-to-end encrypted conversations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, ClassVar

from fieldfare.sources.clock import millis
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    in_order,
    note,
)
from fieldfare.sources.json_stream import dicts, first_pass, objects, outline, text
from fieldfare.sources.media_kinds import kind_of
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import (
    Completeness,
    Problems,
    ReadOptions,
    RecordReader,
    data_files,
)
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record
from fieldfare.vocabulary.records import MediaKind

PROBED = 8
"""JSON files looked into before a place is held to be something else."""

NOT_A_CONVERSATION = "a file beside the conversations that is none; it was not read"

_NUMBER = re.compile(r"_\d+$")

_TYPES: dict[str, MediaKind] = {
    "call": "call",
    "link": "link",
    "share": "link",
    "sticker": "sticker",
    "gif": "gif",
    "location": "location",
}
"""Types of messages that say what was sent, apart from files."""


class MessengerEncrypted(RecordReader):
    """Encrypted Messenger conversations, as the app or messenger.com saves them.

    Written against the shape of 2024–2025: ``<Name>_N.json`` side by side, with ``media/``; each
    holds ``participants`` (names), ``threadName`` and ``messages``. As a ZIP, a folder or one
    file. Other files beside them are counted.

    Completeness: everything that the device's secure storage held.

    Limits: names and no ids, as in `messenger`, whose account ids these share. The text is
    stored correctly, so nothing is done about mojibake. Conversations of the same people with
    the same name are one conversation. Reactions are not read. Every message is marked
    ``encrypted``: the service could not read it.

    References: Facebook help, "Download your end-to-end encrypted chats".
    """

    name: ClassVar[str] = "messenger-encrypted"
    title: ClassVar[str] = "Messenger, end-to-end encrypted export (JSON)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return any(_is_conversation(place, member) for member in _candidates(place)[:PROBED])

    def others(self, place: Place) -> list[Member]:
        """Data beside the conversations that is not JSON."""
        return [m for m in data_files(_beside(place)) if not m.name.lower().endswith(".json")]

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        accounts, read = Accounts(place), False
        tried = self.others(place) if place.single is None else []
        for member in _beside(place):
            if member in tried:
                continue
            if not _is_conversation(place, member):
                problems.add(place, NOT_A_CONVERSATION, member=member.name)
                continue
            read = True
            people, name = _look_through(place, member)
            ids = {person: f"messenger:{person}" for person in people if person}
            conversation = Conversation(
                # The number at the end counts the files of one export.
                derived_id("messenger", _NUMBER.sub("", name), *sorted(ids)),
                "private" if len(ids) <= 2 else "group",
                tuple(ids.values()),
            )
            named = ((account, person) for person, account in ids.items())
            yield from accounts.new(named, member, "participants")
            found = objects(place, member, "messages.item", options, problems)
            yield from in_order(_messages(found, place, member, conversation, problems))
        if not read:
            raise InputError(f"{place}: no conversation of the encrypted Messenger export in it")


def _candidates(place: Place) -> list[Member]:
    """The JSON files of `_beside`, or the one file."""
    if place.single is not None:
        return [place.single]
    return [member for member in _beside(place) if member.name.lower().endswith(".json")]


def _beside(place: Place) -> list[Member]:
    """The files side by side at the top, or in the one folder that holds all."""
    if place.single is not None:
        return [place.single]
    tops = {member.name.partition("/")[0] for member in place.members if "/" in member.name}
    flat = [member for member in place.members if "/" not in member.name]
    if not flat and len(tops) == 1:
        flat = [member for member in place.members if member.name.count("/") == 1]
    return flat


def _is_conversation(place: Place, member: Member) -> bool:
    shape = outline(place, member)
    return "messages" in shape and (
        "messages.item.senderName" in shape
        or (shape.get("participants.item") == "string" and "threadName" in shape)
    )


def _look_through(place: Place, member: Member) -> tuple[list[str], str]:
    """The names of all in a conversation, and its own."""
    people: dict[str, None] = {}
    name = ""
    for prefix, event, value in first_pass(place, member):
        if event == "string" and prefix in ("participants.item", "messages.item.senderName"):
            people.setdefault(value)
        elif event == "string" and prefix == "threadName":
            name = value
    if len(people) == 1 and (peer := _NUMBER.sub("", name)):
        people.setdefault(peer)
    return list(people), name


def _messages(
    found: Iterator[tuple[int, dict[str, Any]]],
    place: Place,
    member: Member,
    conversation: Conversation,
    problems: Problems,
) -> Iterator[Message]:
    ordinals = Ordinals()
    for index, item in found:
        raw, unsent = item.get("timestamp"), item.get("isUnsent") is True
        origin = Origin(
            source=str(place),
            member=member.name,
            locator=f"messages[{index}]",
            raw_time="" if raw is None else str(raw),
            warnings=("unsent",) if unsent else (),
        )
        name, time = text(item.get("senderName")), millis(raw)
        if time is None:
            note(problems, origin, NO_TIME)
        elif name is None:
            note(problems, origin, NO_SENDER)
        else:
            sender = f"messenger:{name}"
            recipients = conversation.recipients(sender)
            note(problems, origin, conversation.doubt(recipients))
            ordinal = ordinals.next(sender, str(time))
            yield Message(
                id=derived_id("messenger", conversation.id, sender, str(time), str(ordinal)),
                conversation=conversation.id,
                kind=conversation.kind,
                sender=sender,
                recipients=recipients,
                sent_at=time,
                text=None if unsent or _kind(item) == "call" else text(item.get("text")),
                media=_media(item),
                encrypted=True,
                origin=origin,
            )


def _kind(item: dict[str, Any]) -> MediaKind | None:
    return _TYPES.get(str(item.get("type", "")).lower())


def _media(item: dict[str, Any]) -> tuple[Media, ...]:
    files = tuple(Media(kind=kind_of(str(f.get("uri", "")))) for f in dicts(item.get("media")))
    kind = _kind(item)
    if kind is None or (files and kind in ("sticker", "gif")):
        return tuple(Media(kind=kind) for _ in files) if kind else files
    return (*files, Media(kind=kind))
