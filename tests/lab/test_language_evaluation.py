"""Measures against values worked out by hand, intervals, and the whole evaluation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.lab import language_evaluation as evaluation
from fieldfare.lab import language_measures as measures
from fieldfare.lab import language_training as training
from fieldfare.lab.language_corpus import Corpus, read_corpus
from tests.lab import language_corpora

SMALL = replace(training.SHIPPED, log2_size=12, epochs=2)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("corpus") / "own.jsonl"
    return language_corpora.write(file, language_corpora.lines(strength=0.12))


@pytest.fixture(scope="module")
def corpus(text: Path) -> Corpus:
    return read_corpus(text)


ONCE = np.ones((1, 6), np.uint16)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        # Offenders are the first two; eight pairs.
        ([5, 6, 1, 2, 3, 4], 1.0),
        ([0, 6, 1, 2, 3, 4], 0.5),
        ([3, 3, 1, 2, 3, 4], 0.625),  # each: above 2, a tie, below 1 -> 2.5 of 4
        ([1, 1, 1, 1, 1, 1], 0.5),
    ],
)
def test_area_by_hand(scores: list[float], expected: float) -> None:
    found = measures.area(np.array(scores, float), np.arange(2), np.arange(2, 6), ONCE)
    assert found.value == pytest.approx(expected)


def test_area_counts_authors_as_often_as_drawn() -> None:
    counts = np.array([[1] * 6, [2, 0, 0, 1, 3, 0]], np.uint16)
    scores = np.array([2.5, 0, 1, 2, 3, 4])
    found = measures.area(scores, np.arange(2), np.arange(2, 6), counts)
    # Drawn: the first offender twice; 2 once and 3 three times.
    assert found.draws.tolist() == [pytest.approx(0.25)]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0.0, 1 / 3), (0.24, 1 / 3), (0.25, 2 / 3), (0.5, 2 / 3), (0.75, 1.0)],
)
def test_recall_by_hand(rate: float, expected: float) -> None:
    scores = np.array([9, 4.5, 1.5, 5, 4, 3, 1])
    found = measures.recall(scores, np.arange(3), np.arange(3, 7), np.ones((1, 7), np.uint16), rate)
    # In descending order: 9 | 5 | 4.5 | 4 | 3 | 1.5 | 1; offenders are 9, 4.5 and 1.5.
    assert found.value == pytest.approx(expected)
    limit = measures.threshold(scores, np.arange(3, 7), rate)
    assert (scores[:3] > limit).mean() == pytest.approx(expected)


def test_a_tie_with_the_threshold_is_no_find() -> None:
    scores = np.array([5.0, 7, 5, 1])
    found = measures.recall(scores, np.arange(2), np.arange(2, 4), np.ones((1, 4), np.uint16), 0)
    assert found.value == 0.5


def test_running_maximum_by_hand(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"author": "a", "offender": True, "source": "offender",
         "messages": ["up up", "down", "up", "down"]},
        {"author": "b", "offender": False, "source": "sms", "messages": ["down"]},
    ]  # fmt: skip
    corpus = read_corpus(language_corpora.write(tmp_path / "own.jsonl", rows))
    recipe = replace(SMALL, edges=False)
    placed = training.place(corpus, recipe)
    weights = np.zeros(placed.size)
    weights[placed.ids[placed.starts[1]]] = -2  # down
    weights[placed.ids[placed.starts[2]]] = 1  # up
    followed = evaluation.Followed.empty(2)
    evaluation.follow(placed, recipe, weights, np.arange(2), followed)
    unit = np.sqrt(20)
    seen = [evaluation.CURVE.index(k) for k in (1, 2, 3, 5)]
    # Tokens stay below 20; sums after each message: 2, 0, 1, -1.
    assert followed.last[0, seen] * unit == pytest.approx([2, 0, 1, -1])
    assert followed.highest[0, seen] * unit == pytest.approx([2, 2, 2, 2])
    assert followed.last[1] * unit == pytest.approx([-2] * len(evaluation.CURVE))
    assert np.isnan(followed.midway).all()


def test_draws_are_reproducible_and_keep_each_stratum() -> None:
    stratum = np.array([0, 0, 0, 1, 1])
    counts = measures.draw_authors(stratum, 20, seed=5)
    assert (counts == measures.draw_authors(stratum, 20, seed=5)).all()
    assert (counts != measures.draw_authors(stratum, 20, seed=6)).any()
    assert (counts[0] == 1).all()
    assert (counts[:, :3].sum(1) == 3).all()
    assert (counts[:, 3:].sum(1) == 2).all()


def test_calibration_error_by_hand() -> None:
    rng = np.random.default_rng(0)
    z = np.concatenate([rng.normal(1, 1, 4000), rng.normal(-1, 1, 4000)])
    offends, shares = np.arange(8000) < 4000, np.ones(8000)
    # Two normals of variance 1 at ±1: the log-likelihood ratio is 2z.
    right = 1 / (1 + np.exp(-2 * z))
    assert measures.calibration_error(right, offends, shares) < 0.02
    assert measures.calibration_error(np.full(8000, 0.9), offends, shares) == pytest.approx(0.4)


def test_sources_of_a_kind_are_left_out_together(corpus: Corpus) -> None:
    assert evaluation.kinds(corpus) == [["game"], ["sms", "sms_two"]]


def test_a_model_never_sees_whom_it_scores(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    fold_of = corpus.folds(4, seed=0)
    seen: list[np.ndarray] = []
    scored: list[np.ndarray] = []

    def train(placed: training.Placed, *rest: object) -> np.ndarray:
        seen.append(np.asarray(rest[1]))
        return np.zeros(placed.size)

    def follow(*given: np.ndarray) -> None:
        scored.append(given[3])

    monkeypatch.setattr(evaluation, "train", train)
    monkeypatch.setattr(evaluation, "follow", follow)
    game = corpus.source == corpus.source_index("game")
    evaluation.cross_validate(training.place(corpus, SMALL), SMALL, fold_of, 0, game)
    assert len(seen) == 4
    for among, authors in zip(seen, scored, strict=True):
        assert not set(corpus.group[among]) & set(corpus.group[authors])
        assert not among[game].any()
    assert sorted(np.concatenate(scored)) == list(range(corpus.offender.size))


def test_false_alarms_by_hand(corpus: Corpus) -> None:
    game, sms = corpus.of_source("game"), corpus.of_source("sms")
    followed = evaluation.Followed.empty(corpus.offender.size)
    followed.highest[:] = 0
    followed.highest[sms[0]] = 5  # The highest of those trained on: nobody there may pass it.
    followed.highest[game[:3]] = 6
    counts = np.ones((3, corpus.offender.size), np.uint16)
    counts[2, game[0]] = 0
    apart = corpus.from_sources(["game"])
    found = evaluation.false_alarms(corpus, followed, counts, ["game"], apart)
    share = found["highest", "false_alarms", "game", "1 in 1,000"]
    assert share.value == pytest.approx(3 / game.size)
    assert share.draws.tolist() == pytest.approx([3 / game.size, 2 / (game.size - 1)])


def test_report_is_reproducible_and_compares(corpus: Corpus) -> None:
    first, again = (evaluation.evaluate(corpus, SMALL, folds=3, draws=20) for _ in range(2))
    assert first.as_json() == again.as_json()
    unseen = first.as_json()["left_out"]["last"]["auc"]
    assert set(unseen) == {"game", "sms", "sms_two"}
    figure = first.as_json()["cross_validated"]["last"]["auc"]["partner"]["20"]
    assert 0.5 < figure["low"] <= figure["value"] <= figure["high"] <= 1
    nothing = evaluation.compare(first, again)["cross_validated"]["last"]["recall"]["1 in 1,000"]
    assert nothing["50"] == {"value": 0, "low": 0, "high": 0}


def test_command(text: Path) -> None:
    options = ["--folds", "2", "--draws", "5", "--no-left-out", "--against", "reference"]
    options += ["--without", "game"]
    result = CliRunner().invoke(app, ["evaluate", "language", str(text), *options])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    assert set(said["left_out"]["last"]["auc"]) == {"game"}
    assert set(said["cross_validated"]["highest"]["recall"]) == {"1 in 1,000", "1 in 10,000"}
    assert set(said["difference"]["cross_validated"]) == {"last", "highest", "midway"}
    crossed = list(said["messages_needed"]["1 in 1,000"]["crossed"].values())
    assert crossed == sorted(crossed)
