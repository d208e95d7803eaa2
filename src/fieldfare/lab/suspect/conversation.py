"""What was said: three months of the suspect's talk with each of his peers.

With a child he asks its age, and goes through some of the things the literature names, each one
mild phrase; the child answers, says where it lives, and has to go to bed. Adults talk of work,
of their own children, of pupils, of numbers. Between these lies small talk, most of all.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fieldfare.lab.demo_people import Person
from fieldfare.lab.demo_talk import START, moments
from fieldfare.lab.suspect.people import Peer, Service, lands
from fieldfare.vocabulary.records import MediaKind
from fieldfare.vocabulary.times import DAY, MINUTE, SECOND

DAYS = 92
"""1 August to 31 October 2025, UTC: clocks in Europe go back on 26 October."""
ACTS = (
    ("flatter", 0.45),
    ("ask_alone", 0.30),
    ("secret", 0.30),
    ("photo", 0.35),
    ("gift", 0.22),
    ("travel", 0.12),
    ("meet", 0.15),
    ("press", 0.10),
)
"""What he does with a child, in this order, and with what share of them."""
PHOTO_SENT = 0.35
"""Share of the children asked for a photo who send one."""

Slot = tuple[bool, str, dict[str, str]]
"""Whether the suspect speaks, the topic, and what fills its phrases."""


@dataclass(slots=True)
class Line:
    """One message as it was sent. `peer` is its other side; −1 in a group."""

    at: int
    peer: int
    by: int
    """The peer who wrote it; −1: the suspect."""
    service: Service
    text: str
    media: MediaKind | None = None
    group: int = -1
    topic: str = ""
    number: int = -1


@dataclass(slots=True)
class Group:
    """A group chat on Messenger."""

    title: str
    members: list[Peer]


@dataclass
class Talk:
    """Everything said, in order of time, and the groups."""

    lines: list[Line] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


@cache
def phrases(language: str) -> dict[str, Any]:
    """Topic → phrases of a language; ``held`` → the same, held out."""
    path = Path(__file__).parent / "talk" / f"{language}.toml"
    stored: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return stored


class Writer:
    """Turns topics into what a person writes."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def say(self, topic: str, language: str, fill: dict[str, str], held: bool = False) -> str:
        """A phrase of the topic: a held-out one where the topic has some and the writer is one
        of those."""
        stock = phrases(language)
        choices = stock["held"].get(topic, stock[topic]) if held else stock[topic]
        text: str = choices[int(self._rng.integers(len(choices)))]
        for key, value in fill.items():
            text = text.replace(f"{{{key}}}", value)
        return self._habit(text, language)

    def _habit(self, text: str, language: str) -> str:
        draw = float(self._rng.random())
        if draw < 0.10:
            return f"{text} {'🙂😂👍🔥🙈'[int(draw * 50)]}"
        if draw < 0.16:
            return f"{self._small(language)} {text}"
        if draw < 0.22:
            return f"{text} {self._small(language)}"
        if draw < 0.26:
            return text.capitalize() + "."
        return text.upper() if draw > 0.985 else text

    def _small(self, language: str) -> str:
        small: list[str] = phrases(language)["small"]
        return small[int(self._rng.integers(len(small)))]


def talk(rng: np.random.Generator, peers: list[Peer], messages: int) -> Talk:
    """The whole three months: `messages` lines, or a few more where each peer needs some."""
    made, writer = Talk(), Writer(rng)
    for group in _groups(peers):
        made.groups.append(group)
        made.lines += _group_talk(rng, writer, len(made.groups) - 1, group)
    weights = rng.lognormal(0.0, 0.9, len(peers))
    weights /= weights.sum()
    left = max(messages - len(made.lines), 0)
    counts = np.maximum((weights * left).astype(int), 8)
    counts[int(counts.argmax())] += max(left - int(counts.sum()), 0)
    for peer, count in zip(peers, counts.tolist(), strict=True):
        made.lines += _private_talk(rng, writer, peer, count)
    made.lines.sort(key=lambda line: line.at)
    for number, line in enumerate(made.lines):
        line.number = number
    return made


def _private_talk(rng: np.random.Generator, writer: Writer, peer: Peer, count: int) -> list[Line]:
    slots = _slots(rng, peer, count)
    person = peer.person
    moved = int(count * rng.uniform(0.3, 0.7)) if peer.moves else count
    if peer.moves and moved + 1 < count:
        slots[moved - 1] = (True, "platform", {})
        slots[moved] = (False, "number" if rng.random() < 0.6 else "small", {})
    times = _times(rng, person, peer.child, count)
    lines = []
    for at, (his, topic, fill), place in zip(times, slots, range(count), strict=True):
        photo = topic == "photo_sent" or (topic == "small" and rng.random() < 0.025)
        if photo:
            text = ""
        elif topic == "number":
            text = f"+{peer.phone}"
        else:
            filled = {"name": person.name.split()[0], "town": peer.town, **fill}
            text = writer.say(topic, person.language, filled, not his and peer.held_out)
        media: MediaKind | None = "photo" if photo else None
        service: Service = "whatsapp" if peer.moves and place > moved else peer.service
        by = -1 if his else peer.number
        lines.append(Line(at, peer.number, by, service, text, media, topic=topic))
    return lines


def _times(rng: np.random.Generator, person: Person, child: bool, count: int) -> list[int]:
    """Times of the messages, in order and apart: sessions while the person is awake."""
    first = float(rng.uniform(0, DAYS - 6)) if child else 0.0
    last = min(DAYS, first + float(rng.uniform(4, 60))) if child else float(DAYS)
    sessions = max(1, count // 9)
    starts = moments(rng, person, (first, last), sessions)
    lengths = rng.multinomial(count, [1 / sessions] * sessions).tolist()
    waits = rng.lognormal(np.log(50 * SECOND), 1.0, count).tolist()
    times: list[int] = []
    latest = 0
    for start, length in zip(starts, lengths, strict=True):
        at = max(start, latest + 2 * MINUTE)
        for _ in range(length):
            at += min(int(waits[len(times)]), 30 * MINUTE) + SECOND
            times.append(at // SECOND * SECOND)
        latest = at
    over = max(0, times[-1] - (START + DAYS * DAY))
    return [at - over for at in times]


def _slots(rng: np.random.Generator, peer: Peer, count: int) -> list[Slot]:
    """Who speaks about what, message by message."""
    child = peer.child
    # Between the two, whoever spoke goes on with a probability of .3.
    stays = rng.random(count) < 0.3
    his = np.logical_xor.accumulate(~stays) ^ bool(rng.random() < 0.1)
    theirs = "small" if child or rng.random() < 0.2 else "adult_small"
    slots: list[Slot] = [(bool(h), "small" if h and child else theirs, {}) for h in his]
    events = _with_child(rng, peer, count) if child else _with_adult(rng, peer, count)
    taken: set[int] = set()
    for at, said in events:
        place = min(max(at, 0), count - len(said))
        while place < count - len(said) and taken & set(range(place, place + len(said))):
            place += 1
        if taken & set(range(place, place + len(said))):
            continue
        taken.update(range(place, place + len(said)))
        slots[place : place + len(said)] = said
    return slots


Event = tuple[int, list[Slot]]


def _with_child(rng: np.random.Generator, peer: Peer, count: int) -> list[Event]:
    events: list[Event] = []
    if rng.random() < 0.92:
        events.append((0, [(True, "hello", {})]))
    if rng.random() < 0.3:
        events.append((1, [(False, "unsure", {})]))
    asked: Slot = (True, "ask_age", {})
    stated: Slot = (False, "age", age_words(peer, int(peer.person.age)))
    year: Slot = (False, "year", {"year": peer.year})
    early = 2 + int(rng.uniform(0, 0.15) * count)
    if peer.shows == "age":
        if rng.random() < 0.05 and count > 30:
            # Says to be of age first.
            of_age = age_words(peer, 18)
            events.append((early, [asked, (False, "adult_age", of_age)]))
            early = count // 2
        events.append((early, [asked, stated]))
        if rng.random() < 0.3:
            events.append((early + 3, [year]))
    elif peer.shows == "year":
        events.append((early, [asked, year]))
    elif rng.random() < 0.5:
        events.append((early, [asked]))
    events += _soft(rng, peer, count)
    if rng.random() < 0.45:
        events.append((int(rng.uniform(0.1, 0.9) * count), [(False, "place", {})]))
    if peer.friends and rng.random() < 0.5:
        name = peer.friends[0].person.name.split()[0]
        events.append((int(rng.uniform(0.2, 0.9) * count), [(False, "friend", {"name": name})]))
    at = early + 3
    for act, share in ACTS:
        if rng.random() < share:
            said: list[Slot] = [(True, act, {})]
            if act == "photo" and rng.random() < PHOTO_SENT:
                said.append((False, "photo_sent", {}))
            events.append((at, said))
            at += 1 + int(rng.exponential(count / 12))
    # What a short talk has no room for is never what shows the age.
    return sorted(events, key=lambda event: event[1][-1][1] not in ("age", "year"))


def _soft(rng: np.random.Generator, peer: Peer, count: int) -> list[Event]:
    """Parents, school, bedtime: now and then from most children, often from those who show
    nothing else, never from those who show nothing."""
    if peer.shows == "nothing":
        return []
    often = peer.shows != "age"
    events: list[Event] = []
    for topic in ("parents", "school", "bedtime"):
        if often or rng.random() < 0.5:
            times = 1 + int(rng.poisson(1.5 if often else 0.5))
            places = rng.uniform(0.1, 1, times) * count
            events += [(int(at), [(False, topic, {})]) for at in places]
    return events


_ADULT_TOPICS: dict[str, tuple[tuple[str, float], ...]] = {
    "friend": (("home", 1.0), ("noise", 1.5), ("own_child", 0.5), ("work", 0.5)),
    "colleague": (("work", 4.0), ("noise", 1.0), ("own_child", 0.6)),
    "parent": (("own_child", 4.0), ("home", 0.6), ("noise", 1.0)),
    "teacher": (("teach", 4.0), ("work", 0.5), ("noise", 0.5)),
    "team_mate": (("noise", 2.5), ("hobby", 2.0)),
    "student": (("student", 3.0), ("hobby", 1.0), ("noise", 1.0), ("home", 0.3)),
    "relative": (("home", 2.0), ("own_child", 1.5), ("noise", 0.5)),
    "dating": (("hobby", 1.0), ("home", 0.8), ("noise", 0.7), ("work", 0.7)),
}


def _with_adult(rng: np.random.Generator, peer: Peer, count: int) -> list[Event]:
    events: list[Event] = []
    for topic, mean in _ADULT_TOPICS[peer.role]:
        times = int(rng.poisson(mean * min(4.0, 0.5 + count / 80)))
        places = (rng.uniform(0, 1, times) * count).tolist()
        events += [(int(at), [(False, topic, _numbers(rng, peer))]) for at in places]
    said: Slot = (False, "adult_age", age_words(peer, int(peer.person.age)))
    asks = {"dating": 0.8, "student": 0.4}.get(peer.role, 0.05)
    if rng.random() < asks:
        events.insert(0, (3, [(True, "ask_age", {}), said]))
    if rng.random() < 0.25:
        events.append((int(rng.uniform(0.1, 0.9) * count), [(False, "place", {})]))
    if peer.role in ("dating", "student"):
        for act, share in (("hello", 0.5), ("flatter", 0.3), ("photo", 0.25), ("meet", 0.3)):
            if rng.random() < share:
                at = 0 if act == "hello" else int(rng.uniform(0.2, 0.9) * count)
                events.append((at, [(True, act, {})]))
    return events


def age_words(peer: Peer, age: int) -> dict[str, str]:
    """An age in every form a phrase may ask for."""
    words: list[str] = phrases(peer.person.language).get("words", [])
    word = words[age - 9] if 0 <= age - 9 < len(words) else str(age)
    return {"age": str(age), "next": str(age + 1), "word": word, "born": str(2025 - age)}


def _numbers(rng: np.random.Generator, peer: Peer) -> dict[str, str]:
    kid = int(rng.integers(4, 17))
    years = lands()[peer.person.country].years
    return {
        "n": str(int(rng.integers(2, 20))),
        "kid": str(kid),
        "kidyear": years[int(rng.integers(len(years)))],
    }


def _groups(peers: list[Peer]) -> list[Group]:
    """A group chat for most circles of friends, with the suspect in it."""
    found: list[Group] = []
    seen: set[int] = set()
    for peer in peers:
        if peer.friends and peer.number not in seen:
            members = [peer, *peer.friends]
            seen.update(member.number for member in members)
            if len(members) >= 3 and peer.number % 5:
                found.append(Group(f"{peer.town} {len(found) + 1}", members))
    return found


def _group_talk(rng: np.random.Generator, writer: Writer, number: int, group: Group) -> list[Line]:
    first, count = group.members[0], 12 + int(rng.poisson(25))
    lines = []
    for at in _times(rng, first.person, first.child, count):
        his = bool(rng.random() < 0.2)
        peer = group.members[int(rng.integers(len(group.members)))]
        topic = "small" if first.child or his else "adult_small"
        text = writer.say(topic, first.person.language, {"name": first.person.name.split()[0]})
        by = -1 if his else peer.number
        lines.append(Line(at, -1, by, "messenger", text, group=number, topic=topic))
    return lines
