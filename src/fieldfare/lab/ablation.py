"""What signals are worth: the figures without one of them, or without a family of them.

The weights of the others stay as they are. The threshold is each time the one that lets as many of
the innocent of all worlds pass, those measured included: what is compared is what is found at the
same cost.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.contacts.catalogue import catalogue
from fieldfare.lab import contact_evaluation as evaluation
from fieldfare.lab import contact_measures as measures
from fieldfare.lab.calibration import log_odds
from fieldfare.lab.contact_evaluation import Scores, false_alarms, offenders_table, view_of
from fieldfare.lab.moments import Observed, Seen
from fieldfare.risk.scorecard import Scorecard

Floats = npt.NDArray[np.float64]

DECIMALS: Final = 6


def families() -> dict[str, list[str]]:
    """The families of ``signal_families.toml`` with their signals."""
    return tomllib.loads((files("fieldfare.lab") / "signal_families.toml").read_text("utf-8"))


def add_to(
    figures: dict[str, Any],
    worlds: Sequence[Observed],
    card: Scorecard,
    *,
    chosen_on: Sequence[Observed] = (),
    per_million: float = 10.0,
) -> None:
    """Add `ablation` and `ablation_of_families` to figures, by what is read."""
    choosing = [*chosen_on, *(each for each in worlds if each not in chosen_on)]
    for seen_as in ("metadata", "both"):
        trial = _Trial(
            [_Parts.of(world, card, seen_as) for world in choosing],
            [_Parts.of(world, card, seen_as) for world in worlds],
            card,
            per_million,
        )
        scored = [name for name in card.signals if _counts(card, name, seen_as)]
        of_signals = [trial.without({name}, name) for name in scored]
        of_families = []
        for family, names in families().items():
            within = {name for name in names if name in scored}
            if within:
                alone = trial.without(set(scored) - within, family)
                row = trial.without(within, family)
                of_families.append({**row, "recall_alone": alone["recall"]})
        whole = trial.without((), None)
        figures.setdefault("ablation", {})[seen_as] = [whole, *_worst_first(of_signals)]
        figures.setdefault("ablation_of_families", {})[seen_as] = [
            {**whole, "recall_alone": whole["recall"]},
            *_worst_first(of_families),
        ]


def _counts(card: Scorecard, name: str, seen_as: str) -> bool:
    """Whether a signal says anything in what is read."""
    read = seen_as == "both" or catalogue()[name].evidence != "text"
    return read and any(card.signals[name].weights_for(with_text=seen_as == "both"))


def _worst_first(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: float(row["flagged_by_5_children"]))


@dataclass(frozen=True, eq=False)
class _Parts:
    """A world's sums by a card, from which some signals at a time are taken away."""

    observed: Observed
    card: Scorecard
    view: str
    everyone: Floats
    followed: Floats

    @staticmethod
    def of(observed: Observed, card: Scorecard, seen_as: str) -> _Parts:
        view = view_of(seen_as)
        weights = evaluation.weights_seen(card, seen_as)
        sums = (
            log_odds(seen[view].codes, weights, card.prior)
            for seen in (observed.everyone, observed.followed)
        )
        return _Parts(observed, card, view, *sums)

    def without(self, names: Collection[str]) -> Scores:
        everyone, followed = self.observed.everyone[self.view], self.observed.followed[self.view]
        return evaluation.scores_of(
            self.observed,
            everyone,
            self._less(self.everyone, everyone, names),
            self._less(self.followed, followed, names),
        )

    def _less(self, sums: Floats, seen: Seen, names: Collection[str]) -> Floats:
        share = np.zeros(seen.account.size)
        for column, (name, bins) in enumerate(self.card.signals.items()):
            if name in names:
                weights = bins.weights_for(with_text=self.view == "both")
                share += np.array([0.0, *weights])[seen.codes[:, column]]
        # Weights have two decimals; equal sums must stay equal.
        return np.round(sums - share, DECIMALS)


@dataclass(frozen=True, eq=False)
class _Trial:
    """Worlds that thresholds are chosen on, and worlds that are measured."""

    choosing: Sequence[_Parts]
    worlds: Sequence[_Parts]
    card: Scorecard
    per_million: float

    def without(self, names: Collection[str], title: str | None) -> dict[str, Any]:
        """The figures without these signals."""
        chosen = [each.without(names).innocent for each in self.choosing]
        innocent = sum(each.observed.world.innocent for each in self.choosing)
        limit = measures.threshold_for(np.concatenate(chosen), innocent, self.per_million)
        outcomes = [
            evaluation.outcome_of(each.observed, each.without(names), each.view, limit)
            for each in self.worlds
        ]
        children = np.concatenate([each.children for each in outcomes])
        return {
            "without": title,
            "recall": round(float(np.isfinite(children).mean()), 4),
            "flagged_by_5_children": round(float((children <= 5).mean()), 4),
            "children": measures.how_early(children),
            "offenders": [
                {key: row[key] for key in ("kind", "recall", "children")}
                for row in offenders_table(outcomes)
            ],
            "false_alarms_per_million": false_alarms(outcomes).as_json(measures.MILLION),
            "chosen_on_innocent": innocent,
        }
