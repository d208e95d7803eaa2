"""Whom an identity provider knows a user as."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review_users", sa.Column("issuer", sa.Text(), nullable=True))
    op.add_column("review_users", sa.Column("subject", sa.Text(), nullable=True))
    op.create_index("review_users_subject", "review_users", ["issuer", "subject"], unique=True)
