"""All phrases as a few compact arrays, which the loops of `_phrases` search.

The tree has three roots: below one, phrases word by word, each word as its hash; below another,
for scripts without spaces between words, phrases character by character; below the third,
beginnings of words. A phrase with a gap ends at two nodes, one for each side, and a frame at as
many as its parts have spellings (`frame_index`). Phrases come in language by language, so that
never more than the spellings of one language are in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fieldfare.language import known_words
from fieldfare.language.frame_index import FrameBuilder, Frames
from fieldfare.language.patterns import PartPattern

APART, JOINED, STEM = 1, 2, 3
"""The roots: words apart, characters, and beginnings of words."""
FIRST_NODE = 4

WHOLE, OPENS, CLOSES, PARTS = 0, 1, 2, 3
KIND_SHIFT = 28
"""An output is a kind and, in the bits below, an indicator, the number of a gap, or a set of
parts of frames."""

INNER = 1 << 31
SETS = 32
PHRASES = 1 << 63
FOLLOWER_SHIFT = 26

SPOT_BITS = 21

LATIN = 0xE0
"""Bytes from here on are of scripts beyond U+0800; a text without has none written unspaced."""

FREE = np.uint64(0xFFFFFFFFFFFFFFFF)

Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint32]


class Tree(NamedTuple):
    """Where each word leads from each node, and what ends there."""

    slots: npt.NDArray[np.uint64]
    """A hash table, four numbers a place, side by side for one access to memory: node and label,
    or `FREE`; the node they lead to, `INNER` if others follow it, the set of frame parts that
    ends there plus one in the bits from `SETS` on, and `PHRASES` if phrases do; the followers of
    that node, a bit for the upper six bits of each label; and 0."""
    first: Small
    """What ends at node k: ``outputs[first[k]:first[k + 1]]``, ascending."""
    outputs: Small
    reach: Small
    """Of each gap: the most that may stand between, words or bytes."""
    owners: Small
    """Of each gap: its indicator."""
    furthest: int
    """The most of `reach`."""
    everywhere: bool
    """Whether a phrase of characters may stand in a text of Latin letters alone. Frames of
    characters are not looked for there: what is Latin in their parts stands in other words."""


class Vocabulary(NamedTuple):
    """The words of the phrases, to be found by what a slip leaves of them."""

    data: npt.NDArray[np.uint8]
    bounds: Integers
    hashes: Hashes
    masks: Hashes
    """The languages of each word; see `known_words.language`."""
    buckets: Small
    """Keys that begin with the 16 bits b: ``keys[buckets[b]:buckets[b + 1]]``."""
    keys: Hashes
    owners: Small
    """The word of each key."""
    spots: npt.NDArray[np.uint8]
    """A bit for the upper `SPOT_BITS` bits of each key: most words have no key of a word they
    might be."""
    voices: npt.NDArray[np.uint64]
    """Hash of a word, and of words of frames, to its languages, as `_words.mask_of` reads it."""


class Builder:
    """Takes in phrases, language by language."""

    def __init__(self) -> None:
        self._keys = np.full(1 << 12, FREE, np.uint64)
        self._children = np.zeros(1 << 12, np.uint32)
        self._nodes = FIRST_NODE
        self._ends: list[Integers] = []
        self._outputs: list[Integers] = []
        self._frames = FrameBuilder()
        self._reach: list[int] = []
        self._owners: list[int] = []
        self._words: dict[bytes, int] = {}
        self._others: dict[bytes, int] = {}
        self._everywhere = False

    def whole(self, patterns: list[bytes], indicators: Integers, *, apart: bool) -> Integers:
        """Take in phrases without a gap; returns the node where each ends."""
        nodes = self._grow(patterns, APART if apart else JOINED)
        self._everywhere = self._everywhere or (not apart and any(map(_latin, patterns)))
        self._note(nodes, WHOLE, indicators)
        return nodes

    def gap(
        self, before: list[bytes], after: list[bytes], indicator: int, reach: int, *, apart: bool
    ) -> None:
        """Take in a phrase with a gap."""
        number = np.int64(len(self._reach))
        for patterns, kind in ((before, OPENS), (after, CLOSES)):
            self._note(self._grow(patterns, APART if apart else JOINED), kind, number)
            self._everywhere = self._everywhere or (not apart and any(map(_latin, patterns)))
        self._reach.append(reach)
        self._owners.append(indicator)

    def parts(self, parts: Sequence[PartPattern], *, apart: bool) -> range:
        """Take in parts of frames, the spellings and the beginnings of words of each; returns
        their numbers."""
        root = APART if apart else JOINED
        stems = [stem for part in parts for stem in part.stems]
        whole = [one for part in parts for one in part.spellings]
        ends = np.concatenate([self._grow(whole, root), self._grow(stems, STEM)])
        counts = np.array([list(map(len, part)) for part in parts], np.int64).reshape(-1, 2)
        owners = np.concatenate([np.repeat(np.arange(len(parts)), each) for each in counts.T])
        return self._frames.parts(ends, owners, stems)

    def frame(self, needed: list[int], barred: list[int], indicator: int, mask: int) -> None:
        """Take in a frame of parts, by their numbers, of the languages of `mask`."""
        self._frames.frame(needed, barred, indicator, mask)

    def spoken(self, patterns: list[bytes], mask: int) -> None:
        """The words of these patterns are of the languages of `mask`; slips in them are mended."""
        for word in set(b" ".join(patterns).split()):
            self._words[word] = self._words.get(word, 0) | mask

    def heard(self, patterns: list[bytes], mask: int) -> None:
        """The words of these patterns, too; slips in them are not mended: there are too many."""
        for word in set(b" ".join(patterns).split()):
            self._others[word] = self._others.get(word, 0) | mask

    def _note(self, nodes: Integers, kind: int, numbers: Integers | np.int64) -> None:
        self._ends.append(nodes)
        self._outputs.append(np.broadcast_to((kind << KIND_SHIFT) | numbers, nodes.shape))

    def _grow(self, patterns: list[bytes], root: int) -> Integers:
        from fieldfare.language import _phrase_tree

        data, bounds = _joined(patterns)
        nodes = np.zeros(len(patterns), np.int64)
        while True:
            count = _phrase_tree.grow(
                data, bounds, root, self._keys, self._children, self._nodes, nodes
            )
            if count > 0:
                self._nodes = count
                return nodes
            # What was put in before the table was full is put in again, to no effect.
            self._enlarge()

    def _enlarge(self) -> None:
        from fieldfare.language import _phrase_tree

        keys = np.full(2 * self._keys.size, FREE, np.uint64)
        children = np.zeros(keys.size, np.uint32)
        _phrase_tree.spread(keys, children, self._keys, self._children)
        self._nodes = int(self._children.max(initial=FIRST_NODE - 1)) + 1
        self._keys, self._children = keys, children

    def finish(self) -> tuple[Tree, Frames]:
        """The tree of all that was taken in, and the frames whose parts are in it."""
        nodes, sets, frames = self._frames.finish()
        self._note(nodes, PARTS, sets)
        return self._tree(nodes, sets), frames

    def _tree(self, nodes: Integers, sets: Integers) -> Tree:
        ends = np.concatenate(self._ends)
        outputs = np.concatenate(self._outputs)
        pairs = np.unique(ends << 32 | outputs)
        first = np.searchsorted(pairs >> 32, np.arange(self._nodes + 1)).astype(np.int32)
        return Tree(
            self._slots(nodes, sets, np.diff(first)),
            first,
            (pairs & 0xFFFFFFFF).astype(np.int32),
            np.array(self._reach, np.int32),
            np.array(self._owners, np.int32),
            max(self._reach, default=0),
            self._everywhere,
        )

    def _slots(self, nodes: Integers, sets: Integers, each: Small) -> npt.NDArray[np.uint64]:
        after = np.arange(self._nodes, dtype=np.uint64)
        used = self._keys != FREE
        after[self._keys[used] >> np.uint64(32)] |= np.uint64(INNER)
        after[nodes] |= (sets + 1).astype(np.uint64) << np.uint64(SETS)
        phrases = each.copy()
        phrases[nodes] -= 1
        after[phrases > 0] |= np.uint64(PHRASES)
        followers = np.zeros(self._nodes, np.uint64)
        upper = (self._keys[used] & np.uint64(0xFFFFFFFF)) >> np.uint64(FOLLOWER_SHIFT)
        np.bitwise_or.at(followers, self._keys[used] >> np.uint64(32), np.uint64(1) << upper)
        slots = np.zeros((self._keys.size, 4), np.uint64)
        slots[:, 0] = self._keys
        slots[used, 1] = after[self._children[used]]
        slots[used, 2] = followers[self._children[used]]
        return slots.ravel()

    def vocabulary(self) -> Vocabulary:
        """The words of all that was taken in."""
        from fieldfare.language import _repair, _words

        words = sorted(self._words)
        data, bounds = _joined(words)
        hashes = known_words.hashes_of(data, bounds)
        masks = np.array([self._words[word] for word in words], np.uint32)
        room = int(bounds[-1]) + 3 * len(words)
        keys, owners = np.empty(room, np.uint32), np.empty(room, np.int32)
        used = _repair.index(data, bounds, keys, owners)
        order = np.argsort(keys[:used], kind="stable")
        keys, owners = keys[:used][order], owners[:used][order]
        buckets = np.searchsorted(keys >> 16, np.arange((1 << 16) + 1)).astype(np.int32)
        others = sorted(self._others)
        voices = _words.new_table(len(words) + len(others))
        _words.enter(voices, hashes, masks)
        other_masks = np.array([self._others[word] for word in others], np.uint32)
        _words.enter(voices, known_words.hashes_of(*_joined(others)), other_masks)
        spots = np.zeros(1 << SPOT_BITS, np.uint8)
        spots[keys >> np.uint32(32 - SPOT_BITS)] = 1
        spots = np.packbits(spots, bitorder="little")
        return Vocabulary(data, bounds, hashes, masks, buckets, keys, owners, spots, voices)


def _latin(pattern: bytes) -> bool:
    return max(pattern) < LATIN


def _joined(pieces: list[bytes]) -> tuple[npt.NDArray[np.uint8], Integers]:
    data = np.frombuffer(b"".join(pieces) or b" ", np.uint8)
    return data, np.cumsum([0, *map(len, pieces)]).astype(np.int64)
