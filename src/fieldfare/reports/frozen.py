"""A case file as it is written down: what `case.json` and `messages.jsonl` of an evidence bag hold.

Everything else in a bag is made of these two, and so is a redacted copy: made of the same two after
the children's names are out. Times are int64 microseconds UTC; beside each message's stands the
same in ISO 8601.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from fieldfare.cases.records import (
    Assessment,
    Authority,
    Change,
    Decision,
    Notice,
    Reason,
    Viewer,
)
from fieldfare.reports.case_file import CaseFile, FiledChild, FiledMessage, Suspect
from fieldfare.scan.snapshot import SeenMedia, SeenSource, Span
from fieldfare.vocabulary.times import isoformat

FORMAT: Final = "fieldfare-bag-1"
"""Names the format of `case.json` and `messages.jsonl`, and its version."""


class FrozenMessage(msgspec.Struct, frozen=True):
    """See `case_file.FiledMessage`."""

    number: int
    conversation: int
    """`FiledChild.number`."""
    id: str | None
    case_id: int
    sender: str
    recipients: tuple[str, ...]
    from_account: bool
    sent_at: int
    sent_at_utc: str
    zone: str
    raw_time: str
    text: str | None
    redacted: bool
    indicators: tuple[str, ...]
    spans: tuple[Span, ...]
    media: tuple[SeenMedia, ...]
    source: SeenSource | None
    origin: str


class FrozenCase(msgspec.Struct, frozen=True, kw_only=True):
    """See `case_file.CaseFile`."""

    format: Literal["fieldfare-bag-1"] = FORMAT
    reference: str
    case: int
    version: int
    state: str
    opened_by: str
    opened_at: int
    level: str
    signs: tuple[str, ...]
    tags: tuple[str, ...]
    taken_at: int
    taken_by: str
    purpose: str
    authority: Authority | None
    """None: a draft."""
    suspect: Suspect
    band: str
    probability: float
    as_of: int
    first_flagged_at: int | None
    children_when_flagged: int | None
    scorecard: str
    language: str
    reasons: tuple[Reason, ...]
    history: tuple[Assessment, ...]
    children: tuple[FiledChild, ...]
    ties: tuple[tuple[str, str], ...]
    notices: tuple[Notice, ...]
    linked: tuple[str, ...]
    decisions: tuple[Decision, ...]
    changes: tuple[Change, ...]
    viewers: tuple[Viewer, ...]
    snapshot_sha256: str
    message_count: int
    messages_left_out: int
    messages_redacted: int
    trail_entry: int
    """Number of the audit's entry that says this was taken."""
    trail_entry_hash: str
    trail_end: str
    subject: Literal["case", "investigation"] = "case"
    """What it is about: an account of the service's, or a suspect's archives."""
    redacted_from: str | None = None
    """SHA-256 of the tag manifest of the bag that this is a redacted copy of."""

    @property
    def is_draft(self) -> bool:
        """Two people have not agreed that this leaves the house; of an investigation, which is the
        officers' own, that is not asked."""
        return self.authority is None and self.subject == "case"

    @property
    def notice(self) -> str:
        """What stands at the foot of every page made of it."""
        if self.redacted_from is not None:
            return "Redacted copy. Confidential."
        if self.is_draft:
            return "DRAFT: two people have not agreed to this. Confidential."
        return "Confidential: names children."


_SAME: Final = frozenset(FrozenCase.__struct_fields__) & {
    field.name for field in dataclasses.fields(CaseFile)
}


def freeze(case_file: CaseFile) -> FrozenCase:
    """A case file without its messages and its trail."""
    values: dict[str, Any] = {name: getattr(case_file, name) for name in _SAME}
    values["trail_entry"] = case_file.trail_entry.number
    values["trail_entry_hash"] = case_file.trail_entry.hash
    return FrozenCase(**values)


def freeze_messages(case_file: CaseFile) -> Iterator[FrozenMessage]:
    """Its messages, conversation by conversation."""
    for conversation in case_file.conversations():
        number = conversation.child.number
        for message in conversation.messages:
            yield _freeze_message(message, number)


def _freeze_message(message: FiledMessage, conversation: int) -> FrozenMessage:
    return FrozenMessage(
        message.number,
        conversation,
        message.id,
        message.case_id,
        message.sender,
        message.recipients,
        message.from_account,
        message.sent_at,
        isoformat(message.sent_at),
        message.zone,
        message.raw_time,
        None if message.text is None else _whole(message.text),
        message.redacted,
        message.indicators,
        message.spans,
        message.media,
        message.source,
        message.origin,
    )


def _whole(text: str) -> str:
    """The text as UTF-8 can hold it: half of a surrogate pair, as a cut emoji leaves it, becomes
    the sign for what cannot be shown."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
