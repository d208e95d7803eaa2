"""What every record must satisfy, in one place for every format that is read in columns.

What enters: a batch in a table's schema, or the columns of one. What leaves: the batch without
the rows that are not usable, and with the doubtful values of the others emptied. Everything left
out or emptied is noted in `Problems` with the locator of its row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import get_args
from zoneinfo import available_timezones

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.sources import columns as convert
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary.records import AgeSource, MediaKind, Role
from fieldfare.vocabulary.schemas import ORIGIN, REQUIRED, TABLES
from fieldfare.vocabulary.times import EARLIEST, LATEST, WRONG_UNIT

KINDS = {
    "messages": ("private", "group"),
    "notices": ("block", "report", "request", "accept", "decline"),
}

TIMES = {
    "messages": "sent_at",
    "connections": "connected_at",
    "notices": "at",
    "accounts": "created_at",
}
"""The one column of each table that holds a time."""

IN_1970 = "a time in January 1970 (whole numbers are microseconds)"

OLDEST = 120
"""Years; nobody is older."""


@dataclass(frozen=True)
class Where:
    """Where the rows of a batch stand in their source."""

    source: str
    member: str
    unit: str
    """What is counted: ``row`` or ``line``."""
    numbers: pa.Array
    """The number of each row in its source, from 1."""
    time_form: convert.TimeForm = convert.MICROS
    tz_basis: str = "utc"
    """The basis of a time that is neither a number nor carries an offset."""


def origins(where: Where, raw_time: pa.Array | None) -> pa.StructArray:
    """The origin of every row."""
    rows = len(where.numbers)
    fields = {
        "source": pa.repeat(where.source, rows),
        "member": pa.repeat(where.member, rows),
        "locator": pc.binary_join_element_wise(where.unit, where.numbers.cast(pa.string()), " "),
        "raw_time": pa.repeat("", rows) if raw_time is None else pc.fill_null(raw_time, ""),
        "tz_basis": _tz_basis(raw_time, where.tz_basis, rows),
        "warnings": _empty_lists(rows, pa.string()),
    }
    return pa.StructArray.from_arrays([fields[name] for name in ORIGIN.names], fields=list(ORIGIN))


def _tz_basis(raw_time: pa.Array | None, otherwise: str, rows: int) -> pa.Array:
    if raw_time is None:
        return pa.repeat(otherwise, rows)
    utc = pc.match_substring_regex(raw_time, r"(^-?[0-9.]+|Z)\s*$")
    offset = pc.match_substring_regex(raw_time, r"[+-]\d\d:?\d\d\s*$")
    return pc.if_else(
        pc.fill_null(utc, True), "utc", pc.if_else(pc.fill_null(offset, False), "offset", otherwise)
    )


def assemble(
    table: str,
    found: Mapping[str, pa.Array],
    where: Where,
    problems: Problems,
    metadata_only: bool = False,
) -> pa.RecordBatch:
    """A tidy batch of `table` from whichever of its columns were found, of any type that can
    become theirs. Raises `columns.WrongTypeError` for a column of another."""
    rows = len(where.numbers)
    schema = TABLES[table]
    own = origins(where, _raw_time(found.get(TIMES[table])))
    bad = pa.repeat(False, rows)
    filled: list[pa.Array] = []
    for column in schema:
        raw = found.get(column.name)
        if column.name == "origin":
            filled.append(own if raw is None else _first(convert.origin(raw), own))
        elif raw is None or (column.name == "text" and metadata_only):
            filled.append(pa.nulls(rows, column.type))
        else:
            value = _converted(column, raw, where.time_form)
            if column.name in ("text", "name") and pa.types.is_binary(raw.type):
                odd = pc.and_(raw.is_valid(), convert.strings(raw).is_null())
                if pc.any(odd).as_py():
                    _note(
                        problems,
                        f"bytes of {column.name} that are not UTF-8; they became U+FFFD",
                        own,
                        odd,
                    )
            filled.append(value)
            unread = pc.and_(raw.is_valid(), value.is_null())
            if pc.any(unread).as_py():
                required = column.name in REQUIRED[table]
                after = "the record was left out" if required else "it was left empty"
                _note(
                    problems, f"a value of {column.name} that cannot be read; {after}", own, unread
                )
                bad = pc.or_(bad, unread) if required else bad
    batch = pa.RecordBatch.from_arrays(filled, schema=schema)
    in_micros = where.time_form.per_second == convert.MICROS.per_second
    # Filtering copies every column, and hardly ever is there anything to leave out.
    if pc.any(bad).as_py():
        batch = batch.filter(pc.invert(bad))
    return tidy(table, batch, problems, doubt_unit=in_micros)


def check_type(column: pa.Field, found: pa.DataType) -> None:
    """Raise `columns.WrongTypeError` where a column of type `found` can never become `column`."""
    try:
        if column.name == "origin":
            convert.origin(pa.nulls(0, found))
        else:
            _converted(column, pa.nulls(0, found), convert.MICROS)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise convert.WrongTypeError(str(found)) from error


def _first(given: pa.StructArray, own: pa.StructArray) -> pa.StructArray:
    return pc.if_else(given.is_null(), own, given) if given.null_count else given


def _converted(column: pa.Field, raw: pa.Array, form: convert.TimeForm) -> pa.Array:
    if pa.types.is_int64(column.type):
        return convert.times(raw, form)
    if raw.type == column.type:
        return raw
    if column.name == "recipients":
        return convert.lists(raw)
    if column.name == "media":
        return convert.media(raw)
    if column.name in ("text", "name"):
        return convert.text(raw)
    if pa.types.is_floating(column.type):
        return convert.numbers(raw)
    return convert.flags(raw) if pa.types.is_boolean(column.type) else convert.strings(raw)


def _raw_time(column: pa.Array | None) -> pa.Array | None:
    if column is None or pa.types.is_timestamp(column.type):
        return None
    return convert.text(column)


def tidy(
    table: str, batch: pa.RecordBatch, problems: Problems, doubt_unit: bool = False
) -> pa.RecordBatch:
    """The batch without unusable rows, defaults filled in, ranges kept. With `doubt_unit`, a time
    in January 1970 is taken for one in seconds or milliseconds, and is not usable.

    A row is unusable without its required columns, with a time outside 1900–2200, or with a kind
    that does not exist. The ranges of an account are wishes: a value outside is emptied.
    """
    work = _Work(table, batch, problems)
    for name in TABLES[table].names:
        if name in REQUIRED[table]:
            work.require(name)
    work.check_time(doubt_unit)
    if table == "messages":
        _tidy_messages(work)
    elif table == "notices":
        work.one_of("kind", KINDS["notices"])
    elif table == "accounts":
        _tidy_accounts(work)
    return work.result()


class _Work:
    """A batch on its way through the checks: its columns, and which rows are still good."""

    def __init__(self, table: str, batch: pa.RecordBatch, problems: Problems) -> None:
        self.table, self.problems = table, problems
        self.columns = dict(zip(batch.schema.names, batch.columns, strict=True))
        self.rows = batch.num_rows
        self.good = pa.repeat(True, self.rows)

    def drop(self, bad: pa.Array, what: str) -> None:
        """Leave out the rows where `bad`, of those not left out already."""
        bad = pc.and_(self.good, pc.fill_null(bad, False))
        if pc.any(bad).as_py():
            _note(self.problems, f"{what}; the record was left out", self.columns["origin"], bad)
            self.good = pc.and_(self.good, pc.invert(bad))

    def empty(self, name: str, bad: pa.Array, what: str) -> None:
        """Set a column to null in the rows where `bad`."""
        bad = pc.and_(self.good, pc.fill_null(bad, False))
        if pc.any(bad).as_py():
            _note(self.problems, f"{what}; it was left empty", self.columns["origin"], bad)
            column = self.columns[name]
            self.columns[name] = pc.if_else(bad, pa.scalar(None, column.type), column)

    def require(self, name: str) -> None:
        column = self.columns[name]
        missing = column.is_null()
        if pa.types.is_string(column.type):
            missing = pc.or_(missing, pc.fill_null(pc.equal(column, ""), False))
        self.drop(missing, f"a record without {name}")

    def one_of(self, name: str, words: tuple[str, ...]) -> None:
        column = self.columns[name]
        known = pc.is_in(column, value_set=pa.array(words))
        self.drop(pc.and_(column.is_valid(), pc.invert(known)), f"a {name} that does not exist")

    def check_time(self, doubt_unit: bool) -> None:
        name = TIMES[self.table]
        column = self.columns[name]
        outside = pc.or_(pc.less(column, EARLIEST), pc.greater(column, LATEST))
        leave = self.drop if self.table != "accounts" else partial(self.empty, name)
        leave(outside, "a time outside the years 1900–2200 (whole numbers are microseconds)")
        if doubt_unit:
            low, high = WRONG_UNIT
            leave(pc.and_(pc.greater_equal(column, low), pc.less(column, high)), IN_1970)

    def result(self) -> pa.RecordBatch:
        schema = TABLES[self.table]
        batch = pa.RecordBatch.from_arrays(
            [self.columns[name] for name in schema.names], schema=schema
        )
        return batch if pc.all(self.good).as_py() else batch.filter(self.good)


def _tidy_messages(work: _Work) -> None:
    columns = work.columns
    columns["kind"] = pc.fill_null(columns["kind"], "private")
    work.one_of("kind", KINDS["messages"])
    columns["encrypted"] = pc.fill_null(columns["encrypted"], False)
    columns["media"] = _filled_lists(columns["media"])
    _check_media(work)
    columns["recipients"] = _without_sender(work, columns["recipients"], columns["sender"])


def _check_media(work: _Work) -> None:
    media = work.columns["media"]
    items = media.flatten()
    if not len(items):
        return
    known = pc.is_in(items.field("kind"), value_set=pa.array(get_args(MediaKind)))
    if pc.all(known).as_py():
        return
    parents, kept = _parents(media), _mask(known)
    rows = np.zeros(work.rows, dtype=bool)
    rows[parents[~kept]] = True
    what = "a kind of media that does not exist; it was left out"
    _note(work.problems, what, work.columns["origin"], pc.and_(work.good, pa.array(rows)))
    work.columns["media"] = _kept(media, kept)


def _without_sender(work: _Work, recipients: pa.Array, sender: pa.Array) -> pa.Array:
    """The recipients without the sender, repeats and names that are missing."""
    recipients = _filled_lists(recipients)
    names = recipients.flatten()
    if not len(names):
        return recipients
    parents = _parents(recipients)
    nameless = _mask(pc.or_kleene(names.is_null(), pc.equal(names, "")))
    if nameless.any():
        rows = np.zeros(work.rows, dtype=bool)
        rows[parents[nameless]] = True
        _note(
            work.problems,
            "a recipient without a name; it was left out",
            work.columns["origin"],
            pc.and_(work.good, pa.array(rows)),
        )
    gone = nameless | _mask(pc.equal(names, sender.take(pa.array(parents))))
    if np.any(parents[1:] == parents[:-1]):
        # Rows with several recipients: keep the first of each pair of row and name.
        codes = names.dictionary_encode().indices.fill_null(-1).to_numpy(zero_copy_only=False)
        pairs = parents * (len(names) + 1) + codes
        first = np.zeros(len(names), dtype=bool)
        first[np.unique(pairs, return_index=True)[1]] = True
        gone |= ~first
    return _kept(recipients, ~gone) if gone.any() else recipients


def _kept(lists: pa.Array, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pa.Array:
    """The lists with those of their items, one after another, that are kept."""
    counts = np.bincount(_parents(lists)[kept], minlength=len(lists))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), lists.flatten().filter(pa.array(kept)))


def _tidy_accounts(work: _Work) -> None:
    columns = work.columns
    for name, most in (("age", float(OLDEST)), ("age_confidence", 1.0)):
        # Written as "not inside", so that NaN is outside.
        inside = pc.and_(pc.greater_equal(columns[name], 0.0), pc.less_equal(columns[name], most))
        work.empty(name, pc.invert(inside), f"{name} outside 0–{most:g}")
    for name, words in (("age_source", AgeSource), ("role", Role)):
        known = pc.is_in(columns[name], value_set=pa.array(get_args(words)))
        work.empty(
            name,
            pc.and_(columns[name].is_valid(), pc.invert(known)),
            f"{'an' if name[0] == 'a' else 'a'} {name} that does not exist",
        )
    if columns["birth_date"].null_count < work.rows:
        _tidy_birth_dates(work)
    country = columns["country"] = pc.utf8_upper(columns["country"])
    work.empty(
        "country",
        pc.invert(pc.match_substring_regex(country, "^[A-Z]{2}$")),
        "a country that is not two letters of ISO 3166",
    )
    zone = columns["time_zone"]
    work.empty(
        "time_zone",
        pc.and_(zone.is_valid(), pc.invert(pc.is_in(zone, value_set=_zones()))),
        "a time_zone that is no IANA name",
    )


def _tidy_birth_dates(work: _Work) -> None:
    born = work.columns["birth_date"]
    work.empty(
        "birth_date",
        pc.and_(born.is_valid(), pc.invert(_is_date(born))),
        "a birth_date that is not YYYY-MM-DD",
    )
    # As text, since dates of this form sort as they stand. A day more, for the zones ahead of UTC.
    today = datetime.now(UTC) + timedelta(days=1)
    born = work.columns["birth_date"]
    work.empty(
        "birth_date",
        pc.or_(
            pc.greater(born, f"{today:%Y-%m-%d}"),
            pc.less(born, f"{today.year - OLDEST:04}-01-01"),
        ),
        f"a birth_date in the future or more than {OLDEST} years ago",
    )


@cache
def _zones() -> pa.Array:
    return pa.array(sorted(available_timezones()))


def _is_date(column: pa.Array) -> pa.Array:
    shaped = pc.fill_null(pc.match_substring_regex(column, r"^\d{4}-\d{2}-\d{2}$"), False)
    candidates = pc.if_else(shaped, column, pa.scalar(None, pa.string()))
    days = pc.strptime(candidates, format="%Y-%m-%d", unit="s", error_is_null=True)
    # strptime takes 31 February for 3 March; only what is written back the same is a date.
    return pc.fill_null(pc.equal(pc.strftime(days, format="%Y-%m-%d"), candidates), False)


def _filled_lists(column: pa.Array) -> pa.Array:
    """The column with empty lists for nulls, and offsets from nought."""
    counts = pc.fill_null(pc.list_value_length(column), 0)
    offsets = np.concatenate([[0], np.cumsum(counts.to_numpy(zero_copy_only=False))])
    return pa.ListArray.from_arrays(pa.array(offsets.astype(np.int32)), column.flatten())


def _empty_lists(rows: int, kind: pa.DataType) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.zeros(rows + 1, np.int32)), pa.array([], kind))


def _parents(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    parents: np.ndarray[tuple[int], np.dtype[np.int64]] = pc.list_parent_indices(column).to_numpy()
    return parents


def _mask(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    mask: np.ndarray[tuple[int], np.dtype[np.bool_]] = pc.fill_null(column, False).to_numpy(
        zero_copy_only=False
    )
    return mask


def _note(problems: Problems, what: str, origin: pa.StructArray, bad: pa.Array) -> None:
    at = np.flatnonzero(_mask(bad))
    for place in origin.take(pa.array(at[: problems.most])).to_pylist():
        known = place or {"source": "", "member": "", "locator": ""}
        problems.add(known["source"], what, member=known["member"], locator=known["locator"])
    if len(at) > problems.most:
        problems.add("", what, times=len(at) - problems.most)
