"""Rows of a CSV file of another service, as it comes: one table, named by its first row.

What enters: a member and the columns it must have. What leaves: rows as dictionaries, in the order
of the file, and a Problem for what is damaged. Not for our own CSV, which `csv_file` reads in
columns.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from fieldfare.sources.csv_file import BAD_ROW
from fieldfare.sources.decoding import CleanBytes
from fieldfare.sources.json_stream import EMPTY, NOT_TEXT
from fieldfare.sources.lines import CUT_SHORT, NO_LINE_END
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.vocabulary import InputError

NO_HEADER = "a file whose first row does not name its columns; it was not read"
BROKEN = "rows that cannot be told apart; the rest of the file was not read"


def rows(
    place: Place,
    member: Member,
    needed: frozenset[str],
    options: ReadOptions,
    problems: Problems,
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (number, row): the first row, which names the columns, is 1, and blank rows do not
    count."""
    number = 0
    names: list[str] = []

    def amiss(what: str) -> None:
        problems.add(place, what, member=member.name, locator=f"row {max(number, 1)}")

    try:
        with place.open(member) as raw:
            clean = CleanBytes(raw, options.progress)
            lines = _Lines(clean)
            for cells in csv.reader(lines, strict=True):
                if not any(cells):
                    continue
                number += 1
                if number > 1 and len(cells) == len(names):
                    yield number, dict(zip(names, cells, strict=True))
                    continue
                if number > 1:
                    amiss(BAD_ROW)
                    continue
                names = [name.strip() for name in cells]
                if not needed <= set(names):
                    amiss(NO_HEADER)
                    return
            if clean.damaged:
                amiss(NOT_TEXT)
            if lines.unfinished:
                amiss(NO_LINE_END)
            if number < 2:
                amiss(EMPTY)
    except csv.Error:
        number += 1
        amiss(BROKEN)
    except InputError:
        amiss(CUT_SHORT)


class _Lines:
    """Lines with their ends, as the csv module wants them."""

    def __init__(self, stream: CleanBytes) -> None:
        self._stream = stream
        self.unfinished = False

    def __iter__(self) -> Iterator[str]:
        rest = b""
        while data := self._stream.read():
            *whole, rest = (rest + data).split(b"\n")
            yield from (f"{line.decode()}\n" for line in whole)
            if len(rest) > csv.field_size_limit():
                # The csv module says the same of what is longer, but only once it has it all.
                raise csv.Error("a line without end")
        if rest:
            self.unfinished = True
            yield rest.decode()
