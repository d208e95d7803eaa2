"""Frames count where heads confirm them: everywhere in the same way, and phrases as ever."""

from __future__ import annotations

import pickle
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.lab.head_confirming import TIMES, TIMES_MORE, confirming
from fieldfare.language import LanguageModel, annotate, annotate_one, explain
from fieldfare.language.heads import Heads, read_heads
from fieldfare.language.normalise import normalise
from fieldfare.vocabulary import SettingsError

from . import strategies

MODEL = LanguageModel.load(frames=True)
EVERY = replace(MODEL, confirming=None)
assert MODEL.confirming is not None
HEADS: Heads = MODEL.confirming

MEANT = "please dont ever mention this to your parents ok"
NOT_MEANT = "the teacher said not to tell anyone the answers of your test"

WORDS = [
    *("never", "dont", "tell", "mention", "anyone", "your", "mum", "parents", "secret", "between"),
    *("us", "photo", "send", "me", "meet", "alone", "pay", "ticket", "i", "can", "will", "you"),
    *("the", "test", "in", "park", "sag", "keinem", "mama", "geheim", "bild", "schick", "nicht"),
]
lines = st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)


def _found(model: LanguageModel, texts: list[str | None]) -> list[list[str]]:
    rows: list[list[str]] = annotate(pa.array(texts, pa.string()), model)["indicators"].to_pylist()
    return rows


def test_a_frame_counts_where_heads_confirm_it() -> None:
    assert _found(EVERY, [MEANT, NOT_MEANT]) == [["secrecy"], ["secrecy"]]
    assert _found(MODEL, [MEANT, NOT_MEANT]) == [["secrecy"], []]


def test_an_explanation_says_what_confirmed_it() -> None:
    (span,) = explain(MEANT, MODEL).indicators
    assert span.frame is not None and span.frame.startswith("frames/en.toml: frames.secrecy")
    assert span.margin is not None and span.margin > 0
    assert explain(NOT_MEANT, MODEL).indicators == ()
    (phrase,) = explain("how old are you", MODEL).indicators
    assert phrase.frame is None and phrase.margin is None


@strategies.unhurried
@given(st.lists(st.none() | lines | strategies.texts, max_size=8))
def test_one_message_and_many_agree(texts: list[str | None]) -> None:
    rows = _found(MODEL, texts)
    for text, row in zip(texts, rows, strict=True):
        assert annotate_one(text or "", MODEL).indicators == tuple(row)
        said = {span.indicator for span in explain(text or "", MODEL).indicators}
        assert said == set(row)


@strategies.unhurried
@given(lines)
def test_phrases_always_count_and_nothing_but_frames_is_lost(text: str) -> None:
    phrases, confirmed, every = (
        set(_found(model, [text])[0]) for model in (LanguageModel.load(), MODEL, EVERY)
    )
    assert phrases <= confirmed <= every
    two, more = HEADS.margins(normalise(pa.array([text], pa.large_string())))
    for name in every - phrases:
        k = HEADS.ids.index(name)
        # Which of the two counts is the number of the frame's parts.
        assert (two[0, k] >= 0) <= (name in confirmed) <= (more[0, k] >= 0)


def test_pickled_it_finds_the_same() -> None:
    again = pickle.loads(pickle.dumps(MODEL))  # noqa: S301 - its own
    assert again.fingerprint == MODEL.fingerprint
    assert _found(again, [MEANT, NOT_MEANT]) == _found(MODEL, [MEANT, NOT_MEANT])


def test_the_fingerprint_tells_the_ways_apart() -> None:
    ways = [LanguageModel.load(), MODEL, EVERY, LanguageModel.load(frames=True, pieces=False)]
    ways.append(LanguageModel.load(frames=True, heads=True))
    fusion = msgspec.structs.replace(HEADS.fusion, confirming_more={})
    ways.append(replace(MODEL, confirming=replace(HEADS, fusion=fusion)))
    assert len({one.fingerprint for one in ways}) == len(ways)


def test_without_a_threshold_no_frame_counts() -> None:
    fusion = msgspec.structs.replace(HEADS.fusion, confirming={}, confirming_characters={})
    silent = replace(MODEL, confirming=replace(HEADS, fusion=fusion))
    assert _found(silent, [MEANT, "how old are you"]) == [[], ["age_probing"]]


def test_heads_of_another_catalogue_are_refused() -> None:
    other = read_heads(HEADS.ids[::-1])
    with pytest.raises(SettingsError, match="not for the catalogue"):
        replace(MODEL, confirming=other)


def test_thresholds_let_through_what_they_may() -> None:
    texts = [f"{a} {b} {c}" for a in WORDS for b in WORDS[:12] for c in WORDS[-8:]]
    false = {"secrecy": 1 / 2000, "photo_request": 1 / 500}
    fusion = confirming(HEADS, {"made": texts}, false)
    assert set(fusion.confirming) == set(fusion.confirming_more) == set(false)
    forms = normalise(pa.array(texts, pa.large_string()))
    set_anew = replace(HEADS, fusion=fusion)
    logits = set_anew.logits(forms)
    for name, share in false.items():
        column = logits[:, HEADS.ids.index(name)]
        for times, lower in ((TIMES, 0.0), (TIMES_MORE, fusion.confirming_more[name])):
            over = np.mean(column >= fusion.confirming[name] - lower)
            assert share * times * 0.8 <= over <= share * times
    assert confirming(HEADS, {"none": []}, false).confirming == {}
