"""Compiled: the tree of phrases: how it grows, and how a node is found from another."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import character, compiled, hash_word
from fieldfare.language.phrase_index import FOLLOWER_SHIFT, FREE, JOINED

INLINED = "cc37ea51ed0160a0"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Hashes = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]

SPREAD = np.uint64(0x9E3779B97F4A7C15)
S32 = np.uint64(32)
ONE = np.uint64(1)
TWO = np.uint64(2)
UPPER = np.uint32(FOLLOWER_SHIFT)


@compiled
def child(keys: Entries, children: Hashes, node: Any, label: Any) -> Any:
    """The node that `label` leads to from `node`; 0, the first root, for none."""
    last = np.uint64(keys.size - 1)
    key = (np.uint64(node) << S32) | np.uint64(label)
    at = ((key * SPREAD) >> S32) & last
    while keys[at] != FREE:
        if keys[at] == key:
            return np.int64(children[at])
        at = (at + ONE) & last
    return np.int64(0)


@compiled
def step(slots: Entries, node: Any, label: Any) -> Any:
    """Where in `phrase_index.Tree.slots` it stands what `label` leads to from `node`; 0 for
    nothing."""
    last = np.uint64((slots.size >> 2) - 1)
    key = (np.uint64(node) << S32) | np.uint64(label)
    at = ((key * SPREAD) >> S32) & last
    while slots[at << TWO] != FREE:
        if slots[at << TWO] == key:
            return np.int64((at << TWO) | ONE)
        at = (at + ONE) & last
    return np.int64(0)


@compiled
def may_follow(followers: Any, label: Any) -> Any:
    """Whether a label may lead on from a node, by the node's followers."""
    return (followers >> np.uint64(np.uint32(label) >> UPPER)) & ONE


@compiled
def grow(
    data: Bytes, bounds: Integers, root: Any, keys: Entries, children: Hashes, count: Any,
    nodes: Integers,
) -> Any:  # fmt: skip
    """Put patterns into the tree, below `root`; `nodes` receives where each ends.

    `count` is the number of nodes so far; returns the number after. A negative one says that
    the table is too full and has to be larger.
    """
    last = np.uint64(keys.size - 1)
    for i in range(bounds.size - 1):
        node = np.int64(root)
        at = bounds[i]
        end = bounds[i + 1]
        while at < end:
            if root != JOINED:
                if data[at] == 32:
                    at += 1
                    continue
                stop = at
                while stop < end and data[stop] != 32:
                    stop += 1
                label = np.uint64(hash_word(data, at, stop))
                at = stop
            else:
                code, width = character(data, at, end)
                label = np.uint64(code)
                at += width
            found = child(keys, children, node, label)
            if found == 0:
                if 3 * count > 2 * keys.size:
                    return np.int64(-1)
                key = (np.uint64(node) << S32) | label
                place = ((key * SPREAD) >> S32) & last
                while keys[place] != FREE:
                    place = (place + ONE) & last
                keys[place] = key
                children[place] = count
                found = np.int64(count)
                count += 1
            node = found
        nodes[i] = node
    return count


@compiled
def spread(keys: Entries, children: Hashes, old_keys: Entries, old_children: Hashes) -> None:
    """Enter everything of a table into a larger, empty one."""
    last = np.uint64(keys.size - 1)
    for k in range(old_keys.size):
        if old_keys[k] != FREE:
            place = ((old_keys[k] * SPREAD) >> S32) & last
            while keys[place] != FREE:
                place = (place + ONE) & last
            keys[place] = old_keys[k]
            children[place] = old_children[k]
