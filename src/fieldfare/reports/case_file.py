"""The case file: one frozen, typed view of a case. Every report, pack, bag and document is built
from it, so that they say the same.

`open_case_file` reads it through the store, as an actor with the permission to export, and the
audit says so. It holds no message: `CaseFile.conversations` reads them page by page, so that a
case of 200,000 messages takes no more memory than one of two hundred. Times are int64
microseconds UTC.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Final

from fieldfare.cases import Actor, CaseStore
from fieldfare.cases.exporting import CaseExport
from fieldfare.cases.records import (
    Assessment,
    AuditEntry,
    Authority,
    Change,
    Child,
    Decision,
    Message,
    Notice,
    Reason,
    Viewer,
)
from fieldfare.scan.snapshot import SeenChild, SeenMedia, SeenSource, Span

UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class Suspect:
    """The account the case is about. "Suspect" is a word of the field; no court has spoken."""

    account: str
    name: str | None
    age: float | None
    """Years."""
    age_basis: str
    country: str | None
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledChild(SeenChild):
    """A probable child that the account exchanged private messages with: as detection saw it, with
    its place in this file."""

    number: int
    """From 1, in the order of first contact."""
    messages: int
    """Messages of the conversation in this file; may be fewer than sent and received."""

    @staticmethod
    def of(child: SeenChild, number: int, messages: int) -> FiledChild:
        """A child that was seen, in its place."""
        seen = {each.name: getattr(child, each.name) for each in fields(SeenChild)}
        return FiledChild(**seen, number=number, messages=messages)

    @property
    def pseudonym(self) -> str:
        """What the child is called where it must not be named."""
        return f"Child {self.number}"


@dataclass(frozen=True, slots=True)
class FiledMessage:
    """One message."""

    number: int
    """From 1, in the order of `CaseFile.conversations`: a reference within this file."""
    id: str | None
    """The service's."""
    case_id: int
    """The case database's."""
    child: str
    sender: str
    recipients: tuple[str, ...]
    from_account: bool
    sent_at: int
    zone: str
    """How the time became UTC: utc, offset, assumed, unknown."""
    raw_time: str
    """The time as it stood in the source; empty where it was a number or is not kept."""
    text: str | None
    """None: nothing to read, or redacted."""
    redacted: bool
    indicators: tuple[str, ...]
    spans: tuple[Span, ...]
    media: tuple[SeenMedia, ...]
    source: SeenSource | None
    """File, member, record; None where it is not kept."""
    origin: str
    """The same in words."""


@dataclass(frozen=True)
class Conversation:
    """The private messages between the account and one child, in order of time."""

    child: FiledChild
    messages: Iterator[FiledMessage]
    """Can be gone through once, before the next conversation is asked for."""


@dataclass(frozen=True)
class CaseFile:
    """A case as it was at `taken_at`."""

    reference: str
    """``C-12``."""
    case: int
    version: int
    state: str
    opened_by: str
    """policy, report, reviewer or scan."""
    opened_at: int
    level: str
    """Of urgency."""
    signs: tuple[str, ...]
    tags: tuple[str, ...]
    taken_at: int
    taken_by: str
    purpose: str
    authority: Authority | None
    """The decision or export by two people; None: a draft, which has to say so."""
    suspect: Suspect
    band: str
    probability: float
    """Of grooming, by the scorecard; what that is worth is in the scorecard's basis."""
    as_of: int
    """The end of the material."""
    first_flagged_at: int | None
    children_when_flagged: int | None
    scorecard: str
    """Version and SHA-256."""
    language: str
    """Fingerprint of the language model; empty where no text was read."""
    reasons: tuple[Reason, ...]
    history: tuple[Assessment, ...]
    children: tuple[FiledChild, ...]
    """In the order of first contact."""
    ties: tuple[tuple[str, str], ...]
    """Pairs of the children who wrote to one another."""
    notices: tuple[Notice, ...]
    linked: tuple[str, ...]
    decisions: tuple[Decision, ...]
    changes: tuple[Change, ...]
    viewers: tuple[Viewer, ...]
    snapshot_sha256: str
    """Of the newest snapshot, as it was handed over."""
    message_count: int
    messages_left_out: int
    """Beyond what a snapshot holds."""
    messages_redacted: int
    trail_entry: AuditEntry
    """Of the audit: that this file was taken; the last one of `trail`."""
    trail_end: str
    """Running hash of the trail (`cases.exporting.link`)."""
    _export: CaseExport

    @property
    def is_draft(self) -> bool:
        """Two people have not agreed that this leaves the house."""
        return self.authority is None

    def conversations(self) -> Iterator[Conversation]:
        """Every conversation, in the order of `children`. May be called several times."""
        number = 0

        def filed(child: FiledChild) -> Iterator[FiledMessage]:
            nonlocal number
            for message in self._export.messages(child.account):
                number += 1
                yield _filed(message, number, self.suspect.account)

        for child in self.children:
            if child.messages:
                yield Conversation(child, filed(child))

    def messages(self) -> Iterator[FiledMessage]:
        """Every message, conversation by conversation."""
        for conversation in self.conversations():
            yield from conversation.messages

    def trail(self) -> Iterator[AuditEntry]:
        """What the audit holds of this case, up to `trail_entry`."""
        return self._export.trail()


def open_case_file(
    store: CaseStore, actor: Actor, case: int, purpose: str, *, draft: bool = False
) -> CaseFile:
    """Take a case out of the store. Goes into the audit with its purpose.

    Raises NotAllowed without the permission, NotFound, WrongState where two people have not
    agreed and it is no `draft`, KeyMissing where text is under a key that is not given."""
    export = store.export_case(actor, case, purpose, draft=draft)
    found, newest = export.case, export.snapshots[-1]
    summary = found.summary
    return CaseFile(
        reference=summary.reference,
        case=summary.id,
        version=summary.version,
        state=summary.state,
        opened_by=summary.origin,
        opened_at=summary.opened_at,
        level=summary.level,
        signs=summary.signs,
        tags=summary.tags,
        taken_at=export.taken_at,
        taken_by=export.by,
        purpose=purpose,
        authority=export.authority,
        suspect=Suspect(summary.account, newest.name, newest.age, newest.age_basis, newest.country),
        band=newest.band,
        probability=newest.probability,
        as_of=newest.as_of,
        first_flagged_at=newest.first_flagged_at,
        children_when_flagged=newest.children_when_flagged,
        scorecard=newest.scorecard,
        language=newest.language,
        reasons=newest.reasons,
        history=found.assessments,
        children=_children(export),
        ties=newest.ties,
        notices=newest.notices,
        linked=found.linked,
        decisions=found.decisions,
        changes=found.changes,
        viewers=export.viewers,
        snapshot_sha256=found.snapshot_sha256,
        message_count=sum(export.counts.values()),
        messages_left_out=found.messages_left_out,
        messages_redacted=export.redacted,
        trail_entry=export.entry,
        trail_end=export.trail_end,
        _export=export,
    )


def _children(export: CaseExport) -> tuple[FiledChild, ...]:
    """The children of all snapshots, as the newest that knows each says."""
    known: dict[str, Child] = {}
    for snapshot in export.snapshots:
        known |= {child.account: child for child in snapshot.children}
    ordered = sorted(known.values(), key=lambda child: (child.contacted_at, child.account))
    return tuple(
        FiledChild.of(child, number, export.counts.get(child.account, 0))
        for number, child in enumerate(ordered, 1)
    )


def _filed(message: Message, number: int, account: str) -> FiledMessage:
    source = message.source
    sender, recipient = (
        (account, message.child) if message.from_account else (message.child, account)
    )
    return FiledMessage(
        number=number,
        id=message.message,
        case_id=message.id,
        child=message.child,
        sender=sender,
        recipients=(recipient,),
        from_account=message.from_account,
        sent_at=message.sent_at,
        zone=(source.tz_basis if source else "") or UNKNOWN,
        raw_time=source.raw_time if source else "",
        text=message.text,
        redacted=message.redacted,
        indicators=message.indicators,
        spans=message.spans,
        media=message.media,
        source=source,
        origin=message.origin,
    )
