"""Compiled loops of the protocol of early detection. Import only where Numba may be."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int64]


@compiled
def window_scores(
    starts: Integers,
    author: Integers,
    weight_sum: Floats,
    tokens: Integers,
    seen: npt.NDArray[np.uint8],
    weights: Floats,
    least: float,
    window: int,
    sums: Floats,
    counts: Counts,
    out: Floats,
) -> None:
    """The score of the last `window` messages, after each message; a window does not reach back
    over a start. It is the highest of those who write in it, each scored on what they wrote in it.

    `seen` is what a message has (0 or 1), one column each of `weights[1:]` but the last, the last
    two columns being the ages "adult" and "child"; `weights[0]` is that of z and `weights[-1]`
    that of a child's age stated by anyone else in the window. `sums` (authors) and `counts`
    (authors × 1 + columns, tokens first) are zero, and zero again at the end.
    """
    columns = seen.shape[1]
    for part in range(starts.size - 1):
        begin, end = starts[part], starts[part + 1]
        children = 0
        for i in range(begin, end):
            first = max(begin, i - window + 1)
            for turn in range(2):
                # The message that comes, then the one that leaves.
                j, sign = i, 1
                if turn == 1:
                    j, sign = first - 1, -1
                    if j < begin:
                        continue
                who = author[j]
                had = counts[who, columns] > 0
                sums[who] += sign * weight_sum[j]
                counts[who, 0] += sign * tokens[j]
                for k in range(columns):
                    counts[who, 1 + k] += sign * seen[j, k]
                if counts[who, 0] == 0:
                    sums[who] = 0.0
                has = counts[who, columns] > 0
                children += int(has) - int(had)
            best = -np.inf
            for j in range(first, i + 1):
                who = author[j]
                if j > first and author[j] == author[j - 1]:
                    continue
                score = weights[0] * sums[who] / np.sqrt(max(float(counts[who, 0]), least))
                for k in range(columns):
                    if counts[who, 1 + k] > 0:
                        score += weights[1 + k]
                own = 1 if counts[who, columns] > 0 else 0
                if children > own:
                    score += weights[-1]
                best = max(best, score)
            out[i] = best
        for i in range(begin, end):
            who = author[i]
            sums[who] = 0.0
            counts[who] = 0


@compiled
def ranked_among_last(starts: Integers, scores: Floats, last: int, rank: int, out: Floats) -> None:
    """After each message the `rank`-th highest of the last `last` scores, −∞ while there are
    fewer: a warning under that skepticism is given where it first reaches the threshold."""
    held = np.empty(last)
    for part in range(starts.size - 1):
        begin, end = starts[part], starts[part + 1]
        for i in range(begin, end):
            first = max(begin, i - last + 1)
            size = i - first + 1
            for j in range(size):
                held[j] = scores[first + j]
            out[i] = -np.inf
            if size >= rank:
                out[i] = np.sort(held[:size])[size - rank]


@compiled
def first_at_least(starts: Integers, values: Floats, threshold: float, out: Integers) -> None:
    """Of each part the number of messages read when a value first reaches `threshold`; 0: never."""
    for part in range(starts.size - 1):
        out[part] = 0
        for i in range(starts[part], starts[part + 1]):
            if values[i] >= threshold:
                out[part] = i - starts[part] + 1
                break
