"""The children of a country as tables for a spreadsheet: UTF-8 with a byte order mark."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Final

from fieldfare.investigation import reading, wording
from fieldfare.investigation.handover.content import Dossier
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


def children(found: Dossier, code: str) -> bytes:
    """One row a child of the country's report."""
    people = found.children(code)
    owned = reading.accounts(found.case, [each.peer for each in people])
    kinds = reading.risk_kinds(found.case)
    rows: list[Sequence[Any]] = []
    for each in people:
        known = [i for account in owned.get(each.peer, []) for i in account.identifiers]
        rows.append(
            (
                each.reference, each.name, each.standing,
                each.verdict_by if each.verdict else "",
                f"{each.probability:.3f}", f"{each.low:.3f}", f"{each.high:.3f}",
                "" if each.age is None else f"{each.age:g}", each.age_basis,
                each.country or "", f"{each.country_confidence:.2f}", each.risk,
                "; ".join(wording.risk(kind) for kind in wording.RISKS
                          if kind in kinds.get(each.peer, {})),
                isoformat(each.first_contact), isoformat(each.last_contact),
                "yes" if each.wrote_first else "no", each.sent, each.received,
                "; ".join(each.accounts),
                *("; ".join(sorted({i.value for i in known if i.kind == kind}))
                  for kind in ("phone", "email")),
            )
        )  # fmt: skip
    return _csv(CHILDREN, rows)


def lines(found: Dossier, code: str) -> bytes:
    """One row a cue, a sign of a country, a risk or an identifier, each with its place."""
    people = found.children(code)
    peers = [each.peer for each in people]
    case = found.case
    cues, places = reading.cues(case, peers), reading.places(case, peers)
    risks, owned = reading.risks(case, peers), reading.accounts(case, peers)
    rows: list[Sequence[Any]] = []
    for each in people:
        who = each.reference
        rows += [
            (who, "identifier", i.kind, i.value, "", "", "", *_place(i.origin))
            for account in owned.get(each.peer, [])
            for i in account.identifiers
        ]
        rows += [
            (who, "child", c.kind, c.says, f"{c.weight:.2f}", "", _number(c.message),
             *_place(c.origin))
            for c in cues.get(each.peer, [])
        ]  # fmt: skip
        rows += [
            (who, "country", p.basis, f"{p.country}: {p.says}", f"{p.weight:.2f}", "",
             _number(p.message), *_place(p.origin))
            for p in places.get(each.peer, [])
        ]  # fmt: skip
        rows += [
            (who, "risk", r.kind, wording.risk(r.kind), "", isoformat(r.at), r.message,
             *_place(r.origin))
            for r in risks.get(each.peer, [])
        ]  # fmt: skip
    return _csv(LINES, rows)


def _place(origin: Any) -> tuple[str, str, str]:
    return origin.name, origin.member, origin.locator


def _number(message: int | None) -> str:
    return "" if message is None else str(message)


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([plain(v) if isinstance(v, str) else v for v in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")
