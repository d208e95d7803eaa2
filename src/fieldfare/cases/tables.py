"""The tables, as they are now. How they came about is in ``migrations/``; a test holds that the
two agree. Columns of type LargeBinary are sealed by `vault`."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata: Final = MetaData()

Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts up INTEGER keys only."""


def number() -> Column[int]:
    """The key of a table, counted up."""
    return Column("id", Key, primary_key=True, autoincrement=True)


def of_case() -> Column[int]:
    """The case that a row belongs to, and goes with."""
    return Column("case_id", Key, ForeignKey("review_cases.id", ondelete="CASCADE"), nullable=False)


cases = Table(
    "review_cases",
    metadata,
    number(),
    Column("version", Integer, nullable=False),
    Column("account", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("origin", Text, nullable=False),
    Column("band", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("rank", Integer, nullable=False),
    Column("level", Text, nullable=False),
    Column("signs", Text, nullable=False),
    Column("children", Integer, nullable=False),
    Column("youngest", Float),
    Column("countries", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("claimed_by", Text),
    Column("lease_until", BigInteger),
    # One open case an account: the id while open, null when closed.
    Column("open_account", Text, unique=True),
    # When its content was destroyed (`destroying`); what is left is its reference.
    Column("content_destroyed_at", BigInteger),
    # The order of the queue.
    Index("review_cases_queue", "is_open", "rank", "due_at", "id"),
    Index("review_cases_state", "state", "rank", "due_at", "id"),
    Index("review_cases_account", "account"),
    Index("review_cases_claimed", "claimed_by"),
)

snapshots = Table(
    "review_snapshots",
    metadata,
    number(),
    of_case(),
    Column("taken_at", BigInteger, nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("band", Text, nullable=False),
    Column("probability", Float, nullable=False),
    Column("scorecard", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("case_id", "sha256", name="review_snapshots_once"),
)

messages = Table(
    "review_messages",
    metadata,
    number(),
    of_case(),
    Column("snapshot_id", Key, ForeignKey("review_snapshots.id", ondelete="CASCADE")),
    Column("message", Text),
    Column("child", Text, nullable=False),
    Column("from_account", Boolean, nullable=False),
    Column("sent_at", BigInteger, nullable=False),
    Column("indicators", Text, nullable=False),
    Column("spans", Text, nullable=False),
    Column("length", Integer),
    Column("origin", Text, nullable=False),
    Column("redacted", Boolean, nullable=False),
    Column("body", LargeBinary),
    # JSON of its source in parts and its media; null where there is neither.
    Column("particulars", Text),
    Index("review_messages_child", "case_id", "child", "sent_at", "id"),
    Index("review_messages_time", "case_id", "sent_at", "id"),
)

people = Table(
    "review_people",
    metadata,
    of_case(),
    Column("account", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("added_by", Text),
    UniqueConstraint("case_id", "account", "part", name="review_people_once"),
    Index("review_people_account", "account"),
)
"""Other accounts of a case: its children, and linked accounts."""

indicators = Table(
    "review_indicators",
    metadata,
    of_case(),
    Column("indicator", Text, nullable=False),
    UniqueConstraint("case_id", "indicator", name="review_indicators_once"),
    Index("review_indicators_indicator", "indicator"),
)

changes = Table(
    "review_changes",
    metadata,
    number(),
    of_case(),
    Column("version", Integer, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("what", Text, nullable=False),
    Index("review_changes_case", "case_id", "version"),
)

tags = Table(
    "review_tags",
    metadata,
    of_case(),
    Column("tag", Text, nullable=False),
    UniqueConstraint("case_id", "tag", name="review_tags_once"),
    Index("review_tags_tag", "tag"),
)

skips = Table(
    "review_skips",
    metadata,
    of_case(),
    Column("user_name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Index("review_skips_user", "user_name", "case_id"),
)

notes = Table(
    "review_notes",
    metadata,
    number(),
    of_case(),
    Column("at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("mentions", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("review_notes_case", "case_id"),
)

mentions = Table(
    "review_mentions",
    metadata,
    Column("note_id", Key, ForeignKey("review_notes.id", ondelete="CASCADE"), nullable=False),
    Column("user_name", Text, nullable=False),
    Column("seen_at", BigInteger),
    UniqueConstraint("note_id", "user_name", name="review_mentions_once"),
    Index("review_mentions_user", "user_name"),
)

tasks = Table(
    "review_tasks",
    metadata,
    number(),
    of_case(),
    Column("at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("assigned_to", Text),
    Column("due_at", BigInteger),
    Column("done_at", BigInteger),
    Column("done_by", Text),
    Index("review_tasks_case", "case_id"),
    Index("review_tasks_assigned", "assigned_to"),
)

decisions = Table(
    "review_decisions",
    metadata,
    number(),
    of_case(),
    Column("action", Text, nullable=False),
    Column("reasons", Text, nullable=False),
    Column("rationale", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("second_user", Text),
    Column("second_at", BigInteger),
    Column("second_rationale", LargeBinary),
    Column("effective_at", BigInteger),
    Column("blind", Boolean, nullable=False),
    Index("review_decisions_case", "case_id"),
    Index("review_decisions_effective", "status", "effective_at"),
)

proposals = Table(
    "review_proposals",
    metadata,
    number(),
    Column("kind", Text, nullable=False),
    Column("case_id", Key, ForeignKey("review_cases.id", ondelete="CASCADE")),
    Column("decision_id", Key, ForeignKey("review_decisions.id", ondelete="CASCADE")),
    Column("payload", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("second_user", Text),
    Column("second_at", BigInteger),
    Column("reason", LargeBinary),
    Index("review_proposals_status", "status"),
    Index("review_proposals_case", "case_id"),
)

samples = Table(
    "review_samples",
    metadata,
    number(),
    of_case(),
    Column("decision_id", Key, ForeignKey("review_decisions.id", ondelete="CASCADE")),
    Column("first_user", Text, nullable=False),
    Column("drawn_at", BigInteger, nullable=False),
    Column("reviewer", Text),
    Column("lease_until", BigInteger),
    Column("second_decision", Key),
    Index("review_samples_open", "second_decision"),
)
"""Decisions drawn for a blind second review."""

searches = Table(
    "review_searches",
    metadata,
    number(),
    Column("user_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("user_name", "name", name="review_searches_once"),
)

reveals = Table(
    "review_reveals",
    metadata,
    Column("message_id", Key, nullable=False),
    of_case(),
    Column("user_name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("grave", Boolean, nullable=False),
    Index("review_reveals_user", "user_name", "at"),
)

views = Table(
    "review_views",
    metadata,
    of_case(),
    Column("user_name", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Index("review_views_user", "user_name", "at"),
)

users = Table(
    "review_users",
    metadata,
    Column("name", Text, primary_key=True),
    Column("roles", Text, nullable=False),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_until", BigInteger),
    # Of somebody who signs in through an identity provider: who says so, and who it is to them.
    Column("issuer", Text),
    Column("subject", Text),
    Index("review_users_subject", "issuer", "subject", unique=True),
)

sessions = Table(
    "review_sessions",
    metadata,
    Column("id", Text, primary_key=True),
    Column("secret_sha256", Text, nullable=False, unique=True),
    Column("user_name", Text, ForeignKey("review_users.name", ondelete="CASCADE"), nullable=False),
    Column("method", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)

audit = Table(
    "review_audit",
    metadata,
    Column(
        "number",
        BigInteger().with_variant(Integer, "sqlite"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("at", BigInteger, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("case_id", BigInteger),
    Column("detail", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Index("review_audit_case", "case_id"),
    Index("review_audit_user", "user_name"),
)

audit_head = Table(
    "review_audit_head",
    metadata,
    Column("one", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
)
"""Where the audit ends: one row."""
