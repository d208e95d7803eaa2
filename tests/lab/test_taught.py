"""What heads are taught: enough of it, well formed, and ordinary where it says so."""

from __future__ import annotations

import pyarrow as pa
import pytest

from fieldfare.lab.head_texts import Taught, read_taught
from fieldfare.language.indicators import read_indicators
from fieldfare.language.normalise import normalise

WEIGHTY = {"photo_request", "secrecy", "meeting_travel", "payment_offer"}
BROAD = (
    "ar", "ar-latn", "bn", "ckb", "es", "fr", "hi", "hi-latn", "id", "ja", "km", "ko",
    "ms", "nl", "pl", "pt", "ru", "si", "si-latn", "ta", "th", "tl", "tr", "vi", "zh",
)  # fmt: skip
"""Files held to all that is asked for; add a language once its file is wide enough."""
FILES = dict(read_taught())
INDICATORS = read_indicators()


def _texts(content: Taught, sentences: list[str]) -> list[str]:
    phrases = content.as_phrases()
    return [text for sentence in sentences for text in phrases.texts(sentence)]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_named_as_its_language(name: str) -> None:
    assert name == f"{FILES[name].language}.toml"
    assert set(FILES[name].taught) == set(INDICATORS.ids)


@pytest.mark.parametrize("name", [f"{one}.toml" for one in BROAD])
def test_each_indicator_is_said_in_many_ways(name: str) -> None:
    content = FILES[name]
    for indicator, sentences in content.taught.items():
        assert len(sentences) >= 8, indicator
        assert len(set(_texts(content, sentences))) >= 60, indicator
    assert len(content.ordinary) >= 60
    assert len(set(_texts(content, content.ordinary))) >= 200


@pytest.mark.parametrize("name", FILES)
def test_no_sentence_stands_twice(name: str) -> None:
    content = FILES[name]
    taught = {text for each in content.taught.values() for text in _texts(content, each)}
    ordinary = _texts(content, content.ordinary)
    assert taught.isdisjoint(ordinary)
    assert all(text.strip() for text in [*taught, *ordinary])
    every = [one for each in (*content.taught.values(), content.ordinary) for one in each]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("name", [f"{one}.toml" for one in BROAD])
def test_ordinary_sentences_hold_no_weighty_phrase(name: str) -> None:
    texts = _texts(FILES[name], FILES[name].ordinary)
    found = INDICATORS.find(normalise(pa.array(texts, pa.large_string()))).to_pylist()
    wrong = [text for text, each in zip(texts, found, strict=True) if WEIGHTY & set(each)]
    assert not wrong
