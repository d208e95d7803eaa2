"""``fieldfare evaluate pan2012``: authors, lines and conversations, unfiltered and filtered.

Everything that is chosen or fitted is chosen on the training part; the test part is read once, at
the end. The filter is that of the competition's winner (Villatoro-Tello and others 2012) as far as
it is published: conversations of one author go, and those in which someone wrote fewer than six
messages. Its third part, "long sequences of unrecognised characters", has no published limit and
is left out. Recall is always of all offenders of the part, also those the filter has dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from fieldfare.lab.research import measures
from fieldfare.lab.research.chats import Chats, Flags, Integers
from fieldfare.lab.research.detector import (
    Detector,
    Floats,
    Turns,
    feature_names,
    fit,
    highest,
    turns,
    words,
)
from fieldfare.lab.research.measures import count, rounded
from fieldfare.lab.research.pan2012 import Lines

FEWEST: Final = 6
"""Messages everyone in a conversation must have written for the filter to keep it."""

Keep = Callable[[Chats], Flags]


def everything(chats: Chats) -> Flags:
    """No filter: every message."""
    return np.ones(chats.author.size, np.bool_)


def as_the_winner(chats: Chats) -> Flags:
    """The messages of conversations with two or more authors, each with `FEWEST` or more."""
    held = turns(chats)
    size = len(chats.conversation_ids)
    authors = np.bincount(held.conversation, minlength=size)
    short = np.bincount(held.conversation, held.messages < FEWEST, size)
    kept: Flags = ((authors > 1) & (short == 0))[chats.conversation]
    return kept


def listed(ids: frozenset[str]) -> Keep:
    """The messages of the conversations in a list."""

    def keep(chats: Chats) -> Flags:
        inside = np.array([each in ids for each in chats.conversation_ids], np.bool_)
        kept: Flags = inside[chats.conversation]
        return kept

    return keep


@dataclass(frozen=True, eq=False)
class Scored:
    """A part of the corpus under a filter, scored."""

    chats: Chats
    """As filtered."""
    authors: Floats
    """Scores; −∞ for authors without a message left."""
    conversations: Floats
    offends: Flags
    """Conversations."""
    positives: int
    """Conversations of offenders before the filter."""


def evaluate(
    training: Chats, test: Chats, lines: Lines | None, filters: dict[str, Keep]
) -> dict[str, Any]:
    """All figures by filter and detector, ready for JSON; no line figures without `lines`."""
    report: dict[str, Any] = {}
    for name, keep in filters.items():
        left, right = training.only(keep(training)), test.only(keep(test))
        held, tested = turns(left), turns(right)
        if not held.offends.any():
            report[name] = {"kept": kept(test, right), "note": "no offender left to train on"}
            continue
        detectors = (words(left), fit(held))
        report[name] = {
            "kept": kept(test, right),
            "kept_training": kept(training, left),
            "detectors": {
                each.name: _one(
                    each,
                    _scored(training, left, held, each),
                    _scored(test, right, tested, each),
                    lines,
                )
                for each in detectors
            },
        }
    return report


def kept(whole: Chats, part: Chats) -> dict[str, Any]:
    """What a filter leaves, and the recall it caps."""
    authors = np.unique(part.author)
    offenders = int(part.offender[authors].sum())
    total = whole.offenders_listed
    return {
        "conversations": int(np.unique(part.conversation).size),
        "of_conversations": len(whole.conversation_ids),
        "authors": int(authors.size),
        "of_authors": len(whole.author_ids),
        "offenders": offenders,
        "of_offenders": total,
        "highest_possible_recall": round(offenders / total, 4) if total else None,
    }


def _scored(whole: Chats, part: Chats, of: Turns, detector: Detector) -> Scored:
    scores = detector.scores(of)
    size = len(part.conversation_ids)
    offends = np.bincount(whole.conversation, whole.offender[whole.author], size) > 0
    return Scored(
        part,
        highest(scores, of.author, len(part.author_ids)),
        highest(scores, of.conversation, size),
        offends,
        int(offends.sum()),
    )


def _one(detector: Detector, training: Scored, test: Scored, lines: Lines | None) -> dict[str, Any]:
    threshold = measures.best_threshold(training.authors, training.chats.offender, 0.5)
    called = test.authors >= threshold
    counts = count(called, test.chats.offender, test.chats.offenders_listed)
    others = int((~called & ~test.chats.offender).sum())
    at_training = count(
        training.authors >= threshold,
        training.chats.offender,
        training.chats.offenders_listed,
    )
    return {
        "weights": detector.as_json(feature_names(test.chats)),
        "authors": {
            "threshold": rounded(threshold),
            **measures.author_figures(counts, others),
            "auroc": rounded(measures.auroc(test.authors, test.chats.offender)),
            "f0.5_on_training": round(at_training.f(0.5), 4),
        },
        "lines": _lines(test.chats, called, lines) if lines else None,
        "conversations": _conversations(training, test),
    }


def _conversations(training: Scored, test: Scored) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "of_offenders": test.positives,
        "auroc": rounded(measures.auroc(test.conversations, test.offends)),
    }
    for beta in (2.0, 0.5):
        threshold = measures.best_threshold(training.conversations, training.offends, beta)
        counts = count(test.conversations >= threshold, test.offends)
        figures[f"f{beta:g}"] = {
            "value": round(counts.f(beta), 4),
            "threshold": rounded(threshold),
            **counts.as_json(),
        }
    return figures


def _lines(chats: Chats, called: Flags, truth: Lines) -> dict[str, Any]:
    """Three ways of naming lines, none of them fitted: no line-level truth is for training."""
    from_called = called[chats.author]
    ways = {
        "every line of those called": from_called,
        "those with an indicator": from_called & chats.found.any(1),
        "those whose words weigh above 0": from_called & (chats.weight_sum > 0),
    }
    place = {name: k for k, name in enumerate(chats.conversation_ids)}
    wanted = _keys(*np.array([(place.get(name, -1), line) for name, line in truth]).T)
    read = _keys(chats.conversation, chats.line)
    figures: dict[str, Any] = {
        "truth": len(truth),
        "truth_not_among_lines_read": len(truth) - int(np.isin(wanted, read).sum()),
    }
    for name, chosen in ways.items():
        named = np.unique(read[chosen])
        counts = measures.Counts(int(np.isin(named, wanted).sum()), named.size, len(truth))
        figures[name] = {
            **counts.as_json(),
            "f1": round(counts.f(1), 4),
            "f3": round(counts.f(3), 4),
        }
    return figures


def _keys(conversation: Integers, line: Integers) -> Integers:
    """One number for a conversation and a line; −1 where there is no such conversation."""
    return np.where(conversation < 0, -1, conversation << 32 | np.minimum(line, 0xFFFFFFFF))
