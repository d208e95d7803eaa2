"""Who is in contact with whom: the account in the middle, the children around it.

Children who know one another stand side by side, groups in the order of their first contact, and
inside a group by first contact too. So a class of school friends is seen as one arc, and 150
strangers as a ring without a tie. Legible from one child to some 300; beyond, the first are drawn.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from fieldfare.scan.page import words

SIZE: Final = 640.0
RING: Final = 246.0
HUB: Final = 17.0
MOST: Final = 300
UPRIGHT: Final = 36
"""Children whose numbers stand upright; of more they stand along the lines."""
GAP: Final = 1.2
"""Room beside a group of several, in places of a child."""


class Contacted(Protocol):
    """A child that an account was in contact with."""

    @property
    def account(self) -> str:
        """Its id."""

    @property
    def name(self) -> str | None:
        """Its name."""

    @property
    def answered(self) -> bool:
        """It wrote back."""

    @property
    def rejected_at(self) -> int | None:
        """When it blocked, reported or declined."""


@dataclass(frozen=True)
class Node:
    """A child on the ring."""

    order: int
    x: float
    y: float
    kind: Literal["answered", "silent", "rejected"]
    title: str
    label_x: float
    label_y: float
    turn: float
    """Degrees that the number is turned by, so that it reads along the radius."""
    anchor: Literal["start", "middle", "end"]
    line: str
    """The path from the account."""


@dataclass(frozen=True)
class Tie:
    """Two children who know one another."""

    path: str
    first: int
    second: int


@dataclass(frozen=True)
class Group:
    """Children who know one another, by their numbers."""

    children: list[int]
    names: str


@dataclass(frozen=True)
class Graph:
    """The drawing and its table."""

    nodes: list[Node]
    ties: list[Tie]
    groups: list[Group]
    alone: int
    """Children who know none of the others."""
    description: str
    radius: float
    numbered: bool
    upright: bool
    """Few enough that numbers need not stand along the lines."""
    more: str


def graph(children: Sequence[Contacted], ties: Sequence[tuple[str, str]]) -> Graph | None:
    """The drawing; None where there is no child."""
    if not children:
        return None
    drawn = list(children[:MOST])
    order = {child.account: number for number, child in enumerate(drawn, 1)}
    pairs = sorted(
        {
            (min(order[a], order[b]), max(order[a], order[b]))
            for a, b in ties
            if a in order and b in order and a != b
        }
    )
    groups = _groups(len(drawn), pairs)
    angles = _angles(groups)
    together = [group for group in groups if len(group) > 1]
    alone = len(drawn) - sum(map(len, together))
    step = 2 * math.pi / (len(drawn) + 2 * GAP * len(together))
    upright = len(drawn) <= UPRIGHT
    return Graph(
        nodes=[_node(n, drawn[n - 1], angles[n], upright=upright) for n in sorted(angles)],
        ties=[Tie(_chord(angles[a], angles[b]), a, b) for a, b in pairs],
        groups=[
            Group(group, ", ".join(_name(drawn[each - 1]) for each in group)) for group in together
        ],
        alone=alone,
        description=_description(len(children), together, len(pairs), alone),
        radius=round(max(2.0, min(6.0, RING * step * 0.38)), 2),
        numbered=RING * step > 5.0,
        upright=upright,
        more=f"The first {MOST:,} of {len(children):,} children are drawn."
        if len(children) > MOST
        else "",
    )


def _groups(count: int, pairs: Sequence[tuple[int, int]]) -> list[list[int]]:
    parent = list(range(count + 1))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in pairs:
        low, high = sorted((root(a), root(b)))
        parent[high] = low
    found: dict[int, list[int]] = defaultdict(list)
    for number in range(1, count + 1):
        found[root(number)].append(number)
    return list(found.values())


def _angles(groups: Sequence[Sequence[int]]) -> dict[int, float]:
    gaps = [GAP if len(group) > 1 else 0.0 for group in groups]
    places = sum(map(len, groups)) + 2 * sum(gaps)
    angles, place = {}, 0.0
    for group, gap in zip(groups, gaps, strict=True):
        place += gap
        for number in group:
            angles[number] = 2 * math.pi * (place + 0.5) / places - math.pi / 2
            place += 1
        place += gap
    return angles


def _at(angle: float, distance: float) -> tuple[float, float]:
    middle = SIZE / 2
    return (
        round(middle + distance * math.cos(angle), 1),
        round(middle + distance * math.sin(angle), 1),
    )


def _node(order: int, child: Contacted, angle: float, *, upright: bool) -> Node:
    (x, y), (label_x, label_y) = _at(angle, RING), _at(angle, RING + (18 if upright else 13))
    start, end = _at(angle, HUB), _at(angle, RING - 7)
    left = math.cos(angle) < -1e-9
    turn = math.degrees(angle) + (180 if left else 0)
    return Node(
        order=order,
        x=x,
        y=y,
        kind=_kind(child),
        title=f"{order}. {_name(child)}: {_SAID[_kind(child)]}",
        label_x=label_x,
        label_y=label_y,
        turn=0.0 if upright else round(turn, 1),
        anchor="middle" if upright else "end" if left else "start",
        line=f"M{start[0]:g} {start[1]:g}L{end[0]:g} {end[1]:g}",
    )


_SAID: Final = {
    "answered": "answered",
    "silent": "did not answer",
    "rejected": "blocked, reported or declined",
}


def _kind(child: Contacted) -> Literal["answered", "silent", "rejected"]:
    if child.rejected_at is not None:
        return "rejected"
    return "answered" if child.answered else "silent"


def _chord(first: float, second: float) -> str:
    (x1, y1), (x2, y2) = _at(first, RING - 7), _at(second, RING - 7)
    apart = abs(math.atan2(math.sin(second - first), math.cos(second - first))) / math.pi
    bend = RING * (0.92 - 0.75 * apart)
    # The middle of the shorter way round.
    cx, cy = math.cos(first) + math.cos(second), math.sin(first) + math.sin(second)
    bx, by = _at(math.atan2(cy, cx), bend)
    return f"M{x1:g} {y1:g}Q{bx:g} {by:g} {x2:g} {y2:g}"


def _name(child: Contacted) -> str:
    return words.clip(child.name or child.account, 40)


def _description(count: int, together: Sequence[Sequence[int]], ties: int, alone: int) -> str:
    said = f"The account in contact with {words.plural(count, 'child', 'children')}. "
    if not together:
        return said + "None of them is seen in contact with another."
    largest = max(map(len, together))
    return said + (
        f"{words.plural(ties, 'pair')} of them know one another, in "
        f"{words.plural(len(together), 'group')}, the largest of {largest}; "
        f"{alone:,} are seen in contact with none of the others."
    )
