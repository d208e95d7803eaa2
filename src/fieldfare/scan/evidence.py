"""What stands behind an assessment: the children, the messages, the countries.

Asked only for accounts that are written out, and of the engine that holds the events, so that a
scan of a hundred million messages looks up a few thousand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa

from fieldfare.contacts.catalogue import catalogue
from fieldfare.contacts.engine import Engine
from fieldfare.scan.snapshot import SeenChild, place

MAX_MESSAGES: Final = 20
"""Message ids listed with one reason; enough to check it, and the ledger counts the rest."""
MAX_EXCERPTS: Final = 40
"""Excerpts kept for one account."""


@dataclass
class Excerpt:
    """One message of the account's that bears an indicator."""

    message: str | None
    peer: str
    sent_at: int
    text: str | None
    indicators: list[str]
    origin: str


@dataclass
class Evidence:
    """What stands behind one account's assessment."""

    name: str | None = None
    age: float | None = None
    age_basis: str = "unknown"
    country: str | None = None
    children: list[SeenChild] = field(default_factory=list)
    """The order of first contact."""
    messages: dict[str, list[str]] = field(default_factory=dict)
    """Message ids by what they show: an indicator, or ``first_contact`` or ``wording``."""
    excerpts: list[Excerpt] = field(default_factory=list)

    def countries(self) -> list[dict[str, Any]]:
        """Probable children by country, most first, with the basis of each."""
        counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for child in self.children:
            if child.country:
                counts[child.country][child.country_basis or "unknown"] += 1
        rows = [
            {"country": country, "children": sum(basis.values()), "basis": dict(basis)}
            for country, basis in counts.items()
        ]
        return sorted(rows, key=lambda row: (-row["children"], row["country"]))

    def message_ids(self, signal: str) -> list[str]:
        """Ids of messages that a reason rests on, in order of time; empty where the service gave
        no ids or the reason rests on no message."""
        wanted = catalogue()[signal].rests_on
        return [each for name in wanted for each in self.messages.get(name, [])][:MAX_MESSAGES]


def collect(engine: Engine, accounts: Sequence[str], *, with_text: bool) -> dict[str, Evidence]:
    """The evidence of these accounts, which are also the engine's table `reported`. The engine
    holds their messages, the ledger and the signals."""
    found = {account: Evidence() for account in accounts}
    _create_children(engine)
    _add_people(engine, found)
    _add_children(engine, found)
    _add_asked(engine, found)
    _add_first_messages(engine, found)
    _add_mentions(engine, found)
    if with_text:
        _add_wording(engine, found)
        _add_excerpts(engine, found)
    return found


def _create_children(engine: Engine) -> None:
    """Create `reported_children`, the probable children that `reported` accounts wrote to, and
    `reported_contacts`, the ledger's rows from and to them: what follows then reads a few rows."""
    engine.create(
        "reported_children",
        "SELECT a.account AS account, a.peer AS peer, a.contacted_at AS contacted_at,"
        " a.wrote_first AS wrote_first, a.rejected_at AS rejected_at,"
        " a.connected_before AS connected_before,"
        " COALESCE(i.child_probability, a.child_probability) AS child_probability,"
        " i.age AS inferred_age, COALESCE(i.children_known, 0) AS known_children,"
        " COALESCE(i.adults_known, 0) AS known_adults,"
        " CASE WHEN i.peer IS NULL THEN 0 ELSE 1 END AS is_inferred"
        " FROM approaches AS a INNER JOIN reported AS r ON r.account = a.account"
        " LEFT JOIN inferred AS i ON i.account = a.account AND i.peer = a.peer"
        " WHERE a.child_probability >= 0.5 OR i.child_probability >= 0.5",
    )
    engine.create(
        "reported_contacts",
        "SELECT c.account AS account, c.peer AS peer, c.private_messages AS private_messages,"
        " c.last_private_at AS last_private_at FROM contacts AS c INNER JOIN ("
        "SELECT account, peer FROM reported_children"
        " UNION SELECT peer AS account, account AS peer FROM reported_children) AS r"
        " ON r.account = c.account AND r.peer = c.peer",
    )


def _add_people(engine: Engine, found: dict[str, Evidence]) -> None:
    rows = engine.fetch(
        "SELECT r.account AS account, a.name AS name, p.age AS age, p.age_basis AS age_basis,"
        " p.country AS country FROM reported AS r"
        " LEFT JOIN accounts AS a ON a.account = r.account"
        " LEFT JOIN people AS p ON p.account = r.account"
    )
    for row in rows.to_pylist():
        evidence = found[row["account"]]
        evidence.name, evidence.age = row["name"], row["age"]
        evidence.age_basis = row["age_basis"] or "unknown"
        evidence.country = row["country"]


def _add_children(engine: Engine, found: dict[str, Evidence]) -> None:
    rows = engine.fetch(
        "SELECT a.account AS account, a.peer AS peer, n.name AS name,"
        " a.child_probability AS child_probability, COALESCE(a.inferred_age, p.age) AS age,"
        " CASE WHEN a.is_inferred = 1 THEN 'peers' ELSE p.age_basis END AS age_basis,"
        " a.known_children AS known_children, a.known_adults AS known_adults,"
        " p.country AS country, p.country_basis AS country_basis,"
        " a.contacted_at AS contacted_at, s.last_private_at AS last_sent_at,"
        " a.wrote_first AS wrote_first, a.rejected_at AS rejected_at,"
        " a.connected_before AS connected_before, s.private_messages AS sent_messages,"
        " COALESCE(g.private_messages, 0) AS received_messages"
        " FROM reported_children AS a"
        " INNER JOIN reported_contacts AS s ON s.account = a.account AND s.peer = a.peer"
        " LEFT JOIN reported_contacts AS g ON g.account = a.peer AND g.peer = a.account"
        " LEFT JOIN people AS p ON p.account = a.peer"
        " LEFT JOIN accounts AS n ON n.account = a.peer"
        " ORDER BY a.account, a.contacted_at, a.peer"
    )
    for row in rows.to_pylist():
        found[row["account"]].children.append(
            SeenChild(
                account=row["peer"],
                name=row["name"],
                child_probability=row["child_probability"],
                age=row["age"],
                age_basis=row["age_basis"] or "unknown",
                country=row["country"],
                country_basis=row["country_basis"],
                contacted_at=row["contacted_at"],
                last_at=row["last_sent_at"],
                wrote_first=bool(row["wrote_first"]),
                answered=row["received_messages"] > 0,
                rejected_at=row["rejected_at"],
                connected_before=bool(row["connected_before"]),
                sent=row["sent_messages"],
                received=row["received_messages"],
                known_children=row["known_children"],
                known_adults=row["known_adults"],
            )
        )


def _add_asked(engine: Engine, found: dict[str, Evidence]) -> None:
    rows = engine.fetch(
        "SELECT i.account AS account, i.peer AS peer, i.indicator AS indicator,"
        " MIN(i.first_at) AS first_at"
        " FROM indicators AS i INNER JOIN reported AS r ON r.account = i.account"
        " GROUP BY i.account, i.peer, i.indicator ORDER BY i.account, i.peer, i.indicator"
    )
    children = {
        (account, child.account): child
        for account, evidence in found.items()
        for child in evidence.children
    }
    for row in rows.to_pylist():
        child = children.get((row["account"], row["peer"]))
        if child is not None:
            child.asked[row["indicator"]] = row["first_at"]


def _add_first_messages(engine: Engine, found: dict[str, Evidence]) -> None:
    rows = engine.fetch(
        "SELECT d.sender AS account, d.message_id AS message_id, d.sent_at AS sent_at"
        " FROM deliveries AS d INNER JOIN reported_children AS a"
        " ON a.account = d.sender AND a.peer = d.recipient AND a.contacted_at = d.sent_at"
        " WHERE d.is_group = 0 AND d.message_id IS NOT NULL AND a.wrote_first = 1"
        " ORDER BY d.sender, d.sent_at, d.message_id"
    )
    _list_messages(rows, "first_contact", found)


def not_adults(peer: str, but: str = "FALSE") -> str:
    """Joins and a condition that keep peers who are not known adults, as the signals do: what was
    written to a known adult is neither a reason nor anybody's to read. `but` keeps others too."""
    return (
        f" LEFT JOIN people AS p ON p.account = {peer} CROSS JOIN settings AS g"
        " WHERE (COALESCE(p.child_probability, g.unknown_child_probability)"
        f" >= 0.999 * g.unknown_child_probability OR {but})"
    )


def _add_mentions(engine: Engine, found: dict[str, Evidence]) -> None:
    engine.create(
        "telling_mentions",
        "SELECT m.sender AS account, m.message_id AS message_id, m.indicator AS indicator,"
        " m.sent_at AS sent_at,"
        " CASE WHEN COALESCE(i.child_probability, p.child_probability) >= 0.5 THEN 0 ELSE 1 END"
        " AS rank_of_peer"
        " FROM mentions AS m INNER JOIN reported AS r ON r.account = m.sender"
        " LEFT JOIN inferred AS i ON i.account = m.sender AND i.peer = m.recipient"
        + not_adults("m.recipient", but="i.peer IS NOT NULL")
        + " AND m.message_id IS NOT NULL",
    )
    rows = engine.fetch(
        "SELECT account, message_id, indicator FROM telling_mentions"
        " GROUP BY account, message_id, indicator"
        " ORDER BY account, MIN(rank_of_peer), MIN(sent_at), message_id"
    )
    for indicator in set(rows["indicator"].to_pylist()):
        chosen = rows.filter(pa.compute.equal(rows["indicator"], indicator))
        _list_messages(chosen, indicator, found)


def _add_wording(engine: Engine, found: dict[str, Evidence]) -> None:
    rows = engine.fetch(
        "SELECT account, message_id FROM ("
        " SELECT d.sender AS account, d.message_id AS message_id, d.sent_at AS sent_at,"
        " ROW_NUMBER() OVER (PARTITION BY d.sender ORDER BY d.weight_sum DESC, d.sent_at,"
        " d.message_id) AS nth"
        " FROM deliveries AS d INNER JOIN reported AS r ON r.account = d.sender"
        + not_adults("d.recipient")
        + " AND d.weight_sum > 0 AND d.is_group = 0 AND d.message_id IS NOT NULL) AS heaviest"
        f" WHERE nth <= {MAX_MESSAGES} ORDER BY account, sent_at, message_id"
    )
    _list_messages(rows, "wording", found)


def _list_messages(rows: pa.Table, key: str, found: dict[str, Evidence]) -> None:
    for account, message in zip(
        rows["account"].to_pylist(), rows["message_id"].to_pylist(), strict=True
    ):
        listed = found[account].messages.setdefault(key, [])
        if len(listed) < MAX_MESSAGES and message not in listed:
            listed.append(message)


def _add_excerpts(engine: Engine, found: dict[str, Evidence]) -> None:
    rows = engine.fetch(
        "SELECT account, id, peers, sent_at, text, indicators, origin FROM ("
        " SELECT m.sender AS account, m.id AS id, m.recipients AS peers, m.sent_at AS sent_at,"
        " m.text AS text, m.indicators AS indicators, m.origin AS origin,"
        " ROW_NUMBER() OVER (PARTITION BY m.sender ORDER BY ARRAY_LENGTH(m.indicators) DESC,"
        " m.sent_at, m.id) AS nth"
        " FROM messages AS m INNER JOIN (SELECT DISTINCT account, message_id"
        " FROM telling_mentions WHERE indicator <> 'call') AS t"
        " ON t.account = m.sender AND t.message_id = m.id"
        " WHERE ARRAY_LENGTH(m.indicators) > 0) AS telling"
        f" WHERE nth <= {MAX_EXCERPTS} ORDER BY account, sent_at, id"
    )
    for row in rows.to_pylist():
        found[row["account"]].excerpts.append(
            Excerpt(
                message=row["id"],
                peer=", ".join(row["peers"]),
                sent_at=row["sent_at"],
                text=row["text"],
                indicators=list(row["indicators"]),
                origin=place(row["origin"]),
            )
        )
