"""Transparency figures as tables: ours with every definition, the DSA's template, one for Ofcom."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

from fieldfare.reports.accountability import dsa
from fieldfare.reports.accountability.protection import SMALLEST
from fieldfare.reports.accountability.sheets import Sheet, as_csv, write_workbook
from fieldfare.reports.accountability.shown import HEADER, Cell, Shown
from fieldfare.reports.accountability.wording import BLANK, MEANINGS


def write(folder: Path, report: dsa.Report) -> list[Path]:
    """Write the tables into a folder; the files, in order."""
    shown = report.shown
    ours = [_about(report), Sheet("figures", HEADER, shown.rows()), _ofcom(shown)]
    written = list(_csvs(folder, ours))
    (folder / "dsa").mkdir(exist_ok=True)
    template = dsa.sheets(report)
    written += _csvs(folder / "dsa", template)
    for name, sheets in (("figures.xlsx", ours), ("dsa.xlsx", template)):
        write_workbook(folder / name, sheets)
        written.append(folder / name)
    return written


def _csvs(folder: Path, sheets: Iterable[Sheet]) -> Iterable[Path]:
    for sheet in sheets:
        path = folder / f"{sheet.name}.csv"
        path.write_bytes(as_csv(sheet))
        yield path


def _about(report: dsa.Report) -> Sheet:
    shown = report.shown
    facts = shown.figures.facts
    small = (
        "Exact figures, small ones too: NOT FOR PUBLICATION. People might be recognised."
        if shown.exact
        else f"Counts of 1 to {SMALLEST - 1} are held back, with as many others as it takes that "
        "none can be worked out by adding and subtracting. Answers of the policy and messages are "
        "not. It does not protect against what somebody knows otherwise."
    )
    rows: list[tuple[Cell, ...]] = [
        ("Service", report.service),
        ("Period (days, UTC)", report.period),
        ("Stores read", facts.read_at),
        ("Live service's store", "read" if facts.service is not None else "not there"),
        ("Small counts", small),
        *((mark, meaning) for mark, meaning in MEANINGS.items()),
        ("Times", "Medians in hours; a median of fewer than five is held back."),
        (
            "What was erased",
            "Reports and appeals of accounts, and cases, that were erased since are not counted.",
        ),
        (
            "DSA template",
            "dsa.xlsx and dsa/: sheets, columns and rows as in reports that providers published "
            "in 2026; the regulation's own files were not opened for this (2°). Only the row "
            "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS and what is about appeals and automated "
            "means is filled: of other content Fieldfare knows nothing.",
        ),
        (
            "Table for Ofcom",
            "What is to be reported stands in Ofcom's notice to the service; the headings are "
            "general knowledge (†).",
        ),
    ]
    return Sheet("about", ("what", "says"), rows)


def _ofcom(shown: Shown) -> Sheet:
    text = (files("fieldfare.reports.accountability") / "ofcom.toml").read_text("utf-8")
    rows: list[tuple[Cell, ...]] = []
    for each in tomllib.loads(text)["rows"]:
        key = each["figure"]
        figure = shown.figures[key] if key else None
        rows.append(
            (
                each["heading"],
                each["asks"],
                shown.value(key) if key else BLANK,
                figure.unit if figure else "",
                figure.says if figure else "",
                figure.source if figure else "",
            )
        )
    header = ("about", "what", "value", "unit", "what it is", "counted from")
    return Sheet("ofcom", header, rows)
