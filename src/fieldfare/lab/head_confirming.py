"""The thresholds from which heads confirm a frame.

They are set on ordinary conversation, which nothing is trained on, and let through `TIMES` as many
of its messages as those by which heads find an indicator of themselves, or `TIMES_MORE` where a
frame has more than two parts: few of these messages have a frame of the same indicator too. They
are not set on the messages with a frame: frames were reviewed on the same conversation, which has
left few of them there, and more elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import pyarrow as pa

from fieldfare.language.heads import Floats, Fusion, Heads
from fieldfare.language.normalise import normalise

TIMES: Final = 20
TIMES_MORE: Final = 60


def confirming(
    heads: Heads, ordinary: Mapping[str, Sequence[str]], false: Mapping[str, float]
) -> Fusion:
    """The fusion of `heads` with thresholds to confirm by, set anew on `ordinary`, by source.

    `false` is by indicator the share of ordinary messages in which heads may find it of
    themselves. An indicator that is not there gets no threshold.
    """
    texts = pa.array([text for each in ordinary.values() for text in each], pa.large_string())
    forms = normalise(texts)
    alone = replace(heads, pieces=None, piece_list=None)
    logits = heads.logits(forms)
    both, more = (_least(logits, heads.ids, false, times) for times in (TIMES, TIMES_MORE))
    return msgspec.structs.replace(
        heads.fusion,
        confirming=both,
        confirming_characters=_least(alone.logits(forms), heads.ids, false, TIMES),
        confirming_more={name: round(both[name] - least, 3) for name, least in more.items()},
    )


def _least(
    logits: Floats, ids: tuple[str, ...], false: Mapping[str, float], times: float
) -> dict[str, float]:
    found = {}
    for k, name in enumerate(ids):
        if name in false and len(logits):
            found[name] = round(least_of(logits[:, k], times * false[name]) + 0.001, 3)
    return found


def least_of(logits: Floats, share: float) -> float:
    """The logit above which no more than a `share` of them are."""
    ranked = np.sort(logits)[::-1]
    return float(ranked[min(ranked.size - 1, int(share * ranked.size))])
