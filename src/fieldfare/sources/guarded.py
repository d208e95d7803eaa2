"""Streams out of ZIP and gzip that end in one clear error whatever their bytes hold."""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
import zlib
from typing import IO, TYPE_CHECKING

from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

BLOCK = 65_536

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What zipfile and gzip let through for damaged bytes. RuntimeError is an encrypted member whose
directory said it was not."""


def damaged(where: str) -> InputError:
    return InputError(f"{where}: damaged; copy it again from where it came from")


Unpacking = gzip.GzipFile | zipfile.ZipExtFile | io.BytesIO


class _Guarded(io.RawIOBase):
    """A stream that stops after `limit` bytes, and whose every failure is an InputError. A
    directory that lies about a size is how a bomb passes a check of sizes."""

    def __init__(self, stream: Unpacking, limit: int, where: str, what: str) -> None:
        self._stream, self._left, self._where, self._what = stream, limit, where, what
        self._broken: InputError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        if self._broken is not None:
            raise self._broken
        view = memoryview(buffer).cast("B")
        try:
            # Not read(): where the stream is cut, that would lose what came before the cut.
            data = self._stream.read1(len(view))
        except DAMAGE as error:
            self._broken = damaged(self._where)
            raise self._broken from error
        self._left -= len(data)
        if self._left < 0:
            raise InputError(f"{self._where}: {self._what}; refused")
        view[: len(data)] = data
        return len(data)


class _Patient(io.BufferedReader):
    """A buffered stream that gives what stands before a break, and raises only then."""

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = sys.maxsize if size is None or size < 0 else size
        parts: list[bytes] = []
        try:
            while wanted and (data := self.read1(min(wanted, BLOCK))):
                parts.append(data)
                wanted -= len(data)
        except InputError:
            if not parts:
                raise
        return b"".join(parts)


def buffered(stream: Unpacking, limit: int, where: str, what: str) -> IO[bytes]:
    return _Patient(_Guarded(stream, limit, where, what), BLOCK)
