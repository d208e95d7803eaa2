"""A place that is read: one file, a folder, or a ZIP, all seen as named members.

Evidence comes from strangers, so a place refuses what an archive could do to its reader:
paths that leave it, links, absurd compression, and encrypted members. Nothing is unpacked
to disk and no address found inside is ever fetched.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fieldfare.vocabulary import InputError

MAX_MEMBERS = 2_000_000
MAX_RATIO = 200
"""A member that unpacks to more than this many times its size is refused as a bomb, once it is
larger than `RATIO_FREE` bytes (small files of repeated text compress well and do no harm)."""
RATIO_FREE = 16 * 1024 * 1024
HEAD_BYTES = 65_536


@dataclass(frozen=True)
class Member:
    """One file in a place. `name` uses forward slashes and is empty for a single file."""

    name: str
    size: int

    @property
    def base(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.name).name


@dataclass
class Place:
    """Base of `FilePlace`, `FolderPlace` and `ZipPlace`; `open_place` picks one."""

    path: Path

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Every readable member, sorted by name, so that reading is deterministic."""
        raise NotImplementedError

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        """A member's bytes, as a stream. Raises InputError for a member that is not safe."""
        raise NotImplementedError
        yield io.BytesIO()

    @cached_property
    def refused(self) -> dict[str, str]:
        """Members that will not be read, and why. Known after `members` was asked for."""
        return {}

    def head(self, member: Member, size: int = HEAD_BYTES) -> bytes:
        """The first bytes of a member, for detection."""
        with self.open(member) as stream:
            return stream.read(size)

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file or ZIP; of a folder, of its members' names and hashes in order."""
        return _sha256_file(self.path)

    def __str__(self) -> str:
        return str(self.path)


@dataclass
class FilePlace(Place):
    @cached_property
    def members(self) -> tuple[Member, ...]:
        return (Member("", self.path.stat().st_size),)

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:  # noqa: ARG002
        with self.path.open("rb") as stream:
            yield stream


@dataclass
class FolderPlace(Place):
    @cached_property
    def members(self) -> tuple[Member, ...]:
        found = []
        for path in sorted(self.path.rglob("*")):
            name = path.relative_to(self.path).as_posix()
            if path.is_symlink():
                self.refused[name] = "a symbolic link"
            elif path.is_file() and not _is_litter(name):
                found.append(Member(name, path.stat().st_size))
        return tuple(found)

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        with (self.path / member.name).open("rb") as stream:
            yield stream

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for member in self.members:
            inner = _sha256_file(self.path / member.name)
            digest.update(f"{inner}  {member.name}\n".encode())
        return digest.hexdigest()


@dataclass
class ZipPlace(Place):
    _infos: dict[str, zipfile.ZipInfo] = field(default_factory=dict, repr=False)

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise InputError(
                f"{self.path}: not a ZIP that can be read ({error}); "
                "copy it again from where it came from"
            ) from error

    @cached_property
    def members(self) -> tuple[Member, ...]:
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise InputError(f"{self.path}: {len(infos):,} members in one ZIP; split it first")
        for info in infos:
            reason = _unsafe(info)
            if reason:
                self.refused[info.filename] = reason
            elif not info.is_dir() and not _is_litter(info.filename):
                if info.filename in self._infos:
                    self.refused[info.filename] = "a name that occurs twice; the first was read"
                    continue
                self._infos[info.filename] = info
        return tuple(Member(name, self._infos[name].file_size) for name in sorted(self._infos))

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        _ = self.members
        try:
            with self._zip.open(self._infos[member.name]) as stream:
                yield _Bounded(stream, member, str(self.path))
        except (zipfile.BadZipFile, NotImplementedError, EOFError, ZlibError) as error:
            raise InputError(f"{self.path}: {member.name} is damaged ({error})") from error


# zipfile lets zlib's own error through; importing zlib only for its name keeps this explicit.
from zlib import error as ZlibError  # noqa: E402, N812


class _Bounded(io.RawIOBase):
    """A stream that stops where the ZIP's directory said it would: a directory that lies about
    a size is how a bomb passes a check of sizes."""

    def __init__(self, stream: IO[bytes], member: Member, where: str) -> None:
        self._stream, self._member, self._where, self._left = stream, member, where, member.size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        data = self._stream.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"{self._where}: {self._member.name} is larger than its directory says; refused"
            )
        view[: len(data)] = data
        return len(data)


def open_place(path: Path) -> Place:
    """The place at a path. Raises InputError where there is none."""
    if path.is_dir():
        return FolderPlace(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file or folder; check the path")
    with path.open("rb") as stream:
        magic = stream.read(4)
    return ZipPlace(path) if magic in (b"PK\x03\x04", b"PK\x05\x06") else FilePlace(path)


def _unsafe(info: zipfile.ZipInfo) -> str:
    name = info.filename
    if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        return "a path that leaves the archive"
    if name[1:2] == ":":
        return "a path with a drive letter"
    if (info.external_attr >> 16) & 0o170000 == 0o120000:
        return "a symbolic link"
    if info.flag_bits & 0x1:
        return "encrypted; unpack it with its password first"
    if info.file_size > RATIO_FREE and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"it unpacks to more than {MAX_RATIO} times its size"
    return ""


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in {".DS_Store", "Thumbs.db"}


def _sha256_file(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
