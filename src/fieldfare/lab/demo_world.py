"""The small world of ``fieldfare demo``: some thousand invented accounts over 120 days.

What enters: a folder, a seed, a number of accounts. What leaves: ``accounts.jsonl``,
``messages.jsonl``, ``connections.jsonl`` and ``notices.jsonl`` in the project's own form, the
same bytes for the same seed. One account behaves as in the case this project began with
(`demo_offender`); around it live the people who must not be flagged (`demo_scenes`).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from fieldfare.lab.demo_offender import offender
from fieldfare.lab.demo_people import Person, settle
from fieldfare.lab.demo_scenes import SCENES, Stage
from fieldfare.lab.demo_talk import START, Scribe
from fieldfare.vocabulary.errors import SettingsError
from fieldfare.vocabulary.records import Account, Record
from fieldfare.vocabulary.times import DAY

LEAST_ACCOUNTS = 2_400
"""Below this the towns and the circles of the children do not fit."""

FILES = ("accounts", "messages", "connections", "notices")


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """What was written, and who is who, for tests and for the demo's own words."""

    folder: Path
    accounts: int
    messages: int
    connections: int
    notices: int
    roles: dict[str, str]
    """Role → account id, e.g. ``offender``, ``coach``, ``teacher``, ``parent``,
    ``support_desk``."""
    contacted: tuple[str, ...]
    """Children the offender wrote to, in order of the first message."""
    ages: dict[str, float]
    """Account id → true age in years, which the files tell only in part."""

    @property
    def paths(self) -> tuple[Path, ...]:
        return tuple(self.folder / f"{name}.jsonl" for name in FILES)


def write_demo_world(folder: Path, seed: int = 7, accounts: int = 3_000) -> DemoWorld:
    """Make the world and write its four files into the folder, which is made if need be."""
    if accounts < LEAST_ACCOUNTS:
        raise SettingsError(f"a demo world needs at least {LEAST_ACCOUNTS} accounts")
    stage = Stage(settle(_stream(seed, "people"), accounts), Scribe())
    for scene in SCENES:
        scene(stage, _stream(seed, scene.__name__))
    offender(stage, _stream(seed, "offender"))
    folder.mkdir(parents=True, exist_ok=True)
    everyone = sorted(stage.people.everyone, key=lambda person: person.id)
    records: tuple[Iterable[Record], ...] = (
        _accounts(_stream(seed, "accounts"), everyone, stage.people.roles["offender"]),
        stage.scribe.messages(),
        stage.scribe.connections(),
        stage.scribe.notices(),
    )
    counts = [
        _write(folder / f"{name}.jsonl", rows) for name, rows in zip(FILES, records, strict=True)
    ]
    return DemoWorld(
        folder,
        accounts=counts[0],
        messages=counts[1],
        connections=counts[2],
        notices=counts[3],
        roles={role: person.id for role, person in stage.people.roles.items()},
        contacted=tuple(child.id for child in stage.contacted),
        ages={person.id: person.age for person in everyone},
    )


def _stream(seed: int, part: str) -> np.random.Generator:
    """A random stream for one part, which no other part disturbs."""
    return np.random.default_rng([seed, zlib.crc32(part.encode())])


def _accounts(
    rng: np.random.Generator, everyone: list[Person], newcomer: Person
) -> Iterator[Account]:
    """The account records; connections are younger than accounts, and one account is new."""
    for person, days in zip(everyone, rng.uniform(400, 2_500, len(everyone)).tolist(), strict=True):
        before = 395 if person is newcomer else days
        yield Account(
            id=person.id,
            name=person.name,
            age=person.given_age,
            age_source=person.age_source,
            country=person.country,
            country_source="declared",
            time_zone=person.zone,
            created_at=START - int(before * DAY),
        )


def _write(path: Path, rows: Iterable[Record]) -> int:
    encoder = msgspec.json.Encoder()
    count = 0
    with path.open("wb") as file:
        for row in rows:
            file.write(encoder.encode(row) + b"\n")
            count += 1
    return count
