"""What detection sees of a world at the moments it would be met in life.

Everyone is looked at on a date every so many days; the ledger of a date is the merge of the last
one's with what happened since. Offenders are besides followed from child to child: at each
first message to one of the first twelve, and just before the next (by then the child has answered,
blocked or told its age); later at fewer. Both are seen twice: with the evidence of text, and as a
service that reads nothing would.

What leaves is the bin of every signal (`risk.assessment.bin_numbers`), so that any card in the same
form can be tried without asking the engine again.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.contacts import analysis
from fieldfare.contacts.definition import LEDGER, merge_sql, sql
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.contacts.intake import (
    ContactSettings,
    EventFiles,
    find_repeated,
    load,
    narrow,
    show_events,
)
from fieldfare.lab import views
from fieldfare.lab.labelled_world import Truth, World, event_files
from fieldfare.lab.views import VIEWS
from fieldfare.risk.assessment import bin_numbers
from fieldfare.risk.scorecard import Scorecard
from fieldfare.scan.history import cut_off, signals_then
from fieldfare.scan.universe import create_members, load_universes
from fieldfare.vocabulary.times import DAY

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]

EVERY_DAYS: Final = 7
EVERY_CHILD: Final = 12
"""Offenders are followed at every child up to this one, from there at each of `STAGES` and at one
between each two of them, and at the last."""
STAGES: Final = (1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377)
"""Children contacted, at which offenders are learnt from; and all of them."""
CUTS_AT_ONCE: Final = 3000
"""Moments played again in one run: bounds memory."""

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Seen:
    """Rows of accounts at moments."""

    account: Ints
    """Row number in the truth."""
    moment: Ints
    """Microseconds UTC."""
    codes: Codes
    """Rows × signals: the bin, from 1; 0 where the value is not known."""

    @staticmethod
    def together(parts: list[Seen]) -> Seen:
        """All rows of several."""
        return Seen(
            np.concatenate([part.account for part in parts]),
            np.concatenate([part.moment for part in parts]),
            np.concatenate([part.codes for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class Course:
    """Offenders from child to child: one row an offender and moment, by offender and time."""

    account: Ints
    moment: Ints
    children: Ints
    """Children it had written to by then, of those it is after."""
    messages: Ints
    """Private messages it had sent by then since it began."""


@dataclass(frozen=True, eq=False)
class Observed:
    """A world as detection sees it."""

    world: World
    form: Scorecard
    """The card whose bins the codes are of."""
    dates: Ints
    everyone: dict[str, Seen]
    """By view: whoever has signals, on each date."""
    course: Course
    followed: dict[str, Seen]
    """By view: offenders at the moments of `course`, where they have signals."""


@dataclass(frozen=True)
class Look:
    """How a world is looked at."""

    engine: str = "duckdb"
    memory: str | None = None
    every_days: int = EVERY_DAYS
    views: tuple[str, ...] = VIEWS
    contacts: ContactSettings = field(default_factory=ContactSettings)


def observe(
    world: World,
    form: Scorecard,
    look: Look | None = None,
    say: Say = lambda _: None,
    files: EventFiles | None = None,
) -> Observed:
    """Look at everyone in a world on every date, and follow its offenders."""
    look = look or Look()
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-") as name,
        open_engine(look.engine, memory=look.memory, folder=Path(name)) as engine,
    ):
        return observe_on(engine, world, form, look, say, files or event_files(world, Path(name)))


def observe_on(
    engine: Engine, world: World, form: Scorecard, look: Look, say: Say, files: EventFiles
) -> Observed:
    """The same on an engine that is open already."""
    repeated = find_repeated(engine, files.messages)
    loaded = load(engine, files, look.contacts, repeated)
    engine.load("truth", _numbered(world.truth))
    dates = _dates(engine, loaded.as_of, look.every_days)
    parts: dict[str, list[Seen]] = {view: [] for view in look.views}
    for number, date in enumerate(dates):
        say(f"{world.name}: date {number + 1} of {len(dates)}")
        after = dates[number - 1] if number else None
        show_events(engine, repeated=repeated, until=date, after=after)
        _extend_ledger(engine, first=after is None)
        _set_as_of(engine, date)
        views.remember(engine)
        for view in look.views:
            views.show(engine, view)
            analysis.signals(engine)
            parts[view].append(_fetch(engine, form, date))
        views.show(engine, "both")
    for name in LEDGER:
        engine.create(name, f"SELECT * FROM {name}_until")
    show_events(engine, repeated=repeated, until=loaded.as_of)
    say(f"{world.name}: following {int(world.truth.offender.sum())} offenders")
    course, followed = follow(engine, world, form, dates, look.views)
    return Observed(
        world,
        form,
        np.array(dates, np.int64),
        {view: Seen.together(found) for view, found in parts.items()},
        course,
        followed,
    )


def _numbered(truth: Truth) -> pa.Table:
    return pa.table(
        {"account": truth.accounts, "number": pa.array(np.arange(truth.table.num_rows))}
    )


def _dates(engine: Engine, last: int, every_days: int) -> list[int]:
    """Every so many days back from the last event, the first a period after the first event."""
    first = engine.fetch("SELECT MIN(sent_at) AS t FROM received_messages")["t"][0].as_py()
    step = every_days * DAY
    return [last - k * step for k in range(max(1, (last - first) // step))][::-1]


def _extend_ledger(engine: Engine, *, first: bool) -> None:
    """The ledger up to a date: the last date's, merged with the ledger of the events since."""
    for name in LEDGER:
        if first:
            engine.create(name, sql(name))
        else:
            engine.create(f"{name}_since", sql(name))
            engine.view(
                f"{name}_parts",
                f"SELECT * FROM {name}_until UNION ALL SELECT * FROM {name}_since",
            )
            engine.create(name, merge_sql(name))
        engine.create(f"{name}_until", f"SELECT * FROM {name}")


def _set_as_of(engine: Engine, date: int) -> None:
    row = engine.fetch("SELECT * FROM settings")
    at = row.schema.get_field_index("as_of")
    engine.load("settings", row.set_column(at, "as_of", pa.array([date], pa.int64())))


def _fetch(engine: Engine, form: Scorecard, date: int) -> Seen:
    names = ", ".join(f"s.{name} AS {name}" for name in form.signals)
    found = engine.fetch(
        f"SELECT t.number AS number, {names} FROM signals AS s"
        " INNER JOIN truth AS t ON t.account = s.account ORDER BY number"
    )
    number = np.asarray(found["number"], np.int64)
    return Seen(number, np.full(number.size, date), encode(found, form))


def encode(signals: pa.Table, form: Scorecard) -> Codes:
    """The bin of every signal of the card, one column each."""
    columns = [bin_numbers(signals, name, bins) for name, bins in form.signals.items()]
    return np.column_stack(columns).astype(np.int8)


def follow(
    engine: Engine, world: World, form: Scorecard, dates: list[int], seen_as: Sequence[str]
) -> tuple[Course, dict[str, Seen]]:
    """Play every offender's past again, from child to child."""
    offenders = world.truth.accounts.filter(pa.array(world.truth.offender)).to_pylist()
    create_members(engine, offenders)
    narrow(engine, "SELECT member AS account FROM members")
    course = _course(engine, world.truth, dates)
    parts: dict[str, list[Seen]] = {view: [] for view in seen_as}
    if course.account.size:
        settings = engine.fetch("SELECT * FROM settings")
        accounts = world.truth.accounts
        for block in _blocks(course):
            names = {int(a): accounts[int(a)].as_py() for a in np.unique(block.account)}
            create_members(engine, list(names.values()))
            with open_engine("duckdb") as replay:
                load_universes(engine, replay)
                moments = {
                    name: block.moment[block.account == number].tolist()
                    for number, name in names.items()
                }
                cut_off(replay, moments, settings)
                views.remember(replay)
                for view in seen_as:
                    views.show(replay, view)
                    analysis.signals(replay)
                    parts[view].append(_then(replay, form, {n: k for k, n in names.items()}))
    empty = Seen(*(np.zeros(0, np.int64),) * 2, np.zeros((0, len(form.signals)), np.int8))
    return course, {
        view: _in_order(Seen.together(found)) if found else empty for view, found in parts.items()
    }


def _then(replay: Engine, form: Scorecard, number: dict[str, int]) -> Seen:
    found = signals_then(replay)
    account = np.array([number[name] for name in found["universe"].to_pylist()], np.int64)
    return Seen(account, np.asarray(found["moment"], np.int64), encode(found, form))


def _in_order(seen: Seen) -> Seen:
    order = np.lexsort((seen.moment, seen.account))
    return Seen(seen.account[order], seen.moment[order], seen.codes[order])


def _blocks(course: Course) -> Iterator[Course]:
    """Whole offenders, so many moments at a time."""
    start = 0
    edges = np.flatnonzero(np.diff(course.account, append=-1)) + 1
    for end, following in zip(edges, [*edges[1:], None], strict=True):
        if following is None or following - start > CUTS_AT_ONCE:
            rows = slice(start, int(end))
            yield replace(
                course,
                account=course.account[rows],
                moment=course.moment[rows],
                children=course.children[rows],
                messages=course.messages[rows],
            )
            start = int(end)


def _course(engine: Engine, truth: Truth, dates: list[int]) -> Course:
    """The moments at which each offender is looked at."""
    contacted = _contacted(engine, truth)
    sent = _sent(engine)
    parts = [
        _course_of(number, times, sent.get(number, np.zeros(0, np.int64)), truth, dates)
        for number, times in contacted.items()
    ]
    if not parts:
        return Course(*(np.zeros(0, np.int64),) * 4)
    return Course(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _course_of(
    number: int, times: Ints, sent: Ints, truth: Truth, dates: list[int]
) -> tuple[Ints, Ints, Ints, Ints]:
    """One offender: on writing to a child, just before the next, and after the last on each
    date. Beyond `EVERY_CHILD` only just before the next."""
    chosen = [k for k in range(times.size) if _is_looked_at(k + 1, times.size)]
    moments = {int(times[k]) for k in chosen if k < EVERY_CHILD or k + 1 == times.size}
    moments |= {int(times[k + 1]) - 1 for k in chosen if k + 1 < times.size}
    moments |= {date for date in dates if date > times[-1]}
    at = np.array(sorted(m for m in moments if m >= times[0]), np.int64)
    began = int(truth.started_at[number])
    return (
        np.full(at.size, number, np.int64),
        at,
        np.searchsorted(times, at, side="right").astype(np.int64),
        (np.searchsorted(sent, at, side="right") - np.searchsorted(sent, began)).astype(np.int64),
    )


def _is_looked_at(child: int, of: int) -> bool:
    between = {(low + high) // 2 for low, high in pairwise(STAGES)}
    return child <= EVERY_CHILD or child == of or child in STAGES or child in between


def _contacted(engine: Engine, truth: Truth) -> dict[int, Ints]:
    """When each offender first wrote privately to each child it is after, in order of time."""
    victims = truth.victims
    engine.load(
        "victims",
        pa.table(
            {
                "number": victims.offender,
                "account": truth.accounts.take(pa.array(victims.offender)),
                "child": truth.accounts.take(pa.array(victims.child)),
            }
        ),
    )
    found = engine.fetch(
        "SELECT v.number AS number, c.first_private_at AS at FROM victims AS v"
        " INNER JOIN contacts AS c ON c.account = v.account AND c.peer = v.child"
        " WHERE c.first_private_at IS NOT NULL"
    )
    return _by_number(found)


def _sent(engine: Engine) -> dict[int, Ints]:
    engine.load("offenders", engine.fetch("SELECT DISTINCT number, account FROM victims"))
    found = engine.fetch(
        "SELECT o.number AS number, d.sent_at AS at FROM deliveries AS d"
        " INNER JOIN offenders AS o ON o.account = d.sender WHERE d.is_group = 0"
    )
    return _by_number(found)


def _by_number(found: pa.Table) -> dict[int, Ints]:
    number, at = (np.asarray(found[name], np.int64) for name in ("number", "at"))
    order = np.lexsort((at, number))
    number, at = number[order], at[order]
    edges = np.flatnonzero(np.diff(number, prepend=-1))
    return {
        int(number[edge]): times for edge, times in zip(edges, np.split(at, edges[1:]), strict=True)
    }
