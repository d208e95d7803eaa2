"""What people write, who they are, what they saw; the audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _audit()
    _audit_head()
    _searches()
    _users()
    _notes()
    _reveals()
    _sessions()
    _tasks()
    _views()
    _mentions()
    _start_audit()
    _forbid_changes()


def _audit() -> None:
    op.create_table(
        "review_audit",
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_index("review_audit_case", "review_audit", ["case_id"])
    op.create_index("review_audit_user", "review_audit", ["user_name"])


def _audit_head() -> None:
    op.create_table(
        "review_audit_head",
        sa.Column("one", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("one"),
    )


def _searches() -> None:
    op.create_table(
        "review_searches",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_name", "name", name="review_searches_once"),
    )


def _users() -> None:
    op.create_table(
        "review_users",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )


def _notes() -> None:
    op.create_table(
        "review_notes",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_notes_case", "review_notes", ["case_id"])


def _reveals() -> None:
    op.create_table(
        "review_reveals",
        sa.Column("message_id", KEY, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("grave", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
    )
    op.create_index("review_reveals_user", "review_reveals", ["user_name", "at"])


def _sessions() -> None:
    op.create_table(
        "review_sessions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_name"], ["review_users.name"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("secret_sha256"),
    )


def _tasks() -> None:
    op.create_table(
        "review_tasks",
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by_user", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("assigned_to", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("review_tasks_assigned", "review_tasks", ["assigned_to"])
    op.create_index("review_tasks_case", "review_tasks", ["case_id"])


def _views() -> None:
    op.create_table(
        "review_views",
        sa.Column("case_id", KEY, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["review_cases.id"], ondelete="CASCADE"),
    )
    op.create_index("review_views_user", "review_views", ["user_name", "at"])


def _mentions() -> None:
    op.create_table(
        "review_mentions",
        sa.Column("note_id", KEY, nullable=False),
        sa.Column("user_name", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["note_id"], ["review_notes.id"], ondelete="CASCADE"),
        sa.UniqueConstraint("note_id", "user_name", name="review_mentions_once"),
    )
    op.create_index("review_mentions_user", "review_mentions", ["user_name"])


def _start_audit() -> None:
    op.execute(f"INSERT INTO review_audit_head (one, number, hash) VALUES (1, 0, '{'0' * 64}')")


def _forbid_changes() -> None:
    """The audit is appended to, and nothing else, where the database can see to that."""
    if op.get_bind().dialect.name == "sqlite":
        for act in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER review_audit_no_{act.lower()} BEFORE {act} ON review_audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION review_audit_append_only() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER review_audit_no_change BEFORE UPDATE OR DELETE ON review_audit"
        " FOR EACH ROW EXECUTE FUNCTION review_audit_append_only()"
    )
    op.execute(
        "CREATE TRIGGER review_audit_no_truncate BEFORE TRUNCATE ON review_audit"
        " FOR EACH STATEMENT EXECUTE FUNCTION review_audit_append_only()"
    )
