"""The token kernel against the golden vectors, and its reading of Arrow memory."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from fieldfare.language.kernel import column, sums, token_ids, tokens, word_lines
from fieldfare.language.tables import TokenTable, words_en

from . import strategies

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
WIDE = json.loads((Path(__file__).parent / "golden-reference.json").read_text("utf-8"))
TABLE = words_en()
ONES = np.ones(1 << 18, np.float16)
FORMS = [
    TokenTable("form", "en", ONES, bits, edges) for bits in (32, 64) for edges in (False, True)
]


@pytest.mark.parametrize("vector", GOLDEN, ids=lambda vector: vector["text"] or "empty")
def test_golden(vector: dict[str, Any]) -> None:
    assert token_ids(vector["text"], TABLE) == vector["token_ids"]
    totals, counts = sums(pa.array([vector["text"]]), TABLE)
    assert totals.tolist() == [pytest.approx(vector["weight_sum"], abs=1e-9)]
    assert counts.tolist() == [vector["tokens"]]


@pytest.mark.parametrize("vector", WIDE, ids=lambda vector: vector["text"] or "empty")
def test_golden_of_the_reference_table(vector: dict[str, Any]) -> None:
    """Ids of a table with 64 bits and without edges, as its authors gave them."""
    assert token_ids(vector["text"], TokenTable("wide", "en", ONES, 64)) == vector["token_ids"]


def _plain_ids(text: str, bits: int, edges: bool) -> list[int]:
    """The definition in the table's card, written as plainly as can be."""
    mask = (1 << bits) - 1

    def place(x: int) -> int:
        x &= mask
        x ^= x >> 16
        x = x * 0x85EBCA6B & mask
        x ^= x >> 13
        x = x * 0xC2B2AE35 & mask
        x ^= x >> 16
        return x % (1 << 18)

    ids = []
    start, end = 0x9E3779B9 ^ 0x02, 0x9E3779B9 ^ 0x03
    before = start if edges else None
    word = b""
    for byte in [*text.encode(), 32]:
        lower = byte + 32 if 65 <= byte <= 90 else byte
        if lower >= 0x80 or chr(lower).isalnum() or lower == 39:
            word += bytes([lower])
            continue
        if word:
            h = 2166136261
            for k, letter in enumerate(word):
                if k < 2 or not letter == word[k - 1] == word[k - 2]:
                    h = (h ^ letter) * 16777619 % 2**64
            ids.append(place(h))
            if before is not None:
                ids.append(place((h * 31 + before) % 2**64))
            before, word = h, b""
        if chr(byte) in "?!:;()":
            ids.append(place(0x9E3779B9 ^ byte))
    if edges and before not in (None, start):
        ids.append(place((end * 31 + before) % 2**64))
    return ids


@strategies.unhurried
@given(strategies.texts)
def test_same_as_the_plain_definition(text: str) -> None:
    for table in FORMS:
        assert token_ids(text, table) == _plain_ids(text, table.bits, table.edges)


@strategies.unhurried
@given(strategies.columns)
def test_batch_equals_single(texts: list[str | None]) -> None:
    totals, counts = sums(pa.array(texts, pa.string()), TABLE)
    for text, total, count in zip(texts, totals, counts, strict=True):
        ids = [] if text is None else token_ids(text, TABLE)
        assert count == len(ids)
        assert total == pytest.approx(float(TABLE.values[ids].sum(dtype=np.float64)), abs=1e-9)


@strategies.unhurried
@given(strategies.columns)
def test_slices(texts: list[str | None]) -> None:
    whole = pa.array(["before", *texts, "after"], pa.string())
    for kind in (pa.string(), pa.large_string()):
        sliced = whole.cast(kind).slice(1, len(texts))
        totals, counts = sums(sliced, TABLE)
        expected_totals, expected_counts = sums(pa.array(texts, pa.string()), TABLE)
        assert totals.tolist() == expected_totals.tolist()
        assert counts.tolist() == expected_counts.tolist()


def test_null_that_hides_bytes() -> None:
    offsets = pa.py_buffer(np.array([0, 3, 6], np.int32).tobytes())
    hidden = pa.StringArray.from_buffers(
        2, offsets, pa.py_buffer(b"onetwo"), pa.py_buffer(b"\x02"), 1
    )
    assert hidden.to_pylist() == [None, "two"]
    assert sums(hidden, FORMS[0])[1].tolist() == [0, 1]
    assert word_lines(hidden).buffer.tobytes() == b" \n two \n"


def test_token_places() -> None:
    plain, edged = ([(t.start, t.end) for t in tokens("how old?", form)] for form in FORMS[:2])
    assert plain == [(0, 3), (4, 7), (0, 7), (7, 8)]
    assert edged == [(0, 3), (0, 3), (4, 7), (0, 7), (7, 8), (4, 7)]
    assert [(t.start, t.end) for t in tokens("a", FORMS[1])] == [(0, 1)] * 3


def test_word_lines() -> None:
    texts = pa.array(["don't tell!!  ANYONE", None, "", "yesss…😀no", "ห้าม 11", "¿qué?"])
    expected = [" dont tel anyone ", " ", " ", " yes no ", " ห้าม 11 ", " que "]
    lines = word_lines(texts, trace=True)
    assert lines.buffer.tobytes().decode() == "".join(f"{line}\n" for line in expected)
    assert len(lines.origin) == len(lines.buffer)
    starts = [lines.buffer.tobytes().decode().encode()[a : a + 1] for a in lines.starts[:-1]]
    assert starts == [b" "] * len(texts)


def test_empty_column() -> None:
    assert column(pa.array([], pa.string())).offsets.tolist() == [0]
    assert [len(x) for x in sums(pa.array([], pa.string()), TABLE)] == [0, 0]


@pytest.mark.parametrize("piece", ["a", "a ", "?", "😀", "how old "])
def test_long_message_takes_linear_time(piece: str) -> None:
    text = pa.array([piece * (8_000_000 // len(piece.encode()))])
    started = time.perf_counter()
    sums(text, TABLE)
    word_lines(text)
    assert time.perf_counter() - started < 10


def test_numba_is_imported_on_first_use_only() -> None:
    code = "import sys, fieldfare.language; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_compiles_where_no_cache_can_be_written() -> None:
    from fieldfare.language._words import compiled

    # A function that is in no file has no place for a cache, as on a read-only system.
    space: dict[str, Any] = {}
    exec("def double(x):\n    return x + x", space)  # noqa: S102 - our own code
    assert compiled(space["double"])(21) == 42


@pytest.mark.parametrize("text", ["a", "a?a?a?a?", "a;b:c(d)e!f", "?!?!"])
def test_marks_between_words_have_room(text: str) -> None:
    """Marks take no space of their own, so that tokens may be twice the bytes."""
    for table in FORMS:
        found = tokens(text, table)
        _, counts = sums(pa.array([text]), table)
        assert [len(found)] == counts.tolist()
        assert all(0 <= one.start < one.end <= len(text) for one in found)
