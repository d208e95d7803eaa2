"""A token table from a corpus's training part alone, so that no author of the test part is in it.

The table is trained on the whole training part. What is chosen there (weights, thresholds) must not
be chosen on authors the table has seen, since it tells those apart far too well: so for choosing,
each message is weighed by one of five further tables that saw neither its author nor, where an
offender is among them, anyone of the author's conversations.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fieldfare.lab.language_corpus import PARTNER, Corpus, arrange
from fieldfare.lab.language_training import (
    SHIPPED,
    Placed,
    Recipe,
    message_sums,
    place,
    to_float16,
    train,
)
from fieldfare.lab.research.chats import Chats, Flags
from fieldfare.language import TokenTable
from fieldfare.vocabulary import InputError

FOLDS: Final = 5
SEED: Final = 0


@dataclass(frozen=True, eq=False)
class CrossFitted:
    """A table, and the training part as tables see it that did not see its authors."""

    table: TokenTable
    training: Chats

    def as_json(self) -> dict[str, Any]:
        """How it was made."""
        return {"trained_on": "the training part", "folds": FOLDS, "seed": SEED}


def cross_fit(training: Chats, recipe: Recipe = SHIPPED) -> CrossFitted:
    """Train on `training`, which must have its `words`. Raises InputError where there are fewer
    than five offenders."""
    corpus = _corpus(training)
    placed = place(corpus, recipe)
    fold_of = corpus.folds(FOLDS, SEED)
    # The corpus has each author's messages together; `order` leads back to the rows of `training`.
    author_of = np.repeat(np.arange(len(corpus.names)), np.diff(corpus.authors))
    number = np.full(len(training.author_ids), -1)
    number[[int(name) for name in corpus.names]] = np.arange(len(corpus.names))
    order = np.argsort(number[training.author], kind="stable")
    weight_sum = np.empty(training.author.size)
    for fold in range(FOLDS):
        sums = message_sums(placed, recipe, train(placed, recipe, fold_of != fold, SEED))
        held_out = fold_of[author_of] == fold
        weight_sum[order[held_out]] = sums[held_out]
    return CrossFitted(
        _table(placed, recipe, np.ones(fold_of.size, np.bool_)),
        replace(training, weight_sum=weight_sum),
    )


def _table(placed: Placed, recipe: Recipe, among: Flags) -> TokenTable:
    weights = to_float16(train(placed, recipe, among, SEED))
    return TokenTable(
        "training-part", "und", weights, 32, recipe.edges, message_most=recipe.message_most
    )


def _corpus(chats: Chats) -> Corpus:
    """Offenders, those they wrote with (`PARTNER`), and everyone else. Authors go by their number.

    Only conversations with an offender tie authors together: ordinary chat rooms would tie nearly
    everyone to everyone.
    """
    if chats.words is None:
        raise InputError("the training part was read without its words")
    size = len(chats.conversation_ids)
    offends = chats.offender[chats.author]
    with_offender = (np.bincount(chats.conversation, offends, size) > 0)[chats.conversation]
    partner = np.zeros(len(chats.author_ids), np.bool_)
    partner[chats.author[with_offender]] = True
    source = np.where(partner[chats.author], PARTNER, "ordinary")
    rows = {
        "author": pa.array(chats.author),
        "offender": pa.array(offends),
        "chat": pa.array(chats.conversation, mask=~with_offender),
        "source": pa.array(np.where(offends, "offender", source).tolist(), pa.string()),
        "tokens": chats.words,
    }
    return arrange(pa.table(rows), "the training part")
