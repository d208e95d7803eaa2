"""Countries of the children on a map of the land, without borders: a circle in the middle of each
country, its size the number of children, its outline how well the country is known."""

from __future__ import annotations

import itertools
import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Protocol

from fieldfare.scan.page import words

SURE: Final = frozenset({"verified", "declared", "given"})
"""Bases that the service was told; every other one is inferred, from an address or a phone number,
and says where a connection was and not where somebody lives."""


class Placed(Protocol):
    """Somebody whose country may be known."""

    @property
    def country(self) -> str | None:
        """ISO 3166-1 alpha-2."""

    @property
    def country_basis(self) -> str | None:
        """How it is known; sure if one of `SURE`."""


@dataclass(frozen=True)
class Circle:
    """One country."""

    x: float
    y: float
    at_x: float
    """The middle of the country; the circle stands beside it where others would cover it."""
    at_y: float
    beside: bool
    radius: float
    children: int
    sure: bool
    """At least half of its children's countries were told and not inferred."""
    title: str


@dataclass(frozen=True)
class World:
    """The map."""

    width: int
    height: int
    circles: list[Circle]
    description: str
    left_out: str
    """What the map cannot show."""


def world(
    children: Sequence[Placed], known: tuple[str, str] = ("country told", "inferred")
) -> World | None:
    """The map; None where no country is known. `known`: how a country is, surely or not."""
    places, (width, height) = _places()
    counts: dict[str, list[Placed]] = {}
    for child in children:
        if child.country:
            counts.setdefault(child.country, []).append(child)
    if not counts:
        return None
    most = max(map(len, counts.values()))
    drawn = sorted((code for code in counts if code in places), key=lambda c: -len(counts[c]))
    sizes = [_radius(len(counts[code]), most) for code in drawn]
    moved = _apart([places[code] for code in drawn], sizes, width, height)
    circles = [
        _circle(code, counts[code], places[code], at, size, known)
        for code, at, size in zip(drawn, moved, sizes, strict=True)
    ]
    absent = sum(len(counts[code]) for code in counts if code not in places)
    unknown = len(children) - sum(map(len, counts.values()))
    said = [f"{absent:,} in places that the map does not have"] if absent else []
    said += [f"{unknown:,} whose country is not known"] if unknown else []
    names = [f"{words.country(code)} {len(counts[code]):,}" for code in drawn[:5]]
    return World(
        width=width,
        height=height,
        circles=circles,
        description="Children by country: "
        + ", ".join(names)
        + (f" and {len(drawn) - 5:,} more countries." if len(drawn) > 5 else "."),
        left_out=f"Not on the map: {words.listed(said)}." if said else "",
    )


def _radius(children: int, most: int) -> float:
    return round(4 + 12 * math.sqrt(children / max(most, 4)), 1)


def _apart(
    places: Sequence[tuple[int, int]], sizes: Sequence[float], width: int, height: int
) -> list[tuple[float, float]]:
    """Places moved until no circle covers another, the largest first; in a fixed number of rounds,
    so that a crowd ends somewhere near."""
    at = [(float(x), float(y)) for x, y in places]
    for _ in range(80):
        still = True
        for one, other in itertools.combinations(range(len(at)), 2):
            dx, dy = at[other][0] - at[one][0], at[other][1] - at[one][1]
            distance = math.hypot(dx, dy)
            short = sizes[one] + sizes[other] + 1.5 - distance
            if short <= 0:
                continue
            still = False
            if distance < 0.01:
                dx, dy, distance = 1.0, 0.5, 1.12
            # The smaller gives way.
            share = sizes[one] / (sizes[one] + sizes[other])
            ux, uy = dx / distance * short, dy / distance * short
            at[one] = (at[one][0] - ux * (1 - share), at[one][1] - uy * (1 - share))
            at[other] = (at[other][0] + ux * share, at[other][1] + uy * share)
        at = [
            (min(max(x, size), width - size), min(max(y, size), height - size))
            for (x, y), size in zip(at, sizes, strict=True)
        ]
        if still:
            break
    return at


def _circle(
    code: str,
    children: Sequence[Placed],
    middle: tuple[int, int],
    at: tuple[float, float],
    radius: float,
    known: tuple[str, str],
) -> Circle:
    told = sum(child.country_basis in SURE for child in children)
    count = words.plural(len(children), "child", "children")
    return Circle(
        x=round(at[0], 1),
        y=round(at[1], 1),
        at_x=middle[0],
        at_y=middle[1],
        beside=math.dist(at, middle) > 2,
        radius=radius,
        children=len(children),
        sure=2 * told >= len(children),
        title=f"{words.country(code)}: {count}, {known[0]} {told}, {known[1]} "
        f"{len(children) - told}",
    )


@cache
def _places() -> tuple[dict[str, tuple[int, int]], tuple[int, int]]:
    found = tomllib.loads((files("fieldfare.console") / "middles.toml").read_text("utf-8"))
    return {code: (x, y) for code, (x, y) in found["middles"].items()}, tuple(found["size"])
