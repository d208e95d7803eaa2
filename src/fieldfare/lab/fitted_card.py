"""Fitted weights as a card: its bands, and the line that says what it rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from fieldfare.contacts.catalogue import catalogue
from fieldfare.lab.moments import Observed
from fieldfare.risk.scorecard import Band, Scorecard

Floats = npt.NDArray[np.float64]

LEAST_ALERT: Final = 0.06
"""Flags begin above the band `watch`, whatever the threshold."""


def basis(
    worlds: Sequence[Observed],
    form: Scorecard,
    *,
    prior: float,
    seed: int,
    apart: Sequence[Observed] = (),
) -> str:
    """The line of a card that says what it rests on."""
    made = "; ".join(_made(each) for each in worlds)
    if apart:
        made += "; threshold and calibration also on " + "; ".join(_made(each) for each in apart)
    return (
        f"Fitted to simulated behaviour, and not validated in the field: {made}; base rate "
        f"{prior:g}, seed {seed}, shrunk to {form.version}. Its probabilities are calibrated in "
        "that simulation, not in life: order accounts by it, and do not read its probabilities as "
        "measured rates."
    )


def _made(each: Observed) -> str:
    seed = f" (seed {each.world.made['seed']})" if "seed" in each.world.made else ""
    offenders = int(each.world.truth.offender.sum())
    return f"{each.world.innocent:,} innocent accounts and {offenders:,} offenders{seed}"


def with_weights(
    form: Scorecard, weights: Sequence[Floats], without_text: Sequence[Floats] | None = None
) -> Scorecard:
    """The card with other weights, of two decimals. What is seen in text alone has none without."""
    other: Sequence[Floats | None] = without_text or [None] * len(weights)
    signals = {}
    for (name, bins), text, none in zip(form.signals.items(), weights, other, strict=True):
        apart = none if catalogue()[name].evidence != "text" else None
        signals[name] = msgspec.structs.replace(
            bins,
            weights=_rounded(text),
            without_text=None if apart is None else _rounded(apart),
        )
    return replace(form, signals=signals)


def _rounded(weights: Floats) -> tuple[float, ...]:
    return tuple(round(float(w), 2) + 0.0 for w in weights)


def weights_of(card: Scorecard, *, with_text: bool) -> list[Floats]:
    """The card's weights, an array a signal, for accounts of which text was read or none was."""
    return [np.array(bins.weights_for(with_text=with_text)) for bins in card.signals.values()]


def bands(card: Scorecard, with_text: float, without: float) -> tuple[Band, ...]:
    """The card's bands, with flags from the chosen thresholds on (log odds, by whether text was
    read), rounded up to a thousandth."""
    starts = [_starts(card, alert) for alert in (with_text, without)]
    return tuple(
        Band(band.name, start, None if start == other else other)
        for band, start, other in zip(card.bands, *starts, strict=True)
    )


def _starts(card: Scorecard, alert: float) -> list[float]:
    threshold = math.ceil(1000 / (1 + math.exp(-alert)) + 1e-9) / 1000
    starts: list[float] = []
    for rank, band in enumerate(card.bands):
        if rank == card.flag_rank:
            starts.append(min(max(threshold, LEAST_ALERT), 0.999))
        elif starts and starts[-1] >= band.start:
            # A graver band keeps its place above.
            starts.append(round((1 + starts[-1]) / 2, 4))
        else:
            starts.append(band.start)
    return starts
