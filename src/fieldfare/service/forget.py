"""Forget: what was removed from the journal is taken out of the state too.

A row of the ledger is of one pair of accounts, so that deleting the rows of a pair leaves exactly
what the events of all others make. Whoever had to do with an account that is gone, or with those
who had, is assessed anew.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Sequence
from typing import Final

import pyarrow as pa

from fieldfare.contacts.definition import LEDGER
from fieldfare.service.case_requests import CaseRequests
from fieldfare.service.journal import partition_of
from fieldfare.service.outbox import Outbox
from fieldfare.service.state import State

ALONE: Final = ("assessments", "changes", "hubs", "due")
"""Tables of an account by itself, which are made anew where anything of it is left,"""
OWN: Final = ("accounts", "people")
"""and those that only an account that is wholly gone loses."""

STANDING: Final = 2**62
"""A time that is never past."""


def known_to(state: State, erased: Collection[str], kept: Collection[str]) -> dict[str, list[str]]:
    """Which of `kept` each of `erased` has rows of the ledger with; only where there are some."""
    found: dict[str, set[str]] = {}
    wanted = set(kept)
    for name in LEDGER:
        for column, other in (("account", "peer"), ("peer", "account")):
            rows = state.rows(name, column, sorted(erased))
            for one, peer in zip(rows[column].to_pylist(), rows[other].to_pylist(), strict=True):
                if peer in wanted:
                    found.setdefault(one, set()).add(peer)
    return {account: sorted(peers) for account, peers in found.items()}


def erase(
    state: State,
    partitions: int,
    erased: Collection[str],
    kept: Collection[str],
    known: Collection[str],
) -> None:
    """Forget accounts, but for what they exchanged with `kept`; of `known` (some of `erased`)
    something is left."""
    database = state.database
    peers = _peers(state, erased)
    ring = _peers(state, peers) - set(erased)
    some, others = (f"(SELECT wanted FROM {database.one_of('wanted')} AS w)" for _ in range(2))
    gone = sorted(set(erased) - set(known))
    for name in LEDGER:
        for column, other in (("account", "peer"), ("peer", "account")):
            database.run(
                f"DELETE FROM {name} WHERE {column} IN {some} AND {other} NOT IN {others}",
                (database.listed(sorted(erased)), database.listed(sorted(kept))),
            )
    for tables, accounts in ((ALONE, sorted(erased)), (OWN, gone)):
        for name in tables:
            database.run(
                f"DELETE FROM {name} WHERE account IN {some}", (database.listed(accounts),)
            )
    for column in ("account", "peer"):
        # Those of whom something is left are assessed anew, as are all who had to do with them.
        database.run(
            f"DELETE FROM inferred WHERE {column} IN {some}", (database.listed(sorted(erased)),)
        )
    outbox = Outbox(database)
    for account in erased:
        outbox.forget(account)
        CaseRequests(database).forget(account)
    _after(state, partitions, (peers - set(erased)) | set(known), ring)


def aged(state: State, before: int, protected: Collection[str], most: int) -> list[tuple[str, str]]:
    """Pairs of accounts (the lesser id first) between which nothing happened since a moment, in
    microseconds UTC; so many of them at most. Connections and blocks last until they are erased,
    and so do their pairs; a pair with an account that is protected stays."""
    database = state.database
    rows = database.run(
        "SELECT one, other FROM ("
        + " UNION ALL ".join(
            "SELECT CASE WHEN account < peer THEN account ELSE peer END AS one,"
            " CASE WHEN account < peer THEN peer ELSE account END AS other,"
            f" {moment} AS at FROM {name}"
            for name, moment in _MOMENTS
        )
        + f") AS moments WHERE one NOT IN (SELECT wanted FROM {database.one_of('wanted')} AS w)"
        f" AND other NOT IN (SELECT wanted FROM {database.one_of('wanted')} AS w)"
        " GROUP BY one, other HAVING MAX(COALESCE(at, 0)) < ? LIMIT ?",
        (*[database.listed(sorted(protected))] * 2, before, most),
    )
    return [(one, other) for one, other in rows]


_MOMENTS: Final = (
    ("contacts", "last_private_at"),
    ("contacts", "first_group_at"),
    ("words", "first_age_stated_at"),
    ("indicators", "last_at"),
    (
        "relations",
        f"CASE WHEN connected_at IS NOT NULL OR blocked_at IS NOT NULL THEN {STANDING} END",
    ),
    *(("relations", f"{act}_at") for act in ("requested", "accepted", "declined", "reported")),
)
"""When something last happened between two accounts, as far as the ledger knows: of messages in
groups it knows the first."""


def let_age(state: State, partitions: int, pairs: Sequence[tuple[str, str]]) -> None:
    """Forget pairs of accounts, in both directions."""
    database = state.database
    ends = {end for pair in pairs for end in pair}
    given = database.pairs("one", "other")
    for name in LEDGER:
        for start in range(0, len(pairs), 10_000):
            some = pairs[start : start + 10_000]
            for part in (some, [(other, one) for one, other in some]):
                database.run(
                    f"DELETE FROM {name} WHERE (account, peer) IN"
                    f" (SELECT one, other FROM {given} AS g)",
                    database.listed_pairs(part),
                )
    _after(state, partitions, ends, _peers(state, ends) - ends)


def _after(state: State, partitions: int, near: Collection[str], ring: Collection[str]) -> None:
    database = state.database
    database.run(
        f"DELETE FROM hubs WHERE account IN (SELECT wanted FROM {database.one_of('wanted')} AS w)",
        (database.listed(sorted(near)),),
    )
    state.note_hubs(sorted(near))
    if not database.run("SELECT 1 FROM relations WHERE connected_at IS NOT NULL LIMIT 1"):
        database.run("DELETE FROM facts WHERE name = 'has_connections'")
    now = time.time_ns() // 1000
    for accounts, urgent in ((near, True), (ring, False)):
        names = pa.array(sorted(accounts), pa.string())
        places = partition_of(names, partitions).tolist()
        state.mark_due(zip(names.to_pylist(), places, strict=True), now, urgent=urgent)


def _peers(state: State, accounts: Iterable[str]) -> set[str]:
    found: set[str] = set()
    database = state.database
    for name in ("contacts", "relations"):
        for column, other in (("account", "peer"), ("peer", "account")):
            rows = database.run(
                f"SELECT DISTINCT t.{other} FROM {database.one_of('wanted')} AS w"
                f" INNER JOIN {name} AS t ON t.{column} = w.wanted",
                (database.listed(sorted(accounts)),),
            )
            found.update(row[0] for row in rows)
    return found
