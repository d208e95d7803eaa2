"""Texts that heads learn from frames: they say what they are for, and are no held-out ones."""

from __future__ import annotations

from collections import Counter

import pyarrow as pa
import pytest

from fieldfare.lab.frame_texts import SAID, SOURCES, finder, frame_examples
from fieldfare.lab.head_labels import wanted_of
from fieldfare.lab.head_texts import Example, held_out_forms, near_forms
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import read_phrases

EACH = 4
INDICATORS = finder()


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return frame_examples(seed=3, each=EACH)


def test_every_language_with_frames_teaches_every_indicator(examples: list[Example]) -> None:
    said = Counter((one.language, one.indicator) for one in examples if one.source == SAID)
    files = [content for _, content in read_phrases(frames=True) if content.frames]
    wanted = {(content.language, kind) for content in files for kind in content.frames}
    # One frame in a while is broken by what stands between its parts.
    assert len(wanted - said.keys()) <= len(wanted) // 100
    assert max(said.values()) == EACH
    assert {one.source for one in examples} == SOURCES
    assert all((one.indicator is None) == (one.source != SAID) for one in examples)


def test_what_says_an_indicator_is_found_by_its_frame(examples: list[Example]) -> None:
    said = [one for one in examples if one.source == SAID]
    texts = normalise(pa.array([one.text for one in said], pa.large_string()))
    found = INDICATORS.find(texts).to_pylist()
    assert all(one.indicator in ids for one, ids in zip(said, found, strict=True))


def test_what_frames_find_beside_it_is_not_taught_as_absent(examples: list[Example]) -> None:
    texts = normalise(pa.array([one.text for one in examples], pa.large_string()))
    wanted = wanted_of(examples, texts, INDICATORS.ids)
    for one, ids, row in zip(examples, INDICATORS.find(texts).to_pylist(), wanted, strict=True):
        known = dict(zip(INDICATORS.ids, row.tolist(), strict=True))
        assert all(known[name] == (1 if name == one.indicator else -1) for name in ids)
        assert all(value == 0 for name, value in known.items() if name not in ids)


def test_no_held_out_paraphrase_is_learnt_from(examples: list[Example]) -> None:
    held = held_out_forms()
    said = [one.text for one in examples if one.source == SAID]
    assert all(held.isdisjoint(forms) for forms in near_forms(said))


def test_the_same_seed_draws_the_same(examples: list[Example]) -> None:
    assert frame_examples(seed=3, each=EACH) == examples
