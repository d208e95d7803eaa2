"""Compiled: texts without what is not seen: invisible characters, and marks heaped on a letter.

The tables are Unicode's; see `normalise` for which characters go and why.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import character, compiled

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

HIDDEN, MARK = 1, 2


@compiled
def visible(
    data: Bytes,
    offsets: Integers,
    kinds: Bytes,
    most: int,
    out: Bytes,
    places: Integers,
    trace: Integers,
) -> None:
    """Write every message without hidden characters, and with at most so many marks in a row,
    into `out`, which is as long as the texts.

    `kinds` says which characters are `HIDDEN` or a `MARK`. `places` receives where each message
    begins. A `trace` as long as `out` receives the byte of the text that each byte came from.
    """
    traced = trace.size > 0
    k = np.int64(0)
    for i in range(offsets.size - 1):
        places[i] = k
        at = offsets[i]
        end = offsets[i + 1]
        marks = 0
        while at < end:
            if data[at] < 0x80:
                out[k] = data[at]
                if traced:
                    trace[k] = at
                k += 1
                at += 1
                marks = 0
                continue
            code, width = character(data, at, end)
            kind = kinds[code] if code < kinds.size else 0
            if kind == HIDDEN:
                at += width
                continue
            marks = marks + 1 if kind == MARK else 0
            if marks <= most:
                for j in range(width):
                    out[k] = data[at + j]
                    if traced:
                        trace[k] = at
                    k += 1
            at += width
    places[offsets.size - 1] = k


@compiled
def composed(
    data: Bytes, offsets: Integers, stable: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]
) -> None:
    """Set in `other` which messages hold a character that NFKC may change."""
    for i in range(offsets.size - 1):
        at = offsets[i]
        end = offsets[i + 1]
        found = False
        while at < end and not found:
            if data[at] < 0x80:
                at += 1
                continue
            code, width = character(data, at, end)
            found = code >= stable.size or not stable[code]
            at += width
        other[i] = found
