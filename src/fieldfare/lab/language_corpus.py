"""A corpus for the token tables: who wrote what, as token hashes, without text.

Two forms are read, and the same text gives the same corpus in either:

- Parquet, one row a message in the order written: ``author`` (integer or string), ``offender``
  (boolean), ``chat`` (integer or string; null or −1 where there is none), ``source`` (string)
  and ``tokens`` (list of uint32: 32-bit FNV-1a of each word, and 0x9e3779b9 xor the byte of each
  of the marks ``? ! : ; ( )``; exactly, in ``language/tables/words-en.md``);
- JSON Lines of text, one line an author in one chat:
  ``{"author", "offender", "chat", "source", "messages": [..]}``.

The source ``partner`` is set apart: those who wrote with the offenders, in the same chats. All
other authors who are not offenders are ordinary.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.language import kernel, normalise
from fieldfare.vocabulary import InputError

PARTNER: Final = "partner"
"""The source of the offenders' conversation partners."""

COLUMNS: Final = ("author", "offender", "chat", "source", "tokens")
_KINDS: Final = pa.schema(
    [
        ("author", pa.string()),
        ("offender", pa.bool_()),
        ("chat", pa.string()),
        ("source", pa.string()),
        ("tokens", pa.large_list(pa.uint32())),
    ]
)


@dataclass(frozen=True, eq=False)
class Corpus:
    """Messages of many authors, each author's together and in the order written.

    Authors are numbered from 0, in the order of `names`, so the numbering does not depend on the
    form or the order in which they were read.
    """

    names: list[str]
    """Of the authors, as given, sorted."""
    sources: list[str]
    """Names, sorted."""
    source: npt.NDArray[np.int64]
    """Of each author, an index into `sources`: that of the author's first message."""
    offender: npt.NDArray[np.bool_]
    """Of each author."""
    group: npt.NDArray[np.int64]
    """Of each author: those who share a chat, directly or through others, share a number."""
    authors: npt.NDArray[np.int64]
    """One more than the authors: where each one's messages begin."""
    messages: npt.NDArray[np.int64]
    """One more than the messages: where each one's tokens begin."""
    tokens: npt.NDArray[np.uint32]
    """Hashes of words and marks of all messages, in order."""

    @property
    def partner(self) -> npt.NDArray[np.bool_]:
        """Of each author: from the source `PARTNER`, and no offender."""
        among: npt.NDArray[np.bool_] = self.source == self.source_index(PARTNER)
        return among & ~self.offender

    @property
    def ordinary(self) -> npt.NDArray[np.bool_]:
        """Of each author: neither an offender nor a partner."""
        return ~self.offender & ~self.partner

    def source_index(self, name: str) -> int:
        """The number of a source; −1 where the corpus has none of that name."""
        return self.sources.index(name) if name in self.sources else -1

    def of_source(self, name: str) -> npt.NDArray[np.int64]:
        """The authors of a source who are not offenders."""
        return np.flatnonzero((self.source == self.source_index(name)) & ~self.offender)

    def from_sources(self, names: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Of each author: from one of these sources, and no offender. Raises InputError where
        the corpus has no source of a name."""
        numbers = {name: self.source_index(name) for name in names}
        missing = [name for name, number in numbers.items() if number < 0]
        if missing:
            raise InputError(f"no source {missing[0]!r}; there are {', '.join(self.sources)}")
        found: npt.NDArray[np.bool_] = np.isin(self.source, list(numbers.values()))
        return found & ~self.offender

    @functools.cached_property
    def content_hash(self) -> str:
        """SHA-256, in hex, of everything in it but the authors' names."""
        digest = hashlib.sha256("\n".join(self.sources).encode())
        for part in (self.source, self.offender, self.group, self.authors, self.messages):
            digest.update(part.astype("<i8").tobytes())
        digest.update(self.tokens.astype("<u4").tobytes())
        return digest.hexdigest()

    def folds(self, count: int, seed: int) -> npt.NDArray[np.int64]:
        """A fold, 0 to `count` − 1, for each author. A group, so a chat, is never split.

        Each source is spread evenly over the folds. Raises InputError where some fold would
        have no offender.
        """
        rng = np.random.default_rng([seed, count])
        # A group with an offender goes by its offender, so that every fold has its share.
        kind = np.where(self.offender, -1, self.source)
        fold_of = np.full(int(self.group.max(initial=-1)) + 1, -1, np.int64)
        for one in np.unique(kind):
            groups = np.unique(self.group[kind == one])
            groups = groups[fold_of[groups] < 0]
            fold_of[groups] = rng.permutation(groups.size) % count
        folds = fold_of[self.group]
        if np.unique(folds[self.offender]).size < count:
            raise InputError(f"the corpus has too few offenders for {count} folds")
        return folds


def read_corpus(*paths: Path) -> Corpus:
    """The corpus in ``.parquet`` and ``.jsonl`` files, together: an author or a chat of one name
    in two files is the same one. Raises InputError naming the file."""
    names = ", ".join(path.name for path in paths)
    return arrange(pa.concat_tables([_in_columns(_rows(path), path.name) for path in paths]), names)


def _rows(path: Path) -> pa.Table:
    if path.suffix == ".jsonl":
        return _rows_of_text(path)
    try:
        return pq.read_table(path, columns=list(COLUMNS))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise InputError(
            f"{path.name}: not a Parquet file with the columns {', '.join(COLUMNS)}"
        ) from error


def _in_columns(table: pa.Table, name: str) -> pa.Table:
    """The rows in the kinds that `_KINDS` gives. Raises InputError with `name`."""
    try:
        return table.select(list(COLUMNS)).cast(_KINDS)
    except (pa.ArrowException, KeyError) as error:
        raise InputError(f"{name}: a column is not of the kind asked for") from error


def write_tokens(corpus_text: Path, out: Path) -> None:
    """Write the token-hash Parquet of a corpus of text, so that the text need not travel.

    Hashes of words are no secret text: common words can be looked up. Keep it as carefully.
    """
    pq.write_table(_rows_of_text(corpus_text), out, compression="zstd")


class Line(msgspec.Struct):
    """What one author wrote, as a line of a corpus of text."""

    author: str | int
    offender: bool
    source: str
    messages: list[str]
    chat: str | int | None = None


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a corpus of text (``.jsonl``). Raises InputError naming file and line."""
    decoder = msgspec.json.Decoder(Line)
    number = 0
    try:
        with path.open("rb") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    yield decoder.decode(line)
    except OSError as error:
        raise InputError(f"{path.name}: cannot be read ({error.strerror})") from error
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # Not chained: the message of the cause may show what was written.
        raise InputError(f"{path.name}, line {number}: not a line of the corpus") from None


def _rows_of_text(path: Path) -> pa.Table:
    columns: dict[str, list[Any]] = {name: [] for name in COLUMNS[:-1]}
    texts: list[str] = []
    for one in read_lines(path):
        texts += one.messages
        chat = None if one.chat in (None, -1) else str(one.chat)
        row = (str(one.author), one.offender, chat, one.source)
        for name, value in zip(columns, row, strict=True):
            columns[name] += [value] * len(one.messages)
    tokens, offsets = kernel.hashes(normalise.normalise(pa.array(texts, pa.large_string())))
    kinds = {"offender": pa.bool_()}
    arrays = [pa.array(values, kinds.get(name, pa.string())) for name, values in columns.items()]
    lists = pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(tokens))
    return pa.table([*arrays, lists], names=list(COLUMNS))


def arrange(table: pa.Table, name: str) -> Corpus:
    """The corpus in a table with `COLUMNS`: authors are numbered, each one's messages brought
    together, those who share a chat found. Raises InputError with `name`."""
    if not table.num_rows:
        raise InputError(f"{name}: no messages")
    columns = _in_columns(table, name)
    author, offender, chat, source, tokens = (columns[c].combine_chunks() for c in COLUMNS)
    if any(part.null_count for part in (tokens, author, source, offender)):
        raise InputError(f"{name}: author, offender, source or tokens is missing in a row")
    names, who = _numbered(author)
    sources, source_of = _numbered(source)
    order = np.argsort(who, kind="stable")
    starts = np.searchsorted(who[order], np.arange(len(names) + 1))
    first = order[starts[:-1]]
    messages, hashes = _gather(tokens, order)
    offends = np.zeros(len(names), np.bool_)
    np.logical_or.at(offends, who, offender.to_numpy(zero_copy_only=False))
    return Corpus(
        names=names,
        sources=sources,
        source=source_of[first],
        offender=offends,
        group=_groups(who, chat, len(names)),
        authors=starts.astype(np.int64),
        messages=messages,
        tokens=hashes,
    )


def _numbered(values: pa.Array) -> tuple[list[str], npt.NDArray[np.int64]]:
    """The distinct values, sorted, and of each row the place of its value among them."""
    coded = values.dictionary_encode()
    words = coded.dictionary.to_pylist()
    by_name = sorted(range(len(words)), key=words.__getitem__)
    place = np.empty(len(words), np.int64)
    place[by_name] = np.arange(len(words))
    return [words[i] for i in by_name], place[coded.indices.to_numpy()]


def _gather(
    lists: pa.LargeListArray, order: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32]]:
    ordered = lists.take(pa.array(order))
    offsets = ordered.offsets.to_numpy().astype(np.int64)
    values = ordered.values.to_numpy()[offsets[0] : offsets[-1]]
    return offsets - offsets[0], values


def _groups(who: npt.NDArray[np.int64], chat: pa.Array, authors: int) -> npt.NDArray[np.int64]:
    """Of each author the smallest number among all who are joined by chats."""
    smallest = np.arange(authors, dtype=np.int64)
    _, chat_of = _numbered(chat.fill_null("-1"))
    inside = np.array([value not in (None, "-1") for value in chat.to_pylist()], np.bool_)
    pairs = np.unique(np.stack([who[inside], chat_of[inside]], 1), axis=0)
    least = np.empty(int(chat_of.max(initial=0)) + 1, np.int64)
    while True:
        least.fill(authors)
        np.minimum.at(least, pairs[:, 1], smallest[pairs[:, 0]])
        lowered = smallest.copy()
        np.minimum.at(lowered, pairs[:, 0], least[pairs[:, 1]])
        if (lowered == smallest).all():
            return smallest
        smallest = lowered
