"""What leaves this room: typed, frozen records. Times are int64 microseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from fieldfare.scan.snapshot import (
    SeenChild,
    SeenMedia,
    SeenNotice,
    SeenReason,
    SeenSource,
    Span,
)

Origin = Literal["policy", "report", "reviewer", "scan"]
"""What opened a case: the policy of the live service, a user's report, a reviewer, a scan."""

Child = SeenChild
"""A probable child in a case, as in its snapshot."""
Reason = SeenReason
Notice = SeenNotice


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case as a row of the queue. Holds no text."""

    id: int
    version: int
    """Counts up with every change; a decision names the one it rests on."""
    account: str
    state: str
    origin: Origin
    band: str
    probability: float
    level: str
    """Of urgency; see ``urgency.toml``."""
    rank: int
    """0 is the gravest level."""
    signs: tuple[str, ...]
    """Ids of what makes it urgent."""
    children: int
    """Probable children it wrote to."""
    youngest: float | None
    """Years."""
    countries: tuple[str, ...]
    """Of the children, most first."""
    opened_at: int
    due_at: int
    """By when somebody has to have looked."""
    updated_at: int
    claimed_by: str | None
    lease_until: int | None
    """Until then nobody else can claim it."""
    tags: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The name of a case outside this room."""
        return f"C-{self.id}"


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a case, as a sentence without text of messages or notes."""

    version: int
    """The one it made."""
    at: int
    by: str
    what: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """What detection said at a moment: a point of the history of a case."""

    as_of: int
    taken_at: int
    band: str
    probability: float
    scorecard: str


@dataclass(frozen=True, slots=True)
class Note:
    """A note. `text` is what a person wrote; it is encrypted at rest."""

    id: int
    at: int
    by: str
    text: str
    mentions: tuple[str, ...]
    """Users named with ``@name``."""


@dataclass(frozen=True, slots=True)
class Task:
    """Something to be done about a case, by somebody."""

    id: int
    case: int
    at: int
    by: str
    text: str
    assigned_to: str | None
    due_at: int | None
    done_at: int | None
    done_by: str | None


DecisionStatus = Literal["proposed", "stands", "refused", "withdrawn", "undone"]


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision on a case."""

    id: int
    case: int
    action: str
    reasons: tuple[str, ...]
    rationale: str
    """Words of the one who decided; may be empty."""
    at: int
    by: str
    status: DecisionStatus
    second: str | None
    """Who agreed or refused."""
    second_at: int | None
    second_rationale: str
    effective_at: int | None
    """When it has effect outside; until then it can be undone. None: not in force."""
    blind: bool = False
    """Of a blind second review: it has no effect, and serves to measure agreement."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. `text` stays masked (None) until it is revealed."""

    id: int
    """In this case; not the service's."""
    message: str | None
    """The service's id."""
    child: str
    from_account: bool
    sent_at: int
    indicators: tuple[str, ...]
    spans: tuple[Span, ...]
    length: int | None
    """Characters of the text; None where there is none to reveal."""
    origin: str
    redacted: bool = False
    text: str | None = None
    source: SeenSource | None = None
    media: tuple[SeenMedia, ...] = ()
    standing: str = ""
    """Of a reported message: verified, unverified or failed."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """What is kept of a message beside its text: for those who must find it again."""

    source: SeenSource | None = None
    media: tuple[SeenMedia, ...] = ()
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Authority:
    """What lets a case leave the house: a decision to report, or an export, by two people."""

    kind: Literal["decision", "export"]
    id: int
    """Of the decision, or of the proposal."""
    what: str
    """The action decided; empty for an export."""
    by: str
    at: int
    second: str
    second_at: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """What one person saw of a case, by the audit."""

    user: str
    views: int
    """How often the case was looked at."""
    revealed: int
    """Texts shown; a text shown twice counts twice."""
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class Case:
    """All of a case but its messages."""

    summary: CaseSummary
    name: str | None
    age: float | None
    age_basis: str
    country: str | None
    as_of: int
    """The end of the material."""
    first_flagged_at: int | None
    scorecard: str
    snapshot_sha256: str
    reasons: tuple[Reason, ...]
    children: tuple[Child, ...]
    ties: tuple[tuple[str, str], ...]
    """Pairs of children who know one another."""
    notices: tuple[Notice, ...]
    linked: tuple[str, ...]
    """Accounts that people or detection think to be the same person's."""
    messages: int
    messages_left_out: int
    assessments: tuple[Assessment, ...]
    notes: tuple[Note, ...]
    tasks: tuple[Task, ...]
    decisions: tuple[Decision, ...]
    changes: tuple[Change, ...]
    blind: bool = False
    """Looked at for a blind second review: decisions, notes, tags and changes are left out."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the queue is wanted; what is left out does not matter."""

    states: tuple[str, ...] = ()
    """Default: those in which somebody has something to do."""
    levels: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Any of them."""
    claimed_by: str | None = None
    unclaimed: bool = False
    """Nobody has a lease."""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue."""

    cases: tuple[CaseSummary, ...]
    next: str | None
    """Cursor of the next page."""


ProposalKind = Literal[
    "decision", "export", "unredact", "policy", "scorecard", "hold_release", "destruction"
]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that takes two people. The second is never the first."""

    id: int
    kind: ProposalKind
    case: int | None
    decision: int | None
    """Of a proposal of kind ``decision``."""
    payload: dict[str, Any]
    """What exactly is proposed."""
    at: int
    by: str
    status: Literal["open", "approved", "refused", "withdrawn"]
    second: str | None
    second_at: int | None
    reason: str
    """Why it was refused, or what was said in approving."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry of the audit."""

    number: int
    at: int
    user: str
    session: str
    action: str
    case: int | None
    detail: dict[str, Any]
    """Never text of messages, notes or searches."""
    previous: str
    """Hash of the entry before; of the first, 64 zeros."""
    hash: str
    """SHA-256 of the canonical JSON of all of the above, in hex."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in."""

    name: str
    roles: frozenset[str]
    created_at: int
    disabled: bool
    locked_until: int | None
    totp: bool
    """Has a second factor."""


@dataclass(frozen=True, slots=True)
class SavedSearch:
    """A search under a name. Its own user's only."""

    id: int
    name: str
    query: str
    filters: Filters


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found."""

    cases: tuple[CaseSummary, ...]
    matched: dict[int, tuple[str, ...]] = field(default_factory=dict)
    """By case: account, child, linked, indicator, tag, text, note."""
    complete: bool = True
    """False: there was more text than is read for one search."""


@dataclass(frozen=True, slots=True)
class BulkResult:
    """What a bulk action did, or would do."""

    dry_run: bool
    done: tuple[int, ...]
    refused: dict[int, str]
    """By case, why not."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """What a person had to see since a moment."""

    user: str
    since: int
    cases: int
    revealed: int
    """Messages whose text was shown; each counted once a case."""
    grave: int
    """Of those, messages with an indicator of the gravest stages (`reading.GRAVE`)."""
    break_due: bool
    """By `StoreSettings.break_after_revealed`: suggest a pause, never enforce it."""


@dataclass(frozen=True, slots=True)
class Member:
    """One of the team."""

    user: str
    claimed: int
    """Cases under a lease now."""
    exposure: Exposure


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far blind second reviews agree with first decisions, by their labels."""

    pairs: int
    agreed: int
    kappa: float | None
    """Cohen's kappa; None with fewer than two pairs or where chance alone agrees."""
    table: dict[tuple[str, str], int]
    """(label of the first, label of the second): how often."""


@dataclass(frozen=True, slots=True)
class Label:
    """What people found about an account, for ``fieldfare calibrate``."""

    account: str
    decision: Literal["confirmed", "dismissed"]
    decided_at: int
    case: int
