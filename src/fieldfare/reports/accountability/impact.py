"""The data-protection impact assessment, with what this version of Fieldfare really stores, who may
see it and whether it is encrypted, read off the stores, the permissions and the policy."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from sqlalchemy import LargeBinary

import fieldfare
from fieldfare.cases.clocks import Clock, Clocks
from fieldfare.cases.permissions import Permission, roles
from fieldfare.cases.tables import metadata
from fieldfare.reports.accountability.document import Block, Bullets, Heading, Paragraph, grid
from fieldfare.reports.accountability.wording import BLANK
from fieldfare.risk.scorecard import Scorecard
from fieldfare.safeguards import Policy

NOT_DESCRIBED: Final = "Not described in this version's stores.toml: to be looked at"

SEES: Final = (
    (Permission.CASE_READ, "cases"),
    (Permission.TEXT_REVEAL, "text of messages"),
    (Permission.CASE_EXPORT, "whole cases, out of the store"),
    (Permission.REPORT_MAKE, "reports to authorities"),
    (Permission.AUDIT_READ, "the audit"),
    (Permission.USERS_MANAGE, "users"),
)
"""What of it is said of each role."""


_ENCRYPTED: Final = {
    True: "what the newest case was given is.",
    False: "WHAT THE NEWEST CASE WAS GIVEN IS NOT.",
    None: "there are no cases yet to see it by.",
}


@dataclass(frozen=True)
class Setting:
    """What is in use."""

    service: str
    policy: Policy
    card: Scorecard
    sealed: bool | None
    """Whether what a case was last given is encrypted; None: there are no cases."""
    clocks: Clocks
    """How long what is in a case is kept."""
    service_tables: Sequence[str] | None
    """Of the live service's stores, as they are; None: there are none."""


@cache
def described() -> dict[str, dict[str, list[str]]]:
    """``stores.toml``."""
    text = (files("fieldfare.reports.accountability") / "stores.toml").read_text("utf-8")
    return tomllib.loads(text)


def impact_assessment(setting: Setting) -> list[Block]:
    """The document."""
    text = (files("fieldfare.reports.accountability") / "impact_assessment.toml").read_text("utf-8")
    said = tomllib.loads(text)
    fills = {
        "{service}": setting.service or BLANK,
        "{versions}": f"Fieldfare {fieldfare.__version__}; policy {setting.policy.version}, "
        f"SHA-256 {setting.policy.sha256}; scorecard {setting.card.version}, "
        f"SHA-256 {setting.card.sha256}",
    }
    return [
        Heading(1, said["title"]),
        *map(Paragraph, said["intro"]),
        grid(
            ("Record", ""),
            [(each["item"], fills.get(each["says"], BLANK)) for each in said["head"]],
        ),
        Heading(2, "Step 1: Identify the need for an assessment (Article 35(1), (3))"),
        Paragraph(said["need"]["says"]),
        Paragraph(f"The controller's own project, and why it is done: {BLANK}"),
        *_describe(said, setting),
        Heading(2, "Step 3: Consultation (Article 35(2), (9))"),
        Paragraph(f"Whom, how, with what outcome; or why not: {BLANK}"),
        Heading(2, "Step 4: Necessity and proportionality (Article 35(7)(b))"),
        grid(("Question", "Answer"), [_answer(each) for each in said["necessity"]]),
        Heading(2, "Steps 5 and 6: Risks, and measures against them (Article 35(7)(c), (d))"),
        Paragraph(
            "Risks to people, and what is in Fieldfare against each. Likelihood and severity "
            "depend on the service: they are the controller's to judge."
        ),
        grid(
            (
                "Risk to people",
                "What is there against it",
                "Likelihood",
                "Severity",
                "What remains",
            ),
            [(each["risk"], each["against"], BLANK, BLANK, BLANK) for each in said["risks"]],
        ),
        Heading(2, "Step 7: Sign off and record outcomes"),
        grid(("Item", "Name, position, date, notes"), _blank(said["sign_off"])),
    ]


def _describe(said: dict[str, Any], setting: Setting) -> Iterator[Block]:
    yield Heading(2, "Step 2: Describe the processing (Article 35(7)(a))")
    yield Heading(3, "Nature")
    yield Bullets(tuple(said["need"]["nature"]))
    yield Heading(3, "What is stored: cases")
    yield Paragraph(
        "Sealed columns are encrypted (AES-256-GCM) where the operator gives keys: "
        + _ENCRYPTED[setting.sealed]
        + " Other columns, and the live service's tables but for messages of reports, are not "
        "encrypted by Fieldfare: encrypt the disk, and who may read it is who may read all."
    )
    yield grid(
        ("Table", "What it holds", "Whose", "Kept until", "Sealed columns"),
        [(*_table("cases", name), ", ".join(_sealed(name)) or "none") for name in metadata.tables],
    )
    yield Heading(3, "What is stored: live service")
    if setting.service_tables is None:
        yield Paragraph("There was no live service's store beside the cases.")
    else:
        yield grid(
            ("Table", "What it holds", "Whose", "Kept until"),
            [_table("service", name) for name in setting.service_tables],
        )
    days = setting.policy.reports.keep_days
    yield Paragraph(f"Messages of users' reports are kept {days} days by the policy in use.")
    yield Heading(3, "How long it is kept")
    yield Paragraph(
        "Clocks of cases, as they run here; what ends last counts. Then destruction is proposed to "
        "a second person. A hold stops it."
    )
    yield grid(
        ("Clock", "Keeps", "From", "For", "Source"),
        [
            (each.title, each.keeps, each.starts.replace("_", " "), _span(each), _source(each))
            for each in setting.clocks.values()
            if each.runs
        ],
    )
    yield Heading(3, "Who can see it")
    yield Paragraph(
        "Roles as this version's permissions.toml has them. Beside them, whoever can read the "
        "database's files and the key file can read everything."
    )
    yield grid(
        ("Role", "What it is for", *(title for _, title in SEES)),
        [
            (
                role.title,
                role.says,
                *("yes" if permission in role.may else "" for permission, _ in SEES),
            )
            for role in roles().values()
        ],
    )
    for step, title in (("scope", "Scope"), ("context", "Context"), ("purposes", "Purposes")):
        yield Heading(3, title)
        asked = [each for each in said["questions"] if each["step"] == step]
        yield grid(("Question", "Answer"), [_answer(each) for each in asked])


def _table(store: str, name: str) -> tuple[str, str, str, str]:
    holds, whose, until = described()[store].get(name, [NOT_DESCRIBED, "", ""])
    return name, holds, whose, until


def _sealed(name: str) -> list[str]:
    return [
        each.name for each in metadata.tables[name].columns if isinstance(each.type, LargeBinary)
    ]


def _span(clock: Clock) -> str:
    parts = ((clock.years, "years"), (clock.days, "days"))
    return ", ".join(f"{number} {unit}" for number, unit in parts if number) or "no time"


def _source(clock: Clock) -> str:
    judged = "" if clock.starts_basis == "source" else "; from when: own judgement"
    mark = f" ({clock.mark})" if clock.mark else ""
    return f"{clock.source}{mark} ({clock.basis}{judged})"


def _answer(said: dict[str, str]) -> tuple[str, str]:
    """What Fieldfare can say; what ends in a colon, or says nothing, is to be filled."""
    answer = said["says"]
    if not answer or answer.rstrip().endswith(":"):
        answer = f"{answer}{BLANK}"
    return said["item"], answer


def _blank(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(each["item"], BLANK) for each in rows]
