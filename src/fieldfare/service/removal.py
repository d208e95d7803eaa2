"""Removal: events of some accounts or pairs of accounts are taken out of what the journal keeps.

Pure functions on record batches. A message to several people loses those it may not have been sent
to: the sender's own id stands in their place, so that the number of recipients stays (it tells
private messages from groups), and nobody is in contact with oneself. What was sent to nobody else
goes as a whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Mask = npt.NDArray[np.bool_]


class Gone(Protocol):
    """What is to be removed."""

    def pairs(self, one: pa.Array, other: pa.Array) -> Mask:
        """Of pairs of accounts, in either order, which are."""
        ...

    def accounts(self, accounts: pa.Array) -> Mask:
        """Of accounts, whose own records are."""
        ...


@dataclass(frozen=True)
class AccountsGone:
    """All that accounts have to do with, other than with accounts whose data must be kept."""

    erased: Collection[str]
    kept: Collection[str] = ()
    """Accounts whose data must be kept; none of `erased`."""
    known: Collection[str] = ()
    """Those of `erased` that were in contact with one of `kept`: their own records stay, since the
    age of a child is evidence too."""

    def pairs(self, one: pa.Array, other: pa.Array) -> Mask:
        return (_in(one, self._erased) & ~_in(other, self._kept)) | (
            _in(other, self._erased) & ~_in(one, self._kept)
        )

    def accounts(self, accounts: pa.Array) -> Mask:
        return _in(accounts, self._erased) & ~_in(accounts, pa.array(self.known, pa.string()))

    @cached_property
    def _erased(self) -> pa.Array:
        return pa.array(self.erased, pa.string())

    @cached_property
    def _kept(self) -> pa.Array:
        return pa.array(self.kept, pa.string())


@dataclass(frozen=True)
class PairsGone:
    """All between two accounts."""

    given: Sequence[tuple[str, str]] = field(repr=False)

    def pairs(self, one: pa.Array, other: pa.Array) -> Mask:
        return _in(_keys(one, other), self._wanted)

    def accounts(self, accounts: pa.Array) -> Mask:
        return np.zeros(len(accounts), bool)

    @cached_property
    def _wanted(self) -> pa.Array:
        one, other = zip(*self.given, strict=True) if self.given else ((), ())
        return _keys(pa.array(one, pa.string()), pa.array(other, pa.string()))


def without(kind: str, events: pa.RecordBatch, gone: Gone) -> pa.RecordBatch:
    """Events of a kind of the journal, without what is gone; the same object where nothing is."""
    if kind == "messages":
        return _messages(events, gone)
    if kind == "accounts":
        mask = gone.accounts(events["account"])
    else:
        mask = gone.pairs(events["account"], events["peer"])
    return events.filter(pa.array(~mask)) if mask.any() else events


def _messages(events: pa.RecordBatch, gone: Gone) -> pa.RecordBatch:
    recipients = events["recipients"]
    flat, rows = pc.list_flatten(recipients), pc.list_parent_indices(recipients)
    senders = events["sender"].take(rows)
    mask = gone.pairs(senders, flat)
    alone = gone.accounts(events["sender"]) & (_lengths(recipients) == 0)
    if not mask.any() and not alone.any():
        return events
    left = pc.if_else(pa.array(mask), senders, flat)
    others = _numpy(pc.not_equal(left, senders))
    number = _numpy(rows)
    lost = np.bincount(number[mask], minlength=events.num_rows) > 0
    has_others = np.bincount(number[others], minlength=events.num_rows) > 0
    offsets = np.concatenate([[0], np.cumsum(_lengths(recipients))]).astype(np.int32)
    at = events.schema.get_field_index("recipients")
    lists = pa.ListArray.from_arrays(pa.array(offsets), left).cast(recipients.type)
    changed = events.set_column(at, events.schema.field(at), lists)
    return changed.filter(pa.array(~(alone | (lost & ~has_others))))


def _lengths(lists: pa.Array) -> npt.NDArray[np.int64]:
    return _numpy(pc.fill_null(pc.list_value_length(lists), 0)).astype(np.int64)


def _keys(one: pa.Array, other: pa.Array) -> pa.Array:
    in_order = pc.less(one, other)
    first, second = pc.if_else(in_order, one, other), pc.if_else(in_order, other, one)
    return pc.binary_join_element_wise(first, second, pa.scalar("\0"))


def _in(values: pa.Array, wanted: pa.Array) -> Mask:
    return _numpy(pc.is_in(values, value_set=wanted)).astype(bool)


def _numpy(values: pa.Array) -> npt.NDArray[np.generic]:
    found: npt.NDArray[np.generic] = values.to_numpy(zero_copy_only=False)
    return found
