"""Early detection as Vogt, Leser and Akbik 2021 define it.

After each message the window of the last 50 is classified; a warning is given, and stays, once s of
the last 10 windows are called positive (s is the skepticism). F1 is over segments (talk without a
long silence), of 6 to 150 messages with text; speed over the true positives among full chats, from
their first message on. So their published code has it, and it is what this module does. Where a
corpus has no full chats (PAN-2012), its segments stand in for them, and the report says so.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.research import measures
from fieldfare.lab.research.chats import Chats, Flags, Integers
from fieldfare.lab.research.detector import ADULT_FROM, LEAST_TOKENS, Detector
from fieldfare.lab.research.measures import Counts, Penalty

WINDOW: Final = 50
"""Messages classified together."""
LAST: Final = 10
"""Classified windows that skepticism counts in."""
SHORTEST, LONGEST = 6, 150
"""Messages of a segment that counts."""
_THRESHOLDS: Final = 200
"""Tried on the training part, at most."""

Floats = npt.NDArray[np.float64]


@functools.cache
def _loops() -> ModuleType:
    from fieldfare.lab.research import _early_loops

    return _early_loops


@dataclass(frozen=True, eq=False)
class Talk:
    """Window scores along the parts of a corpus, and which parts are an offender's."""

    starts: Integers
    scores: Floats
    """One a message."""
    offends: Flags
    """One a part."""

    def ranked(self, skepticism: int) -> Floats:
        """One a message: the threshold at or under which a warning is given there."""
        out = np.empty(self.scores.size)
        _loops().ranked_among_last(self.starts, self.scores, LAST, skepticism, out)
        return out

    def warned_at(self, ranked: Floats, threshold: float) -> Integers:
        """Of each part the number of messages read at the warning; 0 for none."""
        out = np.zeros(self.starts.size - 1, np.int64)
        _loops().first_at_least(self.starts, ranked, threshold, out)
        return out


@dataclass(frozen=True, eq=False)
class Material:
    """What early detection is measured on."""

    segments: Talk
    chats: Talk
    """Full chats of offenders; the segments again where the corpus has none."""


def material(chats: Chats, detector: Detector, *, full_chats: bool) -> Material:
    """The window scores of `detector` along the segments that count and, with `full_chats`,
    along whole conversations."""
    sizes = np.diff(chats.segment_starts)
    counts = (sizes >= SHORTEST) & (sizes <= LONGEST)
    kept = chats.only(np.repeat(counts, sizes))
    segments = _talk(kept, kept.segment_starts, detector)
    if not full_chats:
        return Material(segments, segments)
    return Material(segments, _talk(chats, chats.conversation_starts, detector))


def _talk(chats: Chats, starts: Integers, detector: Detector) -> Talk:
    child = chats.stated_age < ADULT_FROM
    seen = np.column_stack([chats.found, chats.stated_age >= ADULT_FROM, child])
    scores = np.empty(chats.author.size)
    authors = len(chats.author_ids)
    _loops().window_scores(
        starts,
        chats.author,
        chats.weight_sum,
        chats.tokens,
        seen.astype(np.uint8),
        detector.weights,
        LEAST_TOKENS,
        WINDOW,
        np.zeros(authors),
        np.zeros((authors, 1 + seen.shape[1]), np.int64),
        scores,
    )
    parts = np.repeat(np.arange(starts.size - 1), np.diff(starts))
    offends = np.bincount(parts, chats.offender[chats.author], starts.size - 1) > 0
    return Talk(starts, scores, offends)


def choose(training: Material, skepticism: int, penalty: Penalty) -> float:
    """The threshold with the highest F_latency on the training part; ∞ where nothing can be found.

    Tried are up to 200, evenly among the thresholds at which some segment stops being warned of.
    """
    ranked = training.segments.ranked(skepticism)
    chats = ranked if training.chats is training.segments else training.chats.ranked(skepticism)
    tops = np.maximum.reduceat(ranked, training.segments.starts[:-1]) if ranked.size else ranked
    offends = training.segments.offends
    # Thresholds above what any offender reaches find nothing.
    tried = np.unique(tops[offends & np.isfinite(tops)]) if tops.size else tops
    if tried.size > _THRESHOLDS:
        places = np.linspace(0, tried.size - 1, _THRESHOLDS).round().astype(np.int64)
        tried = tried[places]
    best, threshold = -1.0, float("inf")
    for each in tried:
        value = _f_latency(training, ranked, chats, float(each), penalty)
        if value >= best:
            best, threshold = value, float(each)
    return threshold


def _f_latency(
    on: Material, ranked: Floats, chats: Floats, threshold: float, penalty: Penalty
) -> float:
    warned = on.segments.warned_at(ranked, threshold)
    in_chats = warned if on.chats is on.segments else on.chats.warned_at(chats, threshold)
    latencies = in_chats[(in_chats > 0) & on.chats.offends]
    return measures.count(warned > 0, on.segments.offends).f(1) * measures.speed(latencies, penalty)


def figures(on: Material, skepticism: int, threshold: float, penalty: Penalty) -> dict[str, Any]:
    """F1, speed, F_latency, ERDE5 and ERDE50 at one threshold."""
    warned = on.segments.warned_at(on.segments.ranked(skepticism), threshold)
    in_chats = warned
    if on.chats is not on.segments:
        in_chats = on.chats.warned_at(on.chats.ranked(skepticism), threshold)
    latencies = in_chats[(in_chats > 0) & on.chats.offends]
    counts: Counts = measures.count(warned > 0, on.segments.offends)
    pace = measures.speed(latencies, penalty)
    return {
        "threshold": measures.rounded(threshold),
        **counts.as_json(),
        "f1": round(counts.f(1), 4),
        "speed": round(pace, 4),
        "f_latency": round(counts.f(1) * pace, 4),
        "median_latency_messages": float(np.median(latencies)) if latencies.size else None,
        "chats_warned_of": int(latencies.size),
        "erde5": round(measures.erde(warned, on.segments.offends, 5), 4),
        "erde50": round(measures.erde(warned, on.segments.offends, 50), 4),
    }
