"""The worker: fold what is new, assess who is due, again.

Several workers share the partitions of a PostgreSQL database. Each holds a lock of the server on
every partition it works on, which ends with its connection: when a worker dies, another goes on
where it had committed.
"""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fieldfare.contacts.engine import Engine
from fieldfare.contacts.intake import ContactSettings
from fieldfare.risk.scorecard import Scorecard
from fieldfare.service.announcements import Carrier
from fieldfare.service.assess import Assessor
from fieldfare.service.fold import fold
from fieldfare.service.herald import Herald
from fieldfare.service.housekeeping import Housekeeping
from fieldfare.service.journal import Journal
from fieldfare.service.outbox import Outbox
from fieldfare.service.state import State
from fieldfare.service.webhooks import Endpoint
from fieldfare.vocabulary.times import DAY

FOLD_EVENTS: Final = 20_000
"""Events folded at a time."""
URGENT_ACCOUNTS: Final = 1_000
"""Accounts assessed at a time: first those of whom something new is known,"""
PATIENT_ACCOUNTS: Final = 400
"""and where these are fewer than so many, others too. What becomes urgent meanwhile must not wait
long; and the time of a turn, for few accounts, is that of planning the queries."""
ENGINE_TURNS: Final = 200
"""Turns after which the engine is cleared: what queries leave behind in it must not add up."""
NEVER: Final = 2**62
ALIVE_SECONDS: Final = 10
"""A worker that was not heard of for so long does not count."""
LOCKS: Final = 7_305_808
"""First of the two numbers of the server's locks on partitions."""


@dataclass(frozen=True)
class Turn:
    """What one turn of the loop did."""

    folded: int
    """Events."""
    assessed: int
    """Accounts."""
    tidied: bool = False
    """Something was removed, or looked through for that."""

    @property
    def idle(self) -> bool:
        return not (self.folded or self.assessed or self.tidied)


class Worker:
    """One worker. Not safe for several threads."""

    def __init__(
        self,
        journal: Journal,
        state: State,
        engine: Engine,
        settings: ContactSettings,
        card: Scorecard,
        endpoints: Sequence[Endpoint] = (),
        keep_days: int = 0,
    ) -> None:
        """`endpoints` are told of changes of band; `keep_days` as in `Housekeeping`."""
        self._journal, self._state, self._engine = journal, state, engine
        herald = Herald(Outbox(state.database), endpoints, [band.name for band in card.bands])
        self._carrier = Carrier(journal.database, Outbox(state.database), endpoints)
        self._assessor = Assessor(settings, card, journal.partitions, herald)
        self._turns = 0
        self._held = _Held(state, journal.partitions)
        self._housekeeping = Housekeeping(journal, state, keep_days)
        if (floor := journal.fact("as_of")) is not None:
            state.advance(int(floor))
        self._made_with(settings, card)

    def turn(self, *, patient: bool = True) -> Turn:
        """Fold and assess once; who may wait a little is left for later, unless not `patient`.
        Never loses or repeats anything, wherever it is interrupted."""
        tidied = self._housekeeping.turn(patient=patient)
        self._carrier.turn()
        with self._housekeeping.folding():
            folded, assessed = self._fold_and_assess(patient)
        if folded or assessed:
            self._turns += 1
            if self._turns % ENGINE_TURNS == 0:
                self._engine.clear()
        return Turn(folded, assessed, tidied)

    def finish_removals(self) -> None:
        """Bring a removal that was begun to its end: before the journal is read anew."""
        self._housekeeping.finish_job()

    def _fold_and_assess(self, patient: bool) -> tuple[int, int]:
        held = self._held.renewed()
        folded = sum(self._fold(partition) for partition in held)
        if not held or "as_of" not in self._state.facts():
            # Accounts alone say nothing: there is no moment to assess them at.
            return folded, 0
        self._daily_round()
        now = time.time_ns() // 1000 if patient else NEVER
        due = self._state.due(held, URGENT_ACCOUNTS, now, urgent=True)
        if len(due) < PATIENT_ACCOUNTS:
            due += self._state.due(held, PATIENT_ACCOUNTS - len(due), now, urgent=False)
        if due:
            self._assessor.assess(self._state, self._engine, due)
        return folded, len(due)

    def settle(self) -> None:
        """Turn until nothing waits."""
        while not self.turn(patient=False).idle:
            pass

    def round(self) -> None:
        """Have everyone assessed anew: windows that end now move by themselves."""
        self._state.mark_all_due(time.time_ns() // 1000)

    def close(self) -> None:
        """Leave the partitions to others at once."""
        self._held.give_back()

    def run(self, stopped: Callable[[], bool], pause: Callable[[float], object]) -> None:
        """Turn until stopped; `pause` waits some seconds where there is nothing to do."""
        while not stopped():
            if self.turn().idle:
                pause(0.05)

    def _fold(self, partition: int) -> int:
        entries = self._journal.entries(partition, self._state.folded(partition), FOLD_EVENTS)
        if not entries:
            return 0
        return fold(self._state, self._engine, partition, self._journal.partitions, entries)

    def _daily_round(self) -> None:
        facts = self._state.facts()
        today = str(int(facts.get("as_of", "0")) // DAY)
        if facts.get("rounded", today) != today:
            self.round()
        if facts.get("rounded") != today:
            self._state.set_fact("rounded", today)

    def _made_with(self, settings: ContactSettings, card: Scorecard) -> None:
        """Where the settings or the card are others than before, everyone is assessed anew."""
        made_with = f"{settings!r} {card.sha256} {card.prior}"
        facts = self._state.facts()
        if facts.get("made_with", made_with) != made_with:
            self.round()
        self._state.set_fact("made_with", made_with)


class _Held:
    """The partitions a worker works on."""

    def __init__(self, state: State, partitions: int) -> None:
        self._database, self._partitions = state.database, partitions
        self._name = f"{os.getpid()}-{uuid.uuid4().hex[:12]}"
        self._held: list[int] = []
        self._renewed = 0.0
        if self._alone:
            self._held = list(range(partitions))
        else:
            self._database.run(
                "CREATE TABLE IF NOT EXISTS workers (name TEXT PRIMARY KEY,"
                " seen_at TIMESTAMPTZ NOT NULL)"
            )

    @property
    def _alone(self) -> bool:
        # A file has one worker: its other writers would only wait for one another.
        return self._database.kind == "sqlite"

    def renewed(self) -> list[int]:
        """The partitions, after taking or giving back some for a fair share."""
        if self._alone or time.monotonic() - self._renewed < 1:
            return self._held
        self._renewed = time.monotonic()
        run = self._database.run
        run(
            "INSERT INTO workers (name, seen_at) VALUES (?, now())"
            " ON CONFLICT (name) DO UPDATE SET seen_at = now()",
            (self._name,),
        )
        run("DELETE FROM workers WHERE seen_at < now() - ? * interval '1 second'", (ALIVE_SECONDS,))
        workers = int(run("SELECT COUNT(*) FROM workers")[0][0])
        share = math.ceil(self._partitions / max(workers, 1))
        while len(self._held) > share:
            run("SELECT pg_advisory_unlock(?, ?)", (LOCKS, self._held.pop()))
        for partition in range(self._partitions):
            if len(self._held) >= share:
                break
            if partition not in self._held:
                taken = run("SELECT pg_try_advisory_lock(?, ?)", (LOCKS, partition))[0][0]
                if taken:
                    self._held.append(partition)
        return self._held

    def give_back(self) -> None:
        """Hold nothing any more, and be counted no more."""
        if not self._alone:
            self._database.run("SELECT pg_advisory_unlock_all()")
            self._database.run("DELETE FROM workers WHERE name = ?", (self._name,))
        self._held = []
