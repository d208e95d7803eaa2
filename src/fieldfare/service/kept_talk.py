"""Conversations out of the journal, for the cases of the live service.

What enters: the journal. What leaves: the private messages between an account and its probable
children, as they were told. Their text is there where the operator has the journal keep it
(``--text keep``); without it a message is who, whom, when and its indicators.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Set
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.scan.snapshot import MOST_MESSAGES, SeenMessage, place, source_of, spans_of
from fieldfare.service.journal import Journal

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel

MOST_LOOKED_AT: Final = 2_000_000
"""Messages of the journal looked through for one turn, the newest first: some seconds."""
MOST_RECIPIENTS: Final = 256
"""Of a message that is counted, as everywhere."""

Talk = tuple[tuple[SeenMessage, ...], int]
"""An account's first messages with children in order of time, and how many more were seen."""


def conversations(
    journal: Journal,
    wanted: Mapping[str, Set[str]],
    model: Callable[[], LanguageModel],
) -> dict[str, Talk]:
    """By account: what it and its children wrote to one another. `wanted`: by account, its
    children. One pass for all of them."""
    found: dict[str, dict[tuple[Any, ...], SeenMessage]] = defaultdict(dict)
    names = pa.array(sorted({*wanted, *(each for some in wanted.values() for each in some)}))
    accounts_of: dict[str, list[str]] = defaultdict(list)
    for account, children in wanted.items():
        for child in children:
            accounts_of[child].append(account)
    for batch in journal.newest_messages(names, MOST_LOOKED_AT):
        for row in batch.filter(pc.is_in(batch["sender"], value_set=names)).to_pylist():
            for account, child, own in _pairs(row, wanted, accounts_of):
                message = _message(row, child, own=own, model=model)
                found[account][message.child, message.id, own, message.sent_at] = message
    return {account: _first(messages.values()) for account, messages in found.items()}


def _pairs(
    row: Mapping[str, Any],
    wanted: Mapping[str, Set[str]],
    accounts_of: Mapping[str, list[str]],
) -> Iterator[tuple[str, str, bool]]:
    """Account, child and whether the account wrote, of a private message."""
    recipients = set(row["recipients"])
    if len(row["recipients"]) > (2 if row["kind"] == "group" else MOST_RECIPIENTS):
        return
    sender = row["sender"]
    for child in recipients & wanted.get(sender, frozenset()):
        yield sender, child, True
    for account in accounts_of.get(sender, ()):
        if account in recipients:
            yield account, sender, False


def _message(
    row: Mapping[str, Any], child: str, *, own: bool, model: Callable[[], LanguageModel]
) -> SeenMessage:
    shown, text = tuple(row["indicators"] or ()), row["text"]
    return SeenMessage(
        id=row["id"],
        child=child,
        from_account=own,
        sent_at=row["sent_at"],
        text=text,
        indicators=shown,
        spans=spans_of(text, model()) if shown and text is not None else (),
        origin=place(row.get("origin")),
        source=source_of(row.get("origin")),
    )


def _first(messages: Any) -> Talk:
    ordered = sorted(messages, key=lambda each: (each.sent_at, each.child, each.id or ""))
    return tuple(ordered[:MOST_MESSAGES]), max(0, len(ordered) - MOST_MESSAGES)
