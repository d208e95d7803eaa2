"""Token tables: what a model of words is. One weight a token, nothing else.

A table is an ``.npz`` file with ``weights`` (float16, a power of two long), ``bits`` (32 or 64,
the width of the hash arithmetic it was trained with) and, where the first and last words of
messages make pairs with their edges, ``edges`` (true); where one message may add only so much,
``message_most``; where it was calibrated, ``likelihood``
(rows of tokens, slopes and intercepts) and ``most`` (see `likelihood`); and a card of the same name
(``.md``) that says where it comes from and what it cannot do.

Tables add up. A table trained against one kind of author and another trained against another are
fused by adding their weights, and what is remembered stays one (Σ weight, tokens). Tables that
are kept apart are fused by their likelihoods (`likelihood.fuse`).
"""

from __future__ import annotations

import functools
import hashlib
import io
import zipfile
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.resources.abc import Traversable

import numpy as np
import numpy.typing as npt

from fieldfare.language.likelihood import Likelihood
from fieldfare.vocabulary import SettingsError


@dataclass(frozen=True, eq=False)
class TokenTable:
    """A weight for every token id. Positive speaks for a concerning author, negative against.

    The weight is a logistic-regression coefficient (nats); what is remembered of an account
    or pair is (Σ weight, tokens), and ``z = Σ weight / sqrt(max(tokens, 20))``.
    """

    name: str
    language: str
    """BCP 47 tag of the language it was trained on."""
    weights: npt.NDArray[np.float16]
    """As in the file; the length is a power of two."""
    bits: int
    """Width of the hash arithmetic, 32 or 64. Stored hashes of 32 bits suit only 32."""
    edges: bool = False
    """Whether the first and the last word of a message make pairs with its edges."""
    message_most: float = float("inf")
    """The most that Σ weight of one message counts: what is pasted, or said once, must not outweigh
    all else that an account wrote."""
    likelihood: Likelihood | None = None
    """What its sums are worth as evidence; None where it was not calibrated. No row of `annotate`
    rests on it, so it is no part of `content_hash`; it has its own."""
    values: npt.NDArray[np.float32] = field(init=False, repr=False)
    """The same numbers, as the kernel reads them: compiled code has no float16 arithmetic."""

    def __post_init__(self) -> None:
        size = self.weights.size
        if self.weights.dtype != np.float16 or self.weights.ndim != 1:
            raise SettingsError(f"table {self.name}: weights must be one row of float16")
        if size == 0 or size & (size - 1):
            raise SettingsError(f"table {self.name}: {size} weights are not a power of two")
        if self.bits not in (32, 64):
            raise SettingsError(f"table {self.name}: bits must be 32 or 64, not {self.bits}")
        if not np.isfinite(self.weights).all():
            raise SettingsError(f"table {self.name}: a weight is not a finite number")
        if not self.message_most > 0:
            raise SettingsError(f"table {self.name}: message_most must be above 0")
        object.__setattr__(self, "values", self.weights.astype(np.float32))

    @property
    def wrap(self) -> np.uint64:
        """The bits of a hash that count, as a mask."""
        return np.uint64((1 << self.bits) - 1)

    @functools.cached_property
    def content_hash(self) -> str:
        """SHA-256, in hex, of the weights as little-endian float16, followed in ASCII by ``edges``
        where there are edges and by `message_most` where it is finite. Recorded in assessments."""
        edges = b"edges" if self.edges else b""
        most = repr(self.message_most).encode() if np.isfinite(self.message_most) else b""
        return hashlib.sha256(self.weights.astype("<f2").tobytes() + edges + most).hexdigest()


def read_table(file: Traversable, *, language: str) -> TokenTable:
    """The table in an ``.npz`` file, named by the file. Raises SettingsError naming it."""
    name = file.name.removesuffix(".npz")
    try:
        loaded = np.load(io.BytesIO(file.read_bytes()), allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise ValueError("a single array")
        with loaded as archive:
            weights, bits = archive["weights"], int(archive["bits"])
            edges = "edges" in archive and bool(archive["edges"])
            message_most = float(archive["message_most"]) if "message_most" in archive else np.inf
            likelihood = None
            if "likelihood" in archive:
                tokens, slope, intercept = archive["likelihood"].astype(np.float64)
                likelihood = Likelihood(tokens, slope, intercept, float(archive["most"]))
    except OSError as error:
        raise SettingsError(f"table {file.name}: cannot be read ({error.strerror})") from error
    except SettingsError as error:
        raise SettingsError(f"table {file.name}: {error}") from error
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise SettingsError(
            f"table {file.name}: not an .npz file with `weights` and `bits`"
        ) from error
    return TokenTable(
        name=name,
        language=language,
        weights=weights,
        bits=bits,
        edges=edges,
        message_most=message_most,
        likelihood=likelihood,
    )


def words_en() -> TokenTable:
    """The English words-and-pairs table that ships; its card is ``tables/words-en.md``."""
    folder = files("fieldfare.language") / "tables"
    return read_table(folder / "words-en.npz", language="en")
