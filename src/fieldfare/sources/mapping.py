"""A column mapping, so that a service's own Parquet, CSV or JSON Lines export needs no code.

What enters: a TOML file with a table for each of ours (``[messages]``, ``[accounts]`` …) and in
it one line a field. What leaves: `MappedReader`, which reads files as that says. See
docs/formats.md for the form.
"""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.sources import columns as convert
from fieldfare.sources.checking import TIMES, Where, assemble
from fieldfare.sources.place import Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, WholeFile
from fieldfare.sources.tables import Raw, open_raw
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.schemas import REQUIRED, TABLES

UNITS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000, "iso": 1_000_000}

UNKNOWN_VALUE = "a value that the mapping does not name; it was left empty"


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one field of ours comes from: a column, or one value for every row."""

    column: str | None = None
    value: str | int | float | bool | None = None
    unit: str | None = None
    """Of a time: s, ms, us, ns or iso."""
    zone: str | None = None
    """IANA zone of times without an offset."""
    values: dict[str, str] | None = None
    """Theirs to ours; a value that is not named is left empty and counted."""
    default: str | None = None
    """Ours, for a value that `values` does not name."""
    separator: str | None = None
    """Between several recipients in one cell."""


@dataclass(frozen=True)
class TableMapping:
    """How one table of ours is filled."""

    table: str
    rules: dict[str, Rule]
    files: str | None = None
    """A pattern of file names, as ``messages-*.csv``; None: every file with the columns."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, each once."""
        named = (rule.column for rule in self.rules.values())
        return tuple(dict.fromkeys(name for name in named if name is not None))


@dataclass(frozen=True)
class Mapping:
    """A checked mapping file."""

    path: str
    tables: tuple[TableMapping, ...]


def load_mapping(path: Path) -> Mapping:
    """The mapping in a TOML file. Raises SettingsError naming the file, the line and what to do."""
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(
            f"{path}: cannot be opened ({error.strerror}); check the path"
        ) from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{path}: not UTF-8; save it as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{path}: not valid TOML: {error}") from error
    check = _Check(path, text)
    if not content:
        check.fail("", "", "there is no table; write [messages] and a line for each field")
    return Mapping(str(path), tuple(check.table(name, content[name]) for name in content))


class _Check:
    """Checks one mapping file; every failure names file, line and key."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.lines = path, text.splitlines()

    def fail(self, table: str, key: str, what: str) -> None:
        """Raise SettingsError at a key."""
        number = self._line(table, key)
        where = f"{self.path}, line {number}" if number else str(self.path)
        name = ".".join(part for part in (table, key) if part)
        raise SettingsError(f"{where}: {name}: {what}" if name else f"{where}: {what}")

    def _line(self, table: str, key: str) -> int:
        inside, found = False, 0
        for number, line in enumerate(self.lines, 1):
            if header := re.match(r"\s*\[\s*([\w.\"']+)\s*\]", line):
                inside = header[1].split(".")[0].strip("\"'") == table
                if header[1].strip("\"'") in (table, f"{table}.{key}"):
                    found = number
            elif inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[=.]", line):
                return number
        return found

    def table(self, table: str, content: Any) -> TableMapping:
        if table not in TABLES:
            self.fail(table, "", f"no such table; the tables are {', '.join(TABLES)}")
        if not isinstance(content, dict):
            self.fail(table, "", f"must be a table; write [{table}] and a line for each field")
        files = content.get("files")
        if files is not None and not isinstance(files, str):
            self.fail(table, "files", 'must be a pattern of file names, such as "chat-*.csv"')
        rules = {
            key: self.rule(table, key, value) for key, value in content.items() if key != "files"
        }
        for key in sorted(REQUIRED[table] - set(rules)):
            self.fail(table, "", f'{key} is missing; add {key} = "<your column>"')
        if not any(rule.column for rule in rules.values()):
            self.fail(table, "", "no field names a column; name the columns of your file")
        return TableMapping(table, rules, files)

    def rule(self, table: str, key: str, value: Any) -> Rule:
        known = [name for name in TABLES[table].names if name != "origin"]
        if key not in known:
            self.fail(table, key, f"no such field; the fields are {', '.join(known)}")
        if isinstance(value, str):
            value = {"column": value}
        try:
            rule = msgspec.convert(value, Rule)
        except msgspec.ValidationError as error:
            self.fail(table, key, f'{error}; write "<column>", {{ column = … }} or {{ value = … }}')
            raise
        if (rule.column is None) == (rule.value is None):
            self.fail(table, key, "needs either a column or a value")
        is_time = key == TIMES[table]
        if is_time and (rule.unit not in UNITS or rule.column is None):
            self.fail(
                table,
                key,
                "needs a column and the unit of its times: write { column = "
                '"…", unit = "ms" } with s, ms, us, ns or iso',
            )
        if not is_time and (rule.unit or rule.zone):
            self.fail(table, key, "unit and zone are for times only; remove them")
        if rule.zone is not None:
            self._zone(table, key, rule.zone)
        if rule.separator is not None and key not in ("recipients", "media"):
            self.fail(table, key, "separator is for recipients and media only; remove it")
        if rule.default is not None and rule.values is None:
            self.fail(table, key, "default needs values beside it")
        return rule

    def _zone(self, table: str, key: str, zone: str) -> None:
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.fail(
                table, key, f"no time zone is called {zone!r}; use an IANA name such as Asia/Manila"
            )


class MappedReader(WholeFile):
    """Reads a service's own columns as a mapping says. Times without an offset are read in the
    mapping's zone, or else the one of the options, or else as UTC and marked ``unknown``."""

    name: ClassVar[str] = "mapped"
    title: ClassVar[str] = "a service's own Parquet, CSV or JSON Lines, with a column mapping"
    completeness: ClassVar[Completeness] = "unknown"

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping

    def detect(self, place: Place) -> bool:
        """True where the columns of at least one table of the mapping are there."""
        return place.single is not None and bool(self._tables(place, _names(place)))

    def _tables(self, place: Place, names: Sequence[str] | None) -> list[TableMapping]:
        member = place.single
        if member is None or names is None:
            return []
        return [
            table
            for table in self.mapping.tables
            if fnmatch.fnmatchcase(place.name_of(member), table.files or "*")
            and not _missing(table, names)
        ]

    def read(
        self, place: Place, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the batches of every table of the mapping whose columns the file has. Raises
        SettingsError where it has those of none."""
        with open_raw(place, problems) as raw:
            tables = self._tables(place, raw.names)
            if not tables:
                raise SettingsError(_lacking(self.mapping, place, raw))
            wanted = list(dict.fromkeys(name for table in tables for name in table.columns))
            for numbers, found in raw.columns(wanted, options):
                for table in tables:
                    where = _where(table, place, raw.unit, numbers, options)
                    filled = {
                        key: self._filled(table, key, rule, found, where, problems)
                        for key, rule in table.rules.items()
                    }
                    batch = assemble(table.table, filled, where, problems, options.metadata_only)
                    if batch.num_rows:
                        yield table.table, batch

    def _filled(
        self,
        table: TableMapping,
        key: str,
        rule: Rule,
        found: dict[str, pa.Array],
        where: Where,
        problems: Problems,
    ) -> pa.Array:
        if rule.column is None:
            return pa.repeat(pa.scalar(rule.value), len(where.numbers))
        column = found[rule.column]
        try:
            if rule.values is not None:
                column = _renamed(column, rule, where, problems)
            if key == "recipients":
                pattern = None if rule.separator is None else re.escape(rule.separator)
                return convert.lists(column, pattern)
            if key == "media" and rule.separator is not None:
                return convert.media(convert.lists(column, re.escape(rule.separator)))
            if key == TIMES[table.table]:
                # Looked at here, so that a wrong type names the mapping and not the vocabulary.
                convert.times(column.slice(0, 0), where.time_form)
        except convert.WrongTypeError as error:
            raise SettingsError(
                f"{self.mapping.path}: {table.table}.{key}: the column {rule.column} of "
                f"{where.source} is {error}, which cannot be read as {key}; name another column"
            ) from error
        return column


def _renamed(column: pa.Array, rule: Rule, where: Where, problems: Problems) -> pa.Array:
    theirs = convert.strings(column)
    names = rule.values or {}
    index = pc.index_in(theirs, value_set=pa.array(names.keys(), pa.string()))
    ours = pa.array(names.values(), pa.string()).take(index)
    unknown = pc.and_(theirs.is_valid(), index.is_null())
    if rule.default is not None:
        return pc.if_else(unknown, rule.default, ours)
    if count := pc.sum(unknown).as_py():
        first = where.numbers.filter(unknown)[0].as_py()
        problems.add(
            where.source,
            UNKNOWN_VALUE,
            member=where.member,
            locator=f"{where.unit} {first}",
            detail=f"column {rule.column}",
            times=count,
        )
    return ours


def _where(
    table: TableMapping, place: Place, unit: str, numbers: pa.Array, options: ReadOptions
) -> Where:
    rule = table.rules.get(TIMES[table.table], Rule())
    zone = rule.zone or options.time_zone
    form = convert.TimeForm(UNITS[rule.unit or "us"], zone or "UTC")
    member = place.single.name if place.single else ""
    return Where(str(place), member, unit, numbers, form, "assumed" if zone else "unknown")


def _names(place: Place) -> Sequence[str] | None:
    with open_raw(place, Problems()) as raw:
        return raw.names


def _missing(table: TableMapping, names: Sequence[str] | None) -> list[str]:
    return [name for name in table.columns if names is not None and name not in names]


def _lacking(mapping: Mapping, place: Place, raw: Raw) -> str:
    if raw.names is None:
        return f"{place}: neither Parquet, CSV nor JSON Lines; a column mapping is for these"
    for table in mapping.tables:
        missing = ", ".join(_missing(table, raw.names))
        if missing:
            return (
                f"{mapping.path}: {table.table}: {place} has no column {missing}; "
                f"it has {', '.join(raw.names[:40])}"
            )
    return f"{mapping.path}: no table is for {place}; check the patterns of files"
