"""Text messages and iMessages of an iPhone: the database ``sms.db``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    derived_id,
    note,
    phone_account,
)
from fieldfare.sources.json_stream import integer, text
from fieldfare.sources.media_kinds import kind_of, of_mime
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.sources.sqlite_file import Database, Row, is_database, opened
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record
from fieldfare.vocabulary.times import EARLIEST, LATEST, SECOND

_NAMES = frozenset({"sms.db", "chat.db", "3d0d7e5fb2ce288813306e4d4636395e047a3d28"})
"""On the phone, on a Mac, and in an iTunes backup (the SHA-1 of its path there)."""
_EPOCH = 978_307_200 * SECOND
"""2001-01-01, from which Apple counts."""
_SECONDS = 10**12
"""A larger date is in nanoseconds (iOS 11 and later), a smaller one in seconds."""
_PRIVATE = 45
"""``chat.style`` of a chat of two; 43 is a group."""

NO_TEXT = "a message whose formatted text could not be read; it was kept without text"


class IosMessages(RecordReader):
    """``sms.db`` of iOS, ``chat.db`` of macOS, and the same file in an iTunes backup.

    Written against the schema of iOS 9 to 18: ``message``, ``handle``, ``chat``,
    ``chat_message_join``, ``chat_handle_join``, ``attachment``. From iOS 16 the text is mostly in
    ``attributedBody``; its plain characters are read from there.

    Completeness: everything that had not been deleted when the copy was made. Changes in a
    ``-wal`` file beside the database are not read, and that is said: merge them first with a tool
    of your own if they matter.

    Limits: the phone's owner is the account that a message names as its own (``e:…``, ``p:…``);
    where it names none, ``imessage:phone-`` and a part of the hash of the oldest message's id.
    Reactions are not read. Recently deleted messages are not told apart.

    References: the schema itself; Apple documents none.
    """

    name: ClassVar[str] = "ios-messages"
    title: ClassVar[str] = "iPhone messages (sms.db)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        member = place.single
        return (
            member is not None
            and place.name_of(member).lower() in _NAMES
            and is_database(place, member)
        )

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        member = place.single
        if member is None or not is_database(place, member):
            raise InputError(f"{place}: no sms.db; name the database itself")
        with opened(place, member, problems) as database:
            if not {"text", "date"} <= set(database.columns("message")):
                raise InputError(f"{place}: there are no messages of iOS in this database")
            phone = _look_through(database)
            accounts = Accounts(place)
            for number, row in database.rows("message", _MESSAGE):
                if options.progress is not None:
                    options.progress(len(row["text"] or "") + 100)
                origin, time = _origin(place, member, number, row)
                record = _message(phone, number, row, origin, time, problems)
                if isinstance(record, str):
                    note(problems, origin, record)
                else:
                    known = ((person, None) for person in (record.sender, *record.recipients))
                    yield from accounts.new(known, member, origin.locator)
                    yield record


_MESSAGE = (
    *("guid", "text", "attributedBody", "handle_id", "date", "is_from_me", "account"),
    *("associated_message_type", "item_type", "service", "error", "date_edited"),
)


@dataclass
class _Chat:
    id: str
    private: bool
    people: list[str] = field(default_factory=list)


@dataclass
class _Phone:
    """Everything but the messages."""

    owner: str = ""
    handles: dict[int, str] = field(default_factory=dict)
    chats: dict[int, _Chat] = field(default_factory=dict)
    chat_of: dict[int, int] = field(default_factory=dict)
    """Chat by message."""
    media: dict[int, list[Media]] = field(default_factory=dict)
    """By message."""
    conversations: dict[int, Conversation] = field(default_factory=dict)

    def conversation(self, message: int, peer: str | None) -> Conversation:
        """The chat a message stands in; without one, the two people."""
        number = self.chat_of.get(message, -1)
        chat = self.chats.get(number)
        if chat is None:
            people = (self.owner, *([peer] if peer else []))
            return Conversation(derived_id("imessage", *sorted(people)), "private", people)
        known = self.conversations.get(number)
        if known is None:
            people = tuple(dict.fromkeys((self.owner, *chat.people)))
            key = sorted(people) if chat.private else [chat.id]
            known = Conversation(
                derived_id("imessage", *key), "private" if chat.private else "group", people
            )
            self.conversations[number] = known
        return known


def _look_through(database: Database) -> _Phone:
    phone = _Phone()
    for number, row in database.rows("handle", ("id",)):
        if text(row["id"]):
            phone.handles[number] = _account(row["id"])
    for number, row in database.rows("chat", ("guid", "style", "chat_identifier")):
        name = text(row["chat_identifier"]) or text(row["guid"]) or str(number)
        phone.chats[number] = _Chat(name, row["style"] == _PRIVATE)
    for _, row in database.rows("chat_handle_join", ("chat_id", "handle_id")):
        chat, handle = (
            phone.chats.get(_id(row["chat_id"])),
            phone.handles.get(_id(row["handle_id"])),
        )
        if chat is not None and handle is not None:
            chat.people.append(handle)
    for _, row in database.rows("chat_message_join", ("chat_id", "message_id")):
        phone.chat_of[_id(row["message_id"])] = _id(row["chat_id"])
    _attachments(database, phone)
    phone.owner = _owner(database)
    return phone


def _attachments(database: Database, phone: _Phone) -> None:
    kinds: dict[int, Media] = {}
    for number, row in database.rows("attachment", ("mime_type", "filename", "transfer_name")):
        mime, name = text(row["mime_type"]), text(row["filename"]) or text(row["transfer_name"])
        kinds[number] = Media(kind=of_mime(mime.lower()) if mime else kind_of(name or ""))
    for _, row in database.rows("message_attachment_join", ("message_id", "attachment_id")):
        media = kinds.get(_id(row["attachment_id"]))
        if media is not None:
            phone.media.setdefault(_id(row["message_id"]), []).append(media)


def _owner(database: Database) -> str:
    """The account that the phone's owner wrote from most."""
    accounts: dict[str, int] = {}
    oldest = ""
    for _, row in database.rows("message", ("guid", "account", "is_from_me")):
        oldest = oldest or f"{row['guid']} {row['is_from_me']}"
        account = text(row["account"])
        name = account.partition(":")[2] if account and row["is_from_me"] else ""
        if name:
            accounts[name] = accounts.get(name, 0) + 1
    if accounts:
        return _account(max(sorted(accounts), key=lambda name: accounts[name]))
    return phone_account("imessage", oldest)


def _id(value: object) -> int:
    number = integer(value)
    return -1 if number is None else number


def _account(handle: str) -> str:
    return f"imessage:{handle.strip().lower()}"


def _origin(place: Place, member: Member, number: int, row: Row) -> tuple[Origin, int | None]:
    """Where a message stood, and its time in microseconds UTC."""
    date = integer(row["date"])
    time = None
    if date:
        time = _EPOCH + (date // 1000 if abs(date) > _SECONDS else date * SECOND)
    warnings = [
        word for word, there in (("edited", row["date_edited"]), ("failed", row["error"])) if there
    ]
    return Origin(
        source=str(place),
        member=member.name,
        locator=f"message {number}",
        raw_time=str(row["date"] if row["date"] is not None else ""),
        warnings=tuple(warnings),
    ), time if time is not None and EARLIEST <= time <= LATEST else None


def _message(
    phone: _Phone,
    number: int,
    row: Row,
    origin: Origin,
    time: int | None,
    problems: Problems,
) -> Message | str:
    """The message; or what is wrong with it."""
    if _id(row["associated_message_type"]) >= 1000 or _id(row["item_type"]) > 0:
        return SERVICE_LINE
    if time is None:
        return NO_TIME
    peer = phone.handles.get(_id(row["handle_id"]))
    sender = phone.owner if row["is_from_me"] else peer
    if sender is None:
        return NO_SENDER
    conversation = phone.conversation(number, peer)
    recipients = conversation.recipients(sender)
    note(problems, origin, conversation.doubt(recipients))
    guid = text(row["guid"])
    words = text(row["text"])
    if words is None and row["attributedBody"]:
        words = plain_text(row["attributedBody"])
        note(problems, origin, NO_TEXT if words is None else "")
    return Message(
        # The same on both phones: Apple gives a message one id.
        id=f"imessage:{guid}" if guid else None,
        conversation=conversation.id,
        kind=conversation.kind,
        sender=sender,
        recipients=recipients,
        sent_at=time,
        # U+FFFC stands where an attachment was.
        text=(words or "").replace("\ufffc", "").strip() or None,
        media=tuple(phone.media.get(number, ())),
        encrypted=row["service"] == "iMessage",
        origin=origin,
    )


_STRING = (b"NSString", b"NSMutableString")


def plain_text(body: Any) -> str | None:
    """The characters of an attributed string as Apple's typedstream holds them: after the name of
    the class and ``+``, a length (one byte; after 0x81 two, after 0x82 four, least first) and
    that many bytes of UTF-8. None where there is no such thing."""
    if not isinstance(body, bytes):
        return None
    for name in _STRING:
        at = body.find(name)
        plus = body.find(b"+", at + len(name), at + len(name) + 16) if at >= 0 else -1
        if plus < 0:
            continue
        start, size = plus + 2, body[plus + 1 : plus + 2]
        wide = {b"\x81": 2, b"\x82": 4}.get(size, 0)
        length = int.from_bytes(body[start : start + wide] if wide else size, "little")
        data = body[start + wide : start + wide + length]
        if size and len(data) == length:
            return data.decode("utf-8", "replace")
    return None
