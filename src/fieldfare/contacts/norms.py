"""What accounts of like activity reach: the norms that `comparison.sql` reads.

Norms are a file, and not counted anew in each scan, so that an account's signals depend on nothing
but its own surroundings: the live service and a scan then say the same. The operator renews them
with ``fieldfare norms``; until then the shipped ones stand, which are of a simulated population.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import msgspec
import pyarrow as pa

from fieldfare.vocabulary import SettingsError

SCHEMA: Final = pa.schema(
    [
        ("activity", pa.int64()),
        ("children_peak_7d", pa.int64()),
        ("tail_probability", pa.float64()),
    ]
)

MIN_ACCOUNTS: Final = 100
"""With fewer accounts of a class the comparison would say nothing."""


class Class(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Accounts that wrote first to at least so many peers, and to less than twice as many."""

    activity: int
    accounts: int
    reached: dict[str, int]
    """Accounts whose most children in seven days were at least so many, by that number."""


class Norms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Norms of one population, and what that was."""

    basis: str
    classes: tuple[Class, ...]

    def table(self) -> pa.Table:
        """The table `norms`: activity, children_peak_7d, tail_probability (0-1).

        One account more is counted than was seen, on the far side, and beyond the highest number
        seen the share of that one alone stands: what nobody reached is rare, not impossible.
        """
        rows = [row for each in self.classes for row in _tail(each)]
        return pa.Table.from_pylist(rows, schema=SCHEMA)


def _tail(each: Class) -> list[dict[str, Any]]:
    reached = {0: each.accounts} | {int(value): count for value, count in each.reached.items()}
    reached |= {max(reached) + 1: 0}
    return [
        {
            "activity": each.activity,
            "children_peak_7d": value,
            "tail_probability": (count + 1) / (each.accounts + 1),
        }
        for value, count in sorted(reached.items())
    ]


def of_population(population: pa.Table, basis: str) -> Norms:
    """Norms from the table `population` of a scan: activity, children_peak_7d, accounts. Classes of
    less than `MIN_ACCOUNTS` are left out."""
    counts: dict[int, dict[int, int]] = {}
    for row in population.to_pylist():
        counts.setdefault(row["activity"], {})[row["children_peak_7d"]] = row["accounts"]
    classes = tuple(_class(key, counts[key]) for key in sorted(counts))
    return Norms(basis, tuple(each for each in classes if each.accounts >= MIN_ACCOUNTS))


def _class(activity: int, counts: Mapping[int, int]) -> Class:
    reached = {
        str(value): sum(n for other, n in counts.items() if other >= value)
        for value in sorted(counts)
        if value > 0
    }
    return Class(activity, sum(counts.values()), reached)


@cache
def shipped() -> Norms:
    """The norms that come with this version."""
    return parse((files("fieldfare.contacts") / "norms.toml").read_bytes(), "norms.toml")


def load(path: Path) -> Norms:
    """Norms from a file. Raises SettingsError that says what is wrong and where."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror}); check the path") from error


def parse(data: bytes, where: str) -> Norms:
    """Norms from the bytes of their file."""
    try:
        norms = msgspec.convert(tomllib.loads(data.decode("utf-8")), Norms)
        for each in norms.classes:
            _check(each)
    except (UnicodeDecodeError, ValueError) as error:
        raise SettingsError(f"{where}: not valid norms: {error}") from error
    return norms


def _check(each: Class) -> None:
    reached = [(int(value), count) for value, count in each.reached.items()]
    counts = [each.accounts, *(count for _, count in sorted(reached)), 0]
    if counts != sorted(counts, reverse=True):
        raise ValueError(f"activity {each.activity}: more accounts reach a number than a lower one")


def toml(norms: Norms) -> str:
    """The file of these norms."""
    lines = [
        "# What accounts of like activity reach: of the accounts that wrote first to at least",
        "# `activity` peers (and to less than twice as many), how many `reached` at least so many",
        "# children, written to first within seven days. Made by `fieldfare norms`.",
        f"basis = {_quoted(norms.basis)}",
    ]
    for each in norms.classes:
        reached = ", ".join(f"{value} = {count}" for value, count in each.reached.items())
        lines += [
            "",
            "[[classes]]",
            f"activity = {each.activity}",
            f"accounts = {each.accounts}",
            f"reached = {{ {reached} }}" if reached else "reached = {}",
        ]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return '"' + "".join(c for c in text if c >= " ").replace("\\", "/").replace('"', "'") + '"'
