"""The transparency report of the Digital Services Act, in the template of Implementing Regulation
(EU) 2024/2835: eleven sheets, as ``dsa.toml`` lays them out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from fieldfare.reports.accountability.dsa_measures import template
from fieldfare.reports.accountability.sheets import Sheet
from fieldfare.reports.accountability.shown import Cell, Shown
from fieldfare.reports.accountability.wording import BLANK

_LIST_HEADER: Final = (
    "Applicability",
    "Service",
    "Reporting period",
    "Section",
    "Indicator",
    "Scope",
    "Value",
    "Contextual Information",
)
_AFTER_COMPLAINTS: Final = 7
"""The subjects of complaints stand after so many rows of sheet 7."""


@dataclass(frozen=True)
class Report:
    """What the sheets say besides figures."""

    shown: Shown
    provider: str
    """Empty: to be filled."""
    model: str
    """The automated means, in a paragraph."""
    error: str
    """What is known of their errors, in a paragraph."""

    @property
    def service(self) -> str:
        """The service's name."""
        return self.provider or BLANK

    @property
    def period(self) -> str:
        """As the template writes it."""
        return str(self.shown.figures.facts.period)


def sheets(report: Report) -> list[Sheet]:
    """The eleven sheets, in order."""
    found = template()
    return [
        _identification(report),
        _categories(found),
        *(_table(report, each, found["rows"]) for each in found["tables"]),
        *(_list(report, name, each) for name, each in found["lists"].items()),
        _qualitative(report, found["qualitative"]),
    ]


def _identification(report: Report) -> Sheet:
    period = report.shown.figures.facts.period
    said: list[tuple[str, Cell]] = [
        ("Name of the service provider", report.service),
        ("Date of the publication of the report", BLANK),
        ("Date of the publication of the latest previous report", BLANK),
        ("Starting date of reporting period", period.first.isoformat()),
        ("Ending date of reporting period", period.last.isoformat()),
    ]
    return Sheet(
        "1_report_identification",
        ("Applicability", "Service", "Indicator", "Value"),
        [("All", report.service, name, value) for name, value in said],
    )


def _categories(found: dict[str, Any]) -> Sheet:
    rows: list[tuple[Cell, ...]] = [("TOTAL", "All the entries", "TOTAL", "")]
    for code, number, title, parts in found["rows"]["categories"]:
        rows.append((f"Category {number}", title, code, ""))
        for at, part in enumerate(parts):
            ours = part == found["rows"]["ours"]
            words = (
                "Not captured by any other sub-category"
                if part == "KEYWORD_OTHER"
                else part.removeprefix("KEYWORD_").replace("_", " ").capitalize()
            )
            rows.append(
                (
                    f"Category {number}{'abcdefghij'[at]}",
                    "Grooming/sexual enticement of minors" if ours else words,
                    part,
                    "What is found or reported through Fieldfare." if ours else "",
                )
            )
    return Sheet(
        "2_categories_names",
        (
            "Category label",
            "Category description",
            "Category of illegal content / incompatible with the terms and conditions",
            "Contextual information",
        ),
        rows,
    )


def _table(report: Report, said: dict[str, Any], rows: dict[str, Any]) -> Sheet:
    columns, scope = tuple(said["columns"]), said.get("scope")
    figures = said.get("figures", {})
    header = (
        "Applicability",
        "Service",
        "Reporting period",
        said["category"],
        'Description of the sub-category "Other"',
        *(("Scope",) if scope else ()),
        *columns,
        *(f"{said['contextual']} {column}" for column in columns),
    )
    found: list[tuple[Cell, ...]] = []
    for code in _codes(rows, said["without"]):
        ours = code == rows["ours"]
        values: list[Cell] = [
            report.shown.value(figures[column]) if ours and column in figures else BLANK
            for column in columns
        ]
        context = [""] * len(columns)
        if ours:
            context = [_context(report, said, figures.get(column)) for column in columns]
        elif code in rows["whole"] and figures:
            context[0] = rows["for_whole"]
        found.append(
            (
                said["applies"],
                report.service,
                report.period,
                code,
                BLANK if code == "KEYWORD_OTHER" else "",
                *((scope,) if scope else ()),
                *values,
                *context,
            )
        )
    return Sheet(said["sheet"], header, found, kept=4)


def _context(report: Report, said: dict[str, Any], key: str | None) -> str:
    if key is None:
        return said["note"] if not said.get("figures") else ""
    figure = report.shown.figures[key]
    unit = "In hours. " if figure.unit == "hours" else ""
    return f"{unit}{figure.says} {said['note']}"


def _codes(rows: dict[str, Any], without: list[str]) -> Iterator[str]:
    yield "TOTAL"
    for code, _, _, parts in rows["categories"]:
        if code not in without:
            yield code
            yield from parts


def _list(report: Report, name: str, said: dict[str, Any]) -> Sheet:
    given = [tuple(each) for each in said["rows"]]
    subjects = [
        ("Internal complaints mechanism", subject, scope, given[1][3], "", "")
        for subject in said.get("subjects", ())
        for scope in said["scopes"]
    ]
    given[_AFTER_COMPLAINTS:_AFTER_COMPLAINTS] = subjects
    rows: list[tuple[Cell, ...]] = []
    for section, indicator, scope, applies, key, context in given:
        value = report.shown.value(key) if key else BLANK
        says = report.shown.figures[key].says if key else ""
        more = " ".join(filter(None, (context, says)))
        rows.append(
            (applies, report.service, report.period, section, indicator, scope, value, more)
        )
    return Sheet(name, _LIST_HEADER, rows)


def _qualitative(report: Report, said: list[dict[str, str]]) -> Sheet:
    fills = {"{model}": report.model, "{error}": report.error}
    return Sheet(
        "11_qualitative",
        ("Applicability", "Service", "Reporting period", "Indicator", "Value"),
        [
            (
                each["applies"],
                report.service,
                report.period,
                each["indicator"],
                fills.get(each["says"], each["says"]) or BLANK,
            )
            for each in said
        ],
    )
