"""Fold: new events become ledger rows, by the SQL of a scan, and are merged into the stored ones.

What enters: entries of the journal. What leaves: the ledger and the accounts brought up to them,
the accounts whose assessment that may change marked as due, and the number of the last entry; all
in one transaction. A process that dies before it has committed has done nothing, and one that
starts again goes on from that number: every entry counts once.

Who may be assessed otherwise after an event: both its accounts; those who wrote to an account of
which an age became known, or are connected with it; those who wrote to a possible child that now
has a new contact which they know too (the children of an account's circle know one another, or
share a contact with it), left to the daily round where more than `MANY` wrote to it; and those who
wrote to somebody of whom it turns out later whom it knew before (ages inferred from peers).

At once is assessed who wrote to a possible child for the first time, who showed an indicator, who
acted towards another or was acted upon, of whom something was told, and who wrote to someone whose
age became known. The others wait `LATER`, so that these do not.
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
from fieldfare.service.case_requests import CaseRequests
from fieldfare.service.journal import Entry, partition_of
from fieldfare.service.state import State
from fieldfare.vocabulary.schemas import CONNECTIONS, NOTICES
from fieldfare.vocabulary.times import SECOND

MANY: Final = 1_000

LATER: Final = 10 * SECOND
"""One more message between two who wrote before, or a first one between adults, changes little: an
assessment may wait so long, and is made once for all that comes meanwhile."""

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
    urgent, others = _concerned(state, parts, accounts, new)
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
        _mark_due(state, partitions, others, now + LATER, urgent=False)
        CaseRequests(state.database).ask(_reported(parts["relations"]), "report", now)
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


def _reported(relations: pa.Table) -> set[str]:
    rows = relations.filter(pc.is_valid(relations["reported_at"]))
    return set(rows["peer"].to_pylist())


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


def _concerned(
    state: State,
    parts: dict[str, pa.Table],
    accounts: pa.Table,
    new: Sequence[tuple[str, str]],
) -> tuple[set[str], set[str]]:
    """Who may be assessed otherwise now: first those who must be at once, then the others."""
    words = parts["words"]
    aged = set(words.filter(pc.greater(words["age_weight"], 0))["account"].to_pylist())
    aged |= set(accounts["account"].to_pylist())
    children = aged | _children(state, sorted({end for pair in new for end in pair}))
    urgent = _wrote_to(state, sorted(aged)) | set(accounts["account"].to_pylist())
    urgent |= {account for account, peer in new if peer in children}
    urgent |= set(parts["indicators"]["account"].to_pylist()) | _ends([parts["relations"]])
    few = _written_to_by_few(state, sorted(children))
    # Either end may be the child whose circle it is.
    turned = [pair for pair in new if pair[0] in few]
    turned += [(peer, account) for account, peer in new if peer in few]
    others = _ends(parts.values()) | _know_both(state, turned)
    others |= _connected_with(state, sorted(aged)) | _may_infer_otherwise(state, parts, accounts)
    return urgent, others - urgent


def _wrote_to(state: State, accounts: Sequence[str]) -> set[str]:
    if not accounts:
        return set()
    rows = state.database.run(
        f"SELECT DISTINCT c.account FROM {state.database.one_of('wanted')} AS w"
        " INNER JOIN contacts AS c ON c.peer = w.wanted",
        (state.database.listed(accounts),),
    )
    return {row[0] for row in rows}


def _connected_with(state: State, accounts: Sequence[str]) -> set[str]:
    if not accounts:
        return set()
    rows = state.database.run(
        f"SELECT DISTINCT r.account FROM {state.database.one_of('wanted')} AS w"
        " INNER JOIN relations AS r ON r.peer = w.wanted WHERE r.connected_at IS NOT NULL",
        (state.database.listed(accounts),),
    )
    return {row[0] for row in rows}


def _may_infer_otherwise(state: State, parts: dict[str, pa.Table], accounts: pa.Table) -> set[str]:
    """Those who wrote to somebody of whom it now turns out whom it knew before that, and of what
    age they were. Events that come in the order of time turn out nothing of that kind."""
    earliest: dict[str, int] = {}
    for name, columns in (
        ("contacts", ("first_private_at", "first_group_at")),
        ("relations", ("connected_at",)),
    ):
        for column in columns:
            rows = parts[name].filter(pc.is_valid(parts[name][column]))
            times = rows[column].to_pylist()
            for end in ("account", "peer"):
                for who, at in zip(rows[end].to_pylist(), times, strict=True):
                    earliest[who] = min(at, earliest.get(who, at))
    found: set[str] = set()
    if earliest:
        wanted = sorted(earliest)
        rows = state.database.run(
            f"SELECT w.wanted, c.account, c.first_private_at"
            f" FROM {state.database.one_of('wanted')} AS w"
            " INNER JOIN contacts AS c ON c.peer = w.wanted AND c.first_private_at > ?",
            (state.database.listed(wanted), min(earliest.values())),
        )
        found |= {account for peer, account, at in rows if at > earliest[peer]}
    names = pc.unique(accounts["account"]).to_pylist()
    if names:
        rows = state.database.run(
            f"SELECT c.account FROM {state.database.one_of('wanted')} AS w"
            " INNER JOIN contacts AS k ON k.peer = w.wanted"
            " INNER JOIN contacts AS c ON c.peer = k.account AND c.first_private_at IS NOT NULL"
            f" UNION SELECT c.account FROM {state.database.one_of('wanted')} AS w"
            " INNER JOIN relations AS r ON r.peer = w.wanted AND r.connected_at IS NOT NULL"
            " INNER JOIN contacts AS c ON c.peer = r.account AND c.first_private_at IS NOT NULL",
            (state.database.listed(names), state.database.listed(names)),
        )
        found |= {row[0] for row in rows}
    return found


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
    """Which of these may be children: probable ones, those not assessed yet whose age may be
    known, and those whose age may be inferred from their peers."""
    if not accounts:
        return set()
    rows = state.database.run(
        f"SELECT w.wanted FROM {state.database.one_of('wanted')} AS w"
        " LEFT JOIN people AS p ON p.account = w.wanted"
        " LEFT JOIN accounts AS a ON a.account = w.wanted"
        " WHERE p.child_weight > 0 OR (p.account IS NULL AND a.account IS NOT NULL)"
        " OR p.age_basis = 'unknown' OR (p.age_basis = 'declared' AND p.age < 26)",
        (state.database.listed(accounts),),
    )
    return {row[0] for row in rows}


def _written_to_by_few(state: State, accounts: Sequence[str]) -> set[str]:
    """Which of these no more than `MANY` wrote to."""
    if not accounts:
        return set()
    rows = state.database.run(
        f"SELECT w.wanted FROM {state.database.one_of('wanted')} AS w"
        " WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM contacts AS c WHERE c.peer = w.wanted"
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
