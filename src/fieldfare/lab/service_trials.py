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
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from fieldfare.contacts import analysis
from fieldfare.contacts.definition import LEDGER
from fieldfare.contacts.engine import open_engine
from fieldfare.contacts.intake import load
from fieldfare.scan.gather import gather
from fieldfare.scan.settings import ScanSettings
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.tokens import SCOPES, Tokens
from fieldfare.vocabulary import FieldfareError

START: Final = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, in microseconds."""
COMMUNITY: Final = 40
WAIT_SECONDS: Final = 180


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
        webhooks = self.settings.webhooks
        told = [] if webhooks is None else ["--webhooks", str(webhooks)]
        if not self.settings.cases:
            told.append("--no-cases")
        self.process = subprocess.Popen(  # noqa: S603 # our own command
            [sys.executable, "-m", "fieldfare", "serve", "--port", str(self.port), *where, *told],
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
        raise FieldfareError(f"the service did not start within {WAIT_SECONDS} seconds")

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
        """Wait until nothing waits to be folded or assessed. Said twice, since the service counts
        what waits every half second only."""
        until, quiet = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            status, ready = self.ask("GET", "/readyz")
            nothing = status == 200 and not ready["waiting_events"] and not ready["due_accounts"]
            quiet = quiet + 1 if nothing else 0
            if quiet == 2:
                return
            time.sleep(0.6 if nothing else 0.1)
        raise FieldfareError("the service did not catch up")

    def memory_mib(self) -> dict[str, float]:
        """What its processes hold in memory, by name. Pages that several share count once, in
        parts (the proportional set size)."""
        assert self.process is not None  # noqa: S101
        found: dict[str, float] = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if os.getpgid(int(folder.name)) != self.process.pid:
                    continue
                kib = int((folder / "smaps_rollup").read_text().partition("Pss:")[2].split()[0])
                command = (folder / "cmdline").read_bytes()
            except (OSError, ValueError, IndexError):
                continue
            name = "worker" if b"multiprocessing" in command else "interface"
            found[name] = round(found.get(name, 0.0) + kib / 1024, 1)
        return found


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
    server = Server(settings)
    server.make_token()
    sender = _Sender(server, Crowd(people, seed), random.Random(seed + 1))  # noqa: S311
    server.start()
    sender.thread.start()
    progressed, folded = 0, 0
    for number in range(kills):
        if number % 2:
            # In the midst of folding and assessing, which a worker that has just started is not.
            _await_folding(settings, folded)
        time.sleep(rng.uniform(0.0, 0.5))
        server.kill()
        before, folded = folded, _folded(settings)
        progressed += folded > before
        server.start()
    sender.finish()
    server.settle()
    server.stop()
    return {
        "kills": kills,
        "kills_after_something_was_folded": progressed,
        "acknowledged": len(sender.sent),
        "tries": sender.tries,
        "lost_connections": sender.lost_connections,
        "sent": sender.sent,
    }


class _Sender:
    """Sends events one batch after the other; what was not acknowledged, again."""

    def __init__(self, server: Server, crowd: Crowd, rng: random.Random) -> None:
        self._server, self._crowd, self._rng = server, crowd, rng
        self._done = threading.Event()
        self._failed: BaseException | None = None
        self.sent: list[bytes] = []
        self.tries = 0
        self.lost_connections = 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def finish(self) -> None:
        """Send what is left, and stop. Raises what went wrong."""
        self._done.set()
        self.thread.join(WAIT_SECONDS)
        if self._failed is not None or self.thread.is_alive():
            raise FieldfareError("the sender did not come to an end") from self._failed

    def _run(self) -> None:
        try:
            waiting = self._crowd.accounts()
            while waiting or not self._done.is_set():
                waiting = self._left(waiting or self._crowd.messages(self._rng.randrange(1, 200)))
        except Exception as error:  # noqa: BLE001 # said where the thread is waited for
            self._failed = error

    def _left(self, batch: list[bytes]) -> list[bytes]:
        self.tries += 1
        try:
            status, _ = self._server.ask("POST", "/v1/events", b"\n".join(batch))
        except (OSError, http.client.HTTPException, ValueError):
            self.lost_connections += 1
            time.sleep(0.02)
            return batch
        if status == 202:
            self.sent.extend(batch)
            return []
        if status != 429:
            raise FieldfareError(f"the service answered {status}")
        time.sleep(0.2)
        return batch


def _await_folding(settings: ServiceSettings, folded: int) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until and _folded(settings) <= folded:
        time.sleep(0.05)


def _folded(settings: ServiceSettings) -> int:
    state = settings.open_state()
    ((folded,),) = state.database.run("SELECT COALESCE(SUM(seq), 0) FROM folded")
    state.close()
    return int(folded)


def ledger_differences(
    settings: ServiceSettings, sent: Sequence[bytes], folder: Path
) -> dict[str, int]:
    """By table of the ledger: rows that the service has and a batch over the same lines has not,
    or the other way round."""
    path = folder / "sent.jsonl"
    path.write_bytes(b"\n".join(sent))
    with open_engine("duckdb") as engine:
        gathered = gather([path], ScanSettings(), folder)
        load(engine, gathered.files, settings.contacts)
        analysis.ledger(engine)
        batch = {name: engine.fetch(f"SELECT * FROM {name}") for name in LEDGER}
    state = settings.open_state()
    found = {}
    for name, rows in batch.items():
        columns = rows.schema.names
        expected = set(zip(*(rows[column].to_pylist() for column in columns), strict=True))
        stored = set(state.database.run(f"SELECT {', '.join(columns)} FROM {name}"))
        found[name] = len(expected ^ stored)
    state.close()
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
