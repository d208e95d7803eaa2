"""Our own Parquet: one table a file, recognised by its columns. See docs/formats.md."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa

from fieldfare.sources.checking import Where, assemble, check_type
from fieldfare.sources.columns import WrongTypeError
from fieldfare.sources.csv_file import UNKNOWN_COLUMN, table_of
from fieldfare.sources.lines import CUT_SHORT
from fieldfare.sources.place import FilePlace, GzipPlace, Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, WholeFile
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.schemas import TABLES
from fieldfare.vocabulary.times import EARLIEST, LATEST, WRONG_UNIT

if TYPE_CHECKING:
    import pyarrow.parquet as pq

BATCH_ROWS = 65_536
BATCH_BYTES = 16 * 1024 * 1024
BUFFER_BYTES = 1024 * 1024
MAGIC = b"PAR1"

_DAMAGE = (pa.ArrowException, ValueError, TypeError, KeyError, OSError)
"""What pyarrow raises for damaged files; ValueError for names that are not UTF-8, too."""


@dataclass(frozen=True)
class PlainMessages:
    """A Parquet file whose columns are already those of a message, each of the right type."""

    rows: int
    columns: frozenset[str]
    """The columns of `schemas.MESSAGES` it has; the others are to be read as null."""
    most_recipients: int
    """No message has more; the file's own counts allow no closer bound."""

    @property
    def has_text(self) -> bool:
        return "text" in self.columns

    @property
    def has_media(self) -> bool:
        return "media" in self.columns


class ParquetFile(WholeFile):
    """Our own Parquet. A file is read in batches of rows, so its size does not matter."""

    name: ClassVar[str] = "parquet"
    title: ClassVar[str] = "Fieldfare Parquet (.parquet), one table a file"
    completeness: ClassVar[Completeness] = "everything"

    @staticmethod
    def detect(place: Place) -> bool:
        member = place.single
        if member is None or place.head(member, 4) != MAGIC:
            return False
        if not _is_seekable(place):
            # Its columns stand at its end, too far to look; `read` says if they are not ours.
            return True
        try:
            with open_parquet(place, member) as file:
                return table_of(tuple(file.schema_arrow.names)) is not None
        except InputError:
            # Damaged: it is a Parquet file all the same, and `read` says what is wrong.
            return True

    def read(
        self, place: Place, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the batches of the one table; see `Reader.read`."""
        member = place.only()
        with open_parquet(place, member) as file:
            names = tuple(file.schema_arrow.names)
            table = table_of(names)
            if table is None:
                raise InputError(f"{place}: its columns make no table of docs/formats.md")
            _check_types(place, table, file.schema_arrow)
            for name in names:
                if name not in TABLES[table].names:
                    problems.add(place, UNKNOWN_COLUMN, member=member.name, detail=name)
            wanted = [name for name in names if name in TABLES[table].names]
            if options.metadata_only and "text" in wanted:
                wanted.remove("text")
            for numbers, found in columns_of(place, member, file, wanted, options, problems):
                where = Where(str(place), member.name, "row", numbers)
                batch = assemble(table, found, where, problems, options.metadata_only)
                if batch.num_rows:
                    yield table, batch


def is_plain_messages(place: Place) -> PlainMessages | None:
    """Whether a place is one Parquet file in the documented form of messages, so that an engine
    may read it by itself; None where not.

    Of the values only the file's own statistics are looked at: where they are missing, or show a
    null, a time out of range or another kind, the file is for `read`, which says which row it is.
    """
    member = place.single
    if member is None or not _is_seekable(place):
        return None
    if place.head(member, 4) != MAGIC:
        return None
    try:
        with open_parquet(place, member) as file:
            schema, metadata = file.schema_arrow, file.metadata
    except InputError:
        return None
    names = tuple(schema.names)
    if table_of(names) != "messages" or len(set(names)) < len(names):
        return None
    shared = frozenset(schema.names) & frozenset(TABLES["messages"].names)
    if any(
        not _same(schema.field(name).type, TABLES["messages"].field(name).type) for name in shared
    ):
        return None
    if not _is_clean(metadata):
        return None
    return PlainMessages(metadata.num_rows, shared, _most_recipients(metadata))


def _most_recipients(metadata: Any) -> int:
    """A bound: every list of a row group takes one value at least, and one may have the others."""
    most = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for column in map(group.column, range(group.num_columns)):
            if column.path_in_schema == "recipients.list.element":
                most = max(most, 1 + column.num_values - group.num_rows)
    return most


def _is_clean(metadata: Any) -> bool:
    """True where the statistics rule out every value that `read` would refuse."""
    ranges = {
        "sender": None,
        "recipients.list.element": None,
        "sent_at": (EARLIEST, LATEST),
        "kind": ("group", "private"),
    }
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        for index in range(group.num_columns if group.num_rows else 0):
            column = group.column(index)
            if column.path_in_schema not in ranges:
                continue
            found = column.statistics
            if found is None or not found.has_null_count or found.null_count:
                return False
            allowed = ranges[column.path_in_schema]
            if allowed is not None and not (
                found.has_min_max and allowed[0] <= found.min and found.max <= allowed[1]
            ):
                return False
            low, high = WRONG_UNIT
            if column.path_in_schema == "sent_at" and found.min < high and found.max >= low:
                return False
    return True


@contextmanager
def open_parquet(place: Place, member: Member) -> Iterator[pq.ParquetFile]:
    """The open file. Raises InputError where it is damaged."""
    import pyarrow.parquet as pq

    # Parquet is read from its end, which a compressed stream cannot do; so in memory there.
    source = place.path if _is_seekable(place) else io.BytesIO(place.read(member))
    try:
        file = pq.ParquetFile(source, pre_buffer=False, buffer_size=BUFFER_BYTES)
        _ = file.schema_arrow.names
    except _DAMAGE as error:
        raise InputError(
            f"{place}: a damaged Parquet file; copy it again from where it came from"
        ) from error
    with file:
        yield file


def columns_of(
    place: Place,
    member: Member,
    file: pq.ParquetFile,
    wanted: list[str],
    options: ReadOptions,
    problems: Problems,
) -> Iterator[tuple[pa.Array, dict[str, pa.Array]]]:
    """Yield (row numbers from 1, columns) of a Parquet file. A damaged row group is noted and
    left out, and the others are read."""
    first = 1
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        done = 0
        try:
            size = _batch_rows(file.metadata.row_group(group))
            for batch in file.iter_batches(size, row_groups=[group], columns=wanted):
                start = first + done
                done += batch.num_rows
                # Damage in a string's bytes or lengths would crash later; here it is an error.
                batch.validate(full=True)
                yield (
                    pa.array(np.arange(start, start + batch.num_rows)),
                    dict(zip(batch.schema.names, batch.columns, strict=True)),
                )
        except _DAMAGE:
            problems.add(
                place,
                CUT_SHORT,
                member=member.name,
                locator=f"row {first + done}",
                detail="a damaged row group",
                times=max(rows - done, 1),
            )
        first += rows
        if options.progress is not None:
            options.progress(file.metadata.row_group(group).total_byte_size)


def _batch_rows(group: Any) -> int:
    # Long texts make short batches. The sizes may be damaged, so they are kept in bounds.
    mean = max(group.total_byte_size, 1) / max(group.num_rows, 1)
    return int(min(max(BATCH_BYTES / mean, 1), BATCH_ROWS))


def _check_types(place: Place, table: str, schema: pa.Schema) -> None:
    for column in TABLES[table]:
        index = schema.get_all_field_indices(column.name)
        if len(index) > 1:
            raise InputError(f"{place}: the column {column.name} occurs twice; rename one")
        if index:
            try:
                check_type(column, schema.field(index[0]).type)
            except WrongTypeError as error:
                raise InputError(
                    f"{place}: the column {column.name} is {error}, and must be {column.type}; "
                    "convert it, or give a column mapping"
                ) from error


def _is_seekable(place: Place) -> bool:
    return isinstance(place, FilePlace) and not isinstance(place, GzipPlace)


def _same(found: Any, wanted: Any) -> bool:
    """Equal as SQL sees it: names of list items and string widths do not matter."""
    if pa.types.is_list(wanted):
        return bool(pa.types.is_list(found) or pa.types.is_large_list(found)) and _same(
            found.value_type, wanted.value_type
        )
    if pa.types.is_struct(wanted):
        return bool(pa.types.is_struct(found)) and [(child.name, True) for child in wanted] == [
            (child.name, _same(child.type, wanted.field(child.name).type))
            if wanted.get_field_index(child.name) >= 0
            else (child.name, False)
            for child in found
        ]
    if pa.types.is_string(wanted):
        if pa.types.is_dictionary(found):
            found = found.value_type
        return bool(pa.types.is_string(found) or pa.types.is_large_string(found))
    return bool(found == wanted)
