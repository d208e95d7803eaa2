"""Lists in pages: how one is asked for, and where the next begins."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

After = Annotated[int, Query(ge=0, le=2**62)]
"""Number of the last one that was seen; 0: from the start."""
Limit = Annotated[int, Query(ge=1, le=1000)]
"""How many at most."""

Row = TypeVar("Row")


def page_of(
    found: Sequence[Row], limit: int, number: Callable[[Row], int]
) -> tuple[Sequence[Row], int | None]:
    """Of one row more than were asked for: those to show, and `after` of the next page, or None."""
    return found[:limit], number(found[limit - 1]) if len(found) > limit else None
