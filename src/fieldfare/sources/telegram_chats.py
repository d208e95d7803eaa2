"""The first pass over a Telegram export: its chats, and who is in each.

Apart from `telegram` because a chat's people must be known before its first message is given out,
and nothing but the messages themselves names the people of a group.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fieldfare.sources.conversation import Conversation
from fieldfare.sources.json_stream import first_pass, integer
from fieldfare.sources.place import Member, Place

LISTS = ("chats.list", "left_chats.list")

_PRIVATE = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies"})
_USERS = 2**32
"""In exports of 2020 a number below this is a user's id; the higher ones are chats."""


@dataclass
class Chat:
    """One chat of an export."""

    locator: str
    """``chats.list[3].``, or empty where the file is one chat."""
    type: str = ""
    id: int | None = None
    name: str | None = None
    people: dict[str, str | None] = field(default_factory=dict)
    """Name by account id, of everyone known to be in it."""
    owner: str | None = None

    @property
    def kind(self) -> Literal["private", "group"]:
        return "private" if self.type in _PRIVATE else "group"

    @property
    def alone(self) -> bool:
        """True for notes to oneself and for channels, where no recipients is no doubt."""
        return self.type in ("saved_messages", "public_channel", "private_channel")

    def conversation(self) -> Conversation:
        """The chat with everyone known to be in it."""
        key = self.id if self.id is not None else self.name
        return Conversation(f"telegram:chat{key}", self.kind, tuple(self.people))

    def complete(self) -> None:
        """Add those who need not have written: the peer of a private chat, and the owner."""
        if self.kind == "private" and self.type != "saved_messages":
            if self.owner is not None:
                self.people.setdefault(self.owner, None)
            peer = account_id(self.id) if self.id is not None else None
            if peer is not None and len(self.people) < 2:
                self.people.setdefault(peer, self.name)


def account_id(value: object) -> str | None:
    """``telegram:user123`` of ``user123`` or, in 2020, of ``123``; None for what is neither."""
    if isinstance(value, str) and value:
        return f"telegram:{value}"
    number = integer(value)
    if number is None or number <= 0:
        return None
    return f"telegram:user{number}" if number < _USERS else f"telegram:peer{number}"


def look_through(place: Place, member: Member) -> dict[str, Chat]:
    """Every chat of the export by its locator."""
    walk = _Walk()
    for prefix, event, value in first_pass(place, member):
        walk.follow(prefix, event, value)
    for chat in walk.chats.values():
        chat.owner = walk.owner
        chat.complete()
    return walk.chats


class _Walk:
    """Collects chats from the events of the parser."""

    def __init__(self) -> None:
        self.chats: dict[str, Chat] = {}
        self.owner: str | None = None
        self._counts = dict.fromkeys(LISTS, 0)
        self._bases = {"": ""} | {f"{name}.item": f"{name}.item." for name in LISTS}
        self._base = ""
        self._chat = Chat("")
        self._sender: object = None
        self._name: str | None = None

    def follow(self, prefix: str, event: str, value: object) -> None:
        # Also what is no object counts, so that the numbers are those of the list.
        if prefix in self._bases and event not in ("map_key", "end_map", "end_array"):
            self._begin(prefix)
        elif prefix.startswith(self._base):
            self._inside(prefix[len(self._base) :], event, value)
        if prefix == "personal_information.user_id":
            self.owner = account_id(value)

    def _begin(self, prefix: str) -> None:
        locator = ""
        if prefix:
            name = prefix.removesuffix(".item")
            locator = f"{name}[{self._counts[name]}]."
            self._counts[name] += 1
        self._base = self._bases[prefix]
        self._chat = self.chats[locator] = Chat(locator)

    def _inside(self, field_: str, event: str, value: object) -> None:
        chat = self._chat
        if field_ in ("messages.item.from_id", "messages.item.actor_id"):
            self._sender = value
        elif field_ in ("messages.item.from", "messages.item.actor"):
            self._name = value if isinstance(value, str) else None
        elif field_ == "messages.item" and event == "end_map":
            account = account_id(self._sender)
            if account is not None and not chat.people.get(account):
                chat.people[account] = self._name
            self._sender = self._name = None
        elif field_ == "type" and isinstance(value, str):
            chat.type = value
        elif field_ == "name" and isinstance(value, str):
            chat.name = value
        elif field_ == "id":
            chat.id = integer(value)
