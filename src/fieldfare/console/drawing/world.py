"""Countries of the children on a map of the land, without borders: a circle in the middle of each
country, its size the number of children, its outline how well the country is known."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from fieldfare.cases.records import Child
from fieldfare.scan.page import words

SURE: Final = frozenset({"verified", "declared", "given"})
"""Bases that the service was told; every other one is inferred, from an address or a phone number,
and says where a connection was and not where somebody lives."""


@dataclass(frozen=True)
class Circle:
    """One country."""

    x: float
    y: float
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


def world(children: Sequence[Child]) -> World | None:
    """The map; None where no country is known."""
    places, (width, height) = _places()
    counts: dict[str, list[Child]] = {}
    for child in children:
        if child.country:
            counts.setdefault(child.country, []).append(child)
    if not counts:
        return None
    most = max(map(len, counts.values()))
    drawn = sorted((code for code in counts if code in places), key=lambda c: -len(counts[c]))
    circles = [_circle(code, counts[code], places[code], most) for code in drawn]
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


def _circle(code: str, children: Sequence[Child], at: tuple[int, int], most: int) -> Circle:
    told = sum(child.country_basis in SURE for child in children)
    count = words.plural(len(children), "child", "children")
    return Circle(
        x=at[0],
        y=at[1],
        radius=round(4 + 18 * math.sqrt(len(children) / max(most, 4)), 1),
        children=len(children),
        sure=2 * told >= len(children),
        title=f"{words.country(code)}: {count}, country told {told}, inferred "
        f"{len(children) - told}",
    )


@cache
def _places() -> tuple[dict[str, tuple[int, int]], tuple[int, int]]:
    found = tomllib.loads((files("fieldfare.console") / "middles.toml").read_text("utf-8"))
    return {code: (x, y) for code, (x, y) in found["middles"].items()}, tuple(found["size"])
