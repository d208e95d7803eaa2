"""Tables as files: CSV (RFC 4180, UTF-8) and workbooks (XLSX)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fieldfare.reports.accountability.shown import Cell
from fieldfare.reports.accountability.wording import BLANK, MEANINGS

WIDEST: Final = 70
"""Of a column, in characters; longer text wraps."""
NAME: Final = 31
"""The longest name a sheet can have."""


@dataclass(frozen=True)
class Sheet:
    """A table with a name and a header."""

    name: str
    header: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    kept: int = 0
    """Columns that stay in sight."""


def as_csv(sheet: Sheet) -> bytes:
    """The table as CSV. No cell can be taken for a formula: what begins like one is given an
    apostrophe in front."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(sheet.header)
    writer.writerows([_harmless(each) for each in row] for row in sheet.rows)
    return out.getvalue().encode()


def write_workbook(path: Path, sheets: Sequence[Sheet]) -> None:
    """Tables as a workbook: header frozen and filtered, text wrapped, marks in colour."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        base = {"valign": "top", "text_wrap": True, "font_name": "Arial", "font_size": 10}
        head = book.add_format({**base, "bold": True, "bg_color": "#E7ECEF", "bottom": 1})
        text, number = book.add_format(base), book.add_format({**base, "num_format": "#,##0.####"})
        blank = book.add_format({**base, "bg_color": "#FFF3BF"})
        mark = book.add_format({**base, "bg_color": "#E9ECEF", "italic": True})
        for sheet in sheets:
            page = book.add_worksheet(sheet.name[:NAME])
            page.write_row(0, 0, sheet.header, head)
            for at, row in enumerate(sheet.rows, 1):
                for column, cell in enumerate(row):
                    kind = (
                        blank
                        if cell == BLANK
                        else mark
                        if cell in MEANINGS
                        else text
                        if isinstance(cell, str)
                        else number
                    )
                    page.write(at, column, cell, kind)
            for column, width in enumerate(_widths(sheet)):
                page.set_column(column, column, width)
            page.freeze_panes(1, sheet.kept)
            if sheet.rows:
                page.autofilter(0, 0, len(sheet.rows), len(sheet.header) - 1)
            page.set_landscape()
            page.fit_to_pages(1, 0)
            page.repeat_rows(0)


def _widths(sheet: Sheet) -> list[int]:
    columns = zip(sheet.header, *sheet.rows, strict=True)
    return [
        min(max(12, *(len(str(cell)) + 2 for cell in column[1:]), len(column[0]) // 3), WIDEST)
        if len(column) > 1
        else max(12, len(column[0]) + 2)
        for column in columns
    ]


def _harmless(cell: Cell) -> Cell:
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@") else cell
