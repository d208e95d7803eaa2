"""The pack to read: one page without scripts, made by the same numbers as the JSON."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fieldfare.reports.nca.pack import Packed
from fieldfare.vocabulary.times import HOUR, MINUTE, isoformat

if TYPE_CHECKING:
    import jinja2


def render(packed: Packed) -> str:
    """The page."""
    clock = packed.pack.clock
    return _template().render(
        pack=packed.pack,
        since=isoformat(clock.since),
        elapsed=f"{clock.elapsed // HOUR} h {clock.elapsed % HOUR // MINUTE} min",
        missing=packed.completeness.missing,
        held=sum(each.held for each in packed.pack.fields),
    )


@cache
def _template() -> jinja2.Template:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    text = (files("fieldfare.reports.nca") / "page.html").read_text("utf-8")
    return environment.from_string(text)
