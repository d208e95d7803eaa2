"""What each text says that heads learn from, and how often it is learnt from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.lab import frame_texts
from fieldfare.lab.head_texts import Example
from fieldfare.language.heads import Floats
from fieldfare.language.indicators import read_indicators


def wanted_of(texts: Sequence[Example], normalised: pa.Array, ids: tuple[str, ...]) -> Floats:
    """Texts × indicators: 1, 0, or -1 where not known."""
    wanted = np.zeros((len(texts), len(ids)), np.float32)
    place = {name: k for k, name in enumerate(ids)}
    # What phrases find beside what a text was written for is neither wanted nor unwanted; nor is
    # what frames find in a text made of frames.
    made = [k for k, one in enumerate(texts) if one.source in frame_texts.SOURCES]
    finders = [(read_indicators(), np.arange(len(texts)))]
    finders += [(frame_texts.finder(), np.array(made))] if made else []
    for finder, rows in finders:
        for row, others in zip(
            rows.tolist(), finder.find(normalised.take(pa.array(rows))).to_pylist(), strict=True
        ):
            wanted[row, [place[name] for name in others]] = -1
    for row, one in enumerate(texts):
        if one.indicator is not None:
            wanted[row, place[one.indicator]] = 1
    return wanted


def times(texts: Sequence[Example], crowd: int, crowded: int, calm: int) -> npt.NDArray[np.int64]:
    """How often each text is learnt from: `crowded` times where it says an indicator in a language
    that has more than `crowd` ordinary texts beyond those; `calm` times where it is one of the
    ordinary ones written for the project, or of a small collection of dialogue."""
    ordinary = Counter(one.language for one in texts if one.indicator is None)
    said = Counter(one.language for one in texts if one.indicator is not None)
    of = {name: crowded if ordinary[name] - said[name] > crowd else 1 for name in said}

    def each(one: Example) -> int:
        if one.indicator is not None:
            return of[one.language]
        own = one.source == "ordinary" or (one.source == "chatterbot" and one.language != "en")
        return calm if own else 1

    return np.fromiter(map(each, texts), np.int64, len(texts))
