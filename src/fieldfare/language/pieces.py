"""Word pieces: the parts of words that multilingual heads know, and how a text falls into them.

A list is an ``.npz`` file with ``text`` (UTF-8, the pieces in byte order, a line feed after
each; a space stands for the beginning of a word) and ``scores`` (float16, log probabilities).
The one that ships is that of the multilingual Universal Sentence Encoder (Yang et al. 2019;
Apache-2.0), in lower case; its card is ``tables/pieces.md``.
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fieldfare.vocabulary import SettingsError

UNKNOWN = 10.0
"""How much less likely than the rarest piece a character is that is in none."""


class Piece(NamedTuple):
    """A piece of a text: its place in the list, -1 where it is none, and its bytes."""

    id: int
    start: int
    end: int


@dataclass(frozen=True, eq=False)
class PieceList:
    """Every piece and how likely it is. Picklable."""

    text: bytes
    """The pieces in byte order, a line feed after each."""
    scores: npt.NDArray[np.float16]
    """Log probability of each."""

    def __post_init__(self) -> None:
        pieces = self.text.split(b"\n")[:-1]
        if len(pieces) != self.scores.size or not self.scores.size:
            raise SettingsError("pieces: as many scores as pieces are needed")
        if any(one >= other for one, other in pairwise(pieces)):
            raise SettingsError("pieces: not in byte order, or one stands twice")
        if not pieces[0]:
            raise SettingsError("pieces: an empty one")

    def __len__(self) -> int:
        return int(self.scores.size)

    @functools.cached_property
    def content_hash(self) -> str:
        """SHA-256, in hex, of the text followed by the scores as little-endian float16."""
        return hashlib.sha256(self.text + self.scores.astype("<f2").tobytes()).hexdigest()

    @functools.cached_property
    def trie(self) -> tuple[Any, ...]:
        """As the loops want it; see `_pieces.build`."""
        from fieldfare.language import _pieces

        pieces = self.text.split(b"\n")[:-1]
        bounds = np.cumsum([0, *map(len, pieces)]).astype(np.int64)
        data = np.frombuffer(b"".join(pieces), np.uint8)
        room = int(bounds[-1]) + 2
        labels = np.zeros(room, np.uint8)
        first, piece = np.zeros(room, np.int32), np.full(room, -1, np.int32)
        used = _pieces.build(data, bounds, labels, first, piece)
        scores = self.scores.astype(np.float32)
        unknown = np.float32(scores.min() - UNKNOWN)
        return (
            labels[:used].copy(), first[: used + 1].copy(), piece[:used].copy(), scores, unknown,
        )  # fmt: skip

    def __getstate__(self) -> dict[str, Any]:
        return {"text": self.text, "scores": self.scores}

    def cut(self, text: str) -> list[Piece]:
        """The likeliest way to write `text` as pieces, a space before it where a word begins
        there; of equal ones, the one whose last pieces are longest."""
        from fieldfare.language import _pieces

        encoded = text.encode()
        if not encoded:
            return []
        ids, starts = _pieces.cut_one(np.frombuffer(encoded, np.uint8), *self.trie)
        ends = [*starts[1:].tolist(), len(encoded)]
        return [Piece(*one) for one in zip(ids.tolist(), starts.tolist(), ends, strict=True)]


def read_pieces(file: Traversable) -> PieceList:
    """The list in an ``.npz`` file. Raises SettingsError naming it."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
            return PieceList(archive["text"].tobytes(), archive["scores"])
    except OSError as error:
        raise SettingsError(f"{file.name}: cannot be read ({error.strerror})") from error
    except (AttributeError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise SettingsError(f"{file.name}: not an .npz file with `text` and `scores`") from error


@functools.cache
def shipped() -> PieceList:
    """The list that ships, read once a process."""
    return read_pieces(files("fieldfare.language") / "tables" / "pieces.npz")
