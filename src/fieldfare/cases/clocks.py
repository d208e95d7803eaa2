"""How long what is in a case is kept: clocks as data (``retention.toml``), and what they say."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from fieldfare.cases.states import states
from fieldfare.vocabulary import SettingsError, settings_files
from fieldfare.vocabulary.times import DAY, from_micros, to_micros

FILE: Final = "retention.toml"
"""The operator's own, in the folder of the data."""

Stage = Literal["content", "reference"]
"""What is kept apart: ``content``, what the case is about; ``reference``, that there was one, with
its decisions and the numbers of its reports."""
Starts = Literal["report_filed", "case_closed", "preservation_request"]


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A clock of ``retention.toml``."""

    title: str
    keeps: Stage
    starts: Starts
    source: str
    basis: Literal["law", "judgement", "operator"]
    """What says how long; ``operator`` where the operator's file changed it."""
    years: int = 0
    """Calendar years; with `days`."""
    days: int = 0
    jurisdiction: str = ""
    destinations: tuple[str, ...] = ()
    """Of reports; none: any."""
    states: tuple[str, ...] = ()
    """That the case was closed in; none: any."""
    jurisdictions: tuple[str, ...] = ()
    """Of preservation requests; none: any."""
    mark: Literal["", "2°", "†"] = ""
    starts_basis: Literal["source", "judgement"] = "judgement"
    against_erasure: bool = False
    """While it runs, the live service holds an erasure request of the account back."""
    runs: bool = True

    def ends(self, start: int) -> int:
        """When it ends that began at `start`. Microseconds UTC; 29 February ends on 1 March."""
        begun = from_micros(start)
        try:
            ended = begun.replace(year=begun.year + self.years)
        except ValueError:
            ended = begun.replace(year=begun.year + self.years, month=3, day=1)
        return to_micros(ended) + self.days * DAY


Clocks = dict[str, Clock]
"""By name."""


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that runs for a case, or has ended. Times are microseconds UTC."""

    name: str
    clock: Clock
    started_at: int
    ends_at: int


@dataclass(frozen=True, slots=True)
class Happened:
    """What of a case starts clocks."""

    state: str
    closed_at: int | None
    """None: the case is open, and no clock of its closing runs."""
    reports: tuple[tuple[str, int], ...] = ()
    """Destination and time of each report that was filed; "" where nobody wrote down where to, so
    that the clocks of every destination run."""
    requests: tuple[tuple[str, int], ...] = ()
    """Jurisdiction and time of each request to preserve that stands."""


def running(clocks: Clocks, happened: Happened) -> tuple[Running, ...]:
    """The clocks of a case, those that end last first."""
    found = []
    for name, clock in clocks.items():
        starts = _starts(clock, happened)
        if starts:
            start = max(starts)
            found.append(Running(name, clock, start, clock.ends(start)))
    return tuple(sorted(found, key=lambda each: (-each.ends_at, each.name)))


def _starts(clock: Clock, happened: Happened) -> list[int]:
    if clock.starts == "report_filed":
        wanted = clock.destinations
        return [at for place, at in happened.reports if not wanted or not place or place in wanted]
    if clock.starts == "preservation_request":
        named = clock.jurisdictions
        return [at for where, at in happened.requests if not named or where in named]
    closed = happened.closed_at
    fits = not clock.states or happened.state in clock.states
    return [closed] if closed is not None and fits else []


@cache
def shipped() -> Clocks:
    """The clocks that ship."""
    text = (files("fieldfare.cases") / FILE).read_text("utf-8")
    return _read(tomllib.loads(text), "the clocks that ship")


def of_data(data: Path) -> Clocks:
    """The clocks of a folder of data: those that ship, changed by its ``retention.toml``."""
    path = data / FILE
    return load(path) if path.exists() else shipped()


def load(path: Path) -> Clocks:
    """The clocks that ship, changed by a file. Raises SettingsError."""
    given = settings_files.read(path, dict[str, Any])
    unknown = sorted(given.keys() - {"clocks"})
    changed = given.get("clocks", {})
    if unknown or not isinstance(changed, dict):
        raise SettingsError(f"{path}: write tables [clocks.NAME] and nothing else")
    merged: dict[str, Any] = {name: msgspec.to_builtins(clock) for name, clock in shipped().items()}
    for name, fields in changed.items():
        if not isinstance(fields, dict):
            raise SettingsError(f"{path}: clocks.{name}: write a table [clocks.{name}]")
        length = {"years": 0, "days": 0} if fields.keys() & {"years", "days"} else {}
        own = {"basis": "operator", "source": "the operator's file", "mark": ""}
        merged[name] = merged.get(name, {}) | length | own | fields
    return _read({"clocks": merged}, str(path))


def _read(tables: dict[str, Any], where: str) -> Clocks:
    try:
        found = msgspec.convert(tables["clocks"], Clocks)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{where}: {error}") from None
    for name, clock in found.items():
        if clock.years < 0 or clock.days < 0 or clock.years + clock.days == 0 or clock.years > 100:
            raise SettingsError(f"{where}: clocks.{name}: give years (1-100) or days, above 0")
        for state in clock.states:
            if state not in states() or states()[state].open:
                raise SettingsError(
                    f"{where}: clocks.{name}: '{state}' is no state of closed cases"
                )
    return {name: clock for name, clock in found.items() if clock.runs}
