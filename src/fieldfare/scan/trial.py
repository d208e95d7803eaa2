"""A policy tried on past events: what would have been delivered, asked, warned of, withheld.

What enters: files and archives, a policy, and perhaps another to compare with. What leaves: counts.
The contacts come from the same ledger and signals as a scan. Attempts that no condition of the
policies can tell apart are one situation, so `decide` runs once for each of the few situations and
not once a message.

What is not known of the past is left at its least: that a case was open, that a message was
encrypted. Ages are those known at the end of the events. A flagged account has its band from the
moment it would first have been flagged, and the lowest before; one in a lower band than that has
it all along. What would have followed from a message withheld is not played out.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fieldfare.contacts import analysis
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.contacts.intake import load
from fieldfare.risk import scorecard as scorecards
from fieldfare.risk.assessment import Assessed, assess
from fieldfare.safeguards import VERDICTS, Decision, Party, Policy, Situation, Verdict, decide
from fieldfare.scan.gather import Gathered, gather
from fieldfare.scan.history import first_flags
from fieldfare.scan.settings import ScanSettings
from fieldfare.scan.universe import create_members

MAX_REPLAYED: Final = 1000
"""Flagged accounts, the gravest first, whose past is played again to say when they were flagged.
Any others have their band all along."""

_TESTS: Final[dict[str, str]] = {
    "recipient_child_at_least": "recipient_p >= {}",
    "sender_child_at_least": "sender_p >= {}",
    "sender_adult_at_least": "1.0 - sender_p >= {}",
    "recipient_age_below": "recipient_age < {}",
    "recipient_age_from": "recipient_age >= {}",
    "sender_age_below": "sender_age < {}",
    "sender_age_from": "sender_age >= {}",
    "children_first_contacted_1d_above": "children_1d > {}",
    "children_first_contacted_7d_above": "children_7d > {}",
}
"""Conditions on numbers as SQL on `attempts`. All others are on values that are few."""

_ALWAYS: Final = (
    "sender_p >= 0.5",
    "recipient_p >= 0.5",
    "sender_age IS NULL",
    "recipient_age IS NULL",
)
"""What also tells two situations apart: how ages are filled in where they are not known."""

_FEW: Final = (
    "action",
    "connected",
    "answered",
    "blocked",
    "first_contact",
    "sender_band",
    "recipient_band",
)
_NUMBERS: Final = (
    "sender_p",
    "recipient_p",
    "sender_age",
    "recipient_age",
    "children_1d",
    "children_7d",
)

Counts = dict[str, int]


@dataclass
class Kind:
    """What would have come to one kind of recipient, as counts by verdict."""

    first_contacts: Counter[Verdict] = field(default_factory=Counter)
    """First private messages to a recipient; they are among `messages`."""
    messages: Counter[Verdict] = field(default_factory=Counter)
    requests: Counter[Verdict] = field(default_factory=Counter)
    senders: Counter[Verdict] = field(default_factory=Counter)
    """Different accounts that would have met each verdict at least once."""


@dataclass
class Tally:
    """What one policy would have done."""

    policy: Policy
    children: Kind = field(default_factory=Kind)
    """Recipients more probably children than not."""
    adults: Kind = field(default_factory=Kind)
    applied: Counter[str] = field(default_factory=Counter)
    """By rule id, attempts it applied to; rules in shadow too."""
    decided: Counter[str] = field(default_factory=Counter)
    """By rule id, attempts whose verdict it gave first."""


@dataclass
class Trial:
    """What came of trying a policy."""

    gathered: Gathered
    situations: int
    """Different situations; `decide` ran once for each and policy."""
    tally: Tally
    against: Tally | None
    changes: Counter[tuple[Verdict, Verdict]]
    """Attempts whose verdict differs: (with `against`, with the policy tried)."""


def try_policy(
    policy: Policy,
    paths: Sequence[Path],
    settings: ScanSettings,
    against: Policy | None = None,
    on_step: Callable[[str], None] = lambda _: None,
) -> Trial:
    """What a policy would have done about past events. A policy that is in shadow as a whole is
    tried as though it were in force; single rules in shadow are counted and decide nothing.

    Raises InputError or SettingsError where nothing can be read or a setting is not valid.
    """
    policies = [replace(each, shadow=False) for each in (policy, against) if each is not None]
    card = (
        scorecards.shipped() if settings.scorecard is None else scorecards.load(settings.scorecard)
    )
    for each in policies:
        each.require_bands(band.name for band in card.bands)
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-") as folder,
        open_engine(
            settings.engine, memory=settings.memory, threads=settings.threads, folder=Path(folder)
        ) as engine,
    ):
        gathered = gather(paths, settings, Path(folder), lambda place: on_step(f"Reading {place}"))
        on_step("Preparing events")
        load(engine, gathered.files, settings.contacts)
        analysis.ledger(engine, lambda name: on_step(f"Ledger: {name}"))
        analysis.signals(engine, lambda name: on_step(f"Signals: {name}"))
        on_step("Finding when each was first flagged")
        _load_bands(engine, assess(engine.fetch("SELECT * FROM signals"), card))
        on_step("Finding situations")
        engine.create("attempts", (files("fieldfare.scan") / "attempts.sql").read_text("utf-8"))
        situations = _situations(engine, policies)
        on_step("Deciding")
        return _decide_all(engine, gathered, policies, situations)


def _load_bands(engine: Engine, assessed: Assessed) -> None:
    card = assessed.scorecard
    ranks = assessed.ranks
    accounts = assessed.signals["account"].to_pylist()
    ranked = [int(row) for row in assessed.ranked() if assessed.flagged[row]]
    replayed = [accounts[row] for row in ranked[:MAX_REPLAYED]]
    create_members(engine, replayed)
    flags = first_flags(engine, card) if replayed else {}
    rows = [
        {
            "account": accounts[row],
            "band": card.bands[ranks[row]].name,
            "since": flags[accounts[row]].at if accounts[row] in flags else None,
        }
        for row in np.flatnonzero(ranks > 0)
    ]
    schema = pa.schema([("account", pa.string()), ("band", pa.string()), ("since", pa.int64())])
    engine.load("known_bands", pa.Table.from_pylist(rows, schema))


def _situations(engine: Engine, policies: Sequence[Policy]) -> list[dict[str, Any]]:
    """One row a situation that the policies can tell apart: its key, its values (for numbers, the
    least of those that all conditions see alike) and how many attempts it stands for."""
    few = [*_FEW, *(["recipient_country"] if _ask_countries(policies) else [])]
    tests = [*_ALWAYS, *sorted(set(_number_tests(policies)))]
    parts = [f"COALESCE(CAST({name} AS VARCHAR), '')" for name in few]
    parts += [f"CASE WHEN {test} THEN '1' ELSE '0' END" for test in tests]
    key = " || '|' || ".join(parts)
    engine.create("keyed", f"SELECT a.*, {key} AS situation FROM attempts AS a")
    values = [f"MIN({name}) AS {name}" for name in (*few, *_NUMBERS)]
    rows: list[dict[str, Any]] = engine.fetch(
        f"SELECT situation, {', '.join(values)}, CAST(SUM(attempts) AS BIGINT) AS attempts"
        " FROM keyed GROUP BY situation ORDER BY situation"
    ).to_pylist()
    return rows


def _number_tests(policies: Sequence[Policy]) -> Iterator[str]:
    for policy in policies:
        for rule in policy.rules:
            for name, value in rule.conditions.items():
                if name in _TESTS:
                    yield _TESTS[name].format(repr(float(value)))


def _ask_countries(policies: Sequence[Policy]) -> bool:
    return any("recipient_countries" in rule.conditions for each in policies for rule in each.rules)


def _decide_all(
    engine: Engine, gathered: Gathered, policies: Sequence[Policy], rows: list[dict[str, Any]]
) -> Trial:
    tallies = [Tally(policy) for policy in policies]
    verdicts: list[list[Verdict]] = [[] for _ in policies]
    changes: Counter[tuple[Verdict, Verdict]] = Counter()
    for row in rows:
        for tally, found in zip(tallies, verdicts, strict=True):
            decision = decide(tally.policy, _situation(row, tally.policy.bands[0]))
            found.append(decision.verdict)
            _count(tally, row, decision)
        if len(verdicts) == 2 and verdicts[0][-1] != verdicts[1][-1]:
            changes[verdicts[1][-1], verdicts[0][-1]] += row["attempts"]
    keys = [row["situation"] for row in rows]
    for tally, found in zip(tallies, verdicts, strict=True):
        _count_senders(engine, tally, keys, found)
    return Trial(
        gathered, len(rows), tallies[0], tallies[1] if len(tallies) == 2 else None, changes
    )


def _situation(row: dict[str, Any], lowest: str) -> Situation:
    return Situation(
        action=row["action"],
        sender=Party(
            "sender", row["sender_p"], row["sender_age"], band=row["sender_band"] or lowest
        ),
        recipient=Party(
            "recipient",
            row["recipient_p"],
            row["recipient_age"],
            band=row["recipient_band"] or lowest,
            country=row.get("recipient_country"),
        ),
        connected=bool(row["connected"]),
        recipient_wrote_first_or_answered=bool(row["answered"]),
        blocked=bool(row["blocked"]),
        first_contact=bool(row["first_contact"]),
        children_first_contacted_1d=max(0.0, row["children_1d"]),
        children_first_contacted_7d=max(0.0, row["children_7d"]),
    )


def _count(tally: Tally, row: dict[str, Any], decision: Decision) -> None:
    kind = tally.children if row["recipient_p"] >= 0.5 else tally.adults
    attempts = row["attempts"]
    (kind.messages if row["action"] == "message" else kind.requests)[decision.verdict] += attempts
    if row["action"] == "message" and row["first_contact"]:
        kind.first_contacts[decision.verdict] += attempts
    for rule in (*decision.rules, *decision.shadow_rules):
        tally.applied[rule] += attempts
    for rule in decision.rules[:1]:
        tally.decided[rule] += attempts


def _count_senders(engine: Engine, tally: Tally, keys: list[str], verdicts: list[Verdict]) -> None:
    table = pa.table(
        {"situation": pa.array(keys, pa.string()), "verdict": pa.array(verdicts, pa.string())}
    )
    engine.load("decided", table)
    counted = engine.fetch(
        "SELECT verdict, to_child, COUNT(*) AS senders FROM ("
        " SELECT DISTINCT k.sender AS sender, d.verdict AS verdict,"
        " CASE WHEN k.recipient_p >= 0.5 THEN 1 ELSE 0 END AS to_child"
        " FROM keyed AS k INNER JOIN decided AS d ON d.situation = k.situation) AS met"
        " GROUP BY verdict, to_child"
    )
    for row in counted.to_pylist():
        kind = tally.children if row["to_child"] else tally.adults
        kind.senders[row["verdict"]] = row["senders"]


def as_json(trial: Trial) -> dict[str, Any]:
    """The result as plain data; documented in docs/policy.md."""
    said: dict[str, Any] = {
        "rows": dict(trial.gathered.rows),
        "problems": dict(trial.gathered.problems.counts),
        "situations": trial.situations,
        **_tally_json(trial.tally),
    }
    if trial.against is not None:
        said["against"] = _tally_json(trial.against)
        said["changes"] = [
            {"from": before, "to": after, "attempts": count}
            for (before, after), count in sorted(
                trial.changes.items(),
                key=lambda each: (VERDICTS.index(each[0][0]), VERDICTS.index(each[0][1])),
            )
        ]
    return said


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "policy": {"version": tally.policy.version, "sha256": tally.policy.sha256},
        "to_children": _kind_json(tally.children),
        "to_adults": _kind_json(tally.adults),
        "rules": [
            {
                "id": rule.id,
                "verdict": rule.verdict,
                "shadow": rule.shadow,
                "applied": tally.applied[rule.id],
                "decided": tally.decided[rule.id],
            }
            for rule in tally.policy.rules
        ],
    }


def _kind_json(kind: Kind) -> dict[str, Counts]:
    named = {
        "first_contacts": kind.first_contacts,
        "messages": kind.messages,
        "requests": kind.requests,
        "senders": kind.senders,
    }
    return {
        name: {verdict: counts[verdict] for verdict in VERDICTS} for name, counts in named.items()
    }
