"""Cases, their evidence, what is decided about them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _cases()
    _snapshots()
    _messages()
    _people()
    _indicators()
    _changes()
    _tags()
    _skips()
    _decisions()
    _proposals()
    _samples()


def _cases() -> None:
    op.create_table(
        "review_cases",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("signs", sa.Text(), nullable=False),
        sa.Column("children", sa.Integer(), nullable=False),
        sa.Column("youngest", sa.Float(), nullable=True),
        sa.Column("countries", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("claimed_by", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("open_account", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("open_account"),
    )
    op.create_index("review_cases_account", "review_cases", ["account"])
    op.create_index("review_cases_claimed", "review_cases", ["claimed_by"])
    op.create_index("review_cases_queue", "review_cases", ["is_open", "rank", "due_at", "id"])
    op.create_index("review_cases_state", "review_cases", ["state", "rank", "due_at", "id"])


def _snapshots() -> None:
    op.create_table(
        "review_snapshots",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.BigInteger(), nullable=False),
        sa.Column("band", sa.Text(), nullable=False),
        sa.Column("probability", sa.Float(), nullable=False),
        sa.Column("scorecard", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("case_id", "sha256", name="review_snapshots_once"),
    )


def _messages() -> None:
    op.create_table(
        "review_messages",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("snapshot_id", KEY, nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("child", sa.Text(), nullable=False),
        sa.Column("from_account", sa.Boolean(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.Column("indicators", sa.Text(), nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("redacted", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["snapshot_id"], ["review_snapshots.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "review_messages_child", "review_messages", ["case_id", "child", "sent_at", "id"]
    )
    op.create_index("review_messages_time", "review_messages", ["case_id", "sent_at", "id"])


def _people() -> None:
    op.create_table(
        "review_people",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("case_id", "account", "part", name="review_people_once"),
    )
    op.create_index("review_people_account", "review_people", ["account"])


def _indicators() -> None:
    op.create_table(
        "review_indicators",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("case_id", "indicator", name="review_indicators_once"),
    )
    op.create_index("review_indicators_indicator", "review_indicators", ["indicator"])


def _changes() -> None:
    op.create_table(
        "review_changes",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_changes_case", "review_changes", ["case_id", "version"])


def _tags() -> None:
    op.create_table(
        "review_tags",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("tag", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("case_id", "tag", name="review_tags_once"),
    )
    op.create_index("review_tags_tag", "review_tags", ["tag"])


def _skips() -> None:
    op.create_table(
        "review_skips",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
    )
    op.create_index("review_skips_user", "review_skips", ["user_name", "case_id"])


def _decisions() -> None:
    op.create_table(
        "review_decisions",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("rationale", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("second_user", sa.Text(), nullable=True),
        sa.Column("second_at", sa.BigInteger(), nullable=True),
        sa.Column("second_rationale", sa.LargeBinary(), nullable=True),
        sa.Column("effective_at", sa.BigInteger(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_decisions_case", "review_decisions", ["case_id"])
    op.create_index("review_decisions_effective", "review_decisions", ["status", "effective_at"])


def _proposals() -> None:
    op.create_table(
        "review_proposals",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("case_id", KEY, nullable=True),
        sa.Column("decision_id", KEY, nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("second_user", sa.Text(), nullable=True),
        sa.Column("second_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["decision_id"], ["review_decisions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_proposals_case", "review_proposals", ["case_id"])
    op.create_index("review_proposals_status", "review_proposals", ["status"])


def _samples() -> None:
    op.create_table(
        "review_samples",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("decision_id", KEY, nullable=True),
        sa.Column("first_user", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=False),
        sa.Column("reviewer", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("second_decision", KEY, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["decision_id"], ["review_decisions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_samples_open", "review_samples", ["second_decision"])
