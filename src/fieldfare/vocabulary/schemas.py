"""Arrow schemas: the same words as `records`, in columns. These are also the Parquet form.

Times are int64 microseconds UTC. A table is recognised by its name in `TABLES`; a Parquet or
CSV file by the columns that only that table has (`REQUIRED`).
"""

from __future__ import annotations

import pyarrow as pa

ORIGIN = pa.struct(
    [
        ("source", pa.string()),
        ("member", pa.string()),
        ("locator", pa.string()),
        ("raw_time", pa.string()),
        ("tz_basis", pa.string()),
        ("warnings", pa.list_(pa.string())),
    ]
)

MEDIA = pa.struct([("kind", pa.string()), ("hash", pa.string())])

ACCOUNTS = pa.schema(
    [
        ("id", pa.string()),
        ("name", pa.string()),
        ("age", pa.float64()),
        ("birth_date", pa.string()),
        ("age_source", pa.string()),
        ("age_confidence", pa.float64()),
        ("country", pa.string()),
        ("country_source", pa.string()),
        ("time_zone", pa.string()),
        ("created_at", pa.int64()),
        ("role", pa.string()),
        ("role_source", pa.string()),
        ("origin", ORIGIN),
    ]
)

MESSAGES = pa.schema(
    [
        ("id", pa.string()),
        ("conversation", pa.string()),
        ("kind", pa.string()),
        ("sender", pa.string()),
        ("recipients", pa.list_(pa.string())),
        ("sent_at", pa.int64()),
        ("text", pa.string()),
        ("media", pa.list_(MEDIA)),
        ("encrypted", pa.bool_()),
        ("origin", ORIGIN),
    ]
)

CONNECTIONS = pa.schema(
    [
        ("account", pa.string()),
        ("peer", pa.string()),
        ("connected_at", pa.int64()),
        ("origin", ORIGIN),
    ]
)

NOTICES = pa.schema(
    [
        ("id", pa.string()),
        ("kind", pa.string()),
        ("account", pa.string()),
        ("peer", pa.string()),
        ("at", pa.int64()),
        ("origin", ORIGIN),
    ]
)

TABLES: dict[str, pa.Schema] = {
    "accounts": ACCOUNTS,
    "messages": MESSAGES,
    "connections": CONNECTIONS,
    "notices": NOTICES,
}

REQUIRED: dict[str, frozenset[str]] = {
    "messages": frozenset({"sender", "recipients", "sent_at"}),
    "connections": frozenset({"account", "peer", "connected_at"}),
    "notices": frozenset({"kind", "account", "peer", "at"}),
    "accounts": frozenset({"id"}),
}
"""Columns without which a file is not that table, the most telling table first."""
