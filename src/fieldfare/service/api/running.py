"""What the routes of a running service share."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fieldfare.safeguards import Policy, shipped
from fieldfare.service.content import ContentRule
from fieldfare.service.database import Database
from fieldfare.service.door import Door
from fieldfare.service.journal import Journal
from fieldfare.service.outbox import Outbox
from fieldfare.service.protections import OpenCases
from fieldfare.service.safeguard_counts import SafeguardCounts
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.situations import Situations
from fieldfare.service.state import State
from fieldfare.service.tokens import Tokens
from fieldfare.service.unfolded import Unfolded

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel

BACKLOG_SECONDS = 0.5
"""How long a count of what waits is good for."""

_LOADING = threading.Lock()


def language_model() -> LanguageModel:
    """The language model: read by whoever asks first, while others wait for it."""
    from fieldfare.language.annotate import LanguageModel

    with _LOADING:
        return LanguageModel.load()


@dataclass
class Counts:
    """What happened since the service started, for the metrics."""

    events: dict[str, int] = field(default_factory=lambda: {"new": 0, "repeated": 0, "refused": 0})
    decisions: dict[str, int] = field(default_factory=dict)
    kept: dict[str, int] = field(default_factory=dict)
    """Those of them that `safeguard_counts` has."""
    turned_away: int = 0
    unread: int = 0
    """Messages whose text the policy did not let be read."""
    country_unknown: int = 0
    """Those of them where the country of someone is unknown."""


class Running:
    """Opened when the service starts, closed when it ends. The state and the tokens are used on
    the event loop only: each look-up takes microseconds."""

    def __init__(self, settings: ServiceSettings) -> None:
        self.settings = settings
        self.door = Door(settings.open_journal(writer=True))
        self._journal: Journal = settings.open_journal()
        self.state: State = settings.open_state()
        self.outbox = Outbox(self.state.database)
        self.tokens = Tokens(settings.open_journal().database)
        self.open_cases = OpenCases(self._journal.database)
        self.situations = Situations(
            self.state,
            self.open_cases,
            settings.contacts.unknown_child_probability,
            Unfolded(self._journal, self.state),
        )
        self.card = settings.card()
        self._policy = settings.policy_file()
        self._desk, self._desk_lock = settings.open_journal().database, threading.Lock()
        self.exporting = threading.Lock()
        self.vault, self.franking_ring = settings.vault(), settings.franking_ring()
        self.content = ContentRule(settings.open_state(), self.policy)
        self.counts = Counts()
        self._backlog, self._counted_at = 0, 0.0

    @contextmanager
    def durable(self) -> Iterator[Database]:
        """The database of the journal, for routes that run in threads: one at a time."""
        with self._desk_lock:
            yield self._desk

    def keep_counts(self) -> None:
        """Make durable how many decisions were answered since the last time. Blocks: not for the
        event loop."""
        with self.durable() as database:
            now, kept = dict(self.counts.decisions), self.counts.kept
            new = {verdict: number - kept.get(verdict, 0) for verdict, number in now.items()}
            if any(new.values()):
                SafeguardCounts(database).add(new)
                self.counts.kept = now

    def policy(self) -> Policy:
        """The policy in force."""
        return shipped() if self._policy is None else self._policy.current()

    @property
    def policy_error(self) -> str | None:
        """What is wrong with the policy's file, while an earlier one is in force."""
        return None if self._policy is None else self._policy.error

    def backlog(self) -> int:
        """Events that are durable and not folded yet, as of at most `BACKLOG_SECONDS` ago."""
        now = time.monotonic()
        if now - self._counted_at > BACKLOG_SECONDS:
            self._backlog = sum(
                self._journal.waiting(partition, self.state.folded(partition))
                for partition in range(self._journal.partitions)
            )
            self._counted_at = now
        return self._backlog

    def close(self) -> None:
        """Make durable what waits, and close everything."""
        self.door.close()
        self.keep_counts()
        self.content.close()
        self._desk.close()
        self._journal.close()
        self.state.close()
        self.tokens.close()
