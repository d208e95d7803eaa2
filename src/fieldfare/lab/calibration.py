"""Fitting the scorecard on worlds whose truth is known, with intervals and a bound on false alarms.

What is learnt from are `training_rows`. Weights are apart for accounts of which text was read and
for the others, learnt from what a service sees that reads text and from what is left without; of
both a part is what is left without connections, notices and countries. Calibration, threshold and
bound come from people no weight was fitted to, and are apart as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.contacts.catalogue import catalogue
from fieldfare.lab import contact_measures as measures
from fieldfare.lab.fitted_card import bands, weights_of, with_weights
from fieldfare.lab.moments import Observed, Say
from fieldfare.lab.recalibration import calibration, points
from fieldfare.lab.scorecard_file import Interval
from fieldfare.lab.scorecard_fit import (
    ENOUGH,
    Codes,
    Floats,
    Limits,
    Table,
    distinct,
    fit,
    limits,
    summed,
)
from fieldfare.lab.training_rows import ALL, Training, learning_shares, training
from fieldfare.lab.views import BARE, VIEWS, with_text
from fieldfare.risk.assessment import calibrated, read_off
from fieldfare.risk.scorecard import Alarms, Calibration, Scorecard
from fieldfare.vocabulary import SettingsError

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

FOLDS: Final = 5
ROUGHLY: Final = 0.01
"""Where fits end that begin at the fitted weights: the bootstrap's and those of the folds."""
PER_MILLION: Final = 10.0


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted card with how sure it is."""

    card: Scorecard
    text: Interval
    without_text: Interval
    """2.5 % and 97.5 % of the bootstrap's draws, a signal and bin."""
    report: dict[str, Any]


def calibrate(
    worlds: Sequence[Observed],
    form: Scorecard,
    *,
    prior: float,
    apart: Sequence[Observed] = (),
    seed: int = 0,
    spread: float = 3.0,
    draws: int = 100,
    per_million: float = PER_MILLION,
    per_million_with_text: float | None = None,
    say: Say = lambda _: None,
) -> Fitted:
    """Fit the weights of a card in the form (bins, sentences, bands) of another, shrunk to it.

    Threshold, bound and calibration come from people that no weight was fitted to: those of each
    fold by cards of the others, and all of `apart`, by the card itself. Where text is read the
    threshold lets `per_million_with_text` pass, if given.
    """
    allowed = {"both": per_million_with_text or per_million, "metadata": per_million}
    rows = training(worlds, prior)
    fold = np.random.default_rng([seed, 2]).integers(0, FOLDS, rows.persons)[rows.person]
    held_out = np.empty(rows.counts.size)
    found: list[tuple[list[Floats], Interval]] = []
    for view in VIEWS:
        read = with_text(view)
        say(f"weights {'with' if read else 'without'} text")
        of_view = np.isin(rows.view, [n for n, each in enumerate(ALL) if with_text(each) == read])
        learn = _Learner.of(rows.take(of_view), form, prior, spread, with_text=read)
        weights = learn.fit(np.ones(rows.persons), learn.centre)
        found.append((weights, learn.interval(weights, draws, seed, say)))
        say("held-out folds")
        held_out[of_view] = _held_out(learn, weights, fold[of_view])
    (text, text_interval), (without, without_interval) = found
    card = with_weights(replace(form, prior=prior), text, without)
    unseen = _Unseen(rows, held_out, fold).joined(apart, card, np.random.default_rng([seed, 3]))
    report, limits_found = _report(unseen, prior, allowed)
    worst = max(report[view]["false_alarms_per_million_at_most"] for view in VIEWS)
    card = replace(
        card,
        calibration=_calibration(unseen, prior),
        alarms=Alarms(per_million, worst, unseen.rows.innocent),
    )
    alert = [
        float(calibrated(np.array([limits_found[view]]), card, np.array([view == "both"]))[0])
        for view in VIEWS
    ]
    card = replace(card, bands=bands(card, *alert))
    return Fitted(card, text_interval, without_interval, report)


def directions(form: Scorecard) -> dict[str, bool]:
    """Whether each signal's weights rise: as the catalogue says."""
    found = {}
    for name in form.signals:
        worse = catalogue()[name].worse
        if worse is None:
            raise SettingsError(f"{name}: catalogue.toml does not say which values are worse")
        found[name] = worse == "higher"
    return found


@dataclass(frozen=True, eq=False)
class _Learner:
    rows: Training
    patterns: Codes
    row: npt.NDArray[np.intp]
    prior: float
    centre: list[Floats]
    spread: float
    within: list[Limits]
    shares: Floats
    """How much each of `ALL` counts."""

    @staticmethod
    def of(
        rows: Training, form: Scorecard, prior: float, spread: float, *, with_text: bool
    ) -> _Learner:
        """Of rows that are all of accounts whose text was read, or all of others."""
        within = limits(form, directions(form), with_text=with_text)
        return _Learner(
            rows,
            *distinct(rows.codes),
            prior,
            weights_of(form, with_text=with_text),
            spread,
            list(within.values()),
            learning_shares(rows),
        )

    def interval(self, weights: list[Floats], draws: int, seed: int, say: Say) -> Interval:
        """The 95 % interval of the fitted weights, by people drawn again."""
        rng = np.random.default_rng([seed, 1])
        drawn = []
        for number in range(draws):
            say(f"bootstrap {number + 1} of {draws}")
            counts = rng.poisson(1.0, self.rows.persons).astype(np.float64)
            drawn.append(self.fit(counts, weights, ROUGHLY))
        if not drawn:
            return weights, weights
        stacked = [np.array([one[k] for one in drawn]) for k in range(len(weights))]
        low, high = ([np.quantile(draws, q, axis=0) for draws in stacked] for q in (0.025, 0.975))
        return low, high

    def fit(self, drawn: Floats, start: list[Floats], enough: float = ENOUGH) -> list[Floats]:
        """Fit with each person counted so often."""
        counts = self.rows.counts * drawn[self.rows.person] * self.shares[self.rows.view]
        size = self.patterns.shape[0]
        table = Table(
            self.patterns,
            summed(self.row, np.where(self.rows.offends, counts, 0.0), size),
            summed(self.row, np.where(self.rows.offends, 0.0, counts), size),
        )
        return fit(table, self.prior, start, self.centre, self.spread, self.within, enough)


def _held_out(learn: _Learner, weights: list[Floats], fold: Ints) -> Floats:
    """The log odds of every row by cards fitted without its person; `fold` is that of its row."""
    _, first = np.unique(learn.rows.person, return_index=True)
    of_person = np.zeros(learn.rows.persons, np.int64)
    of_person[learn.rows.person[first]] = fold[first]
    found = np.empty(learn.rows.counts.size)
    for k in range(FOLDS):
        drawn = (of_person != k).astype(np.float64) * FOLDS / (FOLDS - 1)
        fitted = learn.fit(drawn, weights, ROUGHLY)
        rounded = [np.round(weight, 2) for weight in fitted]
        found[fold == k] = log_odds(learn.rows.codes[fold == k], rounded, learn.prior)
    return found


def log_odds(codes: Codes, weights: Sequence[Floats], prior: float) -> Floats:
    """The log odds of rows of bin numbers."""
    total = np.full(codes.shape[0], math.log(prior / (1 - prior)))
    for column, weight in zip(codes.T, weights, strict=True):
        total += np.concatenate([[0.0], weight])[column]
    return total


@dataclass(frozen=True, eq=False)
class _Unseen:
    """Rows with their log odds by cards that their person had no part in."""

    rows: Training
    sums: Floats
    fold: Ints

    def joined(
        self, apart: Sequence[Observed], card: Scorecard, rng: np.random.Generator
    ) -> _Unseen:
        """With those of further worlds."""
        if not apart:
            return self
        more = training(apart, card.prior)
        more_sums = np.empty(more.counts.size)
        for number, view in enumerate(ALL):
            of_view = more.view == number
            weights = weights_of(card, with_text=with_text(view))
            more_sums[of_view] = log_odds(more.codes[of_view], weights, card.prior)
        return _Unseen(
            Training(
                np.concatenate([self.rows.codes, more.codes]),
                np.concatenate([self.rows.offends, more.offends]),
                np.concatenate([self.rows.counts, more.counts]),
                np.concatenate([self.rows.person, self.rows.persons + more.person]),
                np.concatenate([self.rows.view, more.view]),
                self.rows.persons + more.persons,
                self.rows.innocent + more.innocent,
            ),
            np.concatenate([self.sums, more_sums]),
            np.concatenate([self.fold, rng.integers(0, FOLDS, more.persons)[more.person]]),
        )


def _report(
    unseen: _Unseen, prior: float, allowed: dict[str, float]
) -> tuple[dict[str, Any], dict[str, float]]:
    """What rows say that no weight was fitted to; and the sums from which accounts are to be
    flagged, by view."""
    rows, held_out = unseen.rows, unseen.sums
    found: dict[str, Any] = {
        "prior": prior,
        "innocent_accounts": rows.innocent,
        "offenders": int(np.unique(rows.person[rows.offends]).size),
        "rows": int(rows.counts.size),
    }
    limits_found: dict[str, float] = {}
    probability = _calibrated_apart(unseen)
    for number, view in enumerate(VIEWS):
        of_view = rows.view == number
        innocent = of_view & ~rows.offends
        highest = np.full(rows.persons, -np.inf)
        np.maximum.at(highest, rows.person[innocent], held_out[innocent])
        highest = highest[np.isfinite(highest)]
        limit = measures.threshold_for(highest, rows.innocent, allowed[view])
        passed = int((highest > limit).sum())
        found[view] = {
            "threshold_log_odds": round(limit, 3),
            "false_alarms": passed,
            "false_alarms_per_million_at_most": round(
                1e6 * measures.upper_bound(passed, rows.innocent), 2
            ),
            **calibration(probability[of_view], rows.offends[of_view], rows.counts[of_view]),
        }
        limits_found[view] = limit
    found["bare"] = _bare(unseen, limits_found)
    return found, limits_found


def _bare(unseen: _Unseen, limits_found: dict[str, float]) -> dict[str, Any]:
    """What is flagged at the same thresholds where nothing is known but messages and ages: of
    people no weight was fitted to, in worlds that were looked at so."""
    found = {}
    for number, view in enumerate(ALL):
        of_view = unseen.rows.view == number
        if view not in BARE or not of_view.any():
            continue
        passed = of_view & (unseen.sums > limits_found[VIEWS[number - len(VIEWS)]])
        innocent, offends = of_view & ~unseen.rows.offends, of_view & unseen.rows.offends
        found[view] = {
            "false_alarms": int(np.unique(unseen.rows.person[passed & innocent]).size),
            "innocent_with_signals": int(np.unique(unseen.rows.person[innocent]).size),
            "offenders_flagged": int(np.unique(unseen.rows.person[passed & offends]).size),
            "offenders": int(np.unique(unseen.rows.person[offends]).size),
        }
    return found


def _calibration(unseen: _Unseen, prior: float) -> Calibration:
    rows = unseen.rows
    found = {}
    for number, view in enumerate(VIEWS):
        of = rows.view == number
        found[view] = points(unseen.sums[of], rows.offends[of], rows.counts[of])
    return Calibration(prior, found["both"], found["metadata"])


def _calibrated_apart(unseen: _Unseen) -> Floats:
    """Probabilities by a calibration that their person had no part in either."""
    rows = unseen.rows
    found = unseen.sums.copy()
    for number in range(len(VIEWS)):
        for k in range(FOLDS):
            others = (rows.view == number) & (unseen.fold != k)
            apart = (rows.view == number) & (unseen.fold == k)
            drawn = points(unseen.sums[others], rows.offends[others], rows.counts[others])
            found[apart] = read_off(unseen.sums[apart], drawn)
    return 1 / (1 + np.exp(-found))
