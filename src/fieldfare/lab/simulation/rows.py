"""Rows of the file of messages: private and group messages together, in order of time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa

from fieldfare.lab.simulation.files import numbered
from fieldfare.lab.simulation.people import Ints, People
from fieldfare.lab.simulation.ties import Groups, Ties
from fieldfare.lab.simulation.traffic import GroupMessages, Messages, micros
from fieldfare.lab.simulation.words import Said

_LATE: Final = 99
"""Messages of a group come late in an acquaintance: nobody is asked first things there."""


@dataclass(slots=True)
class Numbered:
    """How many of each have been written, for ids that do not repeat."""

    messages: int = 0
    ties: int = 0
    groups: int = 0
    acts: int = 0


def message_rows(
    people: People,
    ties: Ties,
    messages: Messages,
    groups: Groups | None,
    spoken: GroupMessages | None,
    done: Numbered,
) -> tuple[Any, Said]:
    """The rows as a table with the columns of metadata, and what is about to be said in them.

    Ids go on from those in `done`. Messages that nobody is there to hear are left out.
    """
    one, other = ties.one[messages.tie], ties.other[messages.tie]
    sender = np.where(messages.by_one, one, other)
    peer = np.where(messages.by_one, other, one)
    conversation = numbered("c", messages.tie.astype(np.int64) + done.ties)
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
                _plain(numbered("g", spoken.group.astype(np.int64) + done.groups)),
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
    columns: dict[str, Any] = {
        "id": numbered("m", np.arange(done.messages, done.messages + count)),
        "conversation": conversation.take(pa.array(order)),
        "kind": pa.array(["private", "group"]).take(pa.array(kind[order])),
        "sender": people.names.take(pa.array(sender[order])),
        "recipients": lists,
        "sent_at": micros(at[order]),
    }
    nth = np.full(len(sender), _LATE, np.int64)
    nth[: len(messages)] = _nth(messages)
    said = Said(
        sender=sender[order],
        peer=partner[order],
        talk=said_talk[order].astype(np.int64),
        nth=nth[order],
        turn=_turn(sender[order]),
    )
    return pa.table(columns), said


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


def _turn(sender: Ints) -> Ints:
    """How many rows of the same sender come before each."""
    order = np.argsort(sender, kind="stable")
    by_sender = sender[order]
    turn = np.empty(len(sender), np.int64)
    turn[order] = np.arange(len(sender)) - np.searchsorted(by_sender, by_sender)
    return turn
