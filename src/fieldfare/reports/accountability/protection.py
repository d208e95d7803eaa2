"""Small numbers are held back, with as many others as it takes that none can be worked out.

A count of 1 to 4 people, reports or decisions could let somebody be recognised who knows a little
more. Such counts are hidden; so are others, until none of them follows from the sums (`relations`)
by adding and subtracting. So are shares that rest on a hidden count, and medians of fewer than
five. This does not protect against what somebody knows otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.reports.accountability.figures import Figures, Relation

SMALLEST: Final = 5
"""The least count, above 0, that is shown."""

OPEN: Final = ("safeguards.", "notices.messages")
"""Counts of answers and of messages, not of people or of what was decided about one."""


def hidden(found: Figures) -> frozenset[str]:
    """The keys of figures that must not be shown."""
    counts = {
        each.key: int(each.value)
        for each in found
        if each.unit == "" and each.value is not None and not each.key.startswith(OPEN)
    }
    relations = [each for each in found.relations if {each.total, *each.parts} <= counts.keys()]
    small = {key for key, value in counts.items() if 0 < value < SMALLEST}
    held = set(small)
    while worked_out := determined(relations, held) & small:
        before = len(held)
        for key in sorted(worked_out):
            others = _others(relations, key, counts, held)
            if others:
                held.add(others[0])
                break
        if len(held) == before:
            break
    rests = {
        each.key
        for each in found
        if not held.isdisjoint(each.rests_on) or 0 < (each.number or 0) < SMALLEST
    }
    return frozenset(held | rests)


def determined(relations: Sequence[Relation], held: set[str]) -> set[str]:
    """Those of the hidden counts that follow from the relations and the counts shown."""
    names = sorted(held)
    rows = [
        [float(name in each.parts) - float(name == each.total) for name in names]
        for each in relations
    ]
    matrix = np.array([row for row in rows if any(row)], dtype=float)
    if not names or not matrix.size:
        return set()
    free = _null_space(matrix)
    loose = np.abs(free).max(axis=1) > 1e-9 if free.size else np.zeros(len(names), bool)
    return {name for name, is_loose in zip(names, loose, strict=True) if not is_loose}


def _null_space(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, sizes, rows = np.linalg.svd(matrix)
    rank = int((sizes > 1e-9).sum())
    found: npt.NDArray[np.float64] = rows[rank:].T
    return found


def _others(
    relations: Sequence[Relation], key: str, counts: dict[str, int], held: set[str]
) -> list[str]:
    """What could be hidden beside it: the least part first, empty ones then, sums last. Of the sums
    that it is in; where all of those is hidden already, of the sums that what is hidden is in."""
    totals = {each.total for each in relations}
    reached, near = set[str](), {key}
    while near <= held and near != reached:
        reached = near
        near = reached.union(
            *(
                names
                for each in relations
                if not reached.isdisjoint(names := {each.total, *each.parts})
            )
        )
    return sorted(
        near - held, key=lambda name: (name in totals, counts[name] == 0, counts[name], name)
    )
