"""The schema's versions, by Alembic. `database.upgrade` runs them."""
