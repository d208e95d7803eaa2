"""The live service on trial: a real server as a process of its own, killed again and again.

What enters: how to start the service, and how much. What leaves: figures, ready for JSON. Events
are invented, without text: people in communities of forty, a quarter of them children, write to a
few others again and again. They are no model of behaviour; only the machinery is measured.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fieldfare.service.settings import ServiceSettings
from fieldfare.service.tokens import SCOPES, Tokens
from fieldfare.vocabulary import FieldfareError

START: Final = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, in microseconds."""
COMMUNITY: Final = 40
WAIT_SECONDS: Final = 60


class Crowd:
    """People and what they write, endlessly and by a seed."""

    def __init__(self, people: int, seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311 # invented events, no secret
        self.people = people
        self._number = 0
        self._run = f"{seed:x}"

    def accounts(self) -> list[bytes]:
        """One line a person."""
        return [
            b'{"type":"account","id":"p%d","age":%d,"age_source":"declared"}'
            % (number, 12 if number % 4 == 0 else 34)
            for number in range(self.people)
        ]

    def messages(self, count: int) -> list[bytes]:
        """That many lines, later than all before."""
        rng, found = self._rng, []
        for _ in range(count):
            self._number += 1
            sender = rng.randrange(self.people)
            # Mostly the same few: an event is rarely the first of its pair.
            near = rng.random() < 0.97
            step = 1 + min(int(rng.expovariate(0.4)), 38) if near else rng.randrange(1, 40)
            recipient = sender - sender % COMMUNITY + (sender + step) % COMMUNITY
            found.append(
                b'{"type":"message","id":"%s-%d","sender":"p%d","recipients":["p%d"],"sent_at":%d}'
                % (
                    self._run.encode(),
                    self._number,
                    sender,
                    recipient % self.people,
                    START + self._number * 1_000_000,
                )
            )
        return found


@dataclass
class Server:
    """A service that runs as processes of its own."""

    settings: ServiceSettings
    port: int = field(default_factory=lambda: _free_port())
    token: str = ""
    process: subprocess.Popen[bytes] | None = None

    def make_token(self) -> None:
        """Make the token that `ask` sends."""
        journal = self.settings.open_journal()
        self.token = Tokens(journal.database).make(f"trial {os.urandom(4).hex()}", SCOPES)
        journal.close()

    def start(self) -> None:
        """Start it and wait until it answers."""
        where = (
            ["--data", str(self.settings.data)]
            if self.settings.database is None
            else ["--database", self.settings.database]
        )
        self.process = subprocess.Popen(  # noqa: S603 # our own command
            [sys.executable, "-m", "fieldfare", "serve", "--port", str(self.port), *where],
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            try:
                if self.ask("GET", "/healthz")[0] == 200:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
        raise FieldfareError("the service did not start within a minute")

    def kill(self) -> None:
        """End all its processes at once, with no chance to put anything in order."""
        assert self.process is not None  # noqa: S101
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it as an operator would."""
        assert self.process is not None  # noqa: S101
        self.process.terminate()
        self.process.wait(WAIT_SECONDS)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, Any]:
        """One request on a connection of its own; status and decoded answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_SECONDS)
        try:
            connection.request(
                method, path, body, headers={"Authorization": f"Bearer {self.token}"}
            )
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        finally:
            connection.close()

    def settle(self, seconds: float = 600) -> None:
        """Wait until nothing waits to be folded or assessed."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            status, ready = self.ask("GET", "/readyz")
            if status == 200 and not ready["waiting_events"] and not ready["due_accounts"]:
                return
            time.sleep(0.1)
        raise FieldfareError("the service did not catch up")

    def memory_mib(self) -> float:
        """What its processes hold in memory."""
        assert self.process is not None  # noqa: S101
        kib = 0
        for status in Path("/proc").glob("[0-9]*/status"):
            try:
                text = status.read_text()
                group = os.getpgid(int(status.parent.name))
            except (OSError, ValueError):
                continue
            if group == self.process.pid and "VmRSS:" in text:
                kib += int(text.partition("VmRSS:")[2].split()[0])
        return round(kib / 1024, 1)


@contextmanager
def running(settings: ServiceSettings) -> Iterator[Server]:
    """A server with a token, stopped in the end."""
    server = Server(settings)
    server.make_token()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def crash(
    settings: ServiceSettings, kills: int, seed: int = 1, people: int = 400
) -> dict[str, Any]:
    """Kill the service (SIGKILL, all processes) at random moments under load, and start it again.

    The sender keeps what was not acknowledged and sends it again, as a service would. `sent` holds
    every line, for comparing with a scan.
    """
    rng = random.Random(seed)  # noqa: S311
    crowd = Crowd(people, seed)
    server = Server(settings)
    server.make_token()
    sent: list[bytes] = []
    tally = {"acknowledged": 0, "tries": 0, "lost_connections": 0}
    done = threading.Event()

    def send() -> None:
        waiting = crowd.accounts()
        while waiting or not done.is_set():
            batch = waiting or crowd.messages(rng.randrange(1, 200))
            waiting = batch
            tally["tries"] += 1
            try:
                status, _ = server.ask("POST", "/v1/events", b"\n".join(batch))
            except (OSError, http.client.HTTPException, ValueError):
                tally["lost_connections"] += 1
                time.sleep(0.02)
                continue
            if status == 202:
                sent.extend(batch)
                tally["acknowledged"] += len(batch)
                waiting = []
            elif status != 429:
                raise FieldfareError(f"the service answered {status}")

    server.start()
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    for _ in range(kills):
        time.sleep(rng.uniform(0.0, 1.2))
        server.kill()
        server.start()
    done.set()
    sender.join(WAIT_SECONDS)
    server.settle()
    server.stop()
    return {"kills": kills, **tally, "sent": sent}


def measure_service(what: str, seconds: float, kills: int, database: str | None) -> dict[str, Any]:
    """The figures of ``serve`` or ``crash``; the database, if one is given, must be empty."""
    from fieldfare.lab.bench import machine

    figures: dict[str, Any] = {"machine": machine(), "database": "sqlite"}
    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as folder:
        settings = ServiceSettings(data=Path(folder) / "data", database=database)
        if database is not None:
            figures["database"] = "postgresql"
        if what == "serve":
            from fieldfare.lab.service_load import load

            return figures | load(settings, seconds)
        found = crash(settings, kills)
        sent = found.pop("sent")
        state = settings.open_state()
        ((written,),) = state.database.run("SELECT SUM(private_messages) FROM contacts")
        state.close()
        messages = sum(b'"message"' in line for line in sent)
        return (
            figures
            | found
            | {
                "acknowledged_messages": messages,
                "messages_in_the_ledger": int(written),
                "lost_or_repeated": int(written) - messages,
            }
        )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
