"""The loop over bytes that lays words out for phrases, compiled by Numba. Import it only
through `kernel`, which does so on first use: importing Numba takes half a second that most
commands need not spend.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fieldfare.language._token_loops import FOLD
from fieldfare.language._words import FOLD_CODE, breaks, character, put, repeats
from fieldfare.language._words import compiled as _compile
from fieldfare.language.folding import FOLDED

Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.int64]

INLINED = "0f06168d3811a1f0"
"""Of the modules whose loops are compiled into these; see `scripts/stamp-loops`."""


@_compile
def lay_out(
    data: Bytes,
    offsets: Integers,
    present: npt.NDArray[np.bool_],
    out: Bytes,
    starts: Integers,
    origin: Integers,
) -> int:
    """Write the word line of every message into `out`; return the bytes written.

    A word line is a space, the words each followed by a space, and a line feed. Apostrophes
    and marks are dropped, accents too, a letter repeated counts once, and everything else parts
    words. `out` needs three bytes a message more than the texts have. `starts` receives where
    each line begins; an `origin` as long as `out` receives the byte of the text that each byte
    came from.
    """
    traced = origin.size > 0
    k = 0
    for i in range(offsets.size - 1):
        starts[i] = k
        at = offsets[i]
        end = offsets[i + 1]
        if present.size > 0 and not present[i]:
            end = at
        out[k] = 32
        if traced:
            origin[k] = at
        k += 1
        last = np.int64(32)
        while at < end:
            code = np.int64(FOLD[data[at]])
            width = np.int64(1)
            dropped = code == 39
            apart = code == 0
            if code >= 0x80:
                code, width = character(data, at, end)
                apart = breaks(code)
                if code < FOLDED and not apart:
                    code = np.int64(FOLD_CODE[code])
                    dropped = code == 0
            if apart:
                code = np.int64(32)
            if not dropped and not (code == last and (apart or repeats(code))):
                before = k
                k = put(out, k, code)
                if traced:
                    for j in range(before, k):
                        origin[j] = at
                last = code
            at += width
        if last != 32:
            out[k] = 32
            if traced:
                origin[k] = end
            k += 1
        out[k] = 10
        if traced:
            origin[k] = end
        k += 1
    starts[offsets.size - 1] = k
    return k
