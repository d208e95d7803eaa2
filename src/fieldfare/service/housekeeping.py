"""Housekeeping: erasures are carried out and old pairs age out, beside the worker's turns.

A *job* says what is to be removed and up to which entry of the journal. It is written down first;
then the state forgets, in one transaction; then the journal is rewritten, a few entries a turn,
while new events go on being folded. A process that dies goes on where it was: each step may be
done twice. The order keeps both alike: what is folded later is numbered above the job's.

With one worker nothing is folded between a death and the job's going on. With several, another
may fold at once what two accounts write to one another whose pair is ageing out, and forgetting
them then would lose it. PostgreSQL holds journal and state in one database, so that there a job is
marked as forgotten in the transaction that forgets, and an ageing job also written down in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from fieldfare.service import forget
from fieldfare.service.announcements import Announcements
from fieldfare.service.appeals import Appeals
from fieldfare.service.database import Database
from fieldfare.service.erasures import Erasures, digest_of
from fieldfare.service.journal import Journal
from fieldfare.service.protections import LegalHolds, protected
from fieldfare.service.removal import AccountsGone, Gone, PairsGone
from fieldfare.service.state import State
from fieldfare.service.user_reports import UserReports
from fieldfare.vocabulary.times import DAY

LOOK_SECONDS: Final = 1.0
"""How often it is looked whether there is something to do."""
MOST_PAIRS: Final = 50_000
"""Pairs that age out in one job, the rest in the next. The state forgets those of a job at once,
and nothing is folded meanwhile: some second (27,000 took .6 s of processor time)."""
MOST_WAITING: Final = 20_000
"""Events that may wait to be folded while pairs age out."""
LOCK: Final = 7_305_809
"""First of the two numbers of the server's locks: 0 who keeps house, 1 nobody folds."""

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS removals (
  id INTEGER PRIMARY KEY,
  job TEXT NOT NULL,
  forgotten INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS removal_pairs (one TEXT NOT NULL, other TEXT NOT NULL)
"""


class Job(msgspec.Struct):
    """What is being removed."""

    kind: Literal["erasure", "ageing"]
    until: dict[int, int]
    """By partition, the last entry it concerns."""
    erased: list[str] = []
    kept: list[str] = []
    known: dict[str, list[str]] = {}
    """Of those erased, who was in contact with whom of `kept`."""


@dataclass
class _Progress:
    job: Job
    gone: Gone
    partition: int = 0
    after: int = 0


class Housekeeping:
    """Does a little each time it is asked. Not safe for several threads."""

    def __init__(self, journal: Journal, state: State, keep_days: int = 0) -> None:
        """`keep_days`: pairs of accounts between which nothing happened for so long age out; 0:
        never."""
        self._journal, self._state, self._keep_days = journal, state, keep_days
        self._alone = state.database.kind == "sqlite"
        self._looked = -LOOK_SECONDS
        self._stale: list[int] = []
        self._progress: _Progress | None = None
        self._keeper = self._alone
        journal.database.run_script(_TABLES)
        self._erasures = Erasures(journal.database)

    @contextmanager
    def folding(self) -> Iterator[None]:
        """While it lasts, no job begins elsewhere."""
        if self._alone:
            yield
            return
        run = self._state.database.run
        run("SELECT pg_advisory_lock_shared(?, 1)", (LOCK,))
        try:
            yield
        finally:
            run("SELECT pg_advisory_unlock_shared(?, 1)", (LOCK,))

    def turn(self, *, patient: bool = True) -> bool:
        """Do a little of what is to be done; whether there was anything."""
        if self._progress is not None:
            self._go_on(self._progress)
            return True
        if self._stale:
            self._journal.forget_ids(self._stale.pop(), self._keep_days)
            return True
        if patient and time.monotonic() - self._looked < LOOK_SECONDS:
            return False
        self._looked = time.monotonic()
        if not self._keeps_house():
            return False
        with self._nobody_folds():
            job = self._resume() or self._erasure() or self._ageing()
        if job is not None:
            self._carefully(True)
            self._progress = _Progress(job, self._gone(job))
        return job is not None

    def finish_job(self) -> None:
        """Bring a job that was begun to its end."""
        if self._journal.database.run("SELECT 1 FROM removals"):
            self.turn(patient=False)
            while self._progress is not None:
                self._go_on(self._progress)

    def _keeps_house(self) -> bool:
        if not self._keeper:
            (row,) = self._state.database.run("SELECT pg_try_advisory_lock(?, 0)", (LOCK,))
            self._keeper = bool(row[0])
        return self._keeper

    @contextmanager
    def _nobody_folds(self) -> Iterator[None]:
        if self._alone:
            yield
            return
        run = self._state.database.run
        run("SELECT pg_advisory_lock(?, 1)", (LOCK,))
        try:
            yield
        finally:
            run("SELECT pg_advisory_unlock(?, 1)", (LOCK,))

    # Jobs begin

    def _resume(self) -> Job | None:
        rows = self._journal.database.run("SELECT job, forgotten FROM removals")
        if not rows:
            return None
        job = msgspec.json.decode(rows[0][0], type=Job)
        if not rows[0][1]:
            # Whoever folded since had everything before them, so the job reaches up to now.
            job.until = self._until(job.kind)
            self._forget(job)
        return job

    def _erasure(self) -> Job | None:
        safe = protected(self._journal.database)
        accounts = self._erasures.to_do(safe)
        if not accounts:
            return None
        known = forget.known_to(self._state, accounts, safe)
        job = Job("erasure", self._until("erasure"), accounts, sorted(safe), known)
        self._begin(job, [])
        return job

    def _ageing(self) -> Job | None:
        facts = self._state.facts()
        if not self._keep_days or "as_of" not in facts:
            return None
        today = int(facts["as_of"]) // DAY
        if facts.get("aged") == str(today):
            return None
        if sum(map(self._waiting, range(self._journal.partitions))) > MOST_WAITING:
            # What waits may be new messages between those who seem to have fallen silent.
            return None
        before = (today - self._keep_days) * DAY
        safe = protected(self._journal.database)
        pairs = forget.aged(self._state, before, safe, MOST_PAIRS + 1)
        job = Job("ageing", self._until("ageing")) if pairs else None
        if job is not None:
            self._begin(job, pairs[:MOST_PAIRS])
        if len(pairs) <= MOST_PAIRS:
            self._state.set_fact("aged", str(today))
            self._stale = list(range(256))
        return job

    def _waiting(self, partition: int) -> int:
        return self._journal.waiting(partition, self._state.folded(partition))

    def _until(self, kind: str) -> dict[int, int]:
        partitions = range(self._journal.partitions)
        if kind == "erasure":
            # Also what is not folded yet: it was told before.
            return dict.fromkeys(partitions, self._journal.last())
        return {partition: self._state.folded(partition) for partition in partitions}

    def _begin(self, job: Job, pairs: list[tuple[str, str]]) -> None:
        # Where the windows end must not move back, whatever is removed.
        self._journal.set_fact("as_of", self._state.facts().get("as_of", "0"))
        if job.kind == "ageing" and not self._alone:
            self._let_age(job, pairs, lambda: _write_down(self._state.database, job, pairs))
            return
        with self._journal.database.transaction():
            _write_down(self._journal.database, job, pairs)
        self._forget(job)

    def _forget(self, job: Job) -> None:
        if job.kind == "ageing":
            self._let_age(job, self._pairs())
            return
        self._carefully(True)
        gone = self._gone(job)
        for partition, until in job.until.items():
            after = self._state.folded(partition)
            while after < until:
                after = self._journal.rewrite(partition, after, until, gone)
        with self._marked(job):
            forget.erase(self._state, self._journal.partitions, job.erased, job.kept, job.known)

    def _let_age(
        self, job: Job, pairs: list[tuple[str, str]], first: Callable[[], object] = lambda: None
    ) -> None:
        self._carefully(True)
        with self._marked(job):
            first()
            forget.let_age(self._state, self._journal.partitions, pairs)

    @contextmanager
    def _marked(self, job: Job) -> Iterator[None]:
        """What the block takes from the state is taken in one transaction, and the job marked:
        in the same, where both are in one database."""
        with self._state.database.transaction():
            yield
            if not self._alone:
                _mark(self._state.database, job)
        if self._alone:
            _mark(self._journal.database, job)

    def _gone(self, job: Job) -> Gone:
        if job.kind == "ageing":
            return PairsGone(self._pairs())
        return AccountsGone(job.erased, job.kept, list(job.known))

    def _pairs(self) -> list[tuple[str, str]]:
        rows = self._journal.database.run("SELECT one, other FROM removal_pairs")
        return [(one, other) for one, other in rows]

    # Jobs go on, and end

    def _go_on(self, progress: _Progress) -> None:
        until = progress.job.until.get(progress.partition)
        if until is None:
            self._end(progress.job)
            self._progress = None
        elif progress.after >= until:
            progress.partition, progress.after = progress.partition + 1, 0
        else:
            progress.after = self._journal.rewrite(
                progress.partition, progress.after, until, progress.gone
            )

    def _end(self, job: Job) -> None:
        database = self._journal.database
        with database.transaction():
            database.run("DELETE FROM removals")
            database.run("DELETE FROM removal_pairs")
            if job.kind == "erasure":
                for account in job.erased:
                    Appeals(database).forget(account)
                    Announcements(database).forget(account)
                    UserReports(database).forget(account)
                    if account not in job.known:
                        LegalHolds(database).forget(account, digest_of(account))
                self._erasures.done(job.erased, job.known)
        for connection in (database, self._state.database):
            connection.scrub()
        self._carefully(False)

    def _carefully(self, on: bool) -> None:
        for connection in (self._journal.database, self._state.database):
            connection.careful(on)


def _write_down(database: Database, job: Job, pairs: list[tuple[str, str]]) -> None:
    database.run("DELETE FROM removal_pairs")
    database.many("INSERT INTO removal_pairs (one, other) VALUES (?, ?)", pairs)
    database.run("INSERT INTO removals (id, job, forgotten) VALUES (1, ?, 0)", (_encoded(job),))


def _mark(database: Database, job: Job) -> None:
    database.run("UPDATE removals SET job = ?, forgotten = 1", (_encoded(job),))


def _encoded(job: Job) -> str:
    return msgspec.json.encode(job).decode()
