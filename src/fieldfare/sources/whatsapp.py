"""WhatsApp: chats exported as text, with or without media."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fieldfare.sources.clock import LocalClock
from fieldfare.sources.conversation import (
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    note,
)
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import (
    Completeness,
    Problems,
    ReadOptions,
    RecordReader,
    data_files,
)
from fieldfare.sources.whatsapp_bodies import read_body, title_in
from fieldfare.sources.whatsapp_chat import (
    Entry,
    Survey,
    account_id,
    entries,
    style_of,
    survey,
)
from fieldfare.sources.whatsapp_dates import Order
from fieldfare.vocabulary import InputError, Message, Origin, Record

UNKNOWN_PERIOD = "a word for the half of the day that is not known; the message was left out"
MAYBE_SERVICE = "a line that may be the service's own words; it was kept as a message"
NO_DATES = "a chat whose dates cannot be read as they stand; it was not read"
NOT_A_CHAT = "a text file that is no WhatsApp chat; it was not read"

PROBED = 8
"""Text files looked into before a place is held to be something else."""
_OTHER_DATA = (".zip", ".json", ".jsonl", ".csv", ".parquet")


class WhatsApp(RecordReader):
    """Chats as a phone exports them: ``[time] name: text`` on iOS, ``time - name: text`` on
    Android, and ``time: name: text`` on iOS before 2017.

    Written against exports of 2014–2025 in some twenty languages: a ``.txt``, several of them
    in a folder, or a ZIP or folder with ``_chat.txt`` and its media. Times have no zone: they
    are read in the zone given, or as UTC and marked ``unknown``. The order of day and month is
    found from the whole file (`whatsapp_dates.OrderFinder`) or asked for. Digits of every
    script and years of the Buddhist era are read; dates of other calendars are counted.

    Completeness: everything that was on the phone; an export ends at 40,000 messages, or at
    10,000 with media, and then the oldest are missing.

    Limits: accounts are the names in the phone's contacts, or numbers. Only people who wrote are
    known to be in a chat; where one person wrote, the file's title names the other. A chat in
    which exactly two wrote counts as private. Lines of the service are told by having no name,
    by U+200E, or by their words in ``whatsapp.toml``; where that is in doubt a line is kept.
    A line pasted into a message that looks like the beginning of one is read as one.

    References: WhatsApp help, "How to export your chat history"; Unicode CLDR for dates.
    """

    name: ClassVar[str] = "whatsapp"
    title: ClassVar[str] = "WhatsApp chat export (.txt)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        if place.single is not None:
            return style_of(place, place.single) is not None
        chats = [m for m in _candidates(place)[:PROBED] if style_of(place, m) is not None]
        beside = any(member.name.lower().endswith(_OTHER_DATA) for member in place.members)
        # What was attached to one chat may be anything; beside several it is something else.
        return bool(chats) and (len(chats) == 1 or not beside)

    def others(self, place: Place) -> list[Member]:
        """Data beside the chats, or attached to one."""
        chats = _candidates(place)
        return data_files(member for member in place.members if member not in chats)

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        clock, surveys = LocalClock(options), []
        for member in _candidates(place):
            style = style_of(place, member)
            if style is not None:
                surveys.append(survey(place, member, style))
            else:
                problems.add(place, NOT_A_CHAT, member=member.name)
        if not surveys:
            raise InputError(f"{place}: no line in it begins like a line of a WhatsApp chat")
        # What must be asked of a chat by itself comes before the first record; of one among others
        # it is noted, and these are read.
        ordered, refused = [], []
        for found in surveys:
            try:
                ordered.append((found, _order(place, found, options)))
            except InputError as error:
                refused.append((found.member.name, error))
        if not ordered:
            raise refused[0][1]
        for name, why in refused:
            problems.add(place, NO_DATES, member=name, detail=str(why))
        accounts = Accounts(place)
        for found, order in ordered:
            people = found.everyone()
            yield from accounts.new(people.items(), found.member, "names")
            yield from _messages(place, found, order, clock, options, problems)


def _texts(place: Place) -> list[Member]:
    """Text files at the top, or in the one folder that holds all; or the one file."""
    if place.single is not None:
        return [place.single]
    flat = all("/" not in member.name for member in place.members)
    tops = {member.name.partition("/")[0] for member in place.members}
    depth = 0 if flat else 1
    if not flat and (len(tops) != 1 or any(m.name.count("/") != 1 for m in place.members)):
        return []
    return [
        member
        for member in place.members
        if member.name.count("/") == depth and member.name.lower().endswith(".txt")
    ]


def _is_named(place: Place, member: Member) -> bool:
    return member.base == "_chat.txt" or title_in(place.name_of(member)) is not None


def _candidates(place: Place) -> list[Member]:
    """The text files that should be chats: those so named, for others beside them were attached;
    all where none is."""
    texts = _texts(place)
    return [member for member in texts if _is_named(place, member)] or texts


def _order(place: Place, found: Survey, options: ReadOptions) -> Order:
    where = f"{place}/{found.member.name}" if found.member.name else str(place)
    if not found.order.seen:
        raise InputError(
            f"{where}: no date in it is of the Gregorian or Buddhist calendar; export the chat "
            "again with the phone set to one of them"
        )
    return found.order.order(options.date_order, where)


def _messages(
    place: Place,
    found: Survey,
    order: Order,
    clock: LocalClock,
    options: ReadOptions,
    problems: Problems,
) -> Iterator[Message]:
    people = found.everyone()
    conversation = Conversation(
        found.conversation(), "private" if len(people) <= 2 else "group", tuple(people)
    )
    ordinals = Ordinals()
    chat = entries(place, found.member, found.style, options, problems)
    for number, entry in enumerate(chat):
        body = read_body(entry.text)
        origin = _origin(place, found.member, entry, clock, body.warnings)
        local = entry.stamp.moment(order)
        sender = account_id(entry.author) if entry.author else None
        # The first line on iOS is WhatsApp's, whoever's name stands before it. Kept as a message,
        # it would say who wrote first.
        foreign = body.foreign and (number == 0 or sender == found.phantom)
        if sender is None or body.service or foreign:
            note(problems, origin, SERVICE_LINE)
        elif local is None:
            note(problems, origin, UNKNOWN_PERIOD if entry.stamp.hour is None else NO_TIME)
        else:
            micros, doubts = clock.micros(local)
            if body.foreign:
                problems.add(
                    place, MAYBE_SERVICE, member=origin.member, locator=origin.locator, lost=False
                )
            recipients = conversation.recipients(sender)
            note(problems, origin, conversation.doubt(recipients))
            ordinal = ordinals.next(sender, str(micros))
            yield Message(
                id=derived_id("whatsapp", conversation.id, sender, str(micros), str(ordinal)),
                conversation=conversation.id,
                kind=conversation.kind,
                sender=sender,
                recipients=recipients,
                sent_at=micros,
                text=body.text,
                media=body.media,
                origin=_origin(place, found.member, entry, clock, (*body.warnings, *doubts)),
            )


def _origin(
    place: Place, member: Member, entry: Entry, clock: LocalClock, warnings: tuple[str, ...]
) -> Origin:
    return Origin(
        source=str(place),
        member=member.name,
        locator=f"line {entry.line}",
        raw_time=entry.stamp.raw,
        tz_basis=clock.basis,
        warnings=warnings,
    )
