"""A BagIt 1.0 bag (RFC 8493) written as a stream: every payload file is hashed while it is written.

Names inside a bag are Fieldfare's own, never an account's or a file's of the case, so that no name
can lead out of it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from fieldfare.vocabulary import InputError

DECLARATION: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
INFO: Final = "bag-info.txt"
SEALS: Final = "seals-sha256.txt"
"""Hashes of signature and timestamp, which the tag manifest cannot list: against damage only."""
TAGS: Final = ("bag-info.txt", "bagit.txt", MANIFEST)
"""What the tag manifest lists."""

_PART: Final = r"[A-Za-z0-9][A-Za-z0-9._-]*"
SAFE: Final = re.compile(rf"{_PART}(/{_PART})*")
"""A name that means the same file everywhere and leads nowhere else."""


class HashedFile:
    """A file that is hashed while it is written."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._hash, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> int:
        """Write bytes; how many."""
        self._hash.update(data)
        self.size += len(data)
        return self._file.write(data)

    @property
    def sha256(self) -> str:
        """Of what was written so far, in hex."""
        return self._hash.hexdigest()


class BagWriter:
    """Writes a bag beside its place; `appear` puts it there, complete. Only its owner can read
    it."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError where something is in its place."""
        if folder.exists():
            raise InputError(f"{folder}: exists already; choose another name for the bag")
        self.folder = folder
        self.draft = folder.with_name(folder.name + ".part")
        shutil.rmtree(self.draft, ignore_errors=True)
        self.draft.parent.mkdir(parents=True, exist_ok=True)
        self.draft.mkdir(mode=0o700)
        self._files: dict[str, tuple[str, int]] = {}

    @contextmanager
    def writing(self, name: str) -> Iterator[HashedFile]:
        """A payload file, given its name below ``data/``."""
        if SAFE.fullmatch(name) is None:
            raise ValueError(f"not a safe name for a file in a bag: {name!r}")
        path = self.draft / "data" / name
        for parent in reversed(path.relative_to(self.draft).parents[:-1]):
            (self.draft / parent).mkdir(mode=0o700, exist_ok=True)
        with private(path) as file:
            hashed = HashedFile(file)
            yield hashed
        self._files[f"data/{name}"] = (hashed.sha256, hashed.size)

    def add(self, name: str, data: bytes) -> None:
        """A payload file that is there at once."""
        with self.writing(name) as file:
            file.write(data)

    def finish(self, info: dict[str, str]) -> str:
        """Write the manifests and the tag files; the SHA-256 of the tag manifest, which stands for
        the whole bag. `info` goes into ``bag-info.txt``."""
        total = sum(size for _, size in self._files.values())
        info = info | {"Payload-Oxum": f"{total}.{len(self._files)}"}
        lines = [f"{sha256}  {name}\n" for name, (sha256, _) in sorted(self._files.items())]
        self.tag("bagit.txt", DECLARATION.encode())
        self.tag(MANIFEST, "".join(lines).encode())
        self.tag(
            INFO, "".join(f"{key}: {_one_line(value)}\n" for key, value in info.items()).encode()
        )
        tags = [f"{sha256_of(self.draft / name)}  {name}\n" for name in TAGS]
        manifest = "".join(tags).encode()
        self.tag(TAG_MANIFEST, manifest)
        return hashlib.sha256(manifest).hexdigest()

    def tag(self, name: str, data: bytes) -> None:
        """A file beside ``data/``."""
        with private(self.draft / name) as file:
            file.write(data)

    def seal(self, seals: dict[str, bytes]) -> None:
        """Signature and timestamp: files about the tag manifest."""
        for name, data in seals.items():
            self.tag(name, data)
        lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in seals.items()]
        if lines:
            self.tag(SEALS, "".join(lines).encode())

    def appear(self) -> None:
        """Let the bag be in its place."""
        self.draft.replace(self.folder)

    def discard(self) -> None:
        """Take away what was written, where it does not become a bag."""
        shutil.rmtree(self.draft, ignore_errors=True)


@contextmanager
def private(path: Path) -> Iterator[IO[bytes]]:
    """A new file that only its owner can read."""
    flags = os.O_CREAT | os.O_WRONLY | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "wb", buffering=1 << 16) as file:
        yield file


def sha256_of(path: Path) -> str:
    """Of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _one_line(text: str) -> str:
    return " ".join(text.split())
