"""The SQL of this room, by name: one file a step in ``sql/``."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def statements(name: str) -> str:
    """The text of a file of ``sql/``."""
    return (files("fieldfare.investigation") / "sql" / f"{name}.sql").read_text("utf-8")
