"""What the report needs of the messages, gathered while they go by: those that reasons rest on,
some of those that show an indicator, how many come from which file, and how sure their times are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from fieldfare.reports.frozen import FrozenCase, FrozenMessage

MOST_QUOTED: Final = 60
"""Messages quoted in the report; the transcript has them all."""
A_CHILD: Final = 6
"""Of them at most, a child, beyond those that reasons rest on."""


@dataclass
class Gathered:
    """See `Gatherer`."""

    quoted: list[FrozenMessage] = field(default_factory=list)
    """In order of time."""
    files: Counter[str] = field(default_factory=Counter)
    """Messages by the file and member they were read from."""
    zones: Counter[str] = field(default_factory=Counter)
    indicators: Counter[str] = field(default_factory=Counter)
    """Messages of the account's, by indicator."""
    first_at: int | None = None
    last_at: int | None = None


class Gatherer:
    """Takes every message once."""

    def __init__(self, case: FrozenCase) -> None:
        self._wanted = {each for reason in case.reasons for each in reason.messages}
        self._chosen: list[FrozenMessage] = []
        self._others: list[FrozenMessage] = []
        self._by_child: Counter[int] = Counter()
        self._found = Gathered()

    def add(self, message: FrozenMessage) -> None:
        """One message."""
        found, source = self._found, message.source
        place = message.origin.rsplit(", ", 1)[0] if source is None else source.file
        if source is not None and source.member:
            place += f", {source.member}"
        found.files[place] += 1
        found.zones[message.zone] += 1
        at = message.sent_at
        found.first_at = at if found.first_at is None else min(found.first_at, at)
        found.last_at = at if found.last_at is None else max(found.last_at, at)
        if not message.from_account:
            return
        found.indicators.update(message.indicators)
        if message.id is not None and message.id in self._wanted:
            self._chosen.append(message)
        elif message.indicators and self._by_child[message.conversation] < A_CHILD:
            self._by_child[message.conversation] += 1
            self._others.append(message)

    def finish(self) -> Gathered:
        """What was gathered."""
        chosen = self._chosen[:MOST_QUOTED]
        chosen += self._others[: MOST_QUOTED - len(chosen)]
        self._found.quoted = sorted(chosen, key=lambda each: (each.sent_at, each.number))
        return self._found
