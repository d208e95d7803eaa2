"""What was given twice and does not agree: found, so that whatever is dropped is dropped aloud.

Asked only where ids repeat. Nothing is decided here: `sql/intake/messages.sql` and `accounts.sql`
say which row stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fieldfare.contacts.engine import Engine

SAMPLES: Final = 20


@dataclass(frozen=True)
class Contradiction:
    """One kind of contradiction, with the first few ids."""

    what: str
    count: int
    samples: tuple[tuple[str, str], ...]
    """(Source, where nothing is known of it an empty string; what has that id)."""


MESSAGES: Final = (
    "a message id given to the same recipients with another sender or text; only the earliest of"
    " these messages is counted, give each an id of its own"
)
ACCOUNTS: Final = (
    "an account given several times with another age, country, time zone or time of creation;"
    " the row with the best-founded age stands"
)

_MESSAGES: Final = (
    "SELECT id, MIN(source) AS source FROM ("
    " SELECT m.id AS id, m.recipients AS recipients, m.sender AS sender, m.text AS text,"
    " m.origin.source AS source"
    " FROM received_messages AS m INNER JOIN repeated AS r ON r.id = m.id) AS again"
    " GROUP BY id, recipients HAVING MIN(sender) <> MAX(sender) OR MIN(text) <> MAX(text)"
)
_ACCOUNTS: Final = (
    "SELECT a.account AS id, CAST(NULL AS VARCHAR) AS source"
    " FROM received_accounts AS a INNER JOIN repeated_accounts AS r ON r.id = a.account"
    " GROUP BY a.account HAVING "
    + " OR ".join(
        f"MIN(a.{column}) <> MAX(a.{column})"
        for column in ("age", "born_at", "country", "utc_offset_hours", "created_at")
    )
)


def in_messages(engine: Engine) -> list[Contradiction]:
    """Messages of `received_messages` that share an id and recipients and are not the same
    message; `repeated` holds the ids that occur more than once."""
    return _found(engine, _MESSAGES, MESSAGES, "message")


def in_accounts(engine: Engine) -> list[Contradiction]:
    """Accounts of `received_accounts` given several times, and not the same each time; nothing
    given beside something is no contradiction. `repeated_accounts` holds their ids."""
    return _found(engine, _ACCOUNTS, ACCOUNTS, "account")


def _found(engine: Engine, query: str, what: str, kind: str) -> list[Contradiction]:
    engine.create("contradicting", query)
    count = engine.fetch("SELECT COUNT(*) AS n FROM contradicting")["n"][0].as_py()
    if not count:
        return []
    first = engine.fetch(f"SELECT id, source FROM contradicting ORDER BY id LIMIT {SAMPLES}")
    samples = tuple((row["source"] or "", f"{kind} {row['id']}") for row in first.to_pylist())
    return [Contradiction(what, count, samples)]
