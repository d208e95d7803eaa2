"""Which accounts are one person: joins with evidence, proposed, confirmed, undone."""

from __future__ import annotations

import hashlib

from fieldfare.investigation.store import Investigation
from fieldfare.vocabulary import InputError


def join_id_of(first: str, second: str, kind: str) -> str:
    """The id of a join: the same accounts and kind, the same id."""
    parts = "\n".join((*sorted((first, second)), kind))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def add_by_hand(case: Investigation, first: str, second: str, why: str) -> str:
    """Note that a person says two accounts are one; returns the id of the join."""
    for account in (first, second):
        if case.value("SELECT 1 FROM accounts WHERE account = ?", [account]) is None:
            raise InputError(f"there is no account '{account}' in this investigation")
    a, b = sorted((first, second))
    join_id = join_id_of(a, b, "by_hand")
    case.connection.execute(
        "INSERT OR REPLACE INTO joins VALUES (?, ?, ?, 'by_hand', ?, 1.0, '[]', true, 'proposed',"
        " NULL, NULL)",
        [join_id, a, b, why],
    )
    return join_id
