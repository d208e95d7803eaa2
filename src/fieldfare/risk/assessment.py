"""Signals and a scorecard become probabilities and bands: a pure function on Arrow tables.

    log odds = log odds of the prior + sum of the weights of the bins the signals fall into
               + what the card's calibration adds to such a sum, where it has one

Weights of evidence after Good (1950), Probability and the Weighing of Evidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.risk.scorecard import Bins, Points, Scorecard

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Assessed:
    """Assessments of many accounts, in the order of the signals they came from."""

    scorecard: Scorecard
    signals: pa.Table
    contributions: dict[str, Floats]
    """For each signal of the card, what it added to each account's log odds."""
    calibration: Floats
    """What the card's calibration added to each sum of prior and contributions."""
    log_odds: Floats
    probability: Floats
    with_text: Flags
    """Of which accounts text was read; weights, calibration and bands are apart for these."""

    @cached_property
    def ranks(self) -> npt.NDArray[np.intp]:
        """Each account's band, as a position in the card's `bands`."""
        text, none = (
            np.searchsorted(self.scorecard.starts(with_text=read), self.probability, side="right")
            for read in (True, False)
        )
        return np.where(self.with_text, text, none) - 1

    @property
    def flagged(self) -> Flags:
        """True for each account at or above the card's flag threshold."""
        return self.ranks >= self.scorecard.flag_rank

    def band(self, row: int) -> str:
        """The name of a row's band."""
        return self.scorecard.bands[int(self.ranks[row])].name

    def ranked(self, most: int | None = None) -> npt.NDArray[np.intp]:
        """Row numbers, highest log odds first; equal ones by account, so that order is fixed. With
        `most`, only so many."""
        keys = pa.table({"log_odds": self.log_odds, "account": self.signals["account"]})
        order = [("log_odds", "descending"), ("account", "ascending")]
        if most is None or most >= keys.num_rows:
            return np.asarray(pc.sort_indices(keys, order), dtype=np.intp)
        return np.asarray(pc.select_k_unstable(keys, most, order), dtype=np.intp)

    def take(self, rows: npt.NDArray[np.intp]) -> Assessed:
        """The assessments of these rows, in this order."""
        return Assessed(
            self.scorecard,
            self.signals.take(pa.array(rows)),
            {name: column[rows] for name, column in self.contributions.items()},
            self.calibration[rows],
            self.log_odds[rows],
            self.probability[rows],
            self.with_text[rows],
        )

    def table(self) -> pa.Table:
        """One row an account: account, probability, band, log_odds, the signals' values, and a
        struct of contributions."""
        bands = pa.DictionaryArray.from_arrays(
            pa.array(self.ranks, pa.int32()), pa.array([band.name for band in self.scorecard.bands])
        )
        parts = {
            "account": self.signals["account"],
            "probability": pa.array(self.probability),
            "band": bands.cast(pa.string()),
            "log_odds": pa.array(self.log_odds),
        }
        rest = [name for name in self.signals.column_names if name != "account"]
        parts |= {name: self.signals[name] for name in rest}
        parts["contributions"] = pa.StructArray.from_arrays(
            [pa.array(column.astype(np.float32)) for column in self.contributions.values()],
            names=list(self.contributions),
        )
        parts["calibration"] = pa.array(self.calibration)
        return pa.table(parts)


def assess(signals: pa.Table, scorecard: Scorecard) -> Assessed:
    """Assess every row of the signals table."""
    with_text = text_was_read(signals)
    contributions = {
        name: _weights(signals, name, bins, with_text) for name, bins in scorecard.signals.items()
    }
    sums = np.full(signals.num_rows, scorecard.prior_log_odds)
    for column in contributions.values():
        sums += column
    log_odds = calibrated(sums, scorecard, with_text)
    probability = 1 / (1 + np.exp(-log_odds))
    added = log_odds - sums
    return Assessed(scorecard, signals, contributions, added, log_odds, probability, with_text)


def text_was_read(signals: pa.Table) -> Flags:
    """Of which accounts text was read: their messages were looked at for words."""
    return np.asarray(pc.fill_null(pc.greater(signals["tokens"], 0), False), np.bool_)


def calibrated(sums: Floats, scorecard: Scorecard, with_text: Flags) -> Floats:
    """The log odds that sums of prior and weights turned out to mean: as they are, where the card
    has no calibration. `with_text` says of which accounts text was read.

    At another base rate than that of the calibration, sums and what they mean are both moved by
    the difference.
    """
    points = scorecard.calibration
    if points is None:
        return sums
    shift = scorecard.prior_log_odds - math.log(points.prior / (1 - points.prior))
    at = sums - shift
    return shift + np.where(with_text, read_off(at, points.text), read_off(at, points.metadata))


def read_off(sums: Floats, points: Points) -> Floats:
    """What sums mean by these points, at the base rate of the points."""
    edges = np.array(points.sums)
    distance: Floats = np.interp(sums, edges, points.found) - np.clip(sums, edges[0], edges[-1])
    return sums + distance


def bin_numbers(signals: pa.Table, name: str, bins: Bins) -> npt.NDArray[np.int8]:
    """The bin each row's value of one signal falls into, from 1; 0 where it is not known."""
    values = signals[name].to_numpy(zero_copy_only=False).astype(np.float64)
    # Rounded to nine places: engines agree to 1e-9, and no value may sit on two sides of an edge.
    found = np.searchsorted(np.array(bins.edges), np.round(values, 9), side="right") + 1
    return np.where(np.isnan(values), 0, found).astype(np.int8)


def _weights(signals: pa.Table, name: str, bins: Bins, with_text: Flags) -> Floats:
    numbers = bin_numbers(signals, name, bins)
    text: Floats = np.array([0.0, *bins.weights])[numbers]
    if bins.without_text is None:
        return text
    return np.where(with_text, text, np.array([0.0, *bins.without_text])[numbers])
