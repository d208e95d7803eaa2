"""Parquet, CSV and JSON Lines of any columns, seen alike: the ground that a mapping stands on."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.sources import csv_file, parquet_file
from fieldfare.sources.jsonl import NOT_JSON, NOT_UTF8, TOO_DEEP
from fieldfare.sources.lines import blocks
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Problems, ReadOptions

NOT_AN_OBJECT = "a line that is not a JSON object; it was left out"
NESTED = "a value that is an object or a list of them; it was left empty"

Columns = Iterator[tuple[pa.Array, dict[str, pa.Array]]]


@dataclass(frozen=True)
class Raw:
    """A file of rows. `columns` yields (numbers of the rows, wanted columns by name)."""

    names: Sequence[str] | None
    """Its columns, those inside another as ``outer.inner``; None where it is no such file."""
    unit: str
    """What its numbers count: ``row`` or ``line``."""
    columns: Callable[[list[str], ReadOptions], Columns]


@contextmanager
def open_raw(place: Place, problems: Problems) -> Iterator[Raw]:
    """The rows of a single file. Raises InputError where it is damaged."""
    member = place.single
    head = b"" if member is None else place.head(member)
    if member is not None and head.startswith(parquet_file.MAGIC):
        with parquet_file.open_parquet(place, member) as file:
            yield Raw(
                _leaves(file.schema_arrow),
                "row",
                lambda wanted, options: _parquet(place, member, file, wanted, options, problems),
            )
        return
    text = head.removeprefix(codecs.BOM_UTF8)
    if member is not None and text.lstrip().startswith(b"{"):
        yield Raw(
            _keys(text),
            "line",
            lambda wanted, options: _jsonl(place, member, wanted, options, problems),
        )
        return
    header = csv_file.read_header(head)
    if member is not None and header is not None:
        yield Raw(
            header.names,
            "row",
            lambda wanted, options: csv_file.columns_of(
                place, member, header, wanted, options, problems
            ),
        )
        return
    yield Raw(None, "row", lambda _wanted, _options: iter(()))


def _leaves(fields: Any, before: str = "") -> list[str]:
    names: list[str] = []
    for column in fields:
        names.append(before + column.name)
        if pa.types.is_struct(column.type):
            names += _leaves(column.type, f"{before}{column.name}.")
    return names


def _parquet(
    place: Place,
    member: Member,
    file: Any,
    wanted: list[str],
    options: ReadOptions,
    problems: Problems,
) -> Columns:
    top = set(file.schema_arrow.names)
    outer = list(dict.fromkeys(n if n in top else n.split(".")[0] for n in wanted))
    for numbers, found in parquet_file.columns_of(place, member, file, outer, options, problems):
        yield numbers, {name: _inside(found, name) for name in wanted}


def _inside(found: dict[str, pa.Array], name: str) -> pa.Array:
    if name in found:
        return found[name]
    outer, *inner = name.split(".")
    return pc.struct_field(found[outer], inner)


def _keys(head: bytes) -> list[str]:
    names: dict[str, None] = {}
    for line in head.split(b"\n"):
        try:
            value = msgspec.json.decode(line)
        except _UNREADABLE:
            continue
        if isinstance(value, dict):
            names.update(dict.fromkeys(_key_names(value)))
    return list(names)


def _key_names(value: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[str]:
    for key, inner in value.items():
        yield before + key
        if isinstance(inner, dict) and depth < 8:
            yield from _key_names(inner, f"{before}{key}.", depth + 1)


_UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _jsonl(
    place: Place, member: Member, wanted: list[str], options: ReadOptions, problems: Problems
) -> Columns:
    for first, block in blocks(place, member, options, problems):
        numbers: list[int] = []
        rows: list[dict[str, Any]] = []
        for number, line in enumerate(block.split(b"\n"), first):
            if not line.strip():
                continue
            value = _decoded(line)
            if isinstance(value, dict):
                numbers.append(number)
                rows.append(value)
            else:
                problems.add(place, value, member=member.name, locator=f"line {number}")
        if rows:
            yield (
                pa.array(numbers),
                {
                    name: _column(
                        [_value(row, name) for row in rows], place, member, numbers, problems
                    )
                    for name in wanted
                },
            )


def _decoded(line: bytes) -> dict[str, Any] | str:
    """The object on a line, or why there is none."""
    try:
        value = msgspec.json.decode(line)
    except UnicodeDecodeError:
        return NOT_UTF8
    except RecursionError:
        return TOO_DEEP
    except msgspec.DecodeError:
        return NOT_JSON
    return value if isinstance(value, dict) else NOT_AN_OBJECT


def _value(row: dict[str, Any], name: str) -> Any:
    if name in row:
        return row[name]
    value: Any = row
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def _column(
    values: list[Any], place: Place, member: Member, numbers: list[int], problems: Problems
) -> pa.Array:
    """Strings, or lists of strings where any value is a list."""
    nested = [at for at, value in enumerate(values) if _is_nested(value)]
    for at in nested:
        problems.add(place, NESTED, member=member.name, locator=f"line {numbers[at]}")
        values[at] = None
    if not any(isinstance(value, list) for value in values):
        return pa.array([_word(value) for value in values], pa.string())
    listed = [value if value is None or isinstance(value, list) else [value] for value in values]
    return pa.array(
        [value and [_word(item) for item in value] for value in listed], pa.list_(pa.string())
    )


def _is_nested(value: Any) -> bool:
    inner = value if isinstance(value, list) else [value]
    return any(isinstance(item, dict | list) for item in inner)


def _word(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return None if value is None else str(value)
