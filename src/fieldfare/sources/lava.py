"""Phones and warrant returns as the LEAPP tools decode them: LAVA output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from fieldfare.sources.clock import LocalClock
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    note,
    phone_account,
)
from fieldfare.sources.json_stream import dicts, integer, text
from fieldfare.sources.media_kinds import kind_of
from fieldfare.sources.place import MAX_WHOLE, Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.sources.sqlite_file import Database, Row, is_database, opened
from fieldfare.vocabulary import InputError, Media, Message, Origin, Record
from fieldfare.vocabulary.records import TimeZoneBasis
from fieldfare.vocabulary.times import EARLIEST, LATEST, SECOND

_MANIFESTS = ("_lava_data.lava", "_lava_data.json")
_DATABASE = "_lava_artifacts.db"

NO_TABLE = "an artefact whose table is not in the database; it was not read"
NO_VIEW = "no artefact here is a conversation; nothing was read"
NOT_A_VIEW = "an artefact whose conversation names no column of time or text; it was not read"

_KEYS: dict[str, tuple[str, ...]] = {
    "thread": ("conversationDiscriminatorColumn", "threadDiscriminatorColumn"),
    "label": ("conversationLabelColumn", "threadLabelColumn"),
    "text": ("textColumn",),
    "direction": ("directionColumn",),
    "time": ("timeColumn",),
    "sender": ("senderColumn",),
    "media": ("mediaColumn",),
    "owner": ("sentMessageLabelColumn",),
}
"""What a conversation view calls its columns, in the newer and the older version."""


class Lava(RecordReader):
    """What iLEAPP, ALEAPP, RLEAPP and their kin write for LAVA: ``_lava_data.lava`` (before 2025
    ``_lava_data.json``) beside ``_lava_artifacts.db``.

    Every artefact that declares a conversation (``data_views.conversation``, before ``chat``) is
    read, whatever the application: one reader for all that the tools decode. Written against
    the code of iLEAPP at versions 2.0 and 2.3.

    Completeness: unknown: what the tool decoded of an application is for its own documentation.

    Limits: an account is the application and the sender as the artefact gives it, a name or a
    number. Only people who wrote are known to be in a conversation; where nobody but the owner
    wrote, its label names the other. The owner is what the artefact calls him; where it does
    not, ``…:phone-`` and a part of the hash of the oldest row. Other artefacts (calls, places,
    contacts) are not read.

    References: github.com/abrignoni/iLEAPP, ``scripts/lavafuncs.py``.
    """

    name: ClassVar[str] = "lava"
    title: ClassVar[str] = "LEAPP tools (LAVA output)"
    completeness: ClassVar[Completeness] = "unknown"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return place.single is None and _members(place) is not None

    def others(self, place: Place) -> list[Member]:  # noqa: ARG002
        """Nothing: the rest of the tool's output repeats the same rows."""
        return []

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        members = _members(place)
        if members is None:
            raise InputError(f"{place}: no {_MANIFESTS[0]} with {_DATABASE} beside it")
        manifest, member = members
        if not is_database(place, member):
            raise InputError(f"{place}: {member.name} is no database; copy it again")
        accounts, clock = Accounts(place), LocalClock(options)
        with opened(place, member, problems) as database:
            for view in _views(place, manifest, problems):
                if not database.columns(view.table):
                    problems.add(place, NO_TABLE, member=manifest.name, locator=view.table)
                    continue
                yield from _read(view, database, member, place, accounts, clock, options, problems)


@dataclass
class _View:
    """One artefact that is a conversation."""

    table: str
    service: str
    columns: dict[str, str]
    """Column by what it is (`_KEYS`)."""
    sent: str
    """The direction of a message the owner sent."""
    owner: str
    """What the artefact calls the owner; empty where it does not."""
    threads: dict[str, _Thread] = field(default_factory=dict)


@dataclass
class _Thread:
    label: str = ""
    people: dict[str, None] = field(default_factory=dict)
    known: Conversation | None = None

    def conversation(self, view: _View, thread: str) -> Conversation:
        if self.known is None:
            people = dict.fromkeys((view.owner, *self.people))
            if len(people) == 1 and (self.label or thread):
                people[_account(view.service, self.label or thread)] = None
            private = len(people) <= 2
            key = sorted(people) if private else [thread]
            self.known = Conversation(
                derived_id(view.service, *key), "private" if private else "group", tuple(people)
            )
        return self.known


def _members(place: Place) -> tuple[Member, Member] | None:
    """The manifest and the database, at the top or in the one folder that holds all."""
    by_name = {member.name: member for member in place.members}
    for name in by_name:
        folder, _, base = name.rpartition("/")
        if base in _MANIFESTS and folder.count("/") == 0:
            database = by_name.get(f"{folder}/{_DATABASE}" if folder else _DATABASE)
            if database is not None:
                return by_name[name], database
    return None


def _views(place: Place, manifest: Member, problems: Problems) -> Iterator[_View]:
    try:
        value = json.loads(place.read(manifest, MAX_WHOLE // 8))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{place}: {manifest.name} is damaged; copy it again") from error
    categories = value.get("artifacts") if isinstance(value, dict) else None
    if not isinstance(categories, dict) or not categories:
        raise InputError(f"{place}: {manifest.name} lists no artefacts; run the tool again")
    found = False
    for category, artefacts in categories.items():
        locator = f"artifacts.{category}"
        listed = dicts(artefacts)
        if not isinstance(artefacts, list) or len(listed) != len(artefacts):
            problems.add(place, NOT_A_VIEW, member=manifest.name, locator=locator)
        for artefact in listed:
            views = artefact.get("data_views", {})
            # Most artefacts are no conversation, and have no views.
            named = views
            if isinstance(views, dict):
                named = views.get("conversation", views.get("chat", {}))
            view = _view(str(category), artefact, named) if isinstance(named, dict) else None
            if view is not None:
                found = True
                yield view
            elif named != {}:
                problems.add(place, NOT_A_VIEW, member=manifest.name, locator=locator)
    if not found:
        problems.add(place, NO_VIEW, member=manifest.name, locator="artifacts")


def _view(category: str, artefact: dict[str, Any], named: dict[str, Any]) -> _View | None:
    table = text(artefact.get("tablename"))
    columns = {
        what: str(named[key])
        for what, keys in _KEYS.items()
        for key in reversed(keys)
        if text(named.get(key))
    }
    if table is None or not {"time", "text"} <= columns.keys():
        return None
    service = "".join(category.lower().split())
    static = text(named.get("sentMessageStaticLabel"))
    return _View(
        table,
        service,
        columns,
        str(named.get("directionSentValue", "")),
        _account(service, static) if static and static.lower() not in _ME else "",
    )


_ME = ("me", "local user", "owner", "device owner", "self")
"""Labels that name nobody."""


def _read(
    view: _View,
    database: Database,
    member: Member,
    place: Place,
    accounts: Accounts,
    clock: LocalClock,
    options: ReadOptions,
    problems: Problems,
) -> Iterator[Record]:
    _look_through(view, database)
    ordinals, names = Ordinals(), tuple(dict.fromkeys(view.columns.values()))
    for number, row in database.rows(view.table, names):
        if options.progress is not None:
            options.progress(len(str(row.get(view.columns["text"]) or "")) + 100)
        cells = {what: row[column] for what, column in view.columns.items()}
        origin, time = _origin(place, member, f"{view.table} {number}", cells, clock)
        sender = _sender(view, cells)
        if time is None:
            note(problems, origin, NO_TIME)
        elif not sender:
            note(problems, origin, NO_SENDER)
        else:
            thread = _string(cells.get("thread"))
            conversation = view.threads.setdefault(thread, _Thread()).conversation(view, thread)
            recipients = conversation.recipients(sender)
            note(problems, origin, conversation.doubt(recipients))
            people = ((person, None) for person in (sender, *recipients))
            yield from accounts.new(people, member, origin.locator)
            key = (conversation.id, sender, str(time))
            yield Message(
                id=derived_id(view.service, *key, str(ordinals.next(*key))),
                conversation=conversation.id,
                kind=conversation.kind,
                sender=sender,
                recipients=recipients,
                sent_at=time,
                text=_string(cells.get("text")) or None,
                media=_media(cells),
                origin=origin,
            )


def _look_through(view: _View, database: Database) -> None:
    """The people of every conversation, and the owner, in a pass of their own."""
    wanted = ("thread", "label", "sender", "direction", "owner", "time")
    names = tuple(dict.fromkeys(view.columns[what] for what in wanted if what in view.columns))
    oldest = ""
    for _, row in database.rows(view.table, names):
        cells = {what: row[view.columns[what]] for what in wanted if what in view.columns}
        oldest = oldest or repr([cells.get(what) for what in ("time", "thread", "direction")])
        thread = view.threads.setdefault(_string(cells.get("thread")), _Thread())
        thread.label = thread.label or _string(cells.get("label"))
        if not _is_sent(view, cells):
            sender = _string(cells.get("sender")) or thread.label
            if sender:
                thread.people[_account(view.service, sender)] = None
        elif not view.owner and _string(cells.get("owner")):
            view.owner = _account(view.service, _string(cells.get("owner")))
    view.owner = view.owner or phone_account(view.service, oldest)


def _is_sent(view: _View, cells: Row) -> bool:
    return bool(view.sent) and _string(cells.get("direction")) == view.sent


def _sender(view: _View, cells: Row) -> str:
    if _is_sent(view, cells):
        return view.owner
    name = _string(cells.get("sender"))
    if not name:
        thread = view.threads.get(_string(cells.get("thread")))
        name = thread.label if thread is not None else ""
    return _account(view.service, name) if name else ""


def _origin(
    place: Place, member: Member, locator: str, cells: Row, clock: LocalClock
) -> tuple[Origin, int | None]:
    """Where a row stood, and its time in microseconds UTC: whole seconds, or ISO 8601 where the
    tool could not make them seconds."""
    raw = cells.get("time")
    seconds = int(raw) if isinstance(raw, float) and abs(raw) < LATEST else integer(raw)
    basis: TimeZoneBasis = "utc"
    doubts: tuple[str, ...] = ()
    if seconds is not None:
        micros = seconds * SECOND if EARLIEST <= seconds * SECOND <= LATEST else None
    else:
        micros, basis, doubts = clock.iso(_string(raw))
    return Origin(
        source=str(place),
        member=member.name,
        locator=locator,
        raw_time=_string(raw),
        tz_basis=basis,
        warnings=doubts,
    ), micros


def _media(cells: Row) -> tuple[Media, ...]:
    name = _string(cells.get("media"))
    return (Media(kind=kind_of(name)),) if name else ()


def _string(value: object) -> str:
    return "" if value is None or isinstance(value, bytes) else str(value).strip()


def _account(service: str, name: str) -> str:
    return f"{service}:{name}"
