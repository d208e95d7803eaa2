"""Conversations as evidence: who wrote which message, and what it says, without the text."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from fieldfare.language import LanguageModel, annotate, kernel, normalise
from fieldfare.vocabulary import InputError

Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_AT_ONCE: Final = 50_000
"""Messages annotated together."""


class Said(NamedTuple):
    """One message as a reader gives it, in the order of its conversation."""

    conversation: str
    author: str
    line: int
    text: str
    segment: int = 0
    """Within the conversation, from 0, never falling: parts with a long silence between them."""


Read = Callable[[LanguageModel, bool], "Chats"]
"""Reads a part of a corpus with a model; true: with its words, to train on."""


@dataclass(frozen=True, eq=False)
class Chats:
    """The messages of a corpus that say something, those of one conversation together and in order.

    All arrays have a row a message, but for `offender`, a row an author.
    """

    conversation_ids: list[str]
    author_ids: list[str]
    indicator_ids: list[str]
    offender: Flags
    offenders_listed: int
    """All to be found, those included who wrote nothing."""
    conversation: Integers
    """An index into `conversation_ids`; never falls."""
    author: Integers
    """An index into `author_ids`."""
    line: Integers
    """As the corpus numbers it."""
    segment: Integers
    """Numbered over the whole corpus; never falls."""
    weight_sum: npt.NDArray[np.float64]
    tokens: Integers
    stated_age: npt.NDArray[np.float32]
    """Years; NaN where none is stated."""
    found: Flags
    """Messages × indicators."""
    problems: Counter[str]
    """What could not be read, and how often."""
    words: pa.LargeListArray | None
    """Token hashes, to train on; None where they were not asked for."""

    @functools.cached_property
    def conversation_starts(self) -> Integers:
        """One more than the conversations that have messages: where each one's begin."""
        return _starts(self.conversation)

    @functools.cached_property
    def segment_starts(self) -> Integers:
        """One more than the segments: where each one's messages begin."""
        return _starts(self.segment)

    def only(self, keep: Flags) -> Chats:
        """The same corpus with the messages in `keep` alone; authors and ids stay as they are."""
        return Chats(
            self.conversation_ids,
            self.author_ids,
            self.indicator_ids,
            self.offender,
            self.offenders_listed,
            self.conversation[keep],
            self.author[keep],
            self.line[keep],
            self.segment[keep],
            self.weight_sum[keep],
            self.tokens[keep],
            self.stated_age[keep],
            self.found[keep],
            self.problems,
            None if self.words is None else self.words.filter(pa.array(keep)),
        )


def gather(
    messages: Iterable[Said],
    offenders: Iterable[str],
    model: LanguageModel,
    name: str,
    *,
    words: bool = False,
) -> Chats:
    """Annotate `messages` as they come and keep their evidence, with `words` their tokens too.

    Messages without text are counted and left out. `offenders` are author ids; those who write
    nothing are counted as a problem. It is read only once the messages are through, so that a
    reader may find them on the way. `name` is for the InputError that is raised where nothing was
    read.
    """
    made = _Gathering(model, words)
    for said in messages:
        made.add(said)
    made.flush()
    if not made.rows:
        raise InputError(f"{name}: no messages")
    return made.finish(offenders)


class _Gathering:
    def __init__(self, model: LanguageModel, words: bool) -> None:
        self._model = model
        self._words: list[pa.LargeListArray] | None = [] if words else None
        self._conversations: dict[str, int] = {}
        self._authors: dict[str, int] = {}
        self._segments = -1
        self._here: tuple[int, int] | None = None
        self._texts: list[str] = []
        self._waiting: list[tuple[int, int, int, int]] = []
        self._keys: list[Integers] = []
        self._evidence: list[pa.RecordBatch] = []
        self._problems: Counter[str] = Counter()

    @property
    def rows(self) -> int:
        return sum(len(part) for part in self._keys)

    def add(self, said: Said) -> None:
        conversation = self._conversations.setdefault(said.conversation, len(self._conversations))
        if conversation != len(self._conversations) - 1:
            self._problems["messages of a conversation that had ended"] += 1
            return
        author = self._authors.setdefault(said.author, len(self._authors))
        if not said.text.strip():
            self._problems["messages without text"] += 1
            return
        if self._here != (conversation, said.segment):
            self._here = conversation, said.segment
            self._segments += 1
        self._waiting.append((conversation, author, said.line, self._segments))
        self._texts.append(said.text)
        if len(self._texts) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        if self._texts:
            texts = self._column()
            self._evidence.append(annotate(texts, self._model))
            if self._words is not None:
                hashes, offsets = kernel.hashes(normalise.normalise(texts))
                self._words.append(
                    pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(hashes))
                )
            self._keys.append(np.array(self._waiting, np.int64))
            self._texts, self._waiting = [], []

    def _column(self) -> pa.LargeStringArray:
        try:
            return pa.array(self._texts, pa.large_string())
        except (UnicodeEncodeError, pa.ArrowInvalid):
            # A half of a surrogate pair, as JSON can write it.
            plain = [text.encode("utf-8", "replace").decode() for text in self._texts]
            changed = sum(one != other for one, other in zip(plain, self._texts, strict=True))
            self._problems["messages with half a character, read as ?"] += changed
            return pa.array(plain, pa.large_string())

    def finish(self, offenders: Iterable[str]) -> Chats:
        keys = np.concatenate(self._keys)
        evidence = pa.Table.from_batches(self._evidence)
        listed = set(offenders)
        absent = listed - self._authors.keys()
        if absent:
            self._problems["listed offenders who wrote nothing"] = len(absent)
        ids = list(self._model.indicators.ids)
        return Chats(
            conversation_ids=list(self._conversations),
            author_ids=list(self._authors),
            indicator_ids=ids,
            offender=np.array([name in listed for name in self._authors], np.bool_),
            offenders_listed=len(listed),
            conversation=keys[:, 0],
            author=keys[:, 1],
            line=keys[:, 2],
            segment=keys[:, 3],
            weight_sum=evidence["weight_sum"].to_numpy(),
            tokens=evidence["tokens"].to_numpy().astype(np.int64),
            stated_age=evidence["stated_age"].to_numpy(),
            found=_flags(evidence["indicators"].combine_chunks(), ids),
            problems=self._problems,
            words=None if self._words is None else pa.concat_arrays(self._words),
        )


def _flags(lists: pa.ListArray, ids: list[str]) -> Flags:
    found = np.zeros((len(lists), len(ids)), np.bool_)
    rows = np.repeat(np.arange(len(lists)), np.diff(lists.offsets.to_numpy()))
    coded = lists.flatten().dictionary_encode()
    place = np.array([ids.index(each) for each in coded.dictionary.to_pylist()], np.int64)
    if rows.size:
        found[rows, place[coded.indices.to_numpy()]] = True
    return found


def _starts(numbers: Integers) -> Integers:
    changes = np.flatnonzero(np.diff(numbers)) + 1
    return np.concatenate([[0], changes, [numbers.size]]).astype(np.int64)
