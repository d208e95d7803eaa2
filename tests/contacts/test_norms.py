"""Norms: what accounts of like activity reach, as a file that the operator makes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from fieldfare.contacts.norms import load, of_population, parse, shipped, toml
from fieldfare.vocabulary import SettingsError


def _population(rows: list[tuple[int, int, int]]) -> pa.Table:
    names = ("activity", "children_peak_7d", "accounts")
    return pa.Table.from_pylist([dict(zip(names, row, strict=True)) for row in rows])


def test_shares_are_of_accounts_that_reached_as_many() -> None:
    norms = of_population(_population([(4, 0, 180), (4, 2, 15), (4, 5, 4), (8, 1, 5)]), "test")
    rows = [tuple(row.values()) for row in norms.table().to_pylist()]
    assert rows == [
        (4, 0, 1.0),
        (4, 2, pytest.approx(20 / 200)),
        (4, 5, pytest.approx(5 / 200)),
        (4, 6, pytest.approx(1 / 200)),
    ], "and a class of five says nothing"


def test_the_file_holds_what_was_measured(tmp_path: Path) -> None:
    norms = of_population(_population([(1, 0, 300), (2, 0, 100), (2, 3, 7)]), 'a "test" \\ of it')
    path = tmp_path / "norms.toml"
    path.write_text(toml(norms))
    assert load(path).classes == norms.classes


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("basis = 1", "not valid norms"),
        ('basis = ""\nclasses = [{activity = 1, accounts = 5, reached = {2 = 6}}]', "activity 1"),
        ('basis = ""\nclasses = [{activity = 1, accounts = 5, reached = {x = 2}}]', "x"),
        ('basis = ""\nclasses = [{activity = 1, accounts = 5, reached = {1 = 2, 2 = 3}}]', "more"),
    ],
)
def test_a_file_that_is_wrong_is_refused(text: str, problem: str) -> None:
    with pytest.raises(SettingsError, match=problem):
        parse(text.encode(), "norms.toml")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml: cannot be read"):
        load(tmp_path / "gone.toml")


def test_the_shipped_norms_say_that_they_are_simulated() -> None:
    assert "simulated" in shipped().basis
    tails = shipped().table()["tail_probability"].to_pylist()
    assert all(0 < tail <= 1 for tail in tails)
