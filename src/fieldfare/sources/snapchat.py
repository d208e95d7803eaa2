"""Snapchat: ``chat_history.json`` of "My Data" and of returns to the police."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldfare.sources.clock import LocalClock, millis
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    in_order,
    note,
    phone_account,
)
from fieldfare.sources.json_stream import (
    first_pass,
    locator_of,
    objects_by_key,
    outline,
    text,
)
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

_FILE = "chat_history.json"
_OWN = re.compile(r"(?:^|/)(?:json|html|chat_media|memories)/")
"""Folders that Snapchat makes."""
_OLDER = re.compile(r"^(?:Received|Sent)\b.*\bChat History$")
"""The keys of the older shape, which sorts by direction and not by conversation."""
_ZONE = re.compile(r"\s*UTC$")
_KINDS: dict[str, MediaKind] = {
    "MEDIA": "photo",
    "IMAGE": "photo",
    "VIDEO": "video",
    "NOTE": "audio",
    "STICKER": "sticker",
    "LOCATION": "location",
    "SHARE": "link",
    "SHARESAVEDSTORY": "link",
}
"""Kinds by ``Media Type``; a MEDIA may also be a video. Any other is a file, save TEXT."""
_STATUS = re.compile(r"^STATUS|CALL")


class Snapchat(RecordReader):
    """``json/chat_history.json``, alone, in its ZIP or in the folder of "My Data".

    Written against the shapes of 2019–2022 (by direction: ``Received …/Sent … Chat History``
    with ``Text``) and of 2023–2025 (by conversation: ``From, Media Type, Created, Content,
    IsSender``). "Created(microseconds)" holds milliseconds.

    Completeness: unknown: snaps and chats that were seen are deleted unless somebody saved them.

    Limits: only people who wrote are known to be in a group. In the older shape, and where the
    owner never wrote, nothing names the owner, who is ``snapchat:phone-`` and a part of the hash
    of the first record. Calls and other notices of state are kept as media, without words.

    References: Snapchat support, "How do I download my data".
    """

    name: ClassVar[str] = "snapchat"
    title: ClassVar[str] = "Snapchat My Data (chat_history.json)"
    completeness: ClassVar[Completeness] = "unknown"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        member = _history(place)
        return member is not None and _is_history(place, member)

    def others(self, place: Place) -> list[Member]:
        """Data that is not in one of Snapchat's own folders."""
        own = _history(place)
        return data_files(m for m in place.members if m != own and not _OWN.search(m.name))

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = _history(place)
        if member is None or not _is_history(place, member):
            raise InputError(f"{place}: no {_FILE} of Snapchat in it")
        owner, chats = _look_through(place, member)
        accounts, clock = Accounts(place), LocalClock(options)
        for key, chat in chats.items():
            people = ((person, None) for person in (owner, *chat.people))
            yield from accounts.new(people, member, locator_of(key, 0))
        found = objects_by_key(place, member, options, problems)
        yield from in_order(_messages(found, place, member, owner, chats, clock, problems))


@dataclass
class _Chat:
    """One list of the file: a conversation or, in the older shape, a direction."""

    people: dict[str, None] = field(default_factory=dict)
    group: bool = False

    def conversation(self, owner: str, key: str) -> Conversation:
        everyone = tuple(dict.fromkeys((owner, *self.people)))
        parts = (key,) if self.group else tuple(sorted(everyone))
        return Conversation(
            derived_id("snapchat", *parts), "group" if self.group else "private", everyone
        )


def _history(place: Place) -> Member | None:
    """``chat_history.json`` at the top, in ``json``, or both in the one folder that holds all."""
    if place.single is not None:
        return place.single
    tops = {member.name.partition("/")[0] for member in place.members}
    inner = [f"{top}/" for top in tops if len(tops) == 1]
    wanted = {f"{base}{folder}{_FILE}" for base in ("", *inner) for folder in ("", "json/")}
    return next((member for member in place.members if member.name in wanted), None)


def _is_history(place: Place, member: Member) -> bool:
    shape = outline(place, member)
    return any(prefix.endswith(".item.Media Type") for prefix in shape) and any(
        prefix.endswith(".item.Created") for prefix in shape
    )


def _look_through(place: Place, member: Member) -> tuple[str, dict[str, _Chat]]:
    """The owner, and everyone in each list."""
    owner, first, key = "", "", ""
    chats: dict[str, _Chat] = {}
    item: dict[str, Any] = {}
    for prefix, event, value in first_pass(place, member):
        if prefix == "" and event == "map_key":
            key = value
        elif prefix.startswith(f"{key}.item."):
            item[prefix[len(key) + 6 :]] = value
        elif prefix == f"{key}.item" and event == "end_map":
            first = first or repr(sorted(item.items(), key=lambda entry: entry[0]))
            who = _person(item.get("From")) or _person(item.get("To"))
            chat = chats.setdefault(key, _Chat())
            if item.get("IsSender") is True:
                owner = owner or who
            elif who:
                chat.people[who] = None
            chat.group = chat.group or bool(text(item.get("Conversation Title")))
            item = {}
    owner = owner or phone_account("snapchat", first)
    for key, chat in chats.items():
        chat.people.pop(owner, None)
        if not _OLDER.match(key):
            chat.group = chat.group or len(chat.people) > 1
            if not chat.group:
                chat.people.setdefault(_person(key))
    return owner, chats


def _messages(
    found: Iterator[tuple[str, int, dict[str, Any]]],
    place: Place,
    member: Member,
    owner: str,
    chats: dict[str, _Chat],
    clock: LocalClock,
    problems: Problems,
) -> Iterator[Message]:
    conversations: dict[str, Conversation] = {}
    ordinals = Ordinals()
    for key, index, item in found:
        origin, time = _origin(place, member, locator_of(key, index), item, clock)
        older = bool(_OLDER.match(key))
        peer = _person(item.get("From")) or _person(item.get("To"))
        sent = item.get("IsSender") is True or (older and key.startswith("Sent"))
        sender = owner if sent else peer
        if time is None:
            note(problems, origin, NO_TIME)
            continue
        if not sender:
            note(problems, origin, NO_SENDER)
            continue
        near = peer if older else key
        if near not in conversations:
            chat = _Chat({peer: None} if peer else {}) if older else chats.get(key, _Chat())
            conversations[near] = chat.conversation(owner, key)
        conversation = conversations[near]
        recipients = conversation.recipients(sender)
        note(problems, origin, conversation.doubt(recipients))
        parts = (conversation.id, sender, str(time))
        kind = str(item.get("Media Type") or "TEXT").upper()
        yield Message(
            id=derived_id("snapchat", *parts, str(ordinals.next(*parts))),
            conversation=conversation.id,
            kind=conversation.kind,
            sender=sender,
            recipients=recipients,
            sent_at=time,
            text=text(item.get("Content")) or text(item.get("Text")),
            media=() if kind == "TEXT" else (Media(kind=_kind(kind)),),
            origin=origin,
        )


def _kind(named: str) -> MediaKind:
    return "call" if _STATUS.search(named) else _KINDS.get(named, "file")


def _origin(
    place: Place, member: Member, locator: str, item: dict[str, Any], clock: LocalClock
) -> tuple[Origin, int | None]:
    """Where a message stood, and its time in microseconds UTC."""
    exact, raw = item.get("Created(microseconds)"), text(item.get("Created")) or ""
    time = millis(exact)
    origin = Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=raw if time is None else str(exact),
        warnings=("saved",) if item.get("IsSaved") is True else (),
    )
    if time is None:
        time = _written(raw, clock)
    return origin, time


def _written(raw: str, clock: LocalClock) -> int | None:
    """Microseconds of ``2025-04-01 16:00:00 UTC``."""
    if not _ZONE.search(raw):
        return None
    return clock.iso(f"{_ZONE.sub('', raw)}+00:00")[0]


def _person(name: object) -> str:
    written = text(name)
    return f"snapchat:{written}" if written else ""
