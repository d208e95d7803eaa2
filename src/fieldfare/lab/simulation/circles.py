"""Circles: people who belong together, and the ordinary ties and group chats among them.

A circle kind is a list of members cut into circles. The pairs who write are drawn within each
circle, sociable people more often; so heavy tails and clustering come about as among real people.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fieldfare.lab.simulation.parameters import Circle, Parameters
from fieldfare.lab.simulation.people import ADULT, CHILD_SEAT, Ints, People
from fieldfare.lab.simulation.ties import Groups, Ties, distinct, joined, relate


@dataclass(slots=True)
class Circles:
    """Members of circle c are ``members[starts[c]:starts[c + 1]]``."""

    starts: npt.NDArray[np.int64]
    members: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, circle: int) -> npt.NDArray[np.int32]:
        return self.members[self.starts[circle] : self.starts[circle + 1]]

    def part(self, first: int, last: int) -> Circles:
        starts = self.starts[first : last + 1]
        return Circles(starts - starts[0], self.members[starts[0] : starts[-1]])


def cut(keys: Ints, members: Ints, least: int = 2) -> Circles:
    """Members with the same key make a circle, if there are `least` of them."""
    order = np.argsort(keys, kind="stable")
    keys, members = keys[order], members[order]
    edges = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1 if len(keys) else 0))
    sizes = np.diff(np.append(edges, len(keys)))
    kept = np.repeat(sizes >= least, sizes)
    sizes = sizes[sizes >= least]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Circles(starts, members[kept].astype(np.int32))


@dataclass(slots=True)
class Society:
    """Every circle of the world by kind, and where to find people."""

    kinds: dict[str, Circles]
    by_age: npt.NDArray[np.int32]
    """Everyone, youngest first."""
    ages: npt.NDArray[np.float32]
    """Their ages."""
    by_country: npt.NDArray[np.int32]
    """Everyone, country by country, youngest first."""
    places: npt.NDArray[np.float64]
    """Their `place_of`, rising."""
    homes: npt.NDArray[np.int64]
    """Pairs of households that are kin: one column each."""
    class_of: Circles
    """Members of each school class, by its number."""

    def between(
        self, youngest: float, below: float, country: int | None = None
    ) -> npt.NDArray[np.int32]:
        """Everyone of an age in [youngest, below), in one country or in all."""
        edges = np.array([youngest, below])
        if country is None:
            # Of the same type, or NumPy converts everybody's age at every call.
            low, high = np.searchsorted(self.ages, edges.astype(self.ages.dtype))
            return self.by_age[low:high]
        low, high = np.searchsorted(self.places, _place_of(country, edges))
        return self.by_country[low:high]

    def near(
        self, rng: np.random.Generator, people: People, one: Ints, national: float, any_age: float
    ) -> Ints:
        """For each of `one` somebody: nearly always near in age, a share `national` of them of
        the same country, a share `any_age` anybody at all."""
        count = len(one)
        gap = 1.3 + 0.12 * np.maximum(0, people.age[one] - ADULT)
        age = np.clip(people.age[one] + rng.normal(0, 1, count) * gap, 5, _OLDEST - 1)
        step = rng.integers(-20, 21, size=count)
        at = np.searchsorted(self.places, _place_of(people.country[one], age)) + step
        anywhere = np.searchsorted(self.ages, age.astype(self.ages.dtype)) + step
        found = np.where(
            rng.random(count) < national,
            self.by_country[np.clip(at, 0, people.count - 1)],
            self.by_age[np.clip(anywhere, 0, people.count - 1)],
        )
        return np.where(rng.random(count) < any_age, rng.integers(people.count, size=count), found)


_OLDEST = 200.0


def _place_of(country: Ints | int, age: Ints) -> npt.NDArray[np.float64]:
    """One number by which people sort by country and then by age."""
    return np.asarray(country, np.float64) * _OLDEST + age


def society(people: People, parameters: Parameters, seed: int) -> Society:
    """Put people into classes, schools, teams, guilds, workplaces and neighbourhoods."""
    rng = np.random.default_rng([seed, 3])
    population = parameters.population
    everyone = np.arange(people.count, dtype=np.int32)
    pupils = np.flatnonzero(people.school_class >= 0)
    class_of = cut(people.school_class[pupils], pupils, least=1)
    workers = np.flatnonzero((people.age >= ADULT) & (people.age < 67) & (people.school_class < 0))
    kinds = {
        "household": cut(people.household, everyone),
        "school_class": cut(people.school_class[pupils], pupils),
        "school": cut(people.town[pupils], pupils),
        "team": _teams(rng, people, pupils, population.in_teams, population.team),
        "workplace": _chunks(rng, people.town[workers], workers, population.workplace),
        "neighbourhood": cut(people.household // population.neighbourhood, everyone),
        "guild": _guilds(rng, people, parameters),
    }
    by_age = np.argsort(people.age, kind="stable").astype(np.int32)
    place = _place_of(people.country, people.age)
    by_country = np.argsort(place, kind="stable").astype(np.int32)
    made = Society(
        kinds=kinds,
        by_age=by_age,
        ages=people.age[by_age],
        by_country=by_country,
        places=place[by_country],
        homes=_kin(rng, people, parameters),
        class_of=class_of,
    )
    for name, label in (("team", "team_mate"), ("guild", "guild_mate")):
        people.mark(kinds[name].members, label)
    return made


def _teams(
    rng: np.random.Generator, people: People, pupils: Ints, share: float, size: int
) -> Circles:
    """Children of a town and of like age."""
    chosen = pupils[rng.random(len(pupils)) < share]
    order = np.lexsort((people.age[chosen] + rng.normal(0, 0.4, len(chosen)), people.town[chosen]))
    chosen = chosen[order]
    return _runs(people.town[chosen], chosen, size, least=5)


def _chunks(rng: np.random.Generator, keys: Ints, members: Ints, size: int) -> Circles:
    order = np.lexsort((rng.random(len(members)), keys))
    return _runs(keys[order], members[order], size, least=2)


def _runs(keys: Ints, members: Ints, size: int, least: int) -> Circles:
    """Runs of `size` within sorted keys."""
    first = np.searchsorted(keys, keys)
    part = (np.arange(len(keys)) - first) // size
    return cut(keys.astype(np.int64) * 100_000 + part, members, least)


def _guilds(rng: np.random.Generator, people: People, parameters: Parameters) -> Circles:
    population = parameters.population
    chosen = np.flatnonzero(
        (people.age < 36) & (people.age >= 10) & (rng.random(people.count) < population.in_guilds)
    )
    # A guild is of one country or of the world.
    world = rng.random(len(chosen)) >= population.national
    country = np.where(world, 255, people.country[chosen])
    chosen = chosen[np.lexsort((rng.random(len(chosen)), country))]
    guild = population.guild
    expected = int(len(chosen) / guild.least) + 1
    sizes = rng.lognormal(np.log(guild.median), guild.spread, expected)
    edges = np.cumsum(np.clip(sizes, guild.least, guild.most).astype(np.int64))
    return cut(np.searchsorted(edges, np.arange(len(chosen)), side="right"), chosen, guild.least)


def _kin(rng: np.random.Generator, people: People, parameters: Parameters) -> npt.NDArray[np.int64]:
    """Pairs of households: in the same country, or abroad."""
    homes = len(people.household_starts) - 1
    count = int(homes * parameters.population.kin)
    one, other = rng.integers(homes, size=(2, count))
    near = np.minimum(homes - 1, np.maximum(0, one + rng.integers(-2_000, 2_001, size=count)))
    other = np.where(rng.random(count) < parameters.population.kin_abroad, other, near)
    pairs: npt.NDArray[np.int64] = np.stack([one, other], axis=1)[one != other]
    return pairs


def drawn_pairs(
    rng: np.random.Generator, circles: Circles, each: float, social: npt.NDArray[np.float32]
) -> tuple[Ints, Ints]:
    """Pairs within circles: `each` a member on average, sociable members more often; every pair
    where `each` is 0."""
    sizes = np.diff(circles.starts)
    possible = sizes * (sizes - 1) // 2
    if each == 0:
        return _all_pairs(circles, sizes)
    weight = np.concatenate([[0.0], np.cumsum(social[circles.members], dtype=np.float64)])
    number = np.minimum(rng.poisson(each * np.diff(weight[circles.starts])), possible)
    circle = np.repeat(np.arange(len(sizes)), number)
    low, high = weight[circles.starts[circle]], weight[circles.starts[circle + 1]]
    ends = []
    for _ in range(2):
        at = np.searchsorted(weight, low + (high - low) * rng.random(len(circle)), side="right") - 1
        at = np.clip(at, circles.starts[circle], circles.starts[circle + 1] - 1)
        ends.append(circles.members[at])
    return ends[0], ends[1]


def _all_pairs(circles: Circles, sizes: Ints) -> tuple[Ints, Ints]:
    one, other = [], []
    for size in np.unique(sizes):
        here = circles.starts[:-1][sizes == size]
        first, second = np.triu_indices(int(size), 1)
        one.append(circles.members[(here[:, None] + first).ravel()])
        other.append(circles.members[(here[:, None] + second).ravel()])
    if not one:
        return np.empty(0, np.int32), np.empty(0, np.int32)
    return np.concatenate(one), np.concatenate(other)


def ordinary_ties(
    people: People, world: Society, parameters: Parameters, days: int, seed: int, part: int, of: int
) -> Ties:
    """The ties of one part, of `of`, of every kind of circle."""
    rng = np.random.default_rng([seed, 4, part])
    found: list[Ties] = []
    for name, circles in world.kinds.items():
        count = len(circles)
        here = circles.part(count * part // of, count * (part + 1) // of)
        one, other = drawn_pairs(rng, here, parameters.circles[name].ties, people.social)
        found.append(_tie(rng, people, one, other, name, parameters, days))
    count = len(world.homes)
    homes = world.homes[count * part // of : count * (part + 1) // of]
    found.append(_kin_ties(rng, people, homes, parameters, days))
    first, last = people.count * part // of, people.count * (part + 1) // of
    found.append(_chance(rng, people, world, (first, last), parameters, days))
    ties = distinct(joined(found), people.count)
    one, other = closing(rng, ties, parameters.circles["friends_of_friends"].ties)
    more = _tie(rng, people, one, other, "friends_of_friends", parameters, days)
    ties = distinct(joined([ties, more]), people.count)
    _mark_age_gaps(people, ties)
    return ties


def _tie(
    rng: np.random.Generator,
    people: People,
    one: Ints,
    other: Ints,
    name: str,
    parameters: Parameters,
    days: int,
) -> Ties:
    circle: Circle = parameters.circles[name]
    return relate(
        rng,
        people,
        one,
        other,
        days=days,
        sessions=1 + (circle.sessions - 1) * parameters.world.volume,
        turns=circle.turns,
        answered=circle.answered,
        connected=circle.connected,
        ends=(circle.blocked, circle.reported, circle.declined),
        talk=_talk(people, one, other, name, parameters),
        new=circle.new,
    )


def _talk(
    people: People, one: Ints, other: Ints, name: str, parameters: Parameters
) -> tuple[Ints, Ints]:
    codes = {talk: number for number, talk in enumerate(parameters.talk)}
    fixed = {"household": "family", "kin": "family", "guild": "play"}.get(name)
    if fixed is not None:
        same = np.full(len(one), codes[fixed], np.uint8)
        return same, same
    sides = [np.where(people.children(p), codes["teenager"], codes["adult"]) for p in (one, other)]
    return sides[0].astype(np.uint8), sides[1].astype(np.uint8)


def _kin_ties(
    rng: np.random.Generator, people: People, homes: Ints, parameters: Parameters, days: int
) -> Ties:
    each = 1 + rng.poisson(4 * parameters.circles["kin"].ties, len(homes))
    pairs = np.repeat(homes, each, axis=0)
    start, end = people.household_starts[pairs], people.household_starts[pairs + 1]
    chosen = start + (rng.random(pairs.shape) * (end - start)).astype(np.int64)
    one, other = chosen[:, 0], chosen[:, 1]
    abroad = (people.country[one] != people.country[other]) & (
        (people.seat[one] == CHILD_SEAT) & (people.seat[other] == CHILD_SEAT)
    )
    for side in (one, other):
        people.mark(np.unique(side[abroad]), "cousin_abroad")
    return _tie(rng, people, one, other, "kin", parameters, days)


def _chance(
    rng: np.random.Generator,
    people: People,
    world: Society,
    rows: tuple[int, int],
    parameters: Parameters,
    days: int,
) -> Ties:
    """Chance acquaintances: nearly all near in age, a few of any; most in the same country."""
    first, last = rows
    weight = np.cumsum(people.social[first:last], dtype=np.float64)
    count = rng.poisson(parameters.circles["anyone"].ties * (last - first))
    one = first + np.searchsorted(weight, rng.random(count) * weight[-1])
    one = np.minimum(one, last - 1)
    other = world.near(rng, people, one, parameters.population.national, any_age=0.05)
    return _tie(rng, people, one, other, "anyone", parameters, days)


def closing(rng: np.random.Generator, ties: Ties, share: float) -> tuple[Ints, Ints]:
    """Pairs who have somebody in common: for a share of the ties, a friend of a friend."""
    ends = np.concatenate([ties.one, ties.other])
    peers = np.concatenate([ties.other, ties.one])
    order = np.argsort(ends, kind="stable")
    ends, peers = ends[order], peers[order]
    start = rng.integers(len(ends), size=int(share * len(ties))) if len(ends) else np.empty(0, int)
    low, high = np.searchsorted(ends, [peers[start], peers[start] + 1], side="left")
    beyond = np.minimum(low + (rng.random(len(start)) * (high - low)).astype(np.int64), high - 1)
    return ends[start], peers[beyond]


def _mark_age_gaps(people: People, ties: Ties) -> None:
    """Teenagers who write with teenagers about two years apart."""
    one, other = people.age[ties.one], people.age[ties.other]
    gap = np.abs(one - other)
    apart = (gap > 1.5) & (gap < 3) & (np.minimum(one, other) >= 13) & (np.maximum(one, other) < 19)
    for side in (ties.one, ties.other):
        people.mark(np.unique(side[apart]), "two_years_apart")


def ordinary_groups(
    world: Society, parameters: Parameters, days: int, seed: int, part: int, of: int
) -> list[Groups]:
    """Group chats of the circles that have them."""
    rng = np.random.default_rng([seed, 5, part])
    codes = {talk: number for number, talk in enumerate(parameters.talk)}
    talks = {"household": "family", "workplace": "adult", "guild": "play"}
    made = []
    for name, circles in world.kinds.items():
        mean = parameters.circles[name].group_sessions
        if not mean:
            continue
        count = len(circles)
        here = circles.part(count * part // of, count * (part + 1) // of)
        number = len(here)
        sessions = rng.poisson(mean * rng.gamma(0.5, 2.0, number) * parameters.world.volume)
        sessions[np.diff(here.starts) < 3] = 0
        talk = np.full(number, codes[talks.get(name, "teenager")], np.uint8)
        made.append(
            Groups(
                here.starts,
                here.members,
                np.full(number, -1, np.int32),
                np.zeros(number),
                np.full(number, float(days)),
                sessions.astype(np.int32),
                talk,
                talk,
            )
        )
    return made
