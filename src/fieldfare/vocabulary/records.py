"""Typed records, one for each word. These are also the JSON Lines form: one object a line,
told apart by its ``type``. Times are ISO 8601 with an offset, or integer microseconds UTC.

Only the fields without a default are required. Fields nobody knows are left out or null;
nothing is invented for them.
"""

from __future__ import annotations

from typing import Literal

import msgspec

AgeSource = Literal["verified", "declared", "inferred"]
"""Where a given age comes from: checked by the service (document, estimation), typed in by the
user, or inferred by the service. Ages stated in messages are found by Fieldfare itself."""

Role = Literal["member", "creator", "business", "support", "moderator"]
"""What an account does on the service, as its operator states: a verified creator, a business or a
support desk that customers write to, a moderator or other staff who write to members in the
service's name; `member` for everyone else, or one who is none of these any more. Never what an
account says of itself."""

MediaKind = Literal[
    "photo", "video", "audio", "file", "sticker", "gif", "link", "location", "contact", "call"
]

TimeZoneBasis = Literal["utc", "offset", "assumed", "unknown"]
"""How a raw timestamp became UTC: it was UTC, carried an offset, was read in a zone the
operator named, or nothing is known (read as UTC, and said so)."""


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where a record was read: enough for another person to find it again."""

    source: str
    """Path of the file, folder or ZIP as given on the command line."""
    member: str = ""
    """Path inside the folder or ZIP; empty for a single file."""
    locator: str = ""
    """Place inside the member: ``line 12``, ``row 3``, ``messages[7]``."""
    raw_time: str = ""
    """The timestamp as it stood in the source."""
    tz_basis: TimeZoneBasis = "utc"
    warnings: tuple[str, ...] = ()
    """What was odd about this record, in a word or two each (``edited``, ``deleted``)."""


class Account(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="account", tag_field="type"
):
    """A person's account on the service. `id` is the only thing that must be known."""

    id: str
    name: str | None = None
    age: float | None = None
    """Years, 0–120. Give this or `birth_date`, not both."""
    birth_date: str | None = None
    """``YYYY-MM-DD``."""
    age_source: AgeSource | None = None
    age_confidence: float | None = None
    """Probability, 0–1, that the given age is on the right side of the age of majority.
    Left out, it follows from `age_source` (see the age settings)."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    country_source: str | None = None
    """The basis of `country`: ``declared``, ``phone``, ``ip``, ``billing``, …"""
    time_zone: str | None = None
    """IANA name, ``Asia/Manila``."""
    created_at: int | str | None = None
    role: Role | None = None
    role_source: str | None = None
    """Where the operator knows it from: ``staff_directory``, ``contract``, ``verification``, …"""
    origin: Origin | None = None


class Media(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something sent that is not text; never its content, at most its hash."""

    kind: MediaKind
    hash: str | None = None
    """``algorithm:hex`` as the service has it, e.g. ``sha256:9f86…``."""


class Message(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="message", tag_field="type"
):
    """One message, as the service knows it. `text` is null where the service cannot see it."""

    id: str | None = None
    """Unique in the service; a repeated id counts once. Without one, nothing is deduplicated."""
    conversation: str | None = None
    kind: Literal["private", "group"] = "private"
    sender: str
    recipients: tuple[str, ...]
    """Everyone it was sent to, without the sender."""
    sent_at: int | str
    text: str | None = None
    media: tuple[Media, ...] = ()
    encrypted: bool = False
    """True where the service cannot read it (end-to-end encryption)."""
    origin: Origin | None = None


class Connection(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    omit_defaults=True,
    tag="connection",
    tag_field="type",
):
    """Two accounts are friends, followers of each other, or in each other's contacts."""

    account: str
    peer: str
    connected_at: int | str
    origin: Origin | None = None


class Notice(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="notice", tag_field="type"
):
    """What `account` said about `peer` by an act: it blocked or reported it, asked it to
    connect, or accepted or declined such a request of the peer's."""

    id: str | None = None
    kind: Literal["block", "report", "request", "accept", "decline"]
    account: str
    peer: str
    at: int | str
    origin: Origin | None = None


Record = Account | Message | Connection | Notice
