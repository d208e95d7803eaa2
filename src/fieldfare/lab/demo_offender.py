"""The one offender of the demo world, after the case in the news this project began with.

An adult of 38 in Britain writes first, in private and without any connection, to 131 children
of 10–16 in ten countries over 90 days: one or two a day at first, then several. About half never
answer; some block, decline or report. The words are one neutral stock phrase a stage; how far
a conversation goes is all that varies.
"""

from __future__ import annotations

import numpy as np

from fieldfare.lab.demo_people import HOME, Person, some
from fieldfare.lab.demo_scenes import Stage
from fieldfare.lab.demo_talk import at_local, local_hour, phrase
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE, SECOND

CHILDREN = 131
FIRST_DAY, LAST_DAY = 22, 112
"""Days of the world between which he writes first to children."""
ANSWERED = 65
"""Of the 131; the others never answer."""
FURTHEST = 13
"""Age of the Cambodian child with whom the conversation goes through every stage."""

STAGES = (
    "stage_hello",
    "stage_age",
    "stage_parents",
    "stage_secret",
    "stage_platform",
    "stage_photo",
    "stage_travel",
)
_GOES_ON = 0.72
"""Probability that a conversation that is answered goes on to the next stage."""
_AT_NIGHT = 0.08
"""Share of the children first written to in their own small hours."""


def offender(stage: Stage, rng: np.random.Generator) -> None:
    """His ordinary life among adults, then the children."""
    who = stage.people.roles["offender"]
    for friend in some(rng, stage.people.of_age(28, 55, HOME), 9):
        stage.scribe.connect(rng, who, friend)
        stage.scribe.chat(rng, who, friend, "work", sessions=5)
    children = _choose(stage, rng)
    for child in children:
        # Fewer of these ages are known than elsewhere, so that stated ages matter.
        if rng.random() < 0.3:
            child.given_age = child.age_source = None
    furthest = next(i for i, c in enumerate(children) if _is_furthest(c))
    answering = set(some(rng, [i for i in range(CHILDREN) if i != furthest], ANSWERED - 1))
    starts = _first_times(rng, who, children)
    for index, (child, at) in enumerate(zip(children, starts, strict=True)):
        if index == furthest:
            _converse(stage, rng, who, child, at, len(STAGES))
        elif index in answering:
            depth = min(2 + int(rng.geometric(1 - _GOES_ON)) - 1, len(STAGES))
            _converse(stage, rng, who, child, at, depth)
        else:
            _no_answer(stage, rng, who, child, at)
    order = sorted(range(CHILDREN), key=lambda i: starts[i])
    stage.contacted = [children[i] for i in order]


def _is_furthest(child: Person) -> bool:
    return child.country == "KH" and int(child.age) == FURTHEST


def _choose(stage: Stage, rng: np.random.Generator) -> list[Person]:
    """Children of different circles, so that no two know one another; one Cambodian of 13."""
    candidates = [c.classes[0][0] for c in stage.people.circles if not c.is_town]
    candidates = [c for c in candidates if 10 <= c.age < 17]
    first = next(c for c in candidates if _is_furthest(c))
    others = some(rng, [c for c in candidates if c is not first], CHILDREN - 1)
    return some(rng, [first, *others], CHILDREN)


def _first_times(rng: np.random.Generator, who: Person, children: list[Person]) -> list[int]:
    """When he writes to each: the pace doubles and doubles again over the 90 days."""
    # Evenly through the integral of a pace that grows linearly from 0.6 to 2.3 a day.
    share = (np.arange(CHILDREN) + rng.random(CHILDREN)) / CHILDREN
    low, high = 0.6, 2.3
    grown = (np.sqrt(low**2 + share * (high**2 - low**2)) - low) / (high - low)
    days = (FIRST_DAY + grown * (LAST_DAY - FIRST_DAY)).astype(int).tolist()
    night = rng.random(CHILDREN) < _AT_NIGHT
    times = []
    for child, day, small_hours in zip(children, days, night.tolist(), strict=True):
        for _ in range(40):
            low_hour, high_hour = (0, 5) if small_hours else (8, 22)
            at = at_local(child, day, float(rng.uniform(low_hour, high_hour)))
            if 6 <= local_hour(who, at) < 23.5:
                break
        times.append(at)
    return times


def _converse(
    stage: Stage, rng: np.random.Generator, who: Person, child: Person, at: int, depth: int
) -> None:
    """An answered conversation, `depth` stages far; how it ends depends on the child."""
    mine = child.language if rng.random() < 0.4 else "en"
    theirs = child.language if mine != "en" or rng.random() < 0.3 else "en"
    encrypted = bool(rng.random() < 0.1) and depth < len(STAGES)
    states_age = rng.random() < 0.75 or depth == len(STAGES)
    media_asked = depth > STAGES.index("stage_photo")
    for step, name in enumerate(STAGES[:depth]):
        said = phrase(name, mine, rng.random())
        stage.scribe.say(at, who, child, said, encrypted=encrypted)
        at += _pause(rng)
        topic = "own_age" if name == "stage_age" and states_age else "child_unsure"
        if step < depth - 1 or depth <= 2:
            answer = phrase(topic, theirs, rng.random(), child.age)
            stage.scribe.say(at, child, who, answer, encrypted=encrypted)
        # Later stages come in later sessions, some hours to three days on.
        at += _pause(rng) if step < 2 else _next_session(rng, who, child, at)
    if media_asked:
        stage.scribe.say(at, who, child, None, "call", encrypted=encrypted)
        at += _pause(rng)
    _ending(stage, rng, who, child, at, theirs)


def _ending(
    stage: Stage, rng: np.random.Generator, who: Person, child: Person, at: int, language: str
) -> None:
    draw = rng.random()
    if draw < 0.45:
        stage.scribe.say(at, child, who, phrase("child_refuses", language, rng.random()))
    if draw < 0.22:
        stage.scribe.act("block", child, who, at + 5 * MINUTE)
    if draw < 0.10:
        stage.scribe.act("report", child, who, at + 6 * MINUTE)
    elif draw > 0.85:
        stage.scribe.connect(rng, who, child, at + DAY)


def _no_answer(stage: Stage, rng: np.random.Generator, who: Person, child: Person, at: int) -> None:
    mine = child.language if rng.random() < 0.3 else "en"
    stage.scribe.say(at, who, child, phrase("stage_hello", mine, rng.random()))
    draws = rng.random(3).tolist()
    if draws[0] < 0.5:
        at += _next_session(rng, who, child, at)
        stage.scribe.say(at, who, child, phrase("stage_age", mine, rng.random()))
    if draws[1] < 0.35:
        stage.scribe.act("request", who, child, at + 10 * MINUTE)
        if draws[2] < 0.6:
            stage.scribe.act("decline", child, who, at + 5 * HOUR)
    if draws[2] < 0.12:
        stage.scribe.act("block", child, who, at + 3 * HOUR)
    elif draws[2] > 0.94:
        stage.scribe.act("report", child, who, at + 2 * HOUR)


def _pause(rng: np.random.Generator) -> int:
    return int(min(rng.lognormal(np.log(70), 0.9), 1_500) * SECOND)


def _next_session(rng: np.random.Generator, who: Person, child: Person, at: int) -> int:
    """Until he next writes, 3 hours to 4 days on: when both are awake, bar a few exceptions."""
    wait = int(rng.uniform(3, 72) * HOUR)
    night_too = rng.random() < _AT_NIGHT
    afternoon = float(rng.uniform(14, 20))
    if not night_too and not 8 <= local_hour(child, at + wait) < 22:
        wait += int((afternoon - local_hour(child, at + wait)) % 24 * HOUR)
    hour = local_hour(who, at + wait)
    return wait + (int((6 + float(rng.random()) - hour) * HOUR) if hour < 6 else 0)
