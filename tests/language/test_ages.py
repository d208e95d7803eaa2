"""Stated ages: what is one, what is none, and that the batch filter loses nothing."""

from __future__ import annotations

import pickle
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language.age_forms import AgeForms, FormReader
from fieldfare.language.ages import OLDEST, YOUNGEST, read_ages
from fieldfare.language.normalise import normalise, normalise_one
from fieldfare.vocabulary import SettingsError

from . import strategies

READER = read_ages()

STATED = {
    "im 12": 12,
    "i am 13 years old": 13,
    "I'm twelve": 12,
    "I’m twelve": 12,
    "13f": 13,
    "f13": 13,
    "13/f/uk": 13,
    "f/13/uk": 13,
    "asl 13 f ph": 13,
    "13 f uk": 13,
    "I'm in year 7": 11.5,
    "im year 6 its so boring": 10.5,
    "im in year 9 of school": 13.5,
    "im in 7th grade": 12.5,
    "im in the seventh grade": 12.5,
    "grade 7? im in grade 7": 12.5,
    "im a 9th grader": 14.5,
    "my 14th birthday": 14,
    "its my fourteenth birthday tomorrow": 14,
    "turning 13": 12.5,
    "just turned 15": 15,
    "i just turned 15": 15,
    "im 12 and you?": 12,
    "im only 11": 11,
    "i'm a 14 year old girl": 14,
    "im 13yo": 13,
    "13 u?": 13,
    "15, hbu": 15,
    "I'm almost 13": 12.5,
    "im 12 and a half": 12.5,
    "ill be 13 in may": 12.5,
    "I am thirty-five": 35,
    "I am thirty five years old": 35,
    "im 45 yrs old": 45,
    "me im 13": 13,
    "im 13f": 13,
    "im fifteen lol": 15,
    "hi im 14 😀": 14,
    "14 m here": 14,
    "my age is 13": 13,
    "im 18 on friday": 18,
    "im ten, nearly eleven": 10,
    "im 13 or 14": 13.5,
    "i'm 12-13 lol": 12.5,
}

NOT_STATED = [
    "im 12 minutes late",
    "im 5 miles away",
    "im 20 mins",
    "im 20m away",
    "im 100% sure",
    "im 99% sure",
    "im 6 feet",
    "im 5'10",
    "my brother is 12",
    "im not 12",
    "you are 13",
    "im on 12",
    "im number 1",
    "12 am",
    "im 10 years older",
    "im 12 years in this job",
    "im 12 weeks along",
    "when im 18",
    "when i'm eighteen",
    "if i was 18",
    "u treat me like im 12",
    "do you think im 30",
    "im 10/10 tired",
    "im 20k down",
    "ill be 10 minutes",
    "im 12 chapters in",
    "press f12 to boot",
    "im five minutes away",
    "13m away",
    "im at 12",
    "see you at 12",
    "she just turned 15",
    "im 50 percent there",
    "im in year 2 of uni",
    "im in year 2026",
    "im in year 3 of this diet",
    "year 6 its so boring",
    "year 6 of the war",
    "im 3",
    "i have 12 apples",
    "im 7:30",
    "im 12.30",
    "im 12k",
    "its 13f outside",
    "im 150",
    "level 12",
    "im in room 12",
]


@pytest.mark.parametrize(("text", "age"), STATED.items())
def test_stated(text: str, age: float) -> None:
    normalised, _ = normalise_one(text)
    found = READER.read_one(normalised)
    assert found is not None
    assert found.age == age
    assert 0.5 <= found.confidence <= 1
    assert normalised[found.start : found.end].strip()


@pytest.mark.parametrize("text", NOT_STATED)
def test_not_stated(text: str) -> None:
    assert READER.read_one(normalise_one(text)[0]) is None


def test_batch_equals_single() -> None:
    texts = [*STATED, *NOT_STATED]
    ages, confidences = READER.read(normalise(pa.array([*texts, None])))
    assert np.isnan(ages[-1])
    for text, age, confidence in zip(texts, ages, confidences, strict=False):
        found = READER.read_one(normalise_one(text)[0])
        assert (found is None) == np.isnan(age) == np.isnan(confidence)
        if found:
            assert age == np.float32(found.age)
            assert confidence == np.float32(found.confidence)


VOCABULARY = """i'm im i am ill be turning turned just my age is 13 12 7 7th twelve thirty five
    year grade grader birthday asl f m f/13 13/f 14f years old yo girl here hi and you u ? , / .
    not in the a an almost only me hbu lol"""
_WORDS = st.sampled_from(VOCABULARY.split())


def _spoken(text: str) -> bool:
    return any(cue.decode() in text for cue in READER.cues)


@strategies.unhurried
@given(st.lists(_WORDS, max_size=9), st.sampled_from([" ", "", ", "]))
def test_the_filter_of_the_batch_is_that_of_the_single(words: list[str], joint: str) -> None:
    text = joint.join(words)
    kept = pc.match_substring_regex(pa.array([text]), READER.english.candidates)[0].as_py()
    assert kept == bool(re.search(READER.english.candidates, text, re.ASCII))
    found = READER.read_one(text)
    if found:
        assert kept or _spoken(text)
        assert YOUNGEST <= found.age <= OLDEST
        assert 0 < found.confidence <= 1


@strategies.unhurried
@given(strategies.texts)
def test_the_filters_agree_on_any_text(text: str) -> None:
    kept = pc.match_substring_regex(pa.array([text]), READER.english.candidates)[0].as_py()
    assert kept == bool(re.search(READER.english.candidates, text, re.ASCII))


@pytest.mark.parametrize("piece", ["im 12 minutes ", "i am ", "im only only ", "13/", "im a ", " "])
def test_long_text_takes_linear_time(piece: str) -> None:
    # A quadratic form would take minutes on this.
    READER.read(pa.array([piece * (1_000_000 // len(piece))]))


def test_pickles() -> None:
    again = pickle.loads(pickle.dumps(READER))  # noqa: S301 - our own bytes
    assert again.fingerprint == READER.fingerprint
    assert again.read_one("im 12") == READER.read_one("im 12")


ENGLISH = (files("fieldfare.language") / "ages" / "en.toml").read_text("utf-8")
FORMS = 'language = "xx"\ncues = ["a"]\nbefore = []\nafter = []\n[numbers]\n'


@pytest.mark.parametrize(
    ("english", "other", "said"),
    [
        ("language = 1", FORMS, "en.toml: Expected `str`, got `int` - at `$.language`"),
        ("language =", FORMS, "en.toml: "),
        ('language = "en"', FORMS, "en.toml: Object missing required field `fillers`"),
        (ENGLISH, 'language = "xx"', "xx.toml: Object missing required field"),
        (ENGLISH, 'sure = ["a {n"]\nshure = []\n' + FORMS, "xx.toml: Object contains unknown"),
        (ENGLISH, 'sure = ["(a"]\n' + FORMS, "xx.toml: missing )"),
    ],
)
def test_settings_errors_name_file_and_key(
    tmp_path: Path, english: str, other: str, said: str
) -> None:
    (tmp_path / "en.toml").write_text(english)
    (tmp_path / "xx.toml").write_text(other)
    with pytest.raises(SettingsError, match=re.escape(said)):
        read_ages(tmp_path)
    with pytest.raises(SettingsError, match=r"en\.toml: cannot be read"):
        read_ages(tmp_path / "none")


TABLE = tomllib.loads((Path(__file__).parent / "stated_ages.toml").read_text("utf-8"))


def test_every_language_has_a_table() -> None:
    assert set(TABLE) == {reader.forms.language for reader in READER.others}
    assert all(len(table["states"]) >= 8 for table in TABLE.values())
    assert all(len(table["none"]["texts"]) >= 5 for table in TABLE.values())


@pytest.mark.parametrize("language", TABLE)
def test_other_languages(language: str) -> None:
    for text, age in TABLE[language]["states"].items():
        normalised, _ = normalise_one(text)
        found = READER.read_one(normalised)
        assert found is not None, text
        assert (text, found.age) == (text, age)
        assert 0.5 <= found.confidence <= 1
        assert re.search(r"\w", normalised[found.start : found.end])
    for text in TABLE[language]["none"]["texts"]:
        assert READER.read_one(normalise_one(text)[0]) is None, text


def test_other_languages_in_the_batch() -> None:
    texts = [text for table in TABLE.values() for text in table["states"]]
    texts += [text for table in TABLE.values() for text in table["none"]["texts"]]
    normalised = normalise(pa.array([*texts, None, ""]))
    expected = [READER.read_one(text) if text else None for text in normalised.to_pylist()]
    for piece in (normalised, normalised.slice(7)):
        ages, _ = READER.read(piece)
        given = [None if np.isnan(age) else float(age) for age in ages]
        assert given == [one and one.age for one in expected[-len(piece) :]]


@pytest.mark.parametrize("file", READER.others, ids=lambda reader: reader.forms.language)
def test_every_form_is_a_pattern(file: FormReader) -> None:
    file.check()
    assert isinstance(file.forms, AgeForms)


@pytest.mark.parametrize(
    "piece", ["tengo 12 ", "我十二", "อายุ ", "عمري 12 ", "13 ako ", "ich bin nur "]
)
def test_long_text_of_other_languages_takes_linear_time(piece: str) -> None:
    READER.read(normalise(pa.array([piece * (1_000_000 // len(piece.encode()))])))
