"""Token evidence from a corpus: by role, and by tables that never saw the writer."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from fieldfare.lab.language_corpus import read_corpus
from fieldfare.lab.simulation.corpus_scores import out_of_fold
from fieldfare.lab.simulation.parameters import load, rates, with_offenders
from fieldfare.lab.simulation.world import simulate
from fieldfare.vocabulary import SettingsError
from tests.lab.language_corpora import lines, write


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("corpus") / "invented.jsonl", lines())


def test_every_message_is_scored_as_it_is_long(corpus: Path) -> None:
    read = read_corpus(corpus)
    sums, tokens = out_of_fold(read, seed=1)
    assert len(sums) == len(tokens) == len(read.messages) - 1
    assert (sums[tokens > 3] != 0).mean() > 0.9
    writer = np.repeat(np.arange(len(read.names)), np.diff(read.authors))
    offends = read.offender[writer]
    # Learnt from the other half of the chats, so it carries over to this one.
    assert (
        sums[offends].sum() / tokens[offends].sum() > sums[~offends].sum() / tokens[~offends].sum()
    )


def test_evidence_in_a_world_is_by_role(tmp_path: Path, corpus: Path) -> None:
    parameters = load()
    chosen = with_offenders(parameters, rates(["mass_contact=20"], parameters))
    simulate(tmp_path, chosen, 2_000, 60, text="evidence", corpus=corpus)
    query = f"""
        SELECT avg(CASE WHEN offender THEN z END), avg(CASE WHEN NOT offender THEN z END)
        FROM (SELECT sender, sum(weight_sum) / sqrt(sum(tokens)) AS z
            FROM read_parquet('{tmp_path}/messages.parquet') WHERE tokens > 0 GROUP BY 1)
        JOIN read_parquet('{tmp_path}/truth.parquet') ON account = sender
        WHERE kind IN ('mass_contact', 'ordinary_adult')
    """
    with duckdb.connect() as base:
        ((offenders, others),) = base.execute(query).fetchall()
    assert offenders > others + 1


def test_a_corpus_is_for_evidence_only(tmp_path: Path, corpus: Path) -> None:
    with pytest.raises(SettingsError, match="evidence"):
        simulate(tmp_path, load(), 2_000, 60, text="none", corpus=corpus)
