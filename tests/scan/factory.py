"""Scan results built by hand, so that the page is tested without reading or computing anything.

The people are invented and the text is mild.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk import scorecard
from fieldfare.risk.assessment import Assessed, assess
from fieldfare.risk.reasons import reasons
from fieldfare.scan.evidence import Evidence, Excerpt
from fieldfare.scan.gather import Gathered
from fieldfare.scan.history import FirstFlag
from fieldfare.scan.run import AccountAssessment, ScanResult
from fieldfare.scan.settings import ScanSettings
from fieldfare.scan.snapshot import SeenChild
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE

START = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z."""

COUNTRIES = ("PH", "LK", "SG", "TH", "ID", "IQ", "MA", "TR", None)
NAMES = (
    "Angel Q.",
    "Nimal R.",
    "Hui Min T.",
    "Ploy S.",
    "Putri W.",
    "Zainab H.",
    "Salma B.",
    "Elif K.",
    "Dao P.",
)
ASKS = (
    "age_probing",
    "parents_absent",
    "secrecy",
    "platform_change",
    "photo_request",
    "meeting_travel",
)
TEXTS = {
    "age_probing": "how old are you",
    "parents_absent": "are you on your own right now",
    "secrecy": "keep this our secret",
    "platform_change": "do you have another app",
    "photo_request": "send me a photo",
    "meeting_travel": "maybe we can meet one day",
}


@dataclass
class Person:
    """One account of a result to be."""

    id: str
    name: str | None = None
    signals: dict[str, Any] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=Evidence)
    first_flag: FirstFlag | None = None


def children(count: int) -> list[SeenChild]:
    """Children first contacted one after another over some 90 days, each with another fate."""
    made = []
    for n in range(count):
        # Faster towards the end, as in the case told in the documentation.
        at = START + int(90 * DAY * (n / max(1, count)) ** 0.7) + (n * 7 % 13) * HOUR
        answered = n % 2 == 0
        depth = (n * 5) % 7 if answered else 0
        made.append(
            SeenChild(
                account=f"child-{n:04}",
                name=NAMES[n % len(NAMES)] if n % 4 else None,
                child_probability=0.98 - 0.03 * (n % 5),
                age=None if n % 6 == 5 else 10.0 + n % 7,
                age_basis="unknown" if n % 6 == 5 else ("declared", "stated", "verified")[n % 3],
                country=COUNTRIES[(n * 4 + n // 5) % len(COUNTRIES)],
                country_basis=("declared", "phone")[n % 2]
                if COUNTRIES[(n * 4 + n // 5) % len(COUNTRIES)]
                else None,
                contacted_at=at,
                last_at=at + depth * DAY + 20 * MINUTE,
                wrote_first=n % 17 != 16,
                answered=answered,
                rejected_at=at + 5 * HOUR if n % 7 == 3 else None,
                connected_before=False,
                sent=1 + 3 * depth,
                received=3 * depth,
                asked={
                    name: at + (place * 9 + 1) * HOUR for place, name in enumerate(ASKS[:depth])
                },
            )
        )
    return sorted(made, key=lambda child: child.contacted_at)


def approaching(count: int) -> Person:
    """An account that wrote first to so many children."""
    young = children(count)
    asked = Counter(name for child in young for name in child.asked)
    excerpts = [
        Excerpt(
            f"m-{n:06}",
            child.account,
            at,
            TEXTS[name],
            [name],
            f"export/messages.jsonl, line {1000 + n}",
        )
        for n, (child, name, at) in enumerate(
            (child, name, at) for child in young for name, at in child.asked.items()
        )
    ][:40]
    messages: dict[str, list[str]] = {}
    for each in excerpts:
        messages.setdefault(each.indicators[0], []).append(str(each.message))
    messages["first_contact"] = [f"m-{n:06}" for n in range(min(count, 20))]
    evidence = Evidence(
        name="Alex Example",
        age=38.0,
        age_basis="declared",
        country="GB",
        children=young,
        messages=messages,
        excerpts=excerpts,
    )
    after = min(count, 6)
    return Person(
        "acc-0007",
        "Alex Example",
        {
            "first_contacts": count + 21,
            "first_contacts_known_age": count + 9,
            "children_contacted": count,
            "children_first_contacted": count,
            "first_child_contacted_at": young[0].contacted_at,
            "last_child_contacted_at": young[-1].contacted_at,
            "children_first_contacted_30d": 0.42 * count,
            "children_first_contacted_peak_7d": max(3.0, 0.16 * count),
            "children_first_contacted_90d": 0.97 * count,
            "child_share_of_first_contacts": 0.86,
            "wrote_first_share": 0.94,
            "unconnected_share": 1.0,
            "answered_share": 0.5,
            "age_gap_years": 25.3,
            "children_who_rejected": float(sum(c.rejected_at is not None for c in young)),
            "country_entropy_bits": 2.9,
            "acquainted_share": 0.0,
            "adult_probability": 0.97,
            "children_age_probed": float(asked["age_probing"]),
            "children_told_secrecy": max(2.0, asked["secrecy"]),
            "children_asked_photo": max(1.0, asked["photo_request"]),
            "hours_to_first_indicator": 1.0,
            "token_z": 3.2,
        },
        evidence,
        FirstFlag(young[after - 1].contacted_at + HOUR, after),
    )


def coach() -> Person:
    """An account with many young contacts that nothing speaks against."""
    young = [
        replace(
            child, answered=True, rejected_at=None, asked={}, country="GB", country_basis="phone"
        )
        for child in children(14)
    ]
    return Person(
        "acc-0311",
        "Sam Coach",
        {
            "first_contacts": 20,
            "first_contacts_known_age": 20,
            "children_contacted": 14,
            "children_first_contacted": 12,
            "first_child_contacted_at": START,
            "last_child_contacted_at": START + 80 * DAY,
            "children_first_contacted_30d": 2.0,
            "children_first_contacted_peak_7d": 6.0,
            "children_first_contacted_90d": 12.0,
            "child_share_of_first_contacts": 0.6,
            "wrote_first_share": 0.6,
            "unconnected_share": 0.05,
            "answered_share": 1.0,
            "age_gap_years": 20.0,
            "children_who_rejected": 0.0,
            "country_entropy_bits": 0.0,
            "acquainted_share": 0.95,
            "adult_probability": 0.97,
        },
        Evidence(name="Sam Coach", age=33.0, age_basis="verified", country="GB", children=young),
    )


def quiet(number: int) -> Person:
    """An account of which hardly anything is known."""
    return Person(
        f"acc-{1000 + number}",
        None,
        {
            "first_contacts": 4,
            "first_contacts_known_age": 1,
            "children_contacted": 0,
            "children_first_contacted": 1,
            "children_first_contacted_30d": 0.3,
            "children_first_contacted_peak_7d": 0.3,
            "children_first_contacted_90d": 0.3,
        },
    )


def result(
    people: Sequence[Person],
    *,
    problems: Problems | None = None,
    rows: dict[str, int] | None = None,
    **gathered: Any,
) -> ScanResult:
    """A result whose assessments follow from the people's signals and the shipped scorecard."""
    card = scorecard.shipped()
    assessed = assess(_signals(people), card)
    order = [int(row) for row in assessed.ranked()]
    return ScanResult(
        settings=ScanSettings(),
        scorecard=card,
        as_of=START + 97 * DAY,
        gathered=Gathered(
            problems=problems or Problems(),
            rows=Counter(
                {"messages": 48_212, "accounts": 812, "connections": 2_040, "notices": 31}
                if rows is None
                else rows
            ),
            formats=gathered.pop("formats", Counter({"Fieldfare JSON Lines": 2})),
            sources={"export/messages.jsonl": "a" * 64} if rows is None else {},
            language="b" * 64,
            **gathered,
        ),
        assessed=assessed,
        accounts=[_account(people[row], assessed, row) for row in order],
    )


def broken() -> ScanResult:
    """Nothing came out of the input."""
    problems = Problems()
    problems.add(
        "export/thread_3.json", "truncated JSON", locator="byte 40960", detail="export again"
    )
    problems.add("export/photo.jpg", "no reader knows this format", times=12)
    return result([], problems=problems, rows={}, formats=Counter())


def nobody() -> ScanResult:
    """The input was read, and there is nobody to assess."""
    return result([])


def damaged(count: int) -> Problems:
    """So many lines that could not be read."""
    problems = Problems()
    for line in range(count):
        problems.add(
            "export/messages.jsonl",
            "the time has no offset",
            locator=f"line {line + 1}",
            detail="add one, such as Z or +08:00",
        )
    return problems


def _signals(people: Sequence[Person]) -> pa.Table:
    columns: dict[str, pa.Array] = {
        "account": pa.array([person.id for person in people], pa.string())
    }
    for name in catalogue():
        values = [person.signals.get(name) for person in people]
        whole = name.endswith("_at") or name in ("first_contacts", "children_contacted")
        columns[name] = pa.array(values, pa.int64() if whole else pa.float64())
    return pa.table(columns)


def _account(person: Person, assessed: Assessed, row: int) -> AccountAssessment:
    probability = float(assessed.probability[row])
    values = {name: person.signals.get(name) for name in catalogue()}
    return AccountAssessment(
        account=person.id,
        probability=probability,
        band=assessed.band(row),
        log_odds=float(assessed.log_odds[row]),
        calibration=float(assessed.calibration[row]),
        flagged=bool(assessed.flagged[row]),
        signals=values,
        reasons=reasons(assessed, row, values),
        evidence=person.evidence,
        first_flag=person.first_flag,
    )


def write(made: ScanResult, folder: Path, note: str | None = None) -> Path:
    """The page of a result, in a folder."""
    from fieldfare.scan.page import write_page

    path = folder / "report.html"
    write_page(made, path, note=note)
    return path
