"""Who the suspect wrote to: children and adults, where they live, what they are called where.

Adults are there to be confused with children: parents and teachers name children's ages and
school years, students of 18 to 21 live with their parents, and everybody says numbers.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fieldfare.lab.demo_people import Person

Service = Literal["messenger", "whatsapp", "instagram"]
Shows = Literal["age", "year", "soft", "nothing"]

HOME = "GB"
SHOWS: dict[Shows, float] = {"age": 0.80, "year": 0.11, "soft": 0.07, "nothing": 0.02}
"""How a child can be told: it states its age; its school year; only parents, school and bedtime;
or nothing at all."""
HELD_OUT = 0.25
"""Share of people whose cues are held-out paraphrases."""
ROLES: dict[str, tuple[float, tuple[float, float]]] = {
    "friend": (0.20, (25, 50)),
    "colleague": (0.16, (23, 60)),
    "parent": (0.18, (30, 50)),
    "teacher": (0.08, (25, 60)),
    "team_mate": (0.12, (20, 45)),
    "student": (0.13, (18, 22)),
    "relative": (0.04, (30, 75)),
    "dating": (0.09, (19, 45)),
}
"""Adults: share, and range of age in years."""
_SERVICES: dict[Service, float] = {"messenger": 0.45, "whatsapp": 0.37, "instagram": 0.18}
_MOVES = 0.2
"""Share of those elsewhere with whom the talk moves to WhatsApp."""
_SAVED = 0.4
"""Share of the numbers that the suspect saved under a name."""


@dataclass(frozen=True)
class Land:
    """A country of `countries.toml`."""

    code: str
    zone: str
    languages: tuple[str, ...]
    phone: str
    digits: int
    towns: tuple[str, ...]
    years: tuple[str, ...]
    first: tuple[str, ...]
    last: tuple[str, ...]
    reserved: bool = False


@cache
def lands() -> dict[str, Land]:
    """Every country there is to choose from, by ISO code."""
    text = Path(__file__).with_name("countries.toml").read_text(encoding="utf-8")
    return {code: _land(code, stored) for code, stored in tomllib.loads(text).items()}


def _land(code: str, stored: dict[str, Any]) -> Land:
    known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()}
    return Land(code, **known)


@dataclass(slots=True, eq=False)
class Peer:
    """Somebody the suspect wrote with. `person` has age, country and language."""

    person: Person
    role: str
    """``child``, or one of `ROLES`."""
    service: Service
    phone: str
    """Digits with the country code."""
    contact: str
    """What the suspect saved the number under; empty where he did not."""
    town: str
    shows: Shows = "nothing"
    held_out: bool = False
    moves: bool = False
    """The talk moves to WhatsApp."""
    on_phone: bool = False
    """Messenger: the chat is also on the first phone. WhatsApp: it is on the first phone."""
    exported: bool = False
    """The WhatsApp chat was exported as text from the second phone."""
    friends: list[Peer] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Its place in the list of peers."""
        return self.person.number

    @property
    def child(self) -> bool:
        return self.person.is_child

    @property
    def user_id(self) -> str:
        """The number Messenger knows it by."""
        return str(100_000_000_000_000 + self.number * 7_919_113)

    @property
    def username(self) -> str:
        """The name on Instagram."""
        first = "".join(c for c in self.person.name.lower().split()[0] if c.isascii())
        return f"{first or 'user'}.{self.number * 37 % 1000:03d}{self.number}"

    @property
    def year(self) -> str:
        """The school year of a child, as it would name it."""
        years = lands()[self.person.country].years
        return years[min(max(int(self.person.age) - 9, 0), len(years) - 1)]


SUSPECT = Person(-1, "Martin Hale", 38.0, HOME, "Europe/London", "en", -1)
SUSPECT_PHONE = "447700900001"
SUSPECT_CONTACT = "Martin H"
SUSPECT_ID = "100000000000001"
SUSPECT_USERNAME = "martin.h.games"


def gather(rng: np.random.Generator, peers: int, children: int, countries: int) -> list[Peer]:
    """The peers, children and adults mixed, over so many countries with the suspect's own."""
    abroad = [code for code in lands() if code != HOME]
    chosen = [HOME, *rng.choice(abroad, countries - 1, replace=False).tolist()]
    weights = rng.dirichlet([3.0] * countries)
    # Every country has a child: the hand-over is by country.
    where = [*chosen, *rng.choice(chosen, max(children - countries, 0), p=weights).tolist()]
    kinds = ["child"] * children
    roles = list(ROLES)
    shares = np.array([share for share, _ in ROLES.values()])
    kinds += rng.choice(roles, peers - children, p=shares / shares.sum()).tolist()
    near = np.array([0.45, *(weights[1:] / weights[1:].sum() * 0.55)])
    where = where[:children] + rng.choice(chosen, peers - children, p=near).tolist()
    order = rng.permutation(peers).tolist()
    names = _Names(rng)
    made = [_peer(rng, n, kinds[at], where[at], names) for n, at in enumerate(order)]
    _befriend(rng, made)
    return made


class _Names:
    """Names and numbers that occur once. On Messenger a name is an account, so two of one name
    there would be one; across services they occur, and must not be taken for one person."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng, self._taken = rng, set[str]()

    def full(self, land: Land) -> str:
        return self._new(lambda: f"{self._one(land.first)} {self._one(land.last)}", land.first)

    def phone(self, land: Land) -> str:
        free = land.digits - len(land.phone)
        return self._new(lambda: land.phone + f"{int(self._rng.integers(10**free)):0{free}d}", ())

    def contact(self, name: str, code: str) -> str:
        first = name.split()[0]
        return self._new(lambda: f"{first} {code.lower()}{int(self._rng.integers(2, 999))}", ())

    def _one(self, names: tuple[str, ...]) -> str:
        return names[int(self._rng.integers(len(names)))]

    def _new(self, draw: Any, seconds: tuple[str, ...]) -> str:
        for _ in range(200):
            found: str = draw()
            if found not in self._taken:
                break
            if seconds:
                # People of two first names, before a name is given twice.
                first, _, last = found.partition(" ")
                found = f"{first} {self._one(seconds)} {last}"
                if found not in self._taken:
                    break
        else:
            # More people than names or reserved numbers: longer ones, which nobody has.
            found = f"{draw()}{len(self._taken)}"
        self._taken.add(found)
        return found


def _peer(rng: np.random.Generator, number: int, role: str, code: str, names: _Names) -> Peer:
    land = lands()[code]
    low, high = (9.0, 17.0) if role == "child" else ROLES[role][1]
    # Of the children most are 11 to 15.
    draw = float(rng.beta(2.2, 2.0) if role == "child" else rng.random())
    language = land.languages[int(rng.integers(len(land.languages)))]
    name = names.full(land)
    person = Person(number, name, low + draw * (high - low), code, land.zone, language, -1)
    service = list(_SERVICES)[int(rng.choice(3, p=list(_SERVICES.values())))]
    saved = rng.random() < _SAVED
    peer = Peer(
        person,
        role,
        service,
        names.phone(land),
        names.contact(name, code) if saved else "",
        land.towns[int(rng.integers(len(land.towns)))],
        held_out=bool(rng.random() < HELD_OUT),
        moves=service != "whatsapp" and bool(rng.random() < _MOVES),
    )
    if role == "child":
        peer.shows = list(SHOWS)[int(rng.choice(len(SHOWS), p=list(SHOWS.values())))]
    device = rng.random(2)
    peer.on_phone = bool(device[0] < (0.35 if service == "messenger" else 0.8))
    peer.exported = not peer.on_phone or bool(device[1] < 0.4)
    return peer


def _befriend(rng: np.random.Generator, peers: list[Peer]) -> None:
    """Circles of three to five children who know one another, and a few of adults."""
    places: dict[tuple[str, bool], list[Peer]] = {}
    for peer in peers:
        places.setdefault((peer.person.country, peer.child), []).append(peer)
    for members in places.values():
        share = 0.35 if members[0].child else 0.15
        some = [peer for peer in members if peer.service == "messenger" and rng.random() < share]
        for start in range(0, len(some) - 2, 4):
            circle = some[start : start + 4]
            town = circle[0].town
            for peer in circle:
                peer.town = town
                peer.friends = [other for other in circle if other is not peer]
