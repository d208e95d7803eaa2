"""The team: what waits, how old it is, who has what, how far people agree. Not a ranking."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.records import Filters
from fieldfare.cases.urgency import shipped
from fieldfare.console import times, wording
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.vocabulary.times import DAY

routes = Routes()

SPAN_DAYS = 30


@dataclass(frozen=True)
class LevelRow:
    """Open cases of one level of urgency."""

    title: str
    shape: int
    waiting: str
    overdue: str
    next_due: str


@dataclass(frozen=True)
class MemberRow:
    """What one person has at hand and has had to see."""

    user: str
    claimed: int
    cases: int
    revealed: int
    grave: int
    pause: bool


@dataclass(frozen=True)
class TeamPage:
    """The team."""

    levels: list[LevelRow]
    states: list[tuple[str, str]]
    members: list[MemberRow]
    pairs: int
    agreed: int
    kappa: str
    table: list[tuple[str, str, int]]
    days: int


@routes.get("/team", Permission.TEAM_READ)
def team(visit: Visit) -> Response:
    """Load, ages, agreement and exposure."""
    agreement = visit.store.agreement(visit.actor, visit.now - SPAN_DAYS * DAY)
    counts = visit.store.counts(visit.actor)
    page = TeamPage(
        levels=[_level(visit, each.id, rank) for rank, each in enumerate(shipped().levels)],
        states=[(wording.state(name), f"{count:,}") for name, count in counts.items()],
        members=[
            MemberRow(
                each.user,
                each.claimed,
                each.exposure.cases,
                each.exposure.revealed,
                each.exposure.grave,
                each.exposure.break_due,
            )
            for each in visit.store.team(visit.actor)
        ],
        pairs=agreement.pairs,
        agreed=agreement.agreed,
        kappa="" if agreement.kappa is None else f"{agreement.kappa:.2f}",
        table=[(one, other, count) for (one, other), count in sorted(agreement.table.items())],
        days=SPAN_DAYS,
    )
    return visit.page("team.html.j2", "Team", page)


MOST = 200


def _level(visit: Visit, level: str, rank: int) -> LevelRow:
    waiting = visit.store.queue(visit.actor, Filters(levels=(level,)), most=MOST)
    overdue = visit.store.queue(visit.actor, Filters(levels=(level,), overdue=True), most=MOST)
    first = waiting.cases[0] if waiting.cases else None
    return LevelRow(
        title=wording.level(level).title,
        shape=wording.level_shape(rank),
        waiting=_counted(len(waiting.cases), waiting.next),
        overdue=_counted(len(overdue.cases), overdue.next),
        next_due=times.deadline(first.due_at, visit.now) if first else "",
    )


def _counted(count: int, more: str | None) -> str:
    return f"more than {MOST:,}" if more else f"{count:,}"
