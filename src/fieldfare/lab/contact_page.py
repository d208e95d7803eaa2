"""The page of an evaluation: tables and plots in one file that asks for nothing from elsewhere."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from fieldfare.lab.contact_evaluation import CURVE_CHILDREN, SEEN_AS

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 300, 60, 40
COLOURS: Final = (
    "#1b6ca8", "#b5541c", "#2d7d46", "#7a4ea3", "#a8324a", "#5b6770", "#8a7a12", "#127a80",
    "#94497c",
)  # fmt: skip
TITLES: Final = {
    "metadata": "metadata only (no text read)",
    "text": "text only",
    "both": "metadata and text",
}


def write_page(path: Path, figures: dict[str, Any]) -> None:
    """Write the page of `contact_evaluation.evaluate`'s figures."""
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["percent"] = lambda share: f"{100 * share:.1f} %"
    environment.filters["few"] = few
    template = (files("fieldfare.lab") / "contact_page.html").read_text("utf-8")
    path.write_text(
        environment.from_string(template).render(
            figures=figures,
            titles=TITLES,
            seen_as=[name for name in SEEN_AS if name in figures["seen_as"]],
            robustness=figures.get("robustness", []),
            ablation=figures.get("ablation", {}),
            families=figures.get("ablation_of_families", {}),
            plots=plots(figures),
        ),
        "utf-8",
    )


def plots(figures: dict[str, Any]) -> dict[str, Any]:
    """Every plot as SVG; all words in them are escaped."""
    found: dict[str, Any] = {
        seen_as: {
            "early": early(part["offenders"]),
            "innocent": alarms(part["innocent"], part["false_alarms_per_million"]),
        }
        for seen_as, part in figures["seen_as"].items()
    }
    found["calibration"] = {
        view: calibration_plot(part["curve"]) for view, part in figures["calibration"].items()
    }
    return found


def early(offenders: Sequence[dict[str, Any]]) -> str:
    """The share of offenders flagged by a number of children contacted, a line a kind."""
    top = math.log(CURVE_CHILDREN[-1])

    def x(children: float) -> float:
        return LEFT + math.log(children) / top * (WIDTH - LEFT - 190)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - 15)

    parts = _axes(x, (1, 2, 3, 5, 10, 20, 50, 100, 200), "children contacted", y)
    for k, row in enumerate(offenders):
        colour = COLOURS[k % len(COLOURS)]
        points = " ".join(
            f"{x(c):.1f},{y(row['flagged_by_children'][str(c)]):.1f}" for c in CURVE_CHILDREN
        )
        parts.append(
            f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'
        )
        parts.append(_text(WIDTH - 180, 25 + 20 * k, row["kind"], fill=colour))
    return _svg(parts, HEIGHT, "Share of offenders flagged by children contacted")


def alarms(innocent: Sequence[dict[str, Any]], overall: dict[str, Any]) -> str:
    """False alarms a million with their intervals, a line a slice, on a scale of logs."""
    height = 40 + 20 * len(innocent) + BOTTOM

    def x(rate: float) -> float:
        return 220 + max(0.0, math.log10(max(rate, 0.1)) + 1) / 7 * (WIDTH - 240)

    parts = [
        f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="15" y2="{height - BOTTOM}" '
        'stroke="#ddd"/>' + _text(x(tick), height - 22, f"{tick:,g}", anchor="middle")
        for tick in (0.1, 1, 10, 100, 1000, 10_000, 100_000, 1_000_000)
    ]
    parts.append(_text(220, height - 5, "false alarms a million accounts, 95 % interval"))
    if overall["value"]:
        parts.append(
            f'<line x1="{x(overall["value"]):.1f}" x2="{x(overall["value"]):.1f}" y1="15" '
            f'y2="{height - BOTTOM}" stroke="#a8324a" stroke-dasharray="4 3"/>'
        )
    for k, row in enumerate(innocent):
        at = 30 + 20 * k
        parts.append(_text(210, at + 4, f"{row['slice']} ({row['total']:,})", anchor="end"))
        parts.append(
            f'<line x1="{x(row["low"]):.1f}" x2="{x(row["high"]):.1f}" y1="{at}" y2="{at}" '
            'stroke="#5b6770" stroke-width="2"/>'
            f'<circle cx="{x(row["value"] or 0):.1f}" cy="{at}" r="3.5" fill="#1b6ca8"/>'
        )
    return _svg(parts, height, "False alarms by slice of the innocent")


def calibration_plot(curve: Sequence[dict[str, Any]]) -> str:
    """Probability said against share found."""

    def x(share: float) -> float:
        return LEFT + share * (HEIGHT - BOTTOM - 15)

    def y(share: float) -> float:
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - 15)

    parts = _axes(x, (0, 0.25, 0.5, 0.75, 1), "probability said", y)
    parts.append(
        f'<line x1="{x(0)}" y1="{y(0)}" x2="{x(1)}" y2="{y(1)}" stroke="#999" '
        'stroke-dasharray="4 3"/>'
    )
    points = " ".join(f"{x(row['said']):.1f},{y(row['found']):.1f}" for row in curve)
    parts.append(f'<polyline fill="none" stroke="#1b6ca8" stroke-width="2" points="{points}"/>')
    parts += [
        f'<circle cx="{x(row["said"]):.1f}" cy="{y(row["found"]):.1f}" r="4" fill="#1b6ca8">'
        f"<title>said {row['said']:.3f}, found {row['found']:.3f}</title></circle>"
        for row in curve
    ]
    return _svg(parts, HEIGHT, "Calibration: probability said against share found")


def _axes(
    x: Callable[[float], float],
    ticks: Sequence[float],
    label: str,
    y: Callable[[float], float],
) -> list[str]:
    right = x(ticks[-1])
    lines = [
        f'<line x1="{LEFT}" x2="{right:.1f}" y1="{y(share):.1f}" y2="{y(share):.1f}" '
        'stroke="#ddd"/>' + _text(LEFT - 8, y(share) + 4, f"{100 * share:g} %", anchor="end")
        for share in (0, 0.25, 0.5, 0.75, 1)
    ]
    numbers = [_text(x(tick), HEIGHT - BOTTOM + 16, f"{tick:g}", anchor="middle") for tick in ticks]
    return [*lines, *numbers, _text(LEFT, HEIGHT - 5, label)]


def _text(x: float, y: float, words: str, *, anchor: str = "start", fill: str = "#333") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{escape(words)}</text>'
    )


def _svg(parts: Sequence[str], height: float, title: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" '
        f'xmlns="http://www.w3.org/2000/svg" font-size="12">{"".join(parts)}</svg>'
    )


def few(value: float | str | None) -> str:
    """A figure without digits that mean nothing; words stay words."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


def kind_of(rows: list[dict[str, Any]], kind: str) -> dict[str, Any] | None:
    """The row of a kind of offender."""
    return next((row for row in rows if row["kind"] == kind), None)


def prose(*parts: str) -> list[str]:
    """A paragraph as lines of the page."""
    return textwrap.wrap(" ".join(parts), 100, break_long_words=False, break_on_hyphens=False)


def percent(share: float) -> str:
    """A share, in whole per cent."""
    return f"{100 * share:.0f} %"
