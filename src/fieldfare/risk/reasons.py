"""One account's contributions as sentences a person can check."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.risk.assessment import Assessed
from fieldfare.risk.scorecard import Bins

MIN_CONTRIBUTION = 0.05
"""Contributions nearer to nothing than this are left out of the reasons."""

MIN_LIKE_ACCOUNTS = 30
"""With fewer accounts as active as this one, a comparison would say nothing."""


_ROLES: Final = (
    "a member like others",
    "a business or a verified creator",
    "a moderator or a support desk",
)


@dataclass(frozen=True)
class Reason:
    """Why, in one signal. A negative contribution speaks for the account."""

    signal: str
    value: float
    contribution: float
    sentence: str


@dataclass(frozen=True)
class Population:
    """The table `population`: how many accounts of an activity class reached which value."""

    activity: tuple[int, ...]
    value: tuple[int, ...]
    accounts: tuple[int, ...]

    @classmethod
    def of(cls, table: pa.Table) -> Population:
        return cls(
            tuple(table["activity"].to_pylist()),
            tuple(table["children_peak_7d"].to_pylist()),
            tuple(table["accounts"].to_pylist()),
        )

    def compare(self, first_contacts: int, value: float) -> str:
        """``; of the 3,214 accounts this active, 99.9 % wrote to at most 3``. Where there are too
        few, with all that wrote first to at least half, a quarter … as many people; nothing
        where those are too few as well."""
        own = max((a for a in self.activity if a <= first_contacts), default=0)
        rows = [(a, v, n) for a, v, n in self._rows() if a == own]
        among = "accounts this active"
        for least in sorted({a for a in self.activity if a <= own}, reverse=True):
            if sum(n for _, _, n in rows) >= MIN_LIKE_ACCOUNTS:
                break
            rows = [(a, v, n) for a, v, n in self._rows() if a >= least]
            among = f"accounts that wrote first to {least:,} or more people"
        like = sorted((v, n) for _, v, n in rows)
        total = sum(n for _, n in like)
        if total < MIN_LIKE_ACCOUNTS:
            return ""
        for share in (0.9999, 0.999, 0.99, 0.95, 0.9, 0.75, 0.5):
            # A quantile is only named where at least three accounts stand beyond it.
            if total * (1 - share) < 3 and share > 0.95:
                continue
            bound = _quantile(like, share * total)
            if bound < math.floor(value + 0.5):
                wrote = "none" if bound == 0 else f"at most {bound:,}"
                return f"; of the {total:,} {among}, {100 * share:g} % wrote to {wrote}"
        return ""

    def _rows(self) -> Iterator[tuple[int, int, int]]:
        return zip(self.activity, self.value, self.accounts, strict=True)


def _quantile(like: Sequence[tuple[int, int]], wanted: float) -> int:
    """The least value that `wanted` accounts do not exceed, of (value, accounts) in order."""
    reached = 0
    for value, count in like:
        reached += count
        if reached >= wanted:
            return value
    return like[-1][0]


def reasons(
    assessed: Assessed, row: int, values: Mapping[str, Any], population: Population | None = None
) -> list[Reason]:
    """The reasons behind one row, the strongest first; those that speak for the account after
    those against it. `values` holds that row's signals by name."""
    found = []
    for name, bins in assessed.scorecard.signals.items():
        contribution = float(assessed.contributions[name][row])
        if abs(contribution) < MIN_CONTRIBUTION or values[name] is None:
            continue
        value = float(values[name])
        like = ""
        sentence = bins.sentence_for(value)
        if population is not None and "{like}" in sentence:
            like = population.compare(int(values["first_contacts"]), value)
        sentence = sentence.format(value=_words(value, bins), like=like)
        found.append(Reason(name, value, contribution, sentence[0].upper() + sentence[1:]))
    return sorted(found, key=lambda reason: (-reason.contribution, reason.signal))


def total_contribution(items: Sequence[Reason]) -> float:
    """What the reasons together add to the log odds."""
    return math.fsum(reason.contribution for reason in items)


def _words(value: float, bins: Bins) -> str:
    if bins.format == "children":
        return _children(value)
    if bins.format == "percent":
        return f"{100 * value:.0f} %"
    if bins.format == "years":
        return f"{abs(value):.0f} years" if abs(value) >= 1.5 else f"{abs(value):.1f} years"
    if bins.format == "hours":
        return _duration(value)
    if bins.format == "days":
        return _duration(24 * value)
    if bins.format == "effective":
        return f"{2**value:.1f}"
    if bins.format == "ratio":
        return f"{value:.1f}"
    if bins.format == "times":
        return f"{math.exp(value):.1f}"
    if bins.format == "one_in":
        return f"{float(f'{10**value:.1g}'):,.0f}"
    if bins.format == "role":
        return _ROLES[min(int(value), len(_ROLES) - 1)]
    if bins.format == "score":
        return f"{value:+z.1f}"
    return f"{value:z,.0f}"


def _children(value: float) -> str:
    # Expected counts are rarely whole; a decimal would pretend to a precision that is not there.
    whole = round(value)
    about = "" if abs(value - whole) < 0.005 else "about "
    if whole == 0:
        return "fewer than one child (expected)"
    return f"{about}{whole:,} {'child' if whole == 1 else 'children'}"


def _duration(hours: float) -> str:
    if hours < 2:
        minutes = round(60 * hours)
        return f"{minutes} {'minute' if minutes == 1 else 'minutes'}"
    if hours < 48:
        return f"{hours:.0f} hours"
    return f"{hours / 24:.0f} days"


def population_table(table: pa.Table) -> Population:
    """The population for comparisons, its rows in a fixed order."""
    order = pc.sort_indices(table, [("activity", "ascending"), ("children_peak_7d", "ascending")])
    return Population.of(table.take(order))
