"""The pack to read: one page without scripts, made by the same numbers as the JSON."""

from __future__ import annotations

from importlib.resources import files

from fieldfare.reports.nca.pack import Packed
from fieldfare.scan.page import templates


def render(packed: Packed) -> str:
    """The page."""
    minutes = packed.pack.clock.elapsed_seconds // 60
    return (
        templates(_read)
        .get_template("page.html")
        .render(
            pack=packed.pack,
            elapsed=f"{minutes // 60} h {minutes % 60} min",
            missing=packed.completeness.missing,
            held=sum(each.held for each in packed.pack.fields),
        )
    )


def _read(name: str) -> str | None:
    return (files("fieldfare.reports.nca") / name).read_text("utf-8")
