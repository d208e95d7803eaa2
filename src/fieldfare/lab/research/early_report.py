"""``fieldfare evaluate early``: how early, and how well, on a corpus."""

from __future__ import annotations

from typing import Any

import numpy as np

from fieldfare.lab.research.chats import Chats
from fieldfare.lab.research.detector import feature_names, fit, turns, words
from fieldfare.lab.research.early import LAST, LONGEST, SHORTEST, WINDOW, choose, figures, material
from fieldfare.lab.research.measures import Penalty
from fieldfare.vocabulary import InputError


def evaluate(training: Chats, test: Chats, penalty: Penalty, *, full_chats: bool) -> dict[str, Any]:
    """Figures by detector and skepticism, thresholds chosen on the training part; ready for JSON.

    Raises InputError where a part has no segment of an offender that counts.
    """
    held = turns(training)
    report: dict[str, Any] = {}
    for detector in (words(training), fit(held)):
        learnt = material(training, detector, full_chats=full_chats)
        on = material(test, detector, full_chats=full_chats)
        for part, name in ((learnt, "training"), (on, "test")):
            if not part.segments.offends.any():
                raise InputError(
                    f"the {name} part has no segment of an offender with {SHORTEST} to {LONGEST} "
                    "messages"
                )
        by = {}
        for skepticism in range(1, LAST + 1):
            threshold = choose(learnt, skepticism, penalty)
            by[skepticism] = {
                **figures(on, skepticism, threshold, penalty),
                "f_latency_on_training": figures(learnt, skepticism, threshold, penalty)[
                    "f_latency"
                ],
            }
        chosen = max(by, key=lambda s: (by[s]["f_latency_on_training"], s))
        report[detector.name] = {
            "weights": detector.as_json(feature_names(test)),
            "skepticism_chosen_on_training": chosen,
            "at_that_skepticism": by[chosen],
            "by_skepticism": {str(s): one for s, one in by.items()},
            "segments": int(on.segments.offends.size),
            "segments_of_offenders": int(on.segments.offends.sum()),
            "chats_for_speed": int(np.count_nonzero(on.chats.offends)),
        }
    return {
        "window": WINDOW,
        "skepticism_of_last": LAST,
        "segment_messages": [SHORTEST, LONGEST],
        "penalty": {"name": penalty.value, "p": round(penalty.p, 5)},
        "speed_over": "full chats" if full_chats else "segments: the corpus has no full chats",
        "detectors": report,
    }
