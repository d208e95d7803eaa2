"""How well ages are inferred from peers, on a world whose true ages are known.

What is measured is one first contact of an account that writes to children (`sought.sql`): somebody
of unknown age, or who declares to be 18 to 25. Each pair counts once, at the end of the world.
"""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.contacts import analysis
from fieldfare.contacts.engine import open_engine
from fieldfare.contacts.intake import ContactSettings, load
from fieldfare.lab.labelled_world import World, event_files
from fieldfare.vocabulary import InputError

ADULT: Final = 18.0
EDGES: Final = (0.5, 0.6, 0.7, 0.8, 1.0)

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_PAIRS: Final = (
    "SELECT s.age_known AS declared, t.age AS age, t.kind AS kind, w.offender AS by_offender,"
    " i.child_probability AS probability FROM sought AS s"
    " INNER JOIN truth AS t ON t.account = s.peer INNER JOIN truth AS w ON w.account = s.account"
    " LEFT JOIN inferred AS i ON i.account = s.account AND i.peer = s.peer"
)


def measure(world: World) -> dict[str, Any]:
    """Precision, recall, AUC and calibration, for those of unknown age and those who declare to be
    18 to 25. Raises InputError where the world's truth holds no ages."""
    if "age" not in world.truth.table.column_names:
        raise InputError(f"{world.name}: truth.parquet holds no ages")
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-") as name,
        open_engine("duckdb", folder=Path(name)) as engine,
    ):
        load(engine, event_files(world, Path(name)), ContactSettings())
        analysis.ledger(engine)
        analysis.signals(engine)
        engine.load("truth", world.truth.table.select(["account", "age", "kind", "offender"]))
        pairs = engine.fetch(_PAIRS)
    declared = np.asarray(pairs["declared"], np.int64) == 1
    return {
        "world": world.name,
        "unknown": _figures(pairs.filter(pa.array(~declared))),
        "declared_18_to_25": _figures(pairs.filter(pa.array(declared))),
    }


def _figures(pairs: pa.Table) -> dict[str, Any]:
    child = np.asarray(pc.less(pairs["age"], ADULT), np.bool_)
    probability = np.asarray(pc.fill_null(pairs["probability"], 0.0), np.float64)
    inferred = probability > 0
    wrong = pairs.filter(pa.array(inferred & ~child))["kind"].value_counts().to_pylist()
    victims = child & np.asarray(pairs["by_offender"], np.bool_)
    return {
        "pairs": child.size,
        "children": _share(child),
        "inferred": int(inferred.sum()),
        "precision": _share(child[inferred]),
        "recall": _share(inferred[child]),
        "recall_of_victims": _share(inferred[victims]),
        "auc": auc(probability, child),
        "calibration": [
            {
                "from": low,
                "pairs": int(among.sum()),
                "said": round(float(probability[among].mean()), 3),
                "found": _share(child[among]),
            }
            for low, high in pairwise(EDGES)
            if (among := (probability >= low) & (probability < high)).any()
        ],
        "wrong_by_kind": {
            row["values"]: row["counts"]
            for row in sorted(wrong, key=lambda row: (-row["counts"], row["values"]))
        },
    }


def _share(among: Flags) -> float | None:
    return round(float(among.mean()), 4) if among.size else None


def auc(score: Floats, positive: Flags) -> float | None:
    """The probability that one drawn from the positive scores higher than one of the others, ties
    counted half (Hanley and McNeil 1982); None where one side is empty."""
    if positive.all() or not positive.any():
        return None
    _, place, counts = np.unique(score, return_inverse=True, return_counts=True)
    rank = (np.cumsum(counts) - (counts - 1) / 2)[place]
    ones = int(positive.sum())
    above = rank[positive].sum() - ones * (ones + 1) / 2
    return round(float(above / (ones * (positive.size - ones))), 4)
