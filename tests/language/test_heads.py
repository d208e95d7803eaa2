"""Heads: what they see, what they make of it, and that they say how."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from fieldfare.lab.head_texts import examples, held_out_forms, near_forms, read_taught
from fieldfare.language import LanguageModel, _heads, annotate, annotate_one, explain
from fieldfare.language._pieces import WIDEST
from fieldfare.language.folding import folded
from fieldfare.language.heads import Fusion, Heads, HeadTable, merge, read_heads, read_table
from fieldfare.language.normalise import normalise, normalise_one
from fieldfare.vocabulary import SettingsError

from . import strategies

MODEL = LanguageModel.load(heads=True)
assert MODEL.heads is not None
HEADS: Heads = MODEL.heads
TABLES = Path(__file__).parents[2] / "src" / "fieldfare" / "language" / "tables"


def _windows(text: str) -> list[bytes]:
    encoded = text.encode()
    data = np.frombuffer(encoded, np.uint8)
    found, at = [], 0
    while at < data.size:
        begin, end, then = _heads.window(data, at, data.size)
        assert then > at or begin >= end
        if begin >= end:
            break
        found.append(encoded[begin:end])
        at = then
    return found


@strategies.unhurried
@given(strategies.texts)
def test_windows_are_text_and_short(text: str) -> None:
    normalised = normalise_one(text)[0]
    windows = _windows(normalised)
    for window in windows:
        assert 0 < len(window.decode()) <= WIDEST
    # Nothing but what parts sentences stands outside of all windows.
    lost = set(normalised) - set("".join(window.decode() for window in windows))
    assert all(one.isspace() or ord(one) < 32 or one in ".;!?؟۔।。…។෴" for one in lost)


def test_sentences_and_long_ones() -> None:
    assert _windows("hi. send 3.5 euros! ok?") == [b"hi", b"send 3.5 euros", b"ok"]
    words = " ".join(f"word{k}" for k in range(60))
    windows = [window.decode() for window in _windows(words)]
    assert all(f"word{k} word{k + 1}" in " ".join(windows) for k in range(59))
    assert all(window.split()[0].startswith("word") for window in windows)
    assert any(one.split()[0] in other.split()[1:] for other, one in pairwise(windows))


def _grams(window: str, rows: int) -> list[int]:
    """The definition, on characters as words compare."""
    line = [32]
    for letter in folded(window):
        code = ord(letter)
        if letter == "'" or letter in "\u0301":
            continue
        if not (letter.isascii() and letter.isalnum()) and code < 0x80:
            code = 32
        if code == line[-1] and (code == 32 or letter.isalpha()):
            continue
        line.append(code)
    if line[-1] != 32:
        line.append(32)
    basis, prime, whole = 2166136261, 16777619, 0xFFFFFFFF

    def place(h: int) -> int:
        return (h ^ (h >> 15)) & (rows - 1)

    found, before = [], 0
    for k in range(len(line) - 1):
        if line[k] == 32:
            word = 0x9E3779B9
            for code in line[k + 1 : line.index(32, k + 1)]:
                word = ((word ^ code) * prime) & whole
            pair = (((before * prime) & whole) ^ word ^ 0x85EBCA6B) * prime & whole
            found += [place(word), place(pair)]
            before = word
        h = basis
        for n in range(1, 6):
            if k + n > len(line):
                break
            h = ((h ^ line[k + n - 1]) * prime) & whole
            if n >= 3:
                found.append(place(h))
            if line[k + n - 1] == 32 and n > 1:
                break
    return found


@pytest.mark.parametrize(
    "window",
    [
        "how old are you",
        "don't tell, ok",
        "größe und straße",
        "сколько тебе лет",
        "a",
        "helloo",
    ],
)
def test_features_of_characters_as_defined(window: str) -> None:
    data = np.frombuffer(window.encode(), np.uint8)
    ids = np.empty(_heads.GRAMS, np.int32)
    codes = np.empty(WIDEST + 4, np.int64)
    count = _heads.grams(data, 0, data.size, np.uint32((1 << 16) - 1), codes, ids)
    assert ids[:count].tolist() == _grams(window, 1 << 16)


def _logits(window: str) -> np.ndarray:
    """The definition, in numpy."""
    assert HEADS.pieces is not None
    assert HEADS.piece_list is not None
    text = "".join(" " + word for word in window.split())
    data = np.frombuffer(window.encode(), np.uint8)
    ids = np.empty(_heads.GRAMS, np.int32)
    codes = np.empty(WIDEST + 4, np.int64)
    mask = np.uint32(len(HEADS.characters.weights) - 1)
    count = _heads.grams(data, 0, data.size, mask, codes, ids)
    known = [one.id for one in HEADS.piece_list.cut(text) if one.id >= 0]
    total = np.zeros(len(HEADS.ids))
    for table, rows in ((HEADS.pieces, known), (HEADS.characters, ids[:count].tolist())):
        share = HEADS.fusion.shares[table.name.removeprefix("heads-")]
        inner = np.zeros(table.weights.shape[1])
        if rows:
            inner = table.weights[rows].astype(np.int64).sum(axis=0) * table.scale
            inner = np.maximum(inner / np.sqrt(len(rows)) + table.inner, 0)
        total += share * (inner @ table.outer + table.last)
    return total


@pytest.mark.parametrize(
    "window", ["could i see what you look like", "ok", "кто ещё дома", "你在家吗", "mir egal 😀"]
)
def test_logits_as_defined(window: str) -> None:
    found = HEADS.logits(pa.array([window], pa.large_string()))[0]
    assert np.allclose(found, _logits(window), atol=1e-3)


@strategies.unhurried
@given(strategies.texts)
def test_the_clearest_window_counts(text: str) -> None:
    normalised = normalise_one(text)[0]
    whole = HEADS.logits(pa.array([normalised], pa.large_string()))[0]
    windows = [window.decode() for window in _windows(normalised)]
    if not windows:
        assert (whole == _heads.NONE).all()
        return
    apart = HEADS.logits(pa.array(windows, pa.large_string()))
    assert np.array_equal(apart.max(axis=0), whole)


def test_empty_and_null_have_nothing() -> None:
    found = HEADS.logits(pa.array(["", None, " . "], pa.large_string()))
    assert (found == _heads.NONE).all()
    assert not HEADS.find(pa.array([None], pa.large_string())).any()


PROBE = "Would your parents look at your phone"


def test_an_explanation_says_what_carried_it() -> None:
    said = explain(f"Hello there. {PROBE}!", MODEL)
    assert [one.indicator for one in said.heads] == ["risk_probing"]
    assert not said.indicators
    head = said.heads[0]
    text = f"Hello there. {PROBE}!"
    assert text[head.start : head.end] == PROBE
    assert head.margin >= 0
    heaviest = max(head.parts, key=lambda part: part.weight)
    assert text[heaviest.start : heaviest.end] == "phone"


@strategies.unhurried
@given(strategies.columns)
def test_rows_do_not_depend_on_the_batch(texts: list[str | None]) -> None:
    whole = pa.array([*texts, PROBE], pa.string())
    rows = annotate(whole, MODEL).to_pylist()
    alone = [annotate_one(text, MODEL).indicators if text else () for text in [*texts, PROBE]]
    assert [tuple(row["indicators"]) for row in rows] == alone
    assert rows[-1]["indicators"] == ["risk_probing"]
    assert rows == [annotate(whole[k : k + 1], MODEL).to_pylist()[0] for k in range(len(whole))]


@strategies.unhurried
@given(strategies.texts)
def test_an_explanation_agrees_with_the_row(text: str) -> None:
    row = annotate(pa.array([text]), MODEL).to_pylist()[0]
    said = explain(text, MODEL)
    found = {span.indicator for span in said.indicators}
    assert found | {span.indicator for span in said.heads} == set(row["indicators"])
    places = [(one.start, one.end) for one in said.heads]
    places += [(part.start, part.end) for one in said.heads for part in one.parts]
    assert all(0 <= start < end <= len(text) for start, end in places)


def test_what_is_learnt_is_none_of_what_is_held_out() -> None:
    held = held_out_forms()
    assert "ursospecial" in held
    drawn = examples([], seed=0, phrases_each=30, taught_each=60)
    assert {one.source for one in drawn} >= {"phrases", "taught", "ordinary"}
    learnt = [one.text for one in drawn if one.source in ("phrases", "taught")]
    assert all(held.isdisjoint(near) for near in near_forms(learnt))


def test_no_taught_sentence_had_to_be_left_out() -> None:
    held = held_out_forms()
    for name, content in read_taught():
        phrases = content.as_phrases()
        every = (one for each in content.taught.values() for one in each)
        texts = [text for sentence in every for text in phrases.texts(sentence)]
        for text, near in zip(texts, near_forms(texts), strict=True):
            assert held.isdisjoint(near), f"{name}: {text}"


def test_without_pieces_and_without_heads() -> None:
    fewer, none = LanguageModel.load(heads=True, pieces=False), LanguageModel.load()
    assert len({MODEL.fingerprint, fewer.fingerprint, none.fingerprint}) == 3
    column = normalise(pa.array([PROBE, "how old are you"]))
    assert none.find_indicators(column).to_pylist() == [[], ["age_probing"]]
    assert fewer.heads is not None
    parts = [part for one in explain(PROBE, fewer).heads for part in one.parts]
    assert all(PROBE[part.start : part.end].split() for part in parts)


def test_merging_keeps_order_and_phrases() -> None:
    ids = ("a", "b", "c")
    phrases = pa.array([["b"], [], ["a", "c"]], pa.list_(pa.string()))
    found = np.array([[1, 0, 1], [0, 0, 0], [1, 1, 0]], np.bool_)
    assert merge(phrases, found, ids).to_pylist() == [["a", "b", "c"], [], ["a", "b", "c"]]
    assert merge(phrases, np.zeros((3, 3), np.bool_), ids) is phrases


def test_fingerprint_follows_every_table() -> None:
    assert HEADS.pieces is not None
    shaken = replace(HEADS.pieces, weights=HEADS.pieces.weights[::-1].copy())
    fusion = Fusion(HEADS.fusion.shares, {**HEADS.fusion.thresholds, "secrecy": 99.0}, {})
    others = [replace(HEADS, pieces=shaken), replace(HEADS, fusion=fusion)]
    assert len({HEADS.fingerprint, *(one.fingerprint for one in others)}) == 3
    again = pickle.loads(pickle.dumps(HEADS))  # noqa: S301 - our own bytes
    assert again.fingerprint == HEADS.fingerprint


def test_cards_have_the_hashes() -> None:
    assert HEADS.pieces is not None
    for table in (HEADS.characters, HEADS.pieces):
        assert table.content_hash in (TABLES / f"{table.name}.md").read_text("utf-8")


def test_tables_stay_small() -> None:
    for name, most in {"pieces": 1, "heads-pieces": 6, "heads-characters": 8}.items():
        assert (TABLES / f"{name}.npz").stat().st_size < most * 1_000_000


def test_what_does_not_fit_is_refused(tmp_path: Path) -> None:
    table = HEADS.characters
    with pytest.raises(SettingsError, match="do not fit"):
        replace(table, inner=table.inner[1:])
    with pytest.raises(SettingsError, match="not a finite"):
        replace(table, inner=np.full_like(table.inner, np.nan))
    with pytest.raises(SettingsError, match="not one column an indicator"):
        replace(HEADS, ids=("one",))
    with pytest.raises(SettingsError, match="no power of two"):
        replace(HEADS, characters=replace(table, weights=table.weights[1:]))
    with pytest.raises(SettingsError, match="not one row a piece"):
        replace(HEADS, piece_list=None)
    (tmp_path / "bad.npz").write_bytes(b"no archive")
    with pytest.raises(SettingsError, match=r"bad\.npz"):
        read_table(tmp_path / "bad.npz")
    with pytest.raises(SettingsError, match=r"heads\.toml: cannot be read"):
        read_heads(HEADS.ids, tmp_path)
    (tmp_path / "heads.toml").write_text(
        "[shares]\n[thresholds]\nnone = 1\n[thresholds_characters]\n"
    )
    with pytest.raises(SettingsError, match="no such indicator"):
        read_heads(HEADS.ids, tmp_path)


def test_columns_of_a_table_are_whole_numbers() -> None:
    assert isinstance(HEADS.characters, HeadTable)
    assert HEADS.characters.weights.dtype == np.int8


def test_what_no_piece_has_is_left_to_characters() -> None:
    both, alone = (LanguageModel.load(heads=True, pieces=one).heads for one in (True, False))
    assert both is not None
    assert alone is not None
    texts = normalise(
        pa.array(["តើអ្នកអាយុប៉ុន្មាន", "তোমার বয়স কত", "உங்கள் வயது என்ன"], pa.large_string())
    )
    margins = both.logits(texts) - both.thresholds
    assert margins == pytest.approx(alone.logits(texts) - alone.thresholds, abs=1e-3)
    plain = normalise(pa.array(["how old are you"], pa.large_string()))
    assert (both.logits(plain) - both.thresholds) != pytest.approx(
        alone.logits(plain) - alone.thresholds, abs=0.1
    )
