"""Typed records become batches."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.sources.checking import IN_1970, Where, assemble
from fieldfare.sources.packing import pack
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary import Account, Connection, Media, Message, Notice, Origin, Record
from fieldfare.vocabulary.schemas import TABLES
from fieldfare.vocabulary.times import EARLIEST, LATEST

ORIGIN = Origin(source="a.jsonl", locator="line 7", raw_time="x", warnings=("edited",))


def message(**changes: Any) -> Message:
    given: dict[str, Any] = {
        "sender": "coach",
        "recipients": ("mira",),
        "sent_at": 5,
        "text": "how old are you",
        "origin": ORIGIN,
    }
    return Message(**{**given, **changes})


def packed(records: list[Record], **options: Any) -> tuple[list[Any], Problems]:
    problems = Problems()
    return list(pack(records, problems=problems, **options)), problems


def test_every_field_arrives() -> None:
    records: list[Record] = [
        Account(id="mira", age=12, age_source="verified", country="NL", created_at=3),
        message(media=(Media(kind="photo", hash="sha256:00"),), encrypted=True, kind="group"),
        Connection(account="mira", peer="coach", connected_at="1970-01-01T00:00:01+00:00"),
        Notice(kind="block", account="mira", peer="coach", at=9, id="n1"),
    ]
    batches, problems = packed(records)
    assert problems.total == 0
    rows = {table: batch.to_pylist()[0] for table, batch in batches}
    assert rows["messages"]["media"] == [{"kind": "photo", "hash": "sha256:00"}]
    assert rows["messages"]["origin"]["warnings"] == ["edited"]
    assert rows["messages"]["encrypted"] is True
    assert rows["connections"]["connected_at"] == 1_000_000
    assert rows["notices"]["id"] == "n1"
    assert rows["accounts"]["age"] == 12.0
    assert all(batch.schema == TABLES[table] for table, batch in batches)


def test_batches_are_full_and_in_order() -> None:
    batches, _ = packed([message(sent_at=at) for at in range(25)], batch_rows=10)
    assert [batch.num_rows for _, batch in batches] == [10, 10, 5]
    times = [at for _, batch in batches for at in batch.column("sent_at").to_pylist()]
    assert times == list(range(25))


def test_metadata_only_drops_text() -> None:
    [(_, batch)], _ = packed([message()], metadata_only=True)
    assert batch.column("text").to_pylist() == [None]


def test_recipients_lose_sender_and_repeats() -> None:
    [(_, batch)], problems = packed([message(recipients=("mira", "coach", "jonas", "mira"))])
    assert batch.column("recipients").to_pylist() == [["mira", "jonas"]]
    assert problems.total == 0


def test_bad_records_are_counted_where_they_stand() -> None:
    odd: list[Any] = [
        message(sender=7),
        message(recipients="mira"),
        message(sent_at="yesterday"),
        message(sent_at=10**30),
        message(sent_at=None),
        message(text=7),
        message(sender=""),
        message(kind="secret"),
    ]
    for record in odd:
        batches, problems = packed([message(id="1"), record, message(id="2")])
        assert [row for _, batch in batches for row in batch.column("id").to_pylist()] == ["1", "2"]
        assert problems.total == 1
        [[problem]] = problems.samples.values()
        assert (problem.source, problem.locator) == ("a.jsonl", "line 7")


def test_doubtful_values_of_an_account_are_emptied() -> None:
    account = Account(
        id="mira",
        age=300,
        age_confidence=float("nan"),
        birth_date="2010-02-31",
        country="Holland",
        time_zone="../etc",
        created_at="soon",
        origin=ORIGIN,
    )
    [(_, batch)], problems = packed([account])
    [row] = batch.to_pylist()
    assert {key for key, value in row.items() if value is not None} == {"id", "origin"}
    assert problems.total == 6


@given(st.lists(st.text(st.characters(), min_size=1), min_size=1))
def test_lone_surrogates_do_not_stop_anything(names: list[str]) -> None:
    batches, problems = packed([message(sender="s", recipients=tuple(names), text=names[0])])
    assert problems.total == 0
    assert sum(batch.num_rows for _, batch in batches) == 1


def test_a_surrogate_pair_is_one_character() -> None:
    [(_, batch)], _ = packed([message(text="\ud83d\ude00", sender="\ud800")])
    assert batch.column("text").to_pylist() == ["😀"]
    assert batch.column("sender").to_pylist() == ["�"]


def test_times_of_two_centuries_are_in_range() -> None:
    good = ["1900-01-01T00:00:00Z", "1950-06-01T12:00:00Z", "2199-12-31T23:59:59Z"]
    bad = ["1899-12-31T23:59:59Z", "2200-01-01T00:00:01Z"]
    [(_, batch)], problems = packed([message(sent_at=when) for when in good + bad])
    assert batch.num_rows == len(good)
    assert problems.total == len(bad)


def test_media_of_an_unknown_kind_do_not_cost_the_message() -> None:
    media = (Media(kind="ghost"), Media(kind="photo"))  # type: ignore[arg-type]
    batches, problems = packed([message(id="1", media=media), message(id="2")])
    assert [row for _, batch in batches for row in batch.column("media").to_pylist()] == [
        [{"kind": "photo", "hash": None}],
        [],
    ]
    assert problems.total == 1


@pytest.mark.parametrize("per_second", [1, 1_000])
def test_seconds_are_not_taken_for_microseconds(per_second: int) -> None:
    times = [1_772_395_200 * per_second, 1_772_395_200 * 1_000_000]
    problems = Problems()
    found = {
        "sender": pa.array(["a", "a"]),
        "recipients": pa.array([["b"], ["b"]]),
        "sent_at": pa.array(times),
    }
    batch = assemble("messages", found, Where("a.csv", "", "row", pa.array([1, 2])), problems)
    assert batch.column("sent_at").to_pylist() == times[1:]
    assert problems.counts == {f"{IN_1970}; the record was left out": 1}


@pytest.mark.parametrize("born", ["2999-01-01", "1880-01-01", "0012-05-01"])
def test_nobody_is_born_in_the_future_or_120_years_ago(born: str) -> None:
    [(_, batch)], problems = packed([Account(id="a", birth_date=born)])
    assert batch.column("birth_date").to_pylist() == [None]
    assert problems.total == 1


def test_a_given_batch_keeps_the_same_range() -> None:
    times = [EARLIEST - 1, EARLIEST, -1, 0, LATEST, LATEST + 1]
    problems = Problems()
    where = Where("a.csv", "", "row", pa.array(range(1, len(times) + 1)))
    found = {
        "sender": pa.array(["a"] * len(times)),
        "recipients": pa.array([["b"]] * len(times)),
        "sent_at": pa.array(times),
    }
    batch = assemble("messages", found, where, problems)
    assert batch.column("sent_at").to_pylist() == times[1:-1]
    [located] = problems.samples.values()
    assert [problem.locator for problem in located] == ["row 1", "row 6"]
