"""What a case gives to those without the console: tables as CSV, and a short summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from fieldfare.investigation.records import COUNTS, URGENT
from fieldfare.investigation.store import Investigation

TABLES: Final = {
    "peers": "SELECT * REPLACE (array_to_string(accounts, ' ') AS accounts) FROM peers"
    " ORDER BY child_probability DESC, peer",
    "cues": "SELECT * EXCLUDE (amount) FROM cues ORDER BY peer, weight DESC, message",
    "countries": "SELECT * FROM countries ORDER BY peer, weight DESC, country, message",
    "risks": 'SELECT * FROM risks ORDER BY peer, "at", kind, message',
    "acquainted": "SELECT * FROM acquainted ORDER BY peer_a, peer_b, basis",
    "scripts": 'SELECT * FROM scripts ORDER BY script, "at", message',
    "joins": "SELECT * FROM joins ORDER BY state, kind, account_a, account_b",
    "stages": "SELECT * FROM stages ORDER BY peer, first_at, indicator",
    "days": "SELECT * FROM days ORDER BY day",
    "sources": "SELECT * FROM sources ORDER BY source",
    "problems": 'SELECT * FROM problems ORDER BY lost DESC, source, "where", what',
}
"""What is written, as ``NAME.csv``."""

_ISO: Final = "strftime(make_timestamp({0}), '%Y-%m-%dT%H:%M:%SZ')"
_SHOWN: Final = {
    **dict.fromkeys(("at", "first_at", "first_contact", "last_contact"), _ISO),
    **dict.fromkeys(
        ("child_probability", "low", "high", "country_confidence", "confidence", "priority",
         "weight", "similarity"),
        "round({0}, 4)",
    ),
}  # fmt: skip
"""Columns as a person reads them: times in UTC, as the reports have them; no digits that mean
nothing."""


def write(case: Investigation, folder: Path) -> None:
    """Write every table as CSV into a folder that only its owner can read. Text of messages is
    in it as the short quotes of cues and risks."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, query in TABLES.items():
        path = str(folder / f"{name}.csv").replace("'", "''")
        case.run(f"COPY ({_legible(case, query)}) TO '{path}' (FORMAT csv, HEADER)")


def _legible(case: Investigation, query: str) -> str:
    columns = [name for name, *_ in case.values(f"DESCRIBE {query}")]
    shown = ", ".join(
        _SHOWN.get(name, "{0}").format(f'"{name}"') + f' AS "{name}"' for name in columns
    )
    return f"SELECT {shown} FROM ({query})"


def summary(case: Investigation) -> dict[str, Any]:
    """How many messages, people and children, by country; children are those whom the reports of
    the countries hold."""
    counts = {
        name: case.value(f"SELECT COUNT(*) FROM {table}")
        for name, table in (("messages", "messages"), ("records", "records"), ("peers", "peers"))
    }
    found = case.rows(
        "SELECT country, COUNT(*) AS children, COUNT(*) FILTER (risk_level >= ?) AS urgent"
        f" FROM peers WHERE {COUNTS} GROUP BY country"
        " ORDER BY children DESC, country IS NULL, country",
        [URGENT],
    )
    return {
        **counts,
        "children": sum(each["children"] for each in found),
        "countries": found,
        "suspect": [
            row["account"]
            for row in case.rows("SELECT account FROM accounts WHERE is_suspect ORDER BY account")
        ],
        "proposed": case.value(
            "SELECT COUNT(*) FROM joins WHERE state = 'proposed' AND NOT applied"
        ),
    }
