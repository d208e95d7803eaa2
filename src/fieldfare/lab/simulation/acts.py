"""Connections and notices that go with the ties: requests, answers to them, blocks, reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from fieldfare.lab.simulation.circles import Society
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import Floats, Ints, People
from fieldfare.lab.simulation.ties import AFTER, ENDS, JUST_BEFORE, LONG_BEFORE, NEVER, Ties
from fieldfare.lab.simulation.traffic import Endings, Messages, micros

Act = tuple[str, Ints, Ints, Floats]
"""Kind of notice, who, about whom, when (days)."""


def first_messages(ties: Ties, messages: Messages) -> Floats:
    """Day of each tie's first message; infinite where it has none."""
    first = np.full(len(ties), np.inf)
    np.minimum.at(first, messages.tie, messages.at)
    return first


def connections(
    rng: np.random.Generator, people: People, ties: Ties, first: Floats, days: int
) -> tuple[Any, list[Act]]:
    """The table of connections, and the requests and acceptances of those made in this world."""
    rows = np.flatnonzero((ties.connected != NEVER) & np.isfinite(first))
    one, other, kind = ties.one[rows], ties.other[rows], ties.connected[rows]
    start = first[rows]
    made = np.maximum(people.created[one], people.created[other]).astype(np.float64)
    wait = rng.exponential(0.4, len(rows))
    at = np.where(kind == LONG_BEFORE, -2 - 390 * rng.random(len(rows)), start - wait)
    at = np.where(kind == AFTER, start + wait, at)
    # Not before both accounts were there.
    at = np.where(at <= made, made + (start - made) * rng.random(len(rows)), at)
    kept = at < days
    one, other, at, made, kind = one[kept], other[kept], at[kept], made[kept], kind[kept]
    asked = np.flatnonzero((at > 0) & ((kind == JUST_BEFORE) | (kind == AFTER)))
    swap = (kind[asked] == AFTER) & (rng.random(len(asked)) < 0.5)
    asking = np.where(swap, other[asked], one[asked])
    asked_of = np.where(swap, one[asked], other[asked])
    before = np.maximum(at[asked] - rng.exponential(0.1, len(asked)), (made[asked] + at[asked]) / 2)
    acts: list[Act] = [
        ("request", asking, asked_of, before),
        ("accept", asked_of, asking, at[asked]),
    ]
    table = pa.table(
        {
            "account": people.names.take(pa.array(one)),
            "peer": people.names.take(pa.array(other)),
            "connected_at": micros(at),
        }
    )
    return table, acts


def endings(
    rng: np.random.Generator, people: People, ties: Ties, ended: Endings, first: Floats
) -> Iterator[Act]:
    """Blocks, reports and declined requests as notices of `other` about `one`."""
    for number, kind in enumerate(ENDS):
        rows = np.flatnonzero(ended.kind == number)
        if kind is None or not len(rows):
            continue
        tie, at = ended.tie[rows], ended.at[rows]
        one, other = ties.one[tie], ties.other[tie]
        if kind == "decline":
            asked = first[tie] - rng.exponential(0.05, len(rows))
            made = np.maximum(people.created[one], people.created[other])
            yield "request", one, other, np.maximum(np.maximum(asked, made), 0.0)
        yield kind, other, one, at


def silent_requests(
    rng: np.random.Generator,
    people: People,
    world: Society,
    rows: tuple[int, int],
    parameters: Parameters,
    days: int,
) -> Iterator[Act]:
    """Requests to connect that no message goes with: most to people of like age, some declined."""
    requests = parameters.requests
    first, last = rows
    count = rng.poisson(requests.each * (last - first))
    one = rng.integers(first, last, size=count)
    other = world.near(rng, people, one, parameters.population.national, requests.any_age)
    lo = np.maximum(0, np.maximum(people.created[one], people.created[other]))
    hi = np.minimum(days, np.minimum(people.until[one], people.until[other]))
    kept = (hi > lo + 1) & (one != other)
    one, other, lo, hi = one[kept], other[kept], lo[kept], hi[kept]
    at = lo + (hi - lo - 1) * rng.random(len(one))
    answer = at + np.minimum(rng.exponential(0.4, len(one)), 0.99)
    draw = rng.random(len(one))
    accepts, declines = draw < requests.accepted, draw > 1 - requests.declined
    yield "request", one, other, at
    yield "accept", other[accepts], one[accepts], answer[accepts]
    yield "decline", other[declines], one[declines], answer[declines]


def notices(people: People, acts: list[Act], done: int) -> Any:
    """The table of notices, in order of time; ids are numbered from `done`."""
    kinds = pa.array(np.concatenate([np.repeat(kind, len(at)) for kind, _, _, at in acts]))
    who, about = (np.concatenate([act[i] for act in acts]) for i in (1, 2))
    at = np.concatenate([act[3] for act in acts])
    order = np.argsort(at, kind="stable")
    return pa.table(
        {
            "id": pa.array([f"n{done + i}" for i in range(len(order))], pa.string()),
            "kind": kinds.take(pa.array(order)).cast(pa.string()),
            "account": people.names.take(pa.array(who[order])),
            "peer": people.names.take(pa.array(about[order])),
            "at": micros(at[order]),
        }
    )
