"""A small world, from files to a fitted card, figures and a page."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.contacts.catalogue import catalogue
from fieldfare.lab import ablation, calibration, fitted_card, scorecard_file, training_rows
from fieldfare.lab import contact_evaluation as evaluation
from fieldfare.lab.contact_page import write_page
from fieldfare.lab.labelled_world import read_world
from fieldfare.lab.moments import Look, Observed, observe
from fieldfare.lab.robustness import SHUFFLED, VARIANTS, robustness
from fieldfare.risk.assessment import assess
from fieldfare.risk.scorecard import judgement, shipped
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.sources.reader import ReadOptions
from fieldfare.vocabulary import InputError
from tests.lab.small_world import VICTIMS, write_small_world

TABLES = ("messages", "accounts", "connections", "notices")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_world(tmp_path_factory.mktemp("worlds") / "small")


@pytest.fixture(scope="module")
def observed(folder: Path) -> Observed:
    return observe(read_world(folder), judgement(), Look(every_days=14))


def test_the_last_date_is_what_a_scan_of_everything_sees(folder: Path, observed: Observed) -> None:
    """With and without text; so merging the ledger from date to date loses nothing."""
    plain = folder.parent / "plain"
    plain.mkdir()
    table = pq.read_table(folder / "messages.parquet")
    columns = ["id", "kind", "sender", "recipients", "sent_at"]
    pq.write_table(table.select(columns), plain / "messages.parquet")
    settings = ScanSettings(read=ReadOptions(metadata_only=True), top=0)
    paths = [plain / "messages.parquet", *(folder / f"{name}.parquet" for name in TABLES[1:])]
    result = scan(paths, settings)
    seen = observed.everyone["metadata"]
    last = seen.moment == observed.dates[-1]
    weights = evaluation.weights_seen(judgement(), "metadata")
    log_odds = calibration.log_odds(seen.codes[last], weights, judgement().prior)
    names = observed.world.truth.accounts.take(pa.array(seen.account[last])).to_pylist()
    card = assess(result.assessed.signals, judgement())
    wanted = dict(zip(card.signals["account"].to_pylist(), card.log_odds.tolist(), strict=True))
    assert dict(zip(names, log_odds.tolist(), strict=True)) == pytest.approx(wanted)


def test_offenders_are_followed_from_child_to_child(observed: Observed) -> None:
    course = observed.course
    assert np.unique(course.account).size == 8
    one = course.account == course.account[0]
    children = course.children[one].tolist()
    assert children[:4] == [1, 1, 2, 2]
    assert max(children) == VICTIMS
    assert np.all(np.diff(course.moment[one]) > 0)
    # Nothing later than the moment is known then: the first child's answer is not yet there.
    shares = training_rows.stage_shares(observed)
    totals = np.bincount(course.account, shares)
    assert totals[np.unique(course.account)] == pytest.approx(1.0)


def test_figures_add_up(observed: Observed) -> None:
    figures = evaluation.evaluate([observed], judgement(), chosen_on=[observed])
    both = figures["seen_as"]["both"]
    (kind,) = both["offenders"]
    assert (kind["kind"], kind["recall"]["total"]) == ("mass_contact", 8)
    assert kind["recall"]["count"] == 8
    assert kind["children"]["median"] <= VICTIMS
    assert both["false_alarms_per_million"]["total"] == observed.world.innocent
    assert both["innocent"][0]["slice"] == "coach"
    kinds = {row["slice"]: row["total"] for row in both["innocent"]}
    assert kinds["coach"] == kinds["works_with_children"] == 12


def test_what_is_left_out_is_missed_at_the_same_cost(observed: Observed) -> None:
    figures: dict[str, Any] = {}
    card = judgement()
    ablation.add_to(figures, [observed], card, per_million=10_000.0)
    without = {row["without"] for row in figures["ablation"]["metadata"]}
    assert "acquainted_share" in without
    assert "token_z" not in without
    whole, *families = figures["ablation_of_families"]["both"]
    assert (whole["without"], whole["recall"]) == (None, 1.0)
    assert {row["without"] for row in families} == set(ablation.families())
    assert max(row["recall_alone"] for row in families) <= whole["recall"]
    for row in (whole, *families):
        assert row["false_alarms_per_million"]["count"] <= observed.world.innocent / 100


def test_every_scored_signal_is_in_one_family() -> None:
    named = [name for names in ablation.families().values() for name in names]
    assert len(named) == len(set(named))
    assert set(shipped().signals) <= set(named) <= set(catalogue())


def test_an_innocent_account_flagged_once_is_one_false_alarm(observed: Observed) -> None:
    card = judgement()
    everyone = evaluation.outcome(observed, card, "both", -np.inf)
    seen = np.unique(observed.everyone["both"].account)
    innocent = ~observed.world.truth.offender
    assert everyone.alarmed.sum() == innocent[seen].sum()
    nobody = evaluation.outcome(observed, card, "both", np.inf)
    assert not nobody.alarmed.any()
    assert not np.isfinite(nobody.children).any()


def test_a_card_is_fitted_written_and_read_back(observed: Observed, tmp_path: Path) -> None:
    fitted = calibration.calibrate([observed], judgement(), prior=0.001, draws=3, seed=5)
    again = calibration.calibrate([observed], judgement(), prior=0.001, draws=3, seed=5)
    assert fitted.card == again.card
    line = fitted_card.basis([observed], judgement(), prior=0.001, seed=5)
    assert "simulated" in line
    assert "not validated in the field" in line
    card = replace(fitted.card, version="small", basis=line)
    read = scorecard_file.write(tmp_path / "card.toml", card, fitted.text, fitted.without_text)
    assert read.signals == card.signals
    assert read.prior == 0.001
    assert read.bands == card.bands
    for name, bins in read.signals.items():
        assert bins.edges == judgement().signals[name].edges
        assert (bins.without_text is None) == (catalogue()[name].evidence == "text")
    for with_text, (low, high) in ((True, fitted.text), (False, fitted.without_text)):
        for number, weights in enumerate(fitted_card.weights_of(read, with_text=with_text)):
            if with_text or list(read.signals.values())[number].without_text is not None:
                assert np.all(low[number] <= weights + 0.5)
                assert np.all(high[number] >= weights - 0.5)
    report = fitted.report["metadata"]
    assert report["false_alarms_per_million_at_most"] > 1e6 * 3 / 340 * 0.9
    assert report["calibration_error"] < 0.02


def test_order_changes_nothing_and_unknown_ages_hide(folder: Path) -> None:
    world = read_world(folder)
    unknown = next(v for v in VARIANTS if v.name == "90 % of ages unknown")
    rows = robustness(
        world,
        judgement(),
        {"metadata": 0.0, "both": 0.0},
        look=Look(),
        variants=[SHUFFLED, unknown],
    )
    plain, bare, shuffled, blind = rows
    assert bare["variant"] == "messages and ages only"
    assert {**shuffled, "variant": ""} == {**plain, "variant": ""}
    assert blind["metadata"]["recall"] < plain["metadata"]["recall"]


def test_the_page_holds_the_figures_and_asks_for_nothing(
    observed: Observed, tmp_path: Path
) -> None:
    figures: dict[str, Any] = evaluation.evaluate([observed], judgement(), chosen_on=[observed])
    figures["looked_at_every_days"] = 14
    json.dumps(figures)
    write_page(tmp_path / "page.html", figures)
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 2 * len(evaluation.SEEN_AS) + 2
    assert "mass_contact" in page
    assert "not the field" in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert "<script" not in page


def test_a_folder_that_is_no_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no truth\.parquet"):
        read_world(tmp_path)
    pq.write_table(pa.table({"account": ["a"]}), tmp_path / "truth.parquet")
    with pytest.raises(InputError, match="lacks the columns"):
        read_world(tmp_path)
