"""Compiled loops of training and measuring token tables. Import only where Numba may be."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import compiled

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

SNAPSHOT = 8192
"""Steps between two of the weight vectors that are averaged: a sum after every step would cost
more than the step."""


@compiled
def descend(
    ids: npt.NDArray[np.int32],
    begins: Integers,
    ends: Integers,
    offends: Floats,
    shares: Floats,
    order: Integers,
    shrink: float,
    rate: float,
    scaled: bool,
    least: float,
    weights: npt.NDArray[np.float32],
    mean: Floats,
) -> int:
    """Averaged stochastic gradient descent of the logistic loss; fill `mean`.

    A chunk of messages is the tokens from `begins` to `ends`; its score is Σ weight, divided by
    √max(tokens, `least`) where `scaled`, and without an intercept, so that a message without
    tokens speaks neither way. `shares` weighs the chunks, `shrink` is L2 a step. Weights are kept
    divided by `scale`, so that shrinking all of them is one multiplication.
    """
    scale = 1.0
    taken = 0
    for step in range(order.size):
        i = order[step]
        size = ends[i] - begins[i]
        unit = 1.0 / np.sqrt(max(float(size), least)) if scaled else 1.0
        total = 0.0
        for j in range(begins[i], ends[i]):
            total += weights[ids[j]]
        probability = 1.0 / (1.0 + np.exp(-total * scale * unit))
        pace = rate / (1.0 + rate * shrink * step)
        scale *= 1.0 - pace * shrink
        change = np.float32(-pace * (probability - offends[i]) * shares[i] * unit / scale)
        for j in range(begins[i], ends[i]):
            weights[ids[j]] += change
        # The first quarter still moves far; an average over it would lag behind.
        due = step % SNAPSHOT == SNAPSHOT - 1 or step == order.size - 1
        if due and 4 * step >= order.size:
            taken += 1
            for k in range(mean.size):
                mean[k] += scale * weights[k]
    for k in range(mean.size):
        mean[k] /= taken
    return taken


@compiled
def message_sums(
    ids: npt.NDArray[np.int32], starts: Integers, weights: Floats, sums: Floats
) -> None:
    """Σ weight of each message."""
    for i in range(starts.size - 1):
        total = 0.0
        for j in range(starts[i], starts[i + 1]):
            total += weights[ids[j]]
        sums[i] = total


@compiled
def follow(
    authors: Integers,
    messages: Integers,
    sums: Floats,
    tokens: Integers,
    least: float,
    lengths: Integers,
    last: Floats,
    highest: Floats,
) -> None:
    """z of each author after each of `lengths` messages, and the highest z up to there.

    `messages` says where each author's begin (one more than the authors). An author with fewer
    messages keeps the z after the last one.
    """
    for a in range(authors.size):
        total = 0.0
        count = 0.0
        z = 0.0
        top = -np.inf
        k = 0
        for m in range(messages[authors[a]], messages[authors[a] + 1]):
            total += sums[m]
            count += tokens[m]
            z = total / np.sqrt(max(count, least))
            top = max(top, z)
            if m - messages[authors[a]] + 1 == lengths[k]:
                last[a, k] = z
                highest[a, k] = top
                k += 1
                if k == lengths.size:
                    break
        while k < lengths.size:
            last[a, k] = z
            highest[a, k] = top
            k += 1


@compiled
def weighted_areas(
    labels: npt.NDArray[np.bool_], ties: npt.NDArray[np.bool_], counts: Any, areas: Floats
) -> None:
    """Area under the ROC curve for each row of `counts`, how often each author was drawn.

    `labels` and `counts` are in ascending order of score; `ties` says where the score is that of
    the one before. Ties count half.
    """
    for r in range(counts.shape[0]):
        below = 0.0
        positives = 0.0
        negatives = 0.0
        area = 0.0
        tied_positives = 0.0
        tied_negatives = 0.0
        for i in range(labels.size):
            if not ties[i]:
                area += tied_positives * (below + tied_negatives / 2)
                below += tied_negatives
                tied_positives = 0.0
                tied_negatives = 0.0
            drawn = float(counts[r, i])
            if labels[i]:
                tied_positives += drawn
                positives += drawn
            else:
                tied_negatives += drawn
                negatives += drawn
        area += tied_positives * (below + tied_negatives / 2)
        areas[r] = area / (positives * negatives) if positives * negatives > 0 else np.nan


@compiled
def weighted_recalls(
    labels: npt.NDArray[np.bool_],
    ties: npt.NDArray[np.bool_],
    counts: Any,
    rate: float,
    recalls: Floats,
) -> None:
    """Share of positives above the highest threshold that at most `rate` of negatives pass.

    Order, ties and rows of `counts` as in `weighted_areas`. A positive tied with the first
    negative that is not allowed does not count.
    """
    for r in range(counts.shape[0]):
        negatives = 0.0
        positives = 0.0
        for i in range(labels.size):
            if labels[i]:
                positives += counts[r, i]
            else:
                negatives += counts[r, i]
        allowed = np.floor(negatives * rate + 1e-9)
        passed = 0.0
        found = 0.0
        group = 0.0
        for i in range(labels.size - 1, -1, -1):
            if labels[i]:
                group += counts[r, i]
            else:
                passed += counts[r, i]
            if passed > allowed:
                break
            if not ties[i]:
                found += group
                group = 0.0
        recalls[r] = found / positives if positives > 0 else np.nan
