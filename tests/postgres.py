"""A real PostgreSQL server for the tests: started once, thrown away after."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    """A running server; `url` connects to its one database."""

    url: str


def binary(name: str) -> str | None:
    """The path of one of PostgreSQL's programs, the newest version's."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return str(found[0]) if found else shutil.which(name)


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """A server with its data under the folder. PostgreSQL refuses to run as root, so root hands
    it to the user that Debian's package makes."""
    data, port = folder / "data", _free_port()
    as_user: list[str] = []
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(folder, user.pw_uid, user.pw_gid)
        as_user = ["runuser", "-u", "postgres", "--"]
    _check(
        [
            *as_user,
            _need("initdb"),
            "-D",
            str(data),
            "-U",
            "fieldfare",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ]
    )
    control = [*as_user, _need("pg_ctl"), "-D", str(data), "-w"]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
    _check([*control, "-l", str(folder / "log"), "-o", options, "start"])
    try:
        yield Server(f"postgresql://fieldfare@127.0.0.1:{port}/postgres")
    finally:
        _check([*control, "-m", "immediate", "stop"])


def _need(name: str) -> str:
    path = binary(name)
    if path is None:
        raise FileNotFoundError(f"{name} of PostgreSQL; run scripts/install-system-parts")
    return path


def _check(command: list[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
