"""Training of head tables, and the thresholds their logits are compared with.

The table of pieces is one layer on static vectors of the encoder's pieces (`head_vectors`),
folded into a row a piece: a piece that no training text has lies where its neighbours in other
languages lie. The table of characters begins at nothing. Both are trained alone and their logits
added. One sentence in four of what is taught, all its spellings, is first kept apart, from the
heads and the layer alike: recall is measured on it. What ships is then trained on all.

Thresholds are set on ordinary conversation, which nothing is trained on: at most a given share
of its messages may have each indicator. Those to confirm frames by are in `head_confirming`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.lab.head_confirming import confirming, least_of
from fieldfare.lab.head_labels import times, wanted_of
from fieldfare.lab.head_texts import Example
from fieldfare.lab.head_vectors import Encoder, Features, Floats, Vectors, distil
from fieldfare.language.heads import Fusion, Heads, HeadTable
from fieldfare.language.indicators import read_indicators
from fieldfare.language.kernel import column
from fieldfare.language.normalise import normalise
from fieldfare.language.pieces import PieceList

WEIGHTY = frozenset({"photo_request", "secrecy", "meeting_travel", "payment_offer"})


@dataclass(frozen=True)
class Recipe:
    """Every choice of the training. What ships is `Recipe()`."""

    phrases_each: int = 60
    """Spellings of phrases an indicator and language."""
    taught_each: int = 300
    """Spellings of taught sentences an indicator and language."""
    frames_each: int = 160
    """Texts made of frames an indicator and language; as many again say nothing."""
    crowd: int = 20_000
    """Ordinary texts of a language from which on what it says counts `crowded` times: else the
    one language that has much ordinary chat to learn from would have the fewest indicators."""
    crowded: int = 5
    calm: int = 4
    """How often each ordinary text of the project's own is learnt from: real talk shows that
    heads are wrong most often where a language has few of these."""
    character_rows: int = 1 << 18
    character_columns: int = 32
    piece_columns: int = 48
    piece_passes: int = 6
    passes: int = 5
    rate: float = 0.1
    first_square: float = 0.01
    """What the squared gradients of each row begin at: the lower, the more a rare n-gram says."""
    drop: float = 0.5
    """Share of a text's features left out in each pass over the table of characters."""
    shrink: float = 1e-4
    shares: tuple[float, float] = (0.4, 1.0)
    """What the logits of pieces and of characters count."""
    distilled_on: int = 16_000
    """Texts whose pieces are seen among their neighbours."""
    kept: int = 4
    """One sentence in so many is kept apart to measure recall on."""
    false_weighty: float = 1 / 30_000
    """Share of ordinary messages that may have an indicator that weighs most."""
    false_others: float = 1 / 2800
    """The same of every other indicator."""
    false_near: float = 1 / 100
    """Share of the ordinary sentences kept apart, most of them near misses, that may have it."""

    def false(self, indicator: str) -> float:
        """Share of ordinary messages that may have an indicator."""
        return self.false_weighty if indicator in WEIGHTY else self.false_others


@dataclass
class _Prepared:
    """The texts as both tables see them, and what each says."""

    wanted: Floats
    """Texts × indicators: 1, 0, or -1 where not known."""
    times: npt.NDArray[np.int64]
    """How often each text is learnt from."""
    sums: Floats
    """The vectors of each text's pieces added up."""
    characters: Features


def _features(normalised: pa.Array, pieces: PieceList, mask: int) -> Features:
    from fieldfare.language import _heads

    data, offsets, _ = column(normalised)
    size = int(offsets[-1] - offsets[0])
    # Windows of a long text overlap by half.
    ids = np.empty(12 * size + 8 * _heads.GRAMS, np.int32)
    starts = np.empty(offsets.size, np.int64)
    used = _heads.features(data, offsets, pieces.trie, np.uint32(mask), ids, starts)
    return ids[:used].copy(), starts


def _in_order(features: Features) -> Features:
    """Pieces as they are read: the loop writes those of a text from its end."""
    ids, starts = features
    sizes = np.diff(starts)
    return ids[np.repeat(starts[1:] + starts[:-1], sizes) - 1 - np.arange(ids.size)], starts


def _rows(features: Features, rows: npt.NDArray[np.int64]) -> Features:
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
    rows: npt.NDArray[np.int64],
    recipe: Recipe,
    seed: int,
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    from fieldfare.lab import _head_loops

    random = np.random.default_rng(seed)
    inner, outer, last = (np.ones_like(part) for part in layer)
    steps = np.full_like(weights, recipe.first_square), inner, outer, last
    ids, starts = _rows(prepared.characters, rows)
    shares = np.ones(rows.size, np.float32)
    for turn in range(recipe.passes):
        _head_loops.descend(
            random.permutation(rows.size), ids, starts, prepared.wanted[rows],
            shares, weights, layer, steps, np.float32(recipe.rate),
            np.float32(recipe.drop), np.float32(recipe.shrink), seed + turn,
        )  # fmt: skip
    return weights, layer


def first_layer(
    sums: Floats, wanted: Floats, columns: int, passes: int, seed: int
) -> tuple[Floats, tuple[Floats, Floats, Floats]]:
    """The layer on the vectors of the pieces, by Adam (Kingma and Ba 2015)."""
    random = np.random.default_rng(seed)
    inner, outer, last = _start(columns, wanted.shape[1], seed)
    first = random.normal(0, 1 / np.sqrt(sums.shape[1]), (sums.shape[1], columns))
    parts = [first.astype(np.float32), inner, outer * np.float32(0.2), last]
    means, squares = ([np.zeros_like(part) for part in parts] for _ in range(2))
    known = (wanted >= 0).astype(np.float32)
    batch, step = 512, 0
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
                decay = 1e-2 * parts[k] if k in (0, 2) else 0
                parts[k] -= np.float32(2e-3 * (1 - turn / passes)) * (move + decay)
    return parts[0], (parts[1], parts[2], parts[3])


def to_table(name: str, weights: Floats, layer: tuple[Floats, Floats, Floats]) -> HeadTable:
    most = float(np.quantile(np.abs(weights[np.abs(weights).max(axis=1) > 0]), 0.9999))
    scale = max(most, 1e-6) / 127
    rounded = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    return HeadTable(name, rounded, scale, *(np.ascontiguousarray(part) for part in layer))


def train(
    texts: Sequence[Example],
    encoder: Encoder,
    ordinary: Mapping[str, Sequence[str]],
    recipe: Recipe,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Heads, dict[str, Any]]:
    """The heads that these texts teach, and what was measured on the way. Thresholds are set on
    `ordinary` conversation, by source. Deterministic under `seed` on one kind of machine."""
    ids = read_indicators().ids
    prepared, vectors = _prepare(texts, ids, encoder, recipe, seed, say)
    apart = kept_apart(texts, recipe)
    say("three sentences in four")
    some = _fit(prepared, np.flatnonzero(~apart), vectors, recipe, seed, ids)
    rest = np.flatnonzero(apart)
    kept = [texts[k] for k in rest.tolist()]
    report = {"kept_apart": _report(some, kept, prepared.wanted[rest], ordinary, recipe)}
    say("all sentences")
    made = _fit(prepared, np.arange(len(texts)), vectors, recipe, seed, ids)
    near = _near_misses(some, kept, prepared.wanted[rest])
    return replace(made, fusion=_fusion(made, near, ordinary, recipe)), report


def kept_apart(texts: Sequence[Example], recipe: Recipe) -> npt.NDArray[np.bool_]:
    """Which texts are of the sentences that recall is measured on."""
    own, last = {"phrases", "taught", "ordinary", "scrap"}, recipe.kept - 1
    each = (one.source in own and one.group // 2 % recipe.kept == last for one in texts)
    return np.fromiter(each, np.bool_, len(texts))


def _prepare(
    texts: Sequence[Example],
    ids: tuple[str, ...],
    encoder: Encoder,
    recipe: Recipe,
    seed: int,
    say: Callable[[str], None],
) -> tuple[_Prepared, Vectors]:
    from fieldfare.lab import _head_loops

    normalised = normalise(pa.array([one.text for one in texts], pa.large_string()))
    pieces = _features(normalised, encoder.pieces, 0)
    order = np.random.default_rng(seed).permutation(len(texts))
    vectors = distil(encoder, _in_order(_rows(pieces, order[: recipe.distilled_on])), say)
    sums = np.zeros((len(texts), vectors.vectors.shape[1]), np.float32)
    _head_loops.add_rows(*pieces, vectors.vectors, sums)
    characters = _features(normalised, encoder.pieces, recipe.character_rows - 1)
    wanted = wanted_of(texts, normalised, ids)
    often = times(texts, recipe.crowd, recipe.crowded, recipe.calm)
    return _Prepared(wanted, often, sums, characters), vectors


def _fit(
    prepared: _Prepared,
    rows: npt.NDArray[np.int64],
    vectors: Vectors,
    recipe: Recipe,
    seed: int,
    ids: tuple[str, ...],
) -> Heads:
    count, rows = len(ids), np.repeat(rows, prepared.times[rows])
    shape = (recipe.character_rows, recipe.character_columns)
    random = np.random.default_rng(seed)
    weights = random.normal(0, 0.01, shape).astype(np.float32)
    before = weights.copy()
    layer = _start(shape[1], count, seed)
    characters = _tuned(weights, layer, prepared, rows, recipe, seed)
    # What no text has says nothing.
    weights[(weights == before).all(axis=1)] = 0
    first, layer = first_layer(
        prepared.sums[rows], prepared.wanted[rows], recipe.piece_columns, recipe.piece_passes, seed
    )
    pieces = vectors.vectors @ first, layer
    shares = dict(zip(("pieces", "characters"), recipe.shares, strict=True))
    return Heads(
        ids,
        to_table("heads-characters", *characters),
        to_table("heads-pieces", *pieces),
        vectors.pieces,
        Fusion(shares, {}, {}),
    )


def _both_ways(heads: Heads) -> dict[str, Heads]:
    """With pieces, and characters alone."""
    return {"both": heads, "characters": replace(heads, pieces=None, piece_list=None)}


def _logits(heads: Heads, texts: Sequence[str]) -> Floats:
    return heads.logits(normalise(pa.array(texts, pa.large_string())))


def _near_misses(heads: Heads, kept: Sequence[Example], wanted: Floats) -> dict[str, Floats]:
    """Both ways, the logits of the ordinary sentences kept apart; -100 where not ordinary."""
    rows = [k for k, one in enumerate(kept) if one.source == "ordinary"]
    texts = [kept[k].text for k in rows]
    return {
        way: np.where(wanted[rows] == 0, _logits(one, texts), np.float32(-100))
        for way, one in _both_ways(heads).items()
    }


def _fusion(
    heads: Heads, near: dict[str, Floats], ordinary: Mapping[str, Sequence[str]], recipe: Recipe
) -> Fusion:
    texts = [text for each in ordinary.values() for text in each]
    found = {
        way: thresholds(_logits(one, texts), near[way], heads.ids, recipe)
        for way, one in _both_ways(heads).items()
    }
    fusion = Fusion(heads.fusion.shares, found["both"], found["characters"])
    shares = {name: recipe.false(name) for name in heads.ids}
    return confirming(replace(heads, fusion=fusion), ordinary, shares)


def thresholds(
    ordinary: Floats, near: Floats, ids: tuple[str, ...], recipe: Recipe
) -> dict[str, float]:
    """The lowest of each indicator that keep the shares of false ones which `recipe` allows
    among `ordinary` messages and among near misses (logits, texts × indicators)."""
    found = {}
    for k, name in enumerate(ids):
        least = 0.0
        for values, allowed in (
            (ordinary[:, k], recipe.false(name)),
            (near[:, k], recipe.false_near),
        ):
            if values.size:
                least = max(least, least_of(values, allowed))
        found[name] = round(least + 0.001, 3)
    return found


def _report(
    heads: Heads,
    kept: Sequence[Example],
    wanted: Floats,
    ordinary: Mapping[str, Sequence[str]],
    recipe: Recipe,
) -> dict[str, Any]:
    """Of the sentences kept apart, the share found both ways, by language and indicator, and of
    the ordinary ones the share with any indicator; thresholds set as for what ships."""
    near = _near_misses(heads, kept, wanted)
    fusion = _fusion(heads, near, ordinary, recipe)
    chosen = {"both": fusion.thresholds, "characters": fusion.thresholds_characters}
    report: dict[str, Any] = {}
    for way, one in _both_ways(heads).items():
        least = np.array([chosen[way][name] for name in heads.ids], np.float32)
        over = _logits(one, [each.text for each in kept]) >= least
        report[way] = shares_found(over, kept, wanted)
    return report


def shares_found(
    over: npt.NDArray[np.bool_], kept: Sequence[Example], wanted: Floats
) -> dict[str, dict[str, float]]:
    hit: npt.NDArray[np.bool_] = np.asarray((over & (wanted > 0)).any(axis=1))
    false: npt.NDArray[np.bool_] = np.asarray((over & (wanted == 0)).any(axis=1))
    figures: dict[str, dict[str, float]] = {}
    for source in ("taught", "phrases"):
        here = np.array([one.source == source for one in kept])
        figures[source] = {"all": round(float(hit[here].mean()), 3)} if here.any() else {}
        for key in ("language", "indicator"):
            names = np.array([str(getattr(one, key)) for one in kept])
            for name in sorted({*names[here].tolist()}):
                figures[source][name] = round(float(hit[here & (names == name)].mean()), 3)
    calm = np.array([one.source == "ordinary" for one in kept])
    names = np.array([one.language for one in kept])
    figures["ordinary_false"] = {
        name: round(float(false[calm & (names == name)].mean()), 4)
        for name in sorted({*names[calm].tolist()})
    }
    return figures


def write(heads: Heads, folder: Path) -> None:
    """The tables, the piece list and ``heads.toml`` into a folder."""
    if heads.pieces is None or heads.piece_list is None:
        raise ValueError("heads without pieces are not written")
    for table in (heads.characters, heads.pieces):
        parts = {name: getattr(table, name) for name in ("weights", "inner", "outer", "last")}
        np.savez_compressed(folder / f"{table.name}.npz", scale=np.float32(table.scale), **parts)
    listed = heads.piece_list
    np.savez_compressed(
        folder / "pieces.npz", text=np.frombuffer(listed.text, np.uint8), scores=listed.scores
    )
    write_fusion(heads.fusion, folder)


def write_fusion(fusion: Fusion, folder: Path) -> None:
    """``heads.toml`` into a folder."""
    lines = ["# Written by `fieldfare train heads`; see heads-characters.md and heads-pieces.md."]
    for name, values in msgspec.structs.asdict(fusion).items():
        lines += ["", f"[{name}]", *(f"{key} = {value}" for key, value in values.items())]
    (folder / "heads.toml").write_text("\n".join(lines) + "\n", "utf-8")
