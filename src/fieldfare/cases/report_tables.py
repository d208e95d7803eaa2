"""The tables of what leaves for the authorities; as `tables`, and in the same schema."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from fieldfare.cases.tables import Key, metadata, number, of_case

filings = Table(
    "review_filings",
    metadata,
    number(),
    of_case(),
    Column("destination", Text, nullable=False),
    # test, production, or portal where a person submits it.
    Column("environment", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    # The end of the material in it: a supplement begins there.
    Column("as_of", BigInteger, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("package", LargeBinary, nullable=False),
    # The authority's number of the report, as soon as there is one.
    Column("report_id", Text),
    Column("opened_at", BigInteger),
    Column("changed_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("attempts", Integer, nullable=False),
    Column("problem", Text),
    Column("answer", LargeBinary),
    Column("lease", Text),
    Column("lease_until", BigInteger),
    Index("review_filings_case", "case_id", "destination"),
)
"""Reports on their way to an authority (`reports.filings`)."""

filing_files = Table(
    "review_filing_files",
    metadata,
    Column("filing_id", Key, ForeignKey("review_filings.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("file_id", Text),
    Column("described", Boolean, nullable=False),
    UniqueConstraint("filing_id", "name", name="review_filing_files_once"),
)

filing_calls = Table(
    "review_filing_calls",
    metadata,
    number(),
    Column("filing_id", Key, ForeignKey("review_filings.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("call", Text, nullable=False),
    Column("code", Integer),
    Column("request_id", Text),
    Index("review_filing_calls_filing", "filing_id", "id"),
)
"""What an authority's interface was asked, and what it answered: codes and its own ids only."""

credentials = Table(
    "review_credentials",
    metadata,
    number(),
    Column("destination", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("set_at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    UniqueConstraint("destination", "environment", name="review_credentials_once"),
)
"""Of the operator's at an authority; `body` is never plain (`reports.credentials`)."""
