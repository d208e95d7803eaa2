"""One WhatsApp chat file as messages, and what a first pass must know of it.

Who is in a chat, how its dates are written, and whether a name is a person's or the group's can
only be told from the whole file; so it is read twice, a line at a time.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from fieldfare.sources.conversation import derived_id
from fieldfare.sources.decoding import CleanBytes, Lines
from fieldfare.sources.json_stream import NOT_TEXT
from fieldfare.sources.lines import NO_LINE_END
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.whatsapp_bodies import LRM, read_body, title_in
from fieldfare.sources.whatsapp_dates import (
    HEADERS,
    MARKS,
    OrderFinder,
    Stamp,
    match_header,
    stamp_of,
)
from fieldfare.vocabulary import InputError

MAX_MESSAGE = 1024 * 1024
"""Characters. WhatsApp ends a message at 65,536."""
PROBED_LINES = 10

TOO_LONG = "a message longer than a million characters; its end was dropped"
LINE_CUT = "a line longer than 1 MiB; its end was dropped"
ORPHAN = "a line before the first message; it was left out"
CUT_OFF = "the file cannot be read to its end"


@dataclass
class Entry:
    """A message or a line of the service, with the lines that belong to it."""

    line: int
    stamp: Stamp
    author: str | None
    """The name as shown; None for a line of the service."""
    text: str


@dataclass
class Survey:
    """What the first pass found."""

    member: Member
    style: str
    title: str | None
    order: OrderFinder = field(default_factory=OrderFinder)
    people: dict[str, str] = field(default_factory=dict)
    """Name by account id, of everyone who wrote, in order of appearance."""
    phantom: str | None = None
    """Account id of the group or peer in whose name WhatsApp wrote the first line, as it does
    on iOS, and who wrote nothing."""
    begins: str = ""
    """The first time in the file, as it stands there."""
    digest: str = ""
    """SHA-256 of all that was written."""

    @property
    def peer(self) -> tuple[str, str] | None:
        """Account id and name of the other, where one person wrote and the title or the first
        line names somebody else."""
        if len(self.people) != 1:
            return None
        for name in (self.title, self.phantom and self.phantom.removeprefix("whatsapp:")):
            if name and account_id(name) not in self.people:
                return account_id(name), name
        return None

    def everyone(self) -> dict[str, str]:
        """Name by account id of all who are known to be in the chat."""
        return self.people | (dict([self.peer]) if self.peer else {})

    def conversation(self) -> str:
        """An id that the same chat has in every export of it from this phone.

        Of the first time, the first author and the second person: not of the file's name, which
        people change; not of all who wrote, who become more. Somebody who wrote to twenty
        children in one minute has twenty chats: the second person tells them apart, and where
        nobody is known, all that was written does.
        """
        names = list(self.everyone())
        second = names[1] if len(names) > 1 else self.digest
        return derived_id("whatsapp", self.begins, *names[:1], second)


_BLANKS = re.compile("[\u00a0\u2007\u2009\u202f]")
_WEIGHTLESS = re.compile(f"[{MARKS}]")
_PHONE = re.compile(r"\+?[\d\s()\-\u2010-\u2015.]{7,}")


@lru_cache(maxsize=4096)
def shown(name: str) -> str:
    """A name without marks of direction and with plain blanks."""
    return _BLANKS.sub(" ", _WEIGHTLESS.sub("", name)).strip()


@lru_cache(maxsize=4096)
def account_id(name: str) -> str:
    """``whatsapp:`` and the name, or the digits of a phone number."""
    if _PHONE.fullmatch(name) and sum(c.isdigit() for c in name) >= 7:
        digits = "".join(str(int(c)) for c in name if c.isdecimal())
        return f"whatsapp:{'+' if name.startswith('+') else ''}{digits}"
    return f"whatsapp:{name}"


def style_of(place: Place, member: Member) -> str | None:
    """The style of a chat's lines, from its first ones; None for a file that is no chat."""
    try:
        with place.open(member) as raw:
            for number, line in enumerate(Lines(CleanBytes(raw))):
                for style in HEADERS:
                    if match_header(line, style):
                        return style
                if number >= PROBED_LINES:
                    break
    except InputError:
        return None
    return None


def survey(place: Place, member: Member, style: str) -> Survey:
    """The first pass over a chat."""
    found, digest = Survey(member, style, _title(place, member)), hashlib.sha256()
    speaker: str | None = None
    for number, entry in enumerate(entries(place, member, style, ReadOptions(), None)):
        found.order.see(entry.stamp, entry.line)
        found.begins = found.begins or entry.stamp.raw
        digest.update(f"{entry.stamp.raw}\n{entry.author}\n{entry.text}\n".encode())
        if entry.author is None:
            continue
        account = account_id(entry.author)
        # Only a marked line can be the service's.
        body = read_body(entry.text) if entry.text.startswith(LRM) else None
        foreign, service = body is not None and body.foreign, body is not None and body.service
        if number == 0 and (foreign or service):
            speaker, found.phantom = account, account
        elif not service and not (foreign and account == speaker):
            found.people.setdefault(account, entry.author)
    if speaker in found.people:
        # It is a person, who wrote all but the first line.
        found.phantom = None
    found.digest = digest.hexdigest()
    return found


def _title(place: Place, member: Member) -> str | None:
    """The peer or group by the name of the file, its folder, or the ZIP."""
    steps = [place.name_of(member), *reversed(member.name.split("/")[:-1]), place.path.name]
    return next((title for step in steps if (title := title_in(step))), None)


def entries(
    place: Place, member: Member, style: str, options: ReadOptions, problems: Problems | None
) -> Iterator[Entry]:
    """Yield the entries of a chat. Without `problems` nothing is noted."""

    def note(what: str, line: int) -> None:
        if problems is not None:
            problems.add(place, what, member=member.name, locator=f"line {line}")

    current: Entry | None = None
    more: list[str] = []
    size = number = 0
    for number, line in _numbered(place, member, options, problems):
        match = match_header(line, style)
        if match is None:
            if current is None:
                if shown(line):
                    note(ORPHAN, number)
            elif size <= MAX_MESSAGE:
                more.append(line)
                size += len(line) + 1
                if size > MAX_MESSAGE:
                    note(TOO_LONG, current.line)
            continue
        if current is not None:
            yield _whole(current, more)
        author, text = split_author(match["rest"])
        current, more, size = Entry(number, stamp_of(match), author, text), [], len(text)
    if current is not None:
        yield _whole(current, more)


def _whole(entry: Entry, more: list[str]) -> Entry:
    if more:
        entry.text = "\n".join([entry.text, *more])[:MAX_MESSAGE]
    return entry


def _numbered(
    place: Place, member: Member, options: ReadOptions, problems: Problems | None
) -> Iterator[tuple[int, str]]:
    """Yield (line number, line), and note what was wrong with the bytes."""
    number = 0
    try:
        with place.open(member) as raw:
            stream = CleanBytes(raw, options.progress)
            lines = Lines(stream)
            for number, line in enumerate(lines, 1):
                yield number, line
    except InputError:
        if problems is not None:
            problems.add(place, CUT_OFF, member=member.name, locator=f"line {number + 1}")
        return
    if problems is not None:
        for what, there in (
            (NOT_TEXT, stream.damaged),
            (NO_LINE_END, lines.unfinished),
            (LINE_CUT, bool(lines.cut)),
        ):
            if there:
                problems.add(place, what, member=member.name, times=max(1, lines.cut))


def split_author(rest: str) -> tuple[str | None, str]:
    """The name and the text of what follows a time; no name for a line of the service."""
    name, colon, text = rest.partition(": ")
    if not colon and rest.rstrip().endswith(":"):
        name, colon, text = rest.rstrip()[:-1], ":", ""
    author = shown(name)
    if not colon or not author or len(author) > 120 or _quotes_open(author):
        return None, rest
    return author, text


@lru_cache(maxsize=4096)
def _quotes_open(name: str) -> bool:
    """True where a colon stood inside quotation marks: a group's name in a line of the service
    (``Alice created group "Trip: June"``), and no person's name before it."""
    pairs = (("“", "”"), ("«", "»"), ("„", "“"))
    return name.count('"') % 2 == 1 or any(
        name.count(opening) > name.count(closing) for opening, closing in pairs
    )
