"""Records and schemas are one vocabulary; times are exact."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldfare.vocabulary import Account, Connection, Message, Notice, Record
from fieldfare.vocabulary.schemas import REQUIRED, TABLES
from fieldfare.vocabulary.times import (
    EARLIEST,
    LATEST,
    birth_micros,
    from_micros,
    isoformat,
    parse_time,
    to_micros,
)

RECORDS: dict[str, type[msgspec.Struct]] = {
    "accounts": Account,
    "messages": Message,
    "connections": Connection,
    "notices": Notice,
}


@pytest.mark.parametrize("table", RECORDS)
def test_record_and_schema_have_the_same_fields(table: str) -> None:
    assert list(RECORDS[table].__struct_fields__) == TABLES[table].names


@pytest.mark.parametrize("table", RECORDS)
def test_required_columns_are_the_fields_without_a_default(table: str) -> None:
    required = {field.name for field in msgspec.structs.fields(RECORDS[table]) if field.required}
    assert required == set(REQUIRED[table])


def test_tables_are_told_apart_by_their_required_columns() -> None:
    for table, columns in REQUIRED.items():
        first = next(name for name, needed in REQUIRED.items() if needed <= columns)
        assert first == table


@pytest.mark.parametrize(
    "record",
    [
        Account(id="a", age=13, age_source="declared", country="PH"),
        Message(sender="a", recipients=("b", "c"), sent_at=1, kind="group"),
        Connection(account="a", peer="b", connected_at="2026-01-01T00:00:00Z"),
        Notice(kind="block", account="a", peer="b", at=5),
    ],
)
def test_records_survive_json(record: Record) -> None:
    line = msgspec.json.encode(record)
    assert msgspec.json.decode(line, type=Record) == record


@given(st.integers(EARLIEST, LATEST))
def test_times_survive_text_to_the_microsecond(micros: int) -> None:
    assert parse_time(isoformat(micros)) == micros
    assert to_micros(from_micros(micros)) == micros
    assert parse_time(micros) == micros


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("2026-01-01T00:00:00", "no offset"),
        ("yesterday", "Invalid isoformat"),
        (LATEST + 1, "outside the years"),
        (True, "not true or false"),
        ("0001-01-01T00:00:00+14:00", "out"),
    ],
)
def test_a_time_that_is_none_is_refused(value: int | str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_time(value)


def test_offsets_are_honoured() -> None:
    assert parse_time("2026-03-01T08:00:00+08:00") == parse_time("2026-03-01T00:00:00Z")


def test_a_birth_date_is_noon_so_that_no_zone_moves_it() -> None:
    assert birth_micros(date(2013, 5, 1)) == to_micros(datetime(2013, 5, 1, 12, tzinfo=UTC))


def test_schemas_hold_times_as_integers() -> None:
    for schema in TABLES.values():
        for field in schema:
            if field.name.endswith("_at") or field.name == "at":
                assert field.type == pa.int64()
