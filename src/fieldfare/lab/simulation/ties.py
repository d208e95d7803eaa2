"""Ties: who writes with whom, from when, how much, and how it ends. One row a pair.

Ordinary life, roles and offenders all become ties; `traffic` then makes messages of every tie in
the same way, so that what tells them apart is what they do and not how they were simulated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.simulation.parameters import Shares
from fieldfare.lab.simulation.people import Ints, People

NEVER, LONG_BEFORE, JUST_BEFORE, AFTER = 0, 1, 2, 3
"""When the two are connected, against their first message."""

ENDS: Final = (None, "block", "report", "decline")

_SHORTEST = 0.02
"""A tie with less time than this (days) is none."""
_STRENGTH = 1.1
"""Sigma of log of how much more one tie writes than another of its kind."""


@dataclass(slots=True)
class Ties:
    """Columns of one length. `one` writes first."""

    one: npt.NDArray[np.int32]
    other: npt.NDArray[np.int32]
    lo: npt.NDArray[np.float64]
    """No message before (days), nor after `hi`."""
    hi: npt.NDArray[np.float64]
    pinned: npt.NDArray[np.bool_]
    """The first message comes at `lo`, or as soon as `one` is awake."""
    sessions: npt.NDArray[np.int32]
    turns: npt.NDArray[np.float32]
    """Mean messages a session."""
    answered: npt.NDArray[np.bool_]
    connected: npt.NDArray[np.uint8]
    ends: npt.NDArray[np.uint8]
    """Index into `ENDS`: what `other` does about `one` after some messages."""
    talk_one: npt.NDArray[np.uint8]
    talk_other: npt.NDArray[np.uint8]
    offence: npt.NDArray[np.bool_]
    """`one` offends against `other`."""

    def __len__(self) -> int:
        return len(self.one)

    def take(self, rows: Ints) -> Ties:
        return Ties(*(getattr(self, f.name)[rows] for f in fields(self)))


def joined(parts: Sequence[Ties]) -> Ties:
    return Ties(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Ties)))


def distinct(ties: Ties, count: int) -> Ties:
    """Each pair once: the first row stands."""
    low = np.minimum(ties.one, ties.other).astype(np.int64)
    key = low * count + np.maximum(ties.one, ties.other)
    _, first = np.unique(key, return_index=True)
    return ties.take(np.sort(first))


def relate(
    rng: np.random.Generator,
    people: People,
    one: Ints,
    other: Ints,
    *,
    days: int,
    sessions: float,
    turns: float,
    answered: float,
    connected: Shares,
    ends: tuple[float, float, float],
    talk: tuple[Ints | int, Ints | int],
    starts: Ints | None = None,
    until: Ints | float = np.inf,
    new: float = 0.0,
    offence: bool = False,
) -> Ties:
    """Ties of one kind. `ends` are the shares blocked, reported and declined by `other`.

    `starts` pins the first message; without it a share `new` begins at a moment of the world and
    the others have long been. Pairs of which one account is not there long enough are dropped.
    """
    count = len(one)
    lo = np.maximum(0.0, np.maximum(people.created[one], people.created[other])).astype(np.float64)
    hi = np.minimum(np.minimum(people.until[one], people.until[other]), until)
    hi = np.minimum(hi, days).astype(np.float64)
    if starts is None:
        pinned = rng.random(count) < new
        lo = np.where(pinned, lo + (hi - lo) * rng.random(count), lo)
    else:
        pinned = np.ones(count, np.bool_)
        lo = np.maximum(lo, starts)
    strength = np.exp(_STRENGTH * rng.standard_normal(count) - _STRENGTH**2 / 2)
    ends_at = np.cumsum([0.0, *ends])
    kind = rng.random(count)
    ended = np.where(kind < ends_at[-1], np.searchsorted(ends_at, kind, side="right"), 0)
    shares = np.cumsum(connected) / sum(connected)
    connection = np.searchsorted(shares[:-1], rng.random(count), side="right")
    # Who declined a request is not connected.
    connection[ended == ENDS.index("decline")] = NEVER
    ties = Ties(
        one=np.asarray(one, np.int32),
        other=np.asarray(other, np.int32),
        lo=lo,
        hi=hi,
        pinned=pinned,
        sessions=1 + rng.poisson(max(0.0, sessions - 1) * strength).astype(np.int32),
        turns=np.full(count, turns, np.float32),
        answered=rng.random(count) < answered,
        connected=connection.astype(np.uint8),
        ends=ended.astype(np.uint8),
        talk_one=_column(talk[0], count),
        talk_other=_column(talk[1], count),
        offence=np.full(count, offence),
    )
    return ties.take(np.flatnonzero((hi - lo > _SHORTEST) & (ties.one != ties.other)))


def _column(value: Ints | int, count: int) -> npt.NDArray[np.uint8]:
    return np.broadcast_to(np.asarray(value, np.uint8), count).copy()


@dataclass(slots=True)
class Groups:
    """Group chats: members of group g are ``members[starts[g]:starts[g + 1]]``."""

    starts: npt.NDArray[np.int64]
    members: npt.NDArray[np.int32]
    leader: npt.NDArray[np.int32]
    """Who opens its sessions, and is a member; −1: anyone."""
    lo: npt.NDArray[np.float64]
    hi: npt.NDArray[np.float64]
    sessions: npt.NDArray[np.int32]
    talk_leader: npt.NDArray[np.uint8]
    talk: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.leader)


def joined_groups(parts: Sequence[Groups]) -> Groups:
    offsets = np.cumsum([0] + [len(p.members) for p in parts])
    starts = [p.starts[:-1] + o for p, o in zip(parts, offsets[:-1], strict=True)]
    return Groups(
        np.concatenate([*starts, [offsets[-1]]]).astype(np.int64),
        *(
            np.concatenate([getattr(p, f.name) for p in parts])
            for f in fields(Groups)
            if f.name != "starts"
        ),
    )
