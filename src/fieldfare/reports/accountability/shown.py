"""Figures as they may be shown: small ones held back, unless somebody asks for the exact ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fieldfare.reports.accountability.figures import Figures
from fieldfare.reports.accountability.protection import hidden
from fieldfare.reports.accountability.wording import FEW, NONE, UNKNOWN

Cell = str | int | float

HEADER: Final = ("figure", "key", "value", "unit", "what it is", "counted from")


@dataclass(frozen=True)
class Shown:
    """The figures of a period, and which of them are held back."""

    figures: Figures
    held: frozenset[str]
    exact: bool

    @classmethod
    def of(cls, found: Figures, *, exact: bool) -> Shown:
        """Held back as `protection` says; `exact`: none."""
        return cls(found, frozenset() if exact else hidden(found), exact)

    def value(self, key: str) -> Cell:
        """The number, or the mark that stands in its place."""
        found = self.figures[key]
        if not found.recorded:
            return UNKNOWN
        if key in self.held:
            return FEW
        if found.value is None:
            return NONE
        return round(found.value, 4) if found.unit == "share" else found.value

    def said(self, key: str) -> str:
        """The same in words: hours and shares with their unit."""
        value = self.value(key)
        if isinstance(value, str):
            return value
        unit = self.figures[key].unit
        if unit == "share":
            return f"{value:.1%}"
        return f"{value:,} hours" if unit == "hours" else f"{value:,}"

    def rows(self) -> list[tuple[Cell, ...]]:
        """Every figure, under `HEADER`."""
        return [
            (each.title, each.key, self.value(each.key), each.unit, each.says, each.source)
            for each in self.figures
        ]
