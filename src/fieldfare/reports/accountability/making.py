"""One folder with everything: figures in their templates, and the three documents."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, get_args

from fieldfare.cases import Actor, CaseStore
from fieldfare.reports.accountability import dsa, transparency
from fieldfare.reports.accountability.document import Document, markdown
from fieldfare.reports.accountability.facts import Facts, Period, ServiceFacts
from fieldfare.reports.accountability.figures import Figures, figures
from fieldfare.reports.accountability.impact import Setting, impact_assessment
from fieldfare.reports.accountability.model_card import errors_in_short, in_short, model_card
from fieldfare.reports.accountability.risk_record import record
from fieldfare.reports.accountability.shown import Shown
from fieldfare.reports.accountability.word import docx
from fieldfare.risk.scorecard import Scorecard
from fieldfare.safeguards import Policy

Part = Literal["transparency", "risk-assessment", "model-card", "impact-assessment"]
PARTS: Final[tuple[Part, ...]] = get_args(Part)


@dataclass(frozen=True)
class Wanted:
    """What is to be made, of which service."""

    period: Period
    policy: Policy
    card: Scorecard
    provider: str = ""
    """The service's name; empty: to be filled."""
    parts: tuple[Part, ...] = PARTS
    exact: bool = False
    """Transparency figures with small numbers too: not for publication."""


@dataclass(frozen=True)
class Live:
    """The live service's side."""

    facts: ServiceFacts
    tables: Sequence[str]
    """Of its stores."""


def read(store: CaseStore, actor: Actor, period: Period, live: Live | None) -> Figures:
    """The figures of a period, for those who may have them."""
    cases = store.facts(actor, period.start, period.end)
    return figures(Facts(period, cases, None if live is None else live.facts))


def make(
    folder: Path, store: CaseStore, actor: Actor, wanted: Wanted, live: Live | None
) -> list[Path]:
    """Write it, and put into the audit what was made. The files, relative to the folder."""
    found = read(store, actor, wanted.period, live)
    shown = Shown.of(found, exact=wanted.exact)
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    if "transparency" in wanted.parts:
        place = folder / "transparency"
        place.mkdir(exist_ok=True)
        card = wanted.card
        report = dsa.Report(shown, wanted.provider, in_short(card), errors_in_short(card))
        written += transparency.write(place, report)
    for name, document in _documents(store, actor, wanted, shown, live).items():
        for ending, data in (("md", markdown(document).encode()), ("docx", docx(document))):
            path = folder / f"{name}.{ending}"
            path.write_bytes(data)
            written.append(path)
    digests = {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in written
    }
    store.note_documents(actor, wanted.period.start, wanted.period.end, digests, exact=wanted.exact)
    return [path.relative_to(folder) for path in written]


def _documents(
    store: CaseStore, actor: Actor, wanted: Wanted, shown: Shown, live: Live | None
) -> dict[Part, Document]:
    found: dict[Part, Document] = {}
    if "risk-assessment" in wanted.parts:
        # For the service and its regulator, not for the public: exact.
        exact = Shown.of(shown.figures, exact=True)
        found["risk-assessment"] = record(exact, wanted.policy, wanted.provider)
    if "model-card" in wanted.parts:
        found["model-card"] = model_card(wanted.card, shown)
    if "impact-assessment" in wanted.parts:
        found["impact-assessment"] = impact_assessment(
            Setting(
                wanted.provider,
                wanted.policy,
                wanted.card,
                store.sealed(actor),
                store.kept_by(actor),
                None if live is None else live.tables,
            )
        )
    return found
