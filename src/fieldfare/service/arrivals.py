"""The body of a request becomes checked, annotated batches; what is wrong is named by line.

The same records, checks and annotations as in a scan of a file; only two things are asked for
besides. A message has an id, so that a repeated request counts once; and no event lies in the
future, since one wrong clock would move every window.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import reduce
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.contacts.accounts import prepare
from fieldfare.language.messages import annotate_messages
from fieldfare.sources.checking import TIMES
from fieldfare.sources.jsonl import decode_array, decode_lines
from fieldfare.sources.packing import pack
from fieldfare.sources.reader import Problems
from fieldfare.vocabulary import InputError, Record
from fieldfare.vocabulary.times import DAY, to_micros

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel
    from fieldfare.service.content import ContentRule, NothingRead

TextUse = Literal["read", "keep", "refuse"]
"""What becomes of message text. ``read``: it is annotated and forgotten. ``keep``: it is kept in
the journal too, for those who decide. ``refuse``: an event with text is refused (metadata only)."""

SOURCE: Final = "request"
NO_ID: Final = "a message without id; it was left out"
IN_FUTURE: Final = "a time later than now; the record was left out"
NUL: Final = "a NUL character in a name; the record was left out"
LONGEST_NAME: Final = 1_024
"""Bytes of an account's id. PostgreSQL's index holds two of these, and no more than 2,704 bytes."""
TOO_LONG: Final = f"an account's id of more than {LONGEST_NAME:,} bytes; the record was left out"
TEXT_REFUSED: Final = "a message with text, which this service must not be given; it was left out"


@dataclass(frozen=True)
class Complaint:
    """What was wrong with one line (of JSON Lines) or item (of an array), counted from 1."""

    at: str
    """``line 3`` or ``item 3``."""
    what: str
    """Never with anything of the line itself."""


@dataclass
class Arrival:
    """What a request brought."""

    tables: dict[str, pa.RecordBatch] = field(default_factory=dict)
    """``messages`` (`language.messages.ANNOTATED`), ``accounts`` (`contacts.accounts.PREPARED`),
    ``connections`` and ``notices``; only those with rows, without their origins."""
    keys: list[bytes] = field(default_factory=list)
    """For each message, in order, what tells it from others: a digest of id and recipients."""
    received: int = 0
    """Records in the body, good and bad."""
    refused: list[Complaint] = field(default_factory=list)
    """Records that were left out."""
    doubtful: list[Complaint] = field(default_factory=list)
    """Records that were taken, with something in them left empty."""
    unread: int = 0
    """Messages that were taken without their text, which the policy does not let be read."""
    country_unknown: int = 0
    """Those of them where the country of someone is unknown."""


def read(
    body: bytes,
    text_use: TextUse,
    model: Callable[[], LanguageModel],
    now: datetime | None = None,
    content: ContentRule | NothingRead | None = None,
) -> Arrival:
    """The records of a body: JSON Lines, or a JSON array.

    `content` says which text may be read; without it, all. Raises InputError where the body is
    neither; single records that are wrong are `refused`.
    """
    problems = Problems(most=sys.maxsize)
    records = list(_records(body, problems))
    # A record may be taken with a field left empty: it is noted, and is one record all the same.
    read = {record.origin.locator for record in records if record.origin is not None}
    noted = {problem.locator for some in problems.samples.values() for problem in some}
    arrival = Arrival(received=len(records) + len(noted - read))
    latest = to_micros(now or datetime.now(UTC)) + DAY
    taken: set[str] = set()
    batches: dict[str, list[pa.RecordBatch]] = {}
    for table, batch in pack(records, sys.maxsize, problems=problems):
        batch = _usable(table, batch, latest, text_use, problems)
        taken.update(pc.struct_field(batch["origin"], "locator").to_pylist())
        batches.setdefault(table, []).append(batch)
    whole = {table: _without_origin(pa.concat_batches(parts)) for table, parts in batches.items()}
    if content is not None:
        arrival.unread, arrival.country_unknown = _drop_unreadable(whole, content)
    for table, rows in whole.items():
        if rows.num_rows:
            arrival.tables[table] = _ready(table, rows, text_use, model)
    if "messages" in arrival.tables:
        arrival.keys = _keys(arrival.tables["messages"])
    for samples in problems.samples.values():
        for problem in samples:
            kind = arrival.doubtful if problem.locator in taken else arrival.refused
            kind.append(Complaint(problem.locator, problem.what))
    arrival.refused.sort(key=_number)
    return arrival


def _records(body: bytes, problems: Problems) -> Iterable[Record]:
    if not body.lstrip().startswith(b"["):
        return decode_lines(body, 1, SOURCE, "", problems)
    try:
        return list(decode_array(body, SOURCE, problems))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        # Lines whose first is no record, and begins like an array: the others must not suffer.
        apart = Problems(most=sys.maxsize)
        if lines := list(decode_lines(body, 1, SOURCE, "", apart)):
            for samples in apart.samples.values():
                for problem in samples:
                    problems.add(SOURCE, problem.what, locator=problem.locator)
            return lines
        raise InputError("the body is not a JSON array; send one, or JSON Lines") from error


def _usable(
    table: str, batch: pa.RecordBatch, latest: int, text_use: TextUse, problems: Problems
) -> pa.RecordBatch:
    good = pa.repeat(True, batch.num_rows)
    names = [_any_of(batch[name], _has_nul) for name in batch.schema.names if name in _NAMES]
    accounts = [_any_of(batch[name], _too_long) for name in _ACCOUNTS[table]]
    checks = [(NUL, _either(names)), (TOO_LONG, _either(accounts))]
    if table != "accounts":
        checks.append((IN_FUTURE, pc.greater(batch[TIMES[table]], latest)))
    if table == "messages":
        checks.append((NO_ID, pc.is_null(batch["id"])))
        if text_use == "refuse":
            checks.append((TEXT_REFUSED, pc.is_valid(batch["text"])))
    for what, bad in checks:
        for origin in batch["origin"].filter(bad).to_pylist():
            problems.add(SOURCE, what, locator=origin["locator"])
        good = pc.and_not(good, bad)
    return batch.filter(good)


_ACCOUNTS: Final = {
    "messages": ("sender", "recipients"),
    "accounts": ("id",),
    "connections": ("account", "peer"),
    "notices": ("account", "peer"),
}
_NAMES: Final = frozenset(
    {"id", "sender", "recipients", "account", "peer", "name", "country", "country_source"}
)


def _has_nul(names: pa.Array) -> pa.Array:
    # No database of ours holds one, or not the same way.
    return pc.match_substring(names, "\0")


def _too_long(names: pa.Array) -> pa.Array:
    return pc.greater(pc.binary_length(names), LONGEST_NAME)


def _any_of(column: pa.Array, test: Callable[[pa.Array], pa.Array]) -> pa.Array:
    """For each row: does the value, or one of a list, pass the test?"""
    if not pa.types.is_list(column.type):
        return pc.fill_null(test(column), False)
    rows = pc.list_parent_indices(column).filter(test(pc.list_flatten(column)))
    found = np.zeros(len(column), bool)
    found[rows.to_numpy(zero_copy_only=False)] = True
    return pa.array(found)


def _either(tests: list[pa.Array]) -> pa.Array:
    return reduce(pc.or_, tests)


def _without_origin(batch: pa.RecordBatch) -> pa.RecordBatch:
    at = batch.schema.get_field_index("origin")
    return batch.set_column(
        at, batch.schema.field(at), pa.nulls(batch.num_rows, batch["origin"].type)
    )


def _drop_unreadable(
    tables: dict[str, pa.RecordBatch], content: ContentRule | NothingRead
) -> tuple[int, int]:
    if "accounts" in tables:
        content.note(tables["accounts"])
    messages = tables.get("messages")
    if messages is None:
        return 0, 0
    readable, known = content.may_read(messages)
    if readable.all():
        return 0, 0
    text = pc.if_else(pa.array(readable), messages["text"], pa.scalar(None, pa.string()))
    at = messages.schema.get_field_index("text")
    tables["messages"] = messages.set_column(at, messages.schema.field(at), text)
    return int((~readable).sum()), int((~readable & ~known).sum())


def _ready(
    table: str, batch: pa.RecordBatch, text_use: TextUse, model: Callable[[], LanguageModel]
) -> pa.RecordBatch:
    if table == "accounts":
        return prepare(batch)
    if table != "messages":
        return batch
    annotated = annotate_messages(batch, model)
    if text_use == "keep":
        return annotated
    at = annotated.schema.get_field_index("text")
    return annotated.set_column(
        at, annotated.schema.field(at), pa.nulls(annotated.num_rows, pa.string())
    )


def _keys(messages: pa.RecordBatch) -> list[bytes]:
    # The same id with other recipients is another delivery: see contacts/sql/intake/messages.sql.
    return [
        hashlib.blake2b("\0".join((id_, *recipients)).encode(), digest_size=16).digest()
        for id_, recipients in zip(
            messages["id"].to_pylist(), messages["recipients"].to_pylist(), strict=True
        )
    ]


def _number(complaint: Complaint) -> int:
    return int(complaint.at.partition(" ")[2] or 0)
