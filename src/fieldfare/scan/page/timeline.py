"""The geometry of the drawing of first contacts: a rising line, one dot a child, lanes of what
was asked, and the moment of the first flag. Legible with three children and with hundreds."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from fieldfare.scan.history import FirstFlag
from fieldfare.scan.page import words
from fieldfare.scan.page.context import DayRow, Dot, Lane, Tick, Timeline
from fieldfare.scan.snapshot import SeenChild
from fieldfare.vocabulary.times import DAY, from_micros, to_micros

LEFT: Final = 128.0
RIGHT: Final = 744.0
LINE_TOP: Final = 30.0
LINE_BASE: Final = 150.0
GAP: Final = 14.0
DOTS_HIGHEST: Final = 132.0
PITCH: Final = 10.5
LANE: Final = 19.0
MAX_ROWS: Final = 400


@dataclass(frozen=True)
class _Scale:
    start: int
    end: int
    days_a_column: int

    def x(self, moment: int) -> float:
        share = (moment - self.start) / (self.end - self.start)
        return round(LEFT + (RIGHT - LEFT) * share, 1)

    def column(self, moment: int) -> int:
        return (moment - self.start) // (DAY * self.days_a_column)

    def column_x(self, column: int) -> float:
        width = DAY * self.days_a_column
        middle = self.start + column * width + width // 2
        return min(self.x(middle), RIGHT - 3)


def timeline(children: Sequence[SeenChild], flag: FirstFlag | None) -> Timeline | None:
    """The drawing, or none where no child was contacted. Children are in order of contact."""
    if not children:
        return None
    scale = _scale(children, flag)
    dots, pitch, dot_base = _dots(children, scale)
    lanes = _lanes(children, scale, dot_base + 46)
    bottom = lanes[-1].y + 16 if lanes else dot_base + 30
    line = _line(children, scale)
    return Timeline(
        height=round(bottom, 1),
        start=scale.start,
        end=scale.end,
        description=_description(children, flag),
        column="day" if scale.days_a_column == 1 else f"{scale.days_a_column} days",
        line=line,
        area=f"{line} V{LINE_BASE:g} H{scale.x(children[0].contacted_at):g} Z",
        line_base=LINE_BASE,
        dots=dots,
        dot_radius=round(max(1.1, min(4.0, pitch * 0.4)), 2),
        dot_base=round(dot_base, 1),
        x_ticks=list(_x_ticks(scale)),
        y_ticks=list(_y_ticks(len(children))),
        flag_x=scale.x(flag.at) if flag else None,
        flag_label=_flag_label(flag),
        flag_at_end=bool(flag and scale.x(flag.at) > (LEFT + RIGHT) / 2),
        lanes=lanes,
        rows=_rows(children)[:MAX_ROWS],
        more="" if len(_rows(children)) <= MAX_ROWS else f"The first {MAX_ROWS} days are listed.",
    )


def _scale(children: Sequence[SeenChild], flag: FirstFlag | None) -> _Scale:
    moments = [child.contacted_at for child in children]
    moments += [at for child in children for at in child.asked.values()]
    moments += [child.rejected_at for child in children if child.rejected_at is not None]
    if flag:
        moments.append(flag.at)
    start = min(moments) // DAY * DAY
    days = max(7, (max(moments) - start) // DAY + 1)
    return _Scale(start, start + days * DAY, math.ceil(days * 6.5 / (RIGHT - LEFT)))


def _line(children: Sequence[SeenChild], scale: _Scale) -> str:
    step = (LINE_BASE - LINE_TOP) / len(children)
    parts = [f"M{scale.x(children[0].contacted_at):g} {LINE_BASE:g}"]
    for count, child in enumerate(children, 1):
        parts.append(f"H{scale.x(child.contacted_at):g}V{LINE_BASE - count * step:.1f}")
    return "".join([*parts, f"H{RIGHT:g}"])


def _dots(children: Sequence[SeenChild], scale: _Scale) -> tuple[list[Dot], float, float]:
    stacks: Counter[int] = Counter()
    highest = max(Counter(scale.column(child.contacted_at) for child in children).values())
    pitch = min(
        PITCH,
        DOTS_HIGHEST / highest,
        (RIGHT - LEFT) * DAY * scale.days_a_column / (scale.end - scale.start) * 1.25,
    )
    base = LINE_BASE + GAP + highest * pitch + 4
    dots = []
    for child in children:
        column = scale.column(child.contacted_at)
        y = base - pitch * (stacks[column] + 0.5)
        stacks[column] += 1
        dots.append(Dot(scale.column_x(column), round(y, 1), _kind(child), _title(child)))
    return dots, pitch, base


def _kind(child: SeenChild) -> Literal["answered", "silent", "rejected"]:
    if child.rejected_at is not None:
        return "rejected"
    return "answered" if child.answered else "silent"


def _title(child: SeenChild) -> str:
    said = {
        "answered": "answered",
        "silent": "did not answer",
        "rejected": "blocked, reported or declined",
    }[_kind(child)]
    who = words.clip(child.name or child.account, 40)
    return f"{words.minute(child.contacted_at)} {who}: {said}"


def _lanes(children: Sequence[SeenChild], scale: _Scale, top: float) -> list[Lane]:
    marks: dict[str, list[int]] = defaultdict(list)
    for child in children:
        for indicator, at in child.asked.items():
            marks[indicator].append(at)
    known = [name for name in words.SHORT_ASKS if name in marks]
    order = known + sorted(set(marks) - set(known))
    named: list[tuple[str, list[int], Literal["asked", "rejected"]]] = [
        (f"{words.ask(name)} · {len(marks[name])}", marks[name], "asked") for name in order
    ]
    rejected = sorted(c.rejected_at for c in children if c.rejected_at is not None)
    if rejected:
        named.append((f"turned down · {len(rejected)}", rejected, "rejected"))
    return [
        Lane(round(top + row * LANE, 1), label, sorted({scale.x(at) for at in times}), kind)
        for row, (label, times, kind) in enumerate(named)
    ]


def _x_ticks(scale: _Scale) -> Iterator[Tick]:
    days = (scale.end - scale.start) // DAY
    step = next((each for each in (1, 2, 7, 14) if days / each <= 8), 0)
    start = from_micros(scale.start)
    if step:
        moments = [start + timedelta(days=each) for each in range(0, days, step)]
    else:
        months = next((each for each in (1, 2, 3, 6, 12) if days / 30.44 / each <= 9), 24)
        moments = list(_months(start, from_micros(scale.end), months))
    year = 0
    for moment in moments:
        label = words.short_day(to_micros(moment))
        yield Tick(
            scale.x(to_micros(moment)), f"{label} {moment.year}" if moment.year != year else label
        )
        year = moment.year


def _months(start: datetime, end: datetime, step: int) -> Iterator[datetime]:
    count = start.year * 12 + start.month - 1
    while (moment := datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)) < end:
        if moment >= start:
            yield moment
        count += 1 if moment < start else step


def _y_ticks(highest: int) -> Iterator[Tick]:
    raw = highest / 4.5
    size = 10 ** math.floor(math.log10(max(1, raw)))
    step = next(each * size for each in (1, 2, 5, 10) if each * size >= raw)
    for value in range(0, highest + 1, step):
        yield Tick(round(LINE_BASE - (LINE_BASE - LINE_TOP) * value / highest, 1), f"{value:,}")


def _flag_label(flag: FirstFlag | None) -> str:
    if flag is None:
        return ""
    children = words.plural(flag.children_contacted, "child", "children")
    return f"flagged {words.short_day(flag.at)}, after {children}"


def _description(children: Sequence[SeenChild], flag: FirstFlag | None) -> str:
    answered = sum(child.answered for child in children)
    rejected = sum(child.rejected_at is not None for child in children)
    said = (
        f"{words.plural(len(children), 'first contact')} between "
        f"{words.day(children[0].contacted_at)} and {words.day(children[-1].contacted_at)}; "
        f"{answered:,} answered, {rejected:,} blocked, reported or declined."
    )
    if flag:
        said += (
            f" First flagged on {words.day(flag.at)}, after "
            f"{words.plural(flag.children_contacted, 'child', 'children')}."
        )
    return said


def _rows(children: Sequence[SeenChild]) -> list[DayRow]:
    contacts: Counter[int] = Counter()
    answered: Counter[int] = Counter()
    rejected: Counter[int] = Counter()
    asked: dict[int, Counter[str]] = defaultdict(Counter)
    for child in children:
        day = child.contacted_at // DAY
        contacts[day] += 1
        answered[day] += child.answered
        if child.rejected_at is not None:
            rejected[child.rejected_at // DAY] += 1
        for indicator, at in child.asked.items():
            asked[at // DAY][words.ask(indicator)] += 1
    rows, total = [], 0
    for day in sorted({*contacts, *rejected, *asked}):
        total += contacts[day]
        said = ", ".join(f"{label} {count}" for label, count in asked[day].most_common())
        rows.append(
            DayRow(
                words.minute(day * DAY)[:10],
                contacts[day],
                total,
                answered[day],
                rejected[day],
                said,
            )
        )
    return rows
