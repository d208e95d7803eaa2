"""Search: accounts, children, indicators, tags, and words where text is kept. What is searched for
is sent in a form and stands in no address."""

from __future__ import annotations

from dataclasses import dataclass, field

from starlette.responses import Response

from fieldfare.cases import Permission
from fieldfare.cases.records import Filters, Found
from fieldfare.cases.states import states
from fieldfare.console.pages.queue import QueueRow, row
from fieldfare.console.routes import Routes
from fieldfare.console.visit import Visit
from fieldfare.scan.page import words

routes = Routes()

MATCHES = {
    "case": "number of the case",
    "account": "the account",
    "child": "a child in it",
    "linked": "a linked account",
    "indicator": "an indicator",
    "tag": "a tag",
    "text": "words in a message",
    "note": "words in a note",
}


@dataclass(frozen=True)
class FoundRow:
    """A case, and what in it was found."""

    row: QueueRow
    matched: str


@dataclass(frozen=True)
class SearchPage:
    """What was searched for and found."""

    query: str
    text: bool
    open_only: bool
    asked: bool
    rows: list[FoundRow]
    incomplete: bool
    saved: list[tuple[int, str, str]]
    """Number, name and query of each saved search."""
    may_text: bool
    zone: str = "UTC"
    indicators: list[tuple[str, str]] = field(default_factory=list)
    """Indicators that can be searched for by their id."""


@routes.get("/search", Permission.SEARCH)
def form(visit: Visit) -> Response:
    """An empty search, and the saved ones."""
    return _page(visit, SearchPage("", False, False, False, [], False, _saved(visit), _may(visit)))


@routes.post("/search", Permission.SEARCH)
def search(visit: Visit) -> Response:
    """Search."""
    query, text = visit.text("query", 500).strip(), bool(visit.texts("text"))
    open_only = bool(visit.texts("open"))
    chosen = Filters(states=tuple(name for name, s in states().items() if s.open or not open_only))
    found = visit.store.search(visit.actor, query, chosen, text=text and _may(visit))
    return _answer(visit, query, found, text=text, open_only=open_only)


@routes.post("/search/save", Permission.SEARCH)
def save(visit: Visit) -> Response:
    """Keep a search under a name."""
    visit.store.save_search(
        visit.actor, visit.text("name", 200).strip(), visit.text("query", 500).strip()
    )
    return visit.to("/search", "saved")


@routes.post("/search/forget", Permission.SEARCH)
def forget(visit: Visit) -> Response:
    """Delete a saved search."""
    visit.store.forget_search(visit.actor, visit.integer("search"))
    return visit.to("/search", "recorded")


@routes.get("/cases/{case}/account", Permission.SEARCH)
def account(visit: Visit) -> Response:
    """Everything about the account of a case: its cases, and where else it stands."""
    case = visit.store.get(visit.actor, visit.number("case"))
    found = visit.store.search(visit.actor, case.summary.account)
    return _answer(visit, case.summary.account, found)


def _answer(
    visit: Visit, query: str, found: Found, *, text: bool = False, open_only: bool = False
) -> Response:
    page = SearchPage(
        query=words.clean(query),
        text=text,
        open_only=open_only,
        asked=True,
        rows=[
            FoundRow(
                row(visit, case),
                ", ".join(MATCHES.get(how, how) for how in found.matched.get(case.id, ())),
            )
            for case in found.cases
        ],
        incomplete=not found.complete,
        saved=_saved(visit),
        may_text=_may(visit),
    )
    return _page(visit, page)


def _page(visit: Visit, page: SearchPage) -> Response:
    return visit.page("search.html.j2", "Search", page)


def _may(visit: Visit) -> bool:
    return visit.actor.may(Permission.TEXT_REVEAL)


def _saved(visit: Visit) -> list[tuple[int, str, str]]:
    return [
        (each.id, words.clip(each.name), words.clip(each.query, 500))
        for each in visit.store.saved_searches(visit.actor)
    ]
