"""Slack: the export of a workspace."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    note,
)
from fieldfare.sources.json_stream import dicts, objects, text
from fieldfare.sources.media_kinds import of_mime
from fieldfare.sources.place import MAX_WHOLE, Member, Place
from fieldfare.sources.reader import (
    Completeness,
    Problems,
    ReadOptions,
    RecordReader,
    data_files,
)
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record
from fieldfare.vocabulary.times import EARLIEST, LATEST

_LISTS: dict[str, Literal["private", "group"]] = {
    "channels.json": "group",
    "groups.json": "group",
    "mpims.json": "group",
    "dms.json": "private",
}
"""The lists of conversations, and of what kind those in them are."""
_KNOWN = {*_LISTS, "users.json", "org_users.json", "integration_logs.json", "canvases.json"}
_DAY = re.compile(r"(?:^|/)([^/]+)/\d{4}-\d\d-\d\d\.json$")
_TS = re.compile(r"^(\d{1,11})(?:\.(\d{1,6}))?$")
_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_WRITTEN = frozenset({"", "thread_broadcast", "file_share", "me_message", "bot_message"})

UNKNOWN = "a file of no kind that a Slack export has; it was not read"
BAD_LIST = "a list of people or conversations that cannot be read; the rest was read without it"
UNLISTED = "a conversation that no list names; its messages have no recipients but those who wrote"


class Slack(RecordReader):
    """A workspace's export: ``users.json``, the lists of conversations, and a folder of days for
    each. Written against the exports of 2020–2025, of public data and of all.

    Completeness: unknown: most exports hold public channels only.

    Limits: members are those of the list at the time of the export. Times are exact and UTC.
    Mentions become names of accounts, ``@slack:U1``; HTML entities become characters.

    References: Slack help, "How to read Slack data exports".
    """

    name: ClassVar[str] = "slack"
    title: ClassVar[str] = "Slack workspace export"
    completeness: ClassVar[Completeness] = "unknown"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        if place.single is not None:
            return False
        names = {member.base for member in place.members if member.name.count("/") <= 1}
        days = any(_DAY.search(member.name) for member in place.members)
        return days and "users.json" in names and bool(names & _LISTS.keys())

    def others(self, place: Place) -> list[Member]:
        """Data that is neither a list nor a day."""
        return data_files(
            member
            for member in place.members
            if not _DAY.search(member.name) and not member.name.endswith(".json")
        )

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        if not self.detect(place):
            raise InputError(f"{place}: no export of a Slack workspace in it")
        space = _look_through(place, problems)
        accounts, others = Accounts(place), set(self.others(place))
        for member in place.members:
            day = _DAY.search(member.name)
            if day is None:
                if member.base not in _KNOWN and member not in others:
                    problems.add(place, UNKNOWN, member=member.name)
                continue
            conversation = space.conversation(day[1])
            if day[1] not in space.talks:
                problems.add(place, UNLISTED, member=member.name)
            for index, item in objects(place, member, "item", options, problems):
                origin = _origin(place, member, f"[{index}]", item)
                record = _message(conversation, item, origin, problems)
                if isinstance(record, str):
                    note(problems, origin, record)
                    continue
                people = (
                    (who, space.names.get(who)) for who in (record.sender, *record.recipients)
                )
                yield from accounts.new(people, member, origin.locator)
                yield record


@dataclass
class _Space:
    names: dict[str, str] = field(default_factory=dict)
    """Name by account."""
    talks: dict[str, Conversation] = field(default_factory=dict)
    """By the name of their folder."""

    def conversation(self, folder: str) -> Conversation:
        known = self.talks.get(folder)
        return known if known is not None else Conversation(f"slack:{folder}", "group", ())


def _look_through(place: Place, problems: Problems) -> _Space:
    space = _Space()
    for member in place.members:
        kind = _LISTS.get(member.base)
        if member.name.count("/") > 1 or (kind is None and member.base != "users.json"):
            continue
        for item in _listed(place, member, problems):
            identity = text(item.get("id"))
            if identity is None:
                problems.add(place, BAD_LIST, member=member.name)
            elif kind is None:
                space.names[f"slack:{identity}"] = text(item.get("real_name")) or str(
                    item.get("name") or identity
                )
            else:
                listed = item.get("members")
                members = listed if isinstance(listed, list) else []
                people = tuple(dict.fromkeys(f"slack:{m}" for m in members if text(m)))
                talk = Conversation(f"slack:{identity}", kind, people)
                # A folder has the name of the channel, or the id of a direct message.
                for folder in (identity, text(item.get("name"))):
                    if folder:
                        space.talks[folder] = talk
    return space


def _listed(place: Place, member: Member, problems: Problems) -> list[dict[str, Any]]:
    try:
        value = json.loads(place.read(member, MAX_WHOLE // 4))
    except (ValueError, RecursionError, InputError):
        value = None
    found = dicts(value)
    if not isinstance(value, list) or len(found) != len(value):
        problems.add(place, BAD_LIST, member=member.name)
    return found


def _origin(place: Place, member: Member, locator: str, item: dict[str, Any]) -> Origin:
    return Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=str(item.get("ts") or ""),
        warnings=("edited",) if item.get("edited") else (),
    )


def _time(raw: object) -> int | None:
    """Microseconds of ``1743523200.000100``."""
    match = _TS.match(raw) if isinstance(raw, str) else None
    if match is None:
        return None
    micros = int(match[1] + (match[2] or "").ljust(6, "0"))
    return micros if micros and EARLIEST <= micros <= LATEST else None


def _message(
    conversation: Conversation, item: dict[str, Any], origin: Origin, problems: Problems
) -> Message | str:
    """The message; or what is wrong with it."""
    subtype = item.get("subtype")
    if item.get("type") != "message" or (str(subtype) if subtype else "") not in _WRITTEN:
        return SERVICE_LINE
    time = _time(item.get("ts"))
    if time is None:
        return NO_TIME
    sender = text(item.get("user")) or text(item.get("bot_id"))
    if sender is None:
        return NO_SENDER
    account = f"slack:{sender}"
    recipients = conversation.recipients(account)
    note(problems, origin, conversation.doubt(recipients))
    words = text(item.get("text"))
    return Message(
        id=f"{conversation.id}/{item['ts']}",
        conversation=conversation.id,
        kind=conversation.kind,
        sender=account,
        recipients=recipients,
        sent_at=time,
        text=html.unescape(_MENTION.sub(r"@slack:\1", words)) if words else None,
        media=tuple(
            Media(kind=of_mime(str(file.get("mimetype", "")))) for file in dicts(item.get("files"))
        ),
        origin=origin,
    )
