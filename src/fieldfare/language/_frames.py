"""Compiled: frames, found from the parts that stand in a line.

What parts a line has is noted as they are found (`mark`), and looked through when no more can
belong to them (`settle`): from each place of the anchor of a frame for places of its other
parts. All is bounded by the words of the line, whatever they are.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fieldfare.language._phrase_tree import step
from fieldfare.language._words import BASIS, PRIME, character, compiled
from fieldfare.language.frame_index import SPREAD, STEM_BITS, Frames
from fieldfare.language.frames import FRAME_BYTES, FRAME_WORDS, MOST_PARTS
from fieldfare.language.phrase_index import SETS, STEM

INLINED = "e5fefc0fc8efb4f6"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]
Small = npt.NDArray[np.int32]

MARKS = 1024
"""Places of parts remembered at a time."""
RIPE = 768
"""So many are looked through at once."""
KEPT = 512
"""So many of them are kept for parts still to come."""
TRIES = 2048
"""Places tried for the anchors that begin at one word: a bound on hostile texts."""
WELL = 2
"""Points for a word written well; for one mended see `_repair.mended`."""
ENOUGH = 2
"""Points of a phrase or frame that is found."""
STRAINED = 2
"""Points lost for a word of the language that is read as another."""
ONE = np.uint64(1)
STEM_SHIFT = np.uint32(32 - STEM_BITS)
SET_SHIFT = np.uint64(SETS)
LOW = np.uint64(0x7FFFFFFF)
STEM_SPREAD = np.uint32(SPREAD)

SET, FIRST, LAST, START, END, POINTS, BROKEN, STRAINS = range(8)


class Parts(NamedTuple):
    """What is remembered of the parts of a line."""

    marks: Integers
    """Of each place: the set of parts, its first word and the one past its last (or bytes), its
    first byte and the one past its last, and how well it is written. In the order of the first
    words."""
    trail: Integers
    """Of each part of the frame looked for: the place to try next, the one chosen, and the first
    and last of all chosen so far."""


@compiled
def new_parts() -> Parts:
    """Room for the parts of lines."""
    return Parts(np.zeros((MARKS, 8), np.int64), np.zeros((MOST_PARTS, 4), np.int64))


@compiled
def credible(points: Any, broken: Any, strained: Any, words: Any) -> Any:
    """Whether a phrase is found where not all of its words are written well.

    `broken` words are none of the language. `strained` ones are, yet are read as others: only
    beside broken ones, or "bucks" would be "vbucks".
    """
    if broken == 0:
        return strained == 0
    return words > 1 and points - strained * STRAINED >= ENOUGH


@compiled
def note(
    hits: Integers, found: Any, message: Any, indicator: Any, start: Any, end: Any, frame: Any
) -> Any:
    """Write a hit where there is room; return how many there are."""
    if found < hits.shape[0]:
        hits[found, 0] = message
        hits[found, 1] = indicator
        hits[found, 2] = start
        hits[found, 3] = end
        hits[found, 4] = frame
    return found + 1


@compiled
def mark(
    marks: Integers, marked: Any, number: Any, first: Any, last: Any, start: Any, end: Any,
    points: Any, broken: Any, strained: Any,
) -> Any:  # fmt: skip
    """Remember where a set of parts stands; return how many such places there are."""
    if marked == MARKS:
        return marked
    marks[marked, SET] = number
    marks[marked, FIRST] = first
    marks[marked, LAST] = last
    marks[marked, START] = start
    marks[marked, END] = end
    marks[marked, POINTS] = points
    marks[marked, BROKEN] = broken
    marks[marked, STRAINS] = strained
    return marked + 1


@compiled
def set_of(after: Any) -> Any:
    """The set of parts that ends where a slot of the tree leads to; -1 for none."""
    return np.int64((after >> SET_SHIFT) & LOW) - 1


@compiled
def stem_bit(stems: Bytes, h: Any) -> Any:
    """1 where a beginning of words may have this hash, or 0."""
    place = np.uint32(np.uint32(h * STEM_SPREAD) >> STEM_SHIFT)
    return np.uint32((np.uint32(stems[place >> 3]) >> np.uint32(place & 7)) & 1)


@compiled
def mark_stems(
    buffer: Bytes, start: Any, end: Any, word: Any, slots: Entries, stems: Bytes,
    marks: Integers, marked: Any,
) -> Any:  # fmt: skip
    """Remember the parts that the beginnings of a word say."""
    h = BASIS
    at = start
    while at < end:
        code, width = character(buffer, at, end)
        h = np.uint32(np.uint32(h ^ np.uint32(code)) * PRIME)
        at += width
        if not stem_bit(stems, h):
            continue
        at_slot = step(slots, STEM, h)
        if at_slot:
            number = set_of(slots[at_slot])
            marked = mark(marks, marked, number, word, word + 1, start - 1, end + 1, WELL, 0, 0)
    return marked


@compiled
def ripe(
    frames: Frames, parts: Parts, marked: Any, settled: Any, place: Any, heard: Any, apart: Any,
    message: Any, masks: Masks, hits: Integers, found: Any,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Look through the places that nothing at `place` or after it can matter to, and forget
    those that matter no longer. Returns how many remain, up to where anchors were looked at, and
    the hits."""
    reach = FRAME_WORDS if apart else FRAME_BYTES
    until = place - 2 * reach + 1
    found = settle(frames, parts, marked, settled, until, heard, apart, message, masks, hits, found)
    kept = 0
    for m in range(marked):
        if parts.marks[m, LAST] > until - 2 * reach:
            parts.marks[kept] = parts.marks[m]
            kept += 1
    if kept > KEPT:
        for m in range(KEPT):
            parts.marks[m] = parts.marks[kept - KEPT + m]
        kept = KEPT
    return kept, max(settled, until), found


@compiled
def says(bits: Masks, rows: Small, members: Small, number: Any, part: Any) -> Any:
    """Whether a set of parts has a part. Takes arrays alone: a tuple of them is slow to pass."""
    if not (bits[number] >> np.uint64(part & 63)) & ONE:
        return False
    low = np.int64(rows[number])
    high = np.int64(rows[number + 1])
    end = high
    while low < high:
        middle = (low + high) >> 1
        if members[middle] < part:
            low = middle + 1
        else:
            high = middle
    return low < end and members[low] == part


@compiled
def settle(
    frames: Frames, parts: Parts, marked: Any, since: Any, until: Any, heard: Any, apart: Any,
    message: Any, masks: Masks, hits: Integers, found: Any,
) -> Any:  # fmt: skip
    """Note the frames whose anchor begins at a word (or byte) from `since` on, before `until`, of
    the languages of the bits in `heard`."""
    marks = parts.marks
    bits, rows, members = frames.bits, frames.parts_first, frames.parts
    anchors_first, needed_first, needed = frames.anchors_first, frames.needed_first, frames.needed
    reach = FRAME_WORDS if apart else FRAME_BYTES
    word: Any = np.int64(-1)
    tries: Any = TRIES
    low: Any = np.int64(0)
    high: Any = np.int64(0)
    for m in range(marked):
        if not since <= marks[m, FIRST] < until:
            continue
        if marks[m, FIRST] != word:
            word = marks[m, FIRST]
            tries = TRIES
        number = marks[m, SET]
        if anchors_first[number] == anchors_first[number + 1]:
            continue
        while marks[low, FIRST] + reach < word:
            low += 1
        while high < marked and marks[high, FIRST] < word + reach:
            high += 1
        for k in range(anchors_first[number], anchors_first[number + 1]):
            frame = frames.anchors[k]
            if not frames.languages[frame] & heard:
                continue
            if not hits.shape[0] and masks[message] & (ONE << np.uint64(frames.owners[frame])):
                continue
            near = True
            for j in range(needed_first[frame] + 1, needed_first[frame + 1]):
                place = low
                while place < high and not says(bits, rows, members, marks[place, SET], needed[j]):
                    place += 1
                tries -= place - low
                if place == high:
                    near = False
                    break
            if near and tries > 0:
                tries, found = seek(
                    frames, parts, frame, m, low, high, marked, tries, reach, message, masks,
                    hits, found,
                )  # fmt: skip
            if tries <= 0:
                break
    return found


@compiled
def seek(
    frames: Frames, parts: Parts, frame: Any, anchor: Any, low: Any, high: Any, marked: Any,
    tries: Any, reach: Any, message: Any, masks: Masks, hits: Integers, found: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Note a frame if its other parts stand near its anchor, among the places from `low` on,
    before `high`; if hits are asked for, where they stand closest. Returns how many tries are
    left, and the hits."""
    marks, trail = parts.marks, parts.trail
    base = frames.needed_first[frame]
    count = frames.needed_first[frame + 1] - base
    closest = np.int64(-1)
    start = np.int64(0)
    end = np.int64(0)
    trail[0, 1] = anchor
    trail[0, 2] = marks[anchor, FIRST]
    trail[0, 3] = marks[anchor, LAST]
    trail[1, 0] = low
    depth = np.int64(1)
    while depth and tries > 0:
        place = trail[depth, 0]
        if place == high:
            depth -= 1
            continue
        tries -= 1
        trail[depth, 0] = place + 1
        part = frames.needed[base + depth]
        if not says(frames.bits, frames.parts_first, frames.parts, marks[place, SET], part):
            continue
        first = min(trail[depth - 1, 2], marks[place, FIRST])
        last = max(trail[depth - 1, 3], marks[place, LAST])
        if last - first > reach or (closest >= 0 and last - first >= closest):
            continue
        free = True
        for j in range(depth):
            other = trail[j, 1]
            free = free and (
                marks[place, FIRST] >= marks[other, LAST]
                or marks[other, FIRST] >= marks[place, LAST]
            )
        if not free:
            continue
        trail[depth, 1] = place
        trail[depth, 2] = first
        trail[depth, 3] = last
        if depth + 1 < count:
            depth += 1
            trail[depth, 0] = low
            continue
        tries -= marked >> 2
        if not sound(marks, trail, count) or barred(
            frames, marks, marked, frame, first - reach, last + reach
        ):
            continue
        closest = last - first
        start = marks[anchor, START]
        end = marks[anchor, END]
        for j in range(1, count):
            start = min(start, marks[trail[j, 1], START])
            end = max(end, marks[trail[j, 1], END])
        if not hits.shape[0]:
            break
    if closest >= 0:
        owner = frames.owners[frame]
        masks[message] |= ONE << np.uint64(owner)
        found = note(hits, found, message, owner, start, end, frame)
    return tries, found


@compiled
def sound(marks: Integers, trail: Integers, count: Any) -> Any:
    """Whether the parts chosen are written well enough, all together."""
    points = np.int64(0)
    broken = np.int64(0)
    strained = np.int64(0)
    for j in range(count):
        place = trail[j, 1]
        points += marks[place, POINTS]
        broken += marks[place, BROKEN]
        strained += marks[place, STRAINS]
    return credible(points, broken, strained, count)


@compiled
def barred(
    frames: Frames, marks: Integers, marked: Any, frame: Any, first: Any, last: Any
) -> Any:  # fmt: skip
    """Whether a part that must not be there stands between."""
    for k in range(frames.barred_first[frame], frames.barred_first[frame + 1]):
        for place in range(marked):
            if (
                marks[place, FIRST] < last
                and marks[place, LAST] > first
                and marks[place, STRAINS] == 0
                and says(
                    frames.bits,
                    frames.parts_first,
                    frames.parts,
                    marks[place, SET],
                    frames.barred[k],
                )
            ):
                return True
    return False
