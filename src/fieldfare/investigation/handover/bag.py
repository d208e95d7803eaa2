"""The messages with the children of a country as an evidence bag (`reports.evidence`): checked with
``fieldfare evidence verify`` as any other.

Its trail is the investigation's own record of decisions, which are appended and never changed; the
audit of the console is another, and stays in the console.
"""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from fieldfare.cases import audit
from fieldfare.cases.exporting import TRAIL_START, link
from fieldfare.cases.records import AuditEntry
from fieldfare.investigation import correspondence, reading
from fieldfare.investigation.handover import tables
from fieldfare.investigation.handover.content import content, dossier
from fieldfare.investigation.handover.sentences import country_name
from fieldfare.investigation.handover.writing import page_of, software
from fieldfare.investigation.records import Message, Origin, Person
from fieldfare.investigation.store import Investigation, now
from fieldfare.reports.case_file import FiledChild, Suspect
from fieldfare.reports.evidence.custody import trail_of
from fieldfare.reports.evidence.making import BagMade, BagOptions, write_bag
from fieldfare.reports.frozen import FrozenCase, FrozenMessage
from fieldfare.reports.typesetting import typeset
from fieldfare.scan.snapshot import SeenMedia, SeenSource
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import isoformat

PAGE: Final = 5_000


def make_country_bag(
    case: Investigation,
    name: str,
    code: str,
    by: str,
    folder: Path,
    options: BagOptions | None = None,
) -> BagMade:
    """An evidence bag of every message with the children of a country's report, with that report
    and its tables. `folder` must not exist. Raises InputError where the country has no child."""
    at = now()
    found = dossier(case, name, made_at=at, by=by, software=software())
    people = sorted(found.children(code), key=lambda each: (each.first_contact, each.peer))
    if not people:
        raise InputError(f"{country_name(code)}: no child is known or probable there")
    report = content(found, code)
    pdf = typeset("country", asdict(report), at=at)
    filed = _children(case, people)
    trail = _trail(case, by, at, code)
    frozen = FrozenCase(
        subject="investigation",
        reference=f"{name} {code}",
        case=0,
        version=len(trail),
        state="investigation",
        opened_by="investigation",
        opened_at=at,
        level="",
        signs=(),
        tags=(),
        taken_at=at,
        taken_by=by,
        purpose=f"hand-over to the police of {country_name(code)}",
        authority=None,
        suspect=_suspect(found.suspect),
        band="",
        probability=0.0,
        as_of=max((each.last_contact for each in people), default=at),
        first_flagged_at=None,
        children_when_flagged=None,
        scorecard="",
        language="",
        reasons=(),
        history=(),
        children=filed,
        ties=tuple(
            (filed[a].account, filed[b].account)
            for a, one in enumerate(people)
            for b, other in enumerate(people)
            if a < b and other.peer in found.ties.get(one.peer, ())
        ),
        notices=(),
        linked=tuple(a.account for owned in found.suspect.values() for a in owned)[1:],
        decisions=(),
        changes=(),
        viewers=(),
        snapshot_sha256="",
        message_count=sum(each.messages for each in filed),
        messages_left_out=0,
        messages_redacted=0,
        trail_entry=trail[-1].number,
        trail_entry_hash=trail[-1].hash,
        trail_end=_end(trail),
    )
    origins = _Origins()
    return write_bag(
        frozen,
        _messages(case, people, filed, origins),
        trail_of(trail),
        folder,
        options or BagOptions(),
        extra={
            "transcript/origins.csv": origins.data,
            f"report/{code}.html": lambda: page_of(report).encode("utf-8", "replace"),
            f"report/{code}.children.csv": lambda: b"".join(tables.children(found, code)),
            f"report/{code}.lines.csv": lambda: b"".join(tables.lines(found, code)),
        },
        report=lambda _: pdf,
    )


def _children(case: Investigation, people: Sequence[Person]) -> tuple[FiledChild, ...]:
    counts = correspondence.counts(case)
    return tuple(
        FiledChild.of(each, number, counts.get(each.account, 0))
        for number, each in enumerate(reading.seen_children(case, people), 1)
    )


def _suspect(owned: dict[str, list[Any]]) -> Suspect:
    accounts = [account for each in owned.values() for account in each]
    if not accounts:
        return Suspect("not known", None, None, "unknown", None)
    first = accounts[0]
    return Suspect(first.account, first.name or None, None, "unknown", None)


class _Origins:
    """Every place where each message stands: one seen from two devices has two."""

    def __init__(self) -> None:
        self._text = io.StringIO()
        self._rows = csv.writer(self._text)
        self._rows.writerow(("number", "source", "member", "record", "raw_time", "warnings"))

    def add(self, number: int, message: Message) -> None:
        """The places of a message."""
        self._rows.writerows(
            (number, each.source, each.member, each.locator, each.raw_time,
             "; ".join(each.warnings))
            for each in message.origins
        )  # fmt: skip

    def data(self) -> bytes:
        """The table, when all messages have gone by."""
        return b"\xef\xbb\xbf" + self._text.getvalue().encode("utf-8", "replace")


def _messages(
    case: Investigation,
    people: Sequence[Person],
    filed: Sequence[FiledChild],
    origins: _Origins,
) -> Iterator[FrozenMessage]:
    number = 0
    for person, child in zip(people, filed, strict=True):
        after = 0
        while page := correspondence.conversation(case, person.peer, after=after, most=PAGE):
            after += len(page)
            texts = correspondence.texts(case, [each.message for each in page])
            for each in page:
                number += 1
                origins.add(number, each)
                yield _frozen(
                    number, child.number, dataclasses.replace(each, text=texts.get(each.message))
                )


def _frozen(number: int, conversation: int, message: Message) -> FrozenMessage:
    first = message.origins[0] if message.origins else Origin("")
    text = message.text
    return FrozenMessage(
        number,
        conversation,
        None,
        message.message,
        message.sender,
        message.recipients,
        message.from_suspect,
        message.sent_at,
        isoformat(message.sent_at),
        message.tz_basis,
        first.raw_time,
        None if text is None else text.encode("utf-8", "replace").decode(),
        redacted=False,
        indicators=message.indicators,
        spans=(),
        media=tuple(SeenMedia(kind) for kind in message.media),
        source=SeenSource(
            first.source, first.member, first.locator, first.raw_time, message.tz_basis,
            first.warnings,
        ),
        origin="; also ".join(map(str, message.origins)),
    )  # fmt: skip


def _trail(case: Investigation, by: str, at: int, code: str) -> list[AuditEntry]:
    """What people decided, and that this was taken: chained as the audit of cases is."""
    decided = [
        (each["at"], each["by"], "investigation.verdict",
         {"person": each["peer"], "verdict": each["verdict"], "note": each["note"]})
        for each in reading.verdicts(case)
    ] + [
        (each["at"], each["by"], "investigation.join",
         {"join": each["join_id"], "state": each["state"]})
        for each in reading.join_decisions(case)
    ]  # fmt: skip
    decided.sort(key=lambda each: each[0])
    decided.append((at, by, "investigation.bag", {"country": code}))
    entries: list[AuditEntry] = []
    previous = audit.START
    for number, (when, who, what, detail) in enumerate(decided, 1):
        entry = AuditEntry(number, when, who, "", what, None, detail, previous, "")
        previous = audit.hash_of(entry)
        entries.append(
            AuditEntry(number, when, who, "", what, None, detail, entry.previous, previous)
        )
    return entries


def _end(trail: Sequence[AuditEntry]) -> str:
    end = TRAIL_START
    for entry in trail:
        end = link(end, entry.hash)
    return end
