"""Compiled: whether a text may say a number, before Python is asked; see `ages`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fieldfare.language._words import BASIS, breaks, character, compiled, hash_more, mask_of

INLINED = "7191b2c15a30ca9f"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""

Bytes = npt.NDArray[np.uint8]
Entries = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

LATIN = 0x250
"""Characters from here on may be digits, or letters of a number in another script."""


@compiled
def numbered(
    data: Bytes, offsets: Integers, words: Entries, unread: Integers, languages: Integers
) -> None:
    """Take the bits of those languages from `languages`, one of each text, whose numbers the text
    has none of: no digit, and none of its `words`. Bits of `unread` stay."""
    for i in range(offsets.size - 1):
        if not languages[i]:
            continue
        said = unread[0]
        at = offsets[i]
        end = offsets[i + 1]
        h = BASIS
        last = np.int64(0)
        while at <= end:
            code, width = np.int64(32), np.int64(1)
            if at < end:
                code, width = character(data, at, end)
            if 48 <= code <= 57 or (code >= LATIN and not 0x2000 <= code < 0x2070):
                said = np.int64(-1)
                break
            if 97 <= code <= 122 or (code >= 0x80 and not breaks(code)):
                h, last = hash_more(h, last, code)
            elif last:
                said |= np.int64(mask_of(words, h))
                h = BASIS
                last = np.int64(0)
            at += width
        languages[i] &= said
