"""Telegram Desktop: ``result.json``, of an account or of one chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from ijson.common import ObjectBuilder

from fieldfare.sources.clock import LocalClock
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    note,
)
from fieldfare.sources.json_stream import (
    EMPTY,
    NOT_AN_OBJECT,
    events,
    integer,
    noting,
    outline,
    text,
)
from fieldfare.sources.media_kinds import of_mime
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import (
    Completeness,
    Problems,
    ReadOptions,
    RecordReader,
    data_files,
)
from fieldfare.sources.telegram_chats import LISTS, Chat, account_id, look_through
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record
from fieldfare.vocabulary.records import MediaKind, TimeZoneBasis
from fieldfare.vocabulary.times import EARLIEST, LATEST, SECOND

_MEDIA_TYPES: dict[str, MediaKind] = {
    "sticker": "sticker",
    "video_message": "video",
    "video_file": "video",
    "voice_message": "audio",
    "audio_file": "audio",
    "animation": "gif",
}
_MEDIA_FIELDS: tuple[tuple[str, MediaKind], ...] = (
    ("photo", "photo"),
    ("contact_information", "contact"),
    ("location_information", "location"),
)
_WARNINGS = (
    ("forwarded_from", "forwarded"),
    ("self_destruct_period_seconds", "self-destructing"),
    ("via_bot", "via bot"),
)
"""Fields whose presence says something about the message."""


_OWN = re.compile(
    r"(?:^|/)(?:chats|photos|files|video_files|voice_messages|round_video_messages|stickers|"
    r"contacts|profile_pictures|stories|css|js|images|lists)/"
)
"""Folders that Telegram makes beside ``result.json``."""

NO_LIST = "a list that this export does not hold; what was in it is not here"


class Telegram(RecordReader):
    """Chats as Telegram Desktop exports them in "machine-readable JSON".

    Written against exports of 2019–2025: a whole account (``chats.list[]`` and
    ``left_chats.list[]``) and a single chat (``name, type, id, messages``); as a ZIP, as the
    export's folder, or as the file. In 2020 and before, ``from_id`` is a number and times are
    local to the exporting computer without a zone: they are read in the zone given, or as UTC
    and marked ``unknown``.

    Completeness: everything, of the chats chosen for the export; in some groups the export may
    be limited to one's own messages.

    Limits: only people who wrote in a group are known to be in it. In a single chat whose owner
    never wrote, nothing names the owner, and the peer's messages have no recipients. Service
    messages are counted and left out, save calls. Secret chats are never in an export.

    References: core.telegram.org/import-export.
    """

    name: ClassVar[str] = "telegram"
    title: ClassVar[str] = "Telegram Desktop (result.json)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        member = _result(place)
        return member is not None and _is_export(place, member)

    def others(self, place: Place) -> list[Member]:
        """Data that is not in one of the export's own folders."""
        own = _result(place)
        return data_files(m for m in place.members if m != own and not _OWN.search(m.name))

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = _result(place)
        if member is None or not _is_export(place, member):
            raise InputError(
                f"{place}: no result.json of Telegram Desktop in it; "
                "export again and choose machine-readable JSON"
            )
        clock = LocalClock(options)
        chats, accounts = look_through(place, member), Accounts(place)
        at: str | None = None
        for where, number, item in _items(place, member, options, problems):
            chat = chats[where]
            if where != at:
                at = where
                conversation = chat.conversation()
                yield from accounts.new(chat.people.items(), member, chat.locator)
            origin, time = _origin(place, member, f"{where}messages[{number}]", item, clock)
            yield from _message(chat, conversation, item, origin, time, problems)


def _result(place: Place) -> Member | None:
    """``result.json`` at the top or in the one folder that holds all; or the one file."""
    if place.single is not None:
        return place.single
    tops = {member.name.partition("/")[0] for member in place.members}
    wanted = ["result.json", *(f"{top}/result.json" for top in tops if len(tops) == 1)]
    return next((member for member in place.members if member.name in wanted), None)


def _is_export(place: Place, member: Member) -> bool:
    shape = outline(place, member)
    account = "chats.list" in shape or "left_chats.list" in shape
    owner = "about" in shape and "personal_information.user_id" in shape
    chat = {"name", "type", "id", "messages"} <= shape.keys() and shape["id"] == "number"
    return account or owner or chat


def _items(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Yield (locator of the chat, index, message), in one pass over any number of chats."""
    walk = _Walk()
    with noting(place, member, problems, lambda: walk.locator):
        for prefix, event, value in events(place, member, options, problems):
            what = walk.follow(prefix, event, value)
            if what:
                problems.add(place, what, member=member.name, locator=walk.locator)
            elif walk.message is not None:
                yield walk.chat, walk.index, walk.message
        for name in walk.missing():
            problems.add(place, NO_LIST, member=member.name, locator=name)


class _Walk:
    """Builds messages from the events of the parser, one at a time."""

    def __init__(self) -> None:
        self.chat = ""
        """The locator of the chat: ``chats.list[3].``; empty where the file is one chat."""
        self.index = -1
        self._seen: set[str] = set()
        """The lists of chats or messages met."""
        self.message: dict[str, Any] | None = None
        self._counts = dict.fromkeys(LISTS, -1)
        self._lists = {f"{name}.item": name for name in LISTS}
        self._items = "messages.item"
        self._builder: ObjectBuilder | None = None

    @property
    def locator(self) -> str:
        """Where the walk is."""
        return f"{self.chat}messages[{max(self.index, 0)}]"

    def missing(self) -> list[str]:
        """The lists that an export of this kind has and this one does not."""
        if "messages" in self._seen:
            return []
        missing = [name for name in LISTS if name not in self._seen]
        return ["messages"] if len(missing) == len(LISTS) else missing

    def follow(self, prefix: str, event: str, value: object) -> str:
        """Take an event. Sets `message` where it completed one; returns what is wrong, if so."""
        self.message = None
        if self._builder is not None:
            self._builder.event(event, value)
            if event == "end_map" and prefix == self._items:
                self.message, self._builder = self._builder.value, None
        elif event == "map_key":
            # A key comes with the prefix of the object it is in.
            return ""
        elif prefix in self._lists:
            return self._at_chat(self._lists[prefix], event)
        elif prefix == self._items:
            return self._at_item(event, value)
        elif not self.chat and prefix == "messages" and event == "start_array":
            self._seen.add(prefix)
            self.index = -1
        elif event == "start_array" and prefix in LISTS:
            self._seen.add(prefix)
        elif not self.chat and prefix == "messages" and event == "end_array":
            return EMPTY if self.index < 0 else ""
        return ""

    def _at_chat(self, name: str, event: str) -> str:
        if event == "end_array":
            return ""
        if event == "end_map":
            return EMPTY if self.index < 0 else ""
        self._counts[name] += 1
        self.index = -1
        self.chat = f"{name}[{self._counts[name]}]."
        self._items = f"{name}.item.messages.item"
        return "" if event == "start_map" else NOT_AN_OBJECT

    def _at_item(self, event: str, value: object) -> str:
        if event in ("end_array", "end_map"):
            return ""
        self.index += 1
        if event == "start_map":
            self._builder = ObjectBuilder()
            self._builder.event(event, value)
            return ""
        return NOT_AN_OBJECT


def _origin(
    place: Place, member: Member, locator: str, item: dict[str, Any], clock: LocalClock
) -> tuple[Origin, int | None]:
    """Where a message stood, and its time in microseconds UTC."""
    warnings = [word for key, word in _WARNINGS if item.get(key)]
    edited = text(item.get("edited"))
    # The exports of 2020 write the beginning of 1970 for a message that was never edited.
    if item.get("edited_unixtime") or (edited and not edited.startswith(("1970-", "1969-"))):
        warnings.append("edited")
    seconds = integer(item.get("date_unixtime"))
    basis: TimeZoneBasis = "utc"
    if seconds is not None:
        raw, time = str(item["date_unixtime"]), seconds * SECOND
        micros = time if EARLIEST <= time <= LATEST else None
    else:
        raw, basis = str(item.get("date") or ""), clock.basis
        micros = None
        local = _local(raw)
        if local is not None:
            micros, doubts = clock.micros(local)
            warnings.extend(doubts)
    return Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=raw,
        tz_basis=basis,
        warnings=tuple(warnings),
    ), micros


def _local(raw: str) -> datetime | None:
    try:
        local = datetime.fromisoformat(raw)
    except ValueError:
        return None
    # A year no export can hold would overflow in the conversion to UTC.
    return local if local.tzinfo is None and 1971 <= local.year <= 2199 else None


def _message(
    chat: Chat,
    conversation: Conversation,
    item: dict[str, Any],
    origin: Origin,
    time: int | None,
    problems: Problems,
) -> Iterator[Message]:
    call = item.get("action") == "phone_call"
    if item.get("type") != "message" and not call:
        note(problems, origin, SERVICE_LINE)
        return
    sender = account_id(item.get("actor_id" if call else "from_id"))
    if time is None:
        note(problems, origin, NO_TIME)
    elif sender is None:
        note(problems, origin, NO_SENDER)
    else:
        recipients = conversation.recipients(sender)
        if not chat.alone:
            note(problems, origin, conversation.doubt(recipients))
        number = integer(item.get("id"))
        yield Message(
            id=None if number is None else f"{conversation.id}/{number}",
            conversation=conversation.id,
            kind=conversation.kind,
            sender=sender,
            recipients=recipients,
            sent_at=time,
            text=_text(item),
            media=(Media(kind="call"),) if call else _media(item),
            origin=origin,
        )


def _text(item: dict[str, Any]) -> str | None:
    """The text without its formatting: a string, or a list of strings and {type, text}."""
    content = item.get("text")
    parts = content if isinstance(content, list) else [content]
    strings = (part.get("text") if isinstance(part, dict) else part for part in parts)
    joined = "".join(part for part in strings if isinstance(part, str))
    poll = item.get("poll")
    if not joined and isinstance(poll, dict):
        return text(poll.get("question"))
    return joined or None


def _media(item: dict[str, Any]) -> tuple[Media, ...]:
    media = [Media(kind=kind) for field, kind in _MEDIA_FIELDS if item.get(field)]
    named = item.get("media_type")
    if isinstance(named, str) and named in _MEDIA_TYPES:
        media.append(Media(kind=_MEDIA_TYPES[named]))
    elif item.get("file"):
        # A photo or video sent as a file says so in its MIME type.
        media.append(Media(kind=of_mime(str(item.get("mime_type", "")))))
    return tuple(media)
