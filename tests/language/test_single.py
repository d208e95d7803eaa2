"""One message alone gives the row it has in a batch, whatever its bytes."""

from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.language import LanguageModel, annotate, annotate_one
from fieldfare.vocabulary import InputError

from . import strategies

MODEL = LanguageModel.load()


def _same(text: str) -> None:
    row = annotate(pa.array([text], pa.large_string()), MODEL).to_pylist()[0]
    alone = annotate_one(text, MODEL)
    assert {**alone._asdict(), "indicators": list(alone.indicators)} == {
        **row,
        "stated_age_confidence": alone.stated_age_confidence,
    }
    assert (alone.stated_age_confidence or 0.0) == pytest.approx(
        row["stated_age_confidence"] or 0.0
    )


@strategies.unhurried
@given(strategies.texts | st.text(st.characters(codec="utf-8"), max_size=40))
def test_alone_as_in_a_batch(text: str) -> None:
    _same(text)


@pytest.mark.parametrize(
    "text",
    [
        "how 0ld r u", "S3nd me a phtoo", "im 12 mam@", "are ur prnts h o m e", "Ѕеnd а рiс",
        "é" + "\u0301" * 40, "ΣΑΣ İstanbul", "ＨＯＷ ｏｌｄ are you", "d1ch a!le gut!Ich",
        "７uổi ảnh", "keep this our secret " * 300,
    ],
)  # fmt: skip
def test_disguise_alone(text: str) -> None:
    _same(text)


def test_random_bytes() -> None:
    random_ = random.Random(7)
    for _ in range(300):
        size = random_.randrange(1, 80)
        octets = bytes(random_.choice(b"\xf0\x9f\x91\xa9\xe2\x80\x8d13a! .\xd0\xb0e\xcc\x81@$h")
                       for _ in range(size))  # fmt: skip
        _same(octets.decode("utf-8", "replace"))
        _same(random_.randbytes(size).decode("utf-8", "replace"))


@pytest.mark.parametrize("piece", ["👩‍👩‍👧‍👦", "e\u0301\u200b", "s3 c.r ", "mr bn hw "])
def test_ten_megabytes(piece: str) -> None:
    # A quadratic step would take hours on this.
    text = piece * (10_000_000 // len(piece.encode()))
    assert annotate_one(text, MODEL).tokens >= 0


def test_lone_surrogates_are_refused_without_showing_the_text() -> None:
    with pytest.raises(InputError, match="lone surrogate") as caught:
        annotate_one("private \udc00", MODEL)
    assert "private" not in str(caught.value)
