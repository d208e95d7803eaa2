"""The bytes of a member as text that can be trusted to be text.

What enters: the raw stream of a member. What leaves: valid UTF-8 without a byte order mark, in
chunks or in lines, and JSON whose nesting and strings are bounded. Bytes that are not text
become U+FFFD and are reported by `damaged`: one bad byte must not cost the rest of a file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from typing import IO

CHUNK = 65_536
MAX_DEPTH = 128
"""No archive nests its JSON deeper than a dozen levels; parsers need memory for the square of
the depth, so twenty kilobytes of brackets would cost a gigabyte."""
MAX_STRING = 64 * 1024 * 1024
"""Bytes. A longer JSON string is no message of any service."""
MAX_LINE = 1024 * 1024
"""Bytes. The rest of a longer line is dropped, and `Lines.cut` counts it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class CleanBytes:
    """A stream of valid UTF-8 from a stream of bytes, whatever they are.

    `progress` is called with the number of raw bytes of each read.
    """

    def __init__(self, stream: IO[bytes], progress: Callable[[int], None] | None = None) -> None:
        self._stream, self._progress = stream, progress
        self._decoder: codecs.IncrementalDecoder | None = None
        self.damaged = False
        """True once bytes were met that are not text."""

    def read(self, size: int = CHUNK) -> bytes:
        """About `size` bytes; none only at the end (or for a size of nought)."""
        while size:
            data = self._raw(size)
            if self._decoder is None:
                data = self._begin(data)
            clean = self._decode(data, final=not data)
            if clean or not data:
                return clean
        return b""

    def _raw(self, size: int) -> bytes:
        data = self._stream.read(size)
        if self._progress is not None and data:
            self._progress(len(data))
        return data

    def _begin(self, data: bytes) -> bytes:
        while 0 < len(data) < 4 and (more := self._raw(4)):
            data += more
        for mark, codec in _MARKS:
            if data.startswith(mark):
                self._decoder = codecs.getincrementaldecoder(codec)("strict")
                return data[len(mark) :]
        self._decoder = codecs.getincrementaldecoder("utf-8")("strict")
        return data

    def _decode(self, data: bytes, final: bool) -> bytes:
        decoder = self._decoder
        if decoder is None:
            return b""
        try:
            return decoder.decode(data, final).encode()
        except UnicodeDecodeError:
            # The decoder keeps its state when it raises, so the same bytes can be tried again.
            self.damaged = True
            decoder.errors = "replace"
            text = decoder.decode(data, final)
            decoder.errors = "strict"
            return text.encode()


class JsonBytes(CleanBytes):
    """`CleanBytes` that raises ValueError for nesting or strings beyond any archive's."""

    def __init__(self, stream: IO[bytes], progress: Callable[[int], None] | None = None) -> None:
        super().__init__(stream, progress)
        self._nesting = _Nesting()

    def read(self, size: int = CHUNK) -> bytes:
        data = super().read(size)
        self._nesting.follow(data)
        return data


_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*(?:"|(\\?\Z))', re.DOTALL)
"""A string, or the beginning of one that the chunk cuts; then group 1 took part."""
_REST = re.compile(rb'[^"\\]*(?:\\.[^"\\]*)*(?:"|(\\?\Z))', re.DOTALL)
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"[]{}")


class _Nesting:
    """Follows how deep JSON is nested, chunk by chunk, without parsing it."""

    def __init__(self) -> None:
        self._depth = 0
        self._string = 0
        """Bytes so far of the string the last chunk ended in; 0 outside of strings."""
        self._escape = False

    def follow(self, data: bytes) -> None:
        if self._string:
            data = self._leave_string(data)
        parts = _STRING.split(data)
        if len(parts) > 1 and (cut := parts[-2]) is not None:
            self._string, self._escape = 1, bool(cut)
        for bracket in b"".join(parts[0::2]).translate(None, _NOT_BRACKETS):
            self._depth += 1 if bracket in b"[{" else -1
            if self._depth > MAX_DEPTH:
                raise ValueError(f"nested more than {MAX_DEPTH} deep")

    def _leave_string(self, data: bytes) -> bytes:
        whole = b"\\" + data if self._escape else data
        match = _REST.match(whole)
        if match is None or match[1] is not None:
            self._string += len(data)
            self._escape = bool(match is not None and match[1])
            if self._string > MAX_STRING:
                raise ValueError(f"a string longer than {MAX_STRING} bytes")
            return b""
        self._string, self._escape = 0, False
        return whole[match.end() :]


class Lines:
    """The lines of a stream, without their ends, each at most `MAX_LINE` bytes.

    Only line feeds end a line: a message may hold any other separator Unicode has.
    """

    def __init__(self, stream: CleanBytes) -> None:
        self._stream = stream
        self.cut = 0
        """Lines whose end was dropped."""
        self.unfinished = False
        """True where the last line had no end: perhaps the file was cut short."""

    def __iter__(self) -> Iterator[str]:
        rest, dropping = b"", False
        while data := self._stream.read(CHUNK):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                if not dropping:
                    yield self._text(line)
                dropping = False
            if dropping:
                rest = b""
            elif len(rest) > MAX_LINE:
                self.cut += 1
                yield self._text(rest[:MAX_LINE])
                rest, dropping = b"", True
        if rest:
            self.unfinished = True
            yield self._text(rest)

    def _text(self, line: bytes) -> str:
        return line.decode(errors="replace").removesuffix("\r")
