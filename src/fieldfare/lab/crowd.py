"""A load generator: many message events without text, quickly, for ``fieldfare bench``.

What enters: a number of events and a seed. What leaves: ``messages.parquet`` and
``accounts.parquet`` in the documented Parquet form, with only the columns a service that cannot
read its messages would have. Memory stays flat: events are made and written in blocks of days.

It is not a model of behaviour. It has what decides the cost of a scan (about ten events an
account, six an ordered pair, heavy tails, both directions, order of time) and just enough
structure that ordinary accounts do not look like mass contact: people live in communities of
forty, ten households of four, and write to their household, to classmates and to people of
their own kind; an adult writes only to the children of the household. All chats are private and
between two. One account in a million (one at least) is planted: it writes first to children all
over the world. A detection rate measured here means nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.lab.demo_people import countries
from fieldfare.lab.demo_talk import DAYS, START
from fieldfare.vocabulary.errors import SettingsError
from fieldfare.vocabulary.schemas import ACCOUNTS, MESSAGES
from fieldfare.vocabulary.times import DAY, HOUR

Ints = npt.NDArray[np.int64]

LEAST_EVENTS = 10_000
EVENTS_PER_ACCOUNT = 10
EVENTS_PER_TIE = 9.9
"""Events for each pair of people who write at all; with the direction, some 6 an ordered pair."""
ONE_WAY = 5
"""One tie in this many is never answered."""
BLOCK = 1_000_000
"""Events made and written at a time, where a single day does not hold more."""

COMMUNITY, HOUSEHOLD = 40, 4
CHILDREN_OF_HOUSEHOLD = (2, 2, 2, 1, 1, 0, 0, 0, 0, 0)
"""Children in each of a community's ten households: 8 of 40 people."""
PLACE = 64
"""Communities of one place: one country, one time zone."""
AGE_KNOWN = 0.7
AGE_VERIFIED = 0.2

PLANTED_PER = 1_000_000
"""Accounts for each planted one."""
PLANTED_CHILDREN = 150
PLANTED_DAYS = (20, 110)

_OFFSET_HOURS = {
    "GB": 0, "PH": 8, "LK": 5.5, "SG": 8, "TH": 7, "ID": 7, "KH": 7, "IQ": 3, "MA": 1, "TR": 3,
    "MY": 8,
}  # fmt: skip
"""East of UTC, without summer time: enough to let a country sleep at night."""
_HOURS = (0.3, 0.1, 0, 0, 0, 0.2, 1, 4, 5, 4, 4, 4, 6, 5, 4, 5, 6, 7, 8, 9, 9, 8, 5, 1.5)
"""Weight of each local hour of the day."""

_IS_CHILD = np.array(
    [member >= HOUSEHOLD - n for n in CHILDREN_OF_HOUSEHOLD for member in range(HOUSEHOLD)]
)
_CHILD_SEATS = np.flatnonzero(_IS_CHILD)
_ADULT_SEATS = np.flatnonzero(~_IS_CHILD)
MESSAGE_COLUMNS = pa.schema(
    [MESSAGES.field(n) for n in ("id", "conversation", "kind", "sender", "recipients", "sent_at")]
)
_ACCOUNTS = pa.schema(
    [ACCOUNTS.field(n) for n in ("id", "age", "age_source", "country", "time_zone")]
)


@dataclass(frozen=True, slots=True)
class Crowd:
    """What was written. `planted` are the ids of the accounts of mass contact to children."""

    messages: Path
    accounts: Path
    events: int
    account_count: int
    planted: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Planted:
    """Events of the planted accounts, in order of time."""

    people: tuple[int, ...]
    sender: Ints
    recipient: Ints
    conversation: Ints
    sent_at: Ints


def write_crowd(folder: Path, events: int, seed: int = 1) -> Crowd:
    """Write `events` messages (exactly) and their accounts into the folder.

    The same arguments give the same rows. Raises SettingsError below `LEAST_EVENTS`.
    """
    if events < LEAST_EVENTS:
        raise SettingsError(f"a crowd needs at least {LEAST_EVENTS} events")
    folder.mkdir(parents=True, exist_ok=True)
    communities = -(-events // (EVENTS_PER_ACCOUNT * COMMUNITY))
    planted = _plant(np.random.default_rng([seed, 1]), communities, int(events / EVENTS_PER_TIE))
    crowd = Crowd(
        messages=folder / "messages.parquet",
        accounts=folder / "accounts.parquet",
        events=events,
        account_count=communities * COMMUNITY,
        planted=tuple(f"u{person}" for person in planted.people),
    )
    with pq.ParquetWriter(crowd.accounts, _ACCOUNTS) as writer:
        for table in _accounts(np.random.default_rng([seed, 2]), communities, planted.people):
            writer.write_table(table)
    # Ids never repeat and times hardly do: a dictionary of them would only cost.
    repeated = ["conversation", "kind", "sender", "recipients.list.element"]
    with pq.ParquetWriter(crowd.messages, MESSAGE_COLUMNS, use_dictionary=repeated) as writer:
        for table in _messages(seed, communities, events, planted):
            writer.write_table(table, row_group_size=BLOCK)
    return crowd


def _plant(rng: np.random.Generator, communities: int, ties: int) -> _Planted:
    """Accounts that write to children of as many communities as there are, half in vain."""
    count = max(1, communities * COMMUNITY // PLANTED_PER)
    homes = (np.arange(count) * communities // count).astype(np.int64)
    people = homes * COMMUNITY + _ADULT_SEATS[-1]
    rows: list[tuple[int, int, int, int]] = []
    for number, person in enumerate(people.tolist()):
        met = rng.permutation(communities)[:PLANTED_CHILDREN]
        children = met * COMMUNITY + rng.choice(_CHILD_SEATS, len(met))
        days = np.sort(rng.uniform(*PLANTED_DAYS, len(met)))
        for index, (child, day) in enumerate(zip(children.tolist(), days.tolist(), strict=True)):
            conversation = ties + number * PLANTED_CHILDREN + index
            at = START + int(day * DAY)
            turns = 1 + int(rng.integers(4)) if rng.random() < 0.5 else 1
            for turn in range(turns):
                one, other = (child, person) if turn % 2 else (person, child)
                rows.append((at, one, other, conversation))
                at += int(rng.uniform(0.1, 2) * HOUR)
    table = np.array(sorted(rows), dtype=np.int64)
    return _Planted(tuple(people.tolist()), table[:, 1], table[:, 2], table[:, 3], table[:, 0])


def _country_of(community: Ints) -> Ints:
    """Index of the country in `countries()`."""
    return community // PLACE % len(_OFFSET_HOURS)


def _accounts(
    rng: np.random.Generator, communities: int, planted: tuple[int, ...]
) -> Iterator[Any]:
    codes = pa.array(list(countries()))
    zones = pa.array([c.zone for c in countries().values()])
    step = BLOCK // COMMUNITY
    for first in range(0, communities, step):
        here = np.arange(first, min(first + step, communities), dtype=np.int64)
        community = np.repeat(here, COMMUNITY)
        number = np.arange(first * COMMUNITY, first * COMMUNITY + len(community))
        seat = number % COMMUNITY
        draws = rng.random((3, len(number)))
        # A community's children are of one year, with siblings two years younger.
        younger = 2 * (seat % HOUSEHOLD == HOUSEHOLD - 2)
        child_age = 9 + community % 8 - younger + draws[0]
        adult_age = 18 + 50 * draws[0] ** 1.4
        age = np.where(_IS_CHILD[seat], child_age, adult_age)
        unknown = draws[1] >= AGE_KNOWN
        mass = np.isin(number, planted)
        age[mass], unknown[mass] = 38.0, False
        source = pa.array(np.where(draws[2] < AGE_VERIFIED, "verified", "declared"), pa.string())
        country = pa.array(_country_of(community))
        yield pa.table(
            [
                named("u", number),
                pa.array(np.floor(age), mask=unknown),
                pc.if_else(pa.array(unknown), pa.scalar(None, pa.string()), source),
                codes.take(country),
                zones.take(country),
            ],
            schema=_ACCOUNTS,
        )


def _ties(seed: int, communities: int, count: int) -> tuple[npt.NDArray[np.int32], ...]:
    """Who writes with whom: for each tie the one who began it and the other."""
    one, other = (np.empty(count, dtype=np.int32) for _ in range(2))
    for part, first in enumerate(range(0, count, BLOCK)):
        rng = np.random.default_rng([seed, 3, part])
        size = min(BLOCK, count - first)
        home = rng.integers(communities, size=size)
        kind, away = rng.random(size), _same_place(rng, home, communities)
        seat, peer = _pair_of_seats(rng, kind, size)
        one[first : first + size] = home * COMMUNITY + seat
        other[first : first + size] = np.where(kind < 0.7, home, away) * COMMUNITY + peer
    return one, other


def _pair_of_seats(
    rng: np.random.Generator, kind: npt.NDArray[np.float64], size: int
) -> tuple[Ints, Ints]:
    """Seats of two people: in a household (kind below 0.35), two children of a class (to 0.52),
    two adults of the community (to 0.7), or two adults or (from 0.94) two children of different
    communities."""
    draws = rng.random((3, size))

    def two_of(count: int) -> tuple[Ints, Ints]:
        first = (draws[0] * count).astype(np.int64)
        return first, (first + 1 + (draws[1] * (count - 1)).astype(np.int64)) % count

    home = (draws[2] * (COMMUNITY // HOUSEHOLD)).astype(np.int64) * HOUSEHOLD
    in_household = two_of(HOUSEHOLD)
    children, adults = two_of(len(_CHILD_SEATS)), two_of(len(_ADULT_SEATS))
    of_children = ((kind >= 0.35) & (kind < 0.52)) | (kind >= 0.94)
    seats = [
        np.where(
            kind < 0.35,
            home + in_household[i],
            np.where(of_children, _CHILD_SEATS[children[i]], _ADULT_SEATS[adults[i]]),
        )
        for i in range(2)
    ]
    return seats[0], seats[1]


def _same_place(rng: np.random.Generator, home: Ints, communities: int) -> Ints:
    """Another community of the place, whose children are of the same year."""
    step = 8 * rng.integers(1, PLACE // 8, size=len(home))
    away = home - home % PLACE + (home + step) % PLACE
    return np.where(away < communities, away, home)


def _messages(seed: int, communities: int, events: int, planted: _Planted) -> Iterator[Any]:
    """Blocks of whole days, each in order of time."""
    ties = _ties(seed, communities, int(events / EVENTS_PER_TIE))
    ordinary = events - len(planted.sent_at)
    days = max(1, BLOCK * DAYS // events)
    done = 0
    for first in range(0, DAYS, days):
        last = min(first + days, DAYS)
        rng = np.random.default_rng([seed, 4, first])
        count = ordinary * last // DAYS - ordinary * first // DAYS
        sender, recipient, conversation, sent_at = _block(rng, ties, first, last, count)
        low, high = np.searchsorted(planted.sent_at, [START + first * DAY, START + last * DAY])
        extra = slice(int(low), int(high))
        sent_at = np.concatenate([sent_at, planted.sent_at[extra]])
        order = np.argsort(sent_at, kind="stable")
        yield _table(
            np.concatenate([sender, planted.sender[extra]])[order],
            np.concatenate([recipient, planted.recipient[extra]])[order],
            np.concatenate([conversation, planted.conversation[extra]])[order],
            sent_at[order],
            done,
        )
        done += len(order)


def _block(
    rng: np.random.Generator,
    ties: tuple[npt.NDArray[np.int32], ...],
    first: int,
    last: int,
    count: int,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Sender, recipient, conversation and time of `count` events in days first … last."""
    # The square of a uniform number: the weight of the tie of rank r falls as 1 / √r.
    tie = (rng.random(count) ** 2 * len(ties[0])).astype(np.int64)
    forward = (rng.random(count) < 0.53) | (tie % ONE_WAY == 0)
    one, other = ties[0][tie].astype(np.int64), ties[1][tie].astype(np.int64)
    sender, recipient = np.where(forward, one, other), np.where(forward, other, one)
    shares = np.concatenate([[0.0], np.cumsum(_HOURS)]) / sum(_HOURS)
    local = np.interp(rng.random(count), shares, np.arange(25.0))
    east = np.array([_OFFSET_HOURS[code] for code in countries()])
    hour = (local - east[_country_of(sender // COMMUNITY)]) % 24
    day = rng.integers(first, last, size=count)
    within = np.minimum((hour * HOUR).astype(np.int64), DAY - 1)
    return sender, recipient, tie, START + day * DAY + within


def _table(sender: Ints, recipient: Ints, conversation: Ints, sent_at: Ints, done: int) -> Any:
    count = len(sender)
    return pa.table(
        [
            named("e", np.arange(done, done + count)),
            named("c", conversation),
            pa.repeat("private", count),
            named("u", sender),
            pa.ListArray.from_arrays(np.arange(count + 1, dtype=np.int32), named("u", recipient)),
            pa.array(sent_at),
        ],
        schema=MESSAGE_COLUMNS,
    )


def named(letter: str, numbers: Ints) -> Any:
    """``u123456`` for 123456."""
    return pc.binary_join_element_wise(letter, pa.array(numbers).cast(pa.string()), "")
