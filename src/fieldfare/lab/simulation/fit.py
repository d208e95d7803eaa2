"""How like a real graph the simulated messages are: the same figures of both, side by side.

The figures are those by which contact graphs are usually described: contacts a sender and degree
(how heavy the tails are), reciprocity, transitivity (share of open triples that are closed; Newman
2010), and burstiness of a sender's messages, (σ − μ) / (σ + μ) of the gaps between them (Goh and
Barabási 2008).
"""

from __future__ import annotations

import warnings
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
        with warnings.catch_warnings():
            # An empty file is told below.
            warnings.simplefilter("ignore", UserWarning)
            rows = np.loadtxt(path, dtype=np.int64, comments=("#", "%"), usecols=(0, 1, 2), ndmin=2)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not lines of source, target and time in seconds") from error
    if not len(rows):
        raise InputError(f"{path}: no lines of source, target and time in seconds")
    kept: npt.NDArray[np.int64] = rows[rows[:, 0] != rows[:, 1]]
    return kept


def measure(
    sender: Ints, recipient: Ints, seconds: Floats, among: int | None = None
) -> dict[str, float]:
    """The figures of `FIGURES` of messages. Accounts are numbers from 0.

    With `among`, figures of the accounts below it only, of whom every message must be given.
    Accounts that appear in no message do not count.
    """
    if not len(sender):
        return dict.fromkeys(FIGURES, 0.0)
    present = np.zeros(int(max(sender.max(), recipient.max())) + 1, np.bool_)
    present[sender] = present[recipient] = True
    number = np.cumsum(present) - 1
    one, other, count = number[sender], number[recipient], int(present.sum())
    pairs = _distinct(one * count + other)
    mine = count if among is None else int(present[:among].sum())
    out = np.bincount(pairs // count, minlength=count)[:mine]
    out = out[out > 0]
    back = np.isin(pairs % count * count + pairs // count, pairs)
    both = _distinct(np.concatenate([pairs, pairs % count * count + pairs // count]))
    degree = np.bincount(both // count, minlength=count)
    rows = one < mine
    gaps, burstiness = _gaps(one[rows], np.asarray(seconds, np.float64)[rows], count)
    from_mine, pairs_of_mine = one < mine, pairs // count < mine
    values = (
        from_mine.sum() / mine,
        from_mine.sum() / pairs_of_mine.sum(),
        *np.quantile(out, [0.5, 0.9, 0.99, 1.0]),
        *np.quantile(degree[:mine], [0.5, 0.99]),
        back[pairs_of_mine].mean(),
        _transitivity(both, degree, count, mine),
        burstiness,
        np.quantile(gaps, 0.5) / 60 if len(gaps) else 0.0,
        np.quantile(gaps, 0.9) / 3600 if len(gaps) else 0.0,
    )
    return {name: round(float(value), 4) for name, value in zip(FIGURES, values, strict=True)}


def _distinct(keys: Ints) -> Ints:
    """Sorted, each once; quicker than np.unique for millions of them."""
    ordered = np.sort(keys)
    found: Ints = ordered[np.diff(ordered, prepend=ordered[:1] - 1) != 0]
    return found


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


def _transitivity(both: Ints, degree: Ints, count: int, mine: int) -> float:
    """Share of the triples a – b – c in which a and c have written too; of a sample of them, with a
    and b among the first `mine`, so that a – c would be seen."""
    peers = both % count
    starts = np.concatenate([[0], np.cumsum(degree)])
    here = degree[:mine].astype(np.float64)
    wedges = np.cumsum(here * (here - 1))
    if not len(wedges) or wedges[-1] == 0:
        return 0.0
    rng = np.random.default_rng(0)
    middle = np.searchsorted(wedges, rng.random(_WEDGES) * wedges[-1], side="right")
    first = (rng.random(_WEDGES) * degree[middle]).astype(np.int64)
    second = (rng.random(_WEDGES) * (degree[middle] - 1)).astype(np.int64)
    second += second >= first
    one, other = peers[starts[middle] + first], peers[starts[middle] + second]
    whole = one < mine
    return float(np.isin((one * count + other)[whole], both).mean()) if whole.any() else 0.0


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
