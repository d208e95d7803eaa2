"""What (Σ weight, tokens) is worth as evidence: the log-likelihood ratio of a token table.

``z = Σ weight / √max(tokens, 20)`` ranks accounts but is no log-likelihood ratio: the same z
speaks the louder the fewer the words. `Likelihood` says by how much, as a line in z whose slope
and intercept change with the number of tokens; it is fitted by folds when a table is trained
(`fieldfare.lab.likelihood_fit`) and lies in the table's file.

What is remembered stays (Σ weight, tokens) for each table, which adds up over messages, days and
machines; the ratio is taken of the sums, last. So tables are fused late: `fuse` adds the ratios
of those that spoke. That is exact where tables read different words, such as those of two
languages; of tables that read the same words the sum says too much, and at most one should be
given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from fieldfare.vocabulary import SettingsError

Numbers = npt.NDArray[np.float64]

LEAST_TOKENS: Final = 20.0
"""z = Σ weight / √max(tokens, this)."""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log-likelihood ratio (nats) of a concerning author against another, for one table.

    At `tokens` it is slope × z + intercept; between them slope and intercept go straight along
    the logarithm of the tokens, and beyond them they stay. Slopes are positive, so that more
    weight in as many tokens never speaks less.
    """

    tokens: Numbers
    """Numbers of tokens, rising."""
    slope: Numbers
    intercept: Numbers
    most: float
    """The ratio is never beyond this, either way: a corpus shows no more than it has people."""

    def __post_init__(self) -> None:
        parts = (self.tokens, self.slope, self.intercept)
        if any(one.shape != self.tokens.shape or one.ndim != 1 for one in parts):
            raise SettingsError("likelihood: not a slope and an intercept for each tokens")
        if not all(np.isfinite(one).all() for one in (*parts, np.float64(self.most))):
            raise SettingsError("likelihood: a number is not finite")
        if not self.tokens.size or self.tokens[0] < 1 or (np.diff(self.tokens) <= 0).any():
            raise SettingsError("likelihood: tokens must rise from 1 or more")
        if (self.slope <= 0).any() or self.most <= 0:
            raise SettingsError("likelihood: slopes and the bound must be above 0")

    @property
    def content_hash(self) -> str:
        """SHA-256, in hex, of tokens, slopes, intercepts and bound as little-endian float64."""
        parts = (self.tokens, self.slope, self.intercept, self.most)
        return hashlib.sha256(
            b"".join(np.asarray(one, "<f8").tobytes() for one in parts)
        ).hexdigest()

    def as_json(self) -> dict[str, object]:
        """Its numbers and its hash."""
        return {
            "tokens": self.tokens.tolist(),
            "slope": self.slope.tolist(),
            "intercept": self.intercept.tolist(),
            "most": self.most,
            "content_hash": self.content_hash,
        }

    def of_z(self, z: Numbers, tokens: npt.NDArray[np.int64]) -> Numbers:
        """For each z of so many tokens; 0 where there are none: no words, no evidence."""
        at = np.log(np.maximum(tokens, 1))
        knots = np.log(self.tokens)
        line = np.interp(at, knots, self.slope) * z + np.interp(at, knots, self.intercept)
        return np.where(tokens > 0, np.clip(line, -self.most, self.most), 0.0)

    def ratios(self, weight_sums: Numbers, tokens: npt.NDArray[np.int64]) -> Numbers:
        """The same for each Σ weight of so many tokens."""
        return self.of_z(weight_sums / np.sqrt(np.maximum(tokens, LEAST_TOKENS)), tokens)

    def ratio(self, weight_sum: float, tokens: int) -> float:
        """The same for one."""
        return float(self.ratios(np.array([weight_sum]), np.array([tokens]))[0])


def fuse(spoke: Iterable[tuple[Likelihood, float, int]]) -> float:
    """The log-likelihood ratio of several tables together (nats), each given with its own
    (Σ weight, tokens): their sum. 0 where none has words."""
    return sum((one.ratio(weight_sum, tokens) for one, weight_sum, tokens in spoke), 0.0)
