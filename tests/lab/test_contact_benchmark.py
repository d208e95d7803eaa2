"""The benchmark runs from seeds to a page; the shipped card is the one it fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fieldfare.lab.contact_benchmark import Measured, plan, run
from fieldfare.lab.contact_report import markdown
from fieldfare.lab.scorecard_fit import SLACK
from fieldfare.risk import scorecard


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
    assert f"(seed {plan().small.train.seed})" in card.basis


def test_the_simulated_card_says_from_what_it_was_fitted() -> None:
    card, form, recorded = scorecard.simulated(), scorecard.judgement(), plan()
    assert card.version == recorded.card
    assert card.prior == recorded.prior
    assert f"(seed {recorded.train.seed})" in card.basis
    assert "not validated in the field" in card.basis
    for name, bins in card.signals.items():
        assert bins.edges == form.signals[name].edges, name
        assert max(bins.weights) <= max(form.signals[name].weights) + SLACK, name
