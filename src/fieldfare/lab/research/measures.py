"""The official measures, as defined where each says. Counts in, numbers from 0 to 1 out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from math import exp, log
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Counts:
    """What was found and what there was to find. Authors, lines or conversations."""

    true_positives: int
    found: int
    """All that was called positive, rightly or not."""
    positives: int
    """All that should have been."""

    @property
    def precision(self) -> float:
        """0 where nothing was found."""
        return self.true_positives / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """0 where there was nothing to find."""
        return self.true_positives / self.positives if self.positives else 0.0

    def f(self, beta: float) -> float:
        """F_β = (1 + β²)·P·R / (β²·P + R) (van Rijsbergen 1979), 0 where nothing is right.

        PAN-2012 ranks authors by F0.5 = 1.25·P·R / (0.25·P + R), in which precision counts more,
        and lines by F3 = 10·P·R / (9·P + R), in which recall does.
        """
        return _f(self.true_positives, self.found, self.positives, beta)

    def as_json(self) -> dict[str, int | float]:
        """Counts, precision and recall, rounded."""
        return {
            "true_positives": self.true_positives,
            "false_positives": self.found - self.true_positives,
            "false_negatives": self.positives - self.true_positives,
            "precision": round(self.precision, 4),
            "recall": round(self.recall, 4),
        }


def count(called: Flags, truth: Flags, positives: int | None = None) -> Counts:
    """Counts of calls against truth; `positives` where more were to be found than `truth` holds."""
    wanted = int(truth.sum()) if positives is None else positives
    return Counts(int((called & truth).sum()), int(called.sum()), wanted)


def interval(counts: Counts, beta: float, others: int, draws: int = 2000) -> dict[str, float]:
    """A 95 % interval of F_β: what was counted, drawn again with replacement (seed 0). `others` is
    how many were rightly left alone. Covers the chance of who is in the test part, nothing else."""
    cells = np.array(
        [
            counts.true_positives,
            counts.found - counts.true_positives,
            counts.positives - counts.true_positives,
            others,
        ],
        np.float64,
    )
    drawn = np.random.default_rng(0).multinomial(int(cells.sum()), cells / cells.sum(), draws)
    values = [_f(int(a), int(a + b), int(a + c), beta) for a, b, c, _ in drawn]
    low, high = np.quantile(values, [0.025, 0.975])
    return {"low": round(float(low), 4), "high": round(float(high), 4)}


def best_threshold(scores: Floats, truth: Flags, beta: float) -> float:
    """The threshold at which F_β is highest, scores at or above it being called: one of the scores,
    the highest of equals. ∞ where there is nothing to find."""
    order = np.argsort(-scores, kind="stable")
    ranked, hits = scores[order], np.cumsum(truth[order])
    wanted = int(truth.sum())
    # Only after the last of equal scores is there a threshold.
    ends = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True) & np.isfinite(ranked))
    if not ends.size or not wanted:
        return float("inf")
    square = beta * beta
    values = (1 + square) * hits[ends] / (ends + 1 + square * wanted)
    return float(ranked[ends[int(np.argmax(values))]])


def _f(true_positives: int, found: int, positives: int, beta: float) -> float:
    square = beta * beta
    below = found + square * positives
    return (1 + square) * true_positives / below if below else 0.0


def auroc(scores: Floats, truth: Flags) -> float:
    """Area under the ROC curve; a tie counts half. NaN where one side is empty."""
    positives, negatives = scores[truth], np.sort(scores[~truth])
    if not positives.size or not negatives.size:
        return float("nan")
    below = np.searchsorted(negatives, positives, "left")
    not_above = np.searchsorted(negatives, positives, "right")
    return float((below + not_above).sum() / 2 / positives.size / negatives.size)


class Penalty(Enum):
    """The p of the latency penalty. Figures under one say nothing about figures under another."""

    VOGT_2021 = "vogt-2021"
    """ln 3 / 89: .5 at message 90 (Vogt, Leser and Akbik 2021)."""
    ERISK = "erisk"
    """.0078: .5 at message 142, as eRisk has it (after Sadeque, Xu and Bethard 2018)."""

    @property
    def p(self) -> float:
        """Per message."""
        return log(3) / 89 if self is Penalty.VOGT_2021 else 0.0078

    def of(self, messages: float) -> float:
        """−1 + 2 / (1 + e^(−p·(l − 1))): 0 for a warning at the first message, 1 for one at the
        end of time."""
        return -1 + 2 / (1 + exp(-self.p * (messages - 1)))


def speed(latencies: npt.NDArray[np.int64], penalty: Penalty) -> float:
    """1 − the median penalty over true positives; 0 where there are none.

    `latencies` are numbers of messages, 1 for a warning at the first. F_latency is F1 · speed.
    """
    if not latencies.size:
        return 0.0
    return 1 - float(np.median([penalty.of(float(each)) for each in latencies]))


def erde(warned_at: npt.NDArray[np.int64], truth: Flags, o: float) -> float:
    """Early risk detection error, ERDE_o, the mean cost over all chats (Losada and Crestani 2016).

    `warned_at` is the number of messages read at the warning, 0 for none. A false alarm costs the
    prevalence (the share of `truth`), a miss 1, a true alarm after k messages
    1 − 1/(1 + e^(k − o)), and rightly no alarm nothing. Less is better; eRisk prints 100 times
    this.
    """
    if not truth.size:
        return 0.0
    late = 1 / (1 + np.exp(np.clip(o - warned_at.astype(np.float64), -700, 700)))
    warned = warned_at > 0
    cost = np.where(warned, np.where(truth, late, truth.mean()), np.where(truth, 1.0, 0.0))
    return float(cost.mean())


def rounded(value: float) -> float | None:
    """Four places, for JSON; None for what is no number."""
    return round(value, 4) if np.isfinite(value) else None


def author_figures(counts: Counts, others: int) -> dict[str, Any]:
    """Precision, recall, F1, and F0.5 with its interval."""
    return {
        **counts.as_json(),
        "f1": round(counts.f(1), 4),
        "f0.5": round(counts.f(0.5), 4),
        "f0.5_interval": interval(counts, 0.5, others),
    }
