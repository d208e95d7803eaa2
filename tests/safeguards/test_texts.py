"""What children and senders are told: in every language, complete, and found by any tag."""

from __future__ import annotations

import string
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.safeguards import Party, decide, shipped, texts
from fieldfare.safeguards.texts import Graded, Texts
from tests.safeguards.situations import ADULT, FIFTEEN, TEN, message

LANGUAGES = texts.languages()


def strings(found: Texts) -> list[str]:
    graded = [found.ways_out, *found.children.values()]
    pairs = [words for each in graded for words in (each.under_13, each.from_13)]
    return [*pairs, found.help_here, found.help_elsewhere, *found.senders.values()]


def test_the_languages_are_those_of_the_language_room() -> None:
    folder = files("fieldfare.language") / "indicators"
    names = [each.name for each in folder.iterdir() if each.name.endswith(".toml")]
    found = {name.removesuffix(".toml") for name in names} - {"catalogue"}
    assert found == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_complete(language: str) -> None:
    found, english = texts.texts(language), texts.texts("en")
    assert found.language == language
    assert list(found.children) == list(english.children)
    assert list(found.senders) == list(english.senders)
    for words in strings(found):
        assert words == words.strip()
        assert 3 < len(words) < 400
    fields = [name for _, name, _, _ in string.Formatter().parse(found.help_here) if name]
    assert sorted(fields) == ["contact", "name"]
    rest = [words for words in strings(found) if words != found.help_here]
    assert not any("{" in words or "}" in words for words in rest)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_is_left_in_english_or_stands_twice(language: str) -> None:
    found = strings(texts.texts(language))
    assert len(found) == len(set(found))
    if language != "en":
        assert not set(found) & set(strings(texts.texts("en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_holds_a_number_that_someone_might_call(language: str) -> None:
    """Numbers are the operator's to enter."""
    romanised = language == "ar-latn"  # writes 2, 3, 5 and 7 for letters
    for words in strings(texts.texts(language)):
        assert romanised or not any(letter.isdigit() for letter in words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_review_is_claimed_that_did_not_happen(language: str) -> None:
    assert texts.texts(language).reviewed is False


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"),
        ("en-GB", "en"),
        ("pt-BR", "pt"),
        ("pt_BR", "pt"),
        ("zh-Hant-TW", "zh"),
        ("hi-Latn-IN", "hi-latn"),
        ("hi-IN", "hi"),
        ("SI-LATN", "si-latn"),
        ("fil-PH", "tl"),
        ("ckb-Arab-IQ", "ckb"),
        ("sv", "en"),
        ("", "en"),
        (None, "en"),
    ],
)
def test_a_tag_finds_its_language_or_english(tag: str | None, language: str) -> None:
    assert texts.resolve(tag) == language


@given(st.text(max_size=60))
def test_any_tag_finds_some_language(tag: str) -> None:
    assert texts.resolve(tag) in LANGUAGES


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_childs_text_says_how_to_get_out_of_it(language: str) -> None:
    found = texts.texts(language)
    for child, grade in ((TEN, "under_13"), (FIFTEEN, "from_13")):
        reader = Party("c", child.child_probability, child.age, language=language)
        asked = decide(shipped(), message(ADULT, reader, recipient_wrote_first_or_answered=True))
        assert asked.text_for_recipient is not None
        assert asked.text_for_recipient.language == language
        assert asked.text_for_recipient.text.endswith(getattr(found.ways_out, grade))


def test_the_english_texts_blame_and_accuse_nobody() -> None:
    words = " ".join(strings(texts.texts("en"))).lower()
    for bad in ("danger", "suspicious", "predator", "should have", "why did you", "stupid"):
        assert bad not in words
    assert isinstance(texts.texts("en").ways_out, Graded)
    assert "not your fault" in words
