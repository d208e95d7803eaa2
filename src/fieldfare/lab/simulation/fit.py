"""How like a real graph the simulated messages are: the same figures of both, side by side.

The figures are those by which contact graphs are usually described: contacts a sender and degree
(how heavy the tails are), reciprocity, transitivity (share of open triples that are closed; Newman
2010), and burstiness of a sender's messages, (σ − μ) / (σ + μ) of the gaps between them (Goh and
Barabási 2008).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.simulation.people import Floats, Ints
from fieldfare.vocabulary.errors import InputError

FIGURES: Final = {
    "messages_per_account": "messages / account",
    "messages_per_pair": "messages / ordered pair",
    "contacts_median": "contacts / sender, median",
    "contacts_p90": "contacts / sender, 90 %",
    "contacts_p99": "contacts / sender, 99 %",
    "contacts_most": "contacts / sender, most",
    "degree_median": "degree, median",
    "degree_p99": "degree, 99 %",
    "reciprocity": "reciprocity",
    "transitivity": "transitivity",
    "burstiness": "burstiness of senders, median",
    "gap_median_minutes": "gap of a sender, median, minutes",
    "gap_p90_hours": "gap of a sender, 90 %, hours",
}
"""Figures in the order they are printed, in words."""

_WEDGES: Final = 400_000
"""Open triples looked at for transitivity, where there are more."""
_LEAST_GAPS: Final = 20


def read_edges(path: Path) -> npt.NDArray[np.int64]:
    """``source target unix-time`` a line, as SNAP gives temporal networks: three columns.

    Messages to oneself are left out. Raises InputError naming the file.
    """
    try:
        rows = np.loadtxt(path, dtype=np.int64, comments=("#", "%"), usecols=(0, 1, 2), ndmin=2)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not lines of source, target and time in seconds") from error
    if not len(rows):
        raise InputError(f"{path}: no lines of source, target and time in seconds")
    kept: npt.NDArray[np.int64] = rows[rows[:, 0] != rows[:, 1]]
    return kept


def measure(sender: Ints, recipient: Ints, seconds: Floats) -> dict[str, float]:
    """The figures of `FIGURES` of messages. Accounts that appear in none do not count."""
    names, ends = np.unique(np.concatenate([sender, recipient]), return_inverse=True)
    if not len(names):
        return dict.fromkeys(FIGURES, 0.0)
    one, other = ends[: len(sender)].astype(np.int64), ends[len(sender) :].astype(np.int64)
    count = len(names)
    pairs = np.unique(one * count + other)
    out = np.bincount(pairs // count, minlength=count)
    out = out[out > 0]
    back = np.isin(pairs % count * count + pairs // count, pairs)
    both = np.unique(np.concatenate([pairs, pairs % count * count + pairs // count]))
    degree = np.bincount(both // count, minlength=count)
    gaps, burstiness = _gaps(one, np.asarray(seconds, np.float64), count)
    values = (
        len(sender) / count,
        len(sender) / len(pairs),
        *np.quantile(out, [0.5, 0.9, 0.99, 1.0]),
        *np.quantile(degree, [0.5, 0.99]),
        back.mean(),
        _transitivity(both, degree, count),
        burstiness,
        np.quantile(gaps, 0.5) / 60 if len(gaps) else 0.0,
        np.quantile(gaps, 0.9) / 3600 if len(gaps) else 0.0,
    )
    return {name: round(float(value), 4) for name, value in zip(FIGURES, values, strict=True)}


def _gaps(sender: Ints, seconds: Floats, count: int) -> tuple[Floats, float]:
    """Gaps between a sender's messages in a row, and the median burstiness of the senders."""
    order = np.lexsort((seconds, sender))
    same = np.diff(sender[order]) == 0
    gaps = np.diff(seconds[order])[same]
    who = sender[order][1:][same]
    number = np.bincount(who, minlength=count)
    mean = np.bincount(who, gaps, count) / np.maximum(number, 1)
    square = np.bincount(who, gaps**2, count) / np.maximum(number, 1)
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    busy = (number >= _LEAST_GAPS) & (mean > 0)
    if not busy.any():
        return gaps, 0.0
    return gaps, float(np.median((spread[busy] - mean[busy]) / (spread[busy] + mean[busy])))


def _transitivity(both: Ints, degree: Ints, count: int) -> float:
    """Share of the triples a – b – c in which a and c have written too; of a sample of them."""
    peers = both % count
    starts = np.concatenate([[0], np.cumsum(degree)])
    wedges = np.cumsum(degree * (degree - 1).astype(np.float64))
    if not len(wedges) or wedges[-1] == 0:
        return 0.0
    rng = np.random.default_rng(0)
    middle = np.searchsorted(wedges, rng.random(_WEDGES) * wedges[-1], side="right")
    first = (rng.random(_WEDGES) * degree[middle]).astype(np.int64)
    second = (rng.random(_WEDGES) * (degree[middle] - 1)).astype(np.int64)
    second += second >= first
    one, other = peers[starts[middle] + first], peers[starts[middle] + second]
    return float(np.isin(one * count + other, both).mean())


def side_by_side(columns: dict[str, dict[str, float]]) -> str:
    """A Markdown table: a row a figure, a column a graph."""
    lines = [
        "| | " + " | ".join(columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for name, words in FIGURES.items():
        cells = (f"{column[name]:,.3g}" for column in columns.values())
        lines.append(f"| {words} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def measure_file(path: Path) -> dict[str, float]:
    """The figures of a real graph."""
    edges = read_edges(path)
    return measure(edges[:, 0], edges[:, 1], edges[:, 2].astype(np.float64))
