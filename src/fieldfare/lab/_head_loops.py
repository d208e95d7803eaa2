"""Compiled loops of training head tables. Import only where Numba may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import compiled

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]


@compiled
def descend(
    order: Integers,
    ids: Places,
    starts: Integers,
    wanted: Floats,
    shares: Floats,
    weights: Floats,
    layer: tuple[Floats, Floats, Floats],
    steps: tuple[Floats, Floats, Floats, Floats],
    rate: Any,
    drop: Any,
    shrink: Any,
    seed: Any,
) -> float:
    """One pass of stochastic gradient descent (AdaGrad: Duchi, Hazan, Singer 2011) over the
    logistic loss of each indicator; return the mean loss.

    `wanted` is 1, 0, or below 0 where not known. Of the features of a text a share `drop` is
    left out, other ones each time. `steps` sums the squared gradients of `weights` and `layer`.
    """
    np.random.seed(seed)
    inner, outer, last = layer
    of_weights, of_inner, of_outer, of_last = steps
    columns, indicators = weights.shape[1], last.size
    total = np.zeros(columns, np.float32)
    back = np.zeros(columns, np.float32)
    wrong = np.zeros(indicators, np.float32)
    kept = np.zeros(1 << 16, np.int32)
    loss = 0.0
    for i in order:
        count = 0
        for k in range(starts[i], starts[i + 1]):
            if ids[k] >= 0 and count < kept.size and np.random.random() >= drop:
                kept[count] = ids[k]
                count += 1
        if count == 0:
            continue
        unit = np.float32(1.0 / np.sqrt(count))
        total[:] = 0
        for k in range(count):
            total += weights[kept[k]]
        total[:] = total * unit + inner
        back[:] = 0
        for c in range(indicators):
            logit = last[c]
            for j in range(columns):
                if total[j] > 0:
                    logit += total[j] * outer[j, c]
            likely = 1.0 / (1.0 + np.exp(-logit))
            if wanted[i, c] < 0:
                wrong[c] = 0
            else:
                wrong[c] = (likely - wanted[i, c]) * shares[i]
                right = likely if wanted[i, c] > 0.5 else 1.0 - likely
                loss -= shares[i] * np.log(max(1e-7, right))
        for c in range(indicators):
            if wrong[c] == 0:
                continue
            for j in range(columns):
                if total[j] > 0:
                    back[j] += wrong[c] * outer[j, c]
                    slope = wrong[c] * total[j] + shrink * outer[j, c]
                    of_outer[j, c] += slope * slope
                    outer[j, c] -= rate * slope / np.sqrt(of_outer[j, c])
            of_last[c] += wrong[c] * wrong[c]
            last[c] -= rate * wrong[c] / np.sqrt(of_last[c])
        for j in range(columns):
            if total[j] > 0 and back[j] != 0:
                of_inner[j] += back[j] * back[j]
                inner[j] -= rate * back[j] / np.sqrt(of_inner[j])
            else:
                back[j] = 0
        for k in range(count):
            row = kept[k]
            for j in range(columns):
                if back[j] != 0:
                    slope = back[j] * unit
                    of_weights[row, j] += slope * slope
                    weights[row, j] -= rate * slope / np.sqrt(of_weights[row, j])
    return loss / order.size


@compiled
def add_rows(ids: Places, starts: Integers, vectors: Floats, sums: Floats) -> None:
    """The vectors of each text's features added up, divided by the root of their number."""
    for i in range(starts.size - 1):
        known = 0
        for k in range(starts[i], starts[i + 1]):
            if ids[k] >= 0:
                known += 1
                sums[i] += vectors[ids[k]]
        if known > 0:
            sums[i] /= np.sqrt(np.float32(known))
