"""Of the page ``docs/benchmark.md``: what signals are worth, and what is left with less of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fieldfare.lab.contact_page import TITLES, few, kind_of, percent, prose

ABLATED: Final = 13
"""Signals left out that are shown, with the row of none."""


def families(figures: Mapping[str, Any]) -> list[str]:
    """Without a family of signals, and by one alone."""
    found = figures["ablation_of_families"]
    chosen_on = found["metadata"][0]["chosen_on_innocent"]
    lines = [
        "## What the signals are worth",
        "",
        *prose(
            f"Figures of `{figures['ablated_on']}` without a family of signals",
            "(`lab/signal_families.toml`), the weights of the others as they are. Each time the",
            f"threshold lets as many innocent people pass, of {chosen_on:,} in the worlds that",
            "thresholds are chosen on and in this one together: what is compared is what is found",
            "at the same cost, by a threshold that has seen the world. So the figures with nothing",
            "left out differ a little from those above. *Alone*: all offenders flagged by this",
            "family and nothing else.",
        ),
        "",
        *prose(figures["ablation_note"]),
        "",
    ]
    for seen_as, rows in found.items():
        lines += [
            f"### {TITLES[seen_as][0].upper()}{TITLES[seen_as][1:]}",
            "",
            "| without | flagged | within 5 children | `mass_contact`: median, 95 % |"
            " `posing_as_child` | `slow_and_few` | `from_inside_service` | alone |",
            "|---|---|---|---|---|---|---|---|",
            *(_family(row) for row in rows),
            "",
        ]
    return lines


def _family(row: Mapping[str, Any]) -> str:
    kinds = {each["kind"]: each for each in row["offenders"]}
    children = kinds["mass_contact"]["children"]
    found = (
        percent(kinds[kind]["recall"]["value"])
        for kind in ("posing_as_child", "slow_and_few", "from_inside_service")
    )
    alone = percent(row["recall_alone"]) if row["without"] else ""
    return (
        f"| {(row['without'] or 'nothing').replace('_', ' ')} | {percent(row['recall'])} | "
        f"{percent(row['flagged_by_5_children'])} | {few(children['median'])}, "
        f"{few(children['95 %'])} | {' | '.join(found)} | {alone} |"
    )


def ablation(title: str, rows: list[dict[str, Any]]) -> list[str]:
    """Without one signal."""
    lines = [
        f"### One signal left out: {title}",
        "",
        "All offenders together. The twelve that matter most.",
        "",
        "| without | flagged | within 5 children | false alarms a million |",
        "|---|---|---|---|",
    ]
    lines += [
        f"| {row['without'] or 'nothing'} | {percent(row['recall'])} | "
        f"{percent(row['flagged_by_5_children'])} | "
        f"{few(row['false_alarms_per_million']['value'])} |"
        for row in rows[:ABLATED]
    ]
    return [*lines, ""]


def robustness(rows: list[dict[str, Any]]) -> list[str]:
    """With less to see, and with errors in it."""
    if not rows:
        return []
    total = rows[0]["metadata"]["false_alarms_per_million"]["total"]
    lines = [
        "## With less, and with errors",
        "",
        *prose(
            f"A world of {total:,} innocent accounts: what is flagged of all offenders, and the",
            "children at which half of `mass_contact` are, at the same thresholds. So few innocent",
            "accounts say nothing about false alarms a million; their number is given.",
        ),
        "",
        "| | metadata: flagged | `mass_contact` median | false alarms | both: flagged |"
        " `mass_contact` median | false alarms |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        cells = []
        for seen_as in ("metadata", "both"):
            part = row[seen_as]
            mass = kind_of(part["offenders"], "mass_contact")
            cells += [
                percent(part["recall"]),
                few(mass["children"]["median"]) if mass else "",
                str(part["false_alarms_per_million"]["count"]),
            ]
        lines.append(f"| {row['variant']} | {' | '.join(cells)} |")
    return [*lines, ""]
