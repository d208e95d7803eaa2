"""The benchmark of contact with children, from seeds to a page.

It makes the worlds that ``contact_benchmark.toml`` names, fits the scorecard on the first, chooses
thresholds there, and measures on the other, which no fit has seen.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import msgspec

from fieldfare.lab import calibration, scorecard_file
from fieldfare.lab import contact_evaluation as evaluation
from fieldfare.lab.contact_page import write_page
from fieldfare.lab.labelled_world import read_world
from fieldfare.lab.moments import Look, Observed, Say, observe
from fieldfare.lab.simulation import parameters
from fieldfare.lab.simulation.world import simulate
from fieldfare.risk.scorecard import Scorecard, judgement


class WorldPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A world to make."""

    accounts: int
    seed: int
    offenders: float
    """Of each kind, per 10,000 accounts."""
    every_days: int


class SmallPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Worlds that are quick to make, and measure nothing."""

    train: WorldPlan
    test: WorldPlan


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole benchmark."""

    prior: float
    per_million: float
    seed: int
    draws: int
    card: str
    train: WorldPlan
    test: WorldPlan
    small: SmallPlan


def plan() -> Plan:
    """What ``contact_benchmark.toml`` says."""
    text = (files("fieldfare.lab") / "contact_benchmark.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Plan)


@dataclass(frozen=True, eq=False)
class Measured:
    """What the benchmark found."""

    card: Scorecard
    fit: dict[str, Any]
    figures: dict[str, Any]


def run(
    folder: Path, *, small: bool = False, memory: str | None = None, say: Say = lambda _: None
) -> Measured:
    """Make the worlds in `folder`, fit, measure; leaves ``card.toml``, ``figures.json`` and
    ``page.html`` there."""
    chosen = plan()
    worlds = chosen.small if small else chosen
    form = judgement().with_prior(chosen.prior)
    train = _look(folder / "train", worlds.train, form, memory, say)
    card, fitted = fit([train], form, chosen, say)
    card = scorecard_file.write(folder / "card.toml", card, fitted.low, fitted.high)
    test = _look(folder / "test", worlds.test, form, memory, say)
    figures = measure([test], card, [train], chosen.per_million, worlds.test.every_days)
    text = json.dumps({"fit": fitted.report, **figures}, indent=2, ensure_ascii=False)
    (folder / "figures.json").write_text(text + "\n", "utf-8")
    write_page(folder / "page.html", figures)
    return Measured(card, fitted.report, figures)


def fit(
    train: Sequence[Observed], form: Scorecard, chosen: Plan, say: Say = lambda _: None
) -> tuple[Scorecard, calibration.Fitted]:
    """The card that ships, from its training world."""
    fitted = calibration.calibrate(
        train,
        form,
        prior=chosen.prior,
        seed=chosen.seed,
        draws=chosen.draws,
        per_million=chosen.per_million,
        say=say,
    )
    line = calibration.basis(train, form, prior=chosen.prior, seed=chosen.seed)
    return replace(fitted.card, version=chosen.card, basis=line), fitted


def measure(
    test: Sequence[Observed],
    card: Scorecard,
    chosen_on: Sequence[Observed],
    per_million: float,
    every_days: int,
) -> dict[str, Any]:
    """The figures of a card, at thresholds chosen on one world and reported on another."""
    figures = evaluation.evaluate(test, card, chosen_on=chosen_on, per_million=per_million)
    figures["looked_at_every_days"] = every_days
    return figures


def _look(
    folder: Path, world: WorldPlan, form: Scorecard, memory: str | None, say: Say
) -> Observed:
    say(f"making {world.accounts:,} accounts")
    shipped = parameters.load(None)
    rates = parameters.rates([f"all={world.offenders}"], shipped)
    simulate(
        folder,
        parameters.with_offenders(shipped, rates),
        world.accounts,
        seed=world.seed,
        text="evidence",
    )
    look = Look(memory=memory, every_days=world.every_days)
    return observe(read_world(folder), form, look, say)
