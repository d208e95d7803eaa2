"""Writing a scorecard as the TOML file that people read and sign off."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.risk.scorecard import Band, Bins, Points, Scorecard, parse

Floats = npt.NDArray[np.float64]
Interval = tuple[Sequence[Floats], Sequence[Floats]]
"""The lower and the upper end for every weight: an array a signal."""

HEAD: Final = """\
# A scorecard: what each signal is worth, as weights of evidence. Written by `fieldfare calibrate`.
#
# A weight is a natural-log likelihood ratio: how much more often a value in this bin is seen in
# accounts that groom than in accounts that do not, given the other signals. The weights of an
# account's signals and the log odds of the prior add up to log odds.
#
#   edges    rising; bin i holds edges[i-1] <= value < edges[i]
#   weights  one more than edges; only rising, or only falling (a higher value is never worth
#            first more and then less). Below them, the 95 % interval of each over accounts drawn
#            again; it does not hold what a simulation gets wrong.
#   weights_without_text  the same for accounts of which no text was read; those above, if not given
#   A value that is not known adds nothing.
"""


def render(
    card: Scorecard, text: Interval | None = None, without_text: Interval | None = None
) -> str:
    """The file's text. With intervals, each stands as a comment below its weights."""
    lines = [
        HEAD,
        f"version = {_text(card.version)}",
        f"basis = {_text(card.basis)}",
        "",
        "# The share of accounts that groom, before anything is known about one.",
        f"prior = {card.prior!r}",
        "",
        "# From the least to the gravest. From `flag_from` on an account is flagged for a person to"
        "\n# look at; where none of its text was read, from `from_without_text` on.",
        f"flag_from = {_text(card.flag_from)}",
        "bands = [",
        *(f"  {_band(band)}," for band in card.bands),
        "]",
    ]
    lines += _alarms(card) + _calibration(card)
    for number, (name, bins) in enumerate(card.signals.items()):
        lines += ["", f"[signals.{name}]", f"edges = {_numbers(bins.edges)}"]
        lines += [f"weights = {_numbers(bins.weights)}", *_spans(text, number)]
        if bins.without_text is not None:
            lines.append(f"weights_without_text = {_numbers(bins.without_text)}")
            lines += _spans(without_text, number)
        lines += [f"format = {_text(bins.format)}", f"sentence = {_text(bins.sentence)}"]
        lines += _instead(bins)
    return "\n".join(lines) + "\n"


def _spans(interval: Interval | None, number: int) -> list[str]:
    if interval is None:
        return []
    spans = zip(*(end[number].tolist() for end in interval), strict=True)
    return ["# 95 %: " + ", ".join(f"{a:.2f} to {b:.2f}" for a, b in spans)]


def _band(band: Band) -> str:
    without = "" if band.without_text is None else f", from_without_text = {band.without_text!r}"
    return f"{{ name = {_text(band.name)}, from = {band.start!r}{without} }}"


def _instead(bins: Bins) -> list[str]:
    if not bins.instead:
        return []
    return [
        "instead = [",
        *(
            f"  {{ below = {other.below!r}, sentence = {_text(other.sentence)} }},"
            for other in bins.instead
        ),
        "]",
    ]


def _alarms(card: Scorecard) -> list[str]:
    if card.alarms is None:
        return []
    return [
        "",
        "# Innocent accounts ever flagged, of a million: aimed at; at most, with 95 %",
        "# confidence; and how many innocent accounts of the simulation are behind that bound.",
        "[alarms]",
        f"per_million = {card.alarms.per_million!r}",
        f"at_most = {card.alarms.at_most!r}",
        f"innocent = {card.alarms.innocent}",
    ]


def _calibration(card: Scorecard) -> list[str]:
    if card.calibration is None:
        return []
    return [
        "",
        "# What the sum of the prior and all weights turned out to be, on people held out of the",
        "# fit: straight lines between these points, in log odds, at this base rate; where text of",
        "# the account was read, and where none was.",
        "[calibration]",
        f"prior = {card.calibration.prior!r}",
        *_points("text", card.calibration.text),
        *_points("metadata", card.calibration.metadata),
    ]


def _points(name: str, points: Points) -> list[str]:
    return [
        f"[calibration.{name}]",
        f"sums = {_numbers(points.sums)}",
        f"found = {_numbers(points.found)}",
    ]


def write(
    path: Path,
    card: Scorecard,
    text: Interval | None = None,
    without_text: Interval | None = None,
) -> Scorecard:
    """Write a card, and give it as it reads back. Raises SettingsError where it is not valid."""
    rendered = render(card, text, without_text)
    read = parse(rendered.encode(), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(rendered, "utf-8")
    return read


def _text(value: str) -> str:
    # A TOML basic string is written like a JSON string.
    return json.dumps(value, ensure_ascii=False)


def _numbers(values: Sequence[float]) -> str:
    return "[" + ", ".join(repr(float(value)) for value in values) + "]"
