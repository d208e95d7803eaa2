"""What was seen of a world, kept in a file, so that an evaluation that was stopped goes on.

The file holds the digest of everything that decides what is seen: the parts of this package that
simulate, compute signals and look, the bins, and the world's own recipe. Where the digest differs,
the file is not used.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import numpy as np

from fieldfare.lab.labelled_world import read_world
from fieldfare.lab.moments import Course, Observed, Seen
from fieldfare.risk.scorecard import Scorecard

DECIDING: Final = (
    "contacts",
    "lab/simulation",
    "lab/moments.py",
    "lab/views.py",
    "scan/universe.py",
)
"""Where, in this package, what is seen is decided. A change elsewhere is not noticed."""
OTHER_ENGINES: Final = ("spark_engine.py",)
"""Worlds that are kept are looked at by the default engine."""
COURSE: Final = ("account", "moment", "children", "messages")
SEEN: Final = ("account", "moment", "codes")


def digest(form: Scorecard, recipe: str, further: Sequence[str] = ()) -> str:
    """Of what decides what is seen of the world that `recipe` makes, in the bins of `form`; and of
    further files or folders of this package."""
    found = hashlib.sha256(recipe.encode())
    for name, bins in form.signals.items():
        found.update(f"{name} {bins.edges}\n".encode())
    root = files("fieldfare")
    for part in (*DECIDING, *further):
        for path in _files(root.joinpath(*part.split("/"))):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()


def _files(path: Traversable) -> Iterator[Traversable]:
    if path.is_file():
        if path.name.endswith((".py", ".sql", ".toml")) and path.name not in OTHER_ENGINES:
            yield path
        return
    for inner in sorted(path.iterdir(), key=lambda each: each.name):
        yield from _files(inner)


def save(path: Path, observed: Observed, recipe: str) -> None:
    """Write what was seen; complete or not there."""
    arrays: dict[str, Any] = {"dates": observed.dates}
    arrays |= {f"course_{name}": getattr(observed.course, name) for name in COURSE}
    arrays["views"] = np.array(list(observed.everyone))
    for view in observed.everyone:
        for kind, seen in (("everyone", observed.everyone), ("followed", observed.followed)):
            arrays |= {f"{kind}_{view}_{name}": getattr(seen[view], name) for name in SEEN}
    arrays["digest"] = np.array(digest(observed.form, recipe))
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as file:
        np.savez(file, **arrays)
    unfinished.replace(path)


def load(path: Path, world: Path, form: Scorecard, recipe: str) -> Observed | None:
    """What was seen before; None where there is no such file, or where something has changed."""
    if not path.is_file() or not (world / "truth.parquet").is_file():
        return None
    with np.load(path) as arrays:
        if str(arrays["digest"]) != digest(form, recipe):
            return None
        seen = {
            kind: {
                view: Seen(*(arrays[f"{kind}_{view}_{name}"] for name in SEEN))
                for view in arrays["views"].tolist()
            }
            for kind in ("everyone", "followed")
        }
        course = Course(*(arrays[f"course_{name}"] for name in COURSE))
        dates = arrays["dates"]
    return Observed(read_world(world), form, dates, seen["everyone"], course, seen["followed"])
