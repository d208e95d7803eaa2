"""People with heavy contact, innocent and offending: their ties and groups, from the parameters.

Both go through the same code. To add a role or an offender, write its table in ``roles.toml`` or
``offenders.toml`` (and its section in docs/simulation.md); a new choice of peers is a function in
`PEERS`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from fieldfare.lab.simulation.circles import Society
from fieldfare.lab.simulation.parameters import Contacts, Offender, Parameters, Role
from fieldfare.lab.simulation.peers import PEERS, Asked, Stage
from fieldfare.lab.simulation.people import ADULT, CHILD_SEAT, LONE, ROLES, Ints, People
from fieldfare.lab.simulation.ties import Groups, Ties, joined, relate
from fieldfare.lab.simulation.traffic import WORLD_DAYS
from fieldfare.vocabulary.errors import SettingsError

NewAccount: Final = 0.35
"""Share of offenders' accounts made shortly before they begin; judgement."""


@dataclass(slots=True)
class Cast:
    """Who has a role, and what follows from it."""

    ties: Ties
    groups: list[Groups]
    persons: dict[int, int] = field(default_factory=dict)
    """Account of an offender → the first account of the same person."""


def cast(people: People, world: Society, parameters: Parameters, days: int, seed: int) -> Cast:
    """Give out the roles, and make what their holders do. Changes the people chosen."""
    teams = world.kinds["team"]
    made = Cast(_none(people, days), [])
    parts: list[Ties] = []
    for place, (name, role) in enumerate((parameters.roles | parameters.offenders).items()):
        # A stream of its own: another number of one kind changes nobody else's behaviour.
        rng = np.random.default_rng([seed, 6, place])
        stage = Stage(rng, people, world, days, people.town[teams.members[teams.starts[:-1]]])
        holders = _holders(stage, name, role)
        people.kind[holders.ravel()] = people.kinds.index(name)
        if role.stated is not None:
            _state(people, holders, role.stated, parameters.stated.share, [seed, 10, place])
        begins = _settle(stage, role, holders)
        for contacts in role.contacts:
            ties, groups = _contacts(stage, role, contacts, holders, begins, parameters)
            parts += ties
            made.groups += groups
        if isinstance(role, Offender):
            for row in holders.tolist():
                made.persons.update(dict.fromkeys(row, row[0]))
    made.ties = joined([made.ties, *parts])
    return made


def _state(people: People, holders: Ints, role: str, share: float, seed: list[int]) -> None:
    """Let the operator state a role of most of its holders."""
    everyone = np.unique(holders)
    known = np.random.default_rng(seed).random(len(everyone)) < share
    people.role[everyone[known]] = ROLES.index(role)


def _none(people: People, days: int) -> Ties:
    nobody = np.empty(0, np.int64)
    return relate(
        np.random.default_rng(0), people, nobody, nobody, days=days, sessions=1, turns=1,
        answered=1, connected=(1, 0, 0, 0), ends=(0, 0, 0), talk=(0, 0),
    )  # fmt: skip


def _holders(stage: Stage, name: str, role: Role | Offender) -> Ints:
    """One row a person, one column an account; −1 where a person has fewer."""
    people, rng = stage.people, stage.rng
    count = round(role.per_10000 * people.count / 10_000)
    if role.per_10000 > 0:
        count = max(1, count)
    least, most = role.accounts if isinstance(role, Offender) else (1, 1)
    able = stage.world.between(*role.age)
    able = able[people.kind[able] == 255]
    if most > 1:
        home = people.household[able]
        alone = people.household_starts[home + 1] - people.household_starts[home] == 1
        able = able[alone & (people.seat[able] == LONE)]
    if role.contacts[0].peers == "class" and role.age[0] < ADULT:
        able = able[people.school_class[able] >= 0]
    if role.age[1] < 20:
        able = able[people.seat[able] == CHILD_SEAT]
    if len(able) < count * most:
        raise SettingsError(
            f"too few accounts for {count} {name}: {len(able)} are of the right age and free"
        )
    chosen = rng.permutation(able)[: count * most].reshape(count, most).astype(np.int64)
    number = rng.integers(least, most + 1, size=count)
    return np.where(np.arange(most) < number[:, None], chosen, chosen[:, :1])


def _settle(stage: Stage, role: Role | Offender, holders: Ints) -> Ints:
    """When each person begins (days), after which their accounts are made fit for it."""
    people, rng = stage.people, stage.rng
    stretch = stage.days / WORLD_DAYS
    low, high = role.contacts[-1].days
    begins = rng.uniform(low, max(low, high), len(holders)) * stretch
    everyone = np.unique(holders)
    people.until[everyone] = stage.days
    people.created[everyone] = np.minimum(people.created[everyone], -20.0)
    if isinstance(role, Offender):
        new = rng.random(len(holders)) < NewAccount
        made = np.maximum(begins - rng.uniform(0.5, 30, len(holders)), -20.0)
        people.created[holders[new]] = made[new, None]
        if role.declares == "child":
            people.given_age[everyone] = rng.integers(13, 18, len(everyone))
            people.source[everyone] = 1
        if holders.shape[1] > 1:
            people.social[everyone] *= 0.1
    elif role.slice is not None:
        people.mark(everyone, role.slice)
    return begins


@dataclass(slots=True)
class _Approaches:
    """Who approaches whom and when, gathered over the holders of a role."""

    holder: list[Ints] = field(default_factory=list)
    peer: list[Ints] = field(default_factory=list)
    at: list[Ints] = field(default_factory=list)


def _contacts(
    stage: Stage,
    role: Role | Offender,
    contacts: Contacts,
    holders: Ints,
    begins: Ints,
    parameters: Parameters,
) -> tuple[list[Ties], list[Groups]]:
    codes = {talk: number for number, talk in enumerate(parameters.talk)}
    talks = codes[contacts.talk[0]], codes[contacts.talk[1]]
    offends = isinstance(role, Offender) and not contacts.innocent
    found, groups = _Approaches(), []
    for row, begin in zip(holders, begins.tolist(), strict=True):
        peers = _chosen(stage, role, contacts, int(row[0]), offends)
        if not len(peers):
            continue
        at = _days(stage, role, contacts, begin, len(peers))
        accounts = np.unique(row)
        found.holder.append(accounts[stage.rng.integers(len(accounts), size=len(peers))])
        found.peer.append(peers)
        found.at.append(at)
        groups += _groups(stage, contacts, int(row[0]), peers, float(at.min()), talks)
    if not found.peer:
        return [], groups
    holder, peer, at = (np.concatenate(p) for p in (found.holder, found.peer, found.at))
    if isinstance(role, Role) and role.peers_slice is not None:
        stage.people.mark(np.unique(peer), role.peers_slice)
    first = stage.rng.random(len(peer)) < contacts.begins
    made = []
    for began in (True, False):
        rows = np.flatnonzero(first == began)
        made.append(
            relate(
                stage.rng,
                stage.people,
                holder[rows] if began else peer[rows],
                peer[rows] if began else holder[rows],
                days=stage.days,
                sessions=contacts.sessions,
                turns=contacts.turns,
                answered=contacts.answered,
                connected=contacts.connected,
                ends=(contacts.blocked, contacts.reported, contacts.declined)
                if began
                else (0.0, 0.0, 0.0),
                talk=talks if began else talks[::-1],
                starts=at[rows],
                offence=offends,
            )
        )
    return made, groups


def _chosen(
    stage: Stage, role: Role | Offender, contacts: Contacts, holder: int, offends: bool
) -> Ints:
    """The peers of one holder."""
    median, spread = contacts.count
    count = int(stage.rng.lognormal(np.log(median), spread) + 0.5)
    count += int(contacts.reach * stage.people.count * stage.rng.lognormal(0, 0.5))
    count = min(max(count, contacts.least), contacts.most, stage.people.count // 10)
    ages = role.victims if isinstance(role, Offender) and offends else (0.0, 150.0)
    people = stage.people
    choose = PEERS.get(contacts.peers)
    if choose is None:
        raise SettingsError(f"no peers {contacts.peers!r}; there are {', '.join(PEERS)}")
    peers = choose(Asked(stage, holder, 2 * count + 4, ages, contacts.national))
    age = people.age[peers]
    fit = (age >= ages[0]) & (age < ages[1]) & (peers != holder)
    fit &= people.until[peers] > 0.25 * stage.days
    if isinstance(role, Offender):
        # Children who are there from the beginning, so that the days of contact are as drawn.
        fit &= people.created[peers] < 0
    chosen: Ints = peers[fit][:count]
    return chosen


def _days(
    stage: Stage, role: Role | Offender, contacts: Contacts, begin: float, count: int
) -> Ints:
    stretch = stage.days / WORLD_DAYS
    low, high = (d * stretch for d in contacts.days)
    if contacts.lasts is None:
        return low + (high - low) * stage.rng.random(count) ** (1 / contacts.pace)
    lasts = stage.rng.uniform(*contacts.lasts) * stretch
    if isinstance(role, Offender) and role.per_week:
        # Somewhat more than the least gap: sleep moves a message by some hours.
        least = max(1.0 / max(role.per_day, 1), 7.0 / role.per_week)
        gaps = least * (1.1 + stage.rng.exponential(0.15, count))
        days: Ints = begin + np.cumsum(gaps) - gaps[0]
        return days
    at = begin + lasts * stage.rng.random(count) ** (1 / contacts.pace)
    at[stage.rng.integers(count)] = begin
    return at


def _groups(
    stage: Stage,
    contacts: Contacts,
    leader: int,
    peers: Ints,
    first: float,
    talks: tuple[int, int],
) -> list[Groups]:
    """The group chat of a role, and one met in before, if the role has them."""
    made = []
    stretch = stage.days / WORLD_DAYS
    if contacts.group:
        begin = min(first, contacts.days[0] * stretch)
        made.append((peers, begin, float(stage.days), contacts.group))
    if contacts.group_before:
        met = peers[stage.rng.random(len(peers)) < contacts.group_before]
        made.append((met, max(0.0, first - 20), first, 4.0))
    found = []
    for members, lo, hi, sessions in made:
        if len(members) > 2:
            everyone = np.concatenate([[leader], members[:200]])
            found.append(
                Groups(
                    np.array([0, len(everyone)]),
                    everyone.astype(np.int32),
                    np.array([leader], np.int32),
                    np.array([lo]),
                    np.array([max(hi, lo + 0.5)]),
                    np.array([1 + stage.rng.poisson(sessions)], np.int32),
                    np.array([talks[0]], np.uint8),
                    np.array([talks[1]], np.uint8),
                )
            )
    return found
