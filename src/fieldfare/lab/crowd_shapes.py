"""Shapes that make bad algorithms slow, on top of a crowd, for ``fieldfare bench scan --shape``.

    celebrity    one adult in contact with a million accounts: nine in ten wrote to it first, to the
                 others it wrote first, so that it has very many first contacts with children, and
                 very many children have it in common
    big-group    a group of 100,000, in which fifty messages are written
    chatterbox   one account that writes a million messages to twenty others

The one adult is an account that the crowd plants to be flagged, so that playing its past again is
part of the work. Nobody's real behaviour; the question is only whether time grows out of
proportion.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.lab.crowd import BLOCK, MESSAGE_COLUMNS, Crowd, Ints, named
from fieldfare.lab.demo_talk import DAYS, START
from fieldfare.vocabulary.errors import SettingsError
from fieldfare.vocabulary.times import DAY, MINUTE

SHAPES: Final = ("celebrity", "big-group", "chatterbox")
FANS: Final = 1_000_000
GROUP: Final = 100_000
GROUP_MESSAGES: Final = 50
CHATTER: Final = 1_000_000
FRIENDS: Final = 20


def write_shape(crowd: Crowd, shape: str, seed: int = 1) -> Path:
    """Write the shape's messages as a second file beside the crowd's. Raises SettingsError where
    there is no such shape."""
    if shape not in SHAPES:
        raise SettingsError(f"--shape {shape}: choose one of {', '.join(SHAPES)}")
    rng = np.random.default_rng([seed, 5])
    make = {"celebrity": _celebrity, "big-group": _group, "chatterbox": _chatter}[shape]
    path = crowd.messages.with_name("messages-shape.parquet")
    with pq.ParquetWriter(path, MESSAGE_COLUMNS) as writer:
        for table in make(rng, int(crowd.planted[0][1:])):
            writer.write_table(table, row_group_size=BLOCK)
    return path


def _celebrity(rng: np.random.Generator, person: int) -> Iterator[pa.Table]:
    """A first message a fan, and an answer to one in three."""
    # Ids beyond the crowd's are accounts nobody knows anything about.
    fans = person + 1 + np.arange(FANS, dtype=np.int64)
    own = np.full(FANS, person, dtype=np.int64)
    began = rng.random(FANS) < 0.1
    at = _times(rng, FANS)
    yield _private(np.where(began, own, fans), np.where(began, fans, own), at, 0)
    answered = np.flatnonzero(rng.random(FANS) < 1 / 3)
    sender = np.where(began, fans, own)[answered]
    recipient = np.where(began, own, fans)[answered]
    yield _private(sender, recipient, at[answered] + MINUTE, FANS)


def _chatter(rng: np.random.Generator, person: int) -> Iterator[pa.Table]:
    friends = person + 1 + rng.integers(FRIENDS, size=CHATTER)
    yield _private(np.full(CHATTER, person), friends, _times(rng, CHATTER), 0)


def _group(rng: np.random.Generator, person: int) -> Iterator[pa.Table]:
    members = named("u", np.arange(GROUP, dtype=np.int64))
    for number in range(GROUP_MESSAGES):
        columns = [
            pa.array([f"g{number}"]),
            pa.array(["group"]),
            pa.array(["group"]),
            pa.array([f"u{person if number % 2 else int(rng.integers(GROUP))}"]),
            pa.ListArray.from_arrays(np.array([0, GROUP], dtype=np.int32), members),
            pa.array(_times(rng, 1)),
        ]
        yield pa.table(columns, schema=MESSAGE_COLUMNS)


def _times(rng: np.random.Generator, count: int) -> Ints:
    return np.asarray(START + rng.integers(0, (DAYS - 1) * DAY, size=count), dtype=np.int64)


def _private(sender: Ints, recipient: Ints, at: Ints, first: int) -> Any:
    count = len(sender)
    return pa.table(
        [
            named("s", np.arange(first, first + count, dtype=np.int64)),
            pa.repeat("shape", count),
            pa.repeat("private", count),
            named("u", sender),
            pa.ListArray.from_arrays(np.arange(count + 1, dtype=np.int32), named("u", recipient)),
            pa.array(at),
        ],
        schema=MESSAGE_COLUMNS,
    )
