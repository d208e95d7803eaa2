"""A simulated world from parameters and a seed, written block by block."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import pyarrow as pa

from fieldfare import __version__
from fieldfare.lab.demo_talk import START
from fieldfare.lab.simulation.acts import (
    Act,
    connections,
    endings,
    first_messages,
    notices,
    silent_requests,
)
from fieldfare.lab.simulation.circles import Society, ordinary_groups, ordinary_ties, society
from fieldfare.lab.simulation.files import (
    WorldFiles,
    numbered,
    write_accounts,
    write_truth,
)
from fieldfare.lab.simulation.fit import measure
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import BLOCK, ORDINARY, Ints, People, settle
from fieldfare.lab.simulation.roles import Cast, cast
from fieldfare.lab.simulation.ties import Groups, Ties, joined_groups
from fieldfare.lab.simulation.traffic import (
    Clock,
    GroupMessages,
    Messages,
    ended,
    group_messages,
    micros,
    private_messages,
)
from fieldfare.lab.simulation.words import (
    STATED_CONFIDENCE,
    ModelScores,
    Said,
    Scores,
    Words,
)
from fieldfare.vocabulary.errors import SettingsError

LEAST_ACCOUNTS: Final = 1_000
MOST_ACCOUNTS: Final = 20_000_000
LEAST_DAYS: Final = 30
TEXTS: Final = ("none", "templates", "evidence")
_TIES_A_BLOCK: Final = 300_000


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


@dataclass(slots=True)
class _Writing:
    """Everything needed to turn ties into rows of the files."""

    people: People
    world: Society
    parameters: Parameters
    clock: Clock
    days: int
    seed: int
    text: str
    words: Words
    scores: Scores
    files: WorldFiles
    ties_done: int = 0
    groups_done: int = 0
    acts_done: int = 0
    victims: dict[int, tuple[float, list[int]]] = field(default_factory=dict)


def simulate(
    folder: Path,
    parameters: Parameters,
    accounts: int,
    days: int = 120,
    seed: int = 1,
    text: str = "none",
    scores: Scores | None = None,
) -> World:
    """Write a world of exactly `accounts` accounts into the folder.

    ``messages``, ``accounts``, ``connections`` and ``notices`` are in the documented Parquet forms;
    ``truth.parquet`` says who is who and ``world.json`` how it was made. The same arguments give
    the same rows. `text` is one of `TEXTS`; `scores` gives the token evidence where it is
    "evidence" (by default a normal model). Raises SettingsError for sizes out of range.
    """
    if not LEAST_ACCOUNTS <= accounts <= MOST_ACCOUNTS:
        raise SettingsError(f"a world has {LEAST_ACCOUNTS:,} to {MOST_ACCOUNTS:,} accounts")
    if days < LEAST_DAYS:
        raise SettingsError(f"a world has at least {LEAST_DAYS} days")
    if text not in TEXTS:
        raise SettingsError(f"text is {text!r}; it is one of {', '.join(TEXTS)}")
    people = settle(parameters, accounts, days, seed)
    world = society(people, parameters, seed)
    played = cast(people, world, parameters, days, seed)
    with WorldFiles(folder, text) as files:
        writing = _Writing(
            people=people,
            world=world,
            parameters=parameters,
            clock=Clock(people, parameters, days),
            days=days,
            seed=seed,
            text=text,
            words=Words(people, parameters),
            scores=scores or ModelScores(people, parameters, seed),
            files=files,
        )
        fit = _write_events(writing, played)
    write_accounts(folder / "accounts.parquet", people, parameters)
    names = (*people.kinds, *ORDINARY)
    offending = range(len(parameters.roles), len(people.kinds))
    kinds = write_truth(
        folder / "truth.parquet", people, names, offending, played.persons, writing.victims
    )
    made = World(
        folder,
        accounts=accounts,
        messages=files.rows["messages"],
        connections=files.rows["connections"],
        notices=files.rows["notices"],
        kinds=kinds,
        fit=fit,
    )
    _describe(made, parameters, days, seed, text)
    return made


def _write_events(writing: _Writing, played: Cast) -> dict[str, float]:
    """Ordinary life part by part, then the roles; the fit is measured on the first part."""
    people, parameters, days, seed = (
        writing.people, writing.parameters, writing.days, writing.seed,
    )  # fmt: skip
    parts = -(-people.count // BLOCK)
    fit: dict[str, float] = {}
    for part in range(parts):
        ties = ordinary_ties(people, writing.world, parameters, days, seed, part, parts)
        groups = ordinary_groups(writing.world, parameters, days, seed, part, parts)
        rng = np.random.default_rng([seed, 8, part])
        messages = _write_part(writing, rng, ties, groups, (part, parts))
        if part == 0:
            fit = measure(
                np.where(messages.by_one, ties.one[messages.tie], ties.other[messages.tie]),
                np.where(messages.by_one, ties.other[messages.tie], ties.one[messages.tie]),
                messages.at * 86_400,
            )
    blocks = max(1, -(-len(played.ties) // _TIES_A_BLOCK))
    for part in range(blocks):
        rng = np.random.default_rng([seed, 9, part])
        rows = np.arange(len(played.ties) * part // blocks, len(played.ties) * (part + 1) // blocks)
        number = len(played.groups)
        groups = played.groups[number * part // blocks : number * (part + 1) // blocks]
        _write_part(writing, rng, played.ties.take(rows), groups, None)
    for holder, (_, children) in writing.victims.items():
        writing.victims[holder] = (writing.victims[holder][0], list(dict.fromkeys(children)))
    return fit


def _write_part(
    writing: _Writing,
    rng: np.random.Generator,
    ties: Ties,
    groups: list[Groups],
    part: tuple[int, int] | None,
) -> Messages:
    """Write what happens on these ties and in these groups; gives the private messages."""
    messages = private_messages(rng, writing.clock, ties, writing.parameters)
    messages, ends = ended(rng, writing.clock, ties, messages)
    chats = joined_groups(groups) if groups else None
    spoken = group_messages(rng, writing.clock, chats, writing.parameters) if chats else None
    writing.files.write("messages", _table(writing, rng, ties, messages, chats, spoken))
    first = first_messages(ties, messages)
    _note_victims(writing, ties, messages)
    table, acts = connections(rng, writing.people, ties, first, writing.days)
    writing.files.write("connections", table)
    acts += endings(rng, writing.people, ties, ends, first)
    if part is not None:
        count, (number, of) = writing.people.count, part
        rows = count * number // of, count * (number + 1) // of
        acts += silent_requests(
            rng,
            writing.people,
            writing.world.by_age,
            writing.world.ages,
            rows,
            writing.parameters,
            writing.days,
        )
    acts = _within(acts, writing.days)
    if acts:
        writing.files.write("notices", notices(writing.people, acts, writing.acts_done))
        writing.acts_done += sum(len(act[3]) for act in acts)
    writing.ties_done += len(ties)
    writing.groups_done += len(chats) if chats else 0
    return messages


def _within(acts: list[Act], days: int) -> list[Act]:
    """The acts between the beginning and the end of the world."""
    kept = []
    for kind, who, about, at in acts:
        rows = (at >= 0) & (at < days)
        if rows.any():
            kept.append((kind, who[rows], about[rows], at[rows]))
    return kept


def _note_victims(writing: _Writing, ties: Ties, messages: Messages) -> None:
    """When each offending account began, and whom it wrote to, in order."""
    rows = np.flatnonzero(ties.offence[messages.tie])
    if not len(rows):
        return
    talk = writing.parameters.talk
    offending = np.array([name.startswith("offender") for name in talk])
    tie = messages.tie[rows]
    by_one = messages.by_one[rows]
    # The side that talks as an offender is the offender's.
    is_one = offending[ties.talk_one[tie]]
    mine = np.flatnonzero(by_one == is_one)
    tie, at, is_one = tie[mine], messages.at[rows][mine], is_one[mine]
    order = np.argsort(at, kind="stable")
    seen: set[int] = set()
    for row in order.tolist():
        if int(tie[row]) in seen:
            continue
        seen.add(int(tie[row]))
        ends = int(ties.one[tie[row]]), int(ties.other[tie[row]])
        holder, child = ends if is_one[row] else ends[::-1]
        start, children = writing.victims.setdefault(holder, (float(at[row]), []))
        children.append(child)
        writing.victims[holder] = (min(start, float(at[row])), children)


def _table(
    writing: _Writing,
    rng: np.random.Generator,
    ties: Ties,
    messages: Messages,
    groups: Groups | None,
    spoken: GroupMessages | None,
) -> Any:
    """Private and group messages in order of time, as the file has them."""
    people = writing.people
    one, other = ties.one[messages.tie], ties.other[messages.tie]
    sender = np.where(messages.by_one, one, other)
    peer = np.where(messages.by_one, other, one)
    conversation = numbered("c", messages.tie.astype(np.int64) + writing.ties_done)
    kind = np.zeros(len(messages), np.int8)
    at, peers, sizes = messages.at, peer, np.ones(len(messages), np.int64)
    said_talk = np.where(
        messages.by_one, ties.talk_one[messages.tie], ties.talk_other[messages.tie]
    )
    partner = peer
    if groups is not None and spoken is not None and len(spoken):
        listeners, heard = _listeners(people, groups, spoken)
        conversation = pa.concat_arrays(
            [
                _plain(conversation),
                _plain(numbered("g", spoken.group.astype(np.int64) + writing.groups_done)),
            ]
        )
        talk = np.where(spoken.led, groups.talk_leader[spoken.group], groups.talk[spoken.group])
        sender = np.concatenate([sender, spoken.sender])
        partner = np.concatenate([partner, spoken.sender])
        kind = np.concatenate([kind, np.ones(len(spoken), np.int8)])
        at = np.concatenate([at, spoken.at])
        peers = np.concatenate([peers, listeners])
        sizes = np.concatenate([sizes, heard])
        said_talk = np.concatenate([said_talk, talk])
    spans = np.cumsum(sizes) - sizes
    # Nobody is left to hear a message of which every recipient has no account yet.
    order = np.argsort(at, kind="stable")
    order = order[sizes[order] > 0]
    count = len(order)
    lists = pa.ListArray.from_arrays(
        np.concatenate([[0], np.cumsum(sizes[order])]).astype(np.int32),
        people.names.take(pa.array(_flat(peers, spans[order], sizes[order]))),
    )
    done = writing.files.rows["messages"]
    columns: dict[str, Any] = {
        "id": numbered("m", np.arange(done, done + count)),
        "conversation": conversation.take(pa.array(order)),
        "kind": pa.array(["private", "group"]).take(pa.array(kind[order])),
        "sender": people.names.take(pa.array(sender[order])),
        "recipients": lists,
        "sent_at": micros(at[order]),
    }
    if writing.text != "none":
        nth = np.full(len(sender), 99, np.int64)
        nth[: len(messages)] = _nth(messages)
        said = Said(sender[order], partner[order], said_talk[order].astype(np.int64), nth[order])
        columns |= _spoken(writing, rng, said)
    return pa.table(columns)


def _plain(array: Any) -> Any:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _listeners(people: People, groups: Groups, spoken: GroupMessages) -> tuple[Ints, Ints]:
    """Recipients of each group message, one after the other, and how many each has: members but
    the sender whose account is there."""
    start = groups.starts[spoken.group]
    size = groups.starts[spoken.group.astype(np.int64) + 1] - start
    everyone = groups.members[_flat_index(start, size)]
    row = np.repeat(np.arange(len(size)), size)
    there = (everyone != spoken.sender[row]) & (people.created[everyone] < spoken.at[row])
    return everyone[there], np.bincount(row[there], minlength=len(size))


def _flat(values: Ints, start: Ints, size: Ints) -> Ints:
    found: Ints = values[_flat_index(start, size)]
    return found


def _flat_index(start: Ints, size: Ints) -> Ints:
    """start₀, start₀ + 1, … for each run of `size`."""
    ends = np.cumsum(size)
    count = int(ends[-1]) if len(ends) else 0
    index: Ints = np.arange(count) + np.repeat(start - (ends - size), size)
    return index


def _nth(messages: Messages) -> Ints:
    """How many messages the same writer had written on the same tie before."""
    side = messages.tie.astype(np.int64) * 2 + messages.by_one
    order = np.lexsort((messages.at, side))
    sorted_side = side[order]
    nth = np.empty(len(side), np.int64)
    nth[order] = np.arange(len(side)) - np.searchsorted(sorted_side, sorted_side)
    return nth


def _spoken(writing: _Writing, rng: np.random.Generator, said: Said) -> dict[str, Any]:
    """The columns of text, or of its evidence."""
    words = writing.words
    drawn = words.draw(rng, said)
    if writing.text == "templates":
        return {"text": words.text(rng, said, drawn), "media": words.media(drawn)}
    weight, tokens = writing.scores.draw(rng, said)
    silent = drawn.call
    states = np.isfinite(drawn.stated_age)
    return {
        "weight_sum": np.where(silent, 0.0, weight),
        "tokens": np.where(silent, 0, tokens).astype(np.int32),
        "stated_age": pa.array(drawn.stated_age, mask=~states),
        "stated_age_confidence": pa.array(np.full(len(states), STATED_CONFIDENCE), mask=~states),
        "indicators": words.indicator_lists(drawn),
        "calls": drawn.call.astype(np.int32),
    }


def _describe(made: World, parameters: Parameters, days: int, seed: int, text: str) -> None:
    record = {
        "note": "Simulated. Nobody in it exists, and figures measured on it are not the field's.",
        "fieldfare": __version__,
        "seed": seed,
        "accounts": made.accounts,
        "days": days,
        "begins_at": START,
        "text": text,
        "messages": made.messages,
        "connections": made.connections,
        "notices": made.notices,
        "kinds": made.kinds,
        "fit": made.fit,
        "parameters": msgspec.to_builtins(parameters),
    }
    path = made.folder / "world.json"
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
