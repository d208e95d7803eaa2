"""Alembic's entry: runs the migrations on the connection that `database.upgrade` holds."""

from __future__ import annotations

from alembic import context

from fieldfare.cases import report_tables
from fieldfare.cases.database import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=report_tables.filings.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
