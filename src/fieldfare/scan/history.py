"""When an account would first have been flagged: detection played again, moment by moment.

For each flagged account its own past is cut off after each of its first contacts, indicators and
rejections, then after each message and act between the last such step and the first that flags.
The SAME ledger and signals SQL is run on what had happened by then, stated ages included. Many
moments are computed in one run: the events of each moment get ids of their own, so that they share
a ledger without touching.

Windows that end "now" (the last 90 days) end at the same time of day as the scan's `as_of`, less
than a day after the moment itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa

from fieldfare.contacts import analysis
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.risk.assessment import assess
from fieldfare.risk.scorecard import Scorecard
from fieldfare.scan.universe import load_universes
from fieldfare.vocabulary.times import DAY

Cut = dict[str, Any]
"""One moment of one account: `universe`, `key` (put before every id), `moment`, `shift`."""

FIRST_BLOCK: Final = 8
"""Moments of an account tried in the first run, or more where that costs little; each further run
tries twice as many, since most accounts are flagged early."""
CHEAP_EVENTS: Final = 200_000
"""Events played again that cost hardly more than a run of the statements on none."""
MAX_MOMENTS: Final = 500
"""Moments tried an account. Beyond it the moment stays unknown."""
MAX_EVENTS: Final = 32_000_000
"""Events played again an account: its universe's events times the moments tried. An account with a
million contacts or messages is tried at its first thirty or so; beyond them the moment stays
unknown, or that of the first contact, indicator or rejection at which it was found flagged."""


@dataclass(frozen=True)
class FirstFlag:
    """The moment an account reached the flag threshold."""

    at: int
    """Microseconds UTC."""
    children_contacted: int
    """Probable children it had written to privately by then."""


def first_flags(engine: Engine, scorecard: Scorecard) -> dict[str, FirstFlag]:
    """For each account of the table `flagged`, when it would first have been flagged; `members`
    must hold its universe (see `universe`). An account that reached the threshold only between two
    steps, and fell below it again, is left out."""
    return prepare_replay(engine, scorecard)()


def prepare_replay(engine: Engine, scorecard: Scorecard) -> Callable[[], dict[str, FirstFlag]]:
    """Copies what `first_flags` needs of the engine, and gives what finds the moments; to be called
    once, beside whatever the engine does meanwhile."""
    settings = engine.fetch("SELECT * FROM settings")
    replay = open_engine("duckdb")
    try:
        load_universes(engine, replay)
    except BaseException:
        replay.close()
        raise

    def play() -> dict[str, FirstFlag]:
        with replay:
            steps = _steps(replay)
            flagged = _first_of(replay, steps, settings, scorecard)
            between = _between(replay, steps, flagged)
            return flagged | _first_of(replay, between, settings, scorecard)

    return play


def _first_of(
    replay: Engine, moments: Mapping[str, Sequence[int]], settings: pa.Table, scorecard: Scorecard
) -> dict[str, FirstFlag]:
    """The earliest of each account's moments at which it is flagged, where there is one."""
    sizes = replay.fetch(
        "SELECT universe, COUNT(*) AS events FROM known_deliveries GROUP BY universe"
    )
    events = dict(zip(*(sizes[name].to_pylist() for name in ("universe", "events")), strict=True))
    pending = {
        account: times[: 1 + MAX_EVENTS // events.get(account, 1)]
        for account, times in moments.items()
        if times
    }
    found: dict[str, FirstFlag] = {}
    # A universe of which nothing is copied still has its moments.
    played = max(1, sum(events.get(account, 1) for account in pending))
    tried, size = 0, min(max(FIRST_BLOCK, CHEAP_EVENTS // played), 8 * FIRST_BLOCK)
    while pending and tried < MAX_MOMENTS:
        end = min(tried + size, MAX_MOMENTS)
        block = {account: times[tried:end] for account, times in pending.items()}
        found |= _flags_in(replay, block, settings, scorecard)
        tried, size = tried + size, 2 * size
        pending = {
            account: times
            for account, times in pending.items()
            if account not in found and len(times) > tried
        }
    return found


def _between(
    replay: Engine, steps: Mapping[str, Sequence[int]], flagged: Mapping[str, FirstFlag]
) -> dict[str, list[int]]:
    """Messages and acts after the last step that was not flagged and before the one that was."""
    limits = [
        {
            "account": account,
            "low": max((t for t in steps[account] if t < flag.at), default=0),
            "high": flag.at,
        }
        for account, flag in flagged.items()
    ]
    if not limits:
        return {}
    replay.load("limits", pa.Table.from_pylist(limits))
    return _by_account(
        replay,
        "SELECT l.account AS account, d.sent_at AS moment FROM known_deliveries AS d"
        " INNER JOIN limits AS l ON l.account = d.universe"
        " WHERE d.sent_at > l.low AND d.sent_at < l.high"
        " UNION SELECT l.account AS account, a.acted_at AS moment FROM known_acts AS a"
        " INNER JOIN limits AS l ON l.account = a.universe"
        " WHERE a.acted_at > l.low AND a.acted_at < l.high",
    )


def _steps(replay: Engine) -> dict[str, list[int]]:
    return _by_account(replay, "SELECT account, moment FROM moments")


def _by_account(replay: Engine, query: str) -> dict[str, list[int]]:
    """Moments by account, in order, of a query of `account` and `moment`."""
    times: dict[str, list[int]] = {}
    ordered = f"SELECT * FROM ({query}) AS found ORDER BY account, moment"
    for row in replay.fetch(ordered).to_pylist():
        times.setdefault(row["account"], []).append(row["moment"])
    return times


def _flags_in(
    replay: Engine, block: Mapping[str, Sequence[int]], settings: pa.Table, scorecard: Scorecard
) -> dict[str, FirstFlag]:
    """The earliest flagged moment of each account among those of the block."""
    cut_off(replay, block, settings)
    analysis.signals(replay)
    signals = signals_then(replay)
    assessed = assess(signals, scorecard)
    found: dict[str, FirstFlag] = {}
    rows = signals.select(["universe", "moment", "children_contacted"]).to_pylist()
    for row in assessed.flagged.nonzero()[0]:
        account, at, children = rows[row].values()
        if account not in found or at < found[account].at:
            found[account] = FirstFlag(at, children)
    return found


def cut(number: int, account: str, moment: int, as_of: int) -> Cut:
    """The cut of an account's past after a moment; `number` is its own among those of a run."""
    # Whole days, so that hours of the day stay what they were.
    shift = (as_of - moment) // DAY * DAY
    # Short, because every id of the ledger begins with it.
    return {"universe": account, "key": f"{number:x}:", "moment": moment, "shift": shift}


def cut_off(replay: Engine, block: Mapping[str, Sequence[int]], settings: pa.Table) -> None:
    """Make the ledger of each account's universe as it was at each of its moments, all in one.
    Times are those of the moment plus its cut's shift."""
    as_of = settings["as_of"][0].as_py()
    pairs = [(account, moment) for account, moments in block.items() for moment in moments]
    cuts = [cut(number, *pair, as_of) for number, pair in enumerate(pairs)]
    replay.load("cuts", pa.Table.from_pylist(cuts))
    replay.load("settings", settings)
    _create_shifted_events(replay)
    analysis.ledger(replay)


def signals_then(replay: Engine) -> pa.Table:
    """The signals of each account at each of its moments: those of `cut_off`, with the columns
    `universe` (the account) and `moment` (microseconds UTC)."""
    return replay.fetch(
        "SELECT c.universe AS universe, c.moment AS moment, s.* FROM signals AS s"
        " INNER JOIN cuts AS c ON s.account = c.key || c.universe"
    )


def _create_shifted_events(replay: Engine) -> None:
    replay.create(
        "deliveries",
        "SELECT d.message_id, c.key || d.sender AS sender, c.key || d.recipient AS recipient,"
        " d.sent_at + c.shift AS sent_at, d.is_group, d.weight_sum, d.tokens,"
        " d.stated_age, d.stated_age_confidence"
        " FROM known_deliveries AS d INNER JOIN cuts AS c ON c.universe = d.universe"
        " WHERE d.sent_at <= c.moment",
    )
    replay.create(
        "mentions",
        "SELECT m.message_id, c.key || m.sender AS sender, c.key || m.recipient AS recipient,"
        " m.indicator, m.sent_at + c.shift AS sent_at"
        " FROM known_mentions AS m INNER JOIN cuts AS c ON c.universe = m.universe"
        " WHERE m.sent_at <= c.moment",
    )
    replay.create(
        "acts",
        "SELECT c.key || a.account AS account, c.key || a.peer AS peer, a.kind,"
        " a.acted_at + c.shift AS acted_at"
        " FROM known_acts AS a INNER JOIN cuts AS c ON c.universe = a.universe"
        " WHERE a.acted_at <= c.moment",
    )
    replay.create(
        "accounts",
        "SELECT c.key || a.account AS account, a.name, a.age, a.born_at + c.shift AS born_at,"
        " a.age_basis, a.age_confidence, a.country, a.country_basis, a.utc_offset_hours,"
        " a.created_at + c.shift AS created_at, a.role, a.role_source"
        " FROM known_accounts AS a INNER JOIN cuts AS c ON c.universe = a.universe",
    )
