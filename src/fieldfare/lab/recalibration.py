"""What the sums of a card turn out to mean, and how far its probabilities are from what is found.

A card's weights are fitted so that their sum is log odds; shrinkage, limits and signals that
overlap leave it wrong at the high end. Sums of people held out of the fit are therefore set beside
what they turned out to be, in a few bins; the card keeps a point a bin
(`risk.scorecard.Points`).
"""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab import contact_measures as measures
from fieldfare.risk.scorecard import Points

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

CURVE: Final = np.array([0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1])
"""Where probabilities are parted to compare what is said with what is found."""
BINS: Final = (0.002, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95)
"""Where sums are parted, as probabilities. Below the first they are left as they are."""
HELD: Final = 1.0
"""Each bin is held to what its sums say as by so many further accounts."""


def points(sums: Floats, offends: Flags, counts: Floats) -> Points:
    """One point a bin, rising; bins in which more is found than in the next are put together.

    `sums` are log odds of rows held out of the fit, `counts` how much each row counts at the base
    rate. Where no row lies above the first edge, sums stay as they are.
    """
    edges = np.log(np.array(BINS) / (1 - np.array(BINS)))
    rows = sums >= edges[0]
    if not rows.any():
        return Points((0.0,), (0.0,))
    sums, offends, counts = sums[rows], offends[rows], counts[rows]
    where = np.searchsorted(edges, sums, side="right") - 1
    mass = np.bincount(where, counts, len(BINS))
    said = 1 / (1 + np.exp(-sums))
    filled = mass > 0
    mass = mass[filled]
    mean = np.bincount(where, counts * said, len(BINS))[filled] / mass
    found = np.bincount(where, counts * offends, len(BINS))[filled]
    share = (found + HELD * mean) / (mass + HELD)
    level = measures.isotonic(share.astype(np.float64), (mass + HELD).astype(np.float64))
    first = np.flatnonzero(np.diff(level, prepend=-1) > 0)
    together = np.add.reduceat(mass, first)
    middle = np.add.reduceat(mass * mean, first) / together
    pairs = list(zip(_log_odds(middle), _log_odds(level[first]), strict=True))
    kept = [pairs[0]]
    for pair in pairs[1:]:
        if pair[0] > kept[-1][0] and pair[1] > kept[-1][1]:
            kept.append(pair)
    return Points(*zip(*kept, strict=True))


def _log_odds(probability: Floats) -> list[float]:
    return [round(math.log(p / (1 - p)), 2) + 0.0 for p in probability.tolist()]


def calibration(probability: Floats, offends: Flags, counts: Floats) -> dict[str, Any]:
    """How far probabilities are from what is found: over everyone, over those at .05 and above,
    and from the nearest rising curve."""
    above = probability >= 0.05
    found: dict[str, Any] = {
        "calibration_error": round(
            measures.calibration_error(probability, offends, counts, CURVE), 5
        ),
    }
    if above.any():
        part = probability[above], offends[above], counts[above]
        order = np.argsort(part[0], kind="stable")
        fitted = measures.isotonic(part[1][order].astype(np.float64), part[2][order])
        distance = np.abs(fitted - part[0][order])
        found |= {
            "calibration_error_from_5_percent": round(measures.calibration_error(*part, CURVE), 5),
            "isotonic_distance_from_5_percent": round(
                float(distance @ part[2][order] / part[2].sum()), 5
            ),
        }
    found["curve"] = measures.reliability(probability, offends, counts, CURVE)
    return found
