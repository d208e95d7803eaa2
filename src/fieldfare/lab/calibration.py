"""Fitting the scorecard on worlds whose truth is known, with intervals and a bound on false alarms.

A row is an account at a moment (`moments`). Every innocent account counts once in all, evenly over
the dates it was looked at; every offender once, evenly over the stages it reached: after one
child, two, three, five, eight and so on, so that the card is good early and not only at the end.
Half of each weight lies on what a service that reads text sees and half on what is left without
text, so that one card serves both. The two sides are weighed so that offenders make up `prior` of
all: the log odds of the prior then need no correction, and probabilities are at that base rate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from fieldfare.contacts.catalogue import catalogue
from fieldfare.lab import contact_measures as measures
from fieldfare.lab.moments import VIEWS, Observed, Say
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
from fieldfare.risk.scorecard import Band, Bins, Scorecard
from fieldfare.vocabulary import SettingsError

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

STAGES: Final = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377)
"""Children contacted, at which offenders are learnt from; and all of them."""
FOLDS: Final = 5
ROUGHLY: Final = 0.01
"""Where fits end that begin at the fitted weights: the bootstrap's and those of the folds."""
PER_MILLION: Final = 10.0
LEAST_ALERT: Final = 0.06
CURVE: Final = np.array([0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1])
"""Where probabilities are parted to compare what is said with what is found."""


@dataclass(frozen=True, eq=False)
class Training:
    """Rows to learn from, of one view or several, of one world or several."""

    codes: Codes
    offends: Flags
    counts: Floats
    """How much each row counts: an innocent account 1 over all its rows."""
    person: Ints
    """Whose row it is: what is drawn in a bootstrap, and never split over folds."""
    view: npt.NDArray[np.int8]
    """Position in `VIEWS`."""
    persons: int
    innocent: int
    """Accounts, with those that no row is of: nobody has anything to say about them."""


def training(worlds: Sequence[Observed], prior: float) -> Training:
    """The rows of all worlds, weighed as the module says."""
    offenders = sum(int(seen.world.truth.offender.sum()) for seen in worlds)
    innocent = sum(seen.world.innocent for seen in worlds)
    if not offenders or not innocent:
        raise SettingsError("calibration needs worlds with both offenders and others")
    each_offender = innocent * prior / (1 - prior) / offenders
    parts: list[tuple[Any, ...]] = []
    first = 0
    for seen in worlds:
        persons = _persons(seen)
        for number, view in enumerate(VIEWS):
            for codes, counts, accounts, offend in (
                _innocent_rows(seen, view),
                _offender_rows(seen, view, each_offender),
            ):
                parts.append(
                    (
                        codes,
                        np.full(counts.size, offend),
                        counts / len(VIEWS),
                        first + persons[accounts],
                        np.full(counts.size, number, np.int8),
                    )
                )
        first += int(persons.max()) + 1
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    return Training(*columns, persons=first, innocent=innocent)  # type: ignore[misc,arg-type]


def _persons(seen: Observed) -> Ints:
    """A number a person, for every account of the truth."""
    table = seen.world.truth.table
    if "person" not in table.column_names:
        return np.arange(table.num_rows)
    person = table["person"].combine_chunks()
    if person.null_count:
        person = pc.coalesce(person, table["account"].combine_chunks())
    return np.asarray(person.dictionary_encode().indices, np.int64)


def _innocent_rows(seen: Observed, view: str) -> tuple[Codes, Floats, Ints, bool]:
    rows = seen.everyone[view]
    keep = ~seen.world.truth.offender[rows.account]
    account = rows.account[keep]
    return rows.codes[keep], np.full(account.size, 1 / seen.dates.size), account, False


def _offender_rows(seen: Observed, view: str, each: float) -> tuple[Codes, Floats, Ints, bool]:
    rows = seen.followed[view]
    counts = each * stage_shares(seen)[where_seen(seen, view)]
    keep = counts > 0
    return rows.codes[keep], counts[keep], rows.account[keep], True


def stage_shares(seen: Observed) -> Floats:
    """How much each moment of the course counts: 1 an offender, evenly over the stages it
    reached, and within a stage evenly over its moments."""
    course = seen.course
    size = int(course.account.max(initial=0)) + 1
    final = np.zeros(size, np.int64)
    np.maximum.at(final, course.account, course.children)
    staged = np.isin(course.children, STAGES) | (course.children == final[course.account])
    key = course.account * (1 << 20) + course.children
    _, stage, moments = np.unique(key[staged], return_inverse=True, return_counts=True)
    stages = np.bincount(
        course.account[staged],
        1 / moments[stage],
        minlength=size,
    )
    shares = np.zeros(course.account.size)
    shares[staged] = 1 / moments[stage] / stages[course.account[staged]]
    return shares


def where_seen(seen: Observed, view: str) -> Ints:
    """For each row of `followed`, which row of the course it is."""
    order = {
        key: row
        for row, key in enumerate(
            zip(seen.course.account.tolist(), seen.course.moment.tolist(), strict=True)
        )
    }
    rows = seen.followed[view]
    found = zip(rows.account.tolist(), rows.moment.tolist(), strict=True)
    return np.array([order[key] for key in found], np.int64)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted card with how sure it is."""

    card: Scorecard
    low: list[Floats]
    high: list[Floats]
    """2.5 % and 97.5 % of the bootstrap's draws, a signal and bin."""
    report: dict[str, Any]


def calibrate(
    worlds: Sequence[Observed],
    form: Scorecard,
    *,
    prior: float,
    seed: int = 0,
    spread: float = 3.0,
    draws: int = 100,
    per_million: float = PER_MILLION,
    say: Say = lambda _: None,
) -> Fitted:
    """Fit the weights of a card in the form (bins, sentences, bands) of another, shrunk to it."""
    rows = training(worlds, prior)
    within = list(limits(form, directions(form)).values())
    centre = [np.array(bins.weights) for bins in form.signals.values()]
    patterns, row = distinct(rows.codes)
    learn = _Learner(rows, patterns, row, prior, centre, spread, within)
    say(f"fitting on {rows.codes.shape[0]:,} rows, {patterns.shape[0]:,} of them distinct")
    weights = learn.fit(np.ones(rows.persons), centre)
    rng = np.random.default_rng([seed, 1])
    drawn = []
    for number in range(draws):
        say(f"bootstrap {number + 1} of {draws}")
        drawn.append(learn.fit(rng.poisson(1.0, rows.persons).astype(np.float64), weights, ROUGHLY))
    low, high = _interval(drawn, weights)
    say("held-out folds")
    held_out = _held_out(learn, weights, np.random.default_rng([seed, 2]))
    report, alert = _report(rows, held_out, prior, per_million)
    card = with_weights(replace(form, prior=prior), weights)
    return Fitted(replace(card, bands=_bands(card, alert)), low, high, report)


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

    def fit(self, drawn: Floats, start: list[Floats], enough: float = ENOUGH) -> list[Floats]:
        """Fit with each person counted so often."""
        counts = self.rows.counts * drawn[self.rows.person]
        size = self.patterns.shape[0]
        table = Table(
            self.patterns,
            summed(self.row, np.where(self.rows.offends, counts, 0.0), size),
            summed(self.row, np.where(self.rows.offends, 0.0, counts), size),
        )
        return fit(table, self.prior, start, self.centre, self.spread, self.within, enough)


def _interval(
    drawn: list[list[Floats]], weights: list[Floats]
) -> tuple[list[Floats], list[Floats]]:
    if not drawn:
        return weights, weights
    stacked = [np.array([one[k] for one in drawn]) for k in range(len(weights))]
    low, high = ([np.quantile(draws, q, axis=0) for draws in stacked] for q in (0.025, 0.975))
    return low, high


def _held_out(learn: _Learner, weights: list[Floats], rng: np.random.Generator) -> Floats:
    """The log odds of every row by a card that never saw its person."""
    fold = rng.integers(FOLDS, size=learn.rows.persons)
    found = np.empty(learn.rows.counts.size)
    for k in range(FOLDS):
        fitted = learn.fit((fold != k).astype(np.float64) * FOLDS / (FOLDS - 1), weights, ROUGHLY)
        apart = fold[learn.rows.person] == k
        rounded = [np.round(weight, 2) for weight in fitted]
        found[apart] = log_odds(learn.rows.codes[apart], rounded, learn.prior)
    return found


def log_odds(codes: Codes, weights: Sequence[Floats], prior: float) -> Floats:
    """The log odds of rows of bin numbers."""
    total = np.full(codes.shape[0], math.log(prior / (1 - prior)))
    for column, weight in zip(codes.T, weights, strict=True):
        total += np.concatenate([[0.0], weight])[column]
    return total


def _report(
    rows: Training, held_out: Floats, prior: float, per_million: float
) -> tuple[dict[str, Any], float]:
    """What held-out rows say; and the log odds from which accounts are to be flagged."""
    found: dict[str, Any] = {
        "prior": prior,
        "innocent_accounts": rows.innocent,
        "offenders": int(np.unique(rows.person[rows.offends]).size),
        "rows": int(rows.counts.size),
    }
    alert = -math.inf
    for number, view in enumerate(VIEWS):
        of_view = rows.view == number
        innocent = of_view & ~rows.offends
        highest = np.full(rows.persons, -np.inf)
        np.maximum.at(highest, rows.person[innocent], held_out[innocent])
        limit = measures.threshold_for(highest[np.isfinite(highest)], rows.innocent, per_million)
        passed = int((highest > limit).sum())
        probability = 1 / (1 + np.exp(-held_out[of_view]))
        found[view] = {
            "threshold_log_odds": round(limit, 3),
            "false_alarms": passed,
            "false_alarms_per_million_at_most": round(
                1e6 * measures.upper_bound(passed, rows.innocent), 2
            ),
            **calibration(probability, rows.offends[of_view], rows.counts[of_view]),
        }
        alert = max(alert, limit)
    return found, alert


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


def basis(worlds: Sequence[Observed], form: Scorecard, *, prior: float, seed: int) -> str:
    """The line of a card that says what it rests on."""
    made = "; ".join(
        f"{each.world.innocent:,} innocent accounts and {int(each.world.truth.offender.sum()):,} "
        f"offenders" + (f" (seed {each.world.made['seed']})" if "seed" in each.world.made else "")
        for each in worlds
    )
    return (
        f"Fitted to simulated behaviour, and not validated in the field: {made}; base rate "
        f"{prior:g}, seed {seed}, shrunk to {form.version}. Its probabilities are calibrated in "
        "that simulation, not in life: order accounts by it, and do not read its probabilities as "
        "measured rates."
    )


def with_weights(form: Scorecard, weights: Sequence[Floats]) -> Scorecard:
    """The card with other weights, of two decimals."""
    return replace(
        form,
        signals={
            name: Bins(
                bins.edges,
                tuple(round(float(w), 2) + 0.0 for w in weight),
                bins.sentence,
                bins.format,
            )
            for (name, bins), weight in zip(form.signals.items(), weights, strict=True)
        },
    )


def _bands(card: Scorecard, alert: float) -> tuple[Band, ...]:
    """The card's bands, with flags from the chosen threshold on, rounded up to a hundredth."""
    start = math.ceil(100 / (1 + math.exp(-alert)) + 1e-9) / 100
    start = min(max(start, LEAST_ALERT), 0.99)
    bands = []
    for band in card.bands:
        if band.name == card.flag_from:
            bands.append(Band(band.name, start))
        elif bands and bands[-1].start >= band.start:
            # A graver band keeps its place above.
            bands.append(Band(band.name, round((1 + bands[-1].start) / 2, 3)))
        else:
            bands.append(band)
    return tuple(bands)
