"""The phrase files that ship: every phrase finds its own indicator, in enough words."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pyarrow as pa
import pytest

from fieldfare.language.frames import Part, parts_of
from fieldfare.language.indicators import Indicators, read_indicators
from fieldfare.language.kernel import word_lines
from fieldfare.language.normalise import normalise
from fieldfare.language.patterns import patterns_of
from fieldfare.language.phrases import PhraseFile, read_phrases

FILES = dict(read_phrases())
FOUND = read_indicators()
FRAMES = {name: one for name, one in read_phrases(frames=True) if name not in FILES}
BY_FRAMES = read_indicators(frames=True)
SHARED = tomllib.loads(Path(__file__).with_name("shared_phrases.toml").read_text("utf-8"))
EVERY_INDICATOR = 12
HELD_OUT = 4


def _find(texts: list[str], by: Indicators = FOUND) -> list[list[str]]:
    found: list[list[str]] = by.find(normalise(pa.array(texts, pa.string()))).to_pylist()
    return found


def _texts(content: PhraseFile) -> list[tuple[str, str, str]]:
    """Indicator, phrase and text of every spelling."""
    return [
        (indicator, phrase, text)
        for indicator, phrases in content.phrases.items()
        for phrase in phrases
        for text in content.texts(phrase)
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_spelling_finds_its_indicator(name: str) -> None:
    assert name == f"{FILES[name].language}.toml"
    texts = _texts(FILES[name])
    found = _find([text for _, _, text in texts])
    missed = [one for one, ids in zip(texts, found, strict=True) if one[0] not in ids]
    assert not missed[:5]


@pytest.mark.parametrize("name", FILES)
def test_first_spelling_is_found_in_any_dress(name: str) -> None:
    content = FILES[name]
    for indicator, phrases in content.phrases.items():
        texts = [content.texts(phrase)[0] for phrase in phrases]
        dressed = [form for text in texts for form in (f"{text.upper()}!!", f"“{text}”😀")]
        missed = [
            text for text, ids in zip(dressed, _find(dressed), strict=True) if indicator not in ids
        ]
        assert not missed[:5], indicator
        for text in texts[:3]:
            span = next(s for s in FOUND.spans(text) if s.indicator == indicator)
            assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize("name", FILES)
def test_no_spelling_finds_another_indicator_unless_listed(name: str) -> None:
    texts = _texts(FILES[name])
    shared = SHARED.get(FILES[name].language, {})
    others: dict[str, set[str]] = {}
    for (indicator, phrase, _), ids in zip(texts, _find([t for _, _, t in texts]), strict=True):
        others.setdefault(f"{indicator}: {phrase}", set()).update({*ids} - {indicator})
    found = {phrase: sorted(ids) for phrase, ids in others.items() if ids}
    assert found == shared


@pytest.mark.parametrize("name", FRAMES)
def test_every_frame_is_found_in_its_own_parts(name: str) -> None:
    content = FRAMES[name]
    assert name == f"frames/{content.language}.toml"
    assert not content.phrases
    assert not content.held_out
    read: dict[str, Part] = {}
    written = [(kind, one) for kind, each in content.frames.items() for one in each]
    texts = [text for _, frame in written for text in _of_parts(parts_of(frame, content, read))]
    found = _find(texts, BY_FRAMES)
    ways = len(texts) // max(1, len(written))
    missed = [
        one
        for k, one in enumerate(written)
        if not any(one[0] in ids for ids in found[k * ways : (k + 1) * ways])
    ]
    assert not missed[:5]


def _of_parts(parts: list[Part]) -> list[str]:
    """Some texts of the parts of a frame: of the first, last, shortest and longest spellings. One
    alone may have a part that is barred, or be read as disguise."""
    needed = [[*part.spellings, *part.stems] for part in parts if not part.barred]
    return [
        " ".join(each[0] for each in needed),
        " ".join(each[-1] for each in needed),
        " ".join(min(each, key=len) for each in needed),
        " ".join(max(each, key=len) for each in needed),
    ]


def test_frames_are_read_where_they_are_asked_for() -> None:
    assert {content.language for content in FRAMES.values()} == {
        content.language for content in FILES.values()
    }
    said = "you could whisper it to me, but dont you ever mention a word of it to your dad"
    assert "secrecy" not in _find([said])[0]
    assert "secrecy" in _find([said], BY_FRAMES)[0]
    assert FOUND.fingerprint != BY_FRAMES.fingerprint


@pytest.mark.parametrize("name", FILES)
def test_enough_phrases(name: str) -> None:
    content = FILES[name]
    few = {
        indicator: (len(phrases), len(held_out))
        for indicator in FOUND.ids
        if len(set(phrases := content.phrases.get(indicator, []))) < EVERY_INDICATOR
        or len(set(held_out := content.held_out.get(indicator, []))) < HELD_OUT
    }
    assert not few


@pytest.mark.parametrize("name", FILES)
def test_nothing_held_out_is_a_phrase(name: str) -> None:
    content = FILES[name]
    held_out = [text for texts in content.held_out.values() for text in texts]
    lines = word_lines(normalise(pa.array(held_out, pa.large_string())))
    buffer = lines.buffer.tobytes()
    written = {buffer[a : b - 1] for a, b in zip(lines.starts[:-1], lines.starts[1:], strict=True)}
    assert len(written) == len(held_out)
    whole = (one.sides[0] for one in patterns_of(name, content) if len(one.sides) == 1)
    patterns = {pattern for side in whole for pattern in side}
    assert not written & patterns
    assert not {line.strip() for line in written} & patterns
    texts = {text for _, _, text in _texts(content)}
    assert not texts & set(held_out)


def test_documentation_describes_every_indicator_and_language() -> None:
    page = (Path(__file__).parents[2] / "docs" / "indicators.md").read_text("utf-8")
    for indicator in FOUND.catalogue:
        heading = f"### `{indicator.id}`: {indicator.title}\n"
        assert page.count(heading) == 1
        described = page.split(heading)[1].split("###")[0]
        assert f"**Stage:** {indicator.stage}." in " ".join(described.split())
        quoted = re.search(r"\*\*Examples:\*\* “(.*)”, “(.*)”\.", described)
        assert quoted is not None
        assert _find(list(quoted.groups())) == [[indicator.id]] * 2
    for content in FILES.values():
        assert f"| `{content.language}` |" in page
