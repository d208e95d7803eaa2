"""Ties and groups become messages: sessions, turns, answers, sleep.

A tie has sessions; a session begins at an hour at which people of that age write, and goes on turn
by turn. Gaps between sessions and times to an answer are log-normal, so that traffic comes in
bursts. Nobody writes asleep: such a message waits for the morning.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from fieldfare.lab.demo_talk import START
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import ADULT, Floats, Ints, People
from fieldfare.lab.simulation.ties import ENDS, Groups, Ties
from fieldfare.vocabulary.times import DAY, from_micros

WORLD_DAYS: Final = 120
"""Days that the parameters speak of; other worlds stretch them."""
_DAY_SECONDS: Final = 86_400.0
_LONGEST: Final = 60
"""Most messages of a session."""


@dataclass(slots=True)
class Messages:
    """Private messages, in any order."""

    tie: npt.NDArray[np.int32]
    by_one: npt.NDArray[np.bool_]
    """Whether the tie's `one` wrote it."""
    at: npt.NDArray[np.float64]
    """Days since the world began."""

    def __len__(self) -> int:
        return len(self.tie)

    def take(self, rows: Ints) -> Messages:
        return Messages(*(getattr(self, f.name)[rows] for f in fields(self)))


class Clock:
    """Local time, the weekly and yearly rhythm, and sleep, of everybody."""

    def __init__(self, people: People, parameters: Parameters, days: int) -> None:
        self.people, self.days = people, days
        rhythm, world = parameters.rhythm, parameters.world
        first = from_micros(START)
        noons = [first + timedelta(days=d, hours=12) for d in range(-1, days + 3)]
        self.offsets = np.array(
            [[_hours_east(c.zone, noon) for noon in noons] for c in parameters.countries.values()]
        )
        """Hours east of UTC, country by day, from the day before the world."""
        stretch = days / WORLD_DAYS
        weekday = (first.weekday() + np.arange(days + 2)) % 7
        day = np.arange(days + 2) / stretch
        low, high = world.autumn_holiday
        holiday = (day < world.term_begins) | ((day >= low) & (day < high))
        self.free = (weekday >= 5) | holiday
        """Days without school."""
        self.weekend = weekday >= 5
        child = np.array(rhythm.child_week)[weekday] * np.where(holiday, rhythm.child_holiday, 1)
        adult = np.array(rhythm.adult_week)[weekday] * np.where(holiday, rhythm.adult_holiday, 1)
        self.activity = [np.concatenate([[0.0], np.cumsum(w)]) for w in (adult, child)]
        self.hours = [
            np.concatenate([[0.0], np.cumsum(profile) / np.sum(profile)])
            for profile in (
                rhythm.adult_work_day, rhythm.adult_free_day,
                rhythm.child_school_day, rhythm.child_free_day,
            )
        ]  # fmt: skip

    def east(self, who: Ints, at: Floats) -> Floats:
        """Hours east of UTC where they live, at those times."""
        day = np.clip(np.floor(at).astype(np.int64) + 1, 0, self.offsets.shape[1] - 1)
        found: Floats = self.offsets[self.people.country[who], day]
        return found

    def awake(self, rng: np.random.Generator, who: Ints, at: Floats) -> Floats:
        """Those times, or the morning after where the person sleeps then."""
        local = (at * 24 + self.east(who, at)) % 24
        evening = np.where(local < 12, local + 24, local)
        wake = self.people.wake[who] + 24
        asleep = (evening >= self.people.bed[who]) & (evening < wake)
        later = rng.exponential(0.6, len(at))
        return at + np.where(asleep, wake - evening + np.minimum(later, 6), 0) / 24

    def moments(
        self, rng: np.random.Generator, who: Ints, lo: Floats, hi: Floats, place: Floats
    ) -> Floats:
        """Times between `lo` and `hi` at which the person is likely to write; `place`, 0–1, says
        how far between."""
        child = (self.people.age[who] < ADULT).astype(np.int64)
        days = np.arange(self.days + 3, dtype=np.float64)
        raw = np.empty(len(who))
        for kind, curve in enumerate(self.activity):
            rows = child == kind
            start, end = np.interp(lo[rows], days, curve), np.interp(hi[rows], days, curve)
            raw[rows] = np.interp(start + (end - start) * place[rows], curve, days)
        day = np.clip(np.floor(raw).astype(np.int64), 0, self.days)
        quiet = np.where(child == 1, self.free[day], self.weekend[day])
        hour = np.empty(len(who))
        draw = rng.random(len(who))
        for profile, table in enumerate(self.hours):
            rows = child * 2 + quiet == profile
            hour[rows] = np.interp(draw[rows], table, np.arange(25.0))
        at = day + (hour - self.east(who, raw)) / 24
        at = np.where(at < lo, at + 1, at)
        return self.awake(rng, who, np.maximum(at, lo))


def _hours_east(zone: str, noon: datetime) -> float:
    shift = noon.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()
    return (shift or timedelta()).total_seconds() / 3600


def micros(at: Floats) -> npt.NDArray[np.int64]:
    """Microseconds UTC of days since the world began."""
    found: npt.NDArray[np.int64] = START + (at * DAY).astype(np.int64)
    return found


def private_messages(
    rng: np.random.Generator, clock: Clock, ties: Ties, parameters: Parameters
) -> Messages:
    """All messages of these ties, within each one's time."""
    tie = np.repeat(np.arange(len(ties)), ties.sessions)
    places = _busy_days(
        rng, ties, tie, _places(rng, ties, parameters.rhythm.gap_spread), parameters
    )
    opens = np.zeros(len(tie), np.bool_)
    first = np.cumsum(ties.sessions) - ties.sessions
    opens[first] = True
    by_one = opens | ~ties.answered[tie] | (rng.random(len(tie)) < 0.5)
    who = np.where(by_one, ties.one[tie], ties.other[tie])
    start = clock.moments(rng, who, ties.lo[tie], ties.hi[tie], places)
    pinned = opens & ties.pinned[tie]
    start[pinned] = clock.awake(rng, who[pinned], ties.lo[tie[pinned]])
    # No session before the first one.
    start = np.maximum(start, start[first][tie] + np.where(opens, 0, 0.004))
    lengths = np.minimum(rng.geometric(1 / np.maximum(ties.turns[tie], 1.0)), _LONGEST)
    lengths = np.where(opens & ties.answered[tie], np.maximum(lengths, 2), lengths)
    found = _turns(rng, clock, ties, tie, opens, by_one, start, lengths, parameters)
    found = found.take(np.flatnonzero(found.at < ties.hi[found.tie]))
    return _first_is_ones(ties, found)


def _first_is_ones(ties: Ties, messages: Messages) -> Messages:
    """Drop what `other` wrote before the first message of `one`: sleep may turn them round."""
    first = np.full(len(ties), np.inf)
    np.minimum.at(first, messages.tie[messages.by_one], messages.at[messages.by_one])
    return messages.take(np.flatnonzero(messages.by_one | (messages.at > first[messages.tie])))


def _places(rng: np.random.Generator, ties: Ties, spread: float) -> Floats:
    """Where in its time each session of each tie lies, 0–1: log-normal gaps, in order."""
    count = ties.sessions.astype(np.int64)
    ends = np.cumsum(count + 1)
    gaps = np.exp(spread * rng.standard_normal(int(ends[-1]) if len(ends) else 0))
    begins = ends - count - 1
    gaps[begins] = np.where(ties.pinned, 0.0, gaps[begins])
    summed = np.concatenate([[0.0], np.cumsum(gaps)])
    total = summed[ends] - summed[begins]
    # The gap after the last session makes none.
    inner = np.ones(len(gaps), np.bool_)
    inner[ends - 1] = False
    tie = np.repeat(np.arange(len(ties)), count)
    found: Floats = (summed[1:][inner] - summed[begins][tie]) / total[tie]
    return found


def _busy_days(
    rng: np.random.Generator, ties: Ties, tie: Ints, places: Floats, parameters: Parameters
) -> Floats:
    """Some sessions moved into busy days of `one`, which are the same for all of one's ties."""
    episodes = parameters.rhythm.episodes
    lo, hi = ties.lo[tie], ties.hi[tie]
    number = np.floor((lo + (hi - lo) * places) / episodes.every_days)
    # A number between 0 and 1 that depends on the person and on which of the days it is.
    fraction = (ties.one[tie] * 0.6180339887 + number * 0.7548776662 + 0.1) % 1.0
    day = (number + fraction) * episodes.every_days
    day += rng.exponential(episodes.last_days, len(tie))
    moved = (rng.random(len(tie)) < episodes.share) & (day > lo) & (day < hi) & (places > 0)
    places = np.where(moved, (day - lo) / (hi - lo), places)
    return places[np.lexsort((places, tie))]


def _turns(
    rng: np.random.Generator,
    clock: Clock,
    ties: Ties,
    tie: Ints,
    opens: Ints,
    by_one: Ints,
    start: Floats,
    lengths: Ints,
    parameters: Parameters,
) -> Messages:
    """Session by session, a turn at a time for all of them at once."""
    rhythm = parameters.rhythm
    rows = np.arange(len(tie))
    at, side = start.copy(), by_one.copy()
    parts = [(rows, side.copy(), at.copy())]
    for turn in range(1, int(lengths.max(initial=0))):
        rows = rows[lengths[rows] > turn]
        pair = tie[rows]
        answers = ties.answered[pair] & (
            (rng.random(len(rows)) < rhythm.switch) | (opens[rows] & (turn == 1))
        )
        side[rows] ^= answers
        first = answers & opens[rows] & (turn == 1)
        median = np.where(
            first, rhythm.first_reply.median_seconds,
            np.where(answers, rhythm.reply.median_seconds, rhythm.again_seconds),
        )  # fmt: skip
        spread = np.where(first, rhythm.first_reply.spread, rhythm.reply.spread)
        wait = np.minimum(
            median * np.exp(spread * rng.standard_normal(len(rows))), 2 * _DAY_SECONDS
        )
        who = np.where(side[rows], ties.one[pair], ties.other[pair])
        at[rows] = clock.awake(rng, who, at[rows] + (wait + 1) / _DAY_SECONDS)
        parts.append((rows, side[rows].copy(), at[rows].copy()))
    session = np.concatenate([p[0] for p in parts])
    return Messages(
        tie[session].astype(np.int32),
        np.concatenate([p[1] for p in parts]),
        np.concatenate([p[2] for p in parts]),
    )


@dataclass(slots=True)
class Endings:
    """What `other` did about `one`, a tie each."""

    tie: npt.NDArray[np.int64]
    kind: npt.NDArray[np.uint8]
    """Index into `ENDS`."""
    at: npt.NDArray[np.float64]


def ended(
    rng: np.random.Generator, clock: Clock, ties: Ties, messages: Messages
) -> tuple[Messages, Endings]:
    """Blocks, reports and declined requests, some time after one of the messages of `one`; after
    a block neither writes."""
    which = np.flatnonzero(ties.ends > 0)
    sent = messages.take(np.flatnonzero(messages.by_one & (ties.ends[messages.tie] > 0)))
    order = np.lexsort((sent.at, sent.tie))
    tie, at = sent.tie[order], sent.at[order]
    low = np.searchsorted(tie, which)
    high = np.searchsorted(tie, which, side="right")
    wrote = high > low
    which, low, high = which[wrote], low[wrote], high[wrote]
    number = np.minimum(low + rng.geometric(0.35, len(which)) - 1, high - 1)
    after = np.exp(np.log(0.02) + 1.5 * rng.standard_normal(len(which)))
    moment = clock.awake(rng, ties.other[which], at[number] + np.minimum(after, 3)).astype(
        np.float64
    )
    kept = moment < ties.hi[which]
    endings = Endings(which[kept], ties.ends[which[kept]], moment[kept])
    limit = np.full(len(ties), np.inf)
    blocks = endings.kind == ENDS.index("block")
    limit[endings.tie[blocks]] = endings.at[blocks]
    return messages.take(np.flatnonzero(messages.at < limit[messages.tie])), endings


@dataclass(slots=True)
class GroupMessages:
    group: npt.NDArray[np.int32]
    sender: npt.NDArray[np.int32]
    at: npt.NDArray[np.float64]
    led: npt.NDArray[np.bool_]
    """Whether the group's leader wrote it."""

    def __len__(self) -> int:
        return len(self.group)


def group_messages(
    rng: np.random.Generator, clock: Clock, groups: Groups, parameters: Parameters
) -> GroupMessages:
    """Messages of group chats; sociable members write more, a leader opens."""
    people = clock.people
    group = np.repeat(np.arange(len(groups)), groups.sessions)
    weight = np.concatenate([[0.0], np.cumsum(people.social[groups.members], dtype=np.float64)])

    def member(of: Ints) -> Ints:
        low, high = groups.starts[of], groups.starts[of + 1]
        u = weight[low] + (weight[high] - weight[low]) * rng.random(len(of))
        place = np.clip(np.searchsorted(weight, u, side="right") - 1, low, high - 1)
        chosen: Ints = groups.members[place]
        return chosen

    leader = groups.leader[group]
    sender = np.where(leader >= 0, leader, member(group))
    at = clock.moments(rng, sender, groups.lo[group], groups.hi[group], rng.random(len(group)))
    lengths = np.minimum(rng.geometric(1 / parameters.rhythm.session_turns, len(group)), _LONGEST)
    rows = np.arange(len(group))
    parts = [(rows, sender, at.copy())]
    for turn in range(1, int(lengths.max(initial=0))):
        rows = rows[lengths[rows] > turn]
        who = member(group[rows])
        wait = 90 * np.exp(1.4 * rng.standard_normal(len(rows)))
        at[rows] = clock.awake(rng, who, at[rows] + (np.minimum(wait, 40_000) + 1) / _DAY_SECONDS)
        parts.append((rows, who, at[rows].copy()))
    session = np.concatenate([p[0] for p in parts])
    who = np.concatenate([p[1] for p in parts])
    moment = np.concatenate([p[2] for p in parts])
    number = group[session]
    there = (moment > people.created[who]) & (moment < people.until[who])
    there &= moment < groups.hi[number]
    kept = np.flatnonzero(there)
    return GroupMessages(
        number[kept].astype(np.int32),
        who[kept].astype(np.int32),
        moment[kept],
        (groups.leader[number] == who)[kept],
    )
