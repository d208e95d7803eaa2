"""Who lives in the demo world: towns with school classes, small circles elsewhere, adults.

Everything is a `Person`; households and classes only say who belongs together. What the
service knows of a person's age (`Person.given_age`) differs from the age: 30 % give none, and
some children say they are adults.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from fieldfare.vocabulary.records import AgeSource

T = TypeVar("T")

AGE_UNKNOWN = 0.30
"""Share of accounts without an age."""
AGE_VERIFIED = 0.14
"""Share of accounts whose age the service checked; the rest typed it in."""
CHILD_CLAIMS_ADULT = 0.10
"""Share of the children with a declared age who declared 18 or more."""
ADULT = 18

HOME = "GB"
TOWN_CLASSES: tuple[tuple[int, int], ...] = ((11, 18), (13, 18), (16, 16))
"""(age in years, pupils) of the school classes of an ordinary town."""
HOME_CLASSES: tuple[tuple[int, int], ...] = ((11, 28), (12, 28), (15, 20), (17, 20))
"""The same of the town of the teacher, who has the first two."""
LEAST_CIRCLES = 150
"""Circles (a household and a friend) the offender can reach without two of them being in one."""

ADULT_ROLES: dict[str, tuple[float, str]] = {
    "offender": (38, "GB"),
    "coach": (41, "ID"),
    "teacher": (35, "GB"),
    "head_teacher": (52, "PH"),
    "youth_leader": (27, "MY"),
    "tutor": (33, "TR"),
    "support_desk": (30, "SG"),
    "seller": (29, "TH"),
    "streamer": (24, "SG"),
    "peer_support_volunteer": (22, "GB"),
    "gamer": (25, "MA"),
    "relative_abroad": (44, "GB"),
}
"""Adults with a scene of their own: role, age in years, country."""


@dataclass(slots=True, eq=False)
class Person:
    """Somebody with an account. `number` is the place in `People.everyone`."""

    number: int
    name: str
    age: float
    country: str
    zone: str
    language: str
    circle: int
    """The town or circle it lives in; nobody there is a stranger. −1: none."""
    given_age: int | None = None
    age_source: AgeSource | None = None

    @property
    def id(self) -> str:
        """Spread over the numbers so that an id tells nothing about the role."""
        return f"acc-{(self.number * 7_919 + 1_234) % 999_983:06d}"

    @property
    def is_child(self) -> bool:
        return self.age < ADULT


@dataclass(slots=True)
class Household:
    parents: list[Person]
    children: list[Person]
    grandparents: list[Person] = field(default_factory=list)

    def everyone(self) -> list[Person]:
        return self.parents + self.children + self.grandparents


@dataclass(slots=True)
class Circle:
    """A town (school classes, many households) or a household with a friend of its child."""

    country: str
    households: list[Household]
    classes: list[list[Person]]
    is_town: bool

    def children(self) -> list[Person]:
        return [child for school_class in self.classes for child in school_class]


@dataclass(slots=True)
class People:
    everyone: list[Person] = field(default_factory=list)
    circles: list[Circle] = field(default_factory=list)
    roles: dict[str, Person] = field(default_factory=dict)
    adults: list[Person] = field(default_factory=list)
    """Adults without a circle: workmates and friends of one another."""

    def town(self, country: str) -> Circle:
        return next(c for c in self.circles if c.is_town and c.country == country)

    def of_age(self, least: float, below: float, country: str | None = None) -> list[Person]:
        """People with no role whose age is in [least, below), in one country or in all."""
        noted = {person.number for person in self.roles.values()}
        return [
            p
            for p in self.everyone
            if least <= p.age < below and country in (None, p.country) and p.number not in noted
        ]


@dataclass(frozen=True, slots=True)
class Country:
    zone: str
    language: str
    names: tuple[str, ...]


@cache
def countries() -> dict[str, Country]:
    """The countries of ``demo_countries.toml``, in its order."""
    text = Path(__file__).with_name("demo_countries.toml").read_text(encoding="utf-8")
    return {
        code: Country(entry["zone"], entry["language"], tuple(entry["names"]))
        for code, entry in tomllib.loads(text).items()
    }


def some(rng: np.random.Generator, items: Sequence[T], count: int) -> list[T]:
    """`count` of the items at random, or all of them if there are fewer."""
    return [items[i] for i in rng.permutation(len(items))[:count]]


def settle(rng: np.random.Generator, accounts: int) -> People:
    """Everybody in the world, exactly `accounts` of them."""
    people = People()
    for role, (age, country) in ADULT_ROLES.items():
        people.roles[role] = _born(rng, people, age, country, circle=-1)
    abroad = [code for code in countries() if code != HOME]
    _build_town(rng, people, HOME, HOME_CLASSES)
    for country in abroad:
        _build_town(rng, people, country, TOWN_CLASSES)
    circles = max(LEAST_CIRCLES, (accounts - len(people.everyone)) // 9)
    for number in range(circles):
        country = abroad[number % len(abroad)]
        # The first child's age walks through 10–16, so that each country has every age.
        _build_circle(rng, people, country, 10 + (number // len(abroad) + number) % 7)
    codes = list(countries())
    while len(people.everyone) < accounts:
        age = 18 + float(rng.gamma(2.0, 8.0))
        code = codes[int(rng.integers(len(codes)))]
        people.adults.append(_born(rng, people, min(age, 90.0), code, circle=-1))
    _tell_ages(rng, people)
    return people


def _born(
    rng: np.random.Generator, people: People, age: float, country: str, circle: int
) -> Person:
    place = countries()[country]
    first = place.names[int(rng.integers(len(place.names)))]
    name = f"{first} {'ABCDEFGHIJKLMNOPRSTVWYZ'[int(rng.integers(23))]}."
    person = Person(len(people.everyone), name, age, country, place.zone, place.language, circle)
    people.everyone.append(person)
    return person


def _build_town(
    rng: np.random.Generator, people: People, country: str, sizes: Sequence[tuple[int, int]]
) -> None:
    here = len(people.circles)
    classes = [
        [_born(rng, people, age + float(rng.random()), country, here) for _ in range(size)]
        for age, size in sizes
    ]
    households: list[Household] = []
    for school_class in classes:
        for child in school_class:
            # A third of the children of the later classes are siblings of an earlier one.
            home = households[int(rng.integers(len(households)))] if households else None
            if home and len(home.children) == 1 and rng.random() < 0.6:
                home.children.append(child)
            else:
                households.append(_found_household(rng, people, [child]))
    people.circles.append(Circle(country, households, classes, is_town=True))


def _build_circle(rng: np.random.Generator, people: People, country: str, age: int) -> None:
    here = len(people.circles)
    child = _born(rng, people, age + 0.1 + 0.8 * float(rng.random()), country, here)
    friends = [
        _born(rng, people, age + float(rng.random()), country, here)
        for _ in range(int(rng.integers(1, 3)))
    ]
    home = _found_household(rng, people, [child])
    people.circles.append(Circle(country, [home], [[child, *friends]], is_town=False))


def _found_household(rng: np.random.Generator, people: People, children: list[Person]) -> Household:
    eldest = max(child.age for child in children)
    country, circle = children[0].country, children[0].circle
    parents = [
        _born(rng, people, eldest + float(rng.uniform(22, 36)), country, circle)
        for _ in range(1 + int(rng.random() < 0.4))
    ]
    grandparents = [
        _born(rng, people, parents[0].age + float(rng.uniform(22, 32)), country, circle)
        for _ in range(int(rng.random() < 0.15))
    ]
    return Household(parents, children, grandparents)


def _tell_ages(rng: np.random.Generator, people: People) -> None:
    """What each person told the service; the offender declared his age, the desk has none."""
    draws = rng.random((len(people.everyone), 3))
    for person, (known, claim, false_age) in zip(people.everyone, draws.tolist(), strict=True):
        if known < AGE_UNKNOWN:
            continue
        person.given_age = int(person.age)
        person.age_source = "verified" if known > 1 - AGE_VERIFIED else "declared"
        if person.is_child and person.age_source == "declared" and claim < CHILD_CLAIMS_ADULT:
            person.given_age = ADULT + int(false_age * 8)
    for role, source in (("offender", "declared"), ("teacher", "verified"), ("coach", "declared")):
        person = people.roles[role]
        person.given_age = int(person.age)
        person.age_source = "verified" if source == "verified" else "declared"
    people.roles["offender"].name = "Callum T."
    desk = people.roles["support_desk"]
    desk.given_age = desk.age_source = None
