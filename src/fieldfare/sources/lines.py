"""Blocks of whole lines from a stream, for every format with a record on a line."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from fieldfare.sources.place import HEAD_BYTES, Member, Place
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.vocabulary import InputError

BLOCK_BYTES = 4 * 1024 * 1024
MAX_LINE = 16 * 1024 * 1024
"""A longer line is left out: no record is that long, and memory must stay flat."""

CUT_SHORT = "the file cannot be read to its end"
TOO_LONG = "a line longer than 16 MiB; it was left out"
NO_LINE_END = "the last line has no line end; the file may have been cut short"


def blocks(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[tuple[int, bytes]]:
    """Yield (number of the first line, whole lines). A UTF-8 byte order mark is dropped. A
    stream that breaks off is noted, and what came before it is kept."""
    line, rest, skipping = 1, b"", False
    for data in _chunks(place, member, options, problems):
        if line == 1 and not rest:
            data = data.removeprefix(codecs.BOM_UTF8)
        if skipping:
            _, end, data = data.partition(b"\n")
            if not end:
                continue
            skipping, line = False, line + 1
        cut = data.rfind(b"\n") + 1
        if cut:
            block = rest + data[:cut]
            yield line, block
            line += block.count(b"\n")
            rest = data[cut:]
        else:
            rest += data
        if len(rest) > MAX_LINE:
            problems.add(place, TOO_LONG, member=member.name, locator=f"line {line}")
            rest, skipping = b"", True
    if rest:
        yield line, rest


def _chunks(
    place: Place, member: Member, options: ReadOptions, problems: Problems
) -> Iterator[bytes]:
    gathered: list[bytes] = []
    size = 0
    try:
        with place.open(member) as stream:
            while data := stream.read(min(HEAD_BYTES, BLOCK_BYTES)):
                if options.progress is not None:
                    options.progress(len(data))
                gathered.append(data)
                size += len(data)
                if size >= BLOCK_BYTES:
                    yield b"".join(gathered)
                    gathered, size = [], 0
    except InputError as error:
        problems.add(place, CUT_SHORT, member=member.name, detail=str(error))
    # After the break too: what came before it was read.
    if gathered:
        yield b"".join(gathered)
