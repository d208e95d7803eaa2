"""Every number of a simulated world, read from TOML and checked.

``parameters.toml`` (population and ordinary life), ``roles.toml`` (people with heavy contact who
must not be flagged), ``offenders.toml`` and ``talk.toml`` (what messages show) ship; another file
with any of their tables may be laid over them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from fieldfare.vocabulary.errors import SettingsError

FILES: Final = ("parameters", "roles", "offenders", "talk")

Pair: TypeAlias = tuple[float, float]
Shares: TypeAlias = tuple[float, float, float, float]


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    """What the numbers rest on; "judgement" where nobody measured it for us."""


class World(_Table, frozen=True):
    term_begins: float
    """Days since the world began."""
    autumn_holiday: Pair
    volume: float


class Town(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    median: float
    """Accounts."""
    spread: float
    least: int


class Guild(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    median: float
    spread: float
    least: int
    most: int


class Population(_Table, frozen=True):
    households: dict[str, float]
    second_parent: float
    children: tuple[float, float, float]
    grandparent: float
    youngest: float
    town: Town
    school_class: int
    in_teams: float
    team: int
    in_guilds: float
    guild: Guild
    workplace: int
    national: float
    neighbourhood: int
    kin: float
    kin_abroad: float
    new: float
    dormant: float
    sociability_spread: float


class Ages(_Table, frozen=True):
    """Shares of what a service knows of ages; 0–1."""

    known: float
    verified: float
    inferred: float
    inferred_right: float
    child_declares_adult: float
    adult_declares_child: float
    adult_wrong: float


class Delay(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log-normal time to an answer."""

    median_seconds: float
    spread: float


class Episodes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Busy days: a writer has one every so often, and a share of the sessions falls into them."""

    share: float
    every_days: float
    last_days: float


class Hours(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Local hours at which people of an age go to bed or wake, and the spread between them."""

    child: float
    teenager: float
    adult: float
    spread: float


Day: TypeAlias = tuple[float, ...]


class Rhythm(_Table, frozen=True):
    session_turns: float
    gap_spread: float
    episodes: Episodes
    reply: Delay
    again_seconds: float
    first_reply: Delay
    switch: float
    bed: Hours
    wake: Hours
    child_school_day: Day
    child_free_day: Day
    adult_work_day: Day
    adult_free_day: Day
    child_week: Day
    adult_week: Day
    child_holiday: float
    adult_holiday: float


class Country(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    zone: str
    """IANA name."""
    language: str
    """Of the templates."""
    weight: float


class Circle(_Table, frozen=True):
    """How people who belong together write; see the head of ``parameters.toml``."""

    ties: float
    sessions: float
    turns: float
    connected: Shares
    blocked: float
    reported: float
    group_sessions: float
    new: float
    answered: float
    declined: float = 0.0


class Requests(_Table, frozen=True):
    """Requests to connect that no message goes with: `each` an account; shares 0–1."""

    each: float
    any_age: float
    accepted: float
    declined: float


class Stated(_Table, frozen=True):
    share: float
    """Of those who have a role that operators state, so many it is stated of; 0–1."""


class Wording(_Table, frozen=True):
    author_spread: float
    """Standard deviation of the mean token weight between writers of one kind of talk."""


class Contacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of contact that a role has; see the head of ``roles.toml``."""

    peers: str
    count: Pair
    days: Pair
    begins: float
    answered: float
    connected: Shares
    talk: tuple[str, str]
    sessions: float = 1.0
    turns: float = 3.0
    least: int = 1
    most: int = 100_000
    reach: float = 0.0
    lasts: Pair | None = None
    pace: float = 1.0
    group: float = 0.0
    group_before: float = 0.0
    innocent: bool = False
    national: float = 0.8
    """Share of peers "from anywhere" who are of the holder's country."""
    blocked: float = 0.0
    reported: float = 0.0
    declined: float = 0.0


class Role(_Table, frozen=True):
    per_10000: float
    age: Pair
    contacts: tuple[Contacts, ...]
    slice: str | None = None
    """A slice of `people.SLICES` that its holders are put into; `peers_slice`, their peers."""
    peers_slice: str | None = None
    stated: str | None = None
    """What the operator says most of them are: `vocabulary.records.Role`."""


class Offender(_Table, frozen=True):
    per_10000: float
    age: Pair
    victims: Pair
    contacts: tuple[Contacts, ...]
    declares: str = "usual"
    accounts: tuple[int, int] = (1, 1)
    per_day: int = 0
    """At most so many new children in 24 hours; 0: no limit. So `per_week`."""
    per_week: int = 0
    stated: str | None = None
    """As that of a role."""


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What messages of a kind of talk show.

    `topics` are sections of the phrases; `words` the mean of the token weight and its standard
    deviation a root of tokens; `length` of tokens a message (log-normal: median, spread).
    `indicators` gives for each the probability a message in its writer's first three to this peer,
    the next seven, and later.
    """

    topics: tuple[str, ...]
    corpus: str
    words: Pair
    source: str = "judgement"
    length: Pair = (10.0, 0.85)
    states_age: float = 0.0
    stated_shift: float = 0.0
    """Years added to the writer's true age when it is stated; below zero poses as younger."""
    calls: float = 0.0
    photos: float = 0.0
    indicators: dict[str, tuple[float, float, float]] = {}


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a world is made from."""

    world: World
    population: Population
    ages: Ages
    rhythm: Rhythm
    countries: dict[str, Country]
    circles: dict[str, Circle]
    requests: Requests
    stated: Stated
    words: Wording
    roles: dict[str, Role]
    offenders: dict[str, Offender]
    talk: dict[str, Talk]


VARIANTS: Final = tuple(
    sorted(path.stem for path in Path(__file__).with_name("variants").glob("*.toml"))
)
"""Other worlds that ship, by name, to see whether what was found on one holds on another."""


def load(over: Path | None = None) -> Parameters:
    """The parameters that ship, with the tables of another file laid over them: a path, or the
    name of one of `VARIANTS`.

    Raises SettingsError naming the file and the key that is wrong.
    """
    here = Path(__file__)
    tables: dict[str, Any] = {}
    for name in FILES:
        text = here.with_name(f"{name}.toml").read_text("utf-8")
        tables.update(tomllib.loads(text))
    if over is not None:
        if str(over) in VARIANTS:
            over = here.with_name("variants") / f"{over}.toml"
        try:
            _lay_over(tables, tomllib.loads(over.read_text("utf-8")))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{over}: {error}") from error
    return checked(tables, over)


def checked(tables: dict[str, Any], over: Path | None = None) -> Parameters:
    """Parameters of nested tables. Raises SettingsError."""
    try:
        parameters = msgspec.convert(tables, Parameters)
    except msgspec.ValidationError as error:
        raise SettingsError(f"{over or 'parameters'}: {error}") from error
    known = set(parameters.talk)
    for part in (parameters.roles, parameters.offenders):
        for name, role in part.items():
            for contacts in role.contacts:
                missing = set(contacts.talk) - known
                if missing:
                    raise SettingsError(f"{over or 'parameters'}: {name}: no talk {missing.pop()}")
    return parameters


def with_offenders(parameters: Parameters, wanted: dict[str, float]) -> Parameters:
    """The parameters with other numbers of offenders, per 10,000 accounts, by kind; a kind that
    is not named keeps its own. Raises SettingsError for a kind there is not."""
    unknown = set(wanted) - set(parameters.offenders)
    if unknown:
        raise SettingsError(
            f"no offender {unknown.pop()!r}; there are {', '.join(parameters.offenders)}"
        )
    offenders = {
        name: msgspec.structs.replace(one, per_10000=wanted.get(name, one.per_10000))
        for name, one in parameters.offenders.items()
    }
    return msgspec.structs.replace(parameters, offenders=offenders)


def rates(given: Iterable[str], parameters: Parameters) -> dict[str, float]:
    """Offenders per 10,000 accounts by kind, of ``KIND=N`` or ``all=N``; later ones stand.

    Raises SettingsError for what is neither.
    """
    wanted: dict[str, float] = {}
    for one in given:
        kind, _, number = one.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = -1.0
        if not 0 <= rate <= 1_000:
            raise SettingsError(f"offenders {one!r}: write KIND=N, N from 0 to 1,000")
        wanted.update(dict.fromkeys(parameters.offenders if kind == "all" else (kind,), rate))
    return wanted


def _lay_over(below: dict[str, Any], above: dict[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict):
            _lay_over(below[key], value)
        else:
            below[key] = value
