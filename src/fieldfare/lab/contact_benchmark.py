"""The benchmark of contact with children, from seeds to a page.

It makes the worlds that ``contact_benchmark.toml`` names, fits the scorecard on one, chooses
thresholds on another, and measures on the rest, which have chosen nothing. Every step leaves its
result in a file; where the benchmark was stopped it goes on.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from fieldfare.lab import ablation, calibration, fitted_card, observed_file, scorecard_file
from fieldfare.lab import contact_evaluation as evaluation
from fieldfare.lab.contact_page import write_page
from fieldfare.lab.finer_bins import coarser, finer
from fieldfare.lab.labelled_world import read_world
from fieldfare.lab.moments import Look, Observed, Say, observe
from fieldfare.lab.robustness import robustness
from fieldfare.lab.simulation import parameters
from fieldfare.lab.simulation.graph import simulate_on_graph
from fieldfare.lab.simulation.world import simulate
from fieldfare.lab.spent import Spent
from fieldfare.lab.views import BARE, VIEWS
from fieldfare.risk import scorecard
from fieldfare.risk.scorecard import Scorecard, judgement
from fieldfare.vocabulary import FieldfareError

FITTING: Final = (
    "lab/calibration.py",
    "lab/training_rows.py",
    "lab/scorecard_fit.py",
    "lab/recalibration.py",
    "lab/fitted_card.py",
    "risk/judgement.toml",
)
"""Where it is decided what is fitted, besides what is seen."""


class WorldPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A world to make."""

    use: Literal["fit", "choose", "aim", "test", "robustness"]
    accounts: int
    seed: int
    offenders: float
    """Of each kind, per 10,000 accounts."""
    every_days: int
    parameters: str | None = None
    """A variant of the parameters."""
    bare: bool = False
    """Looked at also as by a service that has messages and ages only."""


class GraphPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is made of a real graph."""

    seed: int
    offenders: float
    every_days: int


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole benchmark."""

    prior: float
    per_million: float
    per_million_with_text: float
    seed: int
    draws: int
    card: str
    note: str
    """What the page says of how the worlds were used."""
    ablation_note: str
    """What follows from leaving signals out."""
    worlds: dict[str, WorldPlan]
    graphs: GraphPlan
    small: dict[str, WorldPlan]


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
    folder: Path,
    *,
    small: bool = False,
    fit_only: bool = False,
    graphs: Sequence[Path] = (),
    memory: str | None = None,
    say: Say = lambda _: None,
) -> Measured:
    """Make the worlds in `folder`, fit, measure; leaves ``card.toml``, ``figures.json`` and
    ``page.html`` there. With `fit_only` there are no figures but those of the fit."""
    chosen = plan()
    worlds = chosen.small if small else chosen.worlds
    work = _Work(folder, judgement().with_prior(chosen.prior), memory, Spent(folder, say))
    seen = {
        name: work.look(name, world)
        for name, world in worlds.items()
        if world.use in ("fit", "choose")
    }
    card, report = fit(seen, worlds, work, chosen)
    if fit_only:
        return Measured(card, report, {})
    aimed = [name for name, world in worlds.items() if world.use == "aim"]
    test = {
        name: work.look(name, world)
        for name, world in worlds.items()
        if world.use in ("aim", "test")
    }
    for path in graphs:
        test[path.stem] = work.look_at_graph(path, chosen.graphs)
    choose = _of_use(seen, worlds, "choose") or _of_use(seen, worlds, "fit")
    with work.spent("measuring"):
        figures = measure(test, aimed, card, choose, chosen)
    shaken = next((name for name, world in worlds.items() if world.use == "robustness"), None)
    if shaken is not None:
        figures["robustness"] = work.shake(shaken, worlds[shaken], card, figures)
    figures |= {"fit": report, "spent": work.spent.rows, "note": chosen.note}
    figures["ablation_note"] = chosen.ablation_note
    figures["per_million_with_text"] = chosen.per_million_with_text
    figures["looked_at_every_days"] = worlds[aimed[0]].every_days
    text = json.dumps(figures, indent=2, ensure_ascii=False)
    (folder / "figures.json").write_text(text + "\n", "utf-8")
    write_page(folder / "page.html", figures)
    return Measured(card, report, figures)


def _of_use(
    seen: Mapping[str, Observed], worlds: Mapping[str, WorldPlan], use: str
) -> list[Observed]:
    return [observed for name, observed in seen.items() if worlds[name].use == use]


def fit(
    seen: Mapping[str, Observed], worlds: Mapping[str, WorldPlan], work: _Work, chosen: Plan
) -> tuple[Scorecard, dict[str, Any]]:
    """The card that ships; written to ``card.toml``, with what it rests on in ``fit.json``. Where
    an earlier run fitted it from the same, it is read."""
    allowed = chosen.per_million, chosen.per_million_with_text
    recipe = repr((chosen.prior, *allowed, chosen.seed, chosen.draws, chosen.card))
    recipe += "".join(repr(worlds[name]) for name in seen)
    digest = observed_file.digest(work.form, recipe, FITTING)
    card_file, report_file = work.folder / "card.toml", work.folder / "fit.json"
    if card_file.is_file() and report_file.is_file():
        kept = json.loads(report_file.read_text("utf-8"))
        if kept["digest"] == digest:
            card = scorecard.load(card_file)
            if card.sha256 == kept["card"]:
                return card, kept["report"]
    train, apart = _of_use(seen, worlds, "fit"), _of_use(seen, worlds, "choose")
    with work.spent("fitting"):
        fitted = calibration.calibrate(
            train,
            work.form,
            apart=apart,
            prior=chosen.prior,
            seed=chosen.seed,
            draws=chosen.draws,
            per_million=chosen.per_million,
            per_million_with_text=chosen.per_million_with_text,
            say=work.spent.say,
        )
    line = fitted_card.basis(train, work.form, apart=apart, prior=chosen.prior, seed=chosen.seed)
    card = replace(fitted.card, version=chosen.card, basis=line)
    card = scorecard_file.write(card_file, card, fitted.text, fitted.without_text)
    kept = {"digest": digest, "card": card.sha256, "report": fitted.report}
    report_file.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return card, fitted.report


def measure(
    test: Mapping[str, Observed],
    aimed: Sequence[str],
    card: Scorecard,
    choose: Sequence[Observed],
    chosen: Plan,
) -> dict[str, Any]:
    """The figures of a card, by its own thresholds, on worlds that have chosen nothing: in depth on
    those `aimed` at together, in brief on each, and the innocent of all together; what signals are
    worth, on the first. The card has no threshold for text alone; that is chosen on `choose`."""
    limits = {view: evaluation.card_threshold(card, view) for view in VIEWS}
    limits["text"] = evaluation.threshold(choose, card, "text", chosen.per_million)
    figures = evaluation.evaluate(
        [test[name] for name in aimed],
        card,
        chosen_on=choose,
        per_million=chosen.per_million,
        limits={seen_as: limits[seen_as] for seen_as in evaluation.SEEN_AS},
    )
    ablation.add_to(
        figures, [test[aimed[0]]], card, chosen_on=choose, per_million=chosen.per_million
    )
    figures["ablated_on"] = aimed[0]
    return figures | {"all_worlds": evaluation.together(list(test.values()), card, limits)}


@dataclass(frozen=True)
class _Work:
    """Where worlds are made, and how they are looked at."""

    folder: Path
    form: Scorecard
    memory: str | None
    spent: Spent

    def look(self, name: str, world: WorldPlan) -> Observed:
        """A simulated world as detection sees it; as it was seen before where nothing changed."""

        def make(folder: Path) -> None:
            shipped = parameters.load(Path(world.parameters) if world.parameters else None)
            rates = parameters.rates([f"all={world.offenders}"], shipped)
            simulate(
                folder,
                parameters.with_offenders(shipped, rates),
                world.accounts,
                seed=world.seed,
                text="evidence",
            )

        seen_as = VIEWS + BARE if world.bare else VIEWS
        return self._seen(name, repr(world), world.every_days, make, seen_as)

    def look_at_graph(self, path: Path, world: GraphPlan) -> Observed:
        """A real graph with simulated ages and offenders, as detection sees it."""

        def make(folder: Path) -> None:
            shipped = parameters.load(None)
            rates = parameters.rates([f"all={world.offenders}"], shipped)
            chosen = parameters.with_offenders(shipped, rates)
            simulate_on_graph(folder, chosen, path, seed=world.seed, text="evidence")

        return self._seen(path.stem, f"{world!r} {path.name}", world.every_days, make)

    def _seen(
        self,
        name: str,
        recipe: str,
        every_days: int,
        make: Callable[[Path], None],
        seen_as: tuple[str, ...] = VIEWS,
    ) -> Observed:
        kept, world = self.folder / f"{name}.npz", self.folder / name
        form = finer(self.form)
        observed = observed_file.load(kept, world, form, recipe)
        if observed is None:
            with self.spent(f"world {name}"):
                make(world)
                look = Look(memory=self.memory, every_days=every_days, views=seen_as)
                observed = observe(read_world(world), form, look, self.spent.say)
                observed_file.save(kept, observed, recipe)
        return coarser(observed, self.form)

    def shake(
        self, name: str, world: WorldPlan, card: Scorecard, figures: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Robustness, on a world of its own."""
        self.look(name, world)
        kept = self.folder / f"{name}-{card.sha256[:12]}.json"
        if not kept.is_file():
            with self.spent("robustness"):
                rows = robustness(
                    read_world(self.folder / name),
                    card,
                    figures["thresholds_log_odds"],
                    look=Look(memory=self.memory, every_days=world.every_days),
                    say=self.spent.say,
                )
                kept.write_text(json.dumps(rows), "utf-8")
        found: list[dict[str, Any]] = json.loads(kept.read_text("utf-8"))
        return found


def check_shipped(measured: Measured, shipped: Scorecard) -> None:
    """Raises FieldfareError unless the card that ships is, byte for byte, the one just fitted."""
    if measured.card.sha256 != shipped.sha256:
        raise FieldfareError(
            "the card fitted here is not the one that ships (risk/simulated.toml); ship "
            "card.toml, or find out what changed"
        )
