"""Reading a world whose truth is known: a folder as ``fieldfare simulate`` writes it.

messages.parquet  accounts.parquet  connections.parquet  notices.parquet   as documented
truth.parquet     account, kind, offender, person, age, started_at, victims, slice
world.json        how it was made
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.contacts.intake import EventFiles
from fieldfare.vocabulary import InputError

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

TRUTH: Final = ("account", "kind", "offender", "started_at", "victims", "slice")
EVIDENCE: Final = ("weight_sum", "tokens", "stated_age", "stated_age_confidence", "indicators")
"""Columns of messages that stand for text, where a world has it."""


@dataclass(frozen=True)
class Victims:
    """Every offender with each child it is after: row numbers of the truth."""

    offender: Ints
    child: Ints


@dataclass(frozen=True, eq=False)
class Truth:
    """What is known of every account, in the order of ``truth.parquet``."""

    table: pa.Table

    @cached_property
    def accounts(self) -> pa.Array:
        return self.table["account"].combine_chunks()

    @cached_property
    def offender(self) -> Flags:
        return np.asarray(pc.fill_null(self.table["offender"], False), np.bool_)

    @cached_property
    def started_at(self) -> Ints:
        """When an offender began, microseconds UTC; 0 for others."""
        return np.asarray(pc.fill_null(self.table["started_at"], 0), np.int64)

    @cached_property
    def kinds(self) -> dict[str, Flags]:
        """Who is of each kind."""
        kinds = self.table["kind"].combine_chunks().dictionary_encode()
        codes = np.asarray(kinds.indices)
        return {name: codes == k for k, name in enumerate(kinds.dictionary.to_pylist())}

    @cached_property
    def groups(self) -> dict[str, Flags]:
        """Who is of each kind or in the slice of that name."""
        found = {name: members.copy() for name, members in self.kinds.items()}
        slices = self.table["slice"].combine_chunks()
        named = pc.list_flatten(slices).dictionary_encode()
        who = np.asarray(pc.list_parent_indices(slices))
        for k, name in enumerate(named.dictionary.to_pylist()):
            members = found.setdefault(name, np.zeros(self.table.num_rows, np.bool_))
            members[who[np.asarray(named.indices) == k]] = True
        return found

    @cached_property
    def victims(self) -> Victims:
        at = np.flatnonzero(self.offender)
        lists = self.table["victims"].combine_chunks().take(pa.array(at))
        child = pc.index_in(pc.list_flatten(lists), self.accounts)
        who = at[np.asarray(pc.list_parent_indices(lists))]
        known = np.asarray(pc.is_valid(child))
        return Victims(who[known], np.asarray(child.drop_null(), np.int64))


@dataclass(frozen=True)
class World:
    """A folder, its truth and how it was made."""

    folder: Path
    truth: Truth
    made: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def innocent(self) -> int:
        """How many accounts do not offend."""
        return int((~self.truth.offender).sum())


def has_stated_role(world: World) -> Flags:
    """Of every account of the truth, whether the operator states a role of it."""
    path = world.folder / "accounts.parquet"
    if not path.is_file() or "role" not in pq.read_schema(path).names:
        return np.zeros(world.truth.table.num_rows, np.bool_)
    accounts = pq.read_table(path, columns=["id", "role"])
    stated = accounts.filter(pc.is_valid(accounts["role"]))["id"]
    return np.asarray(pc.is_in(world.truth.accounts, stated.combine_chunks()), np.bool_)


def read_world(folder: Path) -> World:
    """The world in a folder. Raises InputError where it is none."""
    path = folder / "truth.parquet"
    if not path.is_file():
        raise InputError(
            f"{folder}: no truth.parquet; a world is made with: fieldfare simulate --out {folder}"
        )
    lacking = set(TRUTH) - set(pq.read_schema(path).names)
    if lacking:
        raise InputError(f"{path}: lacks the columns {', '.join(sorted(lacking))}")
    made = folder / "world.json"
    return World(
        folder,
        Truth(pq.read_table(path)),
        json.loads(made.read_text("utf-8")) if made.is_file() else {},
    )


def event_files(world: World, work: Path) -> EventFiles:
    """The world's events as the contacts room reads them. Messages that hold evidence are read
    where they are; text is annotated into `work` first, as a scan would."""
    from fieldfare.scan.gather import gather
    from fieldfare.scan.settings import ScanSettings

    names = ("messages", "accounts", "connections", "notices")
    paths = {name: world.folder / f"{name}.parquet" for name in names}
    if not paths["messages"].is_file():
        raise InputError(f"{world.folder}: no messages.parquet")
    ready = set(EVIDENCE) & set(pq.read_schema(paths["messages"]).names)
    others = [path for name, path in paths.items() if path.is_file() and name != "messages"]
    if not ready:
        return gather([paths["messages"], *others], ScanSettings(), work).files
    files = gather(others, ScanSettings(), work).files
    files.messages.append(paths["messages"])
    return files
