"""The crowd has the promised shape, streams, and hides one account of mass contact."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from fieldfare.lab import crowd as crowd_module
from fieldfare.lab.crowd import Crowd, write_crowd
from fieldfare.lab.demo_talk import END, START
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.schemas import ACCOUNTS, MESSAGES

EVENTS = 300_000


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Crowd:
    return write_crowd(tmp_path_factory.mktemp("crowd"), EVENTS)


@pytest.fixture
def base(crowd: Crowd) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, path in (("messages", crowd.messages), ("accounts", crowd.accounts)):
            connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{path}')")
        yield connection


def one_row(base: duckdb.DuckDBPyConnection, query: str) -> tuple[float, ...]:
    row: tuple[float, ...] | None = base.execute(query).fetchone()
    assert row is not None
    return row


def test_columns_are_those_of_the_documented_form(crowd: Crowd) -> None:
    for path, documented in ((crowd.messages, MESSAGES), (crowd.accounts, ACCOUNTS)):
        for field in pq.read_schema(path):
            # Parquet names the item of a list its own way.
            assert str(field.type).replace("element:", "item:") == str(
                documented.field(field.name).type
            )
    assert pq.read_schema(crowd.messages).names == [
        "id", "conversation", "kind", "sender", "recipients", "sent_at",
    ]  # fmt: skip


def test_size_ids_and_order(crowd: Crowd, base: duckdb.DuckDBPyConnection) -> None:
    rows, ids, first, last = one_row(
        base, "SELECT count(*), count(DISTINCT id), min(sent_at), max(sent_at) FROM messages"
    )
    assert rows == ids == EVENTS == crowd.events
    assert START <= first < last < END
    times = pq.read_table(crowd.messages, columns=["sent_at"])["sent_at"].to_pylist()
    assert times == sorted(times)
    assert one_row(base, "SELECT count(*), count(DISTINCT id) FROM accounts") == (
        crowd.account_count,
        crowd.account_count,
    )
    strangers = "SELECT count(*) FROM messages WHERE sender NOT IN (SELECT id FROM accounts)"
    assert one_row(base, strangers) == (0,)
    assert one_row(base, "SELECT count(*) FROM messages WHERE sender = recipients[1]") == (0,)


def test_shape_of_the_load(crowd: Crowd, base: duckdb.DuckDBPyConnection) -> None:
    assert crowd.account_count == pytest.approx(EVENTS / 10, rel=0.01)
    (per_pair,) = one_row(
        base, "SELECT count(*) / count(DISTINCT (sender, recipients[1])) FROM messages"
    )
    assert 5 < per_pair < 7
    pairs = "(SELECT count(*) AS n FROM messages GROUP BY sender, recipients)"
    median, top = one_row(base, f"SELECT median(n), max(n) FROM {pairs}")
    assert top > 50 * median
    both = """
        WITH pair AS (SELECT DISTINCT sender AS a, recipients[1] AS b FROM messages)
        SELECT count(back.a) / count(*) FROM pair LEFT JOIN pair AS back
        ON back.a = pair.b AND back.b = pair.a"""
    assert 0.7 < one_row(base, both)[0] < 0.95


def test_ages(base: duckdb.DuckDBPyConnection) -> None:
    known, children, unsourced = one_row(
        base,
        """SELECT count(age) / count(*), count(*) FILTER (age < 18) / count(age),
           count(*) FILTER ((age IS NULL) <> (age_source IS NULL)) FROM accounts""",
    )
    assert known == pytest.approx(0.7, abs=0.02)
    assert children == pytest.approx(0.2, abs=0.02)
    assert unsourced == 0


def test_only_the_planted_account_writes_to_many_children(
    crowd: Crowd, base: duckdb.DuckDBPyConnection
) -> None:
    rows = base.execute(
        """SELECT sender, count(DISTINCT recipients[1]) AS n
           FROM messages JOIN accounts AS child ON child.id = recipients[1]
           JOIN accounts AS adult ON adult.id = sender
           WHERE child.age < 18 AND coalesce(adult.age, 18) >= 18
           GROUP BY sender ORDER BY n DESC LIMIT 2"""
    ).fetchall()
    assert crowd.planted == (rows[0][0],)
    assert rows[0][1] > 80
    assert rows[1][1] < 10


def test_deterministic_and_streamed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd_module, "BLOCK", 5_000)
    first = write_crowd(tmp_path / "first", 20_000, seed=3)
    second = write_crowd(tmp_path / "second", 20_000, seed=3)
    other = write_crowd(tmp_path / "other", 20_000, seed=4)
    assert first.messages.read_bytes() == second.messages.read_bytes()
    assert first.accounts.read_bytes() == second.accounts.read_bytes()
    assert first.messages.read_bytes() != other.messages.read_bytes()
    file = pq.ParquetFile(first.messages)
    groups = [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)]
    assert len(groups) >= 4
    assert max(groups) <= 5_100
    assert sum(groups) == 20_000


def test_planted_accounts_grow_with_the_crowd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd_module, "PLANTED_PER", 1_000)
    crowd = write_crowd(tmp_path, 30_000)
    assert len(set(crowd.planted)) == 3


def test_too_small_a_crowd_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="at least"):
        write_crowd(tmp_path, 100)
