"""The scorecard: a TOML file that a person can read and sign off, checked when it is loaded."""

from __future__ import annotations

import hashlib
import math
import tomllib
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, get_args

import msgspec

from fieldfare.vocabulary import SettingsError

Format = Literal[
    "children",
    "percent",
    "years",
    "days",
    "hours",
    "effective",
    "ratio",
    "number",
    "score",
    "times",
    "one_in",
    "role",
    "none",
]
"""How a signal's value is put into its sentence."""

MAX_WEIGHT: Final = 6.0
"""No single signal may decide alone: e^6 is a likelihood ratio of 400."""


class Instead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence for values below one, of which the signal's own would not be true."""

    below: float
    sentence: str


class Bins(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"without_text": "weights_without_text"},
):
    """What the values of one signal are worth, and how they are said."""

    edges: tuple[float, ...]
    weights: tuple[float, ...]
    sentence: str
    format: Format = "number"
    instead: tuple[Instead, ...] = ()
    """By rising `below`; the first that lies above the value is said."""
    without_text: tuple[float, ...] | None = None
    """What they are worth for accounts of which no text was read, if anything else: where words say
    the most, the same conduct says less besides."""

    def weights_for(self, *, with_text: bool) -> tuple[float, ...]:
        """The weight of each bin."""
        return self.weights if with_text or self.without_text is None else self.without_text

    def sentence_for(self, value: float) -> str:
        """The sentence that is true of a value, with its places still to be filled."""
        said = (other.sentence for other in self.instead if value < other.below)
        return next(said, self.sentence)


class Band(
    msgspec.Struct,
    frozen=True,
    forbid_unknown_fields=True,
    rename={"start": "from", "without_text": "from_without_text"},
):
    """A name for a range of probabilities; it begins at `start` (in the file: ``from``)."""

    name: str
    start: float
    without_text: float | None = None
    """Where it begins for accounts of which no text was read, if elsewhere: the same rate of
    false alarms lies at another probability there."""

    def start_for(self, *, with_text: bool) -> float:
        """Where the band begins."""
        return self.start if with_text or self.without_text is None else self.without_text


class Points(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What sums of prior and weights turned out to mean, on people held out of the fit.

    Straight lines between points, both in log odds and rising; beyond the first and the last point
    the distance stays as it is there.
    """

    sums: tuple[float, ...]
    found: tuple[float, ...]


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Points for accounts of which text was read, and for those of which none was: the same sum
    means less where words could have spoken against the account."""

    prior: float
    """The base rate at which the points hold."""
    text: Points
    metadata: Points


class Alarms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many innocent accounts the card's threshold flags, where the card was fitted."""

    per_million: float
    """Aimed at: innocent accounts ever flagged, of a million, on any date they are looked at."""
    at_most: float
    """The upper 95 % bound on that rate, a million (Clopper and Pearson 1934)."""
    innocent: int
    """Innocent accounts behind the bound."""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: str
    basis: str
    prior: float
    flag_from: str
    bands: tuple[Band, ...]
    signals: dict[str, Bins]
    calibration: Calibration | None = None
    alarms: Alarms | None = None


@dataclass(frozen=True)
class Scorecard:
    """A checked scorecard. `sha256` is of the file's bytes; assessments record it."""

    version: str
    basis: str
    prior: float
    flag_from: str
    bands: tuple[Band, ...]
    signals: dict[str, Bins]
    sha256: str
    calibration: Calibration | None = None
    alarms: Alarms | None = None

    @cached_property
    def prior_log_odds(self) -> float:
        return math.log(self.prior / (1 - self.prior))

    @property
    def flag_rank(self) -> int:
        """Position in `bands` of the first that is flagged."""
        return [band.name for band in self.bands].index(self.flag_from)

    @property
    def gravest(self) -> str:
        """The name of the last of `bands`."""
        return self.bands[-1].name

    def flag_probability(self, *, with_text: bool) -> float:
        """Probability from which an account is flagged."""
        return self.bands[self.flag_rank].start_for(with_text=with_text)

    def starts(self, *, with_text: bool) -> list[float]:
        """Probability at which each of `bands` begins."""
        return [band.start_for(with_text=with_text) for band in self.bands]

    def with_prior(self, prior: float) -> Scorecard:
        """The same card at another base rate, 0 < prior < 1."""
        if not 0 < prior < 1:
            raise SettingsError(f"--prior {prior}: must lie between 0 and 1, such as 0.0001")
        return replace(self, prior=prior)


SHIPPED: Final = ("simulated", "judgement")
"""The cards that come with this version, by name; the first is the default."""


def shipped() -> Scorecard:
    """The default: the card fitted to simulated behaviour from recorded seeds."""
    return named(SHIPPED[0])


def judgement() -> Scorecard:
    """The card set by judgement: the bins that fits begin from, and what they are shrunk to."""
    return named("judgement")


@cache
def named(name: str) -> Scorecard:
    """One of `SHIPPED`."""
    return parse(text_of(name).encode(), f"{name}.toml")


def text_of(name: str) -> str:
    """The file of one of `SHIPPED`."""
    return (files("fieldfare.risk") / f"{name}.toml").read_text("utf-8")


def load(path: Path) -> Scorecard:
    """A scorecard from a file, or one of `SHIPPED` by its name. Raises SettingsError that says what
    is wrong and where."""
    if str(path) in SHIPPED:
        return named(str(path))
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def parse(data: bytes, where: str) -> Scorecard:
    """A scorecard from the bytes of its file."""
    try:
        raw = msgspec.convert(tomllib.loads(data.decode("utf-8")), _File)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise SettingsError(f"{where}: not a valid scorecard: {error}") from error
    for problem in _problems(raw):
        raise SettingsError(f"{where}: {problem}")
    return Scorecard(
        raw.version,
        raw.basis,
        raw.prior,
        raw.flag_from,
        raw.bands,
        raw.signals,
        hashlib.sha256(data).hexdigest(),
        raw.calibration,
        raw.alarms,
    )


def _problems(card: _File) -> list[str]:
    found = []
    if not 0 < card.prior < 1:
        found.append(f"prior is {card.prior}; it must lie between 0 and 1")
    for with_text in (True, False):
        starts = [band.start_for(with_text=with_text) for band in card.bands]
        if not starts or starts[0] != 0 or starts != sorted(set(starts)) or starts[-1] > 1:
            found.append("bands must begin at 0.0 and rise, at most to 1.0")
    if card.flag_from not in [band.name for band in card.bands]:
        found.append(f"flag_from is '{card.flag_from}', which is not a band")
    if card.calibration is not None:
        if not 0 < card.calibration.prior < 1:
            found.append(
                f"calibration: prior is {card.calibration.prior}; it must lie between 0 and 1"
            )
        for kind in ("text", "metadata"):
            points = getattr(card.calibration, kind)
            found += [f"calibration.{kind}: {each}" for each in _point_problems(points)]
    for name, bins in card.signals.items():
        found += [f"signals.{name}: {problem}" for problem in _bin_problems(bins)]
    return found


def _point_problems(points: Points) -> list[str]:
    found = []
    if not points.sums or len(points.sums) != len(points.found):
        found.append("sums and found must be as many as each other, and at least one")
    for name, values in (("sums", points.sums), ("found", points.found)):
        if list(values) != sorted(set(values)) or not all(map(math.isfinite, values)):
            found.append(f"{name} must rise")
    return found


def _weight_problems(name: str, weights: tuple[float, ...], edges: int) -> list[str]:
    found = []
    if len(weights) != edges + 1:
        found.append(f"{edges} edges need {edges + 1} {name}")
    rising = sorted(weights)
    if list(weights) not in (rising, rising[::-1]):
        found.append(f"{name} must only rise or only fall")
    if any(not abs(weight) <= MAX_WEIGHT for weight in weights):
        found.append(f"one of {name} lies outside -{MAX_WEIGHT} to {MAX_WEIGHT}")
    return found


def _bin_problems(bins: Bins) -> list[str]:
    found = []
    if list(bins.edges) != sorted(set(bins.edges)):
        found.append("edges must rise")
    for name, weights in (("weights", bins.weights), ("weights_without_text", bins.without_text)):
        found += [] if weights is None else _weight_problems(name, weights, len(bins.edges))
    below = [other.below for other in bins.instead]
    if below != sorted(set(below)):
        found.append("instead: below must rise from one sentence to the next")
    if bins.format not in get_args(Format):
        found.append(f"format '{bins.format}' is not known")
    return found
