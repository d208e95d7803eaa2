"""Compiled: what languages a message is of, by the votes of its words.

Votes of all languages are counted at once: plane k of `Votes` has bit k of each count.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import compiled, mask_of

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Entries = npt.NDArray[np.uint64]
Hashes = npt.NDArray[np.uint32]
Votes = npt.NDArray[np.uint32]

VOTERS = 64
"""Words of a message that tell its language."""
PLANES = 7
"""Bits of a count of so many."""
HEARD = 2
"""A language is heard that one word in so many is of, of those that the most spoken one has."""
EVERY = np.uint32(0xFFFFFFFF)


@compiled
def vote(votes: Votes, mask: Any) -> None:
    """Count a word for the languages of its mask."""
    plane = 0
    while mask:
        carry = votes[plane] & mask
        votes[plane] ^= mask
        mask = carry
        plane += 1


@compiled
def most_votes(votes: Votes) -> Any:
    """How many votes the languages with most have."""
    most = np.int64(0)
    among = EVERY
    for plane in range(PLANES - 1, -1, -1):
        if votes[plane] & among:
            among &= votes[plane]
            most |= np.int64(1) << plane
    return most


@compiled
def voted(votes: Votes, least: Any) -> Any:
    """The bits of the languages with so many votes or more."""
    more = np.uint32(0)
    even = EVERY
    for plane in range(PLANES - 1, -1, -1):
        if (least >> plane) & 1:
            even &= votes[plane]
        else:
            more |= even & votes[plane]
            even &= ~votes[plane]
    return more | even


@compiled
def most_spoken(votes: Votes, most: Any) -> Any:
    """The bits of the languages with `most_votes`, or nearly so; 0 where there are none."""
    return voted(votes, (3 * most + 3) >> 2) if most else np.uint32(0)


@compiled
def spoken(hashes: Hashes, words: Any, voices: Entries, votes: Votes) -> tuple[Any, Any]:
    """The bits of the languages that most of the first words of a line are of; and of those that
    half as many are of. All for none."""
    votes[:] = 0
    for word in range(words):
        vote(votes, mask_of(voices, hashes[word]))
    most = most_votes(votes)
    if not most:
        return EVERY, EVERY
    return most_spoken(votes, most), voted(votes, (most + HEARD - 1) // HEARD)
