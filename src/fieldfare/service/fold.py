"""Fold: new events become ledger rows, by the SQL of a scan, and are merged into the stored ones.

What enters: entries of the journal. What leaves: the ledger and the accounts brought up to them,
the accounts whose assessment that may change marked as due, and the number of the last entry; all
in one transaction. A process that dies before it has committed has done nothing, and one that
starts again goes on from that number: every entry counts once.

Who may be assessed otherwise after an event: both its accounts; those who wrote to an account of
which an age became known; and those who wrote to a child that now has a new contact which they
know too (the children of an account's circle know one another, or share a contact with it). Of an
account that more than `MANY` wrote to, the last is left to the daily round.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.contacts import analysis
from fieldfare.contacts.accounts import PREPARED
from fieldfare.contacts.definition import LEDGER, sql
from fieldfare.contacts.engine import Engine
from fieldfare.language.messages import ANNOTATED
from fieldfare.service.journal import Entry, partition_of
from fieldfare.service.state import State
from fieldfare.vocabulary.schemas import CONNECTIONS, NOTICES
from fieldfare.vocabulary.times import SECOND

MANY: Final = 1_000

LATER: Final = 10 * SECOND
"""One more message between two who wrote before changes little: their assessment may wait so long,
and is made once for all that comes meanwhile."""

_SCHEMAS: Final = {
    "messages": ANNOTATED,
    "accounts": PREPARED,
    "connections": CONNECTIONS,
    "notices": NOTICES,
}


def fold(
    state: State, engine: Engine, partition: int, partitions: int, entries: Sequence[Entry]
) -> int:
    """Merge the entries of a partition into the state; how many events that were.

    The engine's tables of events and of the ledger are used as scratch paper.
    """
    events = {
        kind: pa.Table.from_batches([e.events for e in entries if e.kind == kind], schema)
        for kind, schema in _SCHEMAS.items()
    }
    parts = _ledger(engine, events)
    if partitions > 1:
        parts = {
            name: rows.filter(pa.array(partition_of(rows["account"], partitions) == partition))
            for name, rows in parts.items()
        }
    accounts = _accounts(state, engine, events["accounts"])
    new = _new_pairs(state, parts["contacts"])
    beyond = _beyond(state, parts["words"], accounts, new)
    urgent = beyond | _ends([parts["indicators"], parts["relations"]])
    urgent |= {end for pair in new for end in pair} | set(accounts["account"].to_pylist())
    latest, now = _latest(events), time.time_ns() // 1000
    with state.database.transaction():
        for name, rows in parts.items():
            state.merge(name, rows)
        state.note_hubs(sorted({account for account, _ in new}))
        state.replace("accounts", accounts)
        if latest is not None:
            state.advance(latest)
        if _tells_connections(events):
            state.set_fact("has_connections", "1")
        _mark_due(state, partitions, urgent, now, urgent=True)
        rest = _ends(parts.values()) - urgent
        _mark_due(state, partitions, rest, now + LATER, urgent=False)
        state.set_folded(partition, entries[-1].seq)
    return sum(table.num_rows for table in events.values())


def _ledger(engine: Engine, events: dict[str, pa.Table]) -> dict[str, pa.Table]:
    for name in ("connections", "notices"):
        engine.load(name, events[name])
    engine.load("messages", events["messages"])
    for name in analysis.EVENTS:
        engine.view(name, sql(name))
    analysis.ledger(engine)
    return {name: engine.fetch(f"SELECT * FROM {name}") for name in LEDGER}


def _accounts(state: State, engine: Engine, told: pa.Table) -> pa.Table:
    """The accounts told of, as they stand with what was told before: see intake/accounts.sql."""
    if not told.num_rows:
        return told
    names = pc.unique(told["account"]).to_pylist()
    known = state.rows("accounts", "account", names)
    engine.load("received_accounts", pa.concat_tables([known, told]))
    return engine.fetch(sql("accounts")).select(PREPARED.names).cast(PREPARED)


def _mark_due(state: State, partitions: int, accounts: set[str], at: int, *, urgent: bool) -> None:
    named = pa.array(sorted(accounts), pa.string())
    places = partition_of(named, partitions).tolist()
    state.mark_due(zip(named.to_pylist(), places, strict=True), at, urgent=urgent)


def _ends(tables: Iterable[pa.Table]) -> set[str]:
    found: set[str] = set()
    for rows in tables:
        found.update(pc.unique(rows["account"]).to_pylist())
        found.update(pc.unique(rows["peer"]).to_pylist())
    return found


def _beyond(
    state: State, words: pa.Table, accounts: pa.Table, new: Sequence[tuple[str, str]]
) -> set[str]:
    """Accounts that took part in no event and may be assessed otherwise all the same."""
    aged = set(words.filter(pc.greater(words["age_weight"], 0))["account"].to_pylist())
    aged |= set(accounts["account"].to_pylist())
    found = _wrote_to(state, sorted(aged))
    children = _children(state, sorted({end for pair in new for end in pair}))
    # Either end may be the child whose circle it is.
    turned = [pair for pair in new if pair[0] in children]
    turned += [(peer, account) for account, peer in new if peer in children]
    return found | _know_both(state, turned)


def _wrote_to(state: State, accounts: Sequence[str]) -> set[str]:
    if not accounts:
        return set()
    rows = state.database.run(
        f"SELECT DISTINCT c.account FROM {state.database.one_of('wanted')} AS w"
        " INNER JOIN contacts AS c ON c.peer = w.wanted",
        (state.database.listed(accounts),),
    )
    return {row[0] for row in rows}


def _new_pairs(state: State, contacts: pa.Table) -> list[tuple[str, str]]:
    """The pairs that had not written privately before."""
    private = contacts.filter(pc.is_valid(contacts["first_private_at"]))
    pairs = set(zip(private["account"].to_pylist(), private["peer"].to_pylist(), strict=True))
    if not pairs:
        return []
    listed = sorted(pairs)
    known = state.database.run(
        f"SELECT g.sender, g.recipient FROM {state.database.pairs('sender', 'recipient')} AS g"
        " INNER JOIN contacts AS c ON c.account = g.sender AND c.peer = g.recipient"
        " WHERE c.first_private_at IS NOT NULL",
        state.database.listed_pairs(listed),
    )
    pairs.difference_update(known)
    return sorted(pairs)


def _children(state: State, accounts: Sequence[str]) -> set[str]:
    """Which of these are probably children, leaving out those that too many wrote to."""
    if not accounts:
        return set()
    rows = state.database.run(
        f"SELECT p.account FROM {state.database.one_of('wanted')} AS w"
        " INNER JOIN people AS p ON p.account = w.wanted WHERE p.child_weight > 0"
        " AND (SELECT COUNT(*) FROM (SELECT 1 FROM contacts AS c WHERE c.peer = p.account"
        f" LIMIT {MANY + 1}) AS counted) <= {MANY}",
        (state.database.listed(accounts),),
    )
    return {row[0] for row in rows}


def _know_both(state: State, pairs: Sequence[tuple[str, str]]) -> set[str]:
    """Who wrote to the first of a pair and is in contact with the second."""
    if not pairs:
        return set()
    given = state.database.pairs("child", "other")
    rows = state.database.run(
        f"SELECT c.account FROM {given} AS g INNER JOIN contacts AS c ON c.peer = g.child"
        " INNER JOIN contacts AS k ON k.account = c.account AND k.peer = g.other"
        f" UNION SELECT c.account FROM {given} AS g INNER JOIN contacts AS c ON c.peer = g.child"
        " INNER JOIN contacts AS k ON k.account = g.other AND k.peer = c.account",
        (*state.database.listed_pairs(pairs), *state.database.listed_pairs(pairs)),
    )
    return {row[0] for row in rows}


def _latest(events: dict[str, pa.Table]) -> int | None:
    times = [
        pc.max(events[kind][column]).as_py()
        for kind, column in (
            ("messages", "sent_at"),
            ("connections", "connected_at"),
            ("notices", "at"),
        )
    ]
    return max((time for time in times if time is not None), default=None)


def _tells_connections(events: dict[str, pa.Table]) -> bool:
    accepted = pc.any(pc.equal(events["notices"]["kind"], "accept")).as_py()
    return bool(events["connections"].num_rows or accepted)
