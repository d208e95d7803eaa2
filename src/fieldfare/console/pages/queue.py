"""The queue: what to look at next, and why."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.queue import SKIP_REASONS
from fieldfare.cases.records import CaseSummary, Filters
from fieldfare.cases.states import states
from fieldfare.cases.urgency import shipped
from fieldfare.console import times, wording
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.scan.page import words
from fieldfare.scan.page.context import Band, Time
from fieldfare.vocabulary.times import HOUR

routes = Routes()

PAGE: int = 50


@dataclass(frozen=True)
class Option:
    """A choice of a filter."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class QueueRow:
    """A case in a list."""

    case: int
    reference: str
    account: str
    level: str
    shape: int
    signs: list[str]
    deadline: str
    due: Time
    late: str
    """``late``, ``soon`` or empty."""
    band: Band
    probability: str
    children: int
    youngest: str
    countries: str
    state: str
    holder: str
    mine: bool
    origin: str
    opened: str
    tags: list[str]


@dataclass(frozen=True)
class QueuePage:
    """The queue."""

    rows: list[QueueRow]
    total: str
    states: list[Option]
    levels: list[Option]
    holders: list[Option]
    overdue: bool
    tag: str
    filtered: bool
    counts: list[tuple[str, int]]
    next: str
    named: list[int]
    """Cases with a note that names the visitor and was not seen."""
    tasks: list[tuple[int, str, str]]
    """The visitor's open tasks: case, words, until when."""
    may_claim: bool
    may_bulk: bool
    may_review_blind: bool
    zone: str


@routes.get("/", "signed in")
def first_page(visit: Visit) -> Response:
    """Where somebody begins."""
    may = visit.actor.may
    return visit.to(
        "/investigations"
        if _only_investigations(visit)
        else "/queue"
        if may(Permission.QUEUE_READ)
        else "/audit"
        if may(Permission.AUDIT_READ)
        else "/accountability"
        if may(Permission.ACCOUNTABILITY)
        else "/preferences"
    )


def _only_investigations(visit: Visit) -> bool:
    """Whether investigations are all that there is here: an officer's machine."""
    cabinet, may = visit.console.cabinet, visit.actor.may
    return (
        may(Permission.INVESTIGATION_READ)
        and cabinet is not None
        and bool(cabinet.names())
        and not (may(Permission.QUEUE_READ) and any(visit.store.counts(visit.actor).values()))
    )


@routes.get("/queue", Permission.QUEUE_READ)
def queue(visit: Visit) -> Response:
    """The queue, filtered as the address says."""
    found = visit.store.queue(
        visit.actor, filters_of(visit), visit.asked("after") or None, most=PAGE
    )
    chosen = {name: visit.asked_all(name) for name in ("state", "level")}
    holder, counts = visit.asked("holder"), visit.store.counts(visit.actor)
    query = [(k, v) for k, v in visit.request.query_params.multi_items() if k != "after" and v]
    page = QueuePage(
        rows=[row(visit, each) for each in found.cases],
        total=words.plural(
            sum(count for name, count in counts.items() if states()[name].open), "open case"
        ),
        states=[
            Option(name, state.title, name in chosen["state"]) for name, state in states().items()
        ],
        levels=[
            Option(each.id, each.title, each.id in chosen["level"]) for each in shipped().levels
        ],
        holders=[
            Option("", "Anybody's", holder == ""),
            Option("me", "Mine", holder == "me"),
            Option("nobody", "Nobody's yet", holder == "nobody"),
        ],
        overdue=visit.asked("overdue") == "1",
        tag=words.clip(visit.asked("tag"), 60),
        filtered=any(key in ("state", "level", "holder", "overdue", "tag") for key, _ in query),
        counts=[(state.title, counts.get(name, 0)) for name, state in states().items()],
        next=f"/queue?{urlencode([*query, ('after', found.next)])}" if found.next else "",
        named=sorted({case for case, _ in visit.store.my_mentions(visit.actor)})
        if visit.actor.may(Permission.EXPOSURE_OWN)
        else [],
        tasks=[
            (
                each.case,
                words.clip(each.text, 200),
                "" if each.due_at is None else times.deadline(each.due_at, visit.now),
            )
            for each in visit.store.my_tasks(visit.actor)
        ]
        if visit.actor.may(Permission.CASE_READ)
        else [],
        may_claim=visit.actor.may(Permission.CASE_CLAIM),
        may_bulk=visit.actor.may(Permission.CASE_BULK),
        may_review_blind=visit.actor.may(Permission.REVIEW_BLIND),
        zone=visit.zone().name,
    )
    return visit.page("queue.html.j2", "Queue", page)


def filters_of(visit: Visit) -> Filters:
    """Filters from the address; what is not known is left out."""
    tag = visit.asked("tag").strip()
    return Filters(
        states=tuple(each for each in visit.asked_all("state") if each in states()),
        levels=visit.asked_all("level"),
        tags=(tag,) if tag else (),
        claimed_by=visit.actor.user if visit.asked("holder") == "me" else None,
        unclaimed=visit.asked("holder") == "nobody",
        overdue=visit.asked("overdue") == "1",
    )


def row(visit: Visit, case: CaseSummary) -> QueueRow:
    """A case as it stands in a list."""
    held = case.lease_until is not None and case.lease_until > visit.now
    names = [words.country(code) for code in case.countries[:2]]
    more = len(case.countries) - 2
    is_open = case.state in states() and states()[case.state].open
    return QueueRow(
        case=case.id,
        reference=case.reference,
        account=words.clip(case.account, 40),
        level=wording.level(case.level).title,
        shape=wording.level_shape(case.rank),
        signs=wording.signs(case.signs),
        deadline=times.deadline(case.due_at, visit.now) if is_open else "",
        due=visit.zone().minute(case.due_at),
        late=""
        if not is_open
        else "late"
        if case.due_at <= visit.now
        else "soon"
        if case.due_at <= visit.now + HOUR
        else "",
        band=wording.band(case.band),
        probability=words.probability(case.probability),
        children=case.children,
        youngest="" if case.youngest is None else f"{case.youngest:.0f}",
        countries=", ".join(names) + (f" and {more} more" if more > 0 else ""),
        state=wording.state(case.state),
        holder=(case.claimed_by or "") if held else "",
        mine=held and case.claimed_by == visit.actor.user,
        origin=wording.ORIGINS.get(case.origin, ""),
        opened=times.span(visit.now - case.opened_at),
        tags=[words.clip(tag, 40) for tag in case.tags],
    )


@routes.post("/queue/next", Permission.CASE_CLAIM)
def take_next(visit: Visit) -> Response:
    """Take the most urgent case that nobody has."""
    case = visit.store.claim(visit.actor)
    return (
        visit.to("/queue", "none-left")
        if case is None
        else visit.to(f"/cases/{case.id}", "claimed")
    )


@routes.post("/queue/second", Permission.REVIEW_BLIND)
def second_review(visit: Visit) -> Response:
    """Take a case that was drawn for a blind second review."""
    case = visit.store.second_review(visit.actor)
    return (
        visit.to("/queue", "none-left") if case is None else visit.to(f"/cases/{case.summary.id}")
    )


@routes.post("/cases/{case}/claim", Permission.CASE_CLAIM)
def claim(visit: Visit) -> Response:
    """Take this case, or have it for longer."""
    case = visit.number("case")
    visit.store.claim(visit.actor, case)
    return visit.to(f"/cases/{case}", "claimed")


@routes.post("/cases/{case}/release", Permission.CASE_CLAIM)
def release(visit: Visit) -> Response:
    """Give the case back."""
    visit.store.release(visit.actor, visit.number("case"))
    return visit.to("/queue", "released")


@routes.post("/cases/{case}/skip", Permission.CASE_CLAIM)
def skip(visit: Visit) -> Response:
    """Pass the case on."""
    reason = visit.text("reason", 40)
    visit.store.skip(visit.actor, visit.number("case"), reason)
    return visit.to("/queue", "skipped")


assert set(wording.SKIPS) == set(SKIP_REASONS)  # noqa: S101 - both lists are of this project
