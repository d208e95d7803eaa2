"""The tables of what is kept, for how long, and what was destroyed; as `tables`, and in the same
schema."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text

from fieldfare.cases.tables import metadata, number, of_case

holds = Table(
    "review_holds",
    metadata,
    number(),
    of_case(),
    # legal: stands until it is released; preservation: starts clocks.
    Column("kind", Text, nullable=False),
    Column("jurisdiction", Text, nullable=False),
    Column("reason", LargeBinary, nullable=False),
    Column("placed_at", BigInteger, nullable=False),
    Column("placed_by", Text, nullable=False),
    # The live service's number of a hold on the account, which is lifted there.
    Column("service_hold", BigInteger),
    Column("released_at", BigInteger),
    Column("released_by", Text),
    Column("second_user", Text),
    Column("released_because", LargeBinary),
    Index("review_holds_case", "case_id"),
    Index("review_holds_standing", "released_at"),
)

kept_files = Table(
    "review_kept_files",
    metadata,
    number(),
    of_case(),
    Column("kind", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    # Machine, folder, and every file in it with its hash.
    Column("body", LargeBinary, nullable=False),
    Index("review_kept_files_case", "case_id"),
)
"""Files that were made of a case, and where they were put."""

destructions = Table(
    "review_destructions",
    metadata,
    number(),
    # No foreign key: it outlives the case.
    Column("case_id", BigInteger, nullable=False),
    Column("stage", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("ground", Text, nullable=False),
    Column("proposed_at", BigInteger, nullable=False),
    Column("by_user", Text, nullable=False),
    Column("agreed_at", BigInteger, nullable=False),
    Column("second_user", Text, nullable=False),
    Column("begun_at", BigInteger),
    Column("erased_at", BigInteger),
    Column("done_at", BigInteger),
    # What was destroyed, by hash, and what is kept until when; no personal data.
    Column("manifest", Text),
    Column("stopped", Text),
    Index("review_destructions_case", "case_id"),
    Index("review_destructions_state", "state"),
)
