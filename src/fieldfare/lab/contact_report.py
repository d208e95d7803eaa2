"""The benchmark's figures as the page ``docs/benchmark.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldfare.lab import contact_worth as worth
from fieldfare.lab.contact_benchmark import Measured
from fieldfare.lab.contact_page import TITLES, few, kind_of, percent, prose

SLICES: Final = 26
"""Slices of the innocent shown: coaches, teachers, head teachers, then the highest rates."""
AIMS: Final = (("metadata", "median", 5), ("metadata", "95 %", 10), ("both", "median", 3))
"""For `mass_contact`: what is read, how many of the offenders, children contacted at most."""


def markdown(measured: Measured) -> str:
    """The page, with its limits beside its figures."""
    figures = measured.figures
    lines = [*_head(measured), *_aims(measured)]
    for seen_as, part in figures["seen_as"].items():
        lines += _offenders(TITLES[seen_as], part)
    lines += _worlds(figures["all_worlds"])
    for seen_as, part in figures["all_worlds"]["seen_as"].items():
        lines += _innocent(TITLES[seen_as], part)
    lines += _calibration(measured)
    lines += worth.families(figures)
    for seen_as, rows in figures["ablation"].items():
        lines += worth.ablation(TITLES[seen_as], rows)
    lines += worth.robustness(figures.get("robustness", []))
    lines += _spent(figures["spent"])
    return "\n".join(lines).rstrip() + "\n"


def _head(measured: Measured) -> list[str]:
    figures, fit = measured.figures, measured.fit
    names = _names(figures)
    counted = ("innocent_accounts", "offenders")
    aimed = [sum(each[key] for each in figures["worlds"]) for key in counted]
    innocent = sum(each["innocent_accounts"] for each in figures["all_worlds"]["worlds"])
    return [
        "# Benchmark of contact with children",
        "",
        *prose(
            "Written by `fieldfare evaluate benchmark` from the seeds in",
            "`lab/contact_benchmark.toml`. **Simulated, and not the field:** the figures hold for",
            "the behaviour that was [simulated](simulation.md), most of which rests on judgement.",
            "Real graphs say who wrote to whom; their ages and offenders are simulated too.",
        ),
        "",
        *prose(
            f"Card `{figures['card']['version']}`, base rate {figures['card']['prior']:g}.",
            f"Thresholds and calibration rest on {fit['innocent_accounts']:,} innocent accounts",
            f"and {fit['offenders']:,} offending people by weights not fitted to them, apart for",
            "what is seen with text and without: at",
            f"{figures['false_alarms_per_million_aimed_at']:g} false alarms a million without",
            f"text, and {figures['per_million_with_text']:g} with it, where so few cost little.",
            "The card has no threshold for text alone; the one used here was chosen at the rate",
            "without text. Measured on",
            f"{innocent:,} innocent accounts of {len(figures['all_worlds']['worlds'])} other",
            f"worlds, which have chosen nothing. The tables of offenders are of {names}, made like",
            f"the world `fit` by other seeds: {aimed[0]:,} innocent and {aimed[1]:,} offending",
            "accounts, ages known for 70 % of them.",
            figures["note"],
        ),
        "",
        *prose(
            "An innocent account flagged on any of the dates it is looked at",
            f"({figures['looked_at_every_days']} days apart) is a false alarm; between these dates",
            "more may be flagged. Offenders are followed from child to child: children contacted",
            "are exact up to twelve, then at most a third late; *never* means that so many were",
            "not flagged at all.",
        ),
        "",
    ]


def _names(figures: Mapping[str, Any]) -> str:
    names = [f"`{world['name']}`" for world in figures["worlds"]]
    return f"the world {names[0]}" if len(names) == 1 else f"the worlds {names[0]} to {names[-1]}"


def _aims(measured: Measured) -> list[str]:
    figures = measured.figures
    lines = [
        "## What was aimed at",
        "",
        "| aim | simulated here |",
        "|---|---|",
    ]
    for seen_as, share, most in AIMS:
        row = kind_of(figures["seen_as"][seen_as]["offenders"], "mass_contact")
        if row is None:
            continue
        got = row["children"][share]
        met = "met" if isinstance(got, int | float) and got <= most else "missed"
        lines.append(
            f"| `mass_contact`, {TITLES[seen_as]}: {share} flagged at {most} children or fewer | "
            f"{met}: {few(got)} |"
        )
    for seen_as in ("metadata", "both"):
        part = figures["all_worlds"]["seen_as"][seen_as]
        alarms = part["false_alarms_per_million"]
        met = "met" if alarms["value"] <= 10 else "missed"
        lines.append(
            f"| at most 10 false alarms a million, {TITLES[seen_as]}, all worlds | {met}: "
            f"{few(alarms['value'])} ({alarms['count']} of {alarms['total']:,}; at most "
            f"{few(part['at_most_per_million'])} with 95 % confidence) |"
        )
        worst = [
            row
            for row in part["innocent"]
            if row["times_overall"] is not None and row["times_overall"] > 3
        ]
        names = ", ".join(f"`{row['slice']}` {few(row['times_overall'])}" for row in worst[:6])
        shown = all((row["times_overall_at_most"] or 0) <= 3 for row in part["innocent"])
        lines.append(
            f"| no innocent slice above 3 times the overall rate, {TITLES[seen_as]} | "
            + (
                f"missed: {names}"
                if worst
                else "met, upper bounds included"
                if shown
                else "none seen above; upper bounds of small slices reach further"
            )
            + " |"
        )
    for view, part in figures["calibration"].items():
        high = part.get("calibration_error_from_5_percent")
        met = "met" if part["calibration_error"] <= 0.02 else "missed"
        above = "no account" if high is None else f"{high:.3f}"
        beyond = "" if high is None else ", within it" if high <= 0.02 else ", not within it"
        lines.append(
            f"| calibration error of at most .02, {TITLES[view]} | {met}: "
            f"{part['calibration_error']:.5f} over everyone; over those at 5 % and above "
            f"{above}{beyond} |"
        )
    return [*lines, ""]


def _offenders(title: str, part: Mapping[str, Any]) -> list[str]:
    lines = [
        f"## Offenders: {title}",
        "",
        f"False alarms a million there: {_rate(part['false_alarms_per_million'])}.",
        "",
        "| offenders | number | flagged (95 %) | children: median | 90 % | 95 % | days: median |"
        " messages: median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in part["offenders"]:
        found, early = row["recall"], row["children"]
        lines.append(
            f"| `{row['kind']}` | {found['total']} | {percent(found['value'])} "
            f"({percent(found['low'])}–{percent(found['high'])}) | {few(early['median'])} | "
            f"{few(early['90 %'])} | {few(early['95 %'])} | {few(row['days']['median'])} | "
            f"{few(row['messages']['median'])} |"
        )
    return [*lines, ""]


def _worlds(together: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Each world",
        "",
        *prose(
            "`mass_contact`: children at which half and 95 % of them are flagged; false alarms:",
            "number, and a million (95 %).",
        ),
        "",
        "| world | innocent | read | `mass_contact`: median, 95 % | false alarms |",
        "|---|---|---|---|---|",
    ]
    for world in together["worlds"]:
        for seen_as, part in together["seen_as"].items():
            brief = part["by_world"][world["name"]]
            row = kind_of(brief["offenders"], "mass_contact")
            early = (
                "none there"
                if row is None
                else f"{few(row['children']['median'])}, {few(row['children']['95 %'])} "
                f"(of {row['recall']['total']})"
            )
            alarms = brief["false_alarms_per_million"]
            lines.append(
                f"| `{world['name']}` | {world['innocent_accounts']:,} | {TITLES[seen_as]} | "
                f"{early} | {alarms['count']}; {few(alarms['value'])} ({few(alarms['low'])}–"
                f"{few(alarms['high'])}) |"
            )
    return [*lines, ""]


def _innocent(title: str, part: Mapping[str, Any]) -> list[str]:
    lines = [
        f"## Innocent people of all worlds: {title}",
        "",
        *prose(
            f"False alarms a million: {_rate(part['false_alarms_per_million'])}; certified: at",
            f"most **{few(part['at_most_per_million'])}** with 95 % confidence, for accounts drawn",
            "like these. A small slice cannot be shown to lie within 3 times the overall rate:",
            "that takes some 120,000 accounts of it without an alarm.",
        ),
        "",
        "| innocent | accounts | flagged | a million (95 %) | times overall | at most |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| `{row['slice']}` | {row['total']:,} | {row['count']} | {few(row['value'])} "
        f"({few(row['low'])}–{few(row['high'])}) | {few(row['times_overall'])} | "
        f"{few(row['times_overall_at_most'])} |"
        for row in part["innocent"][:SLICES]
    ]
    return [*lines, ""]


def _rate(rate: Mapping[str, Any]) -> str:
    return (
        f"**{few(rate['value'])}** (95 %: {few(rate['low'])} to {few(rate['high'])}; "
        f"{rate['count']} of {rate['total']:,})"
    )


def _calibration(measured: Measured) -> list[str]:
    lines = [
        "## Calibration and the certified bound",
        "",
        *prose(
            f"On {_names(measured.figures)}, and on the people that threshold and calibration",
            "were chosen on (each by a calibration without them).",
        ),
        "",
        "| | error over everyone | at 5 % and above | chosen on: everyone | 5 % and above |"
        " bound on false alarms a million |",
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
        *prose(
            "Nearly everyone is near 0, so the error over everyone is small whatever happens; that",
            "at 5 % and above is the one that means something, and it rests on few innocent",
            "people.",
            "[How](calibration.md).",
        ),
        "",
        *_bare(measured.fit),
    ]


def _bare(fit: Mapping[str, Any]) -> list[str]:
    """What the same thresholds do where only messages and ages are known."""
    titles = {"metadata_bare": TITLES["metadata"], "both_bare": TITLES["both"]}
    lines = [
        f"- {titles[view]}: {part['offenders_flagged']} of {part['offenders']} offending people "
        f"ever flagged, {part['false_alarms']} innocent (of {part['innocent_with_signals']:,} with "
        "anything to assess)"
        for view, part in fit["bare"].items()
    ]
    if not lines:
        return []
    return [
        *prose(
            "The weights were learnt for a quarter from a service that gives no connections,",
            "notices, countries or time zones. On the world of the fit seen so, by weights fitted",
            "to other people and at the same thresholds:",
        ),
        "",
        *lines,
        "",
    ]


def _spent(rows: Mapping[str, Mapping[str, Any]]) -> list[str]:
    wall = sum(row["seconds"] for row in rows.values())
    processor = sum(row["processor_seconds"] for row in rows.values())
    peak = max((row["peak_mib"] for row in rows.values()), default=0)
    return [
        "## Time and memory",
        "",
        f"{wall / 60:.0f} minutes, {processor / 60:.0f} of them processor time, peak memory "
        f"{peak / 1024:.1f} GiB, on the machine that wrote this page.",
        "",
    ]
