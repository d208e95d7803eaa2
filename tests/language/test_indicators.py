"""Indicators: every phrase finds its own, and only at word boundaries."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given

from fieldfare.language.indicators import CATALOGUE, read_indicators
from fieldfare.language.normalise import normalise
from fieldfare.vocabulary import SettingsError

from . import strategies

FOLDER = files("fieldfare.language") / "indicators"
FILES = sorted(
    file.name for file in FOLDER.iterdir() if file.name.endswith(".toml") and file.name != CATALOGUE
)
FOUND = read_indicators()


def _find(texts: list[str | None]) -> list[list[str]]:
    found: list[list[str]] = FOUND.find(normalise(pa.array(texts, pa.string()))).to_pylist()
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_phrase_finds_its_indicator(name: str) -> None:
    content = tomllib.loads((FOLDER / name).read_text("utf-8"))
    assert name == f"{content['language']}.toml"
    for indicator, phrases in content["phrases"].items():
        for phrase in phrases:
            for text in (phrase, phrase.upper(), f"ok, {phrase}!!", f"“{phrase}”😀"):
                assert indicator in _find([text])[0], (indicator, text)
                span = next(s for s in FOUND.spans(text) if s.indicator == indicator)
                assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("how old are you", ["age_probing"]),
        ("how  old\nare,you", ["age_probing"]),
        ("Howww old are youuuu??", ["age_probing"]),
        ("how o\u200bld are you", ["age_probing"]),
        ("HOW OLD R U", ["age_probing"]),
        ("don’t tell your mum", ["secrecy"]),
        (
            "send pic. are you alone? how old r u",
            ["age_probing", "parents_absent", "photo_request"],
        ),
        ("send pic send pic", ["photo_request"]),
        ("อายุเท่าไหร่คะ", ["age_probing"]),
        ("show old are you", []),
        ("how old are yours", []),
        ("send pictures", []),
        ("the nasl pls", []),
        ("", []),
        (None, []),
    ],
)
def test_messages(text: str | None, ids: list[str]) -> None:
    assert _find([text]) == [ids]


def test_no_match_across_messages() -> None:
    assert _find(["how old", "are you", None, "send", "pic"]) == [[]] * 5


def test_spans_are_in_the_original() -> None:
    text = "Ok 😀 ﬁne. Don’t tell your MUMMM!! how old r u"
    marked = [(span.indicator, text[span.start : span.end]) for span in FOUND.spans(text)]
    assert marked == [("secrecy", "Don’t tell your MUMMM"), ("age_probing", "how old r u")]


def test_longest_phrase_of_an_indicator_is_marked() -> None:
    text = "can you send me a photo of you"
    marked = [text[span.start : span.end] for span in FOUND.spans(text)]
    assert marked == ["can you send me a photo", "send me a photo of you"]


@strategies.unhurried
@given(strategies.columns)
def test_spans_agree_with_the_batch(texts: list[str | None]) -> None:
    for text, ids in zip(texts, _find(texts), strict=True):
        spans = FOUND.spans(text or "")
        assert {span.indicator for span in spans} == set(ids)
        assert all(0 <= span.start < span.end <= len(text or "") for span in spans)


ENTRY = '[[indicator]]\nid = "{}"\nstage = "s"\ntitle = "t"\n'
TWO = ENTRY.format("a") + ENTRY.format("b")
TOP = 'language = "xx"\n'


@pytest.mark.parametrize(
    ("catalogue", "phrases", "said"),
    [
        (TWO, TOP + '[phrases]\nc = ["x"]', "xx.toml: phrases.c: no such indicator"),
        (TWO, TOP + '[phrases]\na = ["x", "?!"]', "xx.toml: phrases.a[1]: a phrase without"),
        (
            TWO,
            TOP + '[phrases]\na = ["don\'t go"]\nb = ["y", "Dont goo!"]',
            "xx.toml: phrases.b[1]: the phrase is also in xx.toml: phrases.a",
        ),
        (TWO, TOP + '[phrases]\na = "x"', "xx.toml: Expected `array`, got `str` - at `$.phr"),
        (TWO, '[phrases]\na = ["x"]', "xx.toml: Object missing required field `language`"),
        (TWO, TOP + "phrase = 1\n[phrases]", "unknown field `phrase`"),
        (TWO, TOP + "[phrases]", "no phrases"),
        (TWO, "language =", "xx.toml: "),
        (TWO + TWO, "", "catalogue.toml: an indicator id stands twice"),
        ('[[indicator]]\nid = "a"', "", "catalogue.toml: Object missing required field `stage`"),
    ],
)
def test_settings_errors_name_file_and_key(
    tmp_path: Path, catalogue: str, phrases: str, said: str
) -> None:
    (tmp_path / CATALOGUE).write_text(catalogue)
    (tmp_path / "xx.toml").write_text(phrases)
    with pytest.raises(SettingsError, match=re.escape(said)):
        read_indicators(tmp_path)


def test_missing_or_damaged_files(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"catalogue\.toml: cannot be read"):
        read_indicators(tmp_path)
    (tmp_path / CATALOGUE).write_bytes(b"\xff")
    with pytest.raises(SettingsError, match=r"catalogue\.toml: not UTF-8"):
        read_indicators(tmp_path)
