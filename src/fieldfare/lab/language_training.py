"""Training of a token table from a corpus: ``fieldfare train language``.

A table is a linear model over hashed words and word pairs, fitted to tell offenders from their
partners and from every ordinary source, and read as a sum: what is remembered of an account is
(Σ weight, tokens). It must tell early and from sources it never saw; each choice in `Recipe` is
there because it was measured to help with that (the table's card has the figures).
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.lab.language_corpus import Corpus
from fieldfare.language import kernel
from fieldfare.language.likelihood import LEAST_TOKENS, Likelihood
from fieldfare.language.tables import read_table
from fieldfare.vocabulary import InputError, SettingsError

Chosen = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Recipe:
    """How a table is made. Two runs with the same recipe, corpus and seed give the same table."""

    log2_size: int = 18
    """The table has two to the power of this many weights."""
    edges: bool = True
    """Whether first and last words make pairs with the edges of their message."""
    chunks: tuple[int, ...] = (1, 4, 10, 40)
    """Sizes of the training examples, in messages. With one size alone recall is far lower."""
    early: float = 10.0
    """How much the first messages of an author count: the message after m others weighs
    1 / (1 + m / early). Infinite: all the same. Early messages are what a warning in time has,
    and the few authors with thousands of messages no longer drown the rest."""
    most: int = 600
    """Messages of an author that are used, from the first."""
    scaled: bool = True
    """Whether an example's score is Σ weight / √tokens, as it will be read, or Σ weight."""
    shrink: float = 5e-7
    """L2 a step."""
    rate: float = 2.0
    """First step size."""
    epochs: int = 6
    against_partners: float = 1.0
    """How much of a second table, trained on offenders against partners alone, is added to the
    one trained on everyone. Both wrote in the same chats, so it knows nothing of platform or
    time, only of the role. A sum of tables is a table."""
    against_ordinary: float = 0.75
    """How much of a third, trained on offenders against ordinary sources alone, is added."""
    message_most: float = 15.0
    """What Σ weight of one message counts at most, in the table as it is read, not in its training.
    One pasted page, or one message that reads like none other, sets the threshold that few ordinary
    authors pass: bounded, twice as many offenders stand above it early."""
    scale: float = 0.35
    """The sum is multiplied by this, which changes no ranking: of the corpus's ordinary authors,
    1 in 1,000 then passes z = 4 to 5, the range where scorecards set for the first table begin to
    count wording."""


REFERENCE: Final = Recipe(
    edges=False,
    chunks=(2, 8, 40),
    early=float("inf"),
    most=1 << 40,
    scaled=False,
    rate=0.02,
    epochs=3,
    against_partners=0.0,
    against_ordinary=0.0,
    message_most=float("inf"),
    scale=1.0,
)
"""The recipe of the first table: chunks of 2, 8 and 40 messages, logistic loss, L2 5e-7, averaged
descent, offenders and others balanced, every other source the same in all."""

SHIPPED: Final = Recipe()
"""The recipe of the table that ships."""

RECIPES: Final = {"shipped": SHIPPED, "reference": REFERENCE}


@dataclass(frozen=True, eq=False)
class Placed:
    """A corpus with its tokens as places in a table."""

    corpus: Corpus
    ids: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]
    """One more than the messages: where each one's ids begin."""
    size: int
    fitted: dict[tuple[Recipe, int, bytes], npt.NDArray[np.float64]] = field(default_factory=dict)
    """Tables against partners, by what they were fitted from: leaving out an ordinary source does
    not change them."""

    @functools.cached_property
    def tokens(self) -> npt.NDArray[np.int64]:
        """Number of tokens of each message."""
        return np.diff(self.starts)


def named(name: str) -> Recipe:
    """The recipe of that name. Raises SettingsError listing the names."""
    if name not in RECIPES:
        raise SettingsError(f"no recipe {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name]


@functools.cache
def _loops() -> ModuleType:
    from fieldfare.lab import _language_loops

    return _language_loops


def place(corpus: Corpus, recipe: Recipe) -> Placed:
    """The corpus as `recipe` reads it."""
    size = 1 << recipe.log2_size
    ids, starts = kernel.places(corpus.tokens, corpus.messages, size=size, edges=recipe.edges)
    return Placed(corpus, ids, starts, size)


def train(placed: Placed, recipe: Recipe, among: Chosen, seed: int) -> npt.NDArray[np.float64]:
    """The weights that `recipe` gives from the authors in `among`.

    Raises InputError where there is nobody to tell apart.
    """
    corpus = placed.corpus
    weights = _fit(placed, recipe, among, seed)
    if recipe.against_partners and (among & corpus.partner).any():
        these = among & (corpus.offender | corpus.partner)
        key = (recipe, seed, these.tobytes())
        if key not in placed.fitted:
            placed.fitted[key] = _fit(placed, recipe, these, seed)
        weights += recipe.against_partners * placed.fitted[key]
    if recipe.against_ordinary and (among & corpus.ordinary).any():
        these = among & (corpus.offender | corpus.ordinary)
        weights += recipe.against_ordinary * _fit(placed, recipe, these, seed)
    return recipe.scale * weights


def _fit(placed: Placed, recipe: Recipe, among: Chosen, seed: int) -> npt.NDArray[np.float64]:
    corpus = placed.corpus
    if not (among & corpus.offender).any() or not (among & ~corpus.offender).any():
        raise InputError("training needs offenders and others")
    who, begins, ends, before = _chunks(corpus, recipe, np.flatnonzero(among))
    shares = _shares(corpus, who, 1.0 / (1.0 + before / recipe.early))
    rng = np.random.default_rng([seed, recipe.log2_size])
    order = np.concatenate([rng.permutation(who.size) for _ in range(recipe.epochs)])
    mean = np.zeros(placed.size)
    _loops().descend(
        placed.ids,
        placed.starts[begins],
        placed.starts[ends],
        corpus.offender[who].astype(np.float64),
        shares,
        order,
        recipe.shrink,
        recipe.rate,
        recipe.scaled,
        LEAST_TOKENS,
        np.zeros(placed.size, np.float32),
        mean,
    )
    return mean


def _chunks(
    corpus: Corpus, recipe: Recipe, authors: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], ...]:
    """The training examples: author, first message, message past the last, messages before it."""
    lengths = np.minimum(np.diff(corpus.authors)[authors], recipe.most)
    parts = []
    for size in recipe.chunks:
        count = -(-lengths // size)
        who = np.repeat(authors, count)
        # Chunks are numbered from 0 within each author.
        place_in_author = np.arange(who.size) - np.repeat(np.cumsum(count) - count, count)
        before = place_in_author * size
        begins = corpus.authors[who] + before
        ends = np.minimum(begins + size, corpus.authors[who] + np.repeat(lengths, count))
        parts.append((who, begins, ends, before))
    return tuple(np.concatenate(part) for part in zip(*parts, strict=True))


def _shares(
    corpus: Corpus, who: npt.NDArray[np.int64], worth: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Weight of each example, 1 on average: half for the offenders, the other half the same for
    every other source, whatever its size; within a source by `worth`."""
    kind = np.where(corpus.offender[who], len(corpus.sources), corpus.source[who])
    total = np.bincount(kind, worth, len(corpus.sources) + 1)
    others = int(np.count_nonzero(total[:-1]))
    half = np.full(total.size, 0.5 / others)
    half[-1] = 0.5
    shares: npt.NDArray[np.float64] = worth * (half / np.where(total > 0, total, 1))[kind]
    return shares * who.size


def message_sums(
    placed: Placed, recipe: Recipe, weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """What Σ weight of each message counts, with the weights rounded as a table keeps them."""
    sums = np.empty(placed.tokens.size)
    kept = to_float16(weights).astype(np.float64)
    _loops().message_sums(placed.ids, placed.starts, kept, sums)
    return np.minimum(sums, recipe.message_most)


def to_float16(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float16]:
    """The weights as a table keeps them."""
    largest = float(np.finfo(np.float16).max)
    return np.clip(weights, -largest, largest).astype(np.float16)


def save(
    out: Path,
    weights: npt.NDArray[np.float64],
    recipe: Recipe,
    likelihood: Likelihood | None = None,
) -> None:
    """Write a table that `fieldfare.language.tables.read_table` reads: the same bytes for the
    same weights, so that files can be compared by their hash."""
    kept = to_float16(weights)
    arrays: dict[str, object] = {
        "weights": kept,
        "bits": np.int64(32),
        "edges": np.bool_(recipe.edges),
    }
    if np.isfinite(recipe.message_most):
        arrays["message_most"] = np.float64(recipe.message_most)
    if likelihood is not None:
        rows = (likelihood.tokens, likelihood.slope, likelihood.intercept)
        arrays |= {"likelihood": np.stack(rows), "most": np.float64(likelihood.most)}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, value in arrays.items():
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asanyarray(value), allow_pickle=False)
            # A fixed date: NumPy would write the present one.
            entry = zipfile.ZipInfo(f"{name}.npy")
            archive.writestr(entry, content.getvalue(), zipfile.ZIP_DEFLATED)


def write_table(
    placed: Placed,
    recipe: Recipe,
    seed: int,
    out: Path,
    without: Sequence[str] = (),
    likelihood: Likelihood | None = None,
) -> dict[str, object]:
    """Train on the corpus, all but the sources in `without`, and write the table, with its
    likelihood where there is one; what it is, for its card."""
    if out.suffix != ".npz":
        raise SettingsError(f"{out.name}: a table is an .npz file")
    weights = train(placed, recipe, ~placed.corpus.from_sources(without), seed)
    save(out, weights, recipe, likelihood)
    kept = read_table(out, language="und")
    return {
        "file": out.name,
        "recipe": next((name for name, one in RECIPES.items() if one == recipe), "own"),
        "seed": seed,
        "without": list(without),
        "weights": int(kept.weights.size),
        "content_hash": kept.content_hash,
        "likelihood": kept.likelihood.as_json() if kept.likelihood else None,
        "file_sha256": hashlib.sha256(out.read_bytes()).hexdigest(),
    }
