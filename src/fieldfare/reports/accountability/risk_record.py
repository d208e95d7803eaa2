"""The record of a risk assessment of grooming, in Ofcom's four steps, filled from the service."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.urgency import shipped as urgency
from fieldfare.reports.accountability.document import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    grid,
)
from fieldfare.reports.accountability.shown import Shown
from fieldfare.reports.accountability.wording import BLANK
from fieldfare.safeguards import Policy
from fieldfare.safeguards.rules import MARKS
from fieldfare.vocabulary.times import MINUTE

LEVELS: Final = "High, medium, low or negligible (2°)"


def record(shown: Shown, policy: Policy, service: str) -> list[Block]:
    """The document. `shown` should be exact: it is for the service and its regulator."""
    text = (files("fieldfare.reports.accountability") / "risk_assessment.toml").read_text("utf-8")
    said = tomllib.loads(text)
    facts = shown.figures.facts
    fills = {
        "{service}": service or BLANK,
        "{period}": f"{facts.period} (whole days, UTC)",
        "{read}": facts.read_at,
    }
    return [
        Heading(1, said["title"]),
        *map(Paragraph, said["intro"]),
        grid(
            ("Record", ""),
            [(each["item"], fills.get(each["says"], BLANK)) for each in said["head"]],
        ),
        *_understand(said),
        *_assess(said, shown),
        *_decide(said, policy),
        *_review(said),
    ]


def _understand(said: dict[str, Any]) -> Iterator[Block]:
    yield Heading(2, "Step 1: Understand the kinds of illegal content")
    yield Paragraph(
        "Assessed here: child sexual exploitation and abuse: grooming. Ofcom's Risk Profiles "
        f"consulted on, by, outcome: {BLANK}"
    )
    yield Paragraph(
        "Risk factors that may bear on grooming. The list is general knowledge (†): replace it by "
        "what the Risk Profiles give for this service."
    )
    yield grid(
        ("Risk factor", "Where to look", "Is it so on this service, and why it matters"),
        [(each["factor"], each["where"], BLANK) for each in said["factors"]],
    )


def _assess(said: dict[str, Any], shown: Shown) -> Iterator[Block]:
    yield Heading(2, "Step 2: Assess the risk of harm")
    yield Heading(3, "Evidence: the service's own figures")
    yield grid(
        ("Figure", "Value", "What it is", "Counted from"),
        [
            (each.title, shown.said(each.key), each.says, each.source)
            for each in (shown.figures[key] for key in said["evidence"])
        ],
    )
    yield Heading(3, "What the figures do not show")
    yield Bullets(tuple(said["limits"]))
    yield Heading(3, "Other evidence")
    yield Paragraph(
        "Users' complaints outside Fieldfare, what the service knows of its users, research, "
        f"experts, people affected: {BLANK}"
    )
    yield Heading(3, "Level of risk")
    yield grid(
        ("", f"{LEVELS}", "Reasons, from the evidence above"),
        [
            ("Likelihood that users meet it, or that the service is used for it", BLANK, BLANK),
            ("Impact on those it happens to", BLANK, BLANK),
            ("Risk without the measures of step 3", BLANK, BLANK),
            ("Risk with them", BLANK, BLANK),
        ],
    )


def _decide(said: dict[str, Any], policy: Policy) -> Iterator[Block]:
    yield Heading(2, "Step 3: Decide measures, implement and record")
    yield Heading(3, "In place: rules of the policy in force")
    shadow = " It is in shadow: nothing of it is carried out." if policy.shadow else ""
    yield Paragraph(
        f"Policy “{policy.name}”, version {policy.version}, SHA-256 {policy.sha256}.{shadow} Each "
        "rule answers at once whether one account may reach another, and with what safeguard; the "
        "strongest verdict wins."
    )
    rules = [
        rule
        for rule in policy.rules
        if rule.service_has_connections in (None, policy.service_has_connections)
    ]
    yield grid(
        ("Rule", "What it does", "Verdict", "What asks for it"),
        [
            (
                rule.id,
                rule.says,
                f"{rule.verdict}{' (in shadow)' * (rule.shadow or policy.shadow)}",
                rule.basis_marked,
            )
            for rule in rules
        ],
    )
    yield Heading(3, "In place: what a child is told, whatever is decided")
    yield grid(
        ("When", "What asks for it"),
        [
            (moment.replace("_", " "), f"{each.basis} {MARKS[each.certainty]}".rstrip())
            for moment, each in policy.support.items()
        ],
    )
    yield Heading(3, "In place: reports of users, and looking at text")
    yield Bullets(tuple(_limits(policy)))
    yield Heading(3, "In place: people decide")
    defaults = StoreSettings()
    fills = {
        "{undo}": str(defaults.undo_window // MINUTE),
        "{share}": f"{defaults.second_review_share:.0%}",
        "{levels}": ", ".join(f"{each.title} {each.hours} h" for each in urgency().levels),
    }
    yield Bullets(tuple(_filled(each, fills) for each in said["people"]))
    yield Heading(3, "Measures of Ofcom's codes, and others")
    yield grid(
        ("Measure", "Taken, since when, or why not", "How its effect is known"),
        [(BLANK, BLANK, BLANK)] * 3,
    )


def _limits(policy: Policy) -> Iterator[str]:
    reports, scanning = policy.reports, policy.content_scanning
    yield (
        f"A reporter may make {reports.most_a_day} reports a day; about one account "
        f"{reports.most_unverified_a_day} a day count without a verified message"
        f"{', only where it wrote to the reporter' * reports.needs_contact}."
    )
    yield f"Messages of reports are kept {reports.keep_days} days, beside what is in a case."
    off = ", ".join(sorted(scanning.off_in)) or "none"
    yield (
        f"Text of messages is looked at: elsewhere {scanning.elsewhere}, of unknown country "
        f"{scanning.unknown_country}, off in {off}. {scanning.basis} {MARKS[scanning.certainty]}"
    )


def _review(said: dict[str, Any]) -> Iterator[Block]:
    yield Heading(2, "Step 4: Report, review and update")
    yield grid(("Record", ""), [(each["item"], BLANK) for each in said["review"]])


def _filled(text: str, fills: dict[str, str]) -> str:
    for mark, words in fills.items():
        text = text.replace(mark, words)
    return text
