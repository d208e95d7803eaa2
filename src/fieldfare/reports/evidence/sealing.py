"""A bag for its recipients only: a tar of it, encrypted to their age keys (https://age-encryption.org).

Streamed: neither the tar nor its plain text is ever whole in memory.
"""

from __future__ import annotations

import os
import tarfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fieldfare.reports.evidence.bag import private
from fieldfare.vocabulary import InputError, SettingsError

SUFFIX: Final = ".tar.age"


def check_recipients(keys: Sequence[str]) -> None:
    """Raises SettingsError for a key that is none."""
    _recipients(keys)


def encrypt(folder: Path, keys: Sequence[str], out: Path, *, name: str) -> None:
    """Encrypt a bag, under its name, to age recipients (``age1…``) or SSH public keys."""
    import pyrage

    recipients = _recipients(keys)
    if out.exists():
        raise InputError(f"{out}: exists already; choose another name")
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def pack() -> None:
        try:
            with os.fdopen(writing, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|") as tar:
                tar.add(folder, name, filter=_anonymous)
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits
            failed.append(error)

    packer = threading.Thread(target=pack)
    packer.start()
    draft = out.with_name(out.name + ".part")
    draft.unlink(missing_ok=True)
    try:
        with os.fdopen(reading, "rb") as pipe, private(draft) as file:
            pyrage.encrypt_io(pipe, file, recipients)
        packer.join()
        if failed:
            raise failed[0]
        draft.replace(out)
    finally:
        packer.join()
        draft.unlink(missing_ok=True)


def decrypt(path: Path, identity: Path, folder: Path) -> Path:
    """Decrypt a sealed bag into a folder; where the bag is. Nothing in it can lead out of the
    folder. Raises InputError where the key does not open it, or it holds no bag."""
    import pyrage

    try:
        lines = identity.read_text("utf-8").splitlines()
        keys = [
            pyrage.x25519.Identity.from_str(line.strip())
            for line in lines
            if line.strip() and not line.startswith("#")
        ]
    except (OSError, UnicodeDecodeError, pyrage.IdentityError) as error:
        raise SettingsError(f"{identity}: not a file of age identities") from error
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    packed = folder / (path.name + ".tar")
    try:
        with path.open("rb") as sealed, private(packed) as file:
            pyrage.decrypt_io(sealed, file, keys)
        with tarfile.open(packed) as tar:
            name = _unpack(tar, folder)
    except (pyrage.DecryptError, tarfile.TarError, IndexError) as error:
        raise InputError(f"{path}: these identities do not open it") from error
    finally:
        packed.unlink(missing_ok=True)
    return folder / name


def _unpack(tar: tarfile.TarFile, folder: Path) -> str:
    """Unpack the bag; its name. Python before 3.11.4 has no filter to leave the rest to: there a
    bag that holds anything but files and folders, or a path that leads out, is refused."""
    if hasattr(tarfile, "data_filter"):
        tar.extractall(folder, filter="data")
    else:
        root = folder.resolve()
        for each in tar:
            target = (root / each.name).resolve()
            if not (each.isfile() or each.isdir()) or not target.is_relative_to(root):
                raise tarfile.TarError(f"{each.name}: not a file of a bag")
            tar.extract(each, folder)
    return tar.getnames()[0].split("/")[0]


def _recipients(keys: Sequence[str]) -> list[object]:
    import pyrage

    found: list[object] = []
    for key in keys:
        kind = pyrage.ssh if key.startswith("ssh-") else pyrage.x25519
        try:
            found.append(kind.Recipient.from_str(key))
        except pyrage.RecipientError as error:
            raise SettingsError(f"{key[:24]}: not an age recipient (age1… or ssh-…)") from error
    return found


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without the name and number of whoever made it."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info
