"""A table from the training part: nobody is weighed by a table that saw them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from fieldfare.lab.language_training import SHIPPED, Placed, Recipe, place, train
from fieldfare.lab.research import own_table
from fieldfare.lab.research.chats import Chats, Said, gather
from fieldfare.language import LanguageModel, annotate
from fieldfare.vocabulary import InputError
from tests.lab.research import corpora

SMALL = replace(SHIPPED, log2_size=12, epochs=2)


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel.load()


@pytest.fixture(scope="module")
def chats(model: LanguageModel) -> Chats:
    held = corpora.part("r", 6, 9)
    # Every author has a word of his or her own, so that a table knows whom it saw.
    said = [
        Said(name, who, line, f"{text} ownwordof{who}")
        for name, turns in held.items()
        for line, (who, text) in enumerate(turns, 1)
    ]
    offenders = [f"ro{n}" for n in range(6)]
    return gather(said, offenders, model, "rows", words=True)


def test_who_is_who(chats: Chats) -> None:
    corpus = own_table._corpus(chats)
    assert corpus.sources == ["offender", "ordinary", "partner"]
    assert int(corpus.offender.sum()) == 6
    assert int(corpus.partner.sum()) == 6
    # An offender and the one written to are tied; ordinary authors stand alone.
    tied = np.bincount(np.unique(corpus.group, return_inverse=True)[1])
    assert sorted(tied.tolist()) == [1] * 18 + [2] * 6


def test_rows_are_those_of_the_chats(chats: Chats, model: LanguageModel) -> None:
    """With one and the same table for every fold, sums are those `annotate` gives with it."""
    with pytest.MonkeyPatch.context() as patch:
        everyone = np.ones(len(chats.author_ids), bool)
        placed = place(own_table._corpus(chats), SMALL)
        weights = train(placed, SMALL, everyone, own_table.SEED)
        patch.setattr(own_table, "train", lambda *_: weights)
        fitted = own_table.cross_fit(chats, SMALL)
    again = replace(model, table=fitted.table)
    held = corpora.part("r", 6, 9)
    texts = [f"{text} ownwordof{who}" for turns in held.values() for who, text in turns]
    expected = annotate(pa.array(texts), again)["weight_sum"].to_numpy()
    assert fitted.training.weight_sum == pytest.approx(expected, abs=1e-4)


def test_the_table_that_weighs_an_author_has_not_seen_the_author(chats: Chats) -> None:
    seen: list[np.ndarray] = []

    def watched(placed: Placed, recipe: Recipe, among: np.ndarray, seed: int) -> np.ndarray:
        seen.append(among)
        return train(placed, recipe, among, seed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(own_table, "train", watched)
        own_table.cross_fit(chats, SMALL)
    corpus = own_table._corpus(chats)
    *folds, everyone = seen
    assert everyone.all()
    left_out = np.array([~among for among in folds])
    assert (left_out.sum(0) == 1).all()
    for group in np.unique(corpus.group):
        members = corpus.group == group
        assert (left_out[:, members].any(1) == left_out[:, members].all(1)).all()


def test_too_few_offenders_is_said(chats: Chats) -> None:
    few = chats.only(~chats.offender[chats.author] | (chats.author < 4))
    with pytest.raises(InputError, match=r"too few offenders for 5 folds"):
        own_table.cross_fit(few, SMALL)
