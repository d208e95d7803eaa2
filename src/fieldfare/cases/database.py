"""The database of cases: SQLite or PostgreSQL, and its migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, inspect

from fieldfare.vocabulary import FieldfareError, SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

FILE: Final = "cases.sqlite"
VERSION_TABLE: Final = "review_schema"
WRITES: Final = "fieldfare_writes"
"""Execution option of a connection that is going to write."""


def url_of(data: Path, database: str | None = None) -> str:
    """SQLAlchemy's URL: of a PostgreSQL server, or of the file in a folder, which is made."""
    if database is not None:
        for scheme in ("postgresql://", "postgres://"):
            if database.startswith(scheme):
                return "postgresql+psycopg://" + database.removeprefix(scheme)
        raise SettingsError("--database: only postgresql:// URLs are understood")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise FieldfareError(
            f"{data}: cannot be made ({error.strerror}); choose another --data"
        ) from error
    return f"sqlite:///{data / FILE}"


def connect(url: str) -> Engine:
    """An engine whose schema is up to date. Raises FieldfareError where it cannot be opened, or is
    of a newer version of Fieldfare."""
    from sqlalchemy.exc import DBAPIError

    engine = create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_file)
        event.listen(engine, "begin", _begin_file)
    try:
        upgrade(engine)
    except DBAPIError as error:
        engine.dispose()
        raise FieldfareError(
            f"the database of cases cannot be opened ({type(error.orig).__name__}); check its "
            "place, and who may write there"
        ) from error
    return engine


def upgrade(engine: Engine) -> None:
    """Bring the schema up to date."""
    from alembic import command
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    config = alembic_config()
    with engine.connect().execution_options(**{WRITES: True}) as connection:
        there = inspect(connection).has_table(VERSION_TABLE)
        connection.rollback()
        with connection.begin():
            if engine.dialect.name == "postgresql":
                # Two processes that start at once must not both migrate.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(70211)")
            context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
            now = context.get_current_revision() if there or _has_version(connection) else None
            script = ScriptDirectory.from_config(config)
            if now == script.get_current_head():
                return
            if now is not None and now not in {each.revision for each in script.walk_revisions()}:
                raise FieldfareError(
                    f"the database of cases is of a newer Fieldfare (schema {now}); use that"
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")


_EMPTIED: Final = (
    "review_cases",
    "review_messages",
    "review_snapshots",
    "review_notes",
    "review_tasks",
    "review_decisions",
    "review_filings",
    "review_people",
    "review_kept_files",
)


def scrub(engine: Engine) -> bool:
    """Let nothing that was deleted or changed remain in the database's files, as far as is ours to
    do; whether that was done. SQLite writes zeros over what is deleted (``secure_delete``), and its
    journal is cut here, which has to wait while others read. A server's own files keep what was
    deleted until it writes there again."""
    raw = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            (busy, _, _) = raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            return not busy
        connection: Any = raw.driver_connection
        connection.rollback()
        connection.autocommit = True
        try:
            connection.execute(f"VACUUM {', '.join(_EMPTIED)}")
        finally:
            connection.autocommit = False
        return True
    finally:
        raw.close()


def alembic_config() -> Config:
    """Alembic's settings, for migrations that run inside the program."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("version_locations", str(Path(__file__).parent / "migrations/versions"))
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _has_version(connection: Connection) -> bool:
    return inspect(connection).has_table(VERSION_TABLE)


def _prepare_file(connection: Any, _: Any) -> None:
    # Begin and commit are ours: Python's own would begin too late for a reader that writes.
    connection.isolation_level = None
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        "busy_timeout = 30000",
        "secure_delete = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_file(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
