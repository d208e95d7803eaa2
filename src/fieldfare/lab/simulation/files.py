"""The files of a simulated world, written block by block."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import (
    ADULT,
    GRANDPARENT,
    PARENT,
    ROLES,
    SLICES,
    SOURCES,
    People,
    blocks,
)
from fieldfare.lab.simulation.traffic import micros
from fieldfare.vocabulary.schemas import ACCOUNTS, CONNECTIONS, MEDIA, MESSAGES, NOTICES

EVIDENCE: Final = {
    "weight_sum": pa.float64(),
    "tokens": pa.int32(),
    "stated_age": pa.float64(),
    "stated_age_confidence": pa.float64(),
    "indicators": pa.list_(pa.string()),
    "calls": pa.int32(),
}
"""What the language room adds to messages, written where evidence is simulated without text."""

TRUTH: Final = pa.schema(
    [
        ("account", pa.string()),
        ("kind", pa.string()),
        ("offender", pa.bool_()),
        ("person", pa.string()),
        ("age", pa.float64()),
        ("started_at", pa.int64()),
        ("victims", pa.list_(pa.string())),
        ("slice", pa.list_(pa.string())),
    ]
)
"""Who is who, which no service knows. Times are microseconds UTC."""


def message_schema(text: str) -> Any:
    names = ["id", "conversation", "kind", "sender", "recipients", "sent_at"]
    fields = [MESSAGES.field(n) for n in names]
    if text == "templates":
        fields += [MESSAGES.field("text"), pa.field("media", pa.list_(MEDIA))]
    if text == "evidence":
        fields += [pa.field(name, kind) for name, kind in EVIDENCE.items()]
    return pa.schema(fields)


class WorldFiles:
    """Writers of the events of a world; a file is complete or not there."""

    def __init__(self, folder: Path, text: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.messages = message_schema(text)
        # Ids never repeat and times hardly do: a dictionary of them would only cost.
        repeated = [
            f.name if not pa.types.is_list(f.type) else f"{f.name}.list.element"
            for f in self.messages
            if pa.types.is_string(f.type) or f.type == pa.list_(pa.string())
        ]
        repeated.remove("id")
        schemas = {
            "messages": self.messages,
            "connections": _of(CONNECTIONS, "account", "peer", "connected_at"),
            "notices": _of(NOTICES, "id", "kind", "account", "peer", "at"),
        }
        self._paths = {name: folder / f"{name}.parquet" for name in schemas}
        self._writers = {
            name: pq.ParquetWriter(
                _unfinished(self._paths[name]),
                schema,
                use_dictionary=repeated if name == "messages" else ["kind", "account", "peer"],
            )
            for name, schema in schemas.items()
        }
        self.rows = dict.fromkeys(self._writers, 0)

    def write(self, name: str, table: Any) -> None:
        writer = self._writers[name]
        if table.num_rows:
            writer.write_table(table.select(writer.schema.names).cast(writer.schema))
        self.rows[name] += table.num_rows

    def __enter__(self) -> WorldFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name, writer in self._writers.items():
            writer.close()
            path = self._paths[name]
            if kind is None:
                _unfinished(path).replace(path)
            else:
                _unfinished(path).unlink()


def _unfinished(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _of(schema: Any, *names: str) -> Any:
    return pa.schema([schema.field(n) for n in names])


def write_accounts(path: Path, people: People, parameters: Parameters) -> None:
    """What the service knows of its accounts."""
    names = ("id", "age", "age_source", "country", "country_source", "time_zone", "created_at")
    schema = _of(ACCOUNTS, *names, "role", "role_source")
    codes = pa.array(list(parameters.countries))
    zones = pa.array([c.zone for c in parameters.countries.values()])
    sources = pa.array(SOURCES, pa.string())
    roles = pa.array(ROLES, pa.string())
    with pq.ParquetWriter(path, schema) as writer:
        for first, last in blocks(people.count):
            rows = slice(first, last)
            country = pa.array(people.country[rows])
            given = people.given_age[rows].astype(np.float64)
            columns = [
                people.names[rows],
                pa.array(given, mask=np.isnan(given)),
                sources.take(pa.array(people.source[rows])),
                codes.take(country),
                pa.repeat("declared", last - first),
                zones.take(country),
                micros(people.created[rows].astype(np.float64)),
                roles.take(stated := pa.array(people.role[rows])),
                pc.if_else(pc.greater(stated, 0), "staff_directory", None),
            ]
            writer.write_table(pa.table(columns, schema=schema))


def kinds_of(people: People, rows: slice) -> Any:
    """The kind of each account: its role, or what an ordinary person is."""
    age, seat = people.age[rows], people.seat[rows]
    ordinary = np.where(
        age < ADULT,
        np.where(age < 13, 0, 1),
        np.where(seat == PARENT, 2, np.where(seat == GRANDPARENT, 3, 4)),
    )
    role = people.kind[rows].astype(np.int64)
    return np.where(role < 255, role, len(people.kinds) + ordinary)


def write_truth(
    path: Path,
    people: People,
    names: tuple[str, ...],
    offender_kinds: range,
    persons: dict[int, int],
    victims: dict[int, tuple[float, list[int]]],
) -> dict[str, int]:
    """Who is who; gives the number of accounts of each kind. `names` are those of `kinds_of`;
    `victims` has for an offending account the first day of offending and whom, in order."""
    counts: dict[str, int] = {}
    with pq.ParquetWriter(path, TRUTH) as writer:
        for first, last in blocks(people.count):
            table, kinds = _truth(people, first, last, names, offender_kinds, persons, victims)
            writer.write_table(table)
            number, many = np.unique(kinds, return_counts=True)
            for index, each in zip(number.tolist(), many.tolist(), strict=True):
                counts[names[index]] = counts.get(names[index], 0) + each
    return dict(sorted(counts.items()))


def _truth(
    people: People,
    first: int,
    last: int,
    names: tuple[str, ...],
    offender_kinds: range,
    persons: dict[int, int],
    victims: dict[int, tuple[float, list[int]]],
) -> tuple[Any, Any]:
    rows = slice(first, last)
    kinds = kinds_of(people, rows)
    offends = (kinds >= offender_kinds.start) & (kinds < offender_kinds.stop)
    number = np.arange(first, last)
    person = number.copy()
    started: list[int | None] = [None] * (last - first)
    whom: list[list[str] | None] = [None] * (last - first)
    for index in np.flatnonzero(offends).tolist():
        account = first + index
        person[index] = persons.get(account, account)
        if account in victims:
            day, children = victims[account]
            started[index] = int(micros(np.array([day]))[0])
            whom[index] = people.names.take(pa.array(children)).to_pylist()
    table = pa.table(
        [
            people.names[rows],
            pa.array(names).take(pa.array(kinds)),
            pa.array(offends),
            people.names.take(pa.array(person)),
            pa.array(people.age[rows].astype(np.float64)),
            pa.array(started, pa.int64()),
            pa.array(whom, pa.list_(pa.string())),
            _slices(people, rows),
        ],
        schema=TRUTH,
    )
    return table, kinds


def _slices(people: People, rows: slice) -> Any:
    bits = np.stack([people.slice_mask(name, rows) for name in SLICES], axis=1)
    offsets = np.concatenate([[0], np.cumsum(bits.sum(axis=1))]).astype(np.int32)
    return pa.ListArray.from_arrays(offsets, pa.array(SLICES).take(pa.array(np.nonzero(bits)[1])))


def numbered(letter: str, numbers: Any) -> Any:
    """``m123`` for 123."""
    return pc.binary_join_element_wise(letter, pa.array(numbers).cast(pa.string()), "")
