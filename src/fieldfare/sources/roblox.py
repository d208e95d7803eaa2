"""Roblox: chat records of a return to the police (CSV)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from fieldfare.sources.clock import LocalClock, millis
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    note,
)
from fieldfare.sources.csv_rows import rows
from fieldfare.sources.json_stream import integer
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import InputError, Message, Origin, Record
from fieldfare.vocabulary.records import TimeZoneBasis
from fieldfare.vocabulary.times import EARLIEST, LATEST, SECOND

_NEEDED = frozenset({"ts", "conversation_id", "user_id", "text"})
_MARK = frozenset({"request_user_id", "convo_type"})
_SECONDS = 10**11
"""A larger number is of milliseconds."""
_FLAGS = (
    ("is_filtered_o13", "filtered for all"),
    ("is_filtered_u13", "filtered for under 13"),
    ("is_rewritten", "rewritten"),
)
"""What the service did to a text before others saw it."""


class Roblox(RecordReader):
    """``Chat records of the Roblox user….csv`` of a return: ``ts, ds, conversation_id,
    convo_type, user_id, name, text, is_filtered_o13, is_filtered_u13, is_rewritten,
    request_user_id``, with blank rows between conversations.

    Completeness: everything the service held of the account's conversations.

    Limits: only people who wrote, and the account the return is about, are known to be in a
    conversation; exactly two make it private. The text is what was typed; what others saw of it
    is only marked (``filtered for under 13``). A time without an offset is read in the zone
    given, or as UTC and marked ``unknown``.

    References: the column names of such returns; Roblox documents none.
    """

    name: ClassVar[str] = "roblox"
    title: ClassVar[str] = "Roblox chat records (CSV)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        member = place.single
        return member is not None and _is_return(place, member)

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = place.only()
        if not _is_return(place, member):
            raise InputError(f"{place}: no chat records of Roblox; name the CSV itself")
        talks, names = _look_through(place, member)
        accounts, clock, ordinals = Accounts(place), LocalClock(options), Ordinals()
        for number, row in rows(place, member, _NEEDED, options, problems):
            origin, time = _origin(place, member, number, row, clock)
            sender = _account(row.get("user_id"))
            if time is None:
                note(problems, origin, NO_TIME)
            elif not sender:
                note(problems, origin, NO_SENDER)
            else:
                conversation = talks[row.get("conversation_id", "")].conversation
                recipients = conversation.recipients(sender)
                note(problems, origin, conversation.doubt(recipients))
                people = ((who, names.get(who)) for who in conversation.people)
                yield from accounts.new(people, member, origin.locator)
                key = (conversation.id, sender, str(time))
                yield Message(
                    id=derived_id("roblox", *key, str(ordinals.next(*key))),
                    conversation=conversation.id,
                    kind=conversation.kind,
                    sender=sender,
                    recipients=recipients,
                    sent_at=time,
                    text=row.get("text") or None,
                    origin=origin,
                )


@dataclass
class _Talk:
    id: str
    people: dict[str, None] = field(default_factory=dict)
    _made: Conversation | None = None

    @property
    def conversation(self) -> Conversation:
        if self._made is None:
            self._made = Conversation(
                f"roblox:{self.id}",
                "private" if len(self.people) <= 2 else "group",
                tuple(self.people),
            )
        return self._made


def _is_return(place: Place, member: Member) -> bool:
    head = place.head(member, 4096).decode("utf-8-sig", "replace")
    try:
        first = next(csv.reader([head.split("\n", 1)[0].rstrip("\r")]), [])
    except csv.Error:
        return False
    return {name.strip() for name in first} >= _NEEDED | _MARK


def _look_through(place: Place, member: Member) -> tuple[dict[str, _Talk], dict[str, str]]:
    """Everyone in each conversation, and their names."""
    talks: dict[str, _Talk] = {}
    names: dict[str, str] = {}
    for _, row in rows(place, member, _NEEDED, ReadOptions(), Problems()):
        number = row.get("conversation_id", "")
        talk = talks.setdefault(number, _Talk(number))
        sender, about = _account(row.get("user_id")), _account(row.get("request_user_id"))
        for person in (sender, about):
            if person:
                talk.people[person] = None
        if sender and row.get("name"):
            names.setdefault(sender, row["name"])
    return talks, names


def _account(number: str | None) -> str:
    written = (number or "").strip()
    return f"roblox:{written}" if written else ""


def _origin(
    place: Place, member: Member, number: int, row: dict[str, str], clock: LocalClock
) -> tuple[Origin, int | None]:
    """Where a row stood, and its time in microseconds UTC: seconds or milliseconds since 1970,
    or ISO 8601."""
    raw = row.get("ts", "").strip()
    basis: TimeZoneBasis = "utc"
    doubts: tuple[str, ...] = ()
    count = integer(raw)
    if count is None:
        time, basis, doubts = clock.iso(raw.removesuffix(" UTC") + "+00:00" * raw.endswith(" UTC"))
    elif count > _SECONDS:
        time = millis(count)
    else:
        time = count * SECOND if EARLIEST <= count * SECOND <= LATEST and count else None
    flags = [word for name, word in _FLAGS if row.get(name, "").strip().lower() in ("true", "1")]
    return Origin(
        source=str(place),
        member=member.name,
        locator=f"row {number}",
        raw_time=raw,
        tz_basis=basis,
        warnings=(*flags, *doubts),
    ), time
