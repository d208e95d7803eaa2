"""The perturbation suite: deterministic, and each kind does what its name says."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.lab.obfuscation import KINDS, LOSSLESS, perturb, sample
from fieldfare.language.normalise import normalise_one

TEXT = "are your parents home tonight"


@pytest.mark.parametrize("kind", KINDS)
def test_deterministic_under_a_seed(kind: str) -> None:
    assert perturb(TEXT, kind, 1) == perturb(TEXT, kind, 1)
    assert len({perturb(TEXT, kind, seed)[0] for seed in range(8)}) > 1
    text, changed = perturb(TEXT, kind, 3)
    assert (text != TEXT) == bool(changed)
    assert set(changed) <= set(TEXT.split())


@pytest.mark.parametrize("kind", KINDS)
def test_texts_a_kind_does_not_know_stay(kind: str) -> None:
    assert perturb("12 34 !!", kind, 1) == ("12 34 !!", [])
    if kind in ("leet", "dropped_vowels", "typos"):
        assert perturb("สวัสดีครับ", kind, 1)[1] == []


@pytest.mark.parametrize("kind", ["homoglyph", "zero_width", "spacing", "emoji"])
def test_lossless_kinds_come_back(kind: str) -> None:
    assert kind in LOSSLESS
    back = [normalise_one(perturb(TEXT, kind, seed)[0])[0].split() for seed in range(20)]
    assert sum(words == TEXT.split() for words in back) >= 18


def test_sample_is_of_distinct_texts() -> None:
    assert sample(["b", "a", "b"], 5, 1) == ["a", "b"]
    assert sample(map(str, range(99)), 9, 1) == sample(map(str, range(99)), 9, 1)


def test_command_prints_json() -> None:
    run = CliRunner().invoke(app, ["evaluate", "obfuscation", "--phrases-each", "1"])
    assert run.exit_code == 0, run.output
    figures = json.loads(run.output)
    assert set(figures["indicator_recall"]) == {*KINDS, "all_kinds"}
    assert set(figures["words_recovered"]) == set(LOSSLESS)
    assert figures["indicator_recall"]["zero_width"]["recall"] >= 0.99
