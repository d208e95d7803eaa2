"""Indicators: every phrase finds its own, and only at word boundaries."""

from __future__ import annotations

import pickle
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language.indicators import Indicators, read_indicators
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import CATALOGUE
from fieldfare.vocabulary import SettingsError

from . import strategies

FOUND = read_indicators()


def _find(texts: list[str | None]) -> list[list[str]]:
    found: list[list[str]] = FOUND.find(normalise(pa.array(texts, pa.string()))).to_pylist()
    return found


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
        (
            TWO,
            TOP + '[phrases]\na = ["x", "(y"]',
            "xx.toml: phrases.a[1]: a bracket without its ')'",
        ),
        (TWO, TOP + '[phrases]\na = ["y)"]', "xx.toml: phrases.a[0]: ')' without its beginning"),
        (TWO, TOP + '[phrases]\na = ["x|y"]', "xx.toml: phrases.a[0]: '|' outside brackets"),
        (TWO, TOP + '[phrases]\na = ["(x*y) z"]', "xx.toml: phrases.a[0]: a bracket without"),
        (TWO, TOP + '[phrases]\na = ["x * y * z"]', "xx.toml: phrases.a[0]: more than one gap"),
        (TWO, TOP + '[phrases]\na = ["x * ?"]', "xx.toml: phrases.a[0]: a phrase without words"),
        (TWO, TOP + '[phrases]\na = ["<you>"]', "xx.toml: phrases.a[0]: no words called <you>"),
        (
            TWO,
            TOP + '[words]\nyou = "u|<you>"\n[phrases]\na = ["hi <you>"]',
            "xx.toml: phrases.a[0]: no words called <you>",
        ),
        (
            TWO,
            TOP + "[phrases]\na = ['(" + "|".join(map(str, range(1100))) + ")']",
            "xx.toml: phrases.a[0]: more than 1000 spellings",
        ),
        (
            TWO,
            TOP + '[phrases]\na = ["x"]\n[held_out]\nc = ["y"]',
            "xx.toml: held_out.c: no such indicator in catalogue.toml",
        ),
        (
            TWO,
            TOP + '[phrases]\na = ["x"]\n[held_out]\na = ["y", "(z)"]',
            "xx.toml: held_out.a[1]: a held-out paraphrase is plain text",
        ),
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


GAPS = """
language = "xx"
[words]
me = "me|mee|<you>"
you = "you|u"
[phrases]
a = [
    "send <me> * (photo|pic) [please|pls]", "how old are <you>",
    "(do|does|did) <you> (see|find|like) (my|our|the) (cat|dog|horse) [now|today]",
]
b = ["so [very] kind"]
"""
UNSPACED = """
language = "yy"
words_apart = false
[phrases]
a = ["ส่งรูป*มา", "给我发*照片", "写真*送って"]
"""


@pytest.fixture(scope="module")
def with_gaps(tmp_path_factory: pytest.TempPathFactory) -> Indicators:
    folder = tmp_path_factory.mktemp("indicators")
    (folder / CATALOGUE).write_text(TWO)
    (folder / "xx.toml").write_text(GAPS)
    (folder / "yy.toml").write_text(UNSPACED, "utf-8")
    return read_indicators(folder)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("send me photo", ["send me photo"]),
        ("ok send mee a nice photo, please!", ["send mee a nice photo, please"]),
        ("send u one more pic", ["send u one more pic"]),
        ("send me one two three photo", []),
        ("photo send me", []),
        ("send me", []),
        ("send me send me a pic", ["send me a pic"]),
        ("send me a pic a pic a pic", ["send me a pic"]),
        ("did u like my cat", ["did u like my cat"]),
        ("did u really like my cat", []),
        ("so kind of you, so very kind", ["so kind", "so very kind"]),
        ("พี่ส่งรูปน้องมานะ", ["ส่งรูปน้องมา"]),
        ("ส่งรูปหน่อยได้ไหมถ้าไม่อยากมา", []),
        ("请给我发你的照片吧", ["给我发你的照片"]),
        ("私に写真を送ってね", ["写真を送って"]),
    ],
)
def test_gaps(with_gaps: Indicators, text: str, marked: list[str]) -> None:
    spans = with_gaps.spans(text)
    assert [text[span.start : span.end] for span in spans] == marked
    found = with_gaps.find(normalise(pa.array([text]))).to_pylist()
    assert found == [sorted({span.indicator for span in spans})]


def test_no_gap_across_messages(with_gaps: Indicators) -> None:
    texts = ["send me", "photo", None, "send me a", "", "pic", "ส่งรูป", "มา"]
    assert with_gaps.find(normalise(pa.array(texts))).to_pylist() == [[]] * len(texts)


def test_pickled_gaps_find_the_same(with_gaps: Indicators) -> None:
    again = pickle.loads(pickle.dumps(with_gaps))  # noqa: S301 - our own bytes
    assert again.fingerprint == with_gaps.fingerprint
    assert again.fingerprint == with_gaps.fingerprint
    assert [span.indicator for span in again.spans("send me a pic")] == ["a"]


WORDS = ["send", "me", "a", "nice", "photo", "pic", "u", "so", "kind", "มา", "ส่งรูป"]


@strategies.unhurried
@given(
    st.lists(
        st.lists(st.sampled_from(WORDS), max_size=9)
        .map(" ".join),
        max_size=9,
    )
)  # fmt: skip
def test_gaps_in_a_batch_as_one_by_one(with_gaps: Indicators, texts: list[str]) -> None:
    together = with_gaps.find(normalise(pa.array(texts, pa.string()))).to_pylist()
    assert together == [
        sorted({span.indicator for span in with_gaps.spans(text)}) for text in texts
    ]
