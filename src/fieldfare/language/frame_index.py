"""All frames as a few compact arrays, which the loops of `_frames` search.

Many parts share words: what is kept at a node of the tree is the number of a set of parts. A
frame is looked for where its first part is found, its anchor, which should be a rare one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fieldfare.language.known_words import word_hashes

Integers = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]

STEM_BITS = 16
SPREAD = 0x9E3779B1


class Frames(NamedTuple):
    """What is looked for where a set of parts was found. The rows of each pair of arrays: those
    of k are ``rows[first[k]:first[k + 1]]``."""

    parts_first: Small
    parts: Small
    """Of each set: its parts, ascending."""
    bits: npt.NDArray[np.uint64]
    """Of each set: for each of its parts the bit of its number modulo 64."""
    anchors_first: Small
    anchors: Small
    """Of each set: the frames that one of its parts is the anchor of."""
    needed_first: Small
    needed: Small
    """Of each frame: the parts it needs, in the order written, the anchor first."""
    barred_first: Small
    barred: Small
    """Of each frame: the parts that must not be near by."""
    owners: Small
    """Of each frame: its indicator."""
    languages: npt.NDArray[np.uint32]
    """Of each frame: the bit of its language; see `known_words.language`."""
    stems: npt.NDArray[np.uint8]
    """A bit for each beginning of words, by its hash; see `_frames.stem_bit`."""


class FrameBuilder:
    """Takes in parts and frames."""

    def __init__(self) -> None:
        self._nodes: list[Integers] = []
        self._parts: list[Integers] = []
        self._many = 0
        self._stems: set[bytes] = set()
        self._needed: list[list[int]] = []
        self._barred: list[list[int]] = []
        self._owners: list[int] = []
        self._languages: list[int] = []

    def parts(self, nodes: Integers, owners: Integers, stems: list[bytes]) -> range:
        """Take in parts, found at these nodes, each the part of `owners`; returns their numbers."""
        first = self._many
        self._many += int(owners.max(initial=-1)) + 1
        self._nodes.append(nodes)
        self._parts.append(owners + first)
        self._stems.update(stems)
        return range(first, self._many)

    def frame(self, needed: list[int], barred: list[int], indicator: int, mask: int) -> None:
        """Take in a frame. A part named twice is needed at two places."""
        self._languages.append(mask)
        self._needed.append(needed)
        self._barred.append(sorted(set(barred)))
        self._owners.append(indicator)

    def finish(self) -> tuple[Integers, Integers, Frames]:
        """Each node where a part ends, its set of parts, and the frames."""
        nodes, sets, members = self._sets()
        anchors: dict[int, list[int]] = {}
        for frame, parts in enumerate(self._needed):
            anchors.setdefault(parts[0], []).append(frame)
        looked = [sorted(f for part in each for f in anchors.get(part, [])) for each in members]
        frames = Frames(
            *_rows(members),
            np.array([sum({1 << (part & 63) for part in each}) for each in members], np.uint64),
            *_rows(looked),
            *_rows(self._needed),
            *_rows(self._barred),
            np.array(self._owners, np.int32),
            np.array(self._languages, np.uint32),
            _stem_bits(self._stems),
        )
        return nodes, sets, frames

    def _sets(self) -> tuple[Integers, Integers, list[list[int]]]:
        none = np.zeros(0, np.int64)
        pairs = np.concatenate(self._nodes or [none]) << 32
        pairs |= np.concatenate(self._parts or [none])
        pairs = np.unique(pairs)
        nodes, parts = pairs >> 32, pairs & 0xFFFFFFFF
        distinct, starts = np.unique(nodes, return_index=True)
        ends = np.append(starts, parts.size)[1:]
        found: dict[bytes, int] = {}
        members: list[list[int]] = []
        numbers = np.zeros(distinct.size, np.int64)
        for k, (start, end) in enumerate(zip(starts.tolist(), ends.tolist(), strict=True)):
            each = parts[start:end]
            number = found.setdefault(each.tobytes(), len(members))
            if number == len(members):
                members.append(each.tolist())
            numbers[k] = number
        return distinct, numbers, members


def _stem_bits(stems: set[bytes]) -> npt.NDArray[np.uint8]:
    bits = np.zeros(1 << STEM_BITS, np.uint8)
    hashes = word_hashes([stem.decode() for stem in sorted(stems)])
    bits[(hashes * np.uint32(SPREAD)) >> np.uint32(32 - STEM_BITS)] = 1
    return np.packbits(bits, bitorder="little")


def _rows(lists: list[list[int]]) -> tuple[Small, Small]:
    first = np.cumsum([0, *map(len, lists)]).astype(np.int32)
    return first, np.array([one for each in lists for one in each], np.int32)
