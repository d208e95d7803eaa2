"""Search over cases, and searches kept under a name.

Text is encrypted and has no index: a search for words opens the texts of the cases that the
filters leave, the newest first, until `MOST_TEXTS`. It says whether that was all of them.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, insert, select

from fieldfare.cases.desk import MANY, Desk, summaries
from fieldfare.cases.errors import NotFound
from fieldfare.cases.permissions import Actor, Permission, allows, require
from fieldfare.cases.queue import filtered
from fieldfare.cases.records import Filters, Found, SavedSearch
from fieldfare.cases.states import states
from fieldfare.cases.tables import cases, indicators, messages, notes, people, searches, tags
from fieldfare.vocabulary import InputError

MOST_TEXTS: Final = 50_000
"""Messages and notes that one search opens."""
MOST_FOUND: Final = 200
"""Cases that one search gives."""


class Searching(Desk):
    """Cases found by account, child, linked account, indicator, tag, or words."""

    @allows(Permission.SEARCH)
    def search(
        self,
        actor: Actor,
        query: str,
        filters: Filters | None = None,
        *,
        text: bool = False,
    ) -> Found:
        """Cases of any state (or of those in `filters`) that have the query as account, child,
        linked account, indicator or tag; with `text`, also within messages and notes, which needs
        the permission to reveal text. The audit holds that a search was made, not its words."""
        query = query.strip()
        if not query:
            raise InputError("type something to search for")
        if text:
            require(actor, Permission.TEXT_REVEAL)
        chosen = filters or Filters(states=tuple(states()))
        matched: dict[int, list[str]] = {}
        complete = True
        with self._writing(actor) as work:
            wanted = filtered(select(cases), chosen, work.at).subquery()
            for how, rule in _rules(query):
                rows = work.connection.execute(
                    select(wanted.c.id)
                    .where(wanted.c.id.in_(rule))
                    .order_by(wanted.c.id.desc())
                    .limit(MOST_FOUND)
                ).scalars()
                for case in rows:
                    matched.setdefault(case, []).append(how)
            if text:
                found, complete = self._in_text(work.connection, wanted, query)
                for case, how in found:
                    matched.setdefault(case, []).append(how)
            ids = sorted(matched, reverse=True)[:MOST_FOUND]
            rows_of = work.connection.execute(
                select(cases)
                .where(cases.c.id.in_(ids))
                .order_by(cases.c.rank, cases.c.due_at, cases.c.id)
            ).all()
            work.note("search", None, text=text, found=len(ids), complete=complete)
            return Found(
                summaries(work.connection, list(rows_of)),
                {case: tuple(matched[case]) for case in ids},
                complete and len(matched) <= MOST_FOUND,
            )

    @allows(Permission.SEARCH)
    def save_search(
        self, actor: Actor, name: str, query: str, filters: Filters | None = None
    ) -> SavedSearch:
        """Keep a search under a name, in place of one of the same name."""
        if not 0 < len(name) <= 100:
            raise InputError("the name of a search has 1 to 100 characters")
        body = msgspec.json.encode({"query": query, "filters": filters or Filters()})
        with self._writing(actor) as work:
            work.connection.execute(
                delete(searches).where(searches.c.user_name == actor.user, searches.c.name == name)
            )
            id_: int = work.connection.execute(
                insert(searches)
                .values(user_name=actor.user, name=name, body=self._vault.seal(body, "searches/-"))
                .returning(searches.c.id)
            ).scalar_one()
            return SavedSearch(id_, name, query, filters or Filters())

    @allows(Permission.SEARCH)
    def saved_searches(self, actor: Actor) -> tuple[SavedSearch, ...]:
        """The actor's own, by name."""
        with self._reading() as connection:
            rows = connection.execute(
                select(searches).where(searches.c.user_name == actor.user).order_by(searches.c.name)
            ).all()
        found = []
        for row in rows:
            body = msgspec.json.decode(self._vault.open(row.body, "searches/-"))
            filters = msgspec.convert(body["filters"], type=Filters)
            found.append(SavedSearch(row.id, row.name, body["query"], filters))
        return tuple(found)

    @allows(Permission.SEARCH)
    def forget_search(self, actor: Actor, search: int) -> None:
        """Delete one of the actor's own searches."""
        with self._writing(actor) as work:
            gone = work.connection.execute(
                delete(searches).where(searches.c.id == search, searches.c.user_name == actor.user)
            ).rowcount
        if not gone:
            raise NotFound(f"you have no search {search}")

    def _in_text(
        self, connection: Connection, wanted: Any, query: str
    ) -> tuple[list[tuple[int, str]], bool]:
        """Cases whose texts hold the query, and whether all texts were looked at."""
        sought, left = folded(query), MOST_TEXTS
        found: list[tuple[int, str]] = []
        for how, table in (("text", messages), ("note", notes)):
            rules: list[ColumnElement[bool]] = [
                table.c.case_id.in_(select(wanted.c.id)),
                table.c.body.is_not(None),
            ]
            if how == "text":
                rules.append(messages.c.redacted.is_(False))
            seen: set[int] = set()
            rows = connection.execute(
                select(table.c.case_id, table.c.body)
                .where(*rules)
                .order_by(table.c.id.desc())
                .limit(left + 1)
                .execution_options(yield_per=MANY)
            )
            for row in rows:
                if left == 0:
                    return found, False
                left -= 1
                if row.case_id in seen:
                    continue
                place = "messages" if how == "text" else "notes"
                if sought in folded(self._open(row.body, place, row.case_id)):
                    seen.add(row.case_id)
            found += [(case, how) for case in sorted(seen)]
        return found, True


def folded(text: str) -> str:
    """Text as it is compared: compatible forms as one, no case."""
    return unicodedata.normalize("NFKC", text).casefold()


def _rules(query: str) -> list[tuple[str, Any]]:
    number = query.removeprefix("C-")
    by_number = [int(number)] if number.isascii() and number.isdigit() and len(number) < 16 else []
    return [
        ("case", by_number),
        ("account", select(cases.c.id).where(cases.c.account == query)),
        *(
            (
                part,
                select(people.c.case_id).where(people.c.account == query, people.c.part == part),
            )
            for part in ("child", "linked")
        ),
        ("indicator", select(indicators.c.case_id).where(indicators.c.indicator == query)),
        ("tag", select(tags.c.case_id).where(tags.c.tag == query)),
    ]
