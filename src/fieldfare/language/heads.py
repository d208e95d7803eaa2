"""Heads: indicators in words that no phrase has, learnt from many ways to say the same.

A head table holds for each of its features, pieces of words or hashed n-grams, a row of small
numbers. The rows of a window of text are added up, put through one layer and give a logit for
each indicator; `_heads.add_up` is the definition. Two tables are asked, each trained alone, and
their logits added with the weights in ``tables/heads.toml``; where the sum reaches the
threshold there, the indicator is found. Each piece or n-gram adds to the sum before the layer,
so the table stays a table of token weights, only that a token has several.

`characters` sees what words look like, also misspelt, in every language of the phrases;
`pieces` what they mean, in the languages of the encoder it was distilled from. Their cards are
``tables/heads-characters.md`` and ``tables/heads-pieces.md``.

Asked whether a frame that was found means what it seems to, heads have a threshold far lower: a
frame sees the parts of a sentence, heads what it is about, and they seldom err together.
"""

from __future__ import annotations

import functools
import hashlib
import io
import tomllib
import zipfile
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.language import pieces as piece_lists
from fieldfare.language.kernel import column
from fieldfare.language.normalise import byte_to_character, normalise_one, original_span
from fieldfare.language.pieces import PieceList
from fieldfare.vocabulary import SettingsError

VERSION = "heads-2"
"""Changes whenever the same text may give other logits under the same tables."""

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class HeadTable:
    """A row of numbers for each feature, and the layer that makes logits of their sum."""

    name: str
    weights: npt.NDArray[np.int8]
    """One row a feature."""
    scale: float
    """What one step of `weights` is worth."""
    inner: Floats
    """Added to the sum, one a column of `weights`; below zero counts as zero."""
    outer: Floats
    """From there to the indicators: columns × indicators."""
    last: Floats
    """Added to the logit of each indicator."""

    def __post_init__(self) -> None:
        columns, indicators = self.weights.shape[-1], self.last.size
        if (
            self.weights.dtype != np.int8
            or self.weights.ndim != 2
            or self.inner.shape != (columns,)
            or self.outer.shape != (columns, indicators)
        ):
            raise SettingsError(f"table {self.name}: its parts do not fit one another")
        if not all(np.isfinite(part).all() for part in (self.inner, self.outer, self.last)):
            raise SettingsError(f"table {self.name}: a weight is not a finite number")

    @functools.cached_property
    def content_hash(self) -> str:
        """SHA-256, in hex, of `weights`, then `scale`, `inner`, `outer` and `last` as
        little-endian float32."""
        numbers = (np.float32(self.scale), self.inner, self.outer, self.last)
        parts = [np.asarray(one, "<f4").tobytes() for one in numbers]
        return hashlib.sha256(b"".join([self.weights.tobytes(), *parts])).hexdigest()

    def layer(self, share: float) -> tuple[Floats, Floats, Floats]:
        """What follows the sum, its logits multiplied by `share`."""
        factor = np.float32(share)
        return self.inner, np.ascontiguousarray(self.outer * factor), self.last * factor


class Fusion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the logits of the tables become indicators."""

    shares: dict[str, float]
    """What the logits of each table count."""
    thresholds: dict[str, float]
    """By indicator id, for both tables together. An indicator without one is left to phrases."""
    thresholds_characters: dict[str, float]
    """The same for characters alone."""
    confirming: dict[str, float] = {}
    """By indicator id, for both tables together: from where they confirm a frame of two parts.
    Frames of an indicator without one do not count."""
    confirming_characters: dict[str, float] = {}
    """The same for characters alone."""
    confirming_more: dict[str, float] = {}
    """By how much lower that is, both ways, for a frame of more parts, which says more itself."""


class HeadPart(NamedTuple):
    """A piece of the text that a head went by: its place in the original text, in characters,
    and by how much the logit would be lower without it."""

    start: int
    end: int
    weight: float


@dataclass(frozen=True)
class HeadSpan:
    """An indicator that heads found: the stretch of the original text, in characters."""

    indicator: str
    start: int
    end: int
    margin: float
    """By how much its logit is above the threshold (nats)."""
    parts: tuple[HeadPart, ...]
    """The pieces of the stretch, in order. Their weights need not add up to the logit."""


@dataclass(frozen=True, eq=False)
class Heads:
    """The head tables that are asked, and how they are fused. Picklable."""

    ids: tuple[str, ...]
    """The indicators, in the order of the tables' columns."""
    characters: HeadTable
    pieces: HeadTable | None
    piece_list: PieceList | None
    fusion: Fusion

    def __post_init__(self) -> None:
        for table in (self.characters, self.pieces):
            if table is not None and table.last.size != len(self.ids):
                raise SettingsError(f"table {table.name}: not one column an indicator")
        rows = self.characters.weights.shape[0]
        if rows & (rows - 1):
            raise SettingsError(f"table {self.characters.name}: {rows} rows: no power of two")
        if self.pieces is not None and len(self.piece_list or ()) != len(self.pieces.weights):
            raise SettingsError(f"table {self.pieces.name}: not one row a piece")

    def __getstate__(self) -> dict[str, Any]:
        kept = ("ids", "characters", "pieces", "piece_list", "fusion")
        return {name: getattr(self, name) for name in kept}

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hex, of the tables, the piece list, the fusion and the version."""
        parts = [VERSION, *self.ids, self.characters.content_hash]
        parts += [self.pieces.content_hash] if self.pieces is not None else []
        parts += [self.piece_list.content_hash] if self.piece_list is not None else []
        parts.append(msgspec.json.encode(self.fusion, order="deterministic").decode())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @functools.cached_property
    def thresholds(self) -> Floats:
        """Of each indicator; infinite where heads do not look for it."""
        return self._least(self.fusion.thresholds, self.fusion.thresholds_characters)

    @functools.cached_property
    def confirming(self) -> Floats:
        """From where each indicator confirms a frame of two parts; infinite where none does."""
        return self._least(self.fusion.confirming, self.fusion.confirming_characters)

    def _least(self, both: dict[str, float], alone: dict[str, float]) -> Floats:
        chosen = both if self.pieces is not None else alone
        return np.array([chosen.get(one, np.inf) for one in self.ids], np.float32)

    @functools.cached_property
    def _tables(self) -> tuple[Any, ...]:
        none = np.zeros((0, 0), np.int8), np.float32(0), _no_layer(len(self.ids))
        shares = self.fusion.shares
        trie: tuple[Any, ...] = _NO_TRIE
        parts: tuple[Any, ...] = none
        if self.pieces is not None and self.piece_list is not None:
            trie = self.piece_list.trie
            layer = self.pieces.layer(shares.get("pieces", 1.0))
            parts = self.pieces.weights, np.float32(self.pieces.scale), layer
        table = self.characters
        layer = table.layer(shares.get("characters", 1.0))
        return (trie, *parts, table.weights, np.float32(table.scale), layer)

    def logits(self, normalised: pa.Array) -> Floats:
        """The highest fused logit of each indicator over the windows of each text in normal
        form: texts × indicators; -100 where there is nothing to read. Linear in the bytes."""
        fusion = self.fusion
        return self._logits(normalised, fusion.thresholds, fusion.thresholds_characters)

    def _logits(
        self, normalised: pa.Array, both: dict[str, float], alone: dict[str, float]
    ) -> Floats:
        """`logits`; those of characters alone are put on the scale of both tables' thresholds,
        `both`, by what their own, `alone`, lie apart."""
        from fieldfare.language import _heads

        gaps = [both[one] - alone[one] if one in both and one in alone else 0 for one in self.ids]
        data, offsets, present = column(normalised)
        found = np.empty((offsets.size - 1, len(self.ids)), np.float32)
        loop: Any = _heads.score  # mypy does not count what the tuple holds
        loop(data, offsets, present, *self._tables, np.array(gaps, np.float32), found)
        return found

    def margins(self, normalised: pa.Array) -> tuple[Floats, Floats]:
        """By how much each text in normal form confirms a frame of two parts, and one of more, of
        each indicator (nats; not at all below zero): texts × indicators."""
        fusion = self.fusion
        logits = self._logits(normalised, fusion.confirming, fusion.confirming_characters)
        lower = [fusion.confirming_more.get(one, 0) for one in self.ids]
        margins = logits - self.confirming
        return margins, margins + np.array(lower, np.float32)

    def find(self, normalised: pa.Array) -> npt.NDArray[np.bool_]:
        """Which indicators heads find in each text in normal form: texts × indicators."""
        return self.logits(normalised) >= self.thresholds

    def found_in(self, form: bytes) -> tuple[str, ...]:
        """The same for one text, the bytes of its normal form: the ids found."""
        there = self.find(pa.array([form.decode()], pa.large_string()))[0]
        return tuple(one for one, found in zip(self.ids, there, strict=True) if found)

    def spans(self, text: str) -> list[HeadSpan]:
        """What heads find in one text, where it is clearest, and what they went by. Raises
        InputError where `text` holds a lone surrogate."""
        from fieldfare.language import _heads

        normalised, offsets = normalise_one(text)
        encoded = normalised.encode()
        data = np.frombuffer(encoded, np.uint8)
        windows, at = [], 0
        while at < data.size:
            begin, end, at = _heads.window(data, at, data.size)
            if begin < end:
                windows.append((begin, end))
        if not windows:
            return []
        read = [encoded[begin:end].decode() for begin, end in windows]
        logits = self.logits(pa.array(read, pa.large_string()))
        character = byte_to_character(encoded)
        found = []
        for k in np.flatnonzero((logits >= self.thresholds).any(axis=0)).tolist():
            row = int(logits[:, k].argmax())
            begin, end = windows[row]
            parts = [
                HeadPart(
                    *original_span(offsets, character[begin + a], character[begin + b]),
                    float(logits[row, k] - without[k]),
                )
                for a, b, without in self._without(read[row])
            ]
            span = original_span(offsets, character[begin], character[end])
            margin = float(logits[row, k] - self.thresholds[k])
            found.append(HeadSpan(self.ids[k], *span, margin, tuple(parts)))
        return sorted(found, key=lambda one: (one.start, one.end, self.ids.index(one.indicator)))

    def _without(self, window: str) -> list[tuple[int, int, Floats]]:
        """For each piece of a window its bytes and the logits of the window without it."""
        encoded = window.encode()
        places = self._parts(window)
        bare = [(encoded[:a] + encoded[b:]).decode() for a, b in places]
        logits = self.logits(pa.array(bare, pa.large_string()))
        return [(a, b, row) for (a, b), row in zip(places, logits, strict=True)]

    def _parts(self, window: str) -> list[tuple[int, int]]:
        """Pieces, or, without a list of pieces, words."""
        if self.piece_list is not None:
            # The space that begins the first word is no byte of the window.
            places = [(max(0, a - 1), b - 1) for _, a, b in self.piece_list.cut(" " + window)]
        else:
            places, at = [], 0
            for word in window.encode().split(b" "):
                places.append((at, at + len(word)))
                at += len(word) + 1
        encoded = window.encode()
        inner = ((a + (encoded[a : a + 1] == b" "), b) for a, b in places)
        return [(a, b) for a, b in inner if a < b]


_NO_TRIE = (
    np.zeros(1, np.uint8), np.zeros(2, np.int32), np.full(1, -1, np.int32),
    np.zeros(1, np.float32), np.float32(0),
)  # fmt: skip


def _no_layer(indicators: int) -> tuple[Floats, Floats, Floats]:
    nothing = np.zeros(0, np.float32)
    return nothing, np.zeros((0, indicators), np.float32), np.zeros(indicators, np.float32)


def merge(phrases: pa.ListArray, found: npt.NDArray[np.bool_], ids: tuple[str, ...]) -> pa.Array:
    """The indicators of phrases and those of heads, as list<string>, each once, in the order of
    `ids`."""
    if not found.any():
        return phrases
    there = found.copy()
    places = pc.index_in(phrases.flatten(), pa.array(ids, pa.string())).to_numpy()
    lengths = pc.list_value_length(phrases).to_numpy(zero_copy_only=False)
    there[np.repeat(np.arange(len(phrases)), lengths), places] = True
    rows, columns = np.nonzero(there)
    offsets = np.searchsorted(rows, np.arange(len(phrases) + 1))
    names = pa.array(ids, pa.string()).take(pa.array(columns))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), names)


def read_table(file: Traversable) -> HeadTable:
    """The table in an ``.npz`` file, named by the file. Raises SettingsError naming it."""
    try:
        with np.load(io.BytesIO(file.read_bytes()), allow_pickle=False) as archive:
            parts = {name: archive[name] for name in ("inner", "outer", "last")}
            return HeadTable(
                name=file.name.removesuffix(".npz"),
                weights=archive["weights"],
                scale=float(archive["scale"]),
                **parts,
            )
    except OSError as error:
        raise SettingsError(f"table {file.name}: cannot be read ({error.strerror})") from error
    except (AttributeError, KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise SettingsError(f"table {file.name}: not an .npz file of a head table") from error


def read_heads(
    ids: tuple[str, ...], folder: Traversable | None = None, *, pieces: bool = True
) -> Heads:
    """The heads of a folder for these indicators, by default those that ship; without `pieces`,
    characters alone. Raises SettingsError, naming the file."""
    folder = folder or files("fieldfare.language") / "tables"
    try:
        fusion = msgspec.convert(
            tomllib.loads((folder / "heads.toml").read_text("utf-8")), Fusion, strict=False
        )
    except OSError as error:
        raise SettingsError(f"heads.toml: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"heads.toml: {error}") from error
    for key, named in msgspec.structs.asdict(fusion).items():
        for name in named if key != "shares" else ():
            if name not in ids:
                raise SettingsError(f"heads.toml: {key}.{name}: no such indicator")
    characters = read_table(folder / "heads-characters.npz")
    if not pieces:
        return Heads(ids, characters, None, None, fusion)
    read = piece_lists.read_pieces(folder / "pieces.npz")
    return Heads(ids, characters, read_table(folder / "heads-pieces.npz"), read, fusion)
