"""Matrix: a room as Element exports it (JSON)."""

from __future__ import annotations

from collections.abc import Iterator
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
)
from fieldfare.sources.json_stream import first_pass, objects, outline, text
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record
from fieldfare.vocabulary.records import MediaKind

_KINDS: dict[str, MediaKind] = {
    "m.image": "photo",
    "m.video": "video",
    "m.audio": "audio",
    "m.file": "file",
    "m.location": "location",
}
_SENT = frozenset({"m.room.message", "m.room.encrypted", "m.sticker"})
"""Events that a person caused towards the others."""

NOT_DECRYPTED = "a message that the exporting client could not decrypt; it was kept without text"


class Matrix(RecordReader):
    """A room in the JSON that Element writes (*Export chat*): ``room_name, export_date,
    exported_by, messages[]`` of raw events.

    Written against Element Web 1.11. A message that was edited is read as it stands in each
    event; the edit is an event of its own, marked ``edit``.

    Completeness: everything the exporting client could see, in the range chosen.

    Limits: people are those who wrote, and who joined while the export lasts; exactly two make it
    private. Reactions and changes of the room are counted, not read.

    References: spec.matrix.org, client-server API, "Room events".
    """

    name: ClassVar[str] = "matrix"
    title: ClassVar[str] = "Matrix room (Element export, JSON)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return place.single is not None and _is_room(place, place.single)

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = place.single
        if member is None or not _is_room(place, member):
            raise InputError(f"{place}: no room that Element exported; name the JSON file itself")
        conversation = _look_through(place, member)
        people = ((account, None) for account in conversation.people)
        yield from Accounts(place).new(people, member, "messages")
        for index, item in objects(place, member, "messages.item", options, problems):
            raw = item.get("origin_server_ts")
            origin = Origin(
                source=str(place),
                member=member.name,
                locator=f"messages[{index}]",
                raw_time="" if raw is None else str(raw),
                warnings=_warnings(item),
            )
            record = _message(conversation, item, origin, problems)
            if isinstance(record, str):
                note(problems, origin, record)
            else:
                yield record


def _is_room(place: Place, member: Member) -> bool:
    shape = outline(place, member)
    return {"room_name", "export_date"} <= shape.keys() and shape.get("messages") == "start_array"


def _look_through(place: Place, member: Member) -> Conversation:
    """Who is in the room, and its id."""
    room, people = "", dict[str, None]()
    for prefix, event, value in first_pass(place, member):
        if event != "string":
            continue
        if prefix == "messages.item.sender":
            people[f"matrix:{value}"] = None
        elif prefix in ("messages.item.room_id", "room_name") and not room.startswith("!"):
            room = value
    return Conversation(
        f"matrix:{room}" if room.startswith("!") else derived_id("matrix", room, *sorted(people)),
        "private" if len(people) <= 2 else "group",
        tuple(people),
    )


def _content(item: dict[str, Any]) -> dict[str, Any]:
    content = item.get("content")
    return content if isinstance(content, dict) else {}


def _warnings(item: dict[str, Any]) -> tuple[str, ...]:
    relation = _content(item).get("m.relates_to")
    edit = isinstance(relation, dict) and relation.get("rel_type") == "m.replace"
    unsigned = item.get("unsigned")
    gone = isinstance(unsigned, dict) and "redacted_because" in unsigned
    return tuple(word for word, there in (("edit", edit), ("deleted", gone)) if there)


def _message(
    conversation: Conversation, item: dict[str, Any], origin: Origin, problems: Problems
) -> Message | str:
    """The message; or what is wrong with it."""
    event_type = text(item.get("type"))
    if event_type not in _SENT:
        return SERVICE_LINE
    time, sender = millis(item.get("origin_server_ts")), text(item.get("sender"))
    if time is None:
        return NO_TIME
    if sender is None:
        return NO_SENDER
    account = f"matrix:{sender}"
    recipients = conversation.recipients(account)
    note(problems, origin, conversation.doubt(recipients))
    sealed = event_type == "m.room.encrypted"
    note(problems, origin, NOT_DECRYPTED if sealed else "")
    content, event = _content(item), text(item.get("event_id"))
    kind = "sticker" if event_type == "m.sticker" else _KINDS.get(str(content.get("msgtype")))
    return Message(
        id=f"matrix:{event}" if event else None,
        conversation=conversation.id,
        kind=conversation.kind,
        sender=account,
        recipients=recipients,
        sent_at=time,
        # Of a file, the body is its name.
        text=None if sealed or kind else text(content.get("body")),
        media=(Media(kind=kind),) if kind else (),
        encrypted=sealed,
        origin=origin,
    )
