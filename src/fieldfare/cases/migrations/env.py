"""Alembic's entry: runs the migrations on the connection that `database.upgrade` holds."""

from __future__ import annotations

from alembic import context

from fieldfare.cases.database import VERSION_TABLE
from fieldfare.cases.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
