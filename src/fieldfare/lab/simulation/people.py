"""Who lives in a simulated world: households in towns, ages, and what the service knows of them.

Arrays over accounts, no object a person, so that ten million fit. A person's number is the place
in the arrays; households and towns are runs of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.lab.simulation.parameters import Ages, Parameters, Population
from fieldfare.vocabulary.records import Role

Ints: TypeAlias = npt.NDArray[Any]
Floats: TypeAlias = npt.NDArray[np.floating[Any]]

ADULT: Final = 18.0
BLOCK: Final = 100_000
"""Accounts that are thought of at a time."""

PARENT, CHILD_SEAT, GRANDPARENT, LONE = 0, 1, 2, 3
"""Seats of a household; LONE is an adult of one without children."""

_MOST_SOCIAL: Final = 40.0

SOURCES: Final = (None, "declared", "verified", "inferred")

ROLES: Final = (None, *get_args(Role))

SLICES: Final = (
    "parent", "grandparent", "sibling", "cousin_abroad", "teenager", "two_years_apart",
    "adult_pupil", "team_mate", "guild_mate", "new_pupil", "exchange_student",
    "lgbtq_peer_support", "new_account", "dormant", "child_declared_adult", "adult_declared_child",
    "age_unknown",
)  # fmt: skip
"""What else an account is, beside its kind; kept as bits."""

ORDINARY: Final = ("child", "teenager", "parent", "grandparent", "ordinary_adult")
"""Kinds of those without a role."""


@dataclass(slots=True)
class People:
    """Everybody. Times are days since the world began, negative before."""

    count: int
    age: npt.NDArray[np.float32]
    """True, in years."""
    seat: npt.NDArray[np.uint8]
    household: npt.NDArray[np.int32]
    town: npt.NDArray[np.int32]
    country: npt.NDArray[np.uint8]
    """Index into the parameters' countries, of the town."""
    school_class: npt.NDArray[np.int32]
    """−1: none."""
    social: npt.NDArray[np.float32]
    created: npt.NDArray[np.float32]
    until: npt.NDArray[np.float32]
    """When the account falls silent."""
    bed: npt.NDArray[np.float32]
    """Local hour, 12–36."""
    wake: npt.NDArray[np.float32]
    """Local hour, 0–12."""
    given_age: npt.NDArray[np.float32]
    """What the service knows, in whole years; NaN: nothing."""
    source: npt.NDArray[np.uint8]
    """Index into `SOURCES`."""
    household_starts: npt.NDArray[np.int64]
    town_starts: npt.NDArray[np.int64]
    slices: npt.NDArray[np.uint32]
    kind: npt.NDArray[np.uint8]
    """Index into `kinds`; 255 where the person has no role."""
    role: npt.NDArray[np.uint8]
    """What the operator states; index into `ROLES`."""
    kinds: tuple[str, ...]
    names: Any = field(default=None)
    """Ids as an Arrow string array."""

    def mark(self, who: Ints, name: str) -> None:
        """Put persons into a slice."""
        self.slices[who] |= np.uint32(1 << SLICES.index(name))

    def slice_mask(self, name: str, rows: slice) -> npt.NDArray[np.bool_]:
        bit = np.uint32(1 << SLICES.index(name))
        found: npt.NDArray[np.bool_] = (self.slices[rows] & bit) > 0
        return found

    def children(self, among: Ints) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = self.age[among] < ADULT
        return found


def blocks(count: int, size: int = BLOCK) -> Iterator[tuple[int, int]]:
    for first in range(0, count, size):
        yield first, min(first + size, count)


def settle(parameters: Parameters, accounts: int, days: int, seed: int) -> People:
    """Exactly `accounts` people in households and towns, with ages true and given."""
    population = parameters.population
    rng = np.random.default_rng([seed, 1])
    adults, kids, starts = _households(rng, population, accounts)
    homes = len(adults)
    eldest = (population.youngest + rng.random(homes) * 12.0).astype(np.float32)
    base = (ADULT + 0.2 + rng.gamma(1.7, 9.0, homes)).astype(np.float32)
    town_starts = _towns(rng, population, starts, accounts)
    people = _empty(accounts, starts, town_starts, parameters)
    towns = len(town_starts) - 1
    weights = np.cumsum([c.weight for c in parameters.countries.values()])
    # A golden-ratio walk spreads few towns over the countries as evenly as many.
    walk = (0.5 + np.arange(towns) * 0.6180339887498949) % 1.0
    country_of_town = np.searchsorted(weights / weights[-1], walk).astype(np.uint8)
    for part, (first, last) in enumerate(blocks(accounts)):
        draw = np.random.default_rng([seed, 2, part])
        rows, number = slice(first, last), np.arange(first, last)
        home = np.searchsorted(starts, number, side="right") - 1
        place = number - starts[home]
        is_kid = (place >= adults[home]) & (place < adults[home] + kids[home])
        elder = place >= adults[home] + kids[home]
        has_kids = kids[home] > 0
        people.household[rows] = home
        people.town[rows] = np.searchsorted(town_starts, number, side="right") - 1
        people.country[rows] = country_of_town[people.town[rows]]
        people.seat[rows] = np.where(
            is_kid, CHILD_SEAT, np.where(elder, GRANDPARENT, np.where(has_kids, PARENT, LONE))
        )
        u = draw.random((2, len(number)), dtype=np.float32)
        younger = (place - adults[home]) * (1.4 + 1.6 * u[0])
        child_age = np.maximum(eldest[home] - younger, population.youngest + u[1])
        parent_age = eldest[home] + 23 + 15 * u[0]
        lone_age = np.maximum(ADULT + u[1], base[home] + 8 * (u[0] - 0.5))
        elder_age = np.minimum(eldest[home] + 48 + 16 * u[0], 95)
        people.age[rows] = np.where(
            is_kid, child_age, np.where(elder, elder_age, np.where(has_kids, parent_age, lone_age))
        )
        _habits(draw, people, rows, parameters, days)
        _given_ages(draw, people, rows, parameters.ages)
        if len(number):
            sibling = is_kid & (kids[home] > 1)
            for name, mask in (
                ("parent", has_kids & ~is_kid & ~elder), ("grandparent", elder),
                ("sibling", sibling),
                ("teenager", (people.age[rows] >= 13) & (people.age[rows] < ADULT)),
            ):  # fmt: skip
                people.mark(number[mask], name)
    people.school_class[:] = _school_classes(people, population.school_class)
    people.mark(np.flatnonzero((people.school_class >= 0) & (people.age >= ADULT)), "adult_pupil")
    people.names = _names(accounts, seed)
    return people


def _empty(count: int, starts: Ints, town_starts: Ints, parameters: Parameters) -> People:
    def floats() -> npt.NDArray[np.float32]:
        return np.zeros(count, np.float32)

    return People(
        count=count,
        age=floats(),
        seat=np.zeros(count, np.uint8),
        household=np.zeros(count, np.int32),
        town=np.zeros(count, np.int32),
        country=np.zeros(count, np.uint8),
        school_class=np.full(count, -1, np.int32),
        social=floats(),
        created=floats(),
        until=floats(),
        bed=floats(),
        wake=floats(),
        given_age=floats(),
        source=np.zeros(count, np.uint8),
        household_starts=starts,
        town_starts=town_starts,
        slices=np.zeros(count, np.uint32),
        kind=np.full(count, 255, np.uint8),
        role=np.zeros(count, np.uint8),
        kinds=(*parameters.roles, *parameters.offenders),
    )


def _households(
    rng: np.random.Generator, population: Population, accounts: int
) -> tuple[Ints, Ints, npt.NDArray[np.int64]]:
    """Adults and children of each household (the rest are grandparents), and where each begins."""
    shares = np.array([population.households[k] for k in ("single", "couple", "family")])
    # Every household has one member at least: as many households as accounts always suffice.
    homes = min(accounts, int(accounts / 1.8) + 1_000)
    kind = np.searchsorted(np.cumsum(shares / shares.sum()), rng.random(homes))
    family = kind == 2
    second = rng.random(homes) < population.second_parent
    adults = np.where(family, 1 + second, 1 + kind).astype(np.int8)
    number = 1 + np.searchsorted(np.cumsum(population.children), rng.random(homes))
    kids = np.where(family, np.minimum(number, 3), 0).astype(np.int8)
    elders = (family & (rng.random(homes) < population.grandparent)).astype(np.int8)
    starts = np.concatenate([[0], np.cumsum(adults + kids + elders, dtype=np.int64)])
    last = int(np.searchsorted(starts, accounts))
    starts = starts[: last + 1].copy()
    starts[-1] = accounts
    return adults[:last], kids[:last], starts


def _towns(
    rng: np.random.Generator, population: Population, starts: Ints, accounts: int
) -> npt.NDArray[np.int64]:
    town = population.town
    expected = int(accounts / town.median * 1.5) + 8
    sizes = np.maximum(rng.lognormal(np.log(town.median), town.spread, expected), town.least)
    edges = np.cumsum(sizes)
    edges = edges[edges < accounts - town.least]
    # A town ends with a household.
    snapped = np.unique(starts[np.searchsorted(starts, edges)])
    inner = snapped[(snapped > 0) & (snapped < accounts)]
    return np.concatenate([[0], inner, [accounts]]).astype(np.int64)


def _habits(
    draw: np.random.Generator, people: People, rows: slice, parameters: Parameters, days: int
) -> None:
    age = people.age[rows]
    count = len(age)
    rhythm, population = parameters.rhythm, parameters.population
    normal = draw.standard_normal((3, count), dtype=np.float32)
    spread = population.sociability_spread
    # Not without end: somebody who writes with thousands is no ordinary person.
    people.social[rows] = np.minimum(np.exp(spread * normal[0] - spread**2 / 2), _MOST_SOCIAL)
    for hours, put, noise, low, high in (
        (rhythm.bed, people.bed, normal[1], 19.0, 25.8),
        (rhythm.wake, people.wake, normal[2], 5.2, 10.0),
    ):
        usual = np.where(age < 13, hours.child, np.where(age < 18, hours.teenager, hours.adult))
        put[rows] = np.clip(usual + hours.spread * noise, low, high)
    u = draw.random((4, count), dtype=np.float32)
    new = u[0] < population.new
    people.created[rows] = np.where(new, u[1] * days * 0.95, -2 - 2_000 * u[1] ** 2)
    dormant = ~new & (u[2] < population.dormant)
    people.until[rows] = np.where(dormant, days * (1.6 * u[3] - 0.6), days)
    number = np.arange(rows.start, rows.stop)
    people.mark(number[new], "new_account")
    people.mark(number[dormant], "dormant")


def _given_ages(draw: np.random.Generator, people: People, rows: slice, ages: Ages) -> None:
    age = people.age[rows]
    u = draw.random((4, len(age)), dtype=np.float32)
    source = np.where(
        u[0] >= ages.known, 0,
        np.where(u[0] < ages.verified, 2, np.where(u[0] < ages.verified + ages.inferred, 3, 1)),
    )  # fmt: skip
    child = age < ADULT
    given = np.floor(age)
    declared = source == 1
    claims = declared & child & (u[1] < ages.child_declares_adult)
    poses = declared & ~child & (u[1] < ages.adult_declares_child)
    wrong = declared & ~child & ~poses & (u[1] < ages.adult_declares_child + ages.adult_wrong)
    missed = (source == 3) & (u[1] >= ages.inferred_right)
    given = np.where(claims | (missed & child), ADULT + np.floor(8 * u[2] ** 2), given)
    given = np.where(poses | (missed & ~child), 13 + np.floor(5 * u[2]), given)
    given = np.where(wrong, np.maximum(ADULT, given + np.floor(20 * u[2] - 10)), given)
    people.given_age[rows] = np.where(source == 0, np.nan, given)
    people.source[rows] = source
    number = np.arange(rows.start, rows.stop)
    people.mark(number[claims], "child_declared_adult")
    people.mark(number[poses], "adult_declared_child")
    people.mark(number[source == 0], "age_unknown")


def _school_classes(people: People, size: int) -> npt.NDArray[np.int32]:
    """Children and eighteen-year-olds of the last year, by town and school year."""
    found = np.full(people.count, -1, np.int32)
    pupils = np.flatnonzero((people.seat == CHILD_SEAT) & (people.age < 18.7))
    year = np.clip(np.floor(people.age[pupils]), 9, 17).astype(np.int64) - 9
    key = people.town[pupils].astype(np.int64) * 9 + year
    order = np.argsort(key, kind="stable")
    key = key[order]
    first = np.searchsorted(key, key)
    part = (np.arange(len(key)) - first) // size
    _, numbers = np.unique(key * 1_000 + np.minimum(part, 999), return_inverse=True)
    found[pupils[order]] = numbers
    return found


def _names(count: int, seed: int) -> Any:
    """Ids that tell nothing: a walk through the numbers below a prime."""
    prime = _prime_above(max(count, 999_983))
    step = 7_919 + 2 * (seed % 1_000)
    number = (np.arange(count, dtype=np.int64) * step + 1_234_567) % prime
    joined = pc.binary_join_element_wise("u", pa.array(number).cast(pa.string()), "")
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _prime_above(number: int) -> int:
    candidate = number | 1
    while any(candidate % d == 0 for d in range(3, int(candidate**0.5) + 1, 2)):
        candidate += 2
    return candidate
