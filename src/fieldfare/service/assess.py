"""Assess: accounts that are due get the assessment that a scan would give them.

What enters: the state and some accounts. What leaves: their assessments, and the changes of band;
written in one transaction with the mark that they are done. The SQL of `contacts` and the card of
`risk` are those of a scan; what is read of the state is every row that they look at:

- of the accounts: their rows of the ledger and those of others towards them;
- of everyone they are in contact with: the age, given or stated;
- of those whose age may be inferred (`sought.sql`): their contacts and connections, and the ages
  given for these;
- of the children of their circles (at most sixty each): their contacts and connections;
- of whoever these know and many know (`state.HUB`): enough rows to see that.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.contacts import analysis
from fieldfare.contacts.definition import SIGNALS, sql
from fieldfare.contacts.engine import Engine
from fieldfare.contacts.intake import ContactSettings, load_settings
from fieldfare.risk.assessment import Assessed, assess
from fieldfare.risk.reasons import reasons
from fieldfare.risk.scorecard import Scorecard
from fieldfare.service.case_requests import CaseRequests
from fieldfare.service.database import Row
from fieldfare.service.herald import Herald
from fieldfare.service.journal import partition_of
from fieldfare.service.state import ASSESSMENTS, CHANGES, INFERRED, PEOPLE, State

TO_THE_FIRSTS: Final = ("people", "approaches", "totals")
"""The steps of the definition before the first contacts with children,"""
TO_THE_CIRCLE: Final = ("counts", "circle")
"""those from there until the circles are known,"""
FROM_THE_CIRCLE: Final = tuple(
    step for step in SIGNALS[SIGNALS.index("circle") + 1 :] if step != "population"
)
"""and the rest. Counts of like accounts need everyone, and are not made here."""

Bands = dict[str, tuple[str, int | None]]
"""By account: the band so far, and when it was first flagged."""


@dataclass(frozen=True)
class Assessor:
    """What an assessment depends on besides the state."""

    settings: ContactSettings
    card: Scorecard
    partitions: int = 1
    herald: Herald | None = None
    """Tells the webhooks of changes of band, in the same transaction."""

    def assess(self, state: State, engine: Engine, due: Sequence[tuple[str, int]]) -> list[str]:
        """Assess the accounts, given with their marks (`State.due`), and say so in the state.

        Gives the accounts whose band changed. The engine's tables are used as scratch paper.
        """
        facts = state.facts()
        as_of = int(facts["as_of"]) if self.settings.as_of is None else self.settings.as_of
        accounts = [account for account, _ in due]
        self._load(state, engine, accounts, as_of, "has_connections" in facts)
        analysis.signals(engine, steps=FROM_THE_CIRCLE)
        signals = engine.fetch(
            "SELECT s.* FROM signals AS s INNER JOIN wanted AS w ON w.account = s.account"
        )
        people = engine.fetch(
            "SELECT p.* FROM people AS p INNER JOIN wanted AS w ON w.account = p.account"
        ).select(PEOPLE.names)
        inferred = engine.fetch(f"SELECT {', '.join(INFERRED.names)} FROM inferred")
        assessed = assess(signals, self.card)
        before = state.flags(accounts)
        rows = self._rows(assessed, before, as_of)
        found = {row["account"] for row in rows}
        gone = [account for account in before if account not in found]
        changes = self._changes(rows, before, gone, as_of)
        with state.database.transaction():
            state.replace("people", people.cast(PEOPLE))
            state.replace("assessments", pa.Table.from_pylist(rows, schema=ASSESSMENTS))
            state.replace_inferred(accounts, inferred.cast(INFERRED))
            state.forget(gone)
            state.add_changes(changes)
            CaseRequests(state.database).ask(
                newly_flagged(self.card, changes), "policy", time.time_ns() // 1000
            )
            if self.herald is not None:
                self.herald.tell(changes)
            state.done(due)
        return [change[0] for change in changes]

    def _load(
        self,
        state: State,
        engine: Engine,
        accounts: Sequence[str],
        as_of: int,
        has_connections: bool,
    ) -> None:
        load_settings(engine, self.settings, as_of, has_connections=has_connections)
        engine.load("wanted", pa.table({"account": pa.array(accounts, pa.string())}))
        near = {name: _both_ways(state, name, accounts) for name in ("contacts", "relations")}
        peers = _names(accounts, near["contacts"], near["relations"])
        engine.load("contacts", near["contacts"])
        engine.load("relations", near["relations"])
        engine.load("words", _words(state, accounts, peers))
        engine.load("indicators", state.rows("indicators", "account", accounts))
        engine.load("accounts", state.rows("accounts", "account", peers))
        analysis.signals(engine, steps=TO_THE_FIRSTS)
        # From here on only what is asked for: of everyone else there are only some of the rows.
        _create_for_wanted(engine, "sought")
        near = _load_peers(state, engine, near, peers)
        analysis.signals(engine, steps=("inferred",))
        _create_for_wanted(engine, "firsts")
        analysis.signals(engine, steps=TO_THE_CIRCLE)
        circle = engine.fetch("SELECT DISTINCT peer FROM circle")["peer"].to_pylist()
        if not circle:
            return
        around = _both_ways(state, "contacts", circle)
        # Whom the account does not know itself is no contact in common, hub or not.
        hubs = state.hub_rows(sorted(set(_names((), around)) & set(peers)))
        engine.load("contacts", _distinct(near["contacts"], around, hubs))
        engine.load(
            "relations",
            _distinct(near["relations"], state.rows("relations", "account", circle)),
        )
        analysis.signals(engine, steps=("approaches", "totals"))

    def _rows(self, assessed: Assessed, before: Bands, as_of: int) -> list[dict[str, Any]]:
        found = []
        flagged = assessed.flagged
        places = partition_of(assessed.signals["account"], self.partitions).tolist()
        for number, values in enumerate(assessed.signals.to_pylist()):
            account = values.pop("account")
            _, earlier = before.get(account, (None, None))
            probability = float(assessed.probability[number])
            why = reasons(assessed, number, values)
            found.append(
                {
                    "account": account,
                    "partition": places[number],
                    "probability": probability,
                    "band": assessed.band(number),
                    "log_odds": float(assessed.log_odds[number]),
                    "as_of": as_of,
                    "first_flagged_at": earlier or (as_of if flagged[number] else None),
                    "signals": msgspec.json.encode(values).decode(),
                    "reasons": msgspec.json.encode(why).decode(),
                }
            )
        return found

    def _changes(
        self,
        rows: Sequence[dict[str, Any]],
        before: Bands,
        gone: Sequence[str],
        as_of: int,
    ) -> list[Row]:
        now = time.time_ns() // 1000
        least = self.card.bands[0].name
        found: list[Row] = []
        for row in rows:
            earlier, _ = before.get(row["account"], (least, None))
            if row["band"] != earlier:
                found.append((row["account"], as_of, now, earlier, row["band"], row["probability"]))
        found += [
            (account, as_of, now, before[account][0], least, self.card.prior)
            for account in gone
            if before[account][0] != least
        ]
        return found


def newly_flagged(card: Scorecard, changes: Sequence[Row]) -> list[str]:
    """The accounts that came to the card's `flag_from` or above, of rows of `CHANGES`."""
    names = [band.name for band in card.bands]
    flagged = set(names[names.index(card.flag_from) :])
    found = []
    for row in changes:
        change = dict(zip(CHANGES, row, strict=True))
        if change["band"] in flagged and change["band_before"] not in flagged:
            found.append(change["account"])
    return found


def _create_for_wanted(engine: Engine, step: str) -> None:
    engine.create(
        step,
        f"SELECT f.* FROM ({sql(step)}) AS f INNER JOIN wanted AS w ON w.account = f.account",
    )


def _load_peers(
    state: State, engine: Engine, near: dict[str, pa.Table], peers: Sequence[str]
) -> dict[str, pa.Table]:
    """Load whom the sought know, with their ages; gives the rows of the ledger there are now."""
    sought = engine.fetch("SELECT DISTINCT peer FROM sought")["peer"].to_pylist()
    if not sought:
        return near
    beside = _both_ways(state, "contacts", sought)
    tied = state.rows("relations", "account", sought)
    near = {
        "contacts": _distinct(near["contacts"], beside),
        "relations": _distinct(near["relations"], tied),
    }
    for name, rows in near.items():
        engine.load(name, rows)
    engine.load("accounts", state.rows("accounts", "account", _names(peers, beside, tied)))
    analysis.signals(engine, steps=("people",))
    return near


def _both_ways(state: State, name: str, accounts: Sequence[str]) -> pa.Table:
    return _distinct(state.rows(name, "account", accounts), state.rows(name, "peer", accounts))


def _distinct(*tables: pa.Table) -> pa.Table:
    """The rows of some tables of the ledger, each key once."""
    whole = pa.concat_tables(tables)
    keys = whole.group_by(["account", "peer"], use_threads=False).aggregate([([], "count_all")])
    if keys.num_rows == whole.num_rows:
        return whole
    numbered = whole.append_column("row", pa.array(range(whole.num_rows), pa.int64()))
    first = numbered.group_by(["account", "peer"], use_threads=False).aggregate([("row", "min")])
    return whole.take(first["row_min"])


def _names(accounts: Sequence[str], *tables: pa.Table) -> list[str]:
    found = set(accounts)
    for table in tables:
        found.update(pc.unique(table["account"]).to_pylist())
        found.update(pc.unique(table["peer"]).to_pylist())
    return sorted(found)


def _words(state: State, accounts: Sequence[str], peers: Sequence[str]) -> pa.Table:
    """What the accounts wrote, and of everyone else the ages they stated."""
    others = sorted(set(peers) - set(accounts))
    return pa.concat_tables(
        [
            state.rows("words", "account", accounts),
            state.rows("words", "account", others, "WHERE t.age_weight > 0"),
        ]
    )
