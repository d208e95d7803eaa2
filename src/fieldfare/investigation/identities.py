"""Which accounts are one person: joins with evidence, proposed, confirmed, undone.

The same telephone number, e-mail address or user id joins, and so do several of the same messages
at the same times; both can be undone. The same name is only proposed: a person confirms; and so is
a number without its country code, where the country is not that of the suspect's own number. Those
whose archives were given are the suspect.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pyarrow as pa

from fieldfare.investigation.places import dialled
from fieldfare.investigation.statements import statements
from fieldfare.investigation.store import Investigation
from fieldfare.vocabulary import InputError

OWNER_SHARE: Final = 0.9
"""Share of an archive's conversations that its owner is in."""
FEW: Final = 2
"""Conversations from which on an owner can be told from the others."""

_NOWHERE: Final = {"source": "", "member": "", "locator": ""}
"""Where what a person says stands: in no archive."""

SUSPECT: Final = "suspect"
"""Setting: the accounts that were named as the suspect's, as JSON."""


def propose(case: Investigation) -> None:
    """Find what accounts share, from `records` and `described`, as `joins`, and who owns the
    archives. What people decided about joins before stays. Raises InputError where the owner
    cannot be told."""
    for name in ("accounts", "joins", "same_messages"):
        case.run(statements(name))
    settle(case, owners=False)
    named = case.setting(SUSPECT)
    owners = _named(json.loads(named)) if named else _owners(case)
    first = owners[0]["account"]
    for one in owners[1:]:
        a, b = sorted((first, one["account"]))
        case.connection.execute(
            "INSERT OR REPLACE INTO joins VALUES (?, ?, ?, 'owner', ?, 0.9, ?, true, 'proposed',"
            " NULL, NULL)",
            [
                join_id_of(a, b, "owner"),
                a,
                b,
                "owner of the archives",
                json.dumps([owners[0], one]),
            ],
        )
    case.set("owner", first)
    settle(case)
    for name, rows in dialled().items():
        with case.lent(arriving=rows):
            case.run(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM arriving")
    case.run(statements("national_numbers"))


def settle(case: Investigation, *, owners: bool = True) -> None:
    """Set the state of every join from what people decided, and from joins the person of every
    account and who is the suspect."""
    case.run(statements("settle"))
    kinds = "" if owners else " AND kind <> 'owner'"
    joins = case.rows(
        "SELECT join_id, account_a, account_b, kind, state FROM joins"
        f" WHERE (applied OR state = 'rejected'){kinds}"
        " ORDER BY state <> 'confirmed', account_a, account_b, kind"
    )
    against = held_back(joins)
    if against:
        case.connection.execute(
            "UPDATE joins SET applied = false WHERE list_contains(?, join_id)", [sorted(against)]
        )
    persons = components(
        (row["account_a"], row["account_b"])
        for row in joins
        if row["state"] != "rejected" and row["join_id"] not in against
    )
    found = pa.table({"account": list(persons), "one": list(persons.values())})
    # Only what changes: an update of all rows holds all of them in memory twice.
    case.run(
        "UPDATE accounts SET person = account, is_suspect = false"
        " WHERE person <> account OR is_suspect"
    )
    if persons:
        with case.lent(joined=found):
            case.run(
                "UPDATE accounts SET person = joined.one FROM joined"
                " WHERE joined.account = accounts.account"
            )
    if owners:
        case.connection.execute(
            "UPDATE accounts SET is_suspect = true WHERE person ="
            " (SELECT person FROM accounts WHERE account = ?)",
            [case.setting("owner")],
        )


def held_back(joins: Sequence[dict[str, Any]]) -> set[str]:
    """Of joins in order, those nobody confirmed that would, with others of their kind, bring
    together two accounts whose join of that kind was rejected: another account that shares the
    number of both does not undo what somebody said."""
    held: set[str] = set()
    for kind in {row["kind"] for row in joins if row["state"] == "rejected"}:
        these = [row for row in joins if row["kind"] == kind]
        apart = [(r["account_a"], r["account_b"]) for r in these if r["state"] == "rejected"]
        groups = _Groups()
        for row in these:
            if row["state"] == "rejected":
                continue
            pair = (row["account_a"], row["account_b"])
            both = {groups.of(one) for one in pair}
            clash = len(both) == 2 and any({groups.of(a), groups.of(b)} == both for a, b in apart)
            if clash and row["state"] != "confirmed":
                held.add(row["join_id"])
            else:
                groups.join(*pair)
    return held


class _Groups:
    """Accounts that are one, each group named by its smallest."""

    def __init__(self) -> None:
        self.parent: dict[str, str] = {}

    def of(self, one: str) -> str:
        while self.parent.setdefault(one, one) != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def join(self, a: str, b: str) -> None:
        low, high = sorted((self.of(a), self.of(b)))
        self.parent[high] = low


def components(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Of each account in a pair, the smallest account it is connected with."""
    groups = _Groups()
    for a, b in pairs:
        groups.join(a, b)
    return {one: groups.of(one) for one in list(groups.parent)}


def name_suspect(case: Investigation, named: Iterable[str]) -> None:
    """Keep which accounts are the suspect's: each an account, or the name, number or address of
    exactly one. Raises InputError where there is none, or several. Analyse afterwards."""
    accounts = []
    # Of what was imported a moment ago, nothing was analysed yet.
    case.run(statements("accounts"))
    for given in named:
        found = case.rows(
            "SELECT account FROM accounts WHERE account = ?"
            " UNION SELECT account FROM identifiers WHERE value = lower(?) ORDER BY account",
            [given, given],
        )
        exact = [row["account"] for row in found if row["account"] == given]
        several = exact or [row["account"] for row in found]
        if not several:
            raise InputError(f"--suspect {given}: no such account in these archives")
        accounts += several
    case.set(SUSPECT, json.dumps(sorted(set(accounts))))


def _named(accounts: list[str]) -> list[dict[str, Any]]:
    return [{"account": one, "says": "named as the suspect's", **_NOWHERE} for one in accounts]


def _owners(case: Investigation) -> list[dict[str, Any]]:
    """The accounts whose archives these are, the one in most conversations first."""
    found = case.rows(statements("owners"), {"share": OWNER_SHARE, "few": FEW})
    if not found:
        raise InputError(
            "it cannot be told whose archives these are; say so with --suspect ACCOUNT"
            f" ({_candidates(case)})"
        )
    accounts = [row["account"] for row in found]
    clash = case.rows(
        "SELECT a.account AS one, b.account AS other FROM (SELECT DISTINCT sender,"
        " unnest(recipients) AS recipient FROM records WHERE kind = 'private') AS r"
        " INNER JOIN accounts AS a ON a.account = r.sender"
        " INNER JOIN accounts AS b ON b.account = r.recipient AND b.person <> a.person"
        " WHERE list_contains(?, a.account) AND list_contains(?, b.account)"
        " ORDER BY one, other LIMIT 1",
        [accounts, accounts],
    )
    if clash:
        raise InputError(
            f"the archives are of people who wrote to one another ({clash[0]['one']} and"
            f" {clash[0]['other']}); say who is the suspect with --suspect ACCOUNT"
        )
    return found


def _candidates(case: Investigation) -> str:
    rows = case.rows(
        "SELECT sender, COUNT(*) AS n FROM records GROUP BY sender ORDER BY n DESC, sender LIMIT 3"
    )
    return "most was written by " + ", ".join(row["sender"] for row in rows)


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
        "INSERT OR REPLACE INTO joins VALUES (?, ?, ?, 'by_hand', ?, 1.0, ?, false, 'proposed',"
        " NULL, NULL)",
        [join_id, a, b, why, json.dumps([{"account": a, "says": why, **_NOWHERE}])],
    )
    return join_id
