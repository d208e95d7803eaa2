"""What points to a child: the kinds of cue and their weights, as data (``weights.toml``)."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec
import pyarrow as pa


class Cue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of cue."""

    kind: str
    said_by: Literal["peer", "suspect", "profile", "company"] = msgspec.field(name="from")
    weight: float
    """Log likelihood ratio (nats) of being a child; below 0 for a grown-up."""
    more: float
    """What each doubling of the number of mentions adds, as a share of the first."""
    says: str
    phrases: str = ""
    """The phrases that show it, where they have another name."""


class Weights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file."""

    prior: float
    """Log odds of being a child where nothing is known."""
    prior_width: float
    width: float
    narrowest: float
    cue: list[Cue]

    def table(self) -> pa.Table:
        """The kinds as the SQL wants them: `cue_kinds`."""
        return pa.table(
            {
                "kind": [cue.kind for cue in self.cue],
                "phrase": [cue.phrases or cue.kind for cue in self.cue],
                "said_by": [cue.said_by for cue in self.cue],
                "more": [cue.more for cue in self.cue],
                "says": [cue.says for cue in self.cue],
            }
        )


@cache
def weights() -> Weights:
    """The weights that ship."""
    file = files("fieldfare.investigation") / "weights.toml"
    return msgspec.convert(tomllib.loads(file.read_text("utf-8")), Weights)
