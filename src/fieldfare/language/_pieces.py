"""Compiled: a list of word pieces as a trie, and the likeliest way to cut a text into them.

The cut is that of a unigram model (Kudo 2018, *Subword regularization*): of all ways to write
the text as pieces, the one whose scores, log probabilities, add up to the most. Import it only
through `pieces`: importing Numba takes half a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import character
from fieldfare.language._words import compiled as _compile

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]
Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float32]

WIDEST = 96
"""Characters of a window: more than any phrase has, few enough that the rest of a long
message does not drown one."""

ROOM = 4 * WIDEST + 8
"""Bytes a window may have, with the space before it and at its joints."""


@_compile
def build(data: Bytes, bounds: Integers, labels: Bytes, first: Places, piece: Places) -> int:
    """Lay the sorted pieces ``data[bounds[i]:bounds[i+1]]`` out as a trie; return its nodes.

    Breadth first, so that the children of a node stand side by side, by label: those of `k` are
    ``first[k]`` to ``first[k+1]``. `piece` has the piece that ends at a node, or -1. The arrays
    need one place more than the pieces have bytes, and one more for the end.
    """
    low = np.empty(labels.size, np.int32)
    high = np.empty(labels.size, np.int32)
    depth = np.empty(labels.size, np.int32)
    low[0], high[0], depth[0] = 0, bounds.size - 1, 0
    nodes = 1
    k = 0
    while k < nodes:
        at = low[k]
        piece[k] = -1
        first[k] = nodes
        if at < high[k] and bounds[at] + depth[k] == bounds[at + 1]:
            piece[k] = at
            at += 1
        while at < high[k]:
            label = data[bounds[at] + depth[k]]
            labels[nodes] = label
            depth[nodes] = depth[k] + 1
            low[nodes] = at
            while at < high[k] and data[bounds[at] + depth[k]] == label:
                at += 1
            high[nodes] = at
            nodes += 1
        k += 1
    first[nodes] = nodes
    return nodes


@_compile
def child(labels: Bytes, first: Places, node: Any, label: Any) -> Any:
    """The child of `node` along `label`, or -1."""
    low, high = first[node], first[node + 1]
    while low < high:
        middle = (low + high) >> 1
        if labels[middle] < label:
            low = middle + 1
        else:
            high = middle
    if low < first[node + 1] and labels[low] == label:
        return low
    return -1


@_compile
def cut(
    text: Bytes,
    size: Any,
    labels: Bytes,
    first: Places,
    piece: Places,
    scores: Floats,
    unknown: Any,
    best: Floats,
    came: Places,
    which: Places,
    ids: Places,
    starts: Places,
) -> Any:
    """Cut ``text[:size]`` into pieces; return how many. `ids` gets them, last first, -1 for a
    character that is in none; `starts` gets where each begins. `best`, `came` and `which` are
    working space, one longer than the text."""
    best[: size + 1] = np.float32(-1e30)
    best[0] = 0
    at = 0
    while at < size:
        _, width = character(text, at, size)
        base = best[at]
        single = False
        node = 0
        reach = at
        while reach < size:
            node = child(labels, first, node, text[reach])
            if node < 0:
                break
            reach += 1
            found = piece[node]
            if found >= 0:
                single = single or reach == at + width
                score = base + scores[found]
                if score > best[reach]:
                    best[reach] = score
                    came[reach] = at
                    which[reach] = found
        if not single and base + unknown > best[at + width]:
            best[at + width] = base + unknown
            came[at + width] = at
            which[at + width] = -1
        at += width
    count = 0
    at = size
    while at > 0:
        ids[count] = which[at]
        starts[count] = came[at]
        at = came[at]
        count += 1
    return count


@_compile
def cut_one(
    text: Bytes,
    labels: Bytes,
    first: Places,
    piece: Places,
    scores: Floats,
    unknown: Any,
) -> tuple[Places, Places]:
    """The pieces of a text of any length, in order, and where each begins."""
    room = text.size + 1
    ids, starts = np.empty(room, np.int32), np.empty(room, np.int32)
    came, which = np.empty(room, np.int32), np.empty(room, np.int32)
    best = np.empty(room, np.float32)
    count = cut(
        text, text.size, labels, first, piece, scores, unknown, best, came, which, ids, starts
    )
    return ids[:count][::-1].copy(), starts[:count][::-1].copy()
