"""Training of the layer that a second look puts on an encoder's vectors of whole messages.

The texts and the measurement are those of heads (`head_training`); only what is learnt from is
the encoder's vector of the whole message instead of what its pieces add.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from fieldfare.lab import head_training
from fieldfare.lab.head_labels import wanted_of
from fieldfare.lab.head_texts import Example
from fieldfare.lab.head_training import Recipe
from fieldfare.language.heads import HeadTable
from fieldfare.language.indicators import read_indicators
from fieldfare.language.normalise import normalise
from fieldfare.language.second_look import Encoder, SecondLook, Settings

COLUMNS = 128
PASSES = 6


def train(
    texts: Sequence[Example],
    encoder: Encoder,
    name: str,
    ordinary: Mapping[str, Sequence[str]],
    recipe: Recipe,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> tuple[SecondLook, dict[str, Any]]:
    """The layer that these texts teach, and recall of the sentences first kept apart. `name` is
    how ``second-look.toml`` calls the encoder. Thresholds are set on `ordinary` conversation."""
    ids = read_indicators().ids
    normalised = normalise(pa.array([one.text for one in texts], pa.large_string()))
    wanted = wanted_of(texts, normalised, ids)
    settings = Settings(name, {})
    say(f"encoding {len(texts)} texts")
    vectors = np.concatenate(
        [
            np.asarray(encoder.encode(_cut(texts[at : at + 1024], settings)), np.float32)
            for at in range(0, len(texts), 1024)
        ]
    )
    middle, scale = vectors.mean(axis=0), np.float32(1 / vectors.std())

    def fit(rows: Any) -> SecondLook:
        first, layer = head_training.first_layer(
            (vectors[rows] - middle) * scale, wanted[rows], COLUMNS, PASSES, seed
        )
        first = first * scale
        layer = layer[0] - middle @ first, *layer[1:]
        table = head_training.to_table("heads-encoder", first, layer)
        return SecondLook(name, encoder, table, settings, ids)

    apart = head_training.kept_apart(texts, recipe)
    say("three sentences in four")
    some = fit(np.flatnonzero(~apart))
    rest = np.flatnonzero(apart)
    kept = [texts[k] for k in rest.tolist()]
    calm = [k for k, one in enumerate(kept) if one.source == "ordinary"]
    of_kept = some.logits([one.text for one in kept])
    near = np.where(wanted[rest][calm] == 0, of_kept[calm], np.float32(-100))
    chat = [text for each in ordinary.values() for text in each]

    def limits(model: SecondLook) -> dict[str, float]:
        return head_training.thresholds(model.logits(chat), near, ids, recipe)

    of_some = limits(some)
    over = of_kept >= np.array([of_some[one] for one in ids], np.float32)
    report = {"kept_apart": head_training.shares_found(over, kept, wanted[rest])}
    say("all sentences")
    made = fit(np.arange(len(texts)))
    return replace(made, settings=Settings(name, limits(made))), report


def write(model: SecondLook, folder: Path) -> None:
    """``heads-encoder.npz`` and ``second-look.toml`` into a folder."""
    table: HeadTable = model.table
    parts = {name: getattr(table, name) for name in ("weights", "inner", "outer", "last")}
    np.savez_compressed(folder / f"{table.name}.npz", scale=np.float32(table.scale), **parts)
    lines = ["# Written by `fieldfare train second-look`.", f'encoder = "{model.settings.encoder}"']
    lines += [f"most_characters = {model.settings.most_characters}", "", "[thresholds]"]
    lines += [f"{key} = {value}" for key, value in model.settings.thresholds.items()]
    (folder / "second-look.toml").write_text("\n".join(lines) + "\n", "utf-8")


def _cut(texts: Sequence[Example], settings: Settings) -> list[str]:
    return [one.text[: settings.most_characters].lower() for one in texts]
