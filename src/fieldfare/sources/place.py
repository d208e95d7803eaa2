"""A place that is read: one file, a folder, or a ZIP, all seen as named members.

Evidence comes from strangers, so a place refuses what an archive could do to its reader:
paths that leave it, links, absurd compression, sizes that lie, and encrypted members. What is
refused is in `Place.refused`; `registry` counts it. Nothing is unpacked to disk and no address
found inside is ever fetched.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import stat
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, cast

from fieldfare.sources.guarded import DAMAGE, buffered, damaged
from fieldfare.vocabulary import InputError

MAX_MEMBERS = 2_000_000
MAX_RATIO = 200
"""What unpacks to more than this many times its size is refused as a bomb, once it is larger
than `RATIO_FREE` bytes (small files of repeated text compress well and do no harm)."""
RATIO_FREE = 16 * 1024 * 1024
TOTAL_FREE = 1024 * 1024 * 1024
"""A whole ZIP may unpack to this many bytes before its ratio is looked at."""
MAX_WHOLE = 512 * 1024 * 1024
"""The most that `Place.read` takes into memory at once."""
HEAD_BYTES = 65_536

Refused = dict[str, str]


@dataclass(frozen=True)
class Member:
    """One file in a place. `name` uses forward slashes and is empty for a single file. `size`
    is in bytes, as stored for a single file and unpacked for a member of a ZIP."""

    name: str
    size: int

    @property
    def base(self) -> str:
        """The last part of the name."""
        return PurePosixPath(self.name).name


class Place(ABC):
    """Something with members. `open_place` picks the right one for a path."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @abstractmethod
    def _list(self) -> tuple[tuple[Member, ...], Refused]:
        """The members that may be read, sorted by name, and those that may not, with why."""

    @abstractmethod
    def open(self, member: Member) -> AbstractContextManager[IO[bytes]]:
        """A member's bytes, as a buffered stream to be read once from start to end. Raises
        InputError, here or while reading, where the bytes are damaged or not safe."""

    @cached_property
    def _listing(self) -> tuple[tuple[Member, ...], Refused]:
        return self._list()

    @property
    def members(self) -> tuple[Member, ...]:
        """Every readable member, sorted by name, so that reading is deterministic."""
        return self._listing[0]

    @property
    def refused(self) -> Refused:
        """Members that will not be read, and why."""
        return self._listing[1]

    @property
    def single(self) -> Member | None:
        """The one member of a place that is a single file; None for a folder or a ZIP."""
        return None

    def only(self) -> Member:
        """The one member of a single file. Raises InputError for a folder or a ZIP."""
        if self.single is None:
            raise InputError(f"{self}: this format is a single file; name the file itself")
        return self.single

    def name_of(self, member: Member) -> str:
        """A member's file name, also where the place is that single file."""
        return member.base or self.path.name

    def parts(self) -> Iterator[Place]:
        """What is directly inside, each as a place by itself; nothing for a single file."""
        return iter(())

    def part(self, member: Member) -> Place:  # noqa: ARG002
        """One member as a place by itself; a single file is its own."""
        return self

    def head(self, member: Member, size: int = HEAD_BYTES) -> bytes:
        """The first bytes of a member, for detection."""
        with self.open(member) as stream:
            return stream.read(size)

    def read(self, member: Member, limit: int = MAX_WHOLE) -> bytes:
        """All bytes of a member. Raises InputError where there are more than `limit`."""
        with self.open(member) as stream:
            data = stream.read(limit + 1)
            # Where the stream breaks off, what came before is given first.
            data += stream.read(1)
        if len(data) > limit:
            raise InputError(
                f"{self}: {self.name_of(member)} is larger than {limit:,} bytes, too large for "
                "a format that is read as a whole; split it first"
            )
        return data

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the file or ZIP; of a folder, of its members' names and hashes in order."""
        return _sha256_file(self.path)

    def __str__(self) -> str:
        return str(self.path)


class FilePlace(Place):
    """One file."""

    def _list(self) -> tuple[tuple[Member, ...], Refused]:
        return (Member("", self.path.stat().st_size),), {}

    @property
    def single(self) -> Member | None:
        return self.members[0]

    def open(self, member: Member) -> AbstractContextManager[IO[bytes]]:  # noqa: ARG002
        return _open_file(self.path)


class GzipPlace(FilePlace):
    """One file in gzip form, seen as the file inside."""

    def name_of(self, member: Member) -> str:  # noqa: ARG002
        return self.path.name.removesuffix(".gz")

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        # gzip does not say how large it unpacks, so the ratio is kept while reading.
        limit = max(RATIO_FREE, MAX_RATIO * member.size)
        what = f"it unpacks to more than {MAX_RATIO} times its size"
        with _open_file(self.path) as packed, gzip.GzipFile(fileobj=packed) as stream:
            yield buffered(stream, limit, str(self.path), what)


class FolderPlace(Place):
    """A folder, with everything below it."""

    def _list(self) -> tuple[tuple[Member, ...], Refused]:
        found: list[Member] = []
        refused: Refused = {}
        self._walk(self.path, found, refused)
        return tuple(sorted(found, key=lambda member: member.name)), refused

    def _walk(self, folder: Path, found: list[Member], refused: Refused) -> None:
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            refused[self._name(folder)] = "a folder that may not be opened; check permissions"
            return
        for entry in entries:
            path, name = Path(entry.path), self._name(Path(entry.path))
            if entry.is_symlink():
                refused[name] = "a symbolic link"
            elif entry.is_dir(follow_symlinks=False):
                self._walk(path, found, refused)
            elif not entry.is_file(follow_symlinks=False):
                refused[name] = "not a regular file"
            elif not _is_litter(name):
                found.append(Member(name, entry.stat(follow_symlinks=False).st_size))
                if len(found) > MAX_MEMBERS:
                    raise InputError(
                        f"{self.path}: more than {MAX_MEMBERS:,} files in one folder; split it"
                    )

    def _name(self, path: Path) -> str:
        return path.relative_to(self.path).as_posix()

    def open(self, member: Member) -> AbstractContextManager[IO[bytes]]:
        return _open_file(self.path / member.name)

    def parts(self) -> Iterator[Place]:
        # Only what holds readable members, so that a link or an empty folder is not a part.
        for name in sorted({member.name.split("/", 1)[0] for member in self.members}):
            yield open_place(self.path / name)

    def part(self, member: Member) -> Place:
        return open_place(self.path / member.name)

    @cached_property
    def sha256(self) -> str:
        digest = hashlib.sha256()
        for member in self.members:
            inner = _sha256_file(self.path / member.name)
            # A file name need not be UTF-8; fsencode gives back the bytes the disk holds.
            digest.update(inner.encode() + b"  " + os.fsencode(member.name) + b"\n")
        return digest.hexdigest()


class ZipPlace(Place):
    """A ZIP. Members of a ZIP inside it are not looked at."""

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        try:
            return zipfile.ZipFile(self.path)
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
            raise InputError(
                f"{self.path}: not a ZIP that can be read; copy it again from where it came from"
            ) from error

    @cached_property
    def _infos(self) -> dict[str, zipfile.ZipInfo]:
        return {}

    def _list(self) -> tuple[tuple[Member, ...], Refused]:
        infos = self._zip.infolist()
        if len(infos) > MAX_MEMBERS:
            raise InputError(f"{self.path}: {len(infos):,} members in one ZIP; split it first")
        total = sum(info.file_size for info in infos)
        if total > max(TOTAL_FREE, MAX_RATIO * self.path.stat().st_size):
            raise InputError(
                f"{self.path}: it unpacks to more than {MAX_RATIO} times its size; refused as a "
                "ZIP bomb"
            )
        refused: Refused = {}
        for info in infos:
            # Some Windows tools write backslashes.
            name = info.filename.replace("\\", "/")
            reason = _unsafe(info, name)
            if not reason and name in self._infos:
                reason = "a name that occurs twice; the first was read"
            if reason:
                refused[name] = reason
            elif not name.endswith("/") and not _is_litter(name):
                self._infos[name] = info
        return tuple(Member(n, self._infos[n].file_size) for n in sorted(self._infos)), refused

    @contextmanager
    def open(self, member: Member) -> Iterator[IO[bytes]]:
        _ = self.members
        where = f"{self.path}: {member.name}"
        try:
            stream = cast("zipfile.ZipExtFile", self._zip.open(self._infos[member.name]))
        except DAMAGE as error:
            raise damaged(where) from error
        with stream:
            yield buffered(stream, member.size, where, "it is larger than its directory says")

    def parts(self) -> Iterator[Place]:
        yield from map(self.part, self.members)

    def part(self, member: Member) -> Place:
        return PartPlace(self, member)


class PartPlace(Place):
    """One member of a ZIP, as a place by itself. Its member keeps its name, so that an origin
    read here points into the ZIP."""

    def __init__(self, whole: Place, member: Member) -> None:
        super().__init__(whole.path)
        self._whole, self._member = whole, member

    def _list(self) -> tuple[tuple[Member, ...], Refused]:
        return (self._member,), {}

    @property
    def single(self) -> Member | None:
        return self._member

    def open(self, member: Member) -> AbstractContextManager[IO[bytes]]:
        return self._whole.open(member)

    @cached_property
    def sha256(self) -> str:
        return self._whole.sha256


@contextmanager
def _open_file(path: Path) -> Iterator[IO[bytes]]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be opened ({error.strerror}); check that it is there and readable"
        ) from error
    with stream:
        yield stream


def open_place(path: Path) -> Place:
    """The place at a path. Raises InputError where there is none that can be opened."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no such file or folder; check the path") from error
    if stat.S_ISDIR(mode):
        return FolderPlace(path)
    if not stat.S_ISREG(mode):
        raise InputError(f"{path}: neither a file nor a folder; name a file, a folder or a ZIP")
    with _open_file(path) as stream:
        magic = stream.read(4)
    if magic in (b"PK\x03\x04", b"PK\x05\x06"):
        return ZipPlace(path)
    return GzipPlace(path) if magic[:3] == b"\x1f\x8b\x08" else FilePlace(path)


def _unsafe(info: zipfile.ZipInfo, name: str) -> str:
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        return "a path that leaves the archive"
    if name[1:2] == ":":
        return "a path with a drive letter"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "a symbolic link"
    if info.flag_bits & 0x1:
        return "encrypted; unpack it with its password first"
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # zipfile unpacks bzip2 and LZMA without a bound, so a few kilobytes could fill memory.
        return "a compression other than deflate; unpack it first"
    if info.file_size > RATIO_FREE and info.file_size > MAX_RATIO * max(info.compress_size, 1):
        return f"it unpacks to more than {MAX_RATIO} times its size"
    return ""


def _is_litter(name: str) -> bool:
    base = PurePosixPath(name).name
    return (
        name.startswith("__MACOSX/")
        or base.startswith("._")
        or base in {".DS_Store", "Thumbs.db", "desktop.ini"}
    )


def _sha256_file(path: Path) -> str:
    with _open_file(path) as stream:
        return hashlib.file_digest(cast("io.BufferedReader", stream), "sha256").hexdigest()
