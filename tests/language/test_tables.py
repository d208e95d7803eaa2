"""Token tables: the shipped one, and what is refused."""

from __future__ import annotations

import pickle
import re
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from fieldfare.language.tables import TokenTable, read_table, words_en
from fieldfare.vocabulary import SettingsError


def test_shipped_table_and_its_card_agree() -> None:
    table = words_en()
    assert (table.name, table.language, table.bits, table.edges) == ("words-en", "en", 32, True)
    assert table.weights.size == 1 << 18
    assert (table.values == table.weights).all()
    card = (files("fieldfare.language") / "tables" / "words-en.md").read_text("utf-8")
    assert table.content_hash in card


def test_hash_follows_the_weights() -> None:
    weights = np.zeros(4, np.float16)
    other = weights.copy()
    other[2] = 1
    assert TokenTable("a", "en", weights, 64).content_hash == (
        TokenTable("b", "en", weights.copy(), 64).content_hash
    )
    first = TokenTable("a", "en", weights, 32)
    assert first.content_hash != TokenTable("a", "en", other, 32).content_hash
    assert first.content_hash != TokenTable("a", "en", weights, 32, edges=True).content_hash


@pytest.mark.parametrize(
    ("weights", "bits", "said"),
    [
        (np.zeros(3, np.float16), 64, "3 weights are not a power of two"),
        (np.zeros(0, np.float16), 64, "0 weights are not a power of two"),
        (np.zeros(4, np.float32), 64, "float16"),
        (np.zeros((2, 2), np.float16), 64, "one row"),
        (np.array([np.nan, 0], np.float16), 64, "finite"),
        (np.zeros(4, np.float16), 16, "bits must be 32 or 64, not 16"),
    ],
)
def test_refused(tmp_path: Path, weights: np.ndarray, bits: int, said: str) -> None:
    file = tmp_path / "own.npz"
    np.savez(file, weights=weights, bits=bits)
    with pytest.raises(SettingsError, match=f"table own: .*{re.escape(said)}"):
        read_table(file, language="en")


def test_refused_files(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.npz: cannot be read"):
        read_table(tmp_path / "none.npz", language="en")
    (tmp_path / "bad.npz").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(SettingsError, match=r"bad\.npz: not an \.npz file"):
        read_table(tmp_path / "bad.npz", language="en")
    np.savez(tmp_path / "other.npz", heights=np.zeros(4))
    with pytest.raises(SettingsError, match=r"other\.npz: not an \.npz file"):
        read_table(tmp_path / "other.npz", language="en")
    np.save(tmp_path / "array.npz.npy", np.zeros(4))
    with pytest.raises(SettingsError, match=r"not an \.npz file"):
        read_table(tmp_path / "array.npz.npy", language="en")


def test_pickles() -> None:
    table = words_en()
    again = pickle.loads(pickle.dumps(table))  # noqa: S301 - our own bytes
    assert again.content_hash == table.content_hash
    assert (again.values == table.values).all()
