"""Σ token weight and number of tokens, in one pass over the bytes of an Arrow column.

Tokens are words, pairs of words, and the marks ``? ! : ; ( )``, hashed; the exact
definition is in ``tables/words-en.md``. `word_lines` lays the same words out for the phrase
matcher. The loops are in `_compiled`; this module hands them Arrow's own memory.
"""

from __future__ import annotations

import functools
from types import ModuleType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language.normalise import as_large
from fieldfare.language.tables import TokenTable

VERSION = "words-1"
"""Changes whenever the same text may give other tokens; part of the model's fingerprint."""

_NO_TRACE = np.zeros((0, 3), np.int64)
_NO_ORIGIN = np.zeros(0, np.int64)


class Column(NamedTuple):
    """The memory of a string column, without a copy of its bytes."""

    data: npt.NDArray[np.uint8]
    offsets: npt.NDArray[np.int64]
    """One more than the rows: where each text begins in `data`."""
    present: npt.NDArray[np.bool_]
    """Which rows are not null; empty where none is."""


class Token(NamedTuple):
    """One token of a message: its place in a table, and its bytes in the normal form."""

    id: int
    start: int
    end: int


class WordLines(NamedTuple):
    """The words of every message in one buffer; see `_compiled.lay_out`."""

    buffer: npt.NDArray[np.uint8]
    starts: npt.NDArray[np.int64]
    """One more than the messages: where each line begins."""
    origin: npt.NDArray[np.int64]
    """The byte of the column's data each byte came from; empty unless asked for."""


@functools.cache
def _loops() -> ModuleType:
    # Importing Numba costs half a second: only what annotates text pays it.
    from fieldfare.language import _compiled

    return _compiled


def column(texts: pa.Array) -> Column:
    """The memory of `texts`, any array `as_large` takes; slices and nulls are handled."""
    strings = as_large(texts)
    _, offsets, data = strings.buffers()
    first, rows = strings.offset, len(strings)
    if offsets is None or rows == 0:
        places = np.zeros(rows + 1, np.int64)
    else:
        places = np.frombuffer(offsets, np.int64)[first : first + rows + 1]
    # A read-only view in every case, so that the loops are compiled for one type only.
    octets = np.frombuffer(data if data is not None else b"", np.uint8)
    places.flags.writeable = False
    if strings.null_count:
        present = strings.is_valid().to_numpy(zero_copy_only=False)
    else:
        present = np.zeros(0, np.bool_)
    return Column(octets, places, present)


def sums(
    normalised: pa.Array, table: TokenTable
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Σ weight and number of tokens of each text, in the normal form of `normalise`.

    Null and empty texts give 0 and 0. Takes time linear in the bytes.
    """
    data, offsets, present = column(normalised)
    totals = np.empty(offsets.size - 1, np.float64)
    counts = np.empty(offsets.size - 1, np.int32)
    _loops().scan(data, offsets, present, table.values, table.wrap, totals, counts, _NO_TRACE)
    return totals, counts


def tokens(normalised: str, table: TokenTable) -> list[Token]:
    """The tokens of one text in normal form, in order."""
    data, offsets, present = column(pa.array([normalised], pa.large_string()))
    trace = np.empty((max(1, data.size), 3), np.int64)
    counts = np.empty(1, np.int32)
    totals = np.empty(1, np.float64)
    _loops().scan(data, offsets, present, table.values, table.wrap, totals, counts, trace)
    return [Token(*row) for row in trace[: counts[0]].tolist()]


def token_ids(normalised: str, table: TokenTable) -> list[int]:
    """The places in `table` of the tokens of one text in normal form, in order."""
    return [token.id for token in tokens(normalised, table)]


def word_lines(normalised: pa.Array, *, trace: bool = False) -> WordLines:
    """The words of each text laid out for `indicators`; with `trace`, where each byte came
    from."""
    data, offsets, present = column(normalised)
    room = int(offsets[-1] - offsets[0]) + 3 * (offsets.size - 1)
    buffer = np.empty(room, np.uint8)
    starts = np.empty(offsets.size, np.int64)
    origin = np.empty(room, np.int64) if trace else _NO_ORIGIN
    used = _loops().lay_out(data, offsets, present, buffer, starts, origin)
    return WordLines(buffer[:used], starts, origin[:used] if trace else origin)
