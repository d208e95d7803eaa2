"""Signals and a scorecard become probabilities and bands: a pure function on Arrow tables.

    log odds = log odds of the prior + sum of the weights of the bins the signals fall into
    probability = that of the log odds, read off the card's calibration where it has one

Weights of evidence after Good (1950), Probability and the Weighing of Evidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.risk.scorecard import Bins, Calibration, Scorecard

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Assessed:
    """Assessments of many accounts, in the order of the signals they came from."""

    scorecard: Scorecard
    signals: pa.Table
    contributions: dict[str, Floats]
    """For each signal of the card, what it added to each account's log odds."""
    log_odds: Floats
    probability: Floats

    @property
    def flagged(self) -> npt.NDArray[np.bool_]:
        """True for each account at or above the card's flag threshold."""
        return self.probability >= self.scorecard.flag_probability

    def ranked(self) -> npt.NDArray[np.intp]:
        """Row numbers, highest log odds first; equal ones by account, so that order is fixed."""
        keys = pa.table({"log_odds": self.log_odds, "account": self.signals["account"]})
        order = pc.sort_indices(keys, [("log_odds", "descending"), ("account", "ascending")])
        return np.asarray(order, dtype=np.intp)

    def take(self, rows: npt.NDArray[np.intp]) -> Assessed:
        """The assessments of these rows, in this order."""
        return Assessed(
            self.scorecard,
            self.signals.take(pa.array(rows)),
            {name: column[rows] for name, column in self.contributions.items()},
            self.log_odds[rows],
            self.probability[rows],
        )

    def table(self) -> pa.Table:
        """One row an account: account, probability, band, log_odds, the signals' values, and a
        struct of contributions."""
        starts = np.array([band.start for band in self.scorecard.bands])
        at = np.searchsorted(starts, self.probability, side="right") - 1
        bands = pa.DictionaryArray.from_arrays(
            pa.array(at, pa.int32()), pa.array([band.name for band in self.scorecard.bands])
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
        return pa.table(parts)


def assess(signals: pa.Table, scorecard: Scorecard) -> Assessed:
    """Assess every row of the signals table."""
    contributions = {
        name: _weights(signals, name, bins) for name, bins in scorecard.signals.items()
    }
    log_odds = np.full(signals.num_rows, scorecard.prior_log_odds)
    for column in contributions.values():
        log_odds += column
    probability = 1 / (1 + np.exp(-calibrated(log_odds, scorecard)))
    return Assessed(scorecard, signals, contributions, log_odds, probability)


def calibrated(log_odds: Floats, scorecard: Scorecard) -> Floats:
    """The log odds that sums of prior and weights turned out to mean."""
    return read_off(log_odds, scorecard.calibration, scorecard.prior)


def read_off(log_odds: Floats, points: Calibration | None, prior: float) -> Floats:
    """Sums read off a calibration. At another base rate than that of the calibration, sums and
    what they mean are both moved by the difference."""
    if points is None:
        return log_odds
    shift = math.log(prior / (1 - prior)) - math.log(points.prior / (1 - points.prior))
    sums = np.array(points.sums)
    at = log_odds - shift
    distance: Floats = np.interp(at, sums, points.found) - np.clip(at, sums[0], sums[-1])
    return log_odds + distance


def bin_numbers(signals: pa.Table, name: str, bins: Bins) -> npt.NDArray[np.int8]:
    """The bin each row's value of one signal falls into, from 1; 0 where it is not known."""
    values = signals[name].to_numpy(zero_copy_only=False).astype(np.float64)
    # Rounded to nine places: engines agree to 1e-9, and no value may sit on two sides of an edge.
    found = np.searchsorted(np.array(bins.edges), np.round(values, 9), side="right") + 1
    return np.where(np.isnan(values), 0, found).astype(np.int8)


def _weights(signals: pa.Table, name: str, bins: Bins) -> Floats:
    found: Floats = np.array([0.0, *bins.weights])[bin_numbers(signals, name, bins)]
    return found
