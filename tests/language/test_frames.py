"""Frames: parts near each other in any order; what is found is what a plain search finds."""

from __future__ import annotations

import pickle
import re
import tomllib
from itertools import pairwise, product
from pathlib import Path

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language.frames import FRAME_BYTES, FRAME_WORDS, Part, parts_of
from fieldfare.language.indicators import Indicators, read_indicators
from fieldfare.language.normalise import normalise
from fieldfare.language.phrases import CATALOGUE, PhraseFile
from fieldfare.vocabulary import SettingsError

from . import strategies

ENTRY = '[[indicator]]\nid = "{}"\nstage = "s"\ntitle = "t"\n'
TWO = ENTRY.format("a") + ENTRY.format("b")

APART = """
language = "xx"
[words]
tell = "tell|say to|mention|whisper"
[phrases]
b = ["some phrase", "never whisper or tell your mum anyone"]
[frames]
a = [
    "(dont|never|not) & <tell> & (anyone|your (mum|dad))",
    "freund~ & (geheim~|secret) & !(geburtstag|birthday party)",
    "kopje & kopje & thee",
]
b = ["meet & (alone|just us) & (me|you) & (park|house) & tonight"]
"""
JOINED = """
language = "yy"
words_apart = false
[phrases]
b = ["何歳ですか"]
[frames]
a = ["秘密 & (友達|ママ) & !誕生日", "ไม่ & บอก & (แม่|พ่อ)"]
"""
FILES = {"xx": APART, "yy": JOINED}
XX, YY = (msgspec.convert(tomllib.loads(text), PhraseFile) for text in FILES.values())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("frames")
    (made / CATALOGUE).write_text(TWO)
    for name, text in FILES.items():
        (made / f"{name}.toml").write_text(text, "utf-8")
    return made


@pytest.fixture(scope="module")
def frames(folder: Path) -> Indicators:
    return read_indicators(folder)


def _find(indicators: Indicators, texts: list[str]) -> list[list[str]]:
    found: list[list[str]] = indicators.find(normalise(pa.array(texts, pa.string()))).to_pylist()
    return found


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("dont tell anyone", ["dont tell anyone"]),
        ("Anyone?! Don’t TELLLL 😀 please", ["Anyone?! Don’t TELLLL"]),
        ("your mum must not know never say to", ["your mum must not know never say to"]),
        ("never one two three tell four your dad", ["never one two three tell four your dad"]),
        ("never one two three four tell five your dad", []),
        ("dont tell", []),
        ("tell anyone", []),
        ("dont telling anyone", []),
        ("meine freundin hat geheimnisse", ["freundin hat geheimnisse"]),
        ("freund und secret", ["freund und secret"]),
        ("freun geheim", []),
        ("geheimfreund", []),
        ("freund 1 2 geheim 3 4 5 6 7 8 9 10 geburtstag", ["freund 1 2 geheim"]),
        ("freund 1 2 geheim 3 4 5 6 7 8 9 geburtstag", []),
        ("birthday party 1 2 3 4 5 6 7 freund geheim", []),
        ("birthday party 1 2 3 4 5 6 7 8 freund geheim", ["freund geheim"]),
        ("freund birthday party geheim", []),
        ("kopje thee", []),
        ("kopje thee kopje", ["kopje thee kopje"]),
        ("tonight at my house just us you meet", ["tonight at my house just us you meet"]),
        ("tonight at my house just us meet", []),
        ("秘密だよママ", ["秘密だよママ"]),
        ("ママの誕生日は秘密", []),
        ("ママに" + "あい" * 10 + "秘密", []),
        ("ママに" + "あい" * 9 + "う秘密", ["ママに" + "あい" * 9 + "う秘密"]),
        ("พ่อแม่ไม่ให้บอกเลย", ["แม่ไม่ให้บอก"]),
    ],
)
def test_what_is_found_and_where(frames: Indicators, text: str, marked: list[str]) -> None:
    assert [text[span.start : span.end] for span in frames.spans(text)] == marked
    assert _find(frames, [text]) == [sorted({span.indicator for span in frames.spans(text)})]


def test_a_span_says_which_frame(frames: Indicators) -> None:
    spans = frames.spans("some phrase. freund geheim")
    assert [(span.indicator, span.frame) for span in spans] == [
        ("b", None),
        ("a", "xx.toml: frames.a[1]"),
    ]


def test_the_closest_places_are_marked(frames: Indicators) -> None:
    text = "tell me, say to him: dont tell anyone"
    assert [text[span.start : span.end] for span in frames.spans(text)] == ["dont tell anyone"]


def test_a_slip_is_read_through(frames: Indicators) -> None:
    assert _find(frames, ["so never tel anyone", "never whispr to yoru mum"]) == [["a"], ["a"]]


def test_parts_do_not_reach_over_messages(frames: Indicators) -> None:
    texts = ["dont tell", "anyone", "freund", "geheim", "秘密", "ママ"]
    assert _find(frames, texts) == [[]] * len(texts)


def test_pickled_frames_find_the_same(frames: Indicators, folder: Path) -> None:
    again = pickle.loads(pickle.dumps(frames))  # noqa: S301 - our own bytes
    assert again.fingerprint == frames.fingerprint
    assert again.spans("never tell anyone") == frames.spans("never tell anyone")
    (folder / "xx.toml").write_text(APART.replace("!(geburtstag", "!(geburtstage"), "utf-8")
    assert read_indicators(folder).fingerprint != frames.fingerprint
    (folder / "xx.toml").write_text(APART, "utf-8")


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        ("x", "frames.a[1]: 1 parts without '!': a frame has 2 to 5"),
        ("x & !y", "frames.a[1]: 1 parts without '!': a frame has 2 to 5"),
        ("x & y & z & v & w & u", "frames.a[1]: 6 parts without '!': a frame has 2 to 5"),
        ("x & y * z", "frames.a[1]: '*' in a frame: its parts stand apart anyway"),
        ("x & (y", "frames.a[1]: a bracket without its ')'"),
        ("x & <y>", "frames.a[1]: no words called <y>"),
        ("x & ", "frames.a[1]: '' may be without words"),
        ("x & [y]", "frames.a[1]: '[y]' may be without words"),
        ("x & (!|y)", "frames.a[1]: '(!|y)' may be without words"),
        ("x & (y|to freund~)", "frames.a[1]: 'to freund~': '~' stands at the end of one word"),
        ("x & (y|fr~nd)", "frames.a[1]: 'fr~nd': '~' stands at the end of one word"),
        ("x & fr~", "frames.a[1]: 'fr~': one word of at least 3 letters"),
        ("x & frrr~", "frames.a[1]: 'fr~': one word of at least 3 letters"),
        ("x & fri-end~", "frames.a[1]: 'fri end~': one word of at least 3 letters"),
    ],
)
def test_errors_name_file_and_key(tmp_path: Path, frame: str, said: str) -> None:
    (tmp_path / CATALOGUE).write_text(TWO)
    (tmp_path / "xx.toml").write_text(
        f'language = "xx"\n[phrases]\n[frames]\na = ["p & q", "{frame}"]'
    )
    with pytest.raises(SettingsError, match=re.escape(f"xx.toml: {said}")):
        read_indicators(tmp_path)


@pytest.mark.parametrize(
    ("frames_", "said"),
    [
        ('a = ["x & y"]\nb = ["z & q", "y & x"]', "frames.b[1]: the frame is also in xx.toml: fr"),
        ('c = ["x & y"]', "frames.c: no such indicator in catalogue.toml"),
        ('a = ["x & freund~"]\n', "'freund~': beginnings of words, in a script without spaces"),
    ],
)
def test_errors_of_a_whole_file(tmp_path: Path, frames_: str, said: str) -> None:
    (tmp_path / CATALOGUE).write_text(TWO)
    head = 'language = "xx"\nwords_apart = false\n[phrases]\n[frames]\n'
    (tmp_path / "xx.toml").write_text(head + frames_)
    with pytest.raises(SettingsError, match=re.escape(said)):
        read_indicators(tmp_path)


def _places(text: str, part: Part, apart: bool) -> list[range]:
    """Where a part stands in a text of plain words, or of characters: words, or bytes."""
    if apart:
        words = text.split()
        return [
            range(k, k + size)
            for k, word in enumerate(words)
            for size in (1, 2)
            if k + size <= len(words)
            and (
                " ".join(words[k : k + size]) in part.spellings
                or (size == 1 and word.startswith(part.stems))
            )
        ]  # fmt: skip
    return [
        range(at := len(text[: each.start()].encode()), at + len(one.encode()))
        for one in part.spellings
        for each in re.finditer(f"(?={re.escape(one)})", text)
    ]


def _plainly(text: str, content: PhraseFile) -> set[str]:
    """The indicators whose frames a text has, searched for as a reader would."""
    reach = FRAME_WORDS if content.words_apart else FRAME_BYTES
    found = set()
    for indicator, texts in content.frames.items():
        for frame in texts:
            parts = parts_of(frame, content)
            each = {
                barred: [
                    _places(text, part, content.words_apart)
                    for part in parts
                    if part.barred is barred
                ]
                for barred in (False, True)
            }
            for chosen in product(*each[False]):
                ordered = sorted(chosen, key=lambda place: place.start)
                first, last = ordered[0].start, max(place.stop for place in chosen)
                disjoint = all(a.stop <= b.start for a, b in pairwise(ordered))
                barred_near = any(
                    place.stop > first - reach and place.start < last + reach
                    for places in each[True]
                    for place in places
                )
                if disjoint and last - first <= reach and not barred_near:
                    found.add(indicator)
    return found


WORDS = ["dont", "tell", "say to", "anyone", "your mum", "freundin", "geheimnis", "geburtstag"]
WORDS += ["birthday party", "kopje", "thee", "meet", "alone", "me", "park", "tonight", "w", "z"]
SIGNS = ["秘密", "友達", "ママ", "誕生日", "ไม่", "บอก", "แม่", "พ่อ", "字字", "字字字字字字字"]


@strategies.unhurried
@given(st.lists(st.lists(st.sampled_from(WORDS), max_size=24).map(" ".join), max_size=12))
def test_what_a_plain_search_finds_of_words(frames: Indicators, texts: list[str]) -> None:
    assert _find(frames, texts) == [sorted(_plainly(text, XX)) for text in texts]


@strategies.unhurried
@given(st.lists(st.lists(st.sampled_from(SIGNS), max_size=24).map("".join), max_size=12))
def test_what_a_plain_search_finds_of_characters(frames: Indicators, texts: list[str]) -> None:
    assert _find(frames, texts) == [sorted(_plainly(text, YY)) for text in texts]


def test_a_message_made_to_be_slow_is_read_like_any_other(frames: Indicators) -> None:
    many = 1_000_000
    texts = ["tell anyone " * many, "freund geburtstag geheim " * many, "秘密" * many]
    texts += [
        "kopje " * many,
        "meet alone me park " * (many // 4),
        "a " * many + "dont tell anyone",
    ]
    assert _find(frames, texts) == [[], [], [], [], [], ["a"]]
