"""Accounts as the ledger's SQL wants them: ages as numbers with a confidence, zones as hours.

A pure function on Arrow batches, so that it maps over partitions like everything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

PREPARED: Final = pa.schema(
    [
        ("account", pa.string()),
        ("name", pa.string()),
        ("age", pa.float64()),
        ("born_at", pa.int64()),
        ("age_basis", pa.string()),
        ("age_confidence", pa.float64()),
        ("country", pa.string()),
        ("country_basis", pa.string()),
        ("utc_offset_hours", pa.float64()),
        ("created_at", pa.int64()),
        ("role", pa.string()),
        ("role_source", pa.string()),
    ]
)

CONFIDENCE: Final[Mapping[str, float]] = {"verified": 0.98, "declared": 0.9, "inferred": 0.75}
"""Probability that an age of this source is on the right side of 18, where the service gives
none of its own. Set by judgement; services should measure theirs and give `age_confidence`."""

MAX_CONFIDENCE: Final = 0.99
"""No given age is certain: a claim of certainty would silence all other evidence."""


def prepare(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch of `schemas.ACCOUNTS` as rows of `PREPARED`.

    An age without a source counts as declared. `born_at` is microseconds UTC, at noon of the
    birth date. Offsets are those of the zone's standard time in January 2026 or July, whichever
    is smaller, so that a zone has one offset whatever the season; null where unknown.
    """
    basis = pc.fill_null(batch["age_source"], "declared")
    default = _lookup(basis, CONFIDENCE, pa.float64())
    confidence = pc.coalesce(batch["age_confidence"], default, pa.scalar(CONFIDENCE["declared"]))
    confidence = pc.min_element_wise(
        pc.max_element_wise(confidence, pa.scalar(1 - MAX_CONFIDENCE)), pa.scalar(MAX_CONFIDENCE)
    )
    has_age = pc.or_(pc.is_valid(batch["age"]), pc.is_valid(batch["birth_date"]))
    columns = [
        batch["id"],
        batch["name"],
        batch["age"],
        _born_at(batch["birth_date"]),
        pc.if_else(has_age, basis, pa.scalar(None, pa.string())),
        pc.if_else(has_age, confidence, pa.scalar(None, pa.float64())),
        pc.utf8_upper(batch["country"]),
        pc.if_else(
            pc.is_valid(batch["country"]),
            pc.fill_null(batch["country_source"], "declared"),
            pa.scalar(None, pa.string()),
        ),
        _offsets(batch["time_zone"]),
        batch["created_at"],
        batch["role"],
        pc.if_else(
            pc.is_valid(batch["role"]),
            pc.fill_null(batch["role_source"], "operator"),
            pa.scalar(None, pa.string()),
        ),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=PREPARED)


def _born_at(dates: pa.Array) -> pa.Array:
    if dates.null_count == len(dates):
        return pa.nulls(len(dates), pa.int64())
    noon = pc.binary_join_element_wise(dates, pa.scalar("12:00:00"), pa.scalar(" "))
    stamps = pc.strptime(noon, format="%Y-%m-%d %H:%M:%S", unit="us", error_is_null=True)
    return stamps.cast(pa.int64())


def _offsets(zones: pa.Array) -> pa.Array:
    known = {zone: _standard_offset(zone) for zone in pc.unique(zones).to_pylist() if zone}
    return _lookup(zones, known, pa.float64())


@cache
def _standard_offset(zone: str) -> float | None:
    try:
        info = ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        return None
    hours = []
    for month in (1, 7):
        offset = datetime(2026, month, 1, tzinfo=UTC).astimezone(info).utcoffset()
        if offset is not None:
            hours.append(offset.total_seconds() / 3600)
    return min(hours, default=None)


def _lookup(keys: pa.Array, values: Mapping[str, float | None], kind: pa.DataType) -> pa.Array:
    at = pc.index_in(keys, pa.array(list(values), pa.string()))
    return pc.take(pa.array(list(values.values()), kind), at)
