"""The people of an investigation, to be gone through by keyboard: child, not a child, unsure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.console import said
from fieldfare.console.investigated import (
    Bar,
    PersonRow,
    bar,
    beyond,
    cabinet,
    key_of,
    message_rows,
    name_of,
    opened,
    path_of,
    people_of,
    person_of,
    person_row,
)
from fieldfare.console.pages.queue import Option
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.investigation import correspondence, reading, wording
from fieldfare.investigation.decisions import decide
from fieldfare.investigation.handover.sentences import country_name
from fieldfare.investigation.records import URGENT, Person
from fieldfare.investigation.store import VERDICTS
from fieldfare.scan.page import words
from fieldfare.vocabulary import InputError

routes = Routes()

PAGE: Final = 50

SHOWN: Final[dict[str, tuple[str, Callable[[Person], bool]]]] = {
    "next": ("To look at, most useful first", lambda p: p.verdict is None),
    "urgent": ("Signs of danger now", lambda p: p.risk >= URGENT and p.possible),
    "children": ("Children, confirmed or probable", lambda p: p.counts),
    "confirmed": ("Confirmed as children", lambda p: p.standing == "confirmed"),
    "unsure": ("Unsure", lambda p: p.standing == "unsure"),
    "not_child": ("Not children, by an officer", lambda p: p.standing == "not_child"),
    "all": ("Everybody", lambda _: True),
}
"""What can be shown: title, and of whom."""


@dataclass(frozen=True)
class PeoplePage:
    """People, some at a time."""

    bar: Bar
    title: str
    rows: list[PersonRow]
    shown: list[Option]
    countries: list[Option]
    sought: str
    total: str
    beyond: list[str]
    left: int
    judged: int
    next: str
    zone: str


@dataclass(frozen=True)
class RowPage:
    """One row alone: a part of the page."""

    bar: Bar
    row: PersonRow


@dataclass(frozen=True)
class WordsPage:
    """Messages alone: a part of a page."""

    address: str
    rows: list[said.MessageRow]
    may_reveal: bool


@routes.get("/investigations/{investigation}/people", Permission.INVESTIGATION_READ)
def people(visit: Visit) -> Response:
    """People, filtered as the address says."""
    shown = visit.asked("show", "next")
    shown = shown if shown in SHOWN else "next"
    title, rule = SHOWN[shown]
    country, sought = visit.asked("country"), visit.asked("name").strip()
    with opened(visit, "people") as case:
        everybody = people_of(case)
        found = [
            each
            for each in everybody
            if rule(each)
            and (not country or each.place == country)
            and (not sought or _is_called(each, sought))
        ]
        if shown != "next":
            found.sort(key=lambda p: (-p.risk, -p.probability, p.peer))
        after = visit.asked_number("after") or 0
        part = found[after : after + PAGE]
        cues = reading.cues(case, [each.peer for each in part])
        kinds = reading.risk_kinds(case, [each.peer for each in part])
        page = PeoplePage(
            bar=bar(visit, "/people"),
            title=title,
            rows=[
                person_row(visit, each, cues.get(each.peer, []), kinds.get(each.peer, {}))
                for each in part
            ],
            shown=[Option(key, each[0], key == shown) for key, each in SHOWN.items()],
            countries=[
                Option(code, country_name(code), code == country)
                for code in sorted({each.place for each in everybody}, key=country_name)
            ],
            sought=sought,
            total=words.plural(len(found), "person", "people"),
            beyond=beyond(case, everybody),
            left=sum(each.standing == "probable" for each in everybody),
            judged=sum(each.verdict is not None for each in everybody),
            next="?" + urlencode({"show": shown, "country": country, "name": sought,
                                  "after": after + PAGE})
            if len(found) > after + PAGE
            else "",
            zone=visit.zone().name,
        )  # fmt: skip
    return visit.page("people.html.j2", "People", page)


@routes.post(
    "/investigations/{investigation}/people/{person}/verdict", Permission.INVESTIGATION_JUDGE
)
def verdict(visit: Visit) -> Response:
    """Say who somebody is, or take back what was said last. What another said meanwhile is not
    overwritten: then nothing is done, and it says so."""
    name, key = name_of(visit), key_of(visit)
    chosen, seen = visit.text("verdict", 20), visit.integer("seen")
    if chosen not in (*VERDICTS, "undo"):
        raise InputError("say child, not a child or unsure")
    done = alert = ""
    with cabinet(visit).open(name) as case:
        person = person_of(case, key)
        if person.verdict_number != seen:
            alert = (
                f"Nothing was changed: {person.verdict_by} said something meanwhile. Look again."
            )
        else:
            new = reading.verdict_before(case, person.peer) if chosen == "undo" else chosen
            visit.store.investigation_judged(visit.actor, name, "verdict", key, new)
            decide(case, person.peer, new, visit.actor.user)
            done = _done(person, new, undone=chosen == "undo")
        if visit.partial:
            fresh = person_of(case, key)
            row = person_row(
                visit,
                fresh,
                reading.cues(case, [fresh.peer]).get(fresh.peer, []),
                reading.risk_kinds(case, [fresh.peer]).get(fresh.peer, {}),
                said=done,
                alert=alert,
            )
            return visit.page("person_row.html.j2", "Person", RowPage(bar(visit, "/people"), row))
        following = next((p.key for p in people_of(case) if p.verdict is None), "")
    people_path = f"{path_of(name)}/people"
    if alert:
        return visit.to(f"{people_path}/{key}", "judged-meanwhile")
    if chosen == "undo" or not following:
        return visit.to(f"{people_path}/{key}", "verdict-undone" if chosen == "undo" else "")
    if visit.text("view", 10) == "list":
        return visit.to(people_path, "judged")
    return visit.to(f"{people_path}/{following}?judged={key}")


@routes.post(
    "/investigations/{investigation}/people/{person}/words", Permission.INVESTIGATION_REVEAL
)
def reveal_words(visit: Visit) -> Response:
    """The texts of some messages of a person, as a part of the page: recorded, and counted as
    exposure."""
    name, key = name_of(visit), key_of(visit)
    whole = visit.text("whole", 5) == "1"
    with cabinet(visit).open(name) as case:
        person = person_of(case, key)
        wanted = correspondence.of_person(case, person.peer, visit.integers("message"))
        if not wanted:
            raise InputError("say which messages")
        visit.store.investigation_revealed(visit.actor, name, wanted)
        rows = message_rows(
            correspondence.messages(case, wanted),
            visit.zone(person.country),
            correspondence.texts(case, wanted),
            whole=whole,
        )
    if not visit.partial:
        return visit.to(f"{path_of(name)}/people/{key}")
    page = WordsPage(f"{visit.root}{path_of(name)}/people/{key}", rows, may_reveal=True)
    return visit.page("words.html.j2", "Messages", page)


def _is_called(person: Person, sought: str) -> bool:
    low = sought.casefold()
    known = (person.name, person.reference, *person.accounts)
    return any(low in each.casefold() for each in known)


def _done(person: Person, said_now: str | None, *, undone: bool) -> str:
    name = words.clip(person.name) or person.reference
    said_word = wording.VERDICTS.get(said_now or "", "nothing said").lower()
    return f"{name}: {'undone, now ' if undone else ''}{said_word}."
