"""Σ token weight and number of tokens, in one pass over the bytes of an Arrow column.

Tokens are words, pairs of words, and the marks ``? ! : ; ( )``, hashed; the exact
definition is in ``tables/words-en.md``. `word_lines` lays the same words out for the phrase
matcher. The loops are in `_token_loops` and `_compiled`; this module hands them Arrow's own
memory.
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

VERSION = "words-3"
"""Changes whenever the same text may give other tokens; part of the model's fingerprint."""

MOST_TOKENS = 500
"""Tokens that one message may count, some 250 words. Longer ones count as so many of their
average: one pasted book must neither drown what else an account wrote nor outweigh it. Set by
judgement; beyond the length of all but a few chat messages."""

_NO_TRACE = np.zeros((0, 3), np.int64)
_ALL_PRESENT = np.zeros(0, np.bool_)
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


@functools.cache
def _token_loops() -> ModuleType:
    from fieldfare.language import _token_loops

    return _token_loops


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
    return _scan(column(normalised), table, _NO_TRACE)


def bounded(weight_sum: float, tokens: int, most: float) -> tuple[float, int]:
    """Σ weight and number of tokens that a message counts: at most `most` (a table's
    `message_most`), and at most `MOST_TOKENS`."""
    if tokens > MOST_TOKENS:
        weight_sum, tokens = weight_sum * (MOST_TOKENS / tokens), MOST_TOKENS
    return min(weight_sum, most), tokens


def all_bounded(
    weight_sums: npt.NDArray[np.float64], tokens: npt.NDArray[np.int32], most: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """`bounded` for each message."""
    kept = np.minimum(tokens, MOST_TOKENS)
    return np.minimum(weight_sums * (kept / np.maximum(tokens, 1)), most), kept


def column_of(form: bytes) -> Column:
    """One text in UTF-8 as a column."""
    ends = np.array([0, len(form)], np.int64)
    ends.flags.writeable = False
    return Column(np.frombuffer(form, np.uint8), ends, _ALL_PRESENT)


def sum_of(form: bytes, table: TokenTable) -> tuple[float, int]:
    """Σ weight and number of tokens of one text in normal form."""
    totals, counts = _scan(column_of(form), table, _NO_TRACE)
    return float(totals[0]), int(counts[0])


def tokens(normalised: str, table: TokenTable) -> list[Token]:
    """The tokens of one text in normal form, in order."""
    texts = column(pa.array([normalised], pa.large_string()))
    # A byte may be a word and end a pair, the last one two; marks between need no spaces.
    trace = np.empty((2 * texts.data.size + 2, 3), np.int64)
    _, counts = _scan(texts, table, trace)
    return [Token(*row) for row in trace[: counts[0]].tolist()]


def _scan(
    texts: Column, table: TokenTable, trace: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    totals = np.empty(texts.offsets.size - 1, np.float64)
    counts = np.empty(texts.offsets.size - 1, np.int32)
    _token_loops().scan(*texts, table.values, table.wrap, table.edges, totals, counts, trace)
    return totals, counts


def token_ids(normalised: str, table: TokenTable) -> list[int]:
    """The places in `table` of the tokens of one text in normal form, in order."""
    return [token.id for token in tokens(normalised, table)]


def hashes(normalised: pa.Array) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.int64]]:
    """The 32-bit hashes of the words and marks of all texts, in order, and where each text's
    begin (one more than the texts). A corpus stores these; `places` turns them into ids."""
    texts = column(normalised)
    found = np.empty(max(1, int(texts.offsets[-1] - texts.offsets[0])), np.uint32)
    starts = np.empty(texts.offsets.size, np.int64)
    used = _token_loops().hash_words(*texts, found, starts)
    return found[:used], starts


def places(
    stored: npt.NDArray[np.uint32], offsets: npt.NDArray[np.int64], *, size: int, edges: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Token ids of messages kept as `hashes`, for a 32-bit table of `size` weights, and where
    each message's begin: the same ids that `token_ids` gives of their texts."""
    room = 2 * stored.size + (2 * offsets.size if edges else 0)
    ids = np.empty(max(1, room), np.int32)
    starts = np.empty(offsets.size, np.int64)
    used = _token_loops().place(stored, offsets, size, edges, ids, starts)
    return ids[:used], starts


def word_lines(normalised: pa.Array, *, trace: bool = False) -> WordLines:
    """The words of each text laid out for `indicators`; with `trace`, where each byte came
    from."""
    return _laid_out(column(normalised), trace=trace)


def word_line(form: bytes) -> WordLines:
    """As `word_lines`, of one text in UTF-8."""
    return _laid_out(column_of(form), trace=False)


def _laid_out(texts: Column, *, trace: bool) -> WordLines:
    data, offsets, present = texts
    room = int(offsets[-1] - offsets[0]) + 3 * (offsets.size - 1)
    buffer = np.empty(room, np.uint8)
    starts = np.empty(offsets.size, np.int64)
    origin = np.empty(room, np.int64) if trace else _NO_ORIGIN
    used = _loops().lay_out(data, offsets, present, buffer, starts, origin)
    return WordLines(buffer[:used], starts, origin[:used] if trace else origin)
