"""Our own CSV: one table a file, recognised by its header. See docs/formats.md."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.sources.checking import Where, assemble
from fieldfare.sources.decoding import CleanBytes
from fieldfare.sources.lines import CUT_SHORT, NO_LINE_END
from fieldfare.sources.place import HEAD_BYTES, Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, WholeFile
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.schemas import REQUIRED, TABLES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

DELIMITERS = ",;\t"
BLOCK_BYTES = 2 * 1024 * 1024

BAD_ROW = "a row with another number of columns than the header; it was left out"
OPEN_QUOTE = "a quotation mark is not closed; rows after it may have been read as one"
BROKEN = "rows that cannot be told apart; the rest of the file was not read"
UNKNOWN_COLUMN = "a column this form does not have; it was not read"


@dataclass(frozen=True)
class Header:
    """The first row of a CSV file."""

    names: tuple[str, ...]
    delimiter: str

    @property
    def table(self) -> str | None:
        """The table of ours whose columns these are, or None."""
        return table_of(self.names)


def table_of(names: tuple[str, ...]) -> str | None:
    """The table whose required columns are all there. Accounts need only an ``id``, which many
    a file of others has, so there no foreign column may stand beside it."""
    for table, required in REQUIRED.items():
        if required <= set(names):
            known = set(TABLES[table].names)
            if table != "accounts" or (set(names) <= known and len(names) > 1):
                return table
    return None


class CsvFile(WholeFile):
    """Our own CSV in UTF-8, separated by commas, semicolons or tabs, plain or in gzip. Several
    recipients or media stand in one cell, separated by ``;`` or ``|``."""

    name: ClassVar[str] = "csv"
    title: ClassVar[str] = "Fieldfare CSV (.csv, .csv.gz), one table a file"
    completeness: ClassVar[Completeness] = "everything"

    @staticmethod
    def detect(place: Place) -> bool:
        member = place.single
        if member is None:
            return False
        header = read_header(place.head(member))
        return header is not None and header.table is not None

    def read(
        self, place: Place, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield the batches of the one table; see `Reader.read`."""
        member = place.only()
        header = read_header(place.head(member))
        if header is None or header.table is None:
            raise InputError(f"{place}: the first row names no table of docs/formats.md")
        table = header.table
        wanted = [name for name in header.names if name in TABLES[table].names]
        for name in header.names:
            if name not in wanted or name == "origin":
                problems.add(place, UNKNOWN_COLUMN, member=member.name, detail=name)
        wanted = [name for name in wanted if name != "origin"]
        for numbers, found in columns_of(place, member, header, wanted, options, problems):
            where = Where(str(place), member.name, "row", numbers)
            batch = assemble(table, found, where, problems, options.metadata_only)
            if batch.num_rows:
                yield table, batch


def read_header(head: bytes) -> Header | None:
    """The first row of a CSV file with the most likely delimiter; None where it is not text or
    has only one column."""
    line = head.removeprefix(codecs.BOM_UTF8).split(b"\n", 1)[0]
    try:
        text = line.decode("utf-8").rstrip("\r")
        rows = [
            (mark, tuple(*csv.reader([text], delimiter=mark, strict=True)))
            for mark in DELIMITERS
            if text
        ]
    except (UnicodeDecodeError, csv.Error, TypeError):
        return None
    found = [
        Header(tuple(name.strip() for name in names), mark)
        for mark, names in rows
        if len(names) > 1
    ]
    # With several delimiters in the row, the one that makes a table of ours.
    return max(found, key=lambda h: (h.table is not None, len(h.names)), default=None)


def columns_of(
    place: Place,
    member: Member,
    header: Header,
    wanted: list[str],
    options: ReadOptions,
    problems: Problems,
) -> Iterator[tuple[pa.Array, dict[str, pa.Array]]]:
    """Yield (row numbers, columns) of a CSV file.

    Columns are strings, or bytes where some of the file are not UTF-8; empty cells are null. Row
    1 is the header, and blank lines are not counted. Bad rows are noted and left out.
    """
    from pyarrow import csv as arrow_csv

    for name in set(header.names):
        if header.names.count(name) > 1:
            raise InputError(f"{place}: the column {name} occurs twice; rename one")
    bad = _BadRows(place, member, problems)
    with place.open(member) as raw:
        stream = _Watched(raw, place, member, options, problems)
        try:
            reader = arrow_csv.open_csv(
                io.BufferedReader(stream, BLOCK_BYTES),
                # One thread: only then are bad rows numbered.
                arrow_csv.ReadOptions(
                    use_threads=False,
                    block_size=BLOCK_BYTES,
                    skip_rows=1,
                    column_names=list(header.names),
                ),
                arrow_csv.ParseOptions(
                    delimiter=header.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=bad,
                ),
                arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    strings_can_be_null=True,
                    null_values=[""],
                    column_types=dict.fromkeys(wanted, pa.string()),
                    check_utf8=False,
                ),
            )
            for batch in reader:
                columns = [_restored(c) if stream.damaged else c for c in batch.columns]
                numbers = bad.numbers_of(batch.num_rows)
                yield numbers, dict(zip(batch.schema.names, columns, strict=True))
        except pa.ArrowInvalid:
            # Arrow's own message quotes the row, so it is not passed on.
            if not stream.empty:
                problems.add(place, BROKEN, member=member.name, locator=f"row {bad.next} on")
        stream.finish()


@dataclass
class _BadRows:
    """Notes rows with a wrong number of columns, and numbers the others around them."""

    place: Place
    member: Member
    problems: Problems
    waiting: list[int] = field(default_factory=list)
    next: int = 2

    def __call__(self, row: Any) -> str:
        number = row.number
        self.waiting.append(number)
        self.problems.add(self.place, BAD_ROW, member=self.member.name, locator=f"row {number}")
        return "skip"

    def numbers_of(self, rows: int) -> pa.Array:
        """The numbers of the next `rows` good rows."""
        numbers: list[np.ndarray[Any, Any]] = []
        bad = sorted(self.waiting)
        while rows:
            stop = bad[0] if bad else self.next + rows
            take = min(rows, stop - self.next)
            numbers.append(np.arange(self.next, self.next + take))
            self.next += take
            rows -= take
            if bad and self.next == bad[0]:
                bad.pop(0)
                self.next += 1
        self.waiting = bad
        return pa.array(np.concatenate(numbers) if numbers else np.arange(0))


class _Watched(io.RawIOBase):
    """The bytes on their way to Arrow, made valid UTF-8. Breaks in the stream, quotation marks
    left open and a missing last line end are noticed here, because Arrow does not say."""

    def __init__(
        self, raw: IO[bytes], place: Place, member: Member, options: ReadOptions, problems: Problems
    ) -> None:
        self._clean = CleanBytes(raw, options.progress)
        self._place, self._member, self._problems = place, member, problems
        self._ready, self._quotes, self._last, self._cut = b"", 0, b"", False

    @property
    def empty(self) -> bool:
        return not self._last

    @property
    def damaged(self) -> bool:
        """True once bytes that are not UTF-8 were met; they became U+FFFD."""
        return self._clean.damaged

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        if not self._ready and not self._cut:
            self._ready = self._next(len(view))
        data, self._ready = self._ready[: len(view)], self._ready[len(view) :]
        view[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        try:
            # Little at a time: where the stream breaks off, what came before is kept.
            data = self._clean.read(min(size, HEAD_BYTES))
        except InputError as error:
            self._cut = True
            self._problems.add(self._place, CUT_SHORT, member=self._member.name, detail=str(error))
            return b""
        self._quotes += data.count(b'"')
        self._last = data[-1:] or self._last
        return data

    def finish(self) -> None:
        """Note what only the end of the file tells."""
        if self._quotes % 2:
            self._problems.add(self._place, OPEN_QUOTE, member=self._member.name)
        if self._last not in (b"", b"\n"):
            self._problems.add(self._place, NO_LINE_END, member=self._member.name)


def _restored(column: pa.Array) -> pa.Array:
    """The column as bytes with byte FF for U+FFFD, so that nothing later takes a name with a
    damaged byte for a name. Only for files with damage."""
    return pc.replace_substring(column.cast(pa.binary()), b"\xef\xbf\xbd", b"\xff")
