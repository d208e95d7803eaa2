"""The children of a country as tables for a spreadsheet: UTF-8 with a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Container, Iterable, Iterator, Sequence
from typing import Any, Final

from fieldfare.investigation import reading, wording
from fieldfare.investigation.handover.content import Dossier
from fieldfare.investigation.records import Account, Person
from fieldfare.investigation.store import Investigation
from fieldfare.reports.evidence.transcript import plain
from fieldfare.vocabulary.times import isoformat

CHILDREN: Final = (
    "reference", "name", "standing", "confirmed_by", "child_probability", "low", "high", "age",
    "age_basis", "country", "country_confidence", "risk_level", "risks", "first_contact_utc",
    "last_contact_utc", "suspect_wrote_first", "messages_from_suspect", "messages_to_suspect",
    "accounts", "phones", "emails",
)  # fmt: skip
LINES: Final = ("reference", "about", "kind", "says", "weight", "at_utc", "message", "source",
                "member", "record")  # fmt: skip


PEOPLE_AT_ONCE: Final = 2_000
_HEAD: Final = b"\xef\xbb\xbf"


def children(found: Dossier, code: str) -> Iterator[bytes]:
    """One row a child of the country's report, some children at a time."""
    yield _HEAD + _csv([CHILDREN])
    for people in _parts(found.children(code)):
        peers = [each.peer for each in people]
        owned, kinds = reading.accounts(found.case, peers), reading.risk_kinds(found.case, peers)
        yield _csv(
            _child(each, owned.get(each.peer, []), kinds.get(each.peer, {})) for each in people
        )


def _child(each: Person, owned: Sequence[Account], kinds: Container[str]) -> Sequence[Any]:
    known = [i for account in owned for i in account.identifiers]
    return (
        each.reference, each.name, each.standing,
        each.verdict_by if each.verdict else "",
        f"{each.probability:.3f}", f"{each.low:.3f}", f"{each.high:.3f}",
        "" if each.age is None else f"{each.age:g}", each.age_basis,
        each.country or "", f"{each.country_confidence:.2f}", each.risk,
        "; ".join(wording.risk(kind) for kind in wording.RISKS if kind in kinds),
        isoformat(each.first_contact), isoformat(each.last_contact),
        "yes" if each.wrote_first else "no", each.sent, each.received,
        "; ".join(each.accounts),
        *("; ".join(sorted({i.value for i in known if i.kind == kind}))
          for kind in ("phone", "email")),
    )  # fmt: skip


def lines(found: Dossier, code: str) -> Iterator[bytes]:
    """One row a cue, a sign of a country, a risk or an identifier, each with its place."""
    yield _HEAD + _csv([LINES])
    for people in _parts(found.children(code)):
        yield _csv(_lines(found.case, people))


def _lines(case: Investigation, people: Sequence[Person]) -> Iterator[Sequence[Any]]:
    peers = [each.peer for each in people]
    cues, places = reading.cues(case, peers), reading.places(case, peers)
    risks, owned = reading.risks(case, peers), reading.accounts(case, peers)
    for each in people:
        who = each.reference
        for account in owned.get(each.peer, []):
            for i in account.identifiers:
                yield who, "identifier", i.kind, i.value, "", "", "", *_place(i.origin)
        for c in cues.get(each.peer, []):
            yield (
                who,
                "child",
                c.kind,
                c.says,
                f"{c.weight:.2f}",
                "",
                _number(c.message),
                *_place(c.origin),
            )
        for p in places.get(each.peer, []):
            yield (
                who,
                "country",
                p.basis,
                f"{p.country}: {p.says}",
                f"{p.weight:.2f}",
                "",
                _number(p.message),
                *_place(p.origin),
            )
        for r in risks.get(each.peer, []):
            yield (who, "risk", r.kind, wording.risk(r.kind), "", isoformat(r.at), r.message,
                   *_place(r.origin))  # fmt: skip


def _parts(people: Sequence[Person]) -> Iterator[Sequence[Person]]:
    for at in range(0, len(people), PEOPLE_AT_ONCE):
        yield people[at : at + PEOPLE_AT_ONCE]


def _place(origin: Any) -> tuple[str, str, str]:
    return origin.name, origin.member, origin.locator


def _number(message: int | None) -> str:
    return "" if message is None else str(message)


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([plain(v) if isinstance(v, str) else v for v in row] for row in rows)
    return text.getvalue().encode("utf-8", "replace")
