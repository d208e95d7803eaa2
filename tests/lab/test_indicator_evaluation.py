"""False indicators on ordinary conversation, and recall of held-out paraphrases."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.lab.indicator_evaluation import false_ones, held_out, measure
from fieldfare.language import LanguageModel
from fieldfare.vocabulary import InputError, SettingsError


@pytest.fixture
def ordinary(tmp_path: Path) -> Path:
    turns = ["send me a pic of you", "the train is late", "see you", "how old are you"]
    (tmp_path / "everyday_en.txt").write_text("".join(f"{turn}\n" for turn in turns))
    (tmp_path / "irc").mkdir()
    lines = ["[10:00] <a> hello", "[10:01] <b> i will pay for your ticket"]
    (tmp_path / "irc" / "day.raw.txt").write_text("\n".join(lines))
    return tmp_path


def test_figures_of_each_half(ordinary: Path) -> None:
    tune, test, both = (measure(ordinary, part) for part in ("tune", "test", "all"))
    english = [one["false_per_1000_messages"]["everyday_en"] for one in (tune, test, both)]
    assert [one["messages"] for one in english] == [2, 2, 4]
    assert [one["photo_request"] for one in english] == [500.0, 0.0, 250.0]
    assert [one["age_probing"] for one in english] == [0.0, 500.0, 250.0]
    assert [one["any"] for one in english] == [500.0, 500.0, 500.0]
    assert test["false_per_1000_messages"]["irc"]["payment_offer"] == 1000.0
    assert both["weighty"]["per_1000"]["photo_request"] == pytest.approx(1000 / 6, abs=0.01)
    assert both["weighty"]["messages"] == 6
    assert not both["weighty"]["within"]


def test_false_ones_are_shown_for_review(ordinary: Path) -> None:
    assert false_ones(ordinary) == [("everyday_en", "send me a pic of you", ["photo_request"])]


def test_unknown_part_and_empty_folder(tmp_path: Path, ordinary: Path) -> None:
    with pytest.raises(SettingsError, match="no part called 'dev'"):
        measure(ordinary, "dev")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no ordinary conversation"):
        measure(tmp_path / "empty")


def test_held_out_paraphrases_by_language() -> None:
    figures = held_out(LanguageModel.load())
    assert figures["worst"] in figures["languages"]
    for one in figures["languages"].values():
        assert one["paraphrases"] == sum(
            int(said.split(" of ")[1]) for said in one["found"].values()
        )
        assert 0 <= one["recall"] <= 1
        assert 0 <= one["another_indicator"] <= 1


def test_command_prints_json(ordinary: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", "indicators", str(ordinary), "--part", "all"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["weighty"]["messages"] == 6
