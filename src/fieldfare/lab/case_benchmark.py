"""How quick the store of cases is: pages of a long queue, claims, a case with very many messages.

The cases are made up and hold no text but one mild sentence; the clock of the store stands still.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import Engine

from fieldfare.cases import OPERATOR, Actor, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.records import Filters
from fieldfare.cases.vault import Vault
from fieldfare.scan.snapshot import SeenChild, SeenMessage, Snapshot
from fieldfare.vocabulary.keys import KeyRing
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE

AT_ONCE: Final = 1_000
START: Final = 1_772_366_400_000_000
SENTENCE: Final = "are your parents home"
SIGNS: Final = ("meeting_travel", "photo_request", "pressure", "secrecy", "payment_offer")
REVIEWER: Final = Actor("ana", frozenset({"reviewer"}), "benchmark")


def measure(
    cases: int = 100_000,
    runs: int = 20,
    database: str | None = None,
    *,
    children: int = 150,
    messages: int = 20_000,
    data: Path | None = None,
) -> dict[str, Any]:
    """Figures for a queue of so many cases, in milliseconds: median and greatest of the runs. A
    queue in `data` or `database` that is filled already is used as it is."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-") as folder:
        engine = connect(url_of(data or Path(folder), database))
        try:
            return _measure(engine, cases, runs, children, messages)
        finally:
            engine.dispose()


def _measure(engine: Engine, cases: int, runs: int, children: int, messages: int) -> dict[str, Any]:
    clock = [START]
    store = CaseStore(engine, lambda: clock[0], Vault(KeyRing("k", {"k": bytes(32)})))
    opened: float | None = None
    if not store.list_cases(OPERATOR, cases, 1):
        began = time.perf_counter()
        _fill(store, clock, cases)
        opened = time.perf_counter() - began
        store.open_case(OPERATOR, _large(children, messages), "scan")
    large = store.list_cases(OPERATOR, cases, 1)[0].id
    clock[0] = START + (cases // AT_ONCE + 1) * MINUTE
    deep = _cursor(store, cases // 2)
    rare = Filters(tags=("school",))
    low = Filters(levels=("normal",), unclaimed=True)
    return {
        "database": engine.dialect.name,
        "cases": cases,
        "opened_per_second": None if opened is None else round(cases / opened),
        "first_page_ms": _timed(runs, lambda: store.queue(REVIEWER)),
        "page_from_the_middle_ms": _timed(runs, lambda: store.queue(REVIEWER, cursor=deep)),
        "page_by_a_rare_tag_ms": _timed(runs, lambda: store.queue(REVIEWER, rare)),
        "page_by_level_ms": _timed(runs, lambda: store.queue(REVIEWER, low)),
        "counts_by_state_ms": _timed(runs, lambda: store.counts(REVIEWER)),
        "claim_the_next_ms": _timed(runs, lambda: store.claim(REVIEWER)),
        "large_case": {"children": children, "messages": messages},
        "large_case_ms": _timed(runs, lambda: store.get(REVIEWER, large)),
        "large_case_timeline_ms": _timed(runs, lambda: store.moments(REVIEWER, large)),
        "large_case_page_of_200_messages_ms": _timed(
            runs, lambda: store.conversation(REVIEWER, large)
        ),
        "search_by_account_ms": _timed(runs, lambda: store.search(REVIEWER, "account 77")),
        "audit": _audit(store),
    }


def _fill(store: CaseStore, clock: list[int], cases: int) -> None:
    rng = np.random.default_rng(0)
    for first in range(0, cases, AT_ONCE):
        clock[0] += MINUTE
        block = [_small(first + n, rng) for n in range(min(AT_ONCE, cases - first))]
        ids = store.open_cases(OPERATOR, block, "scan")
        if first == 0:
            store.bulk(
                Actor("sue", frozenset({"supervisor"})), ids[:200], "tag", "school", dry_run=False
            )


def _audit(store: CaseStore) -> dict[str, Any]:
    began = time.perf_counter()
    verdict = store.verify_audit(OPERATOR)
    seconds = time.perf_counter() - began
    return {
        "entries": verdict.entries,
        "whole": not verdict.problems,
        "verified_per_second": round(verdict.entries / seconds),
    }


def _timed(runs: int, work: Callable[[], object]) -> dict[str, float]:
    spent = []
    for _ in range(runs):
        began = time.perf_counter()
        work()
        spent.append(1000 * (time.perf_counter() - began))
    return {"median": round(statistics.median(spent), 2), "max": round(max(spent), 2)}


def _cursor(store: CaseStore, wanted: int) -> str | None:
    """The cursor behind so many cases."""
    cursor, seen = None, 0
    while seen < wanted:
        page = store.queue(REVIEWER, cursor=cursor, most=200)
        cursor, seen = page.next, seen + len(page.cases)
    return cursor


def _small(number: int, rng: np.random.Generator) -> Snapshot:
    asked = [name for name in SIGNS if rng.random() < 0.2]
    peers = [_child(f"child {number}-{n}", float(rng.integers(8, 18)), asked) for n in range(3)]
    talk = [
        SeenMessage(f"{number}-{n}", peers[0].account, True, START - n, SENTENCE) for n in range(3)
    ]
    return Snapshot(
        account=f"account {number}",
        as_of=START,
        band="alert",
        probability=float(rng.uniform(0.5, 1)),
        flagged=True,
        children=tuple(peers),
        messages=tuple(talk),
    )


def _large(children: int, messages: int) -> Snapshot:
    peers = [_child(f"peer {n}", 8.0 + n % 10, list(SIGNS[: n % 4])) for n in range(children)]
    talk = tuple(
        SeenMessage(
            f"large-{n}",
            peers[n % children].account,
            n % 3 > 0,
            START - (messages - n) * MINUTE,
            SENTENCE,
            ("parents_absent",) if n % 10 == 0 else (),
        )
        for n in range(messages)
    )
    return Snapshot("large", START, "urgent", 0.99, True, children=tuple(peers), messages=talk)


def _child(account: str, age: float, asked: list[str]) -> SeenChild:
    return SeenChild(
        account=account,
        name=None,
        child_probability=0.9,
        age=age,
        age_basis="declared",
        country="PH",
        country_basis="declared",
        contacted_at=START - 3 * DAY,
        last_at=START - HOUR,
        wrote_first=True,
        answered=True,
        rejected_at=None,
        connected_before=False,
        sent=3,
        received=0,
        asked=dict.fromkeys(asked, START - DAY),
    )
