"""The normal form: batch and single agree, and offsets lead back."""

from __future__ import annotations

import time
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language.normalise import (
    MOST_MARKS,
    as_strings,
    byte_to_character,
    normalise,
    normalise_one,
    original_span,
)
from fieldfare.vocabulary import InputError

from . import strategies


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("How OLD", "how old"),
        ("ＨＯＷ　ｏｌｄ", "how old"),
        ("don’t ‘you’", "don't 'you'"),
        ("I\u00b4m", "i'm"),
        ("s\u200be\u2060cr\u00adet\ufeff", "secret"),
        ("\u202esecret\u202c", "secret"),
        ("señor café ﬁn", "señor café fin"),
        ("cafe\u0301", "café"),
        ("❤\ufe0f", "❤"),
        ("سر", "سر"),
        ("", ""),
    ],
)
def test_form(text: str, form: str) -> None:
    assert normalise(pa.array([text])).to_pylist() == [form]
    assert normalise_one(text)[0] == form


@strategies.unhurried
@given(strategies.columns)
def test_single_equals_batch(column: list[str | None]) -> None:
    batch = normalise(pa.array(column, pa.string())).to_pylist()
    assert batch == [None if text is None else normalise_one(text)[0] for text in column]


@strategies.unhurried
@given(strategies.texts, st.data())
def test_offsets_lead_back(text: str, data: st.DataObject) -> None:
    form, offsets = normalise_one(text)
    assert len(offsets) == len(form) + 1
    assert offsets[-1] == len(text)
    assert all(0 <= a <= b for a, b in pairwise(offsets))
    start = data.draw(st.integers(0, len(form)))
    end = data.draw(st.integers(start, len(form)))
    first, last = original_span(offsets, start, end)
    assert 0 <= first <= last <= len(text)
    assert (first < last) == (start < end)
    # The marked piece of the original holds what was found.
    assert form[start:end] in normalise_one(text[first:last])[0] or not text.isascii()


def test_span_of_a_character_that_became_two() -> None:
    form, offsets = normalise_one("x ﬁn y")
    at = form.index("fin")
    assert original_span(offsets, at, at + 1) == (2, 3)
    assert original_span(offsets, at + 1, at + 3) == (2, 4)


def test_heap_of_marks_is_cut_and_takes_linear_time() -> None:
    started = time.perf_counter()
    heap = "a" + "\u0315\u0323" * 500_000
    form = normalise(pa.array([heap])).to_pylist()[0]
    assert len(form) <= MOST_MARKS + 1
    # Sorting the marks of the whole heap would take minutes.
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    "kind",
    [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())],
)
def test_every_kind_of_string_array(kind: pa.DataType) -> None:
    texts = pa.array(["A", None, "É", "A"], pa.string()).cast(kind)
    assert normalise(texts).to_pylist() == ["a", None, "é", "a"]
    assert normalise(pa.nulls(2)).to_pylist() == [None, None]


def test_refuses_what_is_not_text() -> None:
    with pytest.raises(TypeError, match="not int64"):
        as_strings(pa.array([1]))
    offsets = pa.py_buffer(b"\0\0\0\0\x01\0\0\0\x03\0\0\0")
    broken = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"a\xff\xfe"))
    with pytest.raises(InputError, match="row 1 is not valid UTF-8"):
        as_strings(broken)


def test_lone_surrogate_is_refused_without_showing_the_text() -> None:
    with pytest.raises(InputError) as caught:
        normalise_one("private \ud800")
    assert "private" not in str(caught.value)
    assert caught.value.__cause__ is None
    with pytest.raises(UnicodeEncodeError):
        pa.array(["\ud800"])


def test_byte_to_character() -> None:
    assert byte_to_character("aé😀".encode()) == [0, 1, 1, 2, 2, 2, 2, 3]
    assert byte_to_character(b"") == [0]


def test_slices_that_do_not_begin_at_byte_zero() -> None:
    # Arrow's ascii_lower answers these with zero bytes; every slice at a multiple of eight rows
    # becomes one by a cast.
    texts = pa.array(["Abc"] * 20 + [None, "", "É"])
    for start in range(len(texts)):
        for kind in (pa.string(), pa.large_string(), pa.string_view()):
            piece = texts[start:].cast(kind)
            expected = [t and t.lower() for t in texts.to_pylist()[start:]]
            assert normalise(piece).to_pylist() == expected
