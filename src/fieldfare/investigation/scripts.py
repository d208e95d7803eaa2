"""Scripts: what the suspect sent, nearly word for word, to many people."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from fieldfare.investigation.identities import components
from fieldfare.investigation.statements import statements
from fieldfare.investigation.store import Investigation

HASHES: Final = 16
BANDS: Final = 8


def find_scripts(case: Investigation) -> None:
    """Fill `scripts` from `messages`: near-duplicates by MinHash, grouped by what is alike."""
    rows = HASHES // BANDS
    minima = ", ".join(f"MIN(hash(pair, {k})) AS h{k}" for k in range(HASHES))
    bands = ", ".join(
        f"hash({band}, {', '.join(f'h{band * rows + k}' for k in range(rows))})"
        for band in range(BANDS)
    )
    case.run(statements("scripts").replace("{minima}", minima).replace("{bands}", bands))
    met = case.rows("SELECT one, other FROM met_texts ORDER BY one, other")
    groups = components((str(row["one"]), str(row["other"])) for row in met)
    grouped = pa.table(
        {
            "content": pa.array([int(one) for one in groups], pa.uint64()),
            "one": pa.array([int(one) for one in groups.values()], pa.uint64()),
        }
    )
    with case.lent(grouped=grouped):
        case.run(statements("scripts_kept"))
