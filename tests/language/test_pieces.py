"""Word pieces: the loop cuts as the plain definition does, in every script."""

from __future__ import annotations

import io
import pickle
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldfare.language.pieces import UNKNOWN, PieceList, read_pieces, shipped
from fieldfare.vocabulary import SettingsError

from . import strategies

SHIPPED = shipped()


def _plain(text: str, listed: PieceList) -> list[tuple[int, int, int]]:
    """The definition: of all cuts the one with the highest score, by dynamic programming over
    characters; of equal ones the first found, shorter pieces first."""
    pieces = {piece: k for k, piece in enumerate(listed.text.decode().split("\n")[:-1])}
    scores = listed.scores.astype(np.float32)
    unknown = np.float32(scores.min() - UNKNOWN)
    longest = max(map(len, pieces))
    best: list[tuple[np.float32, int, int] | None] = [(np.float32(0), 0, -1)]
    best += [None] * len(text)
    for at in range(len(text)):
        reached = best[at]
        assert reached is not None
        options = [
            (end, pieces[text[at:end]])
            for end in range(at + 1, min(len(text), at + longest) + 1)
            if text[at:end] in pieces
        ]
        steps = [(end, which, scores[which]) for end, which in options]
        if not any(end == at + 1 for end, _ in options):
            steps.append((at + 1, -1, unknown))
        for end, which, score in steps:
            total = np.float32(reached[0] + score)
            held = best[end]
            if held is None or total > held[0]:
                best[end] = (total, at, which)
    places = [0]
    for character in text:
        places.append(places[-1] + len(character.encode()))
    cut: list[tuple[int, int, int]] = []
    at = len(text)
    while at > 0:
        step = best[at]
        assert step is not None
        cut.append((step[2], places[step[1]], places[at]))
        at = step[1]
    return cut[::-1]


@strategies.unhurried
@given(strategies.texts.map(lambda text: text[:120]))
@example(" how old are you")
@example(" คุณอายุเท่าไหร่")
@example(" сколько тебе лет")
@example(" 你几岁了")
@example("\U0001f600\u17d2\u200d")
def test_cuts_as_defined(text: str) -> None:
    assert [tuple(one) for one in SHIPPED.cut(text)] == _plain(text, SHIPPED)


@strategies.unhurried
@given(strategies.texts)
def test_pieces_are_the_whole_text(text: str) -> None:
    cut = SHIPPED.cut(text)
    assert all(one.end == other.start for one, other in pairwise(cut))
    assert (cut[0].start, cut[-1].end) == (0, len(text.encode())) if cut else text == ""


def _list(*pieces: str) -> PieceList:
    text = "".join(piece + "\n" for piece in pieces).encode()
    return PieceList(text, np.linspace(-1, -2, len(pieces)).astype(np.float16))


@given(st.lists(st.text("abcä😀", min_size=1, max_size=4), min_size=1, max_size=20, unique=True))
def test_any_list_knows_its_own_pieces(pieces: list[str]) -> None:
    ordered = sorted(pieces, key=str.encode)
    listed = _list(*ordered)
    for k, piece in enumerate(ordered):
        alone = listed.cut(piece)
        assert [tuple(one) for one in alone] == _plain(piece, listed)
        assert alone[0].id == k or len(alone) > 1


def test_broken_lists_are_refused(tmp_path: Path) -> None:
    for pieces in (["b", "a"], ["a", "a"], ["", "a"]):
        with pytest.raises(SettingsError, match="pieces"):
            _list(*pieces)
    with pytest.raises(SettingsError, match="as many scores"):
        PieceList(b"a\n", np.zeros(2, np.float16))
    with pytest.raises(SettingsError, match=r"none\.npz: cannot be read"):
        read_pieces(tmp_path / "none.npz")
    (tmp_path / "bad.npz").write_bytes(b"no archive")
    with pytest.raises(SettingsError, match=r"bad\.npz: not an \.npz file"):
        read_pieces(tmp_path / "bad.npz")
    held = io.BytesIO()
    np.savez(held, text=np.zeros(3, np.uint8))
    (tmp_path / "half.npz").write_bytes(held.getvalue())
    with pytest.raises(SettingsError, match=r"half\.npz"):
        read_pieces(tmp_path / "half.npz")


def test_the_list_pickles() -> None:
    again = pickle.loads(pickle.dumps(SHIPPED))  # noqa: S301 - our own bytes
    assert again.content_hash == SHIPPED.content_hash
    assert again.cut(" photo") == SHIPPED.cut(" photo")


def test_card_has_the_hash() -> None:
    card = Path(__file__).parents[2] / "src" / "fieldfare" / "language" / "tables" / "pieces.md"
    assert SHIPPED.content_hash in card.read_text("utf-8")
