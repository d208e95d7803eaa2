"""What the exports of Meta's "Download your information" share: Messenger and Instagram.

A conversation is a folder of ``message_N.json``, the newest messages in ``message_1.json`` and
the newest first in each. There are names and no ids, and text is written in mojibake (`repair`).
Reading is in two passes: participants, and people who wrote but have left, may stand anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from fieldfare.sources.clock import millis
from fieldfare.sources.conversation import (
    NO_SENDER,
    NO_TIME,
    SERVICE_LINE,
    Accounts,
    Conversation,
    Ordinals,
    derived_id,
    in_order,
    note,
)
from fieldfare.sources.json_stream import dicts, first_pass, objects, outline, text
from fieldfare.sources.media_kinds import kind_of
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Problems, ReadOptions, data_files
from fieldfare.vocabulary import Account, InputError, Media, Message, Origin
from fieldfare.vocabulary.records import MediaKind

HTML = "a conversation in HTML, which cannot be read; ask Meta for the download in JSON"
NOT_MESSAGES = "a file in a conversation's folder that is none of messages; it was not read"
OTHER_SERVICE = "a conversation of the other Meta service; give that export as a path of its own"

_BOXES = "inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover"
_ROOTS = "your_activity_across_facebook|your_facebook_activity|your_instagram_activity"
_THREAD = re.compile(
    rf"(?<![^/])(?:(?:{_ROOTS})/)?messages/(?:{_BOXES})/[^/]+/message_\d+\.(?:json|html)$",
    re.IGNORECASE,
)
_IN_THREAD = re.compile(r"(?<![^/])messages/[^/]+/[^/]+/[^/]+$", re.I)
_ROOT = re.compile(rf"(?:^|/)(?:{_ROOTS})/", re.IGNORECASE)
_NUMBER = re.compile(r"message_(\d+)\.json$", re.IGNORECASE)
_ALONE = re.compile(r"^(?:[^/]+/)?message_\d+\.json$", re.IGNORECASE)

BOX_WARNINGS = {"message_requests": "message request", "filtered_threads": "filtered"}
"""What to say of a message by the box its conversation lies in: what a stranger sent before he
was let in matters."""

_NOBODY = re.compile(
    r"(?:facebook|instagram)[ -]?(?:user|nutzer(?:in|:in)?|gebruiker|användare|bruger|bruker|"
    r"kullanıcısı|ユーザー|用户|用戶|使用者|사용자)|instagrammer|"
    r"(?:utilisat(?:eur|rice)|usuario|usuário|utilizador|utente|пользователь|użytkownik|pengguna|"
    r"người dùng)(?: d[eio])? (?:facebook|instagram)a?|",
    re.IGNORECASE,
)
"""The name Meta gives to everyone whose account is gone. They are many people."""

_MEDIA: tuple[tuple[str, MediaKind | None], ...] = (
    ("photos", "photo"),
    ("videos", "video"),
    ("audio_files", "audio"),
    ("gifs", "gif"),
    ("files", None),
)
"""Fields that list what was sent; None where the kind is in the file name."""


def repair(string: str) -> str:
    """Undo the mojibake of Meta's exports, exactly and only where that is what it is.

    Meta writes each byte of the UTF-8 form of a text as if it were a character of its own. The
    rule, for each string by itself: if every character is at most U+00FF and those characters,
    taken as bytes (Latin-1), are valid UTF-8, the text is those bytes read as UTF-8; otherwise
    it stays as it is. The rule has no parameters and never loses anything: encoding the result
    as UTF-8 and reading it as Latin-1 gives the stored string again, so anybody can check it.
    Its limit: a text that was stored correctly and looks like mojibake (``Ã©``) would change.
    """
    if string.isascii():
        return string
    try:
        return string.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return string


@dataclass
class Thread:
    """A conversation as the first pass found it."""

    parts: list[Member]
    """Oldest messages first."""
    people: dict[str, None] = field(default_factory=dict)
    """Names of participants and of all who wrote, in order of appearance."""
    title: str = ""
    path: str = ""
    """``inbox/slug`` as Meta wrote it."""
    group: bool = False

    @property
    def slug(self) -> str:
        """Meta's own name of the conversation; empty where the file is by itself and does not
        say."""
        if self.path:
            return PurePosixPath(self.path).name
        return PurePosixPath(self.parts[0].name).parent.name

    @property
    def warning(self) -> tuple[str, ...]:
        """What the box says of every message in it."""
        steps = {*PurePosixPath(self.path).parts, *PurePosixPath(self.parts[0].name).parts}
        return tuple(word for box, word in BOX_WARNINGS.items() if box in steps)


def is_export(place: Place, service: Literal["messenger", "instagram"]) -> bool:
    """True for a place that is an export of that service and not of the other."""
    if place.single is not None:
        fits = _is_thread(place, place.single)
    else:
        names = [member.name for member in place.members]
        common = _common_folder(names)
        found = ((name, _THREAD.search(name)) for name in names)
        # Only at the top, or below the folders everything lies in: a folder that holds other
        # things beside an export is not that export.
        fits = any(match and common.startswith(name[: match.start()]) for name, match in found)
        fits = fits or _is_box(place)
    return fits and _service(place) == service


def _is_box(place: Place) -> bool:
    """True for the folder of one conversation, or for one box of them, given by itself."""
    jsons = [member for member in place.members if member.name.lower().endswith(".json")]
    return (
        bool(jsons)
        and all(_ALONE.match(member.name) for member in jsons)
        and _is_thread(place, jsons[0])
    )


def _is_thread(place: Place, member: Member) -> bool:
    shape = outline(place, member)
    return "messages" in shape and (
        "messages.item.sender_name" in shape or "participants.item.name" in shape
    )


def _common_folder(names: list[str]) -> str:
    """The folders all names lie in, with a slash at the end; often the export's own name."""
    first, last = min(names, default=""), max(names, default="")
    same = 0
    while same < min(len(first), len(last)) and first[same] == last[same]:
        same += 1
    return first[: first[:same].rfind("/") + 1]


_INSTAGRAM = re.compile(r"(?:^|/)(?:your_instagram_activity|instagram-[^/]+)(?:/|$)", re.I)
_INSTAGRAM_BESIDE = re.compile(r"(?:^|/)(?:followers_and_following|story_sticker_interactions)/")
_INSTAGRAM_URI = re.compile(rb'"uri"\s*:\s*"your_instagram_activity/')
_FACEBOOK = re.compile(r"(?:^|/)(?:your_activity_across_facebook|your_facebook_activity)/", re.I)


def _service(place: Place) -> str:
    names = [member.name for member in place.members]
    if any(_FACEBOOK.search(name) for name in names):
        return "messenger"
    if _INSTAGRAM.search(place.path.as_posix()):
        return "instagram"
    if any(_INSTAGRAM.search(name) or _INSTAGRAM_BESIDE.search(name) for name in names):
        return "instagram"
    parts = (member for member in place.members if _NUMBER.search(place.name_of(member)))
    first = next(parts, place.single)
    if first is not None and _INSTAGRAM_URI.search(place.head(first)):
        return "instagram"
    return "messenger"


def beside(place: Place) -> list[Member]:
    """Data in an export that is not in a conversation's folder, and is not of Meta's own."""
    return data_files(
        member
        for member in place.members
        if not (
            _NUMBER.search(place.name_of(member))
            or _IN_THREAD.search(member.name)
            or _ROOT.search(member.name)
        )
    )


class MetaThreads:
    """Reads the conversations of one place. `service` is the prefix of ids."""

    def __init__(
        self,
        service: Literal["messenger", "instagram"],
        place: Place,
        options: ReadOptions,
        problems: Problems,
    ) -> None:
        self.service, self.place = service, place
        self.options, self.problems = options, problems
        self._accounts = Accounts(place)

    def records(self) -> Iterator[Account | Message]:
        """Accounts and messages, conversation by conversation, the oldest messages first."""
        read = False
        for parts in self._threads():
            read = True
            thread = look_through(self.place, parts)
            yield from self._thread(thread)
        if not read:
            raise InputError(
                f"{self.place}: no message_1.json in it; ask Meta for the download in JSON, "
                "and give the whole download"
            )

    def _threads(self) -> Iterator[list[Member]]:
        found: dict[str, list[tuple[int, Member]]] = {}
        for member in self.place.members:
            number = _NUMBER.search(self.place.name_of(member))
            if number or self.place.single is not None:
                if self.service == "messenger" and _INSTAGRAM.search(member.name):
                    self.problems.add(self.place, OTHER_SERVICE, member=member.name)
                    continue
                folder = member.name.rpartition("/")[0]
                found.setdefault(folder, []).append((int(number[1]) if number else 1, member))
            elif _THREAD.search(member.name):
                self.problems.add(self.place, HTML, member=member.name)
            elif _IN_THREAD.search(member.name):
                self.problems.add(self.place, NOT_MESSAGES, member=member.name)
        for _, parts in sorted(found.items()):
            # By number, not by name: message_10 is older than message_2.
            yield [member for _, member in sorted(parts, key=lambda part: -part[0])]

    def _thread(self, thread: Thread) -> Iterator[Account | Message]:
        key = thread.slug
        key = f"{self.service}:{key}" if key else derived_id(self.service, *sorted(thread.people))
        ids = self._ids(thread, key)
        private = not thread.group and len(ids) <= 2
        conversation = Conversation(key, "private" if private else "group", tuple(ids.values()))
        people = ((ids[name], name or None) for name in ids)
        yield from self._accounts.new(people, thread.parts[0], "participants")
        for part in thread.parts:
            yield from in_order(self._messages(part, thread, conversation, ids))

    def _ids(self, thread: Thread, key: str) -> dict[str, str]:
        """Account ids by name. Where only one person is known, the title names the other."""
        names = list(thread.people)
        if len(names) == 1 and thread.title and not thread.group:
            names += [thread.title] if thread.title not in thread.people else []
        ids = {}
        for name in names:
            # Everyone whose account is gone has one name; together they would look like one
            # person who wrote to very many.
            where = f"@{key.partition(':')[2]}" if _NOBODY.fullmatch(name) else ""
            ids[name] = f"{self.service}:{name}{where}"
        return ids

    def _messages(
        self, member: Member, thread: Thread, conversation: Conversation, ids: dict[str, str]
    ) -> Iterator[Message]:
        ordinals, warning = Ordinals(), thread.warning
        found = objects(self.place, member, "messages.item", self.options, self.problems)
        for index, item in found:
            raw = item.get("timestamp_ms")
            origin = Origin(
                source=str(self.place),
                member=member.name,
                locator=f"messages[{index}]",
                raw_time="" if raw is None else str(raw),
                warnings=warning + _warnings(item),
            )
            sender, time = item.get("sender_name"), millis(raw)
            if item.get("type") in ("Subscribe", "Unsubscribe"):
                note(self.problems, origin, SERVICE_LINE)
            elif time is None:
                note(self.problems, origin, NO_TIME)
            elif not isinstance(sender, str) or repair(sender) not in ids:
                note(self.problems, origin, NO_SENDER)
            else:
                account = ids[repair(sender)]
                recipients = conversation.recipients(account)
                note(self.problems, origin, conversation.doubt(recipients))
                ordinal = ordinals.next(account, str(time))
                yield Message(
                    id=derived_id(self.service, conversation.id, account, str(time), str(ordinal)),
                    conversation=conversation.id,
                    kind=conversation.kind,
                    sender=account,
                    recipients=recipients,
                    sent_at=time,
                    text=_text(item),
                    media=_media(item),
                    origin=origin,
                )


def look_through(place: Place, parts: list[Member]) -> Thread:
    """The first pass over a conversation: who is in it, and what it is called."""
    thread = Thread(parts)
    for part in parts:
        for prefix, event, value in first_pass(place, part):
            if event != "string":
                continue
            if prefix in ("messages.item.sender_name", "participants.item.name"):
                thread.people.setdefault(repair(value))
            elif prefix == "title":
                thread.title = repair(value)
            elif prefix == "thread_path":
                thread.path = repair(value)
            elif prefix == "thread_type":
                thread.group = thread.group or value == "RegularGroup"
    return thread


def _is_call(item: dict[str, Any]) -> bool:
    return item.get("type") == "Call" or "call_duration" in item


def _text(item: dict[str, Any]) -> str | None:
    if item.get("is_unsent") is True or _is_call(item):
        # What stands there for a call was written by the service.
        return None
    content = text(item.get("content"))
    share = item.get("share")
    if content is None and isinstance(share, dict):
        content = text(share.get("link"))
    return None if content is None else repair(content)


def _media(item: dict[str, Any]) -> tuple[Media, ...]:
    media: list[Media] = []
    for name, kind in _MEDIA:
        files = dicts(item.get(name))
        media += [Media(kind=kind or kind_of(str(file.get("uri", "")))) for file in files]
    if isinstance(item.get("sticker"), dict):
        media.append(Media(kind="sticker"))
    share = item.get("share")
    if isinstance(share, dict) and share.get("link"):
        media.append(Media(kind="link"))
    if _is_call(item):
        media.append(Media(kind="call"))
    return tuple(media)


def _warnings(item: dict[str, Any]) -> tuple[str, ...]:
    flags = (
        ("is_unsent", "unsent"),
        ("is_taken_down", "taken down"),
        ("is_geoblocked_for_viewer", "hidden by country"),
        ("missed", "missed"),
    )
    return tuple(word for key, word in flags if item.get(key) is True)
