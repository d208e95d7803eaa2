"""How people in the demo world write: when, in which language, from the stock of phrases.

`Scribe` collects messages, connections and notices while the scenes are played and hands them
out as records in order of time. Local time matters: people sleep, children are at school.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np

from fieldfare.lab.demo_people import Person
from fieldfare.vocabulary.records import Connection, Media, MediaKind, Message, Notice
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE, SECOND, from_micros, to_micros

START = to_micros(datetime(2025, 8, 1, tzinfo=UTC))
DAYS = 120
END = START + DAYS * DAY
TERM_BEGINS = 31
"""Day of the world on which the school year begins: 1 September."""

Days = tuple[float, float]
NoticeKind = Literal["block", "report", "request", "accept", "decline"]

_LONGEST_REPLY = 40 * MINUTE
"""Within a session; a longer silence begins a new one."""

# Weight of each local hour, 0–23, and of each day of the week, Monday first.
_CHILD_SCHOOL_DAY = (0, 0, 0, 0, 0, 0, 1, 4, 1, 1, 1, 1, 3, 3, 2, 6, 9, 9, 8, 9, 10, 7, 2, 0.3)
_CHILD_WEEKEND = (0.2, 0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 8, 7, 7, 8, 8, 8, 8, 8, 9, 9, 7, 3, 0.6)
_ADULT_DAY = (0.4, 0.1, 0, 0, 0, 0.3, 2, 5, 5, 4, 4, 4, 6, 5, 4, 4, 5, 7, 8, 8, 8, 7, 4, 1.5)
_CHILD_WEEK = (0.9, 0.9, 0.9, 0.95, 1.2, 1.4, 1.2)
_ADULT_WEEK = (1.0, 1.0, 1.0, 1.0, 1.1, 1.0, 0.9)


@cache
def phrases() -> dict[str, dict[str, list[str]]]:
    """Topic → language → phrases, from ``demo_phrases.toml``."""
    text = Path(__file__).with_name("demo_phrases.toml").read_text(encoding="utf-8")
    stock: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return stock


def phrase(topic: str, language: str, draw: float, age: float = 0) -> str:
    """One phrase of the topic, chosen by `draw` in [0, 1)."""
    stock = phrases()[topic]
    choices = stock.get(language) or stock["en"]
    return choices[int(draw * len(choices))].replace("{age}", str(int(age)))


@cache
def _offsets(zone: str) -> tuple[int, ...]:
    """Microseconds east of UTC at noon of each day; the night of a change is an hour off."""
    info = ZoneInfo(zone)
    first = from_micros(START) + timedelta(hours=12)
    shifts = [(first + timedelta(days=d)).astimezone(info).utcoffset() for d in range(DAYS + 1)]
    return tuple((shift or timedelta()) // timedelta(microseconds=1) for shift in shifts)


@cache
def _cumulative(weights: tuple[float, ...]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    shares = np.asarray(weights, dtype=np.float64) / sum(weights)
    return shares.cumsum()


def local_hour(person: Person, micros: int) -> float:
    """Hour of the day, 0–24, where the person lives."""
    day = min((micros - START) // DAY, DAYS)
    return (micros + _offsets(person.zone)[day]) % DAY / HOUR


def at_local(person: Person, day: int, hour: float) -> int:
    """Microseconds UTC of an hour of the person's own day."""
    return START + day * DAY + int(hour * HOUR) - _offsets(person.zone)[day]


def moments(rng: np.random.Generator, person: Person, days: Days, count: int) -> list[int]:
    """`count` times, in order, at which the person is awake, in [days) of the world."""
    first, last = days
    weekday = from_micros(START).weekday()
    child = person.age < 18
    week = _CHILD_WEEK if child else _ADULT_WEEK
    span = range(int(first), max(int(first) + 1, int(np.ceil(last))))
    weights = tuple(week[(weekday + d) % 7] for d in span)
    draws = rng.random((2, count))
    chosen = np.searchsorted(_cumulative(weights), draws[0], side="right")
    found = []
    for index, draw in zip(chosen.tolist(), draws[1].tolist(), strict=True):
        day = span[index]
        weekend = (weekday + day) % 7 >= 5 or day < TERM_BEGINS
        hours = (_CHILD_WEEKEND if weekend else _CHILD_SCHOOL_DAY) if child else _ADULT_DAY
        table = _cumulative(hours)
        hour = int(np.searchsorted(table, draw, side="right"))
        below = float(table[hour - 1]) if hour else 0.0
        part = (draw - below) / (float(table[hour]) - below)
        at = at_local(person, day, hour + part)
        # The world's days are in UTC: what falls off one edge happens a day later or earlier.
        found.append(at + DAY if at < START else at - DAY if at > END - HOUR else at)
    return sorted(found)


@dataclass(slots=True)
class _Line:
    at: int
    conversation: int
    group: bool
    sender: Person
    recipients: tuple[Person, ...]
    text: str | None
    media: MediaKind | None = None
    encrypted: bool = False


@dataclass(slots=True)
class Scribe:
    """Everything said and done, in the order the scenes were played."""

    lines: list[_Line] = field(default_factory=list)
    links: dict[tuple[int, int], Connection] = field(default_factory=dict)
    acts: list[tuple[int, NoticeKind, Person, Person]] = field(default_factory=list)
    _pairs: dict[tuple[int, int], int] = field(default_factory=dict)
    _conversations: int = 0

    def knows(self, one: Person, other: Person) -> bool:
        """The two have written to one another in private, or are connected."""
        pair = _pair(one, other)
        return pair in self._pairs or pair in self.links

    def connect(
        self, rng: np.random.Generator, one: Person, other: Person, at: int | None = None
    ) -> None:
        """Connect two people: before the world begins, or at a time in it, by request."""
        pair = _pair(one, other)
        if pair in self.links or one is other or (at is not None and at >= END):
            return
        if at is None:
            at = START - int(rng.uniform(2, 390) * DAY)
        else:
            self.act("request", one, other, max(START, at - int(rng.uniform(0.1, 3) * HOUR)))
            self.act("accept", other, one, at)
        self.links[pair] = Connection(account=one.id, peer=other.id, connected_at=at)

    def act(self, kind: NoticeKind, who: Person, about: Person, at: int) -> None:
        """A block, a report, or a request and its answer; none after the last day."""
        if at < END:
            self.acts.append((at, kind, who, about))

    def conversation(self, one: Person, other: Person) -> int:
        """The number of the private conversation of two people, new or the one they have."""
        pair = _pair(one, other)
        if pair not in self._pairs:
            self._conversations += 1
            self._pairs[pair] = self._conversations
        return self._pairs[pair]

    def say(
        self,
        at: int,
        sender: Person,
        recipient: Person,
        text: str | None,
        media: MediaKind | None = None,
        *,
        encrypted: bool = False,
    ) -> None:
        """One private message; nothing is written after the world's last day."""
        if at < END:
            number = self.conversation(sender, recipient)
            hidden = None if encrypted else text
            self.lines.append(
                _Line(at, number, False, sender, (recipient,), hidden, media, encrypted)
            )

    def chat(
        self,
        rng: np.random.Generator,
        one: Person,
        other: Person,
        topic: str,
        *,
        answer: str | None = "",
        days: Days = (0, DAYS),
        sessions: int = 3,
        turns: float = 4.0,
        media: float = 0.03,
    ) -> int:
        """A private conversation that `one` begins; returns when.

        `answer` is the topic of the other's side: the same if empty, no answer at all if None.
        Later sessions are begun by either. `turns` is the mean number of messages a session.
        """
        starts = moments(rng, one, days, sessions)
        language = one.language if one.language == other.language else "en"
        encrypted = bool(rng.random() < 0.08)
        lengths = 1 + rng.poisson(turns - 1, sessions)
        for index, (start, length) in enumerate(zip(starts, lengths.tolist(), strict=True)):
            waits = rng.lognormal(np.log(80 * SECOND), 1.2, length).tolist()
            draws = rng.random((3, length)).tolist()
            speaker, at = (one if index == 0 or draws[0][0] < 0.6 else other), start
            if answer is None:
                speaker = one
            for turn in range(length):
                if turn:
                    at += min(int(waits[turn]), _LONGEST_REPLY)
                    if answer is not None and draws[0][turn] < 0.8:
                        speaker = other if speaker is one else one
                theirs = topic if speaker is one else answer or topic
                if speaker.age < 18 and index == 0 and turn and draws[2][turn] < 0.02:
                    theirs = "own_age"
                text = phrase(theirs, language, draws[1][turn], speaker.age)
                peer = other if speaker is one else one
                kind = _media_kind(draws[2][turn], media)
                self.say(at, speaker, peer, text, kind, encrypted=encrypted)
        return starts[0]

    def group(
        self,
        rng: np.random.Generator,
        members: Sequence[Person],
        topic: str,
        *,
        days: Days = (0, DAYS),
        sessions: int = 10,
        turns: float = 4.0,
        leader: Person | None = None,
        leader_topic: str = "",
    ) -> None:
        """A group chat; a leader opens its sessions and writes in topics of the role."""
        self._conversations += 1
        number = self._conversations
        everyone = [*members] if leader is None else [leader, *members]
        for start in moments(rng, everyone[0], days, sessions):
            length = 1 + int(rng.poisson(turns - 1))
            waits = rng.lognormal(np.log(90 * SECOND), 1.2, length).tolist()
            who = rng.integers(len(everyone), size=length).tolist()
            draws = rng.random(length).tolist()
            at = start
            for turn in range(length):
                at += min(int(waits[turn]), _LONGEST_REPLY) if turn else 0
                sender = leader if leader and turn == 0 else everyone[who[turn]]
                said = leader_topic if leader and sender is leader else topic
                others = tuple(p for p in everyone if p is not sender)
                text = phrase(said, sender.language, draws[turn])
                if at < END:
                    self.lines.append(_Line(at, number, True, sender, others, text))

    def messages(self) -> Iterator[Message]:
        """All messages in order of time, numbered in that order."""
        order = sorted(range(len(self.lines)), key=lambda i: (self.lines[i].at, i))
        for number, index in enumerate(order, start=1):
            line = self.lines[index]
            yield Message(
                id=f"m-{number:07d}",
                conversation=f"c-{line.conversation:06d}",
                kind="group" if line.group else "private",
                sender=line.sender.id,
                recipients=tuple(p.id for p in line.recipients),
                sent_at=line.at,
                text=line.text,
                media=(Media(kind=line.media),) if line.media else (),
                encrypted=line.encrypted,
            )

    def connections(self) -> Iterator[Connection]:
        yield from sorted(self.links.values(), key=lambda c: (c.connected_at, c.account, c.peer))

    def notices(self) -> Iterator[Notice]:
        order = sorted(range(len(self.acts)), key=lambda i: (self.acts[i][0], i))
        for number, index in enumerate(order, start=1):
            at, kind, who, about = self.acts[index]
            yield Notice(id=f"n-{number:06d}", kind=kind, account=who.id, peer=about.id, at=at)


def _pair(one: Person, other: Person) -> tuple[int, int]:
    return min(one.number, other.number), max(one.number, other.number)


def _media_kind(draw: float, share: float) -> MediaKind | None:
    if draw > 1 - share:
        return "photo"
    return "call" if draw > 1 - 1.3 * share else None
