"""The card of the model in use: read off the scorecard, the tables and the benchmark themselves, so
that it cannot be out of step with them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Final

import fieldfare
from fieldfare.contacts.catalogue import catalogue
from fieldfare.reports.accountability.document import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    grid,
    parse,
)
from fieldfare.reports.accountability.shown import Shown
from fieldfare.risk.scorecard import Scorecard

_CARD: Final = re.compile(r"Card `([^`]+)`")
_HASH: Final = re.compile(r"File hash\W+\(SHA-256\)\W+([0-9a-f]{64})")
_MEASURED: Final = ("What was aimed at", "Offenders", "Innocent people", "Calibration")
"""Sections of the benchmark that the card takes over, by how their titles begin."""


def model_card(card: Scorecard, shown: Shown | None = None) -> list[Block]:
    """The document; with figures of the service, what people made of its flags too."""
    text = (files("fieldfare.reports.accountability") / "model_card.toml").read_text("utf-8")
    said = tomllib.loads(text)
    return [
        Heading(1, f"Model card: Fieldfare with scorecard {card.version}"),
        Paragraph(
            "Made from the files in use: the scorecard, the language tables beside their own "
            "cards, and the benchmark page of this scorecard. Sections after Mitchell et al. 2019."
        ),
        *_details(card),
        Heading(2, "Intended use"),
        Bullets(tuple(said["use"])),
        Paragraph(f"For: {said['users']}"),
        Heading(3, "Out of scope"),
        Bullets(tuple(said["not_for"])),
        *_inputs(card),
        *_training(card),
        *_results(card),
        *_field(shown),
        Heading(2, "Ethical considerations"),
        Bullets(tuple(said["ethics"])),
        Heading(2, "Limits"),
        Bullets(tuple(said["limits"])),
        *_tables(),
    ]


def in_short(card: Scorecard) -> str:
    """The automated means, in a paragraph."""
    return (
        f"Scorecard {card.version}: weights of {len(card.signals)} signals of who writes to whom, "
        "when and how often and, where text may be read, of indicators in words, add up to a "
        f"probability; accounts in the band “{card.flag_from}” and above are put before people. "
        f"{card.basis}"
    )


def errors_in_short(card: Scorecard) -> str:
    """What is known of its errors, in a paragraph: nothing that is not in the card."""
    if card.alarms is None:
        return f"Scorecard {card.version} was set by judgement; its rate of error was not measured."
    return (
        f"On simulated accounts: at most {card.alarms.at_most:g} innocent accounts of a million "
        f"flagged, with 95 % confidence, of {card.alarms.innocent:,} (aimed at: "
        f"{card.alarms.per_million:g}). On this service accuracy and recall are not known; the "
        "share of flags that people confirmed is in 8_automated_means."
    )


def _details(card: Scorecard) -> Iterator[Block]:
    yield Heading(2, "Model details")
    yield grid(
        ("", ""),
        [
            ("Made by", f"The Fieldfare project; Fieldfare {fieldfare.__version__}, Apache-2.0"),
            ("Kind", "An additive scorecard of likelihood ratios: weights of evidence in bins"),
            ("Scorecard", f"{card.version}, SHA-256 {card.sha256}"),
            ("Base rate", f"{card.prior:g} of accounts"),
            ("Signals", str(len(card.signals))),
            (
                "Flagged for people",
                f"From the band “{card.flag_from}” on: probability "
                f"{card.flag_probability(with_text=True):.1%} where text was read, "
                f"{card.flag_probability(with_text=False):.1%} where none was",
            ),
            ("Basis, in its own words", card.basis),
        ],
    )


def _inputs(card: Scorecard) -> Iterator[Block]:
    yield Heading(2, "What goes in")
    yield Paragraph(
        "Every signal that counts, and the most that it can add to or take from the log odds, "
        "apart for accounts of which no text was read. "
        "Nothing else goes into the probability."
    )
    known = catalogue()
    yield grid(
        ("Signal", "What it is", "Seen in", "Least", "Most", "Least without text", "Most"),
        [
            (
                name,
                known[name].meaning if name in known else "",
                known[name].evidence if name in known else "",
                f"{min(bins.weights):+.2f}",
                f"{max(bins.weights):+.2f}",
                f"{min(bins.weights_for(with_text=False)):+.2f}",
                f"{max(bins.weights_for(with_text=False)):+.2f}",
            )
            for name, bins in card.signals.items()
        ],
    )


def _training(card: Scorecard) -> Iterator[Block]:
    yield Heading(2, "Training data, and how it was fitted")
    yield Paragraph(card.basis)
    if card.calibration is not None:
        yield Paragraph(
            f"Calibration at a base rate of {card.calibration.prior:g}: what sums of weights "
            "turned out to be on people held out of the fit, in log odds."
        )
        for name, points in (
            ("with text", card.calibration.text),
            ("without text", card.calibration.metadata),
        ):
            yield grid(
                (f"Sum, {name}", "Turned out to be"),
                list(zip(points.sums, points.found, strict=True)),
            )


def _results(card: Scorecard) -> Iterator[Block]:
    yield Heading(2, "Evaluation, and results by group")
    if card.alarms is not None:
        yield Paragraph(errors_in_short(card))
    page = benchmark_page()
    measured = _CARD.search(page or "")
    if page is None or measured is None or measured[1] != card.version:
        yield Paragraph(
            f"There is no benchmark of the scorecard {card.version} with this version of "
            "Fieldfare: its errors by group are not known."
            + (f" The page at hand is of {measured[1]}." if measured else "")
        )
        return
    sections = page.split("\n## ")
    yield from parse(sections[0].partition("\n")[2])
    for section in sections[1:]:
        if section.startswith(_MEASURED):
            yield from parse(f"## {section}", below=1)


def _field(shown: Shown | None) -> Iterator[Block]:
    yield Heading(2, "On this service")
    if shown is None:
        yield Paragraph("No figures of a service were read for this card.")
        return
    yield Paragraph(
        f"From the decisions of people, {shown.figures.facts.period}. It is what they made of what "
        "was flagged; what was never flagged is not in it."
    )
    keys = ("error.labelled", "error.confirmed", "error.precision", "error.agreement")
    yield grid(
        ("Figure", "Value", "What it is"),
        [(shown.figures[key].title, shown.said(key), shown.figures[key].says) for key in keys],
    )


def _tables() -> Iterator[Block]:
    yield Heading(2, "Language tables in use")
    folder = files("fieldfare.language") / "tables"
    for card in sorted(folder.iterdir(), key=lambda each: each.name):
        if card.name.endswith(".md"):
            text = card.read_text("utf-8")
            yield from parse(text, below=2)
            said = _HASH.search(text)
            table = folder / f"{card.name.removesuffix('.md')}.npz"
            if said is not None and table.is_file():
                found = hashlib.sha256(table.read_bytes()).hexdigest()
                yield Paragraph(
                    "The file in use is the one of this card: its SHA-256 was computed now."
                    if found == said[1]
                    else f"THE FILE IN USE IS ANOTHER: its SHA-256 is {found}."
                )


def benchmark_page() -> str | None:
    """The benchmark of the scorecard that ships: in the package, or in the checkout it is run
    from. None: neither is there."""
    packed = files("fieldfare.risk") / "benchmark.md"
    if packed.is_file():
        return packed.read_text("utf-8")
    beside = Path(fieldfare.__file__).parents[2] / "docs" / "benchmark.md"
    return beside.read_text("utf-8") if beside.is_file() else None
