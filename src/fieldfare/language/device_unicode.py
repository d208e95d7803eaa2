"""The tables of Unicode that Python and a browser might differ in, for a device."""

from __future__ import annotations

import unicodedata
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.language import confusables, folding, normalise


def unicode_tables() -> dict[str, list[list[Any]]]:
    """The tables of `normalise`, `folding` and `confusables`, for JavaScript: ranges of what
    is hidden and of marks, and rows of codes with what each becomes. `newer` are characters that
    Arrow composes as a browser may not do yet."""
    kinds, (letters, dress), folds = (
        normalise.unseen(),
        confusables.confusables(),
        folding.fold_codes(),
    )
    codes = [code for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    lowered = pc.utf8_lower(pa.array(map(chr, codes), pa.string())).to_pylist()
    composed = pc.utf8_normalize(pa.array(map(chr, codes), pa.string()), "NFKC").to_pylist()
    return {
        "newer": [
            [code, form]
            for code, form in zip(codes, composed, strict=True)
            if form != unicodedata.normalize("NFKC", chr(code))
        ],
        "hidden": [list(each) for each in normalise.INVISIBLE],
        "marks": _ranges(np.flatnonzero(kinds == 2)),
        "confusables": [
            [int(code), int(letters[code]), int(dress[code])] for code in np.flatnonzero(dress)
        ],
        "lower": [
            [code, ord(lower)]
            for code, lower in zip(codes, lowered, strict=True)
            if code != ord(lower)
        ],
        "folds": [[int(k), int(folds[k])] for k in np.flatnonzero(folds != np.arange(folds.size))],
    }


def _ranges(codes: npt.NDArray[np.int64]) -> list[list[int]]:
    ends = np.flatnonzero(np.diff(codes) > 1)
    firsts, lasts = np.append(0, ends + 1), np.append(ends, codes.size - 1)
    return [[int(codes[a]), int(codes[b])] for a, b in zip(firsts, lasts, strict=True)]
