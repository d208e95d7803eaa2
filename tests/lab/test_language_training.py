"""Training: the same table twice, from either form; what the weights learn; the file."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.lab import language_training as training
from fieldfare.lab.language_corpus import Corpus, read_corpus, write_tokens
from fieldfare.language import kernel
from fieldfare.language.tables import TokenTable, read_table
from fieldfare.vocabulary import InputError, SettingsError
from tests.lab import language_corpora

SMALL = replace(training.SHIPPED, log2_size=12, epochs=2)


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("corpus") / "own.jsonl"
    return language_corpora.write(file, language_corpora.lines())


@pytest.fixture(scope="module")
def corpus(text: Path) -> Corpus:
    return read_corpus(text)


def weights(corpus: Corpus, recipe: training.Recipe, seed: int = 0) -> np.ndarray:
    everyone = np.ones(corpus.offender.size, np.bool_)
    return training.train(training.place(corpus, recipe), recipe, everyone, seed)


@pytest.mark.parametrize("recipe", [SMALL, replace(training.REFERENCE, log2_size=12)])
def test_same_seed_same_weights(corpus: Corpus, recipe: training.Recipe) -> None:
    first = weights(corpus, recipe)
    assert (first == weights(corpus, recipe)).all()
    assert (first != weights(corpus, recipe, seed=1)).any()


def test_weights_speak_for_the_side_that_uses_the_word(corpus: Corpus) -> None:
    made = weights(corpus, SMALL)
    table = TokenTable("own", "en", training.to_float16(made), 32, SMALL.edges)
    of = {
        source: [made[kernel.token_ids(word, table)[0]] for word in words]
        for source, words in language_corpora.SIDES.items()
    }
    assert min(of["offender"]) > 0
    assert max(of["partner"] + of["sms"] + of["game"]) < 0


def test_text_and_tokens_give_the_same_file(text: Path, tmp_path: Path) -> None:
    write_tokens(text, tmp_path / "own.parquet")
    made = []
    for name, source in (("one", text), ("two", tmp_path / "own.parquet")):
        out = tmp_path / f"{name}.npz"
        made.append(training.write_table(training.place(read_corpus(source), SMALL), SMALL, 0, out))
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    assert made[0]["file_sha256"] == made[1]["file_sha256"]


def test_saved_table_is_read_back(corpus: Corpus, tmp_path: Path) -> None:
    placed = training.place(corpus, SMALL)
    made = training.write_table(placed, SMALL, 0, tmp_path / "own.npz")
    table = read_table(tmp_path / "own.npz", language="en")
    assert (table.bits, table.edges, table.weights.size) == (32, True, 1 << 12)
    assert table.content_hash == made["content_hash"]
    with zipfile.ZipFile(tmp_path / "own.npz") as archive:
        assert archive.testzip() is None
    with pytest.raises(SettingsError, match=r"own\.bin: a table is an \.npz file"):
        training.write_table(placed, SMALL, 0, tmp_path / "own.bin")


def test_early_messages_count_more_and_late_ones_not_at_all(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = []
    for k in range(8):
        own = ["dawn"] * 4 + ["dusk"] * 4
        for source, words in (("offender", own), ("sms", ["noon"] * 8)):
            rows.append({"author": f"{source}{k}", "offender": source == "offender",
                         "source": source, "messages": words})  # fmt: skip
    corpus = read_corpus(language_corpora.write(tmp_path / "own.jsonl", rows))
    recipe = replace(SMALL, chunks=(2,), most=4, against_partners=0)
    made = weights(corpus, recipe)
    table = TokenTable("own", "en", training.to_float16(made), 32, True)
    dawn, dusk = (made[kernel.token_ids(word, table)[0]] for word in ("dawn", "dusk"))
    assert dawn > 0
    assert dusk == 0


def test_nobody_to_tell_apart(corpus: Corpus) -> None:
    placed = training.place(corpus, SMALL)
    with pytest.raises(InputError, match="offenders and others"):
        training.train(placed, SMALL, corpus.offender, 0)
    with pytest.raises(SettingsError, match="no recipe 'best'; there are shipped, reference"):
        training.named("best")


def test_command(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.npz"
    result = CliRunner().invoke(app, ["train", "language", str(text), "--out", str(out)])
    assert result.exit_code == 0, result.output
    said = json.loads(result.stdout)
    table = read_table(out, language="en")
    assert said["table"]["content_hash"] == table.content_hash
    assert table.likelihood is not None
    assert said["table"]["likelihood"] == table.likelihood.as_json()
    # Much of the offenders' wording speaks for one, much of the others' against.
    assert table.likelihood.ratio(40.0, 60) > 1 > -1 > table.likelihood.ratio(-40.0, 60)
    assert said["corpus"]["offenders"] == language_corpora.AUTHORS["offender"]


def test_a_source_left_aside_changes_nothing(corpus: Corpus, tmp_path: Path) -> None:
    rows = [row for row in language_corpora.lines() if row["source"] != "game"]
    fewer = read_corpus(language_corpora.write(tmp_path / "fewer.jsonl", rows))
    recipe = replace(SMALL, against_ordinary=0)
    placed = training.place(corpus, recipe)
    made = [
        training.write_table(training.place(fewer, recipe), recipe, 0, tmp_path / "fewer.npz"),
        training.write_table(placed, recipe, 0, tmp_path / "aside.npz", without=["game"]),
    ]
    assert made[0]["content_hash"] == made[1]["content_hash"]
    with pytest.raises(InputError, match="no source 'games'; there are game, offender"):
        training.write_table(placed, recipe, 0, tmp_path / "none.npz", without=["games"])
