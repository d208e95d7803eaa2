"""Discord, by DiscordChatExporter: one JSON file for each channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldfare.sources.clock import LocalClock
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    note,
)
from fieldfare.sources.json_stream import dicts, first_pass, objects, outline, text
from fieldfare.sources.media_kinds import kind_of
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record

PROBED = 8
"""JSON files looked into at most; all of those must be channels."""

_WRITTEN = frozenset({"Default", "Reply", "ThreadStarterMessage", "Call", "0", "19", "20", "3"})
"""Types that a person caused towards the others; every other is a notice of Discord's."""
_PEOPLE = ("messages.item.author", "messages.item.mentions.item")
_OTHER_DATA = (".json", ".jsonl", ".csv", ".txt", ".parquet", ".zip")


class DiscordChatExporter(RecordReader):
    """Channels and direct messages as the tool DiscordChatExporter saves them in JSON.

    Written against the shape of versions 2.30 to 2.46: ``guild, channel, dateRange, exportedAt,
    messages[]``. One file, a folder of them, or a ZIP; folders ``…_Files`` with downloaded
    media are left alone.

    Completeness: everything the exporting account could see, in the date range chosen.

    Limits: only people who wrote, or in direct messages were mentioned, are known to be there.
    Where only one person wrote in direct messages, the channel's name names the other, as
    ``discord:@name``. Times carry an offset; one without is read in the zone given, or as UTC
    and marked ``unknown``. Embeds are not read. Notices of Discord (joins, pins) are counted
    and left out, save calls.

    References: github.com/Tyrrrz/DiscordChatExporter.
    """

    name: ClassVar[str] = "discord-chat-exporter"
    title: ClassVar[str] = "DiscordChatExporter (JSON)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        if place.single is not None:
            return _is_channel(place, place.single)
        files, others = _files(place)
        return (
            bool(files)
            and not any(member.name.lower().endswith(_OTHER_DATA) for member in others)
            and all(_is_channel(place, member) for member in files[:PROBED])
        )

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        accounts, clock, read = Accounts(place), LocalClock(options), False
        for member in _files(place)[0]:
            if not _is_channel(place, member):
                problems.add(place, NOT_A_CHANNEL, member=member.name)
                continue
            read = True
            channel = _look_through(place, member)
            conversation = channel.conversation()
            yield from accounts.new(channel.people.items(), member, "messages")
            for index, item in objects(place, member, "messages.item", options, problems):
                origin, time = _origin(place, member, f"messages[{index}]", item, clock)
                yield from _message(conversation, item, origin, time, problems)
        if not read:
            raise InputError(f"{place}: no channel of DiscordChatExporter in it; export as JSON")


NOT_A_CHANNEL = "a JSON file that is no channel of DiscordChatExporter; it was not read"


def _files(place: Place) -> tuple[list[Member], list[Member]]:
    """The JSON files side by side, at the top or in the one folder that holds all; and what
    else there is, apart from the media beside them."""
    if place.single is not None:
        return [place.single], []
    names = [member for member in place.members if "_Files/" not in member.name]
    tops = {member.name.partition("/")[0] for member in names}
    depth = 1 if len(tops) == 1 and all("/" in member.name for member in names) else 0
    files = [
        member
        for member in names
        if member.name.count("/") == depth and member.name.lower().endswith(".json")
    ]
    return files, [member for member in names if member not in files]


def _is_channel(place: Place, member: Member) -> bool:
    return {"guild.id", "channel.id", "channel.type"} <= outline(place, member).keys()


@dataclass
class _Channel:
    """A channel as the first pass found it."""

    id: str = ""
    type: str = ""
    name: str = ""
    people: dict[str, str | None] = field(default_factory=dict)
    """Shown name by account id."""
    names: set[str] = field(default_factory=set)
    """Every name of theirs, to know them again in the channel's name."""

    @property
    def direct(self) -> bool:
        """True for direct messages of two and of more."""
        return self.type in ("DirectTextChat", "DirectGroupTextChat", "1", "3")

    def conversation(self) -> Conversation:
        private = self.type in ("DirectTextChat", "1")
        return Conversation(
            f"discord:channel{self.id}", "private" if private else "group", tuple(self.people)
        )

    def complete(self) -> None:
        """Name the other of a direct chat by the channel, where nothing else does."""
        if self.type in ("DirectTextChat", "1") and len(self.people) == 1:
            peer = self.name.removeprefix("@")
            if peer and peer not in self.names:
                self.people[f"discord:@{peer}"] = peer


def _look_through(place: Place, member: Member) -> _Channel:
    channel = _Channel()
    person: dict[str, str] = {}
    mentioned: dict[str, str | None] = {}
    for prefix, event, value in first_pass(place, member):
        if prefix.startswith(("messages.item.author.", "messages.item.mentions.item.")):
            key = prefix.rpartition(".")[2]
            if event == "string" and prefix.count(".") <= 4 and key in ("id", "name", "nickname"):
                person[key] = value
        elif event == "end_map" and prefix in _PEOPLE:
            people = channel.people if prefix.endswith("author") else mentioned
            if person.get("id"):
                shown = person.get("nickname") or person.get("name")
                people.setdefault(f"discord:{person['id']}", shown)
                channel.names.update(name for key, name in person.items() if key != "id")
            person = {}
        elif prefix in ("channel.id", "channel.type", "channel.name") and value is not None:
            setattr(channel, prefix.partition(".")[2], str(value))
    if channel.direct:
        for account, name in mentioned.items():
            channel.people.setdefault(account, name)
    channel.complete()
    return channel


def _origin(
    place: Place, member: Member, locator: str, item: dict[str, Any], clock: LocalClock
) -> tuple[Origin, int | None]:
    """Where a message stood, and its time in microseconds UTC."""
    raw = str(item.get("timestamp") or "")
    micros, basis, doubts = clock.iso(raw)
    author = item.get("author")
    warnings = [
        word
        for word, present in (
            ("edited", item.get("timestampEdited")),
            ("forwarded", item.get("forwardedMessage")),
            ("bot", isinstance(author, dict) and author.get("isBot")),
        )
        if present
    ]
    origin = Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=raw,
        tz_basis=basis,
        warnings=(*warnings, *doubts),
    )
    return origin, micros


def _message(
    conversation: Conversation,
    item: dict[str, Any],
    origin: Origin,
    time: int | None,
    problems: Problems,
) -> Iterator[Message]:
    author = item.get("author")
    sender = text(author.get("id")) if isinstance(author, dict) else None
    if str(item.get("type", "Default")) not in _WRITTEN:
        note(problems, origin, SERVICE_LINE)
    elif time is None:
        note(problems, origin, NO_TIME)
    elif sender is None:
        note(problems, origin, NO_SENDER)
    else:
        recipients = conversation.recipients(f"discord:{sender}")
        note(problems, origin, conversation.doubt(recipients))
        call = str(item.get("type")) in ("Call", "3")
        number = text(item.get("id"))
        yield Message(
            id=f"discord:{number}" if number else None,
            conversation=conversation.id,
            kind=conversation.kind,
            sender=f"discord:{sender}",
            recipients=recipients,
            sent_at=time,
            text=None if call else _text(item),
            media=(Media(kind="call"),) if call else _media(item),
            origin=origin,
        )


def _text(item: dict[str, Any]) -> str | None:
    """What was written; of a message passed on, what it said."""
    passed_on = item.get("forwardedMessage")
    content = text(item.get("content"))
    if content is None and isinstance(passed_on, dict):
        return text(passed_on.get("content"))
    return content


def _media(item: dict[str, Any]) -> tuple[Media, ...]:
    passed_on = item.get("forwardedMessage")
    media: list[Media] = []
    for source in (item, passed_on if isinstance(passed_on, dict) else {}):
        files = dicts(source.get("attachments"))
        names = [str(file.get("fileName") or file.get("url") or "") for file in files]
        media += [Media(kind=kind_of(name)) for name in names]
        media += [Media(kind="sticker") for _ in dicts(source.get("stickers"))]
    return tuple(media)
