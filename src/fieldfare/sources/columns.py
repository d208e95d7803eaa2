"""One Arrow column of a file becomes one column of the vocabulary.

What enters: columns as CSV, Parquet or a mapped export has them. What leaves: the same column in
the vocabulary's type, null where a value cannot be read. Nothing here loops over rows in Python
unless a batch holds a value that Arrow's own conversion refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.vocabulary.schemas import MEDIA, ORIGIN
from fieldfare.vocabulary.times import parse_time

SEPARATORS = "[;|]"
"""What stands between several values in one CSV cell."""

YES = ("true", "1", "yes", "t", "y")
NO = ("false", "0", "no", "f", "n")

STRINGS = pa.list_(pa.string())


class WrongTypeError(Exception):
    """A column whose type cannot become what is wanted; the message names the Arrow type."""


def plain(column: pa.Array) -> pa.Array:
    """The column without dictionary encoding, 64-bit offsets or string views."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        return plain(column.dictionary_decode())
    if pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return column.cast(pa.string())
    if pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return column.cast(pa.binary())
    if pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return column.cast(pa.list_(kind.value_type))
    return column


def strings(column: pa.Array) -> pa.Array:
    """Text and numbers as strings; bytes that are not UTF-8 as null. A whole number held as a
    float, as pandas does beside missing values, loses its ``.0``."""
    column = plain(column)
    kind = column.type
    if pa.types.is_string(kind):
        return column
    if pa.types.is_null(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return column.cast(pa.string())
    if pa.types.is_floating(kind):
        return _or_each(
            lambda: column.cast(pa.int64()).cast(pa.string()), column, _number_name, pa.string()
        )
    if pa.types.is_binary(kind):
        return _or_each(lambda: column.cast(pa.string()), column, _utf8, pa.string())
    raise WrongTypeError(str(kind))


def text(column: pa.Array) -> pa.Array:
    """As `strings`, but bytes that are not UTF-8 become U+FFFD and the rest of the text stays."""
    if pa.types.is_binary(plain(column).type):
        return _or_each(
            lambda: plain(column).cast(pa.string()), column, _utf8_replaced, pa.string()
        )
    return strings(column)


def lists(column: pa.Array, separators: str | None = SEPARATORS) -> pa.Array:
    """Lists of strings: a list column as it is, a scalar column split at `separators` (a
    regular expression) or, with None, as a list of one. Spaces around a value are dropped."""
    column = plain(column)
    if pa.types.is_list(column.type):
        values = strings(column.values)
        return pa.ListArray.from_arrays(column.offsets, values, mask=_nulls(column))
    whole = strings(column)
    if separators is None:
        return _of_one(whole)
    split = pc.split_pattern_regex(whole, separators)
    values = pc.utf8_trim_whitespace(split.values)
    return pa.ListArray.from_arrays(split.offsets, values, mask=_nulls(split))


@dataclass(frozen=True)
class TimeForm:
    """How a column writes its times."""

    per_second: int = 1_000_000
    """Units in a second, for times that are numbers since 1970."""
    zone: str | None = None
    """IANA zone of times without an offset. None: such a time cannot be read."""


MICROS = TimeForm()
"""The documented form: an offset, or whole microseconds."""


def times(column: pa.Array, form: TimeForm = MICROS) -> pa.Array:
    """int64 microseconds UTC, from ISO 8601, numbers since 1970, or Arrow timestamps. Null where
    none of these. Raises WrongTypeError for timestamps without a zone that `form` does not give."""
    column = plain(column)
    kind = column.type
    if pa.types.is_timestamp(kind):
        if kind.tz is None and form.zone is None:
            raise WrongTypeError(f"{kind} without a time zone")
        # Nanoseconds are cut to microseconds: safe casting would refuse them.
        cut = column.cast(pa.timestamp("us", kind.tz), safe=False)
        return (cut if kind.tz else _in_zone(cut, form.zone)).cast(pa.int64())
    if pa.types.is_integer(kind):
        return _or_each(
            lambda: _scaled(column.cast(pa.int64()), form.per_second),
            column,
            lambda value: _scale(value, form.per_second),
            pa.int64(),
        )
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _each(column, lambda value: _scale(value, form.per_second), pa.int64())
    raw = strings(column)
    return _or_each(
        lambda: _times_of_strings(raw, form), raw, lambda value: _time(value, form), pa.int64()
    )


def _in_zone(column: pa.Array, zone: str | None) -> pa.Array:
    # An hour that occurs twice, or never, when the clocks change: the earlier reading.
    return pc.assume_timezone(column, zone, ambiguous="earliest", nonexistent="earliest")


def numbers(column: pa.Array) -> pa.Array:
    """float64; null where not a number."""
    column = plain(column)
    if pa.types.is_string(column.type) or pa.types.is_binary(column.type):
        raw = strings(column)
        return _or_each(lambda: raw.cast(pa.float64()), raw, float, pa.float64())
    if pa.types.is_nested(column.type):
        raise WrongTypeError(str(column.type))
    return column.cast(pa.float64(), safe=False)


def flags(column: pa.Array) -> pa.Array:
    """Booleans, from true/false, yes/no and 1/0 in any case; null where neither."""
    column = plain(column)
    if pa.types.is_boolean(column.type):
        return column
    word = pc.utf8_lower(pc.utf8_trim_whitespace(strings(column)))
    yes = pc.is_in(word, value_set=pa.array(YES))
    known = pc.or_(yes, pc.is_in(word, value_set=pa.array(NO)))
    return pc.if_else(known, yes, pa.scalar(None, pa.bool_()))


def media(column: pa.Array) -> pa.Array:
    """Lists of (kind, hash), from lists of them, or from text: ``photo`` or
    ``photo=sha256:9f86…``, several separated by ``;`` or ``|``."""
    column = plain(column)
    if pa.types.is_list(column.type) and pa.types.is_struct(column.type.value_type):
        items = column.values
        fields = [
            strings(items.field(name))
            if items.type.get_field_index(name) >= 0
            else pa.nulls(len(items), pa.string())
            for name in MEDIA.names
        ]
        inner = pa.StructArray.from_arrays(fields, fields=list(MEDIA))
        return pa.ListArray.from_arrays(column.offsets, inner, mask=_nulls(column))
    listed = lists(column)
    halves = pc.extract_regex(listed.values, r"^(?P<kind>[^=]*)(?:=(?P<hash>.*))?$")
    digest = pc.struct_field(halves, "hash")
    inner = pa.StructArray.from_arrays(
        [
            pc.struct_field(halves, "kind"),
            pc.if_else(pc.equal(digest, ""), pa.scalar(None, pa.string()), digest),
        ],
        fields=list(MEDIA),
    )
    return pa.ListArray.from_arrays(listed.offsets, inner, mask=_nulls(listed))


def origin(column: pa.Array) -> pa.StructArray:
    """Origins, from a struct with some of their fields; the others are empty."""
    column = plain(column)
    if not pa.types.is_struct(column.type):
        raise WrongTypeError(str(column.type))
    fields = []
    for wanted in ORIGIN:
        if column.type.get_field_index(wanted.name) < 0:
            fields.append(
                pa.array([[] if wanted.name == "warnings" else ""], wanted.type).take(
                    pa.repeat(0, len(column))
                )
            )
            continue
        child = pc.struct_field(column, wanted.name)
        fields.append(lists(child) if wanted.name == "warnings" else strings(child))
    return pa.StructArray.from_arrays(fields, fields=list(ORIGIN), mask=_nulls(column))


def _nulls(column: pa.Array) -> pa.Array | None:
    # A mask together with an offset is refused by Arrow, and most columns have no nulls.
    return column.is_null() if column.null_count else None


def _of_one(column: pa.Array) -> pa.Array:
    offsets = pa.array(range(len(column) + 1), pa.int32())
    return pa.ListArray.from_arrays(offsets, column, mask=_nulls(column))


def _or_each(
    fast: Callable[[], pa.Array], column: pa.Array, one: Callable[[Any], Any], kind: pa.DataType
) -> pa.Array:
    """What `fast` gives; where it refuses the batch, each value by itself."""
    try:
        return fast()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return _each(column, one, kind)


def _each(column: pa.Array, one: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    values = []
    for value in column.to_pylist():
        try:
            values.append(None if value is None else one(value))
        except (ValueError, OverflowError, ArithmeticError):
            values.append(None)
    return pa.array(values, kind)


def _utf8(value: bytes) -> str:
    return value.decode("utf-8")


def _utf8_replaced(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _number_name(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _scaled(column: pa.Array, per_second: int) -> pa.Array:
    if per_second <= 1_000_000:
        return pc.multiply_checked(column, 1_000_000 // per_second)
    return pc.divide(column, per_second // 1_000_000)


def _scale(value: Any, per_second: int) -> int:
    return parse_time(
        round(value * 1_000_000 / per_second)
        if isinstance(value, float)
        else int(value * 1_000_000 // per_second)
    )


def _times_of_strings(column: pa.Array, form: TimeForm) -> pa.Array:
    if pc.all(pc.match_substring_regex(column, r"^-?\d+$")).as_py():
        return _scaled(column.cast(pa.int64()), form.per_second)
    # Arrow accepts only a string with an offset here, as `parse_time` does.
    return column.cast(pa.timestamp("us", "UTC")).cast(pa.int64())


def _time(value: str, form: TimeForm) -> int:
    value = value.strip()
    if value.isascii() and value.removeprefix("-").isdecimal():
        return _scale(int(value), form.per_second)
    if form.per_second != 1_000_000 and value.isascii() and value.replace(".", "", 1).isdecimal():
        return _scale(Decimal(value), form.per_second)
    if form.zone is not None:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            value = moment.replace(tzinfo=ZoneInfo(form.zone)).isoformat()
    return parse_time(value)
