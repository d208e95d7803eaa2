"""A world around a real graph: real events, simulated ages, inserted offenders.

What is real: who wrote to whom and when. What is simulated: ages, countries, connections, acts, and
the offending accounts with all that they do. Neighbours in the graph are given like ages and mostly
one country, because people write to their like; how much alike is judgement.

Only offenders who find children anywhere are inserted. A teacher or a coach would need a class or a
team in the graph, which it does not tell.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from fieldfare.lab.simulation.circles import society
from fieldfare.lab.simulation.files import WorldFiles
from fieldfare.lab.simulation.fit import measure, read_edges
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import Floats, Ints, People, settle
from fieldfare.lab.simulation.roles import cast
from fieldfare.lab.simulation.ties import Ties, relate
from fieldfare.lab.simulation.traffic import Messages
from fieldfare.lab.simulation.world import World, begin, check, finish, write_roles
from fieldfare.lab.simulation.writing import write_part
from fieldfare.vocabulary.errors import InputError

SPARE: Final = 60
"""Accounts that are settled beside those of the graph and the offenders, and never write."""

LEAST_ACCOUNTS: Final = 100
"""Of the graph."""

_ROUNDS: Final = 4
"""How often a value is averaged over neighbours; more, and whole regions are of one age."""
_OWN: Final = 0.5
"""How much of the own value stays."""
_DAY_SECONDS: Final = 86_400


def simulate_on_graph(
    folder: Path,
    parameters: Parameters,
    graph: Path,
    days: int = 120,
    seed: int = 1,
    text: str = "none",
    corpus: Path | None = None,
) -> World:
    """Write the world of a graph: lines of source, target, seconds. Of a longer one, the `days`
    with most events are taken. The files are those of `world.simulate`.

    Raises InputError where the graph cannot be read or has too few accounts.
    """
    check(days, text, corpus)
    edges = _busiest(read_edges(graph), days)
    names, ends = np.unique(edges[:, :2], return_inverse=True)
    if len(names) < LEAST_ACCOUNTS:
        raise InputError(f"{graph}: {len(names)} accounts; at least {LEAST_ACCOUNTS} are needed")
    ends = ends.reshape(-1, 2)
    parameters = _only_anywhere(parameters)
    people = settle(
        _all_there(parameters), len(names) + _inserted(parameters, len(names)), days, seed
    )
    # Nobody of the graph falls silent or comes new: it says itself when they write.
    world = society(people, parameters, seed)
    rng = np.random.default_rng([seed, 11])
    played = cast(people, world, parameters, days, seed)
    person = _matched(rng, people, ends, len(names))
    at = (edges[:, 2] - edges[:, 2].min()) / _DAY_SECONDS
    ties, messages = _ties(rng, people, person[ends], at, parameters, days)
    with WorldFiles(folder, text) as files:
        writing = begin(people, world, parameters, days, seed, text, corpus, files)
        write_part(writing, rng, ties, [], messages=messages)
        write_roles(writing, played)
    fit = measure(ends[:, 0], ends[:, 1], edges[:, 2].astype(np.float64))
    return finish(writing, played, fit, corpus, graph)


def _busiest(edges: npt.NDArray[np.int64], days: int) -> npt.NDArray[np.int64]:
    """The events of the `days` in a row that have most, in order of time."""
    edges = edges[np.argsort(edges[:, 2], kind="stable")]
    # A little less than the whole, so that every event lies within the world.
    span = days * _DAY_SECONDS - 1
    last = np.searchsorted(edges[:, 2], edges[:, 2] + span)
    first = int(np.argmax(last - np.arange(len(edges))))
    return edges[first : last[first]]


def _only_anywhere(parameters: Parameters) -> Parameters:
    offenders = {
        name: one
        for name, one in parameters.offenders.items()
        if all(contacts.peers == "children" for contacts in one.contacts)
    }
    return msgspec.structs.replace(parameters, roles={}, offenders=offenders)


def _all_there(parameters: Parameters) -> Parameters:
    """Nobody falls silent or comes new: the graph itself says when people write."""
    population = msgspec.structs.replace(parameters.population, new=0.0, dormant=0.0)
    return msgspec.structs.replace(parameters, population=population)


def _inserted(parameters: Parameters, accounts: int) -> int:
    most = sum(
        max(1, round(one.per_10000 * (2 * accounts) / 10_000)) * one.accounts[1]
        for one in parameters.offenders.values()
        if one.per_10000 > 0
    )
    return most + SPARE


def _matched(
    rng: np.random.Generator, people: People, ends: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.int64]:
    """A person for each account of the graph: neighbours near in age, most in one country."""
    free = np.flatnonzero(people.kind == 255)
    # Whoever is over never writes.
    chosen = np.sort(rng.permutation(free)[:count])
    by_age = chosen[np.argsort(people.age[chosen], kind="stable")]
    person = np.empty(count, np.int64)
    person[np.argsort(_smoothed(rng, ends, count), kind="stable")] = by_age
    by_place = np.argsort(_smoothed(rng, ends, count), kind="stable")
    people.country[person[by_place]] = np.sort(people.country[person])
    return person


def _smoothed(
    rng: np.random.Generator, ends: npt.NDArray[np.int64], count: int
) -> npt.NDArray[np.float64]:
    """Random values that are alike among neighbours."""
    value = rng.standard_normal(count)
    degree = np.bincount(ends.ravel(), minlength=count)
    for _ in range(_ROUNDS):
        met = np.bincount(ends[:, 0], value[ends[:, 1]], count)
        met += np.bincount(ends[:, 1], value[ends[:, 0]], count)
        value = _OWN * value + (1 - _OWN) * met / np.maximum(degree, 1)
        value /= max(float(value.std()), 1e-9)
    return value + 0.3 * rng.standard_normal(count)


def _ties(
    rng: np.random.Generator,
    people: People,
    pairs: npt.NDArray[np.int64],
    at: Floats,
    parameters: Parameters,
    days: int,
) -> tuple[Ties, Messages]:
    """The real events as messages of ties; who wrote first is who did."""
    low, high = pairs.min(axis=1), pairs.max(axis=1)
    key = low * people.count + high
    _, first, tie = np.unique(key, return_index=True, return_inverse=True)
    one, other = pairs[first, 0], pairs[first, 1]
    circle = parameters.circles["school_class"]
    codes = {talk: number for number, talk in enumerate(parameters.talk)}

    def talk(who: Ints) -> Ints:
        return np.where(people.children(who), codes["teenager"], codes["adult"])

    ties = relate(
        rng,
        people,
        one,
        other,
        days=days,
        sessions=1,
        turns=1,
        answered=1,
        connected=circle.connected,
        ends=(circle.blocked, circle.reported, circle.declined),
        talk=(talk(one), talk(other)),
    )
    return ties, Messages(tie.astype(np.int32), pairs[:, 0] == one[tie], at.astype(np.float64))
