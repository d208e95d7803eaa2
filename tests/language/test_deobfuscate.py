"""Disguised words become plain, ordinary ones stay, whatever the bytes."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language import LanguageModel, annotate, explain
from fieldfare.language.normalise import normalise, normalise_one, original_span, plain

from . import strategies

MODEL = LanguageModel.load()

DISGUISED = {
    "s3cr3t": "secret",
    "are y0ur p@rents h0m3": "are your parents home",
    "4l0ne": "alone",
    "s e c r e t": "secret",
    "our s.e.c.r.e.t ok": "our secret ok",
    "k e e p  t h i s  s e c r e t": "keep  this  secret",
    "k e e p t h i s s e c r e t": "keep this secret",
    "s🔥e🔥c🔥r🔥e🔥t": "secret",
    "pho🔥to": "photo",
    "ich habe ein haust🔥ier zu hause": "ich habe ein haustier zu hause",
    "ich habe ein haus🔥tier zu hause": "ich habe ein haus🔥tier zu hause",
    "my pho🔥to.please": "my photo.please",
    "my pho🔥to!please": "my photo!please",
    "ok🔥!please": "ok🔥!please",
    "p_h_o_t_o": "photo",
    "ѕесrеt рhоtо ѕее": "secret photo see",
    "🇸🇪🇨🇷🇪🇹": "secret",
    "🇸 🇪 🇨 🇷 🇪 🇹": "secret",
    "1️⃣3️⃣ f": "13 f",
    "🅂🄴🄲🅁🄴🅃 🅢🅔🅒🅡🅔🅣 ｓｅｃｒｅｔ sᴇᴄʀᴇᴛ 𝐬𝐞𝐜𝐫𝐞𝐭": "secret secret secret secret secret",
    "s\u200be\u2060c\u202eret": "secret",
    "das !57 gut": "das ist gut",
    "m31ne fr3und1n, 513 wohn7 h13r": "meine freundin, sie wohnt hier",
    "w1r gehen!!ch komme": "wir gehen!ich komme",
    "dov'è 1'uffic!o": "dov'è l'ufficio",
    "vuo! v3nir3 al c1n3ma": "vuoi venire al cinema",
    "d3l3te th3 f1le": "delete the file",
}

ORDINARY = [
    "13f uk", "im12", "7pm", "1st 2nd 3rd 4th", "gr8 b4 m8 l8r", "any1 4u", "mp3 ext3 i386 md5",
    "i love 🇵🇭", "type 🅱 blood", "сор он пришёл", "мама мыла раму", "สวัสดีครับ 1", "سر بيننا",
    "a b c d", "e.g. a.m. i.e.", "ok... no", "file3 raid5 gnome3", "10 100ml 5kg", "it's", "a-b-c",
    "no!!! why?! $5 me@x", "αβγ δ", "ho $937 e 513 euro", "i'm13 e j'ai12",
    "keine zeit!ich komme", "perl5.8 raid5, python3 raid5", "我13岁", "end.Start", "4u2", "100%",
]  # fmt: skip


@pytest.mark.parametrize(("text", "form"), DISGUISED.items())
def test_disguised(text: str, form: str) -> None:
    assert normalise(pa.array([text])).to_pylist() == [form]
    assert normalise_one(text)[0] == form


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays(text: str) -> None:
    column = pa.array([text])
    assert normalise(column).to_pylist() == plain(column).to_pylist()


def test_marks_lead_back_to_the_original() -> None:
    text = "Ok 😀 keep our s e c r e t, ѕеnd а р1с"
    form, offsets = normalise_one(text)
    for word, original in (("secret", "s e c r e t"), ("send", "ѕеnd")):
        at = form.index(word)
        start, end = original_span(offsets, at, at + len(word))
        assert text[start:end] == original


_PIECES = st.sampled_from(
    [
        *"s3cr3t s.e.c a b c 4 1 @ ! $ | . _ * ~ - ' é ñ а е р 🔥 🇸 🇪 🅂 ｓ 13f im12 ё 你".split(),  # noqa: SIM905
        " ", "  ", "\u20e3", "\u0301", "\u200b",
    ]
)  # fmt: skip
_MIXTURES = st.lists(_PIECES, max_size=30).map("".join)


@strategies.unhurried
@given(st.lists(st.none() | _MIXTURES, max_size=8))
def test_single_equals_batch(column: list[str | None]) -> None:
    batch = normalise(pa.array(column, pa.string())).to_pylist()
    for text, form in zip(column, batch, strict=True):
        if text is None:
            assert form is None
            continue
        single, offsets = normalise_one(text)
        assert single == form
        assert len(offsets) == len(form) + 1
        assert offsets == sorted(offsets)
        assert offsets[-1] == len(text)


@strategies.unhurried
@given(_MIXTURES)
def test_explanation_agrees_with_the_row(text: str) -> None:
    row = annotate(pa.array([text]), MODEL).to_pylist()[0]
    said = explain(text, MODEL)
    assert {span.indicator for span in said.indicators} == set(row["indicators"])
    assert all(0 <= span.start < span.end <= len(text) for span in said.indicators)
    assert (said.stated_age.age if said.stated_age else None) == row["stated_age"]


@pytest.mark.parametrize(
    "piece",
    [
        "a ",
        "a.",
        "s3",
        "x🔥",
        "🇸",
        "а",
        "аb",
        "1!",
        "qz xj ",
        "hw r ",
        "👩‍👩‍👧‍👦",
        "e\u0301",
        "ab.",
        "@a",
    ],
)
def test_long_messages_take_linear_time(piece: str) -> None:
    # A quadratic step would take minutes on this.
    text = piece * (2_000_000 // len(piece.encode()))
    assert annotate(pa.array(["before", text, "after"]), MODEL).num_rows == 3


@pytest.mark.parametrize(
    ("text", "indicator"),
    [
        ("send me a phtoo", "photo_request"),
        ("are your prnts home", "parents_absent"),
        ("dont tell your mohter", "secrecy"),
    ],
)
def test_slips_are_read_through(text: str, indicator: str) -> None:
    assert indicator in annotate(pa.array([text]), MODEL)["indicators"][0].as_py()
    span = next(one for one in explain(text, MODEL).indicators if one.indicator == indicator)
    assert 0 <= span.start < span.end <= len(text)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("1'm s0rry", "i'm sorry"),
        ("!'d like to c0me with y0u", "i'd like to come with you"),
        ("7h4t's good", "that's good"),
        ("th!$ is tom", "this is tom"),
        ("a1l right", "all right"),
        ("good morn!ng sir", "good morning sir"),
        ("see you on fr1day in l0ndon", "see you on friday in london"),
        ("ich nehme 5ie nicht ernst", "ich nehme sie nicht ernst"),
        ("they l.i.v.e in l_o_n_d_o_n", "they live in london"),
        ("we like t*e*r*i*y*a*k*i very much", "we like teriyaki very much"),
        # A height, an address and a program are none.
        ("he is 6'1 or 5'11", "he is 6'1 or 5'11"),
        (
            "1t w4s s3nt to tanja@postbox, fail2ban runs",
            "it was sent to tanja@postbox, fail2ban runs",
        ),
    ],
)
def test_contractions_names_and_whole_words(text: str, plain: str) -> None:
    assert normalise(pa.array([text], pa.large_string())).to_pylist() == [plain]


def test_a_reading_does_not_depend_on_the_message_before() -> None:
    # The first leaves an l in the buffer, just behind where the second ends.
    beside = normalise(pa.array(["sch00l w0rldl", "ma1"])).to_pylist()
    assert beside[1:] == normalise(pa.array(["ma1"])).to_pylist()
