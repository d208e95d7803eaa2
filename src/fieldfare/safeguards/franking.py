"""Franking: a recipient of an encrypted message can prove to the service what was sent.

The sender commits to the message with a key that travels inside it; the service, which sees only
the commitment, tags it together with who sent what to whom and when, and keeps nothing. Whoever
received the message can show it to the service, which makes both anew. After Facebook's message
franking as analysed by Grubbs, Lu and Ristenpart, "Message Franking via Committing Authenticated
Encryption" (CRYPTO 2017, eprint 2017/664); attachments by hash and key of the ciphertext, for what
Dodis, Grubbs, Ristenpart and Woodage found in its attachments (CRYPTO 2018, eprint 2019/016).

    sender      commitment = commit(opening)               sends E(opening), commitment
    service     tag = make_tag(ring, commitment, context)  passes on these, context, tag
    recipient   Inbox.receive(opening, commitment, context), before anything is shown
    report      check_report(ring, reporter, franked messages)

What is and is not proved, and to whom: ``docs/franking.md``.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, Literal

from fieldfare.safeguards.franking_encoding import (
    KEY_BYTES,
    LONGEST_BODY,
    TAG_BYTES,
    Attachment,
    Context,
    FrankingError,
    Opening,
    Reason,
    decode_context,
    decode_opening,
    encode_context,
    encode_opening,
)
from fieldfare.vocabulary.keys import KeyRing

__all__ = [
    "KEY_BYTES",
    "LONGEST_BODY",
    "TAG_BYTES",
    "Attachment",
    "Checked",
    "Context",
    "Franked",
    "FrankingError",
    "Gap",
    "Inbox",
    "Opening",
    "Reason",
    "ReportCheck",
    "Standing",
    "check_attachment",
    "check_report",
    "commit",
    "decode_context",
    "decode_opening",
    "encode_context",
    "encode_opening",
    "frank_file",
    "make_tag",
    "new_key",
    "verify",
]

VARIABLE: Final = "FIELDFARE_FRANKING_KEYS"
"""The ring of the service's keys, where no file is given (`vocabulary.keys.load`)."""

_TAG: Final = b"frank-v1"

Standing = Literal["verified", "unverified", "failed"]
"""verified: the service passed on exactly this, then, between these. unverified: nothing speaks
against it and nothing for it: it came without franking, or its key is no longer kept. failed: what
was shown is not what was passed on, or is no franked message."""


@dataclass(frozen=True)
class Franked:
    """One message as a recipient kept it, in the canonical bytes."""

    opening: bytes = field(repr=False)
    context: bytes = field(repr=False)
    tag: bytes


def new_key() -> bytes:
    """A key for one message: 32 bytes from the operating system."""
    return os.urandom(KEY_BYTES)


def commit(opening: Opening) -> bytes:
    """The commitment, 32 bytes: HMAC-SHA256 of the message under its own key. Raises FrankingError
    where the key is not 32 bytes: HMAC fills shorter ones up with zeros and hashes longer ones, so
    that with another length two keys would open one commitment."""
    return hmac.digest(opening.key, encode_opening(opening), "sha256")


def make_tag(ring: KeyRing, commitment: bytes, context: Context) -> bytes:
    """The service's tag, 32 bytes, over a commitment and what it saw of the message. Raises
    FrankingError for a key that the ring does not hold, or another length of the commitment."""
    if len(commitment) != TAG_BYTES:
        raise FrankingError("malformed", f"a commitment is {TAG_BYTES} bytes")
    key = ring.keys.get(context.key_id)
    if key is None:
        raise FrankingError("unknown_key", "the key ring has no key with this id")
    return hmac.digest(key, _TAG + commitment + encode_context(context), "sha256")


def verify(ring: KeyRing, franked: Franked, reporter: str | None = None) -> tuple[Opening, Context]:
    """The message and its context, where the service did tag this message in this context; with
    `reporter`, where that is its sender or a recipient. Raises FrankingError, saying why not."""
    opening, context = decode_opening(franked.opening), decode_context(franked.context)
    if len(franked.tag) != TAG_BYTES:
        raise FrankingError("malformed", f"a tag is {TAG_BYTES} bytes")
    _same_message(opening, context)
    if not hmac.compare_digest(make_tag(ring, commit(opening), context), franked.tag):
        raise FrankingError("tag_mismatch", "the service did not tag this message in this context")
    if reporter is not None and reporter not in (context.sender, *context.recipients):
        raise FrankingError("not_a_party", "the reporter neither sent nor received this message")
    return opening, context


def frank_file(ciphertext: bytes, key: bytes) -> Attachment:
    """An attachment as a message commits to it."""
    return Attachment(hashlib.sha256(ciphertext).digest(), key)


def check_attachment(attachment: Attachment, ciphertext: bytes) -> None:
    """Raises FrankingError where the ciphertext is not the one that was franked. To be called
    before it is decrypted."""
    if not hmac.compare_digest(hashlib.sha256(ciphertext).digest(), attachment.sha256):
        raise FrankingError("attachment_mismatch", "this is not the file that was sent")


class Inbox:
    """What one account's device checks of the messages of one conversation before it shows them.

    A message that fails could never be reported, so it is not shown. One that comes late is taken,
    and belongs where its `seq` puts it; `missing` are the numbers that have not come. They are not
    refused for that: whoever delays one message must not be able to silence all later ones.
    """

    def __init__(self, account: str, conversation: str, first: int = 1) -> None:
        """`first` is the number of the first message the account is to see."""
        self._account, self._conversation = account, conversation
        self._next = first
        self.missing: set[int] = set()
        self._ids: set[str] = set()

    def receive(self, opening: bytes, commitment: bytes, context: bytes) -> tuple[Opening, Context]:
        """The message, to be shown and kept. Raises FrankingError: do not show it."""
        said, seen = decode_opening(opening), decode_context(context)
        if not hmac.compare_digest(commit(said), commitment):
            raise FrankingError("commitment_mismatch", "the sender committed to something else")
        _same_message(said, seen)
        if said.conversation != self._conversation:
            raise FrankingError("context_mismatch", "the message is of another conversation")
        if self._account not in seen.recipients:
            raise FrankingError("not_a_party", "the message was not sent to this account")
        if said.id in self._ids or (seen.seq < self._next and seen.seq not in self.missing):
            raise FrankingError("replayed", "this message, or one in its place, was received")
        self._ids.add(said.id)
        self.missing.update(range(self._next, min(seen.seq, self._next + _MOST_MISSING)))
        self.missing.discard(seen.seq)
        self._next = max(self._next, seen.seq + 1)
        return said, seen


_MOST_MISSING: Final = 10_000
"""Numbers of messages remembered as missing at one jump."""


@dataclass(frozen=True)
class Checked:
    """One message of a report, and what it is worth."""

    number: int
    """Place in the report as it was made, from 0."""
    standing: Standing
    reason: Reason | None
    """Why it is not verified."""
    opening: Opening | None = None
    context: Context | None = None
    """Both where the bytes could be read; of a message that is not verified they prove nothing."""
    opening_sha256: str | None = None
    """Hex, of the bytes shown."""


@dataclass(frozen=True)
class Gap:
    """Messages between two reported ones that were left out. That says nothing of why."""

    conversation: str
    after: int
    """`seq` of the reported message before the gap."""
    before: int
    """`seq` of the reported message behind it."""

    @property
    def messages(self) -> int:
        """How many were left out."""
        return self.before - self.after - 1


@dataclass(frozen=True)
class ReportCheck:
    """What a report is worth, message by message."""

    messages: tuple[Checked, ...]
    """Verified ones first, by conversation and `seq`, whatever order they were reported in."""
    gaps: tuple[Gap, ...]
    reordered: bool
    """The report showed verified messages of a conversation in another order than that sent."""

    def count(self, standing: Standing) -> int:
        """How many messages stand so."""
        return sum(each.standing == standing for each in self.messages)


def check_report(ring: KeyRing, reporter: str, reported: Sequence[Franked]) -> ReportCheck:
    """Each message of a report with its standing, and what was left out between them. What comes
    before the first and behind the last reported message cannot be seen."""
    checked = []
    seen: set[tuple[str, int]] = set()
    for number, franked in enumerate(reported):
        each = _check(ring, reporter, number, franked)
        if each.standing == "verified" and each.context is not None:
            place = (each.context.conversation, each.context.seq)
            if place in seen:
                each = Checked(number, "failed", "replayed", opening_sha256=each.opening_sha256)
            seen.add(place)
        checked.append(each)
    verified = [(each, each.context) for each in checked if each.standing == "verified"]
    placed = [(each, context) for each, context in verified if context is not None]
    placed.sort(key=lambda pair: (pair[1].conversation, pair[1].seq))
    return ReportCheck(
        messages=(
            *(each for each, _ in placed),
            *(each for each in checked if each.standing != "verified"),
        ),
        gaps=tuple(_gaps([context for _, context in placed])),
        reordered=any(
            one[0].number > other[0].number and one[1].conversation == other[1].conversation
            for one, other in pairwise(placed)
        ),
    )


def _check(ring: KeyRing, reporter: str, number: int, franked: Franked) -> Checked:
    digest = hashlib.sha256(franked.opening).hexdigest()
    try:
        opening, context = verify(ring, franked, reporter)
    except FrankingError as error:
        standing: Standing = "unverified" if error.reason == "unknown_key" else "failed"
        return Checked(number, standing, error.reason, *_readable(franked), digest)
    return Checked(number, "verified", None, opening, context, digest)


def _readable(franked: Franked) -> tuple[Opening | None, Context | None]:
    try:
        return decode_opening(franked.opening), decode_context(franked.context)
    except FrankingError:
        return None, None


def _gaps(contexts: Iterable[Context]) -> Iterable[Gap]:
    before: Context | None = None
    for each in contexts:
        if (
            before is not None
            and before.conversation == each.conversation
            and each.seq > before.seq + 1
        ):
            yield Gap(each.conversation, before.seq, each.seq)
        before = each


def _same_message(opening: Opening, context: Context) -> None:
    ours = (opening.conversation, opening.id, opening.sender)
    if ours != (context.conversation, context.id, context.sender):
        raise FrankingError("context_mismatch", "message and context do not belong together")
