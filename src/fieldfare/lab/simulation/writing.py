"""Everything that happens on some ties and in some groups, written into the files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from fieldfare.lab.simulation.acts import (
    Act,
    connections,
    endings,
    first_messages,
    notices,
    silent_requests,
)
from fieldfare.lab.simulation.circles import Society
from fieldfare.lab.simulation.files import WorldFiles
from fieldfare.lab.simulation.parameters import Parameters
from fieldfare.lab.simulation.people import People
from fieldfare.lab.simulation.rows import Numbered, message_rows
from fieldfare.lab.simulation.ties import Groups, Ties, joined_groups
from fieldfare.lab.simulation.traffic import (
    Clock,
    Messages,
    ended,
    group_messages,
    private_messages,
)
from fieldfare.lab.simulation.words import STATED_CONFIDENCE, Said, Scores, Words


@dataclass(slots=True)
class Writing:
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
    done: Numbered = field(default_factory=Numbered)
    contacted: dict[int, list[tuple[float, int]]] = field(default_factory=dict)
    """Of each offending account: the day of its first message to a child, and the child."""

    def victims(self) -> dict[int, tuple[float, list[int]]]:
        """Of each offending account the day it began, and the children in order."""
        found = {}
        for holder, contacts in self.contacted.items():
            contacts = sorted(contacts)
            found[holder] = contacts[0][0], list(dict.fromkeys(child for _, child in contacts))
        return found


def write_part(
    writing: Writing,
    rng: np.random.Generator,
    ties: Ties,
    groups: list[Groups],
    accounts: tuple[int, int] | None = None,
    messages: Messages | None = None,
) -> Messages:
    """Write what happens on these ties and in these groups; gives the private messages.

    With `accounts`, also requests without messages by those from the first to before the second.
    `messages` are those of the ties, where they are not to be simulated.
    """
    if messages is None:
        messages = private_messages(rng, writing.clock, ties, writing.parameters)
    messages, ends = ended(rng, writing.clock, ties, messages)
    chats = joined_groups(groups) if groups else None
    spoken = group_messages(rng, writing.clock, chats, writing.parameters) if chats else None
    table, said = message_rows(writing.people, ties, messages, chats, spoken, writing.done)
    for name, column in _shown(writing, rng, said).items():
        table = table.append_column(name, column)
    writing.files.write("messages", table)
    writing.done.messages += table.num_rows
    first = first_messages(ties, messages)
    _note_victims(writing, ties, messages)
    table, acts = connections(rng, writing.people, ties, first, writing.days)
    writing.files.write("connections", table)
    acts += endings(rng, writing.people, ties, ends, first)
    if accounts is not None:
        acts += silent_requests(
            rng, writing.people, writing.world, accounts, writing.parameters, writing.days
        )
    acts = _within(acts, writing.days)
    if acts:
        writing.files.write("notices", notices(writing.people, acts, writing.done.acts))
        writing.done.acts += sum(len(act[3]) for act in acts)
    writing.done.ties += len(ties)
    writing.done.groups += len(chats) if chats else 0
    return messages


def _shown(writing: Writing, rng: np.random.Generator, said: Said) -> dict[str, Any]:
    """The columns of text, or of its evidence."""
    if writing.text == "none":
        return {}
    words = writing.words
    drawn = words.draw(rng, said)
    if writing.text == "templates":
        return {"text": words.text(rng, said, drawn), "media": words.media(drawn)}
    weight, tokens = writing.scores.draw(rng, said)
    silent = drawn.call
    states = np.isfinite(drawn.stated_age)
    return {
        "weight_sum": pa.array(np.where(silent, 0.0, weight)),
        "tokens": pa.array(np.where(silent, 0, tokens).astype(np.int32)),
        "stated_age": pa.array(drawn.stated_age, mask=~states),
        "stated_age_confidence": pa.array(np.full(len(states), STATED_CONFIDENCE), mask=~states),
        "indicators": words.indicator_lists(drawn),
        "calls": pa.array(drawn.call.astype(np.int32)),
    }


def _within(acts: list[Act], days: int) -> list[Act]:
    """The acts between the beginning and the end of the world."""
    kept = []
    for kind, who, about, at in acts:
        rows = (at >= 0) & (at < days)
        if rows.any():
            kept.append((kind, who[rows], about[rows], at[rows]))
    return kept


def _note_victims(writing: Writing, ties: Ties, messages: Messages) -> None:
    """Remember when each offending account first wrote to whom."""
    rows = np.flatnonzero(ties.offence[messages.tie])
    if not len(rows):
        return
    offending = np.array([name.startswith("offender") for name in writing.parameters.talk])
    tie, at = messages.tie[rows], messages.at[rows]
    # The side that talks as an offender is the offender's.
    is_one = offending[ties.talk_one[tie]]
    mine = np.flatnonzero(messages.by_one[rows] == is_one)
    mine = mine[np.lexsort((at[mine], tie[mine]))]
    _, first = np.unique(tie[mine], return_index=True)
    mine = mine[first]
    one, other = ties.one[tie[mine]], ties.other[tie[mine]]
    holder, child = np.where(is_one[mine], one, other), np.where(is_one[mine], other, one)
    for row in zip(holder.tolist(), at[mine].tolist(), child.tolist(), strict=True):
        writing.contacted.setdefault(row[0], []).append(row[1:])
