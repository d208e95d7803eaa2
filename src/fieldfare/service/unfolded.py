"""Unfolded: what a decision must know of the events that no worker has folded yet.

What enters: the end of the journal, as far as it is not folded. What leaves: the ages that were
given, who blocked whom and who is connected with whom there. So an account counts as a child's, and
a block is kept to, from the moment it was acknowledged, also while much waits for the worker. Who
wrote to whom, and what follows from that, is known when it is folded.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from fieldfare.service.journal import Journal
from fieldfare.service.state import State

LOOK_SECONDS: Final = 0.5
"""How often it is looked how far the workers are."""
MOST_EVENTS: Final = 5_000
"""Read for one decision, which waits meanwhile; the rest for the next."""
YEAR: Final = 31_556_952_000_000.0
"""Microseconds, as in ``contacts/sql/signals/people.sql``."""

KINDS: Final = ("accounts", "connections", "notices")
ACCOUNT_COLUMNS: Final = ("account", "age", "born_at", "age_basis", "age_confidence", "country")
Pair = tuple[str, str]


RANKS: Final = ("verified", "declared", "inferred", "unknown")


@dataclass(frozen=True)
class Given:
    """What the service gave of an account, as ``people.sql`` reads it by itself."""

    child_probability: float | None
    """None where no age was given."""
    age: float | None
    age_basis: str
    country: str | None

    def with_(self, other: Given) -> Given:
        """Of two, the better founded age, then the lower, as in ``contacts/sql/intake``."""
        better, rest = sorted((self, other), key=_order)
        return Given(
            better.child_probability,
            better.age,
            better.age_basis,
            better.country or rest.country,
        )


def _order(given: Given) -> tuple[int, float]:
    return RANKS.index(given.age_basis), 1000.0 if given.age is None else given.age


def given_of(
    age: float | None,
    born_at: int | None,
    basis: str | None,
    confidence: float | None,
    country: str | None,
) -> Given:
    """From a row of `accounts.PREPARED`."""
    if born_at is not None:
        age = max(0.0, (time.time_ns() // 1000 - born_at) / YEAR)
    if age is None or basis is None or confidence is None:
        return Given(None, None, "unknown", country)
    return Given(confidence if age < 18 else 1.0 - confidence, age, basis, country)


class Unfolded:
    """Follows the journal. Not safe for several threads."""

    def __init__(self, journal: Journal, state: State) -> None:
        self._journal, self._state = journal, state
        self._read, self._folded, self._looked = -1, 0, -LOOK_SECONDS
        self._given: dict[str, tuple[int, Given]] = {}
        self._blocks: dict[Pair, int] = {}
        self._connections: dict[Pair, int] = {}
        self._entries: deque[tuple[int, list[str], list[Pair]]] = deque()

    def refresh(self) -> None:
        """Read what came since."""
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._drop()
        for seq, kind, events in self._journal.later(
            max(self._read, self._folded), KINDS, MOST_EVENTS
        ):
            self._read = seq
            if events is None:
                continue
            names, pairs = list[str](), list[Pair]()
            if kind == "accounts":
                names = self._note_accounts(seq, events)
            else:
                pairs = self._note_acts(seq, kind, events)
            self._entries.append((seq, names, pairs))

    def given(self, account: str) -> Given | None:
        """What was given of an account."""
        found = self._given.get(account)
        return None if found is None else found[1]

    def blocked(self, account: str, peer: str) -> bool:
        """The first has blocked the second."""
        return (account, peer) in self._blocks

    def connected(self, one: str, other: str) -> bool:
        """The two have become connected."""
        return (one, other) in self._connections or (other, one) in self._connections

    def _note_accounts(self, seq: int, events: pa.RecordBatch) -> list[str]:
        columns = (events[name].to_pylist() for name in ACCOUNT_COLUMNS)
        names = []
        for account, *values in zip(*columns, strict=True):
            given, before = given_of(*values), self._given.get(account)
            self._given[account] = (seq, given if before is None else given.with_(before[1]))
            names.append(account)
        return names

    def _note_acts(self, seq: int, kind: str, events: pa.RecordBatch) -> list[Pair]:
        acts = events["kind"].to_pylist() if kind == "notices" else ["accept"] * events.num_rows
        pairs = []
        for act, *pair in zip(
            acts, events["account"].to_pylist(), events["peer"].to_pylist(), strict=True
        ):
            one, other = pair
            if act == "block":
                self._blocks[one, other] = seq
            elif act == "accept":
                self._connections[one, other] = seq
            pairs.append((one, other))
        return pairs

    def _drop(self) -> None:
        """Forget what the state knows by now."""
        last = self._journal.last()
        waiting = [
            self._journal.first_after(partition, self._state.folded(partition))
            for partition in range(self._journal.partitions)
        ]
        self._folded = min([last, *(seq - 1 for seq in waiting if seq is not None)])
        while self._entries and self._entries[0][0] <= self._folded:
            _, names, pairs = self._entries.popleft()
            for name in names:
                if name in self._given and self._given[name][0] <= self._folded:
                    del self._given[name]
            for acts in (self._blocks, self._connections):
                for pair in pairs:
                    if acts.get(pair, self._folded + 1) <= self._folded:
                        del acts[pair]
