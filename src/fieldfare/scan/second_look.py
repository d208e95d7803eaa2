"""A second look at the accounts near the flag threshold: further evidence, no other score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from fieldfare.contacts.engine import Engine
from fieldfare.risk.assessment import Assessed
from fieldfare.scan.evidence import MAX_MESSAGES, not_adults

if TYPE_CHECKING:
    from fieldfare.language.second_look import SecondLook

NEAR = math.log(10.0)
"""Accounts whose odds are at most tenfold above or below those of the threshold are looked at."""
MOST_READ = 400
"""Messages of one account that are read, the heaviest first."""


@dataclass
class Seen:
    """What the heavier model found in the messages of one account."""

    model: str
    messages_read: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    """Messages that bear each indicator."""
    messages: dict[str, list[str]] = field(default_factory=dict)
    """Their ids, up to `MAX_MESSAGES` an indicator."""


def near(assessed: Assessed) -> list[bool]:
    """Which accounts stand near the threshold."""
    found = []
    for log_odds, with_text in zip(assessed.log_odds, assessed.with_text, strict=True):
        start = assessed.scorecard.flag_probability(with_text=bool(with_text))
        found.append(abs(float(log_odds) - math.log(start / (1 - start))) <= NEAR)
    return found


def look_again(engine: Engine, accounts: Sequence[str], model: SecondLook) -> dict[str, Seen]:
    """What `model` finds in what these accounts wrote to others than known adults. The engine
    holds their messages, with text."""
    if not accounts:
        return {}
    engine.load("looked_at", pa.table({"account": pa.array(accounts, pa.string())}))
    rows = engine.fetch(
        "SELECT account, id, text FROM ("
        " SELECT m.sender AS account, m.id AS id, m.text AS text, ROW_NUMBER() OVER"
        " (PARTITION BY m.sender ORDER BY t.weight_sum DESC, m.sent_at, m.id) AS nth"
        " FROM messages AS m INNER JOIN (SELECT d.sender AS account, d.message_id AS message_id,"
        " MAX(d.weight_sum) AS weight_sum"
        " FROM deliveries AS d INNER JOIN looked_at AS r ON r.account = d.sender"
        + not_adults("d.recipient")
        + " AND d.message_id IS NOT NULL GROUP BY d.sender, d.message_id) AS t"
        " ON t.account = m.sender AND t.message_id = m.id"
        " WHERE m.text IS NOT NULL) AS telling"
        f" WHERE nth <= {MOST_READ} ORDER BY account, nth"
    )
    found = {account: Seen(model.name) for account in accounts}
    names, ids = rows["account"].to_pylist(), rows["id"].to_pylist()
    said = model.find(rows["text"].to_pylist())
    for account, message, indicators in zip(names, ids, said, strict=True):
        seen = found[account]
        seen.messages_read += 1
        for one in indicators:
            seen.counts[one] = seen.counts.get(one, 0) + 1
            listed = seen.messages.setdefault(one, [])
            if len(listed) < MAX_MESSAGES:
                listed.append(message)
    return found
