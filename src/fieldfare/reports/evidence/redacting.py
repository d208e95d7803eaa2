"""A redacted copy of a bag, for disclosure: children by pseudonym, no media, and a log of what was
taken out, by place and never by content. It is a bag of its own, and names the original's hash.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec

from fieldfare.cases.records import Change, Decision, Notice, Reason
from fieldfare.reports.case_file import FiledChild
from fieldfare.reports.evidence import making, verifying
from fieldfare.reports.evidence.bag import TAG_MANIFEST, sha256_of
from fieldfare.reports.evidence.custody import TrailEntry
from fieldfare.reports.evidence.hiding import Hider, moved
from fieldfare.reports.evidence.making import BagMade, BagOptions, write_bag
from fieldfare.reports.frozen import FrozenCase, FrozenMessage
from fieldfare.vocabulary import InputError

LOG: Final = "redactions.jsonl"


@dataclass(frozen=True)
class Redacted:
    """A redacted copy."""

    made: BagMade
    replaced: int
    """Names, addresses and numbers."""
    media: int
    """Media taken out."""
    withheld: int
    """Entries of the audit whose detail is held back."""


class _Log:
    """What was taken out: places, not contents."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.replaced = self.media = self.withheld = 0

    def add(self, **place: Any) -> None:
        self.lines.append(json.dumps(place, sort_keys=True).encode() + b"\n")


def redact(
    original: Path, folder: Path, options: BagOptions | None = None, also: Sequence[str] = ()
) -> Redacted:
    """Make a redacted copy of a bag. Raises InputError where the original is not whole, or is
    redacted already."""
    found = verifying.verify(original)
    if not found.whole:
        raise InputError(f"{original}: is not whole ({found.problems[0]}); nothing was made of it")
    data = original / "data"
    case = making.read_case(data / making.CASE)
    if case.redacted_from is not None:
        raise InputError(f"{original}: is a redacted copy already")
    hider, log = Hider(case.children, also), _Log()
    hidden = _case(case, hider, log, sha256_of(original / TAG_MANIFEST))
    trail = list(_trail((each for _, each in making.read_trail(data / making.TRAIL)), hider, log))
    messages = _messages(making.read_messages(data / making.MESSAGES), hider, log)
    made = write_bag(
        hidden,
        messages,
        trail,
        folder,
        options or BagOptions(),
        # Read when the messages have gone by: the log is whole only then.
        extra={LOG: lambda: b"".join(log.lines)},
    )
    return Redacted(made, log.replaced, log.media, log.withheld)


def _case(case: FrozenCase, hider: Hider, log: _Log, original: str) -> FrozenCase:
    def text(value: str, field: str) -> str:
        return _text(value, hider, log, file=making.CASE, field=field)

    return msgspec.structs.replace(
        case,
        redacted_from=original,
        purpose=text(case.purpose, "purpose"),
        tags=tuple(text(tag, "tags") for tag in case.tags),
        suspect=replace(
            case.suspect,
            name=None if case.suspect.name is None else text(case.suspect.name, "suspect.name"),
        ),
        children=tuple(_child(child, log) for child in case.children),
        reasons=tuple(_reason(each, text, hider) for each in case.reasons),
        ties=tuple((hider.account(one), hider.account(other)) for one, other in case.ties),
        notices=tuple(Notice(n.kind, hider.account(n.by), n.at) for n in case.notices),
        linked=tuple(text(each, "linked") for each in case.linked),
        decisions=tuple(_decision(each, text) for each in case.decisions),
        changes=tuple(
            Change(each.version, each.at, each.by, text(each.what, "changes"))
            for each in case.changes
        ),
    )


def _child(child: FiledChild, log: _Log) -> FiledChild:
    log.add(file=making.CASE, field="children", number=child.number, what=child.pseudonym)
    log.replaced += 1 + (child.name is not None)
    return replace(child, account=child.pseudonym, name=None)


def _reason(reason: Reason, text: Any, hider: Hider) -> Reason:
    ids = tuple(_identifier(each, hider) for each in reason.messages)
    return replace(reason, sentence=text(reason.sentence, "reasons"), messages=ids)


def _decision(decision: Decision, text: Any) -> Decision:
    return replace(
        decision,
        rationale=text(decision.rationale, "decisions"),
        second_rationale=text(decision.second_rationale, "decisions"),
    )


def _messages(
    messages: Iterable[FrozenMessage], hider: Hider, log: _Log
) -> Iterator[FrozenMessage]:
    for message in messages:
        where: dict[str, Any] = {"message": message.number}
        place = {**where, "contacts": False}
        body, spans = message.text, message.spans
        if body is not None:
            body, hidden = hider.hide(body)
            spans = moved(spans, hidden)
            log.replaced += len(hidden)
            for each in hidden:
                log.add(**where, field="text", start=each.start, end=each.end, what=each.what)
        if message.media:
            log.media += len(message.media)
            log.add(**where, field="media", count=len(message.media), what="media")
        source = message.source
        if source is not None:
            source = replace(
                source,
                file=_text(source.file, hider, log, **place, field="source.file"),
                member=_text(source.member, hider, log, **place, field="source.member"),
                record=_text(source.record, hider, log, **place, field="source.record"),
            )
        yield msgspec.structs.replace(
            message,
            sender=hider.account(message.sender),
            recipients=tuple(map(hider.account, message.recipients)),
            text=body,
            spans=spans,
            media=(),
            source=source,
            origin=_text(message.origin, hider, log, **place, field="origin"),
            id=None if message.id is None else _identifier(message.id, hider),
        )


def _trail(entries: Iterable[TrailEntry], hider: Hider, log: _Log) -> Iterator[TrailEntry]:
    """Entries as they are, since a changed one would break its hash; the detail of one that names a
    child is held back whole."""
    for entry in entries:
        if entry.detail is not None and _names(entry.detail, hider):
            log.withheld += 1
            log.add(file=making.TRAIL, entry=entry.number, field="detail", what="withheld")
            yield msgspec.structs.replace(entry, detail=None)
        else:
            yield entry


def _names(detail: dict[str, Any], hider: Hider) -> bool:
    return bool(hider.hide(json.dumps(detail, ensure_ascii=False), contacts=False)[1])


def _identifier(value: str, hider: Hider) -> str:
    """An id of the service's, which may be made of an account's."""
    return hider.hide(value, contacts=False)[0]


def _text(value: str, hider: Hider, log: _Log, *, contacts: bool = True, **where: Any) -> str:
    hidden_text, hidden = hider.hide(value, contacts=contacts)
    log.replaced += len(hidden)
    for each in hidden:
        log.add(**where, start=each.start, end=each.end, what=each.what)
    return hidden_text
