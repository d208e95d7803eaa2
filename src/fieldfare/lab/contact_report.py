"""The benchmark's figures as the page ``docs/benchmark.md``."""

from __future__ import annotations

from typing import Any, Final

from fieldfare.lab.contact_benchmark import Measured
from fieldfare.lab.contact_page import TITLES, few

SLICES: Final = 16
"""Slices of the innocent shown: coaches, teachers, head teachers, then the highest rates."""


def markdown(measured: Measured) -> str:
    """The page, with its limits beside its figures."""
    figures = measured.figures
    (world,) = figures["worlds"]
    lines = [
        "# Benchmark of contact with children",
        "",
        "Written by `fieldfare evaluate benchmark` from the seeds in `lab/contact_benchmark.toml`.",
        "**Simulated, and not the field:** the figures hold for the behaviour that was",
        "[simulated](simulation.md), most of which rests on judgement.",
        "",
        f"Card `{figures['card']['version']}`, base rate {figures['card']['prior']:g}. Fitted on",
        f"{measured.fit['innocent_accounts']:,} innocent accounts and "
        f"{measured.fit['offenders']:,} offending people of one world; thresholds chosen",
        f"there at {figures['false_alarms_per_million_aimed_at']:g} false alarms a million; "
        f"reported on another of {world['innocent_accounts']:,} innocent accounts and",
        f"{world['offenders']:,} offending ones. Ages are known for 70 % of accounts. An innocent "
        "account flagged on any of the",
        f"{world['dates']} dates ({figures['looked_at_every_days']} days apart) is a false alarm; "
        "between these dates more may be flagged. Offenders are",
        "followed from child to child; *never* means that so many were not flagged at all.",
        "",
    ]
    for seen_as, part in figures["seen_as"].items():
        lines += _part(TITLES[seen_as], part)
    lines += _calibration(measured)
    for seen_as, rows in figures["ablation"].items():
        lines += _ablation(TITLES[seen_as], rows)
    return "\n".join(lines).rstrip() + "\n"


def _part(title: str, part: dict[str, Any]) -> list[str]:
    overall = part["false_alarms_per_million"]
    lines = [
        f"## {title[0].upper()}{title[1:]}",
        "",
        f"False alarms a million: **{few(overall['value'])}** (95 %: {few(overall['low'])} to "
        f"{few(overall['high'])}; {overall['count']} of {overall['total']:,}).",
        "",
        "| offenders | number | flagged (95 %) | children: median | 90 % | 95 % | days: median |"
        " messages: median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in part["offenders"]:
        found, early = row["recall"], row["children"]
        lines.append(
            f"| `{row['kind']}` | {found['total']} | {_percent(found['value'])} "
            f"({_percent(found['low'])}–{_percent(found['high'])}) | {few(early['median'])} | "
            f"{few(early['90 %'])} | {few(early['95 %'])} | {few(row['days']['median'])} | "
            f"{few(row['messages']['median'])} |"
        )
    lines += [
        "",
        "| innocent | accounts | flagged | a million (95 %) | times overall | at most |",
        "|---|---|---|---|---|---|",
    ]
    for row in part["innocent"][:SLICES]:
        lines.append(
            f"| `{row['slice']}` | {row['total']:,} | {row['count']} | {few(row['value'])} "
            f"({few(row['low'])}–{few(row['high'])}) | {few(row['times_overall'])} | "
            f"{few(row['times_overall_at_most'])} |"
        )
    return [*lines, ""]


def _calibration(measured: Measured) -> list[str]:
    lines = [
        "## Calibration and the certified bound",
        "",
        "| | error over everyone | error at 5 % and above | on people held out of the fit: everyone"
        " | 5 % and above | bound on false alarms a million |",
        "|---|---|---|---|---|---|",
    ]
    for view, part in measured.figures["calibration"].items():
        fit = measured.fit[view]
        lines.append(
            f"| {TITLES[view]} | {part['calibration_error']:.5f} | "
            f"{part.get('calibration_error_from_5_percent', 0):.3f} | "
            f"{fit['calibration_error']:.5f} | "
            f"{fit.get('calibration_error_from_5_percent', 0):.3f} | "
            f"{few(fit['false_alarms_per_million_at_most'])} ({fit['false_alarms']} of "
            f"{measured.fit['innocent_accounts']:,}) |"
        )
    return [
        *lines,
        "",
        "Nearly everyone is near 0, so the error over everyone is small whatever happens; that at",
        "5 % and above is the one that means something. [How](calibration.md).",
        "",
    ]


def _ablation(title: str, rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"## Without one signal: {title}",
        "",
        "All offenders together; the threshold is chosen anew each time. The twelve that matter",
        "most.",
        "",
        "| without | flagged | within 5 children | false alarms a million |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row['without'] or 'nothing'} | {_percent(row['recall'])} | "
        f"{_percent(row['flagged_by_5_children'])} | "
        f"{few(row['false_alarms_per_million']['value'])} |"
        for row in rows[:13]
    ]
    return [*lines, ""]


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
