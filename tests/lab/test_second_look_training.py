"""Training of a second look on a small world of words: what it learns, and its thresholds."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from fieldfare.lab import head_training, second_look_training
from fieldfare.lab.head_texts import Example
from fieldfare.language.second_look import read_second_look

WORDS = 128


class WordEncoder:
    """Which of 128 kinds of words a text has."""

    def encode(self, texts: list[str]) -> np.ndarray:
        found = np.zeros((len(texts), WORDS), np.float32)
        for row, text in enumerate(texts):
            for word in text.split():
                found[row, zlib.crc32(word.encode()) % WORDS] = 1
        return found


def _texts() -> list[Example]:
    places = [f"place{k}" for k in range(40)]
    said = [
        Example("en", "game_currency", k, "taught", f"robuxes for you at {place}")
        for k, place in enumerate(places * 300)
    ]
    calm = [
        Example("en", None, k, "ordinary", f"the bus stops at {place}")
        for k, place in enumerate(places * 300)
    ]
    return said + calm


def test_it_learns_and_keeps_to_its_thresholds(tmp_path: Path) -> None:
    ordinary = {"chat": [f"we wait at place{k}" for k in range(40)]}
    recipe = head_training.Recipe()
    made, report = second_look_training.train(
        _texts(), WordEncoder(), f"{__name__}:WordEncoder", ordinary, recipe, 0
    )
    assert report["kept_apart"]["taught"]["game_currency"] > 0.9
    assert report["kept_apart"]["ordinary_false"]["en"] <= recipe.false_near
    assert made.find(["robuxes for you at place7"]) == [("game_currency",)]
    assert not any(made.find(ordinary["chat"]))
    second_look_training.write(made, tmp_path)
    again = read_second_look(tmp_path)
    assert again.settings == made.settings
    assert again.find(["robuxes for you at place7", "we wait"]) == [("game_currency",), ()]


def test_thresholds_let_no_more_pass_than_the_recipe_allows() -> None:
    random = np.random.default_rng(1)
    ids = ("photo_request", "flattery")
    ordinary = random.normal(size=(40_000, 2)).astype(np.float32)
    near = random.normal(size=(500, 2)).astype(np.float32)
    recipe = head_training.Recipe()
    limits = head_training.thresholds(ordinary, near, ids, recipe)
    least = np.array([limits[one] for one in ids])
    passed = (ordinary >= least).mean(axis=0)
    assert passed[0] <= recipe.false_weighty
    assert passed[1] <= recipe.false_others
    assert ((near >= least).mean(axis=0) <= recipe.false_near).all()
