"""Typed records become Arrow record batches.

What enters: records of any mix of types, in the order of the source. What leaves: (table,
batch) with the schemas of `vocabulary.schemas`, times as int64 microseconds UTC. The same
records give the same batches. A record that does not fit is counted with its origin and left
out; the records around it stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import pyarrow as pa

from fieldfare.sources.checking import TIMES, tidy
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary import Account, Connection, Media, Message, Notice, Origin, Record
from fieldfare.vocabulary.schemas import MEDIA, ORIGIN, TABLES
from fieldfare.vocabulary.times import parse_time

TABLE_OF: dict[type[Record], str] = {
    Message: "messages",
    Connection: "connections",
    Notice: "notices",
    Account: "accounts",
}

BATCH_CHARACTERS = 16 * 1024 * 1024
"""A batch ends early when its texts are longer than this, so that memory stays flat."""

BAD_TIME = "a time that cannot be read, or has no offset from UTC; the record was left out"
BAD_CREATED = "a time of creation that cannot be read; it was left empty"
BAD_FIELD = "a field of the wrong type; the record was left out"

_UNFIT = (
    pa.ArrowInvalid,
    pa.ArrowTypeError,
    pa.ArrowNotImplementedError,
    OverflowError,
    TypeError,
    ValueError,
    AttributeError,
)
"""What building a column raises for a value that is not of its type. UnicodeEncodeError, for a
lone surrogate, is a ValueError."""

Row = tuple[Any, int | None]
"""A record and its time."""


def pack(
    records: Iterable[Record],
    batch_rows: int = 32_768,
    metadata_only: bool = False,
    problems: Problems | None = None,
) -> Iterator[tuple[str, pa.RecordBatch]]:
    """Yield (table, batch) of at most `batch_rows` rows, a batch as soon as it is full.

    `metadata_only` leaves every text null. Every batch is tidied as `checking.tidy` says.
    Without `problems`, records that do not fit are left out uncounted; readers pass theirs.
    """
    noted = Problems() if problems is None else problems
    waiting: dict[str, list[Row]] = {table: [] for table in TABLES}
    characters = 0
    for record in records:
        table = TABLE_OF[type(record)]
        row = _timed(table, record, noted)
        if row is None:
            continue
        rows = waiting[table]
        rows.append(row)
        if isinstance(record, Message) and isinstance(record.text, str):
            characters += len(record.text)
        if len(rows) >= batch_rows or characters > BATCH_CHARACTERS:
            waiting[table] = []
            characters = 0 if table == "messages" else characters
            yield from _batches(table, rows, metadata_only, noted)
    for table, rows in waiting.items():
        if rows:
            yield from _batches(table, rows, metadata_only, noted)


def _timed(table: str, record: Any, problems: Problems) -> Row | None:
    value = getattr(record, TIMES[table])
    if value is None and table == "accounts":
        return record, None
    try:
        return record, parse_time(value)
    except (ValueError, TypeError):
        if table == "accounts":
            _note(problems, record, BAD_CREATED)
            return record, None
        _note(problems, record, BAD_TIME)
        return None


def _batches(
    table: str, rows: Sequence[Row], metadata_only: bool, problems: Problems
) -> Iterator[tuple[str, pa.RecordBatch]]:
    fitting = list(_fitting(table, rows, metadata_only, problems))
    if fitting:
        whole = fitting[0] if len(fitting) == 1 else pa.concat_batches(fitting)
        tidied = tidy(table, whole, problems)
        if tidied.num_rows:
            yield table, tidied


def _fitting(
    table: str, rows: Sequence[Row], metadata_only: bool, problems: Problems
) -> Iterator[pa.RecordBatch]:
    # Halving finds a bad row among thousands in some fifteen builds, and costs good data nothing.
    try:
        yield _build(table, rows, metadata_only)
    except _UNFIT:
        if len(rows) == 1:
            _note(problems, rows[0][0], BAD_FIELD)
            return
        half = len(rows) // 2
        yield from _fitting(table, rows[:half], metadata_only, problems)
        yield from _fitting(table, rows[half:], metadata_only, problems)


def _build(table: str, rows: Sequence[Row], metadata_only: bool) -> pa.RecordBatch:
    schema = TABLES[table]
    columns = []
    for column in schema:
        name = column.name
        if name == TIMES[table]:
            columns.append(pa.array([micros for _, micros in rows], pa.int64()))
        elif name == "origin":
            columns.append(_origins([record.origin for record, _ in rows]))
        elif name == "media":
            columns.append(_media([record.media for record, _ in rows]))
        elif name == "recipients":
            columns.append(_lists([_list(record.recipients) for record, _ in rows]))
        elif name == "text" and metadata_only:
            columns.append(pa.nulls(len(rows), pa.string()))
        else:
            values = [getattr(record, name) for record, _ in rows]
            columns.append(
                _strings(values) if column.type == pa.string() else pa.array(values, column.type)
            )
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def _strings(values: list[str | None]) -> pa.Array:
    try:
        return pa.array(values, pa.string())
    except UnicodeEncodeError:
        return pa.array(
            [value if value is None else _whole(value) for value in values], pa.string()
        )


def _whole(value: str) -> str:
    """The string with surrogate pairs joined and lone surrogates as U+FFFD: JSON may hold
    them, UTF-8 may not."""
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _lists(values: Sequence[Sequence[str]]) -> pa.Array:
    return pa.ListArray.from_arrays(
        _offsets(values), _strings([item for items in values for item in items])
    )


def _list(value: Any) -> Sequence[str]:
    if isinstance(value, str):
        # A string is a sequence of strings too, and would become its letters.
        raise TypeError("recipients are a list")
    return cast("Sequence[str]", value)


def _offsets(values: Sequence[Sequence[Any]]) -> pa.Array:
    ends = [0]
    for items in values:
        ends.append(ends[-1] + len(items))
    return pa.array(ends, pa.int32())


def _media(values: Sequence[Sequence[Media]]) -> pa.Array:
    flat = [item for items in values for item in items]
    inner = pa.StructArray.from_arrays(
        [_strings([item.kind for item in flat]), _strings([item.hash for item in flat])],
        fields=list(MEDIA),
    )
    return pa.ListArray.from_arrays(_offsets(values), inner)


def _origins(values: Sequence[Origin | None]) -> pa.Array:
    known = [value or Origin(source="") for value in values]
    columns = [
        _lists([origin.warnings for origin in known])
        if column.name == "warnings"
        else _strings([getattr(origin, column.name) for origin in known])
        for column in ORIGIN
    ]
    absent = pa.array([value is None for value in values], pa.bool_())
    return pa.StructArray.from_arrays(columns, fields=list(ORIGIN), mask=absent)


def _note(problems: Problems, record: Any, what: str) -> None:
    origin = record.origin or Origin(source="")
    problems.add(origin.source, what, member=origin.member, locator=origin.locator)
