"""The one function: its columns, its purity, and that an explanation agrees with it."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldfare import language
from fieldfare.language import SCHEMA, LanguageModel, TokenTable, annotate, explain
from fieldfare.language import annotate as _function
from fieldfare.language.kernel import MOST_TOKENS
from fieldfare.vocabulary import InputError

from . import strategies

MODEL = LanguageModel.load()


def test_namespace_is_complete() -> None:
    assert all(hasattr(language, name) for name in language.__all__)
    assert _function is annotate


def test_columns() -> None:
    rows = annotate(pa.array(["How old are you?", None, "", "im 12, send me a photo"]), MODEL)
    assert rows.schema == SCHEMA
    assert rows.to_pylist()[:3] == [
        {
            "weight_sum": 6.832275390625,
            "tokens": 10,
            "stated_age": None,
            "stated_age_confidence": None,
            "indicators": ["age_probing"],
        },
        *[
            {
                "weight_sum": 0.0,
                "tokens": 0,
                "stated_age": None,
                "stated_age_confidence": None,
                "indicators": [],
            }
        ]
        * 2,
    ]
    assert rows["stated_age"][3].as_py() == 12
    assert 0 < rows["stated_age_confidence"][3].as_py() <= 1
    assert rows["indicators"][3].as_py() == ["photo_request"]


@strategies.unhurried
@given(strategies.columns, st.lists(st.integers(0, 12), max_size=4))
def test_any_split_gives_the_same_rows(texts: list[str | None], cuts: list[int]) -> None:
    whole = pa.array(texts, pa.string())
    rows = annotate(whole, MODEL)
    rows.validate(full=True)
    assert rows.num_rows == len(texts)
    bounds = sorted({0, len(texts), *(cut for cut in cuts if cut <= len(texts))})
    pieces = [whole[a:b] for a, b in pairwise(bounds)]
    assert annotate(pa.chunked_array(pieces, pa.string()), MODEL).equals(rows)
    singles = [annotate(whole[k : k + 1], MODEL).to_pylist()[0] for k in range(len(texts))]
    assert singles == rows.to_pylist()


def test_few_and_many_rows_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = pa.array([*strategies.AWKWARD, None] * 10)
    rows = annotate(texts, MODEL)
    assert rows.to_pylist() == [
        row for k in range(len(texts)) for row in annotate(texts[k : k + 1], MODEL).to_pylist()
    ]
    # Pieces as small as can be: the loop over them must neither lose nor repeat a row.
    import sys

    monkeypatch.setattr(sys.modules["fieldfare.language.annotate"], "_MOST_BYTES", 8)
    assert annotate(texts, MODEL).equals(rows)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_kinds_of_string(kind: pa.DataType) -> None:
    texts = pa.array(["im 12", None, "é"], pa.string())
    assert annotate(texts.cast(kind), MODEL).equals(annotate(texts, MODEL))


def test_empty_and_all_null() -> None:
    for empty in (pa.array([], pa.string()), pa.chunked_array([], pa.string())):
        assert annotate(empty, MODEL).num_rows == 0
        assert annotate(empty, MODEL).schema == SCHEMA
    assert annotate(pa.nulls(3), MODEL)["tokens"].to_pylist() == [0, 0, 0]


@pytest.mark.parametrize(
    "piece", ["a", "how old are you ", "😀", "im 12 ", "e\u0301\u0323", "สวัสดี"]
)
def test_long_messages(piece: str) -> None:
    text = piece * (1_000_000 // len(piece.encode()))
    rows = annotate(pa.array(["before", text, "after"]), MODEL)
    assert rows.num_rows == 3
    assert rows[1][1].as_py() > 0


@pytest.mark.parametrize("times", [1, 10_000])
def test_a_long_message_counts_so_many_tokens_of_its_average(times: int) -> None:
    text = "how old are you " * 400 * times
    row = annotate(pa.array(["how old are you " * 100, text]), MODEL).to_pylist()
    assert row[1]["tokens"] == MOST_TOKENS
    average = row[0]["weight_sum"] / row[0]["tokens"]
    assert row[1]["weight_sum"] == pytest.approx(MOST_TOKENS * average, rel=0.01)


def test_one_message_adds_only_so_much() -> None:
    most = MODEL.table.message_most
    told = "are your parents home? how old are you? keep this our secret. send me a photo. " * 3
    rows = annotate(pa.array([told, told * 3, "good morning"]), MODEL).to_pylist()
    assert [row["weight_sum"] for row in rows[:2]] == [most, most]
    assert rows[0]["tokens"] < rows[1]["tokens"]
    assert rows[2]["weight_sum"] < most
    unbounded = replace(MODEL.table, message_most=float("inf"))
    assert unbounded.content_hash != MODEL.table.content_hash
    assert annotate(pa.array([told]), replace(MODEL, table=unbounded))[0][0].as_py() > most


def test_broken_bytes_are_refused_without_showing_the_text() -> None:
    offsets = pa.py_buffer(np.array([0, 9], np.int32).tobytes())
    broken = pa.StringArray.from_buffers(1, offsets, pa.py_buffer(b"private\xff\xfe"))
    with pytest.raises(InputError) as caught:
        annotate(broken, MODEL)
    assert "private" not in str(caught.value)
    with pytest.raises(InputError, match="lone surrogate"):
        explain("private \udc00", MODEL)


def test_model_pickles_and_keeps_its_fingerprint() -> None:
    texts = pa.array(["how old are you", "im 12", None])
    rows = annotate(texts, MODEL)
    again = pickle.loads(pickle.dumps(MODEL))  # noqa: S301 - our own bytes
    assert again.fingerprint == MODEL.fingerprint
    assert annotate(texts, again).equals(rows)
    assert pickle.loads(pickle.dumps(annotate)) is annotate  # noqa: S301


def test_fingerprint_follows_the_data() -> None:
    assert LanguageModel.load() is MODEL
    other = replace(MODEL, table=TokenTable("words-en", "en", np.zeros(4, np.float16), 64))
    tree = MODEL.indicators.tree
    fewer = replace(
        MODEL, indicators=replace(MODEL.indicators, tree=tree._replace(outputs=tree.outputs + 1))
    )
    assert len({MODEL.fingerprint, other.fingerprint, fewer.fingerprint}) == 3


@strategies.unhurried
@given(strategies.texts)
@example("keep this our secret " * 300)
def test_explanation_agrees_with_the_row(text: str) -> None:
    row = annotate(pa.array([text]), MODEL).to_pylist()[0]
    said = explain(text, MODEL)
    assert min(len(said.tokens), MOST_TOKENS) == row["tokens"]
    assert said.weight_sum == pytest.approx(row["weight_sum"], abs=1e-9)
    assert {span.indicator for span in said.indicators} == set(row["indicators"])
    stated = said.stated_age
    assert (stated.age if stated else None) == row["stated_age"]
    places = [(token.start, token.end) for token in said.tokens]
    places += [(span.start, span.end) for span in said.indicators]
    places += [(stated.start, stated.end)] if stated else []
    assert all(0 <= start < end <= len(text) for start, end in places)


def test_explanation_of_one_message() -> None:
    text = "I’m twelve. are your parents home"
    said = explain(text, MODEL)
    assert said.stated_age is not None
    assert text[said.stated_age.start : said.stated_age.end] == "I’m twelve"
    assert [text[s.start : s.end] for s in said.indicators] == ["are your parents home"]
    assert text[said.tokens[0].start : said.tokens[0].end] == "I’m"


def test_golden_sums_come_through() -> None:
    golden = json.loads((Path(__file__).parent / "golden.json").read_text("utf-8"))
    for vector in golden:
        if "ﬁ" not in vector["text"]:  # Normalising makes it two letters.
            row = annotate(pa.array([vector["text"]]), MODEL).to_pylist()[0]
            assert row["weight_sum"] == pytest.approx(vector["weight_sum"], abs=1e-9)
            assert row["tokens"] == vector["tokens"]


def test_documentation_lists_every_indicator_and_its_stage() -> None:
    page = (Path(__file__).parents[2] / "docs" / "language.md").read_text("utf-8")
    for indicator in MODEL.indicators.catalogue:
        assert f"| `{indicator.id}` | {indicator.stage} | {indicator.title}" in page
