"""What every archive of conversations has: people, who a message reached, and ids.

Shared by the readers of consumer exports. Accounts are named ``service:name``; exports that
know no ids use names, so two people of one name are one account there (each reader says so).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary import Account, Message, Origin

MAX_PEOPLE = 500
"""In a larger group no single person is taken to have been written to: a line in a channel of
thousands is no contact, and its recipients would grow with the square of the members."""

LARGE_GROUP = f"a message to a group of more than {MAX_PEOPLE} people; its recipients were left out"
NO_RECIPIENT = "a message to somebody the export does not name; it was kept without recipients"
NO_TIME = "a message without a time that can be read; it was left out"
NO_SENDER = "a message without a sender; it was left out"
NOT_SENT = "a draft, or a message that was not sent; it was left out"
SERVICE_LINE = "a line written by the service, not by a person; it was left out"

_REMARKS = frozenset({LARGE_GROUP, NO_RECIPIENT, NOT_SENT, SERVICE_LINE})
"""What is so by the rules of a reader or of an export; nothing that was sent is lost by it."""

ORDER_WINDOW = 20_000
"""Messages held to put them in the order of time. Meta starts a new file after 10,000."""


@dataclass(frozen=True)
class Conversation:
    """One conversation: its id, its kind, and the account ids of everyone known to be in it."""

    id: str
    kind: Literal["private", "group"]
    people: tuple[str, ...]
    _known: dict[str, tuple[str, ...]] = field(default_factory=dict, repr=False, compare=False)
    """Recipients by sender: one tuple for all messages of a sender, however many wait."""

    def recipients(self, sender: str) -> tuple[str, ...]:
        """Everyone known to be in it, without the sender; nobody where it is too large."""
        if len(self.people) > MAX_PEOPLE:
            return ()
        known = self._known.get(sender)
        if known is None:
            known = tuple(person for person in self.people if person != sender)
            self._known[sender] = known
        return known

    def doubt(self, recipients: tuple[str, ...]) -> str:
        """What to note about a message with these recipients; empty where all is well."""
        if recipients:
            return ""
        return LARGE_GROUP if len(self.people) > MAX_PEOPLE else NO_RECIPIENT


class Accounts:
    """Makes the Account of each person, the first time that person is met in a place."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._met: set[str] = set()

    def new(
        self, people: Iterable[tuple[str, str | None]], member: Member, locator: str
    ) -> Iterator[Account]:
        """Yield the accounts of (id, name) pairs that were not yielded before."""
        for account, name in people:
            if account not in self._met:
                self._met.add(account)
                origin = Origin(source=str(self._place), member=member.name, locator=locator)
                yield Account(id=account, name=name, origin=origin)


class Ordinals:
    """Counts how often a key came before, so that messages of one sender at one time differ.

    Messages of one time stand together in an export, so only the last `memory` or more keys are
    remembered, and memory stays flat.
    """

    def __init__(self, memory: int = 50_000) -> None:
        self._memory = memory
        self._recent: dict[tuple[str, ...], int] = {}
        self._before: dict[tuple[str, ...], int] = {}

    def next(self, *key: str) -> int:
        """0 for the first of its key, 1 for the second, and so on."""
        count = self._recent.get(key, self._before.get(key, 0))
        if len(self._recent) >= self._memory:
            self._before, self._recent = self._recent, {}
        self._recent[key] = count + 1
        return count


def derived_id(service: str, *parts: str) -> str:
    """A stable id from parts that do not depend on file names: ``service:`` and 20 hex digits
    of the SHA-256 of the parts. 80 bits: no two of a billion messages meet by chance."""
    # A length before each part, so that ("ab", "c") is not ("a", "bc").
    joined = "".join(f"{len(part)}:{part}" for part in parts)
    digest = hashlib.sha256(joined.encode("utf-8", "surrogatepass"))
    return f"{service}:{digest.hexdigest()[:20]}"


def phone_account(service: str, oldest: str) -> str:
    """A name for the owner of a phone that does not say who that is, from what tells its oldest
    message from every other: the same in every copy of one phone while that message stays, and
    never the same for two phones, since what one sent the other received."""
    digest = hashlib.sha256(oldest.encode("utf-8", "surrogatepass"))
    return f"{service}:phone-{digest.hexdigest()[:12]}"


def note(problems: Problems, origin: Origin, what: str) -> None:
    """Count a problem at a record's origin; nothing where `what` is empty."""
    if what:
        problems.add(
            origin.source,
            what,
            member=origin.member,
            locator=origin.locator,
            lost=what not in _REMARKS,
        )


def in_order(messages: Iterator[Message]) -> Iterator[Message]:
    """Newest first becomes oldest first, in windows of `ORDER_WINDOW`."""
    window: list[Message] = []
    for message in messages:
        window.append(message)
        if len(window) == ORDER_WINDOW:
            yield from _sorted(window)
            window = []
    yield from _sorted(window)


def _sorted(window: list[Message]) -> list[Message]:
    if len(window) > 1 and int(window[0].sent_at) >= int(window[-1].sent_at):
        # Reversed before the stable sort: messages of one millisecond are newest first, too.
        window.reverse()
    return sorted(window, key=lambda message: int(message.sent_at))
