"""Whom the holder of a role is in contact with: every kind of `peers` that a role may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from fieldfare.lab.simulation.circles import Society
from fieldfare.lab.simulation.people import ADULT, Ints, People


@dataclass(slots=True)
class Stage:
    """What a choice of peers may look at."""

    rng: np.random.Generator
    people: People
    world: Society
    days: int
    team_towns: npt.NDArray[np.int32]

    def some(self, among: Ints, count: int) -> Ints:
        """`count` of them at random, or all, each once."""
        if len(among) <= 4 * count:
            return self.rng.permutation(among)[:count]
        picked = among[np.unique(self.rng.integers(len(among), size=count + count // 3 + 2))]
        return self.rng.permutation(picked)[:count]

    def town(self, number: int) -> Ints:
        return np.arange(*self.people.town_starts[number : number + 2])

    def pupils(self, number: int, least: float = 0.0) -> Ints:
        town = self.town(number)
        chosen = (self.people.school_class[town] >= 0) & (self.people.age[town] >= least)
        return town[chosen]


@dataclass(frozen=True, slots=True)
class Asked:
    """A holder's peers are wanted: some more than `count`, since not all will do."""

    stage: Stage
    holder: int
    count: int
    ages: tuple[float, float]
    national: float

    @property
    def town(self) -> int:
        return int(self.stage.people.town[self.holder])


Choice: TypeAlias = Callable[[Asked], Ints]


def _class(asked: Asked) -> Ints:
    """One's own class, or one of the town; a small one is filled from the same school."""
    stage, people = asked.stage, asked.stage.people
    own = int(people.school_class[asked.holder])
    pupils = stage.pupils(asked.town, asked.ages[0])
    if own < 0:
        if not len(pupils):
            return pupils
        own = int(people.school_class[stage.rng.choice(pupils)])
    mates = stage.rng.permutation(stage.world.class_of.of(own)).astype(np.int64)
    if len(mates) >= asked.count // 3:
        return mates
    age = float(np.median(people.age[mates]))
    near = pupils[np.abs(people.age[pupils] - age) < 2]
    rest = np.setdiff1d(near, mates)
    return np.concatenate([mates, stage.rng.permutation(rest)])


def _school(asked: Asked) -> Ints:
    return asked.stage.some(asked.stage.pupils(asked.town, asked.ages[0]), asked.count)


def _school_teenagers(asked: Asked) -> Ints:
    return asked.stage.some(asked.stage.pupils(asked.town, max(13.0, asked.ages[0])), asked.count)


def _school_abroad(asked: Asked) -> Ints:
    stage, people = asked.stage, asked.stage.people
    first = people.country[people.town_starts[:-1]]
    abroad = np.flatnonzero(first != people.country[asked.holder])
    town = int(stage.rng.choice(abroad)) if len(abroad) else asked.town
    return stage.some(stage.pupils(town, max(14.0, asked.ages[0])), asked.count)


def _team(asked: Asked) -> Ints:
    """A team of the town, the same whenever the same person is asked for."""
    teams = asked.stage.team_towns
    town = asked.stage.people.town[asked.holder]
    low = int(np.searchsorted(teams, town))
    high = int(np.searchsorted(teams, town, side="right"))
    if low == high:
        return _school(asked)
    return asked.stage.world.kinds["team"].of(low + asked.holder % (high - low)).astype(np.int64)


def _households(asked: Asked) -> Ints:
    town = asked.stage.town(asked.town)
    return asked.stage.some(town[asked.stage.people.age[town] >= 24], asked.count)


def _guild_young(asked: Asked) -> Ints:
    guilds, rng = asked.stage.world.kinds["guild"], asked.stage.rng
    if not len(guilds):
        return np.empty(0, np.int64)
    return rng.permutation(guilds.of(int(rng.integers(len(guilds))))).astype(np.int64)


def _kin_children(asked: Asked) -> Ints:
    """Children of some households anywhere, brothers and sisters together."""
    stage, people = asked.stage, asked.stage.people
    some = stage.some(stage.world.between(5, ADULT), max(2, asked.count // 4))
    homes = np.unique(people.household[some])
    everyone = np.concatenate([np.arange(*people.household_starts[h : h + 2]) for h in homes])
    young: Ints = everyone[people.age[everyone] < ADULT + 2]
    return young


def _aged(low: float, high: float) -> Choice:
    """People of an age, `national` of them of the holder's country."""

    def choose(asked: Asked) -> Ints:
        stage = asked.stage
        ages = max(low, asked.ages[0]), min(high, asked.ages[1])
        home = int(stage.rng.binomial(asked.count, asked.national))
        country = int(stage.people.country[asked.holder])
        here = stage.some(stage.world.between(*ages, country), home)
        rest = stage.some(stage.world.between(*ages), asked.count - len(here))
        found = np.unique(np.concatenate([here, rest])).astype(np.int64)
        return stage.rng.permutation(found)

    return choose


PEERS: Final[dict[str, Choice]] = {
    "class": _class,
    "school": _school,
    "school_teenagers": _school_teenagers,
    "school_abroad": _school_abroad,
    "team": _team,
    "households": _households,
    "guild_young": _guild_young,
    "kin_children": _kin_children,
    "children": _aged(0, ADULT),
    "teenagers": _aged(13, 19),
    "fans": _aged(9, 25),
    "adults": _aged(ADULT, 90),
    "anyone": _aged(0, 150),
}
