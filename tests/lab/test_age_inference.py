"""Ages inferred from peers, against true ages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fieldfare.lab.age_inference import auc, measure
from fieldfare.lab.labelled_world import read_world
from fieldfare.lab.simulation.parameters import load
from fieldfare.lab.simulation.world import simulate
from fieldfare.vocabulary import InputError
from tests.lab.small_world import write_small_world


def test_children_are_told_from_adults_better_than_by_the_prior(tmp_path: Path) -> None:
    simulate(tmp_path, load(), 4_000, 120, seed=5)
    found = measure(read_world(tmp_path))
    for name in ("unknown", "declared_18_to_25"):
        figures = found[name]
        assert figures["pairs"] >= figures["inferred"] > 20
        assert figures["precision"] > max(0.6, figures["children"] + 0.1)
        assert 0.05 < figures["recall"] < 0.6
        assert figures["auc"] > 0.55
        assert sum(each["pairs"] for each in figures["calibration"]) == figures["inferred"]
        wrong = sum(figures["wrong_by_kind"].values())
        assert wrong == round((1 - figures["precision"]) * figures["inferred"])


def test_a_world_without_ages_is_refused(tmp_path: Path) -> None:
    path = write_small_world(tmp_path) / "truth.parquet"
    pq.write_table(pq.read_table(path).drop_columns(["age"]), path)
    with pytest.raises(InputError, match="holds no ages"):
        measure(read_world(tmp_path))


def test_auc_counts_ties_half() -> None:
    score, positive = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert auc(score, positive) == 0.875
    assert auc(score, np.ones(4, bool)) is None
