"""Reading a corpus: the two forms agree, authors and chats stay whole, errors show no text."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from fieldfare.lab.language_corpus import Corpus, read_corpus, write_tokens
from fieldfare.language import kernel
from fieldfare.language.tables import TokenTable
from fieldfare.vocabulary import InputError
from tests.lab import language_corpora


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("corpus") / "own.jsonl"
    return language_corpora.write(file, language_corpora.lines())


def same(one: Corpus, other: Corpus) -> bool:
    return one.content_hash == other.content_hash and one.names == other.names


def test_text_and_its_tokens_are_the_same_corpus(text: Path, tmp_path: Path) -> None:
    out = tmp_path / "own.parquet"
    write_tokens(text, out)
    assert pq.read_schema(out).names == ["author", "offender", "chat", "source", "tokens"]
    assert same(read_corpus(text), read_corpus(out))


def test_order_of_lines_does_not_matter(tmp_path: Path) -> None:
    rows = language_corpora.lines()
    there = language_corpora.write(tmp_path / "there.jsonl", rows)
    back = language_corpora.write(tmp_path / "back.jsonl", rows[::-1])
    assert same(read_corpus(there), read_corpus(back))


def test_several_files_are_one_corpus_whatever_their_form(tmp_path: Path) -> None:
    rows = language_corpora.lines()
    whole = language_corpora.write(tmp_path / "whole.jsonl", rows)
    first = language_corpora.write(tmp_path / "first.jsonl", rows[:50])
    rest = tmp_path / "rest.parquet"
    write_tokens(language_corpora.write(tmp_path / "rest.jsonl", rows[50:]), rest)
    assert same(read_corpus(rest, first), read_corpus(whole))


def test_the_ordinary_talk_that_ships_is_a_corpus() -> None:
    corpus = read_corpus(Path(str(files("fieldfare.lab") / "taught" / "everyday-en.jsonl")))
    assert {name.partition("_")[0] for name in corpus.sources} == {"written"}
    assert not corpus.offender.any()
    # Talk is between people: nobody is alone in a conversation.
    assert np.bincount(corpus.group).min(initial=2, where=np.bincount(corpus.group) > 0) >= 2


@pytest.mark.parametrize("edges", [True, False])
def test_stored_hashes_give_the_ids_of_their_text(text: Path, edges: bool) -> None:
    rows = sorted(language_corpora.lines(), key=lambda row: str(row["author"]))
    messages = [str(one) for row in rows for one in row["messages"]]  # type: ignore[attr-defined]
    corpus = read_corpus(text)
    table = TokenTable("own", "en", np.zeros(1 << 12, np.float16), 32, edges)
    ids, starts = kernel.places(corpus.tokens, corpus.messages, size=1 << 12, edges=edges)
    assert len(messages) == starts.size - 1
    for k, message in enumerate(messages):
        assert ids[starts[k] : starts[k + 1]].tolist() == kernel.token_ids(message, table)


@pytest.mark.parametrize("count", [2, 5])
def test_folds_never_share_a_chat_and_each_has_offenders(text: Path, count: int) -> None:
    corpus = read_corpus(text)
    folds = corpus.folds(count, seed=1)
    assert set(folds.tolist()) == set(range(count))
    for group in np.unique(corpus.group):
        assert np.unique(folds[corpus.group == group]).size == 1
    shares = np.bincount(folds[corpus.offender], minlength=count)
    assert shares.max() - shares.min() <= 1
    assert (folds == corpus.folds(count, seed=1)).all()
    assert (folds != corpus.folds(count, seed=2)).any()


def test_chats_join_authors_also_through_others(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"author": "a", "offender": True, "chat": 1, "source": "offender", "messages": ["x"]},
        {"author": "b", "offender": False, "chat": 1, "source": "partner", "messages": ["x"]},
        {"author": "b", "offender": False, "chat": 2, "source": "partner", "messages": ["y"]},
        {"author": "c", "offender": True, "chat": 2, "source": "offender", "messages": ["x"]},
        {"author": "d", "offender": False, "chat": -1, "source": "sms", "messages": ["x"]},
        {"author": "e", "offender": False, "source": "sms", "messages": ["x", "y"]},
    ]
    corpus = read_corpus(language_corpora.write(tmp_path / "own.jsonl", rows))
    assert corpus.group.tolist() == [0, 0, 0, 3, 4]
    assert np.diff(corpus.authors).tolist() == [1, 2, 1, 1, 2]
    with pytest.raises(InputError, match="too few offenders for 2 folds"):
        corpus.folds(2, seed=0)


def test_unusable_files_are_named_without_their_text(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"author": "a", "messages": "violet harbour"}\n', "utf-8")
    with pytest.raises(InputError, match=r"bad\.jsonl, line 1") as found:
        read_corpus(bad)
    assert "violet" not in str(found.value)
    assert found.value.__cause__ is None
    other = tmp_path / "other.parquet"
    other.write_bytes(b"no")
    with pytest.raises(InputError, match=r"other\.parquet: not a Parquet file"):
        read_corpus(other)
    empty = tmp_path / "empty.jsonl"
    empty.write_text("\n", "utf-8")
    with pytest.raises(InputError, match="no messages"):
        read_corpus(empty)
