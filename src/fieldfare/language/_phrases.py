"""Compiled: phrases found in word lines, word by word in a tree of all of them.

A word that is no known word of the language spoken is followed for every phrase word it may be
(`_repair`); what is found counts where enough of the phrase was written well. In scripts without
spaces between words the tree is of characters, and only what is written well is found.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._frames import (
    RIPE,
    WELL,
    Parts,
    credible,
    mark,
    mark_stems,
    new_parts,
    note,
    ripe,
    set_of,
    settle,
    stem_bit,
)
from fieldfare.language._phrase_tree import may_follow, step
from fieldfare.language._repair import LONGEST, READINGS, is_vowel, mended_again, new_memory
from fieldfare.language._votes import EVERY, PLANES, VOTERS, spoken
from fieldfare.language._words import BASIS, PRIME, character, compiled, mask_of
from fieldfare.language.frame_index import Frames
from fieldfare.language.phrase_index import (
    APART,
    CLOSES,
    INNER,
    JOINED,
    KIND_SHIFT,
    LATIN,
    OPENS,
    PHRASES,
    WHOLE,
    Tree,
    Vocabulary,
)

INLINED = "17c2a73a75459903"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Hashes = npt.NDArray[np.uint32]
Integers = npt.NDArray[np.int64]
Masks = npt.NDArray[np.uint64]

RING = 64
"""Words kept at hand: a power of two, more than twice the longest phrase, at least `VOTERS`."""
AHEAD = 24
"""Words read ahead of the one where a phrase may begin; longer phrases are not found."""
MOST_BROKEN = 6
"""Words of a phrase that may be written ill."""
STEPS = 256
"""Steps of the search for phrases that begin at one word: a bound on hostile texts."""
SIDES = 128
"""First sides of gaps remembered at a time."""
UNSEEN, SEEN = -2, -1
"""What a word read ahead has instead of a number of readings: not looked at, or whether it is one
of the language known."""
ID = (1 << KIND_SHIFT) - 1
ONE = np.uint64(1)
NODE = np.uint64(INNER - 1)
IS_INNER = np.uint64(INNER)
ANY_PHRASES = np.uint64(PHRASES)


@compiled
def voiced(buffer: Bytes, start: Any, end: Any) -> Any:
    """Whether a word is no row of consonants, which says nothing against "mum" for "mm"."""
    for at in range(start, end):
        if buffer[at] >= 0x80 or is_vowel(buffer[at]) or buffer[at] == 121 or buffer[at] < 97:
            return True
    return end - start < 2


@compiled
def familiar(buffer: Bytes, start: Any, end: Any, h: Any, known: Entries, speaking: Any) -> Any:
    """Whether a word is one of the languages spoken."""
    return (mask_of(known, h) & speaking) != 0 and voiced(buffer, start, end)


@compiled
def rough(
    buffer: Bytes, begins: Integers, ends: Integers, hashes: Hashes, words: Any, known: Entries,
    speaking: Any, familiars: npt.NDArray[np.bool_],
) -> Any:  # fmt: skip
    """Whether one of the first words of a line, all in letters or some, is none of the languages
    spoken: few lines have one. `familiars` receives which words are one."""
    found = False
    for word in range(words):
        familiars[word] = familiar(
            buffer, begins[word], ends[word], hashes[word], known, speaking
        )  # fmt: skip
        if not familiars[word] and not found:
            for at in range(begins[word], ends[word]):
                found = found or buffer[at] >= 97
    return found


@compiled
def reached(
    tree: Tree, node: Any, first: Any, last: Any, start: Any, end: Any, points: Any,
    broken: Any, strained: Any, words: Any, sides: Integers, known: Any, message: Any,
    masks: Masks, hits: Integers, found: Any,
) -> tuple[Any, Any]:  # fmt: skip
    """Note what ends at a node: whole phrases, and sides of gaps that meet.

    `first` and `last` are places in words, or in bytes where words are not apart; `start` and
    `end` bytes of the line. Returns the first sides known so far, and the hits.
    """
    opens = False
    closes = False
    for k in range(tree.first[node], tree.first[node + 1]):
        kind = tree.outputs[k] >> KIND_SHIFT
        if kind == WHOLE:
            if credible(points, broken, strained, words):
                number = tree.outputs[k] & ID
                masks[message] |= ONE << np.uint64(number)
                found = note(hits, found, message, number, start, end, -1)
        elif kind == OPENS:
            opens = True
        elif kind == CLOSES:
            closes = True
    if closes:
        for j in range(known - 1, max(-1, known - 1 - SIDES), -1):
            side = j & (SIDES - 1)
            far = first - sides[side, 1]
            if far < 0 or far > tree.furthest:
                continue
            if not credible(
                sides[side, 3] + points, sides[side, 4] + broken, sides[side, 5] + strained, 2
            ):
                continue
            found = joined(
                tree, sides[side, 0], node, far, sides[side, 2], end, message, masks, hits, found
            )
    if opens:
        side = known & (SIDES - 1)
        sides[side, 0] = node
        sides[side, 1] = last
        sides[side, 2] = start
        sides[side, 3] = points
        sides[side, 4] = broken
        sides[side, 5] = strained
        known += 1
    return known, found


@compiled
def joined(
    tree: Tree, before: Any, after: Any, far: Any, start: Any, end: Any, message: Any,
    masks: Masks, hits: Integers, found: Any,
) -> Any:  # fmt: skip
    """Note the gaps that node `before` opens and node `after`, so `far` on, closes."""
    i = tree.first[before]
    for k in range(tree.first[after], tree.first[after + 1]):
        if tree.outputs[k] >> KIND_SHIFT != CLOSES:
            continue
        number = tree.outputs[k] & ID
        wanted = (OPENS << KIND_SHIFT) | number
        while i < tree.first[before + 1] and tree.outputs[i] < wanted:
            i += 1
        if i == tree.first[before + 1]:
            break
        if tree.outputs[i] == wanted and far <= tree.reach[number]:
            owner = tree.owners[number]
            masks[message] |= ONE << np.uint64(owner)
            found = note(hits, found, message, owner, start, end, -1)
    return found


@compiled
def match(
    buffer: Bytes, starts: Integers, tree: Tree, frames: Frames, vocabulary: Vocabulary,
    known: Entries, masks: Masks, hits: Integers,
) -> Any:  # fmt: skip
    """Set in `masks` the bit of every indicator found in each word line.

    `hits`, where it has rows, receives (message, indicator, first byte, byte past the last,
    frame or -1) of every phrase and frame found, as many as there is room for, and the number of
    all is returned. Takes time linear in the bytes.
    """
    hashes = np.zeros(RING, np.uint32)
    begins = np.zeros(RING, np.int64)
    ends = np.zeros(RING, np.int64)
    counts = np.zeros(RING, np.int64)
    familiars = np.zeros(RING, np.bool_)
    stemmed = np.zeros(RING, np.bool_)
    parts = new_parts()
    memory = new_memory(starts.size - 1)
    readings = np.zeros((RING, READINGS + 1), np.uint32)
    worth = np.zeros((RING, READINGS + 1), np.int8)
    codes = np.zeros(LONGEST, np.int64)
    others = np.zeros(LONGEST, np.int64)
    spare = np.zeros(LONGEST + 2, np.uint32)
    votes = np.zeros(PLANES, np.uint32)
    sides = np.zeros((SIDES, 6), np.int64)
    stack = np.zeros((STEPS + READINGS + 2, 6), np.int64)
    # Out of their tuples, which are slow to pass.
    slots, stems, marks = tree.slots, frames.stems, parts.marks
    found = np.int64(0)
    for i in range(starts.size - 1):
        masks[i] = 0
        begin = starts[i] + 1
        end = starts[i + 1] - 1
        at = begin
        read = np.int64(0)
        seen = np.int64(0)
        speaking = np.uint32(0)
        heard = EVERY
        mending = False
        straining = False
        unspaced = tree.everywhere
        place = np.int64(0)
        marked = np.int64(0)
        settled = np.int64(0)
        while True:
            while at < end and (read < place + AHEAD or read < VOTERS):
                slot = read & (RING - 1)
                begins[slot] = at
                h = BASIS
                bits = np.uint32(0)
                while buffer[at] != 32:
                    unspaced = unspaced or buffer[at] >= LATIN
                    if buffer[at] < 0x80:
                        h = np.uint32(np.uint32(h ^ np.uint32(buffer[at])) * PRIME)
                        at += 1
                    else:
                        code, width = character(buffer, at, end)
                        h = np.uint32(np.uint32(h ^ np.uint32(code)) * PRIME)
                        at += width
                    bits = np.uint32(bits | stem_bit(stems, h))
                stemmed[slot] = bits != 0
                hashes[slot] = h
                ends[slot] = at
                counts[slot] = UNSEEN
                readings[slot, 0] = h
                worth[slot, 0] = WELL
                read += 1
                at += 1
            if place == read:
                break
            depth = 1
            stack[0, 0] = APART
            stack[0, 1] = place
            stack[0, 2:] = 0
            stack[0, 5] = -1
            steps = 0
            origin = begins[place & (RING - 1)]
            if marked > RIPE:
                marked, settled, found = ripe(
                    frames, parts, marked, settled, place, heard, True, i, masks, hits, found
                )
            if stemmed[place & (RING - 1)]:
                marked = mark_stems(
                    buffer, origin, ends[place & (RING - 1)], place, slots, stems, marks, marked
                )  # fmt: skip
            while depth and steps < STEPS:
                depth -= 1
                steps += 1
                node = stack[depth, 0]
                word = stack[depth, 1]
                points = stack[depth, 2]
                broken = stack[depth, 3]
                strained = stack[depth, 4]
                followers = np.uint64(stack[depth, 5])
                slot = word & (RING - 1)
                if word >= read:
                    continue
                if speaking == 0:
                    # The first of all words: the ring holds those ahead from slot 0 on.
                    speaking, heard = spoken(hashes, read, vocabulary.voices, votes)
                    mending = rough(
                        buffer, begins, ends, hashes, read, known, speaking, familiars
                    )  # fmt: skip
                    # A word of the language is read as another only beside a broken one.
                    straining = mending and at < end
                    for first in range(read):
                        counts[first] = SEEN
                        if mending and not familiars[first]:
                            counts[first] = 1 + mended_again(
                                memory.words, memory.hashes, memory.worth, buffer, begins[first],
                                ends[first], hashes[first], vocabulary, speaking, codes, others,
                                spare, readings[first, 1:], worth[first, 1:],
                            )  # fmt: skip
                            straining = straining or counts[first] > 1
                if counts[slot] == UNSEEN:
                    familiars[slot] = familiar(
                        buffer, begins[slot], ends[slot], hashes[slot], known, speaking
                    )  # fmt: skip
                    counts[slot] = SEEN
                # No phrase begins with a word read as another.
                if counts[slot] == SEEN and not (familiars[slot] and node == APART):
                    counts[slot] = 1
                    if straining or (mending and not familiars[slot]):
                        counts[slot] += mended_again(
                            memory.words, memory.hashes, memory.worth, buffer, begins[slot],
                            ends[slot], hashes[slot], vocabulary, speaking, codes, others, spare,
                            readings[slot, 1:], worth[slot, 1:],
                        )  # fmt: skip
                for k in range(1 if familiars[slot] and node == APART else counts[slot]):
                    if not may_follow(followers, readings[slot, k]):
                        continue
                    where = step(slots, node, readings[slot, k])
                    if where == 0:
                        continue
                    after = slots[where]
                    now = points + worth[slot, k]
                    wrong = broken + (k > 0 and not familiars[slot])
                    odd = strained + (k > 0 and familiars[slot])
                    number = set_of(after)
                    if number >= 0:
                        marked = mark(
                            marks, marked, number, place, word + 1, origin - 1, ends[slot] + 1,
                            now, wrong, odd,
                        )  # fmt: skip
                    if after & ANY_PHRASES:
                        seen, found = reached(
                            tree, np.int64(after & NODE), place, word + 1, origin - 1,
                            ends[slot] + 1, now, wrong, odd, word + 1 - place, sides, seen, i,
                            masks, hits, found,
                        )  # fmt: skip
                    if after & IS_INNER and depth < stack.shape[0] and wrong + odd <= MOST_BROKEN:
                        stack[depth, 0] = np.int64(after & NODE)
                        stack[depth, 1] = word + 1
                        stack[depth, 2] = now
                        stack[depth, 3] = wrong
                        stack[depth, 4] = odd
                        stack[depth, 5] = np.int64(slots[where + 1])
                        depth += 1
            place += 1
        if marked > 1:
            found = settle(
                frames, parts, marked, settled, place, heard, True, i, masks, hits, found
            )
        if unspaced:
            found = match_joined(
                buffer, begin, end, tree, frames, i, sides, parts, masks, hits, found
            )
    return found


@compiled
def match_joined(
    buffer: Bytes, begin: Any, end: Any, tree: Tree, frames: Frames, message: Any,
    sides: Integers, parts: Parts, masks: Masks, hits: Integers, found: Any,
) -> Any:  # fmt: skip
    """As `match`, for one line and phrases of scripts without spaces between words."""
    slots, marks = tree.slots, parts.marks
    seen = np.int64(0)
    marked = np.int64(0)
    settled = np.int64(0)
    start = begin
    while start < end:
        if marked > RIPE:
            marked, settled, found = ripe(
                frames, parts, marked, settled, start, EVERY, False, message, masks, hits, found
            )
        code, width = character(buffer, start, end)
        where = step(slots, JOINED, code)
        at = start + width
        while where:
            after = slots[where]
            number = set_of(after)
            if number >= 0:
                marked = mark(marks, marked, number, start, at, start, at, WELL, 0, 0)
            if after & ANY_PHRASES:
                seen, found = reached(
                    tree, np.int64(after & NODE), start, at, start, at, WELL, 0, 0, 1, sides, seen,
                    message, masks, hits, found,
                )  # fmt: skip
            if at >= end or not after & IS_INNER:
                break
            code, next_width = character(buffer, at, end)
            where = step(slots, np.int64(after & NODE), code)
            at += next_width
        start += width
    if marked > 1:
        found = settle(
            frames, parts, marked, settled, end, EVERY, False, message, masks, hits, found
        )
    return found
