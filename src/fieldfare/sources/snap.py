"""Edge lists: ``source target unix-time`` on a line, as network data sets are published."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.sources import columns as convert
from fieldfare.sources.checking import Where, assemble
from fieldfare.sources.lines import NO_LINE_END, blocks
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, WholeFile

_EDGE = re.compile(rb"[^\s#,;{]\S*[ \t]+\S+[ \t]+-?\d{1,11}\s*")
SECONDS = convert.TimeForm(per_second=1)
BAD_LINE = "a line that is not 'source target unix-time'; it was left out"


class EdgeList(WholeFile):
    """Messages without text between numbered or named accounts, times in seconds.

    Tested on the layout of the SNAP temporal networks (CollegeMsg, email-Eu-core-temporal),
    https://snap.stanford.edu/data/#temporal
    """

    name: ClassVar[str] = "snap"
    title: ClassVar[str] = "edge list 'source target unix-time' (.txt, .txt.gz)"
    completeness: ClassVar[Completeness] = "everything"

    @staticmethod
    def detect(place: Place) -> bool:
        member = place.single
        if member is None:
            return False
        whole = place.head(member).split(b"\n")
        # The last line may be cut by the size of the head.
        lines = [line for line in (whole[:-1] or whole) if line.strip() and line[:1] != b"#"][:200]
        edges = sum(_EDGE.fullmatch(line) is not None for line in lines)
        return edges > 0 and edges * 2 >= len(lines)

    def read(
        self, place: Place, options: ReadOptions, problems: Problems
    ) -> Iterator[tuple[str, pa.RecordBatch]]:
        """Yield ``messages``: no id, kind private, one recipient."""
        member = place.only()
        for first, block in blocks(place, member, options, problems):
            if not block.endswith(b"\n"):
                problems.add(place, NO_LINE_END, member=member.name)
            batch = _batch(place, member, first, block, problems)
            if batch.num_rows:
                yield "messages", batch


def _batch(
    place: Place, member: Member, first: int, block: bytes, problems: Problems
) -> pa.RecordBatch:
    lines = _lines(block)
    parts = pc.split_pattern_regex(pc.ascii_trim_whitespace(lines), r"[ \t]+")
    counts = pc.list_value_length(parts).to_numpy(zero_copy_only=False)
    texts = lines.to_numpy(zero_copy_only=False)
    numbers = np.arange(first, first + len(lines))
    # Bytes that are not UTF-8 were read as U+FFFD; as part of a name that would merge accounts.
    odd = pc.match_substring_regex(lines, "^#|\ufffd").to_numpy(zero_copy_only=False)
    good = (counts == 3) & ~odd
    for number, text in zip(numbers[~good], texts[~good], strict=True):
        if text.strip() and not text.startswith("#"):
            problems.add(place, BAD_LINE, member=member.name, locator=f"line {number}")
    kept = parts.filter(pa.array(good))
    flat = kept.flatten()
    rows = len(kept)
    source, target, when = (flat.take(pa.array(np.arange(rows) * 3 + at)) for at in range(3))
    where = Where(str(place), member.name, "line", pa.array(numbers[good]), SECONDS)
    found = {
        "sender": source,
        "recipients": convert.lists(target, separators=None),
        "sent_at": when,
    }
    return assemble("messages", found, where, problems)


def _lines(block: bytes) -> pa.Array:
    text = block.decode("utf-8", "replace").removesuffix("\n")
    return pa.array(text.split("\n"), pa.string())
