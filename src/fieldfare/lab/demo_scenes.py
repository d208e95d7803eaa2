"""What ordinary people in the demo world do: each scene is one kind of life.

A scene gets its own random stream, so a new one changes nothing in the others. To add a scene,
write ``def name(stage, rng)`` and put it in ``SCENES``. Many of these people write first to
many children, or have many young contacts: they are the ones that must not be flagged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from fieldfare.lab.demo_people import HOME, Household, People, Person, some
from fieldfare.lab.demo_talk import DAYS, START, TERM_BEGINS, Scribe
from fieldfare.vocabulary.times import DAY, HOUR


@dataclass(slots=True)
class Stage:
    """The people, what has been said so far, and who has a role."""

    people: People
    scribe: Scribe
    contacted: list[Person] = field(default_factory=list)
    """Children the offender wrote to, in order of the first message."""

    def cast(self, role: str, person: Person) -> Person:
        self.people.roles[role] = person
        return person


Scene = Callable[[Stage, np.random.Generator], None]


def families(stage: Stage, rng: np.random.Generator) -> None:
    """Parents, children, siblings and grandparents: private chats and a family group."""
    for circle in stage.people.circles:
        for home in circle.households:
            _family_life(stage, rng, home)


def _family_life(stage: Stage, rng: np.random.Generator, home: Household) -> None:
    everyone = home.everyone()
    for i, one in enumerate(everyone):
        for other in everyone[i + 1 :]:
            stage.scribe.connect(rng, one, other)
            stage.scribe.chat(rng, one, other, "family", sessions=int(rng.integers(2, 7)))
    if len(everyone) > 2:
        stage.scribe.group(rng, everyone, "family", sessions=int(rng.integers(3, 10)))


def classmates(stage: Stage, rng: np.random.Generator) -> None:
    """School classes: a class group, friends in private; most are connected."""
    for circle in stage.people.circles:
        for school_class in circle.classes:
            if circle.is_town:
                stage.scribe.group(
                    rng, school_class, "school", days=(TERM_BEGINS, DAYS), sessions=25, turns=6
                )
            _friends(stage, rng, school_class, 5 if circle.is_town else 2)


def _friends(
    stage: Stage, rng: np.random.Generator, peers: list[Person], each: int, talk: str = "play"
) -> None:
    for one in peers:
        for other in some(rng, peers, each):
            if one is other or stage.scribe.knows(one, other):
                continue
            stage.scribe.connect(rng, one, other)
            topic = "small_talk" if rng.random() < 0.4 else talk
            stage.scribe.chat(rng, one, other, topic, sessions=int(rng.integers(1, 5)))


def parents_of_a_town(stage: Stage, rng: np.random.Generator) -> None:
    """Parents know other parents, and write to a few friends of their children."""
    for circle in stage.people.circles:
        parents = [p for home in circle.households for p in home.parents]
        if circle.is_town:
            _friends(stage, rng, parents, 2, "work")
        children = circle.children()
        for parent in some(rng, parents, len(parents) // 5):
            child = children[int(rng.integers(len(children)))]
            if not stage.scribe.knows(parent, child):
                stage.scribe.connect(rng, child, parent)
                stage.scribe.chat(rng, parent, child, "family", sessions=1, turns=3)


def adults_among_themselves(stage: Stage, rng: np.random.Generator) -> None:
    """Workmates and friends, in private and in groups of eight."""
    adults = some(rng, stage.people.adults, len(stage.people.adults))
    for first in range(0, len(adults), 8):
        team = adults[first : first + 8]
        _friends(stage, rng, team, 4, "work")
        if len(team) > 2:
            stage.scribe.group(rng, team, "work", sessions=8)


def relatives_abroad(stage: Stage, rng: np.random.Generator) -> None:
    """Cousins, uncles and aunts in another country; one aunt has nephews in three."""
    towns = [c for c in stage.people.circles if c.is_town]
    for _ in range(40):
        one, other = (towns[i].households for i in rng.permutation(len(towns))[:2])
        here, there = one[int(rng.integers(len(one)))], other[int(rng.integers(len(other)))]
        for person in here.children + here.parents[:1]:
            cousin = there.children[0]
            stage.scribe.connect(rng, person, cousin)
            stage.scribe.chat(rng, person, cousin, "family", sessions=2)
    aunt = stage.people.roles["relative_abroad"]
    for town in towns[1:4]:
        home = town.households[0]
        for relative in home.everyone():
            stage.scribe.connect(rng, aunt, relative)
            stage.scribe.chat(rng, aunt, relative, "family", sessions=6, media=0.1)


def notable_family(stage: Stage, rng: np.random.Generator) -> None:
    """A parent of several children who drives their friends; a grandparent with five."""
    town = stage.people.town("MY")
    home = max(town.households, key=lambda h: len(h.children))
    parent = stage.cast("parent", home.parents[0])
    for friend in some(rng, town.classes[0], 5):
        stage.scribe.connect(rng, friend, parent)
        stage.scribe.chat(rng, parent, friend, "family", sessions=2, turns=3)
    elder = next(
        g for c in stage.people.circles if c.is_town for h in c.households for g in h.grandparents
    )
    stage.cast("grandparent", elder)
    abroad = stage.people.town("TR").children()
    for grandchild in some(rng, abroad, 5):
        stage.scribe.connect(rng, elder, grandchild)
        stage.scribe.chat(rng, elder, grandchild, "family", sessions=4, media=0.1)


def teacher(stage: Stage, rng: np.random.Generator) -> None:
    """A teacher with two classes of 28: class groups from the first day of term; in the second
    week writes first, in private, to 40 of the 56, about homework. Most answer."""
    who = stage.people.roles["teacher"]
    classes = stage.people.town(HOME).classes[:2]
    week = (TERM_BEGINS + 7, TERM_BEGINS + 14)
    for school_class in classes:
        _led_group(stage, rng, who, school_class, ("pupil", "teacher"), (TERM_BEGINS, DAYS), 30)
    pupils = [p for school_class in classes for p in school_class]
    _write_first(stage, rng, who, some(rng, pupils, 40), ("pupil", "teacher"), week, 0.85, 0.6)
    for child in some(rng, pupils, 20):
        home = next(h for h in stage.people.town(HOME).households if child in h.children)
        stage.scribe.chat(
            rng, home.parents[0], who, "teacher", days=(TERM_BEGINS, DAYS), sessions=1
        )


def coach(stage: Stage, rng: np.random.Generator) -> None:
    """A coach and a team of 16 of one town: connected, group chat first, they answer."""
    who = stage.people.roles["coach"]
    team = some(rng, [p for c in stage.people.town("ID").classes[:2] for p in c], 16)
    _led_group(stage, rng, who, team, ("pupil", "coach"), (0, DAYS), 50)
    _write_first(stage, rng, who, team, ("pupil", "coach"), (10, 24), 0.95, 1.0)
    _friends(stage, rng, team, 6)


def youth_leader(stage: Stage, rng: np.random.Generator) -> None:
    """A youth leader with a group of 20, half of whom get private messages."""
    who = stage.people.roles["youth_leader"]
    group = some(rng, [p for c in stage.people.town("MY").classes[1:] for p in c], 20)
    _led_group(stage, rng, who, group, ("pupil", "youth_leader"), (2, DAYS), 30)
    _write_first(stage, rng, who, group[:10], ("pupil", "youth_leader"), (20, 60), 0.9, 0.7)


def head_teacher(stage: Stage, rng: np.random.Generator) -> None:
    """A head teacher: groups, parents and colleagues, a handful of pupils."""
    who = stage.people.roles["head_teacher"]
    town = stage.people.town("PH")
    for school_class in town.classes:
        _led_group(stage, rng, who, school_class, ("pupil", "teacher"), (TERM_BEGINS, DAYS), 6)
    pupils = some(rng, town.children(), 6)
    _write_first(stage, rng, who, pupils, ("pupil", "teacher"), (40, 100), 0.9, 0.3)
    for home in some(rng, town.households, 15):
        stage.scribe.chat(rng, home.parents[0], who, "teacher", sessions=1)


def tutor(stage: Stage, rng: np.random.Generator) -> None:
    """A tutor: a parent writes first, then the tutor to the child."""
    who = stage.people.roles["tutor"]
    for home in some(rng, stage.people.town("TR").households, 9):
        asked = stage.scribe.chat(rng, home.parents[0], who, "tutor", days=(5, 70), sessions=1)
        day = _day(asked) + 1
        child = home.children[0]
        stage.scribe.connect(rng, who, child, asked + HOUR)
        stage.scribe.chat(rng, who, child, "tutor", answer="pupil", days=(day, DAYS), sessions=5)


def written_to_first(stage: Stage, rng: np.random.Generator) -> None:
    """Accounts that many people, many of them children, write to first, and which answer."""
    for role, topics, count, answered, days in (
        ("support_desk", ("support_question", "support_answer"), 260, 1.0, (0, DAYS)),
        ("seller", ("seller_question", "seller_answer"), 70, 0.95, (0, DAYS)),
        ("streamer", ("fan", "streamer"), 220, 0.12, (0, DAYS)),
    ):
        who = stage.people.roles[role]
        least, below = (9, 20) if role == "streamer" else (9, 60)
        for person in some(rng, stage.people.of_age(least, below), count):
            reply = topics[1] if rng.random() < answered else None
            stage.scribe.chat(
                rng, person, who, topics[0], answer=reply, days=days, sessions=1, turns=3, media=0
            )


def peer_support(stage: Stage, rng: np.random.Generator) -> None:
    """A volunteer of an LGBTQ peer-support line: teenagers write first, from many places."""
    who = stage.people.roles["peer_support_volunteer"]
    for person in some(rng, stage.people.of_age(13, 19), 38):
        stage.scribe.chat(
            rng, person, who, "support_seeker", answer="volunteer", sessions=2, turns=6, media=0
        )


def gamers(stage: Stage, rng: np.random.Generator) -> None:
    """A team of an online game: young adults and a few teenagers, group first."""
    who = stage.people.roles["gamer"]
    team = some(rng, stage.people.of_age(18, 30), 6) + stage.people.town("MA").classes[2][:4]
    stage.scribe.group(rng, [who, *team], "play", days=(0, DAYS), sessions=40, turns=6)
    for mate in team:
        stage.scribe.connect(rng, mate, who)
        stage.scribe.chat(rng, who, mate, "play", days=(5, DAYS), sessions=3)


def older_teenagers(stage: Stage, rng: np.random.Generator) -> None:
    """Teenagers of 16–17 with others two years younger; 18-year-olds in a class of 17."""
    classes = stage.people.town(HOME).classes
    older, eldest = stage.cast("older_teenager", classes[3][0]), classes[3][1]
    eldest.age = 18.2
    if eldest.given_age is not None:
        eldest.given_age = 18
    stage.cast("adult_pupil", eldest)
    for teenager, friends in ((older, some(rng, classes[2], 12)), (eldest, classes[3][2:])):
        for friend in friends:
            if not stage.scribe.knows(teenager, friend):
                if rng.random() < 0.7:
                    stage.scribe.connect(rng, teenager, friend)
                stage.scribe.chat(rng, teenager, friend, "play", days=(5, DAYS))
    stage.cast("teenager", stage.people.town("TH").classes[2][0])


def new_pupil(stage: Stage, rng: np.random.Generator) -> None:
    """A pupil new to a class writes first to 14 classmates in the first weeks of term."""
    mates = stage.people.town("MY").classes[1]
    who = stage.cast("new_pupil", mates[-1])
    mates = [p for p in mates[:-1] if not stage.scribe.knows(who, p)]
    days = (TERM_BEGINS, TERM_BEGINS + 20)
    for mate in some(rng, mates, 14):
        at = stage.scribe.chat(rng, who, mate, "new_pupil", answer="small_talk", days=days)
        stage.scribe.connect(rng, who, mate, at + 2 * HOUR)


def strays(stage: Stage, rng: np.random.Generator) -> None:
    """Wrong numbers: an adult writes once to a stranger who does not answer."""
    strangers = some(rng, stage.people.of_age(10, 70), 60)
    for who, stranger in zip(some(rng, stage.people.adults, 60), strangers, strict=False):
        if who is not stranger:
            stage.scribe.chat(rng, who, stranger, "stray", answer=None, sessions=1, turns=1.3)


def _led_group(
    stage: Stage,
    rng: np.random.Generator,
    leader: Person,
    members: list[Person],
    topics: tuple[str, str],
    days: tuple[int, int],
    sessions: int,
) -> None:
    stage.scribe.group(
        rng,
        members,
        topics[0],
        days=(days[0], days[0] + 1),
        sessions=2,
        leader=leader,
        leader_topic=topics[1],
    )
    stage.scribe.group(
        rng,
        members,
        topics[0],
        days=days,
        sessions=sessions,
        leader=leader,
        leader_topic=topics[1],
    )


def _write_first(
    stage: Stage,
    rng: np.random.Generator,
    who: Person,
    children: list[Person],
    topics: tuple[str, str],
    days: tuple[int, int],
    answered: float,
    connected: float,
) -> None:
    """Private messages to children of a group; most answer, some of them first connected."""
    for child in children:
        if rng.random() < connected:
            stage.scribe.connect(rng, who, child)
        reply = topics[0] if rng.random() < answered else None
        first = stage.scribe.chat(
            rng, who, child, topics[1], answer=reply, days=days, sessions=1, turns=4, media=0.01
        )
        if reply:
            later = (_day(first) + 1, DAYS)
            stage.scribe.chat(
                rng, who, child, topics[1], answer=reply, days=later, sessions=3, media=0.01
            )


def _day(micros: int) -> int:
    return (micros - START) // DAY


SCENES: tuple[Scene, ...] = (
    families,
    classmates,
    parents_of_a_town,
    adults_among_themselves,
    relatives_abroad,
    notable_family,
    teacher,
    coach,
    youth_leader,
    head_teacher,
    tutor,
    written_to_first,
    peer_support,
    gamers,
    older_teenagers,
    new_pupil,
    strays,
)
