"""The bytes that franking commits to and tags: one way to write a thing, and no other is read.

Every field is its length (32 bits, big-endian) and its bytes; a number is 64 bits, big-endian,
below 2^53 so that JavaScript holds it; a list is the number of its items (32 bits) and the items. A
message and a context each begin with a field that names them and their version:

    opening  "frank-message-v1" conversation id sender body [sha256 key]… commitment-key
    context  "frank-context-v1" key-id conversation id sender [recipient]… number:time number:seq

Text is UTF-8. Ids are 1 to 1,024 bytes and compared byte by byte: whoever wants Unicode forms to be
equal makes them so before. Recipients stand in the order of their bytes, each once.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal, TypeVar

from fieldfare.vocabulary import FieldfareError

Reason = Literal[
    "malformed",
    "key_length",
    "unknown_key",
    "tag_mismatch",
    "commitment_mismatch",
    "context_mismatch",
    "not_a_party",
    "attachment_mismatch",
    "replayed",
]
"""Why a franked message is refused:

malformed            the bytes are no opening, context or tag in canonical form
key_length           a key of the message, or of an attachment, is not 32 bytes
unknown_key          the key ring has no key with the id that the context names
tag_mismatch         the service did not tag this message in this context: one of them was altered
commitment_mismatch  what was decrypted is not what the sender committed to
context_mismatch     message and context name another conversation, message or sender
not_a_party          whoever reports or receives it neither sent it nor was a recipient
attachment_mismatch  the ciphertext is not that of the attachment that was franked
replayed             the message was received, or is in the report, already
"""

KEY_BYTES: Final = 32
TAG_BYTES: Final = 32
LONGEST_ID: Final = 1_024
"""Bytes."""
LONGEST_BODY: Final = 1 << 18
"""Bytes."""
MOST_ATTACHMENTS: Final = 64
MOST_RECIPIENTS: Final = 1_024
MOST_NUMBER: Final = (1 << 53) - 1

Item = TypeVar("Item")

_OPENING: Final = b"frank-message-v1"
_CONTEXT: Final = b"frank-context-v1"


class FrankingError(FieldfareError):
    """A franked message is refused. Says why, never with anything of the message."""

    def __init__(self, reason: Reason, what: str) -> None:
        super().__init__(what)
        self.reason: Final = reason


@dataclass(frozen=True)
class Attachment:
    """A file that is sent beside the message, encrypted under a key of its own."""

    sha256: bytes
    """Of the ciphertext: of exactly the bytes that are uploaded."""
    key: bytes = field(repr=False)
    """32 bytes. It is committed to as well: one ciphertext can open to two contents under two keys
    (AES-GCM does), but not under one key, where the nonce is in the bytes that are hashed."""


@dataclass(frozen=True)
class Opening:
    """What the sender committed to: travels encrypted, and opens the commitment."""

    conversation: str
    id: str
    sender: str
    body: str = field(repr=False)
    attachments: tuple[Attachment, ...] = ()
    key: bytes = field(default=b"", repr=False)
    """32 random bytes, new for every message."""


@dataclass(frozen=True)
class Context:
    """What the service saw of a message when it passed it on, and vouches for with its tag."""

    key_id: str
    """Of the service's key that made the tag."""
    conversation: str
    id: str
    sender: str
    """As the service authenticated it."""
    recipients: tuple[str, ...]
    """Each once, in the order of the bytes."""
    sent_at: int
    """Microseconds UTC, by the clock of the service."""
    seq: int
    """Number of the message in its conversation, without gaps, so that omissions show."""


def encode_opening(opening: Opening) -> bytes:
    """The bytes a commitment is made of. Raises FrankingError for what has no canonical form."""
    if len(opening.key) != KEY_BYTES:
        raise FrankingError("key_length", f"the key of a message is {KEY_BYTES} bytes")
    if len(opening.attachments) > MOST_ATTACHMENTS:
        raise FrankingError("malformed", f"at most {MOST_ATTACHMENTS} attachments")
    for each in opening.attachments:
        _check_attachment(each)
    return b"".join(
        (
            _field(_OPENING),
            _id(opening.conversation),
            _id(opening.id),
            _id(opening.sender),
            _field(_utf8(opening.body, LONGEST_BODY)),
            _count(len(opening.attachments)),
            *(_field(each.sha256) + _field(each.key) for each in opening.attachments),
            _field(opening.key),
        )
    )


def encode_context(context: Context) -> bytes:
    """The bytes a tag is made over, behind the commitment. Raises FrankingError."""
    recipients = [_utf8(each, LONGEST_ID) for each in context.recipients]
    if not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise FrankingError("malformed", f"1 to {MOST_RECIPIENTS} recipients")
    if any(one >= other for one, other in pairwise(recipients)):
        raise FrankingError("malformed", "recipients stand in the order of their bytes, each once")
    return b"".join(
        (
            _field(_CONTEXT),
            _id(context.key_id),
            _id(context.conversation),
            _id(context.id),
            _id(context.sender),
            _count(len(recipients)),
            *(_id(each) for each in context.recipients),
            _number(context.sent_at),
            _number(context.seq),
        )
    )


def decode_opening(data: bytes) -> Opening:
    """The inverse of `encode_opening`. Raises FrankingError for any other bytes."""
    rest = _Reader(data, _OPENING)
    opening = Opening(
        conversation=rest.text(LONGEST_ID),
        id=rest.text(LONGEST_ID),
        sender=rest.text(LONGEST_ID),
        body=rest.text(LONGEST_BODY),
        attachments=rest.items(
            MOST_ATTACHMENTS, lambda: Attachment(rest.bytes(LONGEST_ID), rest.bytes(LONGEST_ID))
        ),
        key=rest.bytes(LONGEST_ID),
    )
    rest.end()
    encode_opening(opening)  # lengths of ids and keys
    return opening


def decode_context(data: bytes) -> Context:
    """The inverse of `encode_context`. Raises FrankingError for any other bytes."""
    rest = _Reader(data, _CONTEXT)
    context = Context(
        key_id=rest.text(LONGEST_ID),
        conversation=rest.text(LONGEST_ID),
        id=rest.text(LONGEST_ID),
        sender=rest.text(LONGEST_ID),
        recipients=rest.items(MOST_RECIPIENTS, lambda: rest.text(LONGEST_ID)),
        sent_at=rest.number(),
        seq=rest.number(),
    )
    rest.end()
    encode_context(context)  # lengths of ids, order of recipients
    return context


def _check_attachment(attachment: Attachment) -> None:
    if len(attachment.sha256) != 32:
        raise FrankingError("malformed", "the SHA-256 of an attachment is 32 bytes")
    if len(attachment.key) != KEY_BYTES:
        raise FrankingError("key_length", f"the key of an attachment is {KEY_BYTES} bytes")


def _field(data: bytes) -> bytes:
    return _count(len(data)) + data


def _count(number: int) -> bytes:
    return struct.pack(">I", number)


def _number(number: int) -> bytes:
    if not 0 <= number <= MOST_NUMBER:
        raise FrankingError("malformed", "a number is between 0 and 2^53 - 1")
    return struct.pack(">Q", number)


def _id(text: str) -> bytes:
    data = _utf8(text, LONGEST_ID)
    if not data:
        raise FrankingError("malformed", "an id is empty")
    return _field(data)


def _utf8(text: str, longest: int) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise FrankingError("malformed", "half a surrogate pair is no text") from None
    if len(data) > longest:
        raise FrankingError("malformed", f"longer than {longest:,} bytes")
    return data


class _Reader:
    """Reads fields one after the other."""

    def __init__(self, data: bytes, name: bytes) -> None:
        self._data, self._at = data, 0
        if self.bytes(len(name)) != name:
            raise FrankingError("malformed", f"this does not begin as {name.decode()}")

    def _take(self, length: int) -> bytes:
        part = self._data[self._at : self._at + length]
        if len(part) != length:
            raise FrankingError("malformed", "the bytes break off")
        self._at += length
        return part

    def _count(self, most: int) -> int:
        number: int = struct.unpack(">I", self._take(4))[0]
        if number > most:
            raise FrankingError("malformed", f"a length or count is above {most:,}")
        return number

    def bytes(self, longest: int) -> bytes:
        return self._take(self._count(longest))

    def text(self, longest: int) -> str:
        try:
            return self.bytes(longest).decode()
        except UnicodeDecodeError:
            raise FrankingError("malformed", "a text is not UTF-8") from None

    def items(self, most: int, read: Callable[[], Item]) -> tuple[Item, ...]:
        return tuple(read() for _ in range(self._count(most)))

    def number(self) -> int:
        number: int = struct.unpack(">Q", self._take(8))[0]
        if number > MOST_NUMBER:
            raise FrankingError("malformed", "a number is above 2^53 - 1")
        return number

    def end(self) -> None:
        if self._at != len(self._data):
            raise FrankingError("malformed", "bytes are left over")
