"""The benchmark runs from seeds to a page; the shipped card is the one it fits."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from fieldfare.lab import observed_file
from fieldfare.lab.contact_benchmark import Measured, check_shipped, plan, run
from fieldfare.lab.contact_report import markdown
from fieldfare.lab.finer_bins import coarser, finer
from fieldfare.lab.labelled_world import read_world
from fieldfare.lab.moments import Look, observe
from fieldfare.lab.scorecard_fit import SLACK
from fieldfare.lab.views import VIEWS
from fieldfare.risk import scorecard
from fieldfare.vocabulary import FieldfareError, SettingsError


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Measured]:
    folder = tmp_path_factory.mktemp("benchmark")
    return folder, run(folder, small=True)


def test_a_small_benchmark_leaves_a_card_figures_and_pages(small: tuple[Path, Measured]) -> None:
    folder, measured = small
    card = scorecard.load(folder / "card.toml")
    assert card.sha256 == measured.card.sha256
    assert card.version == plan().card
    figures = json.loads((folder / "figures.json").read_text())
    kinds = {row["kind"] for row in figures["seen_as"]["both"]["offenders"]}
    assert {"mass_contact", "slow_and_few", "from_inside_school"} <= kinds
    page = markdown(measured)
    assert "not the field" in page
    assert all(f"| `{kind}` |" in page for kind in kinds)
    assert "| `coach` |" in page
    assert "<svg" in (folder / "page.html").read_text()


def test_a_card_keeps_to_the_form_it_was_fitted_in(small: tuple[Path, Measured]) -> None:
    card, form = small[1].card, scorecard.judgement()
    assert list(card.signals) == list(form.signals)
    for name, bins in card.signals.items():
        assert bins.edges == form.signals[name].edges, name
        assert bins.sentence == form.signals[name].sentence, name
        assert max(bins.weights) <= max(form.signals[name].weights) + SLACK, name
    assert "simulated" in card.basis
    assert "not validated in the field" in card.basis
    assert f"(seed {plan().small['fit'].seed})" in card.basis


def test_the_same_seeds_give_the_same_card_byte_for_byte(
    small: tuple[Path, Measured], tmp_path: Path
) -> None:
    """World, moments, fit, threshold and calibration, all anew."""
    run(tmp_path, small=True, fit_only=True)
    assert (tmp_path / "card.toml").read_bytes() == (small[0] / "card.toml").read_bytes()


def test_a_benchmark_that_was_stopped_goes_on_to_the_same_card(
    small: tuple[Path, Measured], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, measured = small
    before = (folder / "card.toml").read_bytes()
    (folder / "card.toml").unlink()
    monkeypatch.setattr("fieldfare.lab.contact_benchmark.simulate", None)
    again = run(folder, small=True, fit_only=True)
    assert (folder / "card.toml").read_bytes() == before
    assert again.fit == measured.fit


def test_what_was_seen_is_not_used_where_its_recipe_has_changed(
    small: tuple[Path, Measured],
) -> None:
    folder, form = small[0], finer(scorecard.judgement().with_prior(plan().prior))
    recipe = repr(plan().small["fit"])
    path, world = folder / "fit.npz", folder / "fit"
    assert observed_file.load(path, world, form, recipe) is not None
    assert observed_file.load(path, world, form, recipe + " ") is None


def test_bins_of_a_card_are_read_from_finer_ones(small: tuple[Path, Measured]) -> None:
    folder, form = small[0], scorecard.judgement().with_prior(plan().prior)
    fine = observed_file.load(
        folder / "fit.npz", folder / "fit", finer(form), repr(plan().small["fit"])
    )
    assert fine is not None
    look = Look(every_days=plan().small["fit"].every_days, views=VIEWS)
    again = observe(read_world(folder / "fit"), form, look)
    read = coarser(fine, form)
    for view, seen in again.everyone.items():
        assert np.array_equal(read.everyone[view].codes, seen.codes)
        assert np.array_equal(read.followed[view].codes, again.followed[view].codes)
    other = msgspec.structs.replace(form.signals["token_z"], edges=(0.123,), weights=(0.0, 0.0))
    form = replace(form, signals=form.signals | {"token_z": other})
    with pytest.raises(SettingsError, match="token_z: worlds are not looked at in bins"):
        finer(form)


def test_the_check_tells_the_shipped_card_from_another(small: tuple[Path, Measured]) -> None:
    check_shipped(small[1], small[1].card)
    with pytest.raises(FieldfareError, match="not the one that ships"):
        check_shipped(small[1], scorecard.judgement())


def test_the_shipped_card_says_from_what_it_was_fitted() -> None:
    card, form, recorded = scorecard.shipped(), scorecard.judgement(), plan()
    assert card.version == recorded.card
    assert card.prior == recorded.prior
    for world in recorded.worlds.values():
        if world.use in ("fit", "choose"):
            assert f"(seed {world.seed})" in card.basis
    assert "not validated in the field" in card.basis
    assert list(card.signals) == list(form.signals)
    for name, bins in card.signals.items():
        assert bins.edges == form.signals[name].edges, name
        assert max(bins.weights) <= max(form.signals[name].weights) + SLACK, name
    assert card.alarms is not None
    assert card.alarms.per_million == recorded.per_million
    assert card.alarms.at_most > recorded.per_million
    assert card.calibration is not None
    assert card.calibration.prior == card.prior
