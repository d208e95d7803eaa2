"""A simulated world from parameters and a seed, written block by block."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from fieldfare import __version__
from fieldfare.lab.demo_talk import START
from fieldfare.lab.simulation.circles import Society, ordinary_groups, ordinary_ties, society
from fieldfare.lab.simulation.files import (
    WorldFiles,
    write_accounts,
    write_truth,
)
from fieldfare.lab.simulation.fit import measure
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import BLOCK, ORDINARY, Floats, Ints, People, settle
from fieldfare.lab.simulation.roles import Cast, cast
from fieldfare.lab.simulation.ties import Ties
from fieldfare.lab.simulation.traffic import (
    Clock,
    Messages,
)
from fieldfare.lab.simulation.words import (
    ModelScores,
    Scores,
    Words,
)
from fieldfare.lab.simulation.writing import Writing, write_part
from fieldfare.vocabulary.errors import SettingsError

LEAST_ACCOUNTS: Final = 1_000
MOST_ACCOUNTS: Final = 20_000_000
LEAST_DAYS: Final = 30
TEXTS: Final = ("none", "templates", "evidence")
_TIES_A_BLOCK: Final = 300_000
_FIT_ON: Final = 50_000
"""The fit is measured on so many accounts, or all."""


@dataclass(frozen=True, slots=True)
class World:
    """What was written."""

    folder: Path
    accounts: int
    messages: int
    connections: int
    notices: int
    kinds: dict[str, int]
    """Accounts of each kind."""
    fit: dict[str, float]
    """Figures of the private messages, as `fit.measure` gives them."""


def simulate(
    folder: Path,
    parameters: Parameters,
    accounts: int,
    days: int = 120,
    seed: int = 1,
    text: str = "none",
    corpus: Path | None = None,
) -> World:
    """Write a world of exactly `accounts` accounts into the folder.

    ``messages``, ``accounts``, ``connections`` and ``notices`` are in the documented Parquet forms;
    ``truth.parquet`` says who is who and ``world.json`` how it was made. The same arguments give
    the same rows. `text` is one of `TEXTS`; where it is "evidence", the token evidence comes from a
    normal model, or from a corpus of token hashes (`corpus_scores`). Raises SettingsError for sizes
    out of range.
    """
    if not LEAST_ACCOUNTS <= accounts <= MOST_ACCOUNTS:
        raise SettingsError(f"a world has {LEAST_ACCOUNTS:,} to {MOST_ACCOUNTS:,} accounts")
    check(days, text, corpus)
    people = settle(parameters, accounts, days, seed)
    world = society(people, parameters, seed)
    played = cast(people, world, parameters, days, seed)
    with WorldFiles(folder, text) as files:
        writing = begin(people, world, parameters, days, seed, text, corpus, files)
        fit = _write_events(writing, played)
    return finish(writing, played, fit, corpus)


def check(days: int, text: str, corpus: Path | None) -> None:
    """Raise SettingsError where these cannot make a world."""
    if days < LEAST_DAYS:
        raise SettingsError(f"a world has at least {LEAST_DAYS} days")
    if text not in TEXTS:
        raise SettingsError(f"text is {text!r}; it is one of {', '.join(TEXTS)}")
    if corpus is not None and text != "evidence":
        raise SettingsError("a corpus gives evidence, not text; ask for the text 'evidence'")


def begin(
    people: People,
    world: Society,
    parameters: Parameters,
    days: int,
    seed: int,
    text: str,
    corpus: Path | None,
    files: WorldFiles,
) -> Writing:
    """Everything that `write_part` needs."""
    return Writing(
        people=people,
        world=world,
        parameters=parameters,
        clock=Clock(people, parameters, days),
        days=days,
        seed=seed,
        text=text,
        words=Words(people, parameters),
        scores=_scores(people, parameters, seed, corpus),
        files=files,
    )


def finish(
    writing: Writing,
    played: Cast,
    fit: dict[str, float],
    corpus: Path | None = None,
    graph: Path | None = None,
) -> World:
    """Write accounts, truth and description."""
    people, parameters, folder = writing.people, writing.parameters, writing.files.folder
    write_accounts(folder / "accounts.parquet", people, parameters)
    names = (*people.kinds, *ORDINARY)
    offending = range(len(parameters.roles), len(people.kinds))
    kinds = write_truth(
        folder / "truth.parquet", people, names, offending, played.persons, writing.victims()
    )
    made = World(
        folder,
        accounts=people.count,
        messages=writing.files.rows["messages"],
        connections=writing.files.rows["connections"],
        notices=writing.files.rows["notices"],
        kinds=kinds,
        fit=fit,
    )
    _describe(made, writing, corpus, graph)
    return made


def _scores(people: People, parameters: Parameters, seed: int, corpus: Path | None) -> Scores:
    if corpus is None:
        return ModelScores(people, parameters, seed)
    # Only here: it compiles the training loops.
    from fieldfare.lab.simulation.corpus_scores import CorpusScores

    return CorpusScores(corpus, people, parameters, seed)


def _write_events(writing: Writing, played: Cast) -> dict[str, float]:
    """Ordinary life part by part, then the roles; the fit is measured on the first accounts."""
    people, parameters, days, seed = (
        writing.people, writing.parameters, writing.days, writing.seed,
    )  # fmt: skip
    parts = -(-people.count // BLOCK)
    seen: list[tuple[Ints, Ints, Floats]] = []
    for part in range(parts):
        ties = ordinary_ties(people, writing.world, parameters, days, seed, part, parts)
        groups = ordinary_groups(writing.world, parameters, days, seed, part, parts)
        rng = np.random.default_rng([seed, 8, part])
        accounts = people.count * part // parts, people.count * (part + 1) // parts
        messages = write_part(writing, rng, ties, groups, accounts)
        seen.append(_of_the_first(ties, messages))
    sender, recipient, seconds = (np.concatenate(column) for column in zip(*seen, strict=True))
    fit = measure(sender, recipient, seconds, _FIT_ON)
    seen.clear()
    write_roles(writing, played)
    return fit


def write_roles(writing: Writing, played: Cast) -> None:
    """What those with a role do."""
    blocks = max(1, -(-len(played.ties) // _TIES_A_BLOCK))
    for part in range(blocks):
        rng = np.random.default_rng([writing.seed, 9, part])
        rows = np.arange(len(played.ties) * part // blocks, len(played.ties) * (part + 1) // blocks)
        number = len(played.groups)
        groups = played.groups[number * part // blocks : number * (part + 1) // blocks]
        write_part(writing, rng, played.ties.take(rows), groups)


def _of_the_first(ties: Ties, messages: Messages) -> tuple[Ints, Ints, Floats]:
    """Sender, recipient and seconds of messages to or from one of the first accounts."""
    one, other = ties.one[messages.tie], ties.other[messages.tie]
    near = (one < _FIT_ON) | (other < _FIT_ON)
    one, other, by_one = one[near], other[near], messages.by_one[near]
    at = messages.at[near] * 86_400
    return np.where(by_one, one, other), np.where(by_one, other, one), at


def _describe(made: World, writing: Writing, corpus: Path | None, graph: Path | None) -> None:
    record = {
        "note": "Simulated. Nobody in it exists, and figures measured on it are not the field's.",
        "fieldfare": __version__,
        "seed": writing.seed,
        "accounts": made.accounts,
        "days": writing.days,
        "begins_at": START,
        "text": writing.text,
        "corpus": corpus.name if corpus else None,
        "graph": graph.name if graph else None,
        "messages": made.messages,
        "connections": made.connections,
        "notices": made.notices,
        "kinds": made.kinds,
        "fit": made.fit,
        "parameters": msgspec.to_builtins(writing.parameters),
    }
    path = made.folder / "world.json"
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
