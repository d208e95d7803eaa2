"""Google Chat, by Google Takeout."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, ClassVar

from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    note,
)
from fieldfare.sources.json_stream import dicts, objects, text
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
from fieldfare.vocabulary.times import EARLIEST, LATEST, to_micros

_FILE = re.compile(r"(?:^|/)Groups/(DM|Space) ([^/]+)/messages\.json$")
_MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
_DATE = re.compile(
    r"""^\w+,\s+(?:(?P<d1>\d{1,2})\s+(?P<m1>[A-Za-z]+)|(?P<m2>[A-Za-z]+)\s+(?P<d2>\d{1,2}),?)
    \s+(?P<year>\d{4})(?:\s+at|,)?\s+(?P<hour>\d{1,2}):(?P<minute>\d\d):(?P<second>\d\d)
    \s*(?P<half>[AaPp]\.?[Mm]\.?)?\s*UTC$""",
    re.VERBOSE,
)
"""``Tuesday, April 1, 2025 at 4:00:00 PM UTC`` and ``Tuesday, 1 April 2025 at 16:00:00 UTC``."""

NO_INFO = "a conversation whose group_info.json cannot be read; only those who wrote are known"
OTHER_LANGUAGE = "a date in words of another language; ask for the export in English"


class GoogleChat(RecordReader):
    """``Google Chat/Groups/{DM,Space} …/{messages,group_info}.json`` of Google Takeout.

    Written against the exports of 2021–2025, with dates in English words, in both orders.

    Completeness: everything the account could see, save what was deleted.

    Limits: an account is an e-mail address; people without one are their names. Dates in another
    language are counted, not guessed.

    References: takeout.google.com.
    """

    name: ClassVar[str] = "google-chat"
    title: ClassVar[str] = "Google Chat (Takeout)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return place.single is None and any(_FILE.search(member.name) for member in place.members)

    def others(self, place: Place) -> list[Member]:
        """Data outside of Google Chat's own folders."""
        own = {_root(member.name) for member in place.members if _FILE.search(member.name)}
        return data_files(
            m for m in place.members if not any(r in PurePosixPath(m.name).parents for r in own)
        )

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        if not self.detect(place):
            raise InputError(f"{place}: no Google Chat of Takeout in it")
        accounts, ordinals = Accounts(place), Ordinals()
        others = set(self.others(place))
        by_name = {member.name: member for member in place.members}
        for member in place.members:
            if _FILE.search(member.name) is None:
                if _unknown(member.name) and member not in others:
                    problems.add(place, UNKNOWN, member=member.name)
                continue
            conversation, names = _conversation(place, member, by_name, problems)
            for index, item in objects(place, member, "messages.item", options, problems):
                locator = f"messages[{index}]"
                origin = Origin(
                    source=str(place),
                    member=member.name,
                    locator=locator,
                    raw_time=text(item.get("created_date")) or "",
                    warnings=("edited",) if item.get("updated_date") else (),
                )
                record = _message(conversation, item, origin, ordinals, problems)
                if isinstance(record, str):
                    note(problems, origin, record)
                    continue
                creator = item.get("creator")
                if isinstance(creator, dict):
                    names.setdefault(record.sender, text(creator.get("name")))
                people = ((who, names.get(who)) for who in (record.sender, *record.recipients))
                yield from accounts.new(people, member, locator)
                yield record


UNKNOWN = "a file of no kind that Google Chat exports; it was not read"


def _root(name: str) -> PurePosixPath:
    """The folder that holds ``Groups``."""
    return PurePosixPath(name).parent.parent.parent


def _unknown(name: str) -> bool:
    """Whether a file in a conversation's folder looks like one of messages, under another name."""
    path = PurePosixPath(name)
    return path.suffix.lower() == ".json" and path.name not in ("group_info.json", "user_info.json")


def _account(person: dict[str, Any]) -> str:
    name = (text(person.get("email")) or "").lower() or text(person.get("name"))
    return f"google-chat:{name}" if name else ""


def _conversation(
    place: Place, member: Member, by_name: dict[str, Member], problems: Problems
) -> tuple[Conversation, dict[str, str | None]]:
    """The conversation of a folder, and the names of its people."""
    folder = str(PurePosixPath(member.name).parent)
    match = _FILE.search(member.name)
    kind, identity = (match[1], match[2]) if match else ("Space", folder)
    info = by_name.get(f"{folder}/group_info.json")
    value: object = None
    try:
        value = json.loads(place.read(info)) if info is not None else None
    except (ValueError, RecursionError, InputError):
        value = None
    members = dicts(value.get("members")) if isinstance(value, dict) else []
    names = {
        account: text(person.get("name")) for person in members if (account := _account(person))
    }
    if not names:
        problems.add(place, NO_INFO, member=member.name)
    private = kind == "DM" and len(names) <= 2
    key = f"google-chat:{identity}"
    return Conversation(key, "private" if private else "group", tuple(names)), names


def _time(raw: str) -> int | None:
    """Microseconds of a date in words."""
    match = _DATE.match(raw.replace("\u202f", " ").strip())
    if match is None:
        return None
    month = (match["m1"] or match["m2"]).lower()
    hour = int(match["hour"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"].lower().startswith("p") else 0)
    try:
        moment = datetime(
            int(match["year"]),
            _MONTHS.index(month) + 1,
            int(match["d1"] or match["d2"]),
            hour,
            int(match["minute"]),
            int(match["second"]),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    micros = to_micros(moment)
    return micros if EARLIEST <= micros <= LATEST else None


def _message(
    conversation: Conversation,
    item: dict[str, Any],
    origin: Origin,
    ordinals: Ordinals,
    problems: Problems,
) -> Message | str:
    """The message; or what is wrong with it."""
    time = _time(origin.raw_time)
    if time is None:
        return OTHER_LANGUAGE if origin.raw_time[:1].isalpha() else NO_TIME
    creator = item.get("creator")
    sender = _account(creator) if isinstance(creator, dict) else ""
    if not sender:
        return NO_SENDER
    recipients = conversation.recipients(sender)
    note(problems, origin, conversation.doubt(recipients))
    key = (conversation.id, sender, str(time))
    number = text(item.get("message_id"))
    return Message(
        id=f"google-chat:{number}" if number else derived_id(*key, str(ordinals.next(*key))),
        conversation=conversation.id,
        kind=conversation.kind,
        sender=sender,
        recipients=recipients,
        sent_at=time,
        text=text(item.get("text")),
        media=tuple(
            Media(kind=kind_of(str(f.get("export_name") or f.get("original_name") or "")))
            for f in dicts(item.get("attached_files"))
        ),
        origin=origin,
    )
