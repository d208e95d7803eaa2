"""Everything the operator sets up, and the real `fieldfare serve` and `fieldfare console`."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldfare.cases.database import connect, url_of
from fieldfare.cases.users import Users
from fieldfare.cases.vault import Vault
from fieldfare.cases.vault import load as load_vault
from fieldfare.console.guests import Demonstration, invite, keep
from fieldfare.language import LanguageModel
from fieldfare.language.device_signature import sign_tables
from fieldfare.language.device_tables import device_tables
from fieldfare.safeguards.nudges import device_nudges
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.tokens import Tokens
from fieldfare.vocabulary import FieldfareError
from fieldfare.vocabulary.keys import KeyRing, new_line
from fieldfare.vocabulary.keys import load as load_ring

BANNER: Final = "Demonstration: both people here are invented."
SCOPES: Final = ("events:write", "notices:write", "reports:write", "decisions:ask")
CONNECTIONS: Final = "service_has_connections = true"


@dataclass(frozen=True)
class Operator:
    """What a messaging service that runs Fieldfare has, made anew for each run."""

    data: Path
    release: Path
    """Signed tables for devices."""
    public_key: str
    """What devices check them with, base64."""
    ring: KeyRing
    token: str
    vault_keys: Path
    franking_keys: Path
    policy: Path


def set_up(folder: Path) -> Operator:
    """Keys, tokens, tables, a policy and two reviewers, in a folder that is emptied first."""
    data, release = folder / "data", folder / "release"
    for old in (data, release):
        shutil.rmtree(old, ignore_errors=True)
        old.mkdir(parents=True, mode=0o700)
    vault_keys, franking_keys = data / "vault-keys", data / "franking-keys"
    for path in (vault_keys, franking_keys):
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(new_line("1"))
    settings = ServiceSettings(data, keys=vault_keys)
    journal = settings.open_journal()
    token = Tokens(journal.database).make("relay", SCOPES)
    journal.close()
    settings.open_store()
    users = Users(connect(url_of(data)), vault=Vault(load_vault(vault_keys)))
    guests = invite(users, {"rosa": "reviewer", "sol": "supervisor"})
    keep(data, Demonstration(BANNER, (), guests))
    return Operator(
        data,
        release,
        _release(release),
        load_ring(franking_keys, ""),
        token,
        vault_keys,
        franking_keys,
        _policy(data / "policy.toml"),
    )


def _release(folder: Path) -> str:
    """The tables, signed with a key that is forgotten at once."""
    key = Ed25519PrivateKey.generate()
    tables = device_tables(LanguageModel.load(), {"nudges": device_nudges()})
    (folder / "tables.bin").write_bytes(tables)
    (folder / "tables.json").write_text(sign_tables(tables, 1, key), "utf-8")
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _policy(path: Path) -> Path:
    """The one that ships, for a service without connections: there a stranger's message can reach
    a child of 13 and more, who is asked first."""
    shipped = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
    assert CONNECTIONS in shipped  # noqa: S101
    path.write_text(shipped.replace(CONNECTIONS, "service_has_connections = false", 1), "utf-8")
    return path


@contextmanager
def running(operator: Operator, service: int, console: int) -> Iterator[tuple[str, str]]:
    """The addresses of service and console while they run, on these ports (0: any)."""
    keys = ["--data", str(operator.data), "--keys", str(operator.vault_keys)]
    rules = ["--policy", str(operator.policy)]
    franking = ["--franking-keys", str(operator.franking_keys)]
    serve = ["serve", *keys, *rules, *franking, "--text", "refuse", "--report-text", "keep"]
    with (
        _process([*serve, "--no-console", "--port", str(service)], operator.data) as at,
        _process(["console", *keys, *rules, "--port", str(console)], operator.data) as pages,
    ):
        yield at, pages


@contextmanager
def _process(arguments: list[str], data: Path) -> Iterator[str]:
    # A session of its own: Ctrl-C ends the relay, and that ends this, in order.
    with (
        (data / f"{arguments[0]}.log").open("w") as log,
        subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "fieldfare", *arguments],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101
        try:
            for line in process.stdout:
                log.write(line)
                if found := re.search(r" (http://127\.0\.0\.1:\d+)", line):
                    break
            else:
                raise FieldfareError(f"`fieldfare {arguments[0]}` did not start: see {log.name}")
            threading.Thread(target=process.stdout.read, daemon=True).start()
            yield found[1]
        finally:
            process.terminate()
