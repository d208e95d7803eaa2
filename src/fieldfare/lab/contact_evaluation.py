"""How early offenders are found, and at what cost: ``fieldfare evaluate contacts``.

An innocent account is a false alarm if it is flagged on any of the dates it is looked at. An
offender counts as flagged from the first moment it is, of those at which it is followed (see
`moments`): so children contacted are exact, days and messages at most one child late. What was
never flagged counts as never, in every median and percentile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.contacts.catalogue import catalogue
from fieldfare.lab import contact_measures as measures
from fieldfare.lab.calibration import log_odds
from fieldfare.lab.contact_measures import NEVER, Rate
from fieldfare.lab.fitted_card import weights_of
from fieldfare.lab.moments import Observed, Seen
from fieldfare.lab.recalibration import calibration
from fieldfare.lab.training_rows import training
from fieldfare.lab.views import VIEWS
from fieldfare.risk.assessment import calibrated
from fieldfare.risk.scorecard import Scorecard
from fieldfare.vocabulary.times import DAY

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SEEN_AS: Final = ("metadata", "text", "both")
"""What is read: no text; nothing but text; everything."""
FIRST: Final = ("coach", "teacher", "head_teacher")
"""Innocent people that every table begins with."""
CURVE_CHILDREN: Final = (1, 2, 3, 4, 5, 6, 8, 10, 13, 16, 20, 25, 30, 40, 60, 100, 200)
"""Children contacted, in the curve of how many offenders are flagged by then."""


@dataclass(frozen=True, eq=False)
class Scores:
    """A world's log odds by one card, or by part of it."""

    innocent: Floats
    """The highest any innocent account ever had; only of those that had any."""
    innocent_account: npt.NDArray[np.int64]
    followed: Floats
    """Of every row of `followed`."""


def weights_seen(card: Scorecard, seen_as: str) -> list[Floats]:
    """The card's weights; those of what is not read are 0."""
    weights = weights_of(card, with_text=seen_as != "metadata")
    if seen_as != "text":
        return weights
    return [
        weight if catalogue()[name].evidence == "text" else np.zeros_like(weight)
        for name, weight in zip(card.signals, weights, strict=True)
    ]


def view_of(seen_as: str) -> str:
    """Which of `VIEWS` shows what is read."""
    return "metadata" if seen_as == "metadata" else "both"


def score(observed: Observed, card: Scorecard, seen_as: str) -> Scores:
    """Log odds of everyone in a world."""
    weights = weights_seen(card, seen_as)
    everyone = observed.everyone[view_of(seen_as)]
    followed = observed.followed[view_of(seen_as)]
    return scores_of(
        observed,
        everyone,
        log_odds(everyone.codes, weights, card.prior),
        log_odds(followed.codes, weights, card.prior),
    )


def scores_of(observed: Observed, everyone: Seen, sums: Floats, followed: Floats) -> Scores:
    """Scores from the log odds of the rows of everyone and of the offenders followed."""
    highest = np.full(observed.world.truth.table.num_rows, -np.inf)
    np.maximum.at(highest, everyone.account, sums)
    innocent = ~observed.world.truth.offender & np.isfinite(highest)
    return Scores(highest[innocent], np.flatnonzero(innocent), followed)


def threshold(
    worlds: Sequence[Observed],
    card: Scorecard,
    seen_as: str,
    per_million: float,
) -> float:
    """Log odds that at most `per_million` of a million innocent accounts of these worlds ever
    exceed."""
    scores = [score(world, card, seen_as).innocent for world in worlds]
    total = sum(world.world.innocent for world in worlds)
    return measures.threshold_for(np.concatenate(scores), total, per_million)


def card_threshold(card: Scorecard, seen_as: str) -> float:
    """The card's own threshold, as a sum of prior and weights that must be exceeded."""
    with_text = np.array([view_of(seen_as) == "both"])
    p = card.flag_probability(with_text=bool(with_text[0]))
    low, high = -60.0, 60.0
    for _ in range(80):
        middle = (low + high) / 2
        reached = 1 / (1 + np.exp(-calibrated(np.array([middle]), card, with_text)[0])) >= p
        low, high = (low, middle) if reached else (middle, high)
    return low


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a threshold does to a world."""

    observed: Observed
    alarmed: Flags
    """Of every account of the truth: innocent and flagged."""
    children: Floats
    """Of every offender with a course, at its first flag; `NEVER` where not flagged."""
    days: Floats
    messages: Floats
    offender: npt.NDArray[np.int64]
    """Row numbers of the truth of these offenders."""


def outcome(observed: Observed, card: Scorecard, seen_as: str, limit: float) -> Outcome:
    """Who is flagged, and when first."""
    return outcome_of(observed, score(observed, card, seen_as), view_of(seen_as), limit)


def outcome_of(observed: Observed, scores: Scores, view: str, limit: float) -> Outcome:
    """Who is flagged by these scores, and when first."""
    alarmed = np.zeros(observed.world.truth.table.num_rows, np.bool_)
    alarmed[scores.innocent_account[scores.innocent > limit]] = True
    course, rows = observed.course, observed.followed[view]
    offenders = np.flatnonzero(observed.world.truth.offender)
    flagged = scores.followed > limit
    size = observed.world.truth.table.num_rows
    first = np.full(size, np.iinfo(np.int64).max)
    np.minimum.at(first, rows.account[flagged], rows.moment[flagged])
    at_flag = course.moment == first[course.account]
    children, days, messages = (np.full(size, NEVER) for _ in range(3))
    who = course.account[at_flag]
    children[who] = course.children[at_flag]
    days[who] = (course.moment[at_flag] - observed.world.truth.started_at[who]) / DAY
    messages[who] = course.messages[at_flag]
    return Outcome(
        observed, alarmed, children[offenders], days[offenders], messages[offenders], offenders
    )


def offenders_table(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row a kind of offender: recall, and how early."""
    kinds: dict[str, list[tuple[Outcome, Flags]]] = {}
    for each in outcomes:
        for name, members in each.observed.world.truth.kinds.items():
            among = members[each.offender]
            if among.any():
                kinds.setdefault(name, []).append((each, among))
    return [{"kind": name, **_how_found(parts)} for name, parts in sorted(kinds.items())]


def _how_found(parts: Sequence[tuple[Outcome, Flags]]) -> dict[str, Any]:
    children, days, messages = (
        np.concatenate([getattr(each, name)[members] for each, members in parts])
        for name in ("children", "days", "messages")
    )
    found = np.isfinite(children)
    return {
        "recall": Rate(int(found.sum()), found.size).as_json(),
        "children": measures.how_early(children),
        "days": measures.how_early(days),
        "messages": measures.how_early(messages),
        "flagged_by_children": {
            str(k): round(float((children <= k).mean()), 4) for k in CURVE_CHILDREN
        },
    }


def innocent_table(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """One row a kind or slice of the innocent: alarms a million, and as a multiple of those of
    all. Coaches, teachers and head teachers come first, then the highest rates."""
    counts: dict[str, tuple[int, int]] = {}
    for each in outcomes:
        innocent = ~each.observed.world.truth.offender
        for name, members in each.observed.world.truth.groups.items():
            among = members & innocent
            if among.any():
                count, total = counts.get(name, (0, 0))
                counts[name] = (
                    count + int(each.alarmed[among].sum()),
                    total + int(among.sum()),
                )
    overall = false_alarms(outcomes)
    rows: list[dict[str, Any]] = []
    for name, (count, total) in counts.items():
        rate = Rate(count, total)
        rows.append(
            {
                "slice": name,
                **rate.as_json(measures.MILLION),
                "times_overall": _ratio(rate.value, overall.value),
                "times_overall_at_most": _ratio(rate.interval[1], overall.value),
            }
        )
    first = {name: k for k, name in enumerate(FIRST)}
    return sorted(
        rows, key=lambda r: (first.get(r["slice"], len(first)), -(r["value"] or 0), r["slice"])
    )


def _ratio(rate: float | None, overall: float | None) -> float | None:
    return None if not overall or rate is None else round(rate / overall, 2)


def false_alarms(outcomes: Sequence[Outcome]) -> Rate:
    """Innocent accounts ever flagged, of all."""
    return Rate(
        sum(int(each.alarmed.sum()) for each in outcomes),
        sum(each.observed.world.innocent for each in outcomes),
    )


def calibration_of(worlds: Sequence[Observed], card: Scorecard) -> dict[str, Any]:
    """How far the card's probabilities are from what is found, a view, at the card's prior."""
    rows = training(worlds, card.prior)
    found = {}
    for number, view in enumerate(VIEWS):
        of_view = rows.view == number
        sums = log_odds(rows.codes[of_view], weights_seen(card, view), card.prior)
        with_text = np.full(sums.size, view == "both")
        said = 1 / (1 + np.exp(-calibrated(sums, card, with_text)))
        found[view] = calibration(said, rows.offends[of_view], rows.counts[of_view])
    return found


def evaluate(
    worlds: Sequence[Observed],
    card: Scorecard,
    *,
    chosen_on: Sequence[Observed] = (),
    per_million: float = 10.0,
    limits: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """All figures but ablation and robustness, ready for JSON. Thresholds (log odds, by what is
    read) are `limits`, or chosen on `chosen_on`, at so many false alarms a million; without
    either, the card's own is taken."""
    limits = limits or {
        seen_as: threshold(chosen_on, card, seen_as, per_million)
        if chosen_on
        else card_threshold(card, seen_as)
        for seen_as in SEEN_AS
    }
    found: dict[str, Any] = {
        "card": {"version": card.version, "sha256": card.sha256, "prior": card.prior},
        "false_alarms_per_million_aimed_at": per_million if chosen_on else None,
        "thresholds_chosen_on": [world.world.name for world in chosen_on]
        or "the card's own flag threshold",
        "thresholds_log_odds": {name: round(limit, 3) for name, limit in limits.items()},
        "worlds": [describe(world) for world in worlds],
        "seen_as": {},
        "by_world": {},
    }
    for seen_as, limit in limits.items():
        outcomes = [outcome(world, card, seen_as, limit) for world in worlds]
        found["seen_as"][seen_as] = _figures(outcomes)
        for each in outcomes:
            found["by_world"].setdefault(each.observed.world.name, {})[seen_as] = _brief([each])
    found["calibration"] = calibration_of(worlds, card)
    return found


def together(
    worlds: Sequence[Observed], card: Scorecard, limits: Mapping[str, float]
) -> dict[str, Any]:
    """The innocent of several worlds together, and each world in brief, by what is read."""
    found: dict[str, Any] = {"worlds": [describe(world) for world in worlds], "seen_as": {}}
    for seen_as, limit in limits.items():
        outcomes = [outcome(world, card, seen_as, limit) for world in worlds]
        alarms = false_alarms(outcomes)
        found["seen_as"][seen_as] = {
            "false_alarms_per_million": alarms.as_json(measures.MILLION),
            "at_most_per_million": round(
                measures.MILLION * measures.upper_bound(alarms.count, alarms.total), 2
            ),
            "innocent": innocent_table(outcomes),
            "by_world": {each.observed.world.name: _brief([each]) for each in outcomes},
        }
    return found


def describe(observed: Observed) -> dict[str, Any]:
    """What a world holds."""
    return {
        "name": observed.world.name,
        "made": observed.world.made,
        "innocent_accounts": observed.world.innocent,
        "offenders": int(observed.world.truth.offender.sum()),
        "dates": int(observed.dates.size),
    }


def _figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "false_alarms_per_million": false_alarms(outcomes).as_json(measures.MILLION),
        "offenders": offenders_table(outcomes),
        "innocent": innocent_table(outcomes),
    }


def _brief(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {
        "false_alarms_per_million": false_alarms(outcomes).as_json(measures.MILLION),
        "offenders": [
            {key: row[key] for key in ("kind", "recall", "children")}
            for row in offenders_table(outcomes)
        ],
    }
