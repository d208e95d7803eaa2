"""Discord's own data package: what one account wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from fieldfare.sources.clock import LocalClock
from fieldfare.sources.conversation import NO_TIME, Accounts, Conversation, note
from fieldfare.sources.csv_rows import rows
from fieldfare.sources.json_stream import objects, text
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

_CHANNEL = re.compile(r"(?:^|/)c?(\d{5,})/(?:channel\.json|messages\.(?:json|csv))$")
_USER = re.compile(r"(?:^|/)[^/]+/user\.json$")
_COLUMNS = frozenset({"ID", "Timestamp", "Contents"})
_MOST = 4 * 1024 * 1024
"""Bytes of a file that describes a channel or the account."""

NO_DESCRIPTION = "a channel whose description cannot be read; its messages have no recipients"
NO_MESSAGES = "a channel without a file of messages; nothing of it was read"


class DiscordPackage(RecordReader):
    """The package that Discord sends on request: ``messages/c<ID>/{channel.json,
    messages.json}``, before 2024 ``messages.csv``; folder names in any language.

    Written against the shapes of 2020–2025: ``ID, Timestamp, Contents, Attachments``.

    Completeness: **one side**: only what the account's owner wrote. From it nothing may be
    concluded about what the others did or did not do.

    Limits: the others in a direct chat are the ids in ``recipients``; in a server nobody is
    known. Times carry no offset and are UTC, as Discord's are.

    References: Discord support, "Your Discord Data Package".
    """

    name: ClassVar[str] = "discord-package"
    title: ClassVar[str] = "Discord data package"
    completeness: ClassVar[Completeness] = "one side"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return place.single is None and any(len(files) > 1 for files in _channels(place).values())

    def others(self, place: Place) -> list[Member]:
        """Data beside the package's own folders."""
        roots = {folder.parent.parent for folder in _channels(place)}
        return data_files(
            m for m in place.members if not any(r in PurePosixPath(m.name).parents for r in roots)
        )

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        channels = _channels(place)
        if not channels:
            raise InputError(f"{place}: no channel of a Discord data package in it")
        owner = _owner(place, channels)
        accounts, clock = Accounts(place), LocalClock(options)
        for folder, files in channels.items():
            described = files.get("channel.json")
            member = files.get("messages.json") or files.get("messages.csv")
            if member is None:
                problems.add(place, NO_MESSAGES, member=str(folder))
                continue
            channel = _channel(place, folder, described, owner, problems)
            people = ((who, None) for who in channel.people)
            yield from accounts.new(people, described or member, "id")
            for locator, item in _items(place, member, options, problems):
                yield from _message(channel, owner, place, member, locator, item, clock, problems)


Channels = dict[PurePosixPath, dict[str, Member]]


def _channels(place: Place) -> Channels:
    """The files of every channel, by name, by folder."""
    found: Channels = {}
    for member in place.members:
        if _CHANNEL.search(member.name):
            found.setdefault(PurePosixPath(member.name).parent, {})[member.base] = member
    return found


def _object(place: Place, member: Member) -> dict[str, Any]:
    try:
        value = json.loads(place.read(member, _MOST))
    except (ValueError, InputError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _owner(place: Place, channels: Channels) -> str:
    """The account of the package; without its ``user.json``, whoever is in every direct chat."""
    for member in place.members:
        if _USER.search(member.name):
            user = _object(place, member)
            if text(user.get("id")) and text(user.get("username")):
                return f"discord:{user['id']}"
    described = [files["channel.json"] for files in channels.values() if "channel.json" in files]
    everyone = [set(_recipients(_object(place, member))) for member in described[:200]]
    direct = [some for some in everyone if some]
    shared = set.intersection(*direct) if direct else set()
    if len(direct) > 1 and len(shared) == 1:
        return f"discord:{shared.pop()}"
    return f"discord:owner-of-{next(iter(channels)).name}"


def _recipients(described: dict[str, Any]) -> list[str]:
    listed = described.get("recipients")
    return [r for r in listed if isinstance(r, str) and r] if isinstance(listed, list) else []


def _channel(
    place: Place, folder: PurePosixPath, described: Member | None, owner: str, problems: Problems
) -> Conversation:
    value = _object(place, described) if described is not None else {}
    if not value:
        problems.add(place, NO_DESCRIPTION, member=str(folder))
    private = str(value.get("type", "")) in ("1", "DM")
    people = dict.fromkeys((owner, *(f"discord:{r}" for r in _recipients(value))))
    return Conversation(
        f"discord:channel{folder.name.removeprefix('c')}",
        "private" if private else "group",
        tuple(people),
    )


def _items(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[tuple[str, dict[str, Any]]]:
    if member.name.endswith(".json"):
        for index, item in objects(place, member, "item", options, problems):
            yield f"[{index}]", item
    else:
        for number, row in rows(place, member, _COLUMNS, options, problems):
            yield f"row {number}", dict(row)


def _message(
    channel: Conversation,
    owner: str,
    place: Place,
    member: Member,
    locator: str,
    item: dict[str, Any],
    clock: LocalClock,
    problems: Problems,
) -> Iterator[Message]:
    raw = text(item.get("Timestamp")) or ""
    time, basis, doubts = clock.iso(raw)
    if basis in ("unknown", "assumed") and time is not None:
        time, basis, doubts = clock.iso(f"{raw}+00:00")
    origin = Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=raw,
        tz_basis=basis,
        warnings=doubts,
    )
    if time is None:
        note(problems, origin, NO_TIME)
        return
    recipients = channel.recipients(owner)
    if channel.kind == "private":
        note(problems, origin, channel.doubt(recipients))
    number = item.get("ID")
    attached = text(item.get("Attachments")) or ""
    yield Message(
        id=f"discord:{number}" if isinstance(number, int | str) and number else None,
        conversation=channel.id,
        kind=channel.kind,
        sender=owner,
        recipients=recipients,
        sent_at=time,
        text=text(item.get("Contents")),
        media=tuple(Media(kind=kind_of(url)) for url in attached.split()),
        origin=origin,
    )
