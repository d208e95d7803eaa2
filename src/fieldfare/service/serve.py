"""``fieldfare serve``: the HTTP interface in this process, the worker in another.

The worker is apart so that its arithmetic never keeps an answer waiting. It ends with this process,
however that ends; and where it dies by itself, another is started and goes on where it had
committed.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fieldfare.safeguards import shipped
from fieldfare.service.announce import at_start
from fieldfare.service.assess import newly_flagged
from fieldfare.service.case_requests import CaseRequests
from fieldfare.service.herald import Herald
from fieldfare.service.logs import to_standard_error
from fieldfare.service.outbox import Outbox
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.state import State
from fieldfare.vocabulary import FieldfareError, SettingsError

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    import uvicorn
    from starlette.types import ASGIApp

    from fieldfare.service.case_opening import CaseOpener

log = logging.getLogger("fieldfare.service")

WORKER_NICENESS = 5
"""By how much less urgent the worker is to the machine than the interface."""

SWITCH_SECONDS = 0.0005
"""After which a thread that reads events lets the others go on: an answer may be among them.
Python's own is ten times as long, and would be seen in one decision of a hundred."""

RESTART_SECONDS = 1.0
"""Pause before a worker that died is replaced."""


@dataclass(frozen=True)
class Listening:
    """Where the service listens."""

    host: str = "127.0.0.1"
    port: int = 8080
    certificate: Path | None = None
    """PEM file; with `key`, the service speaks TLS (1.2 and later)."""
    key: Path | None = None
    client_ca: Path | None = None
    """PEM file; only clients with a certificate of these authorities are answered."""

    def __post_init__(self) -> None:
        if (self.certificate is None) != (self.key is None):
            raise SettingsError("TLS needs both --tls-certificate and --tls-key")
        if self.client_ca is not None and self.certificate is None:
            raise SettingsError("--tls-client-ca needs --tls-certificate and --tls-key")
        for path in (self.certificate, self.key, self.client_ca):
            if path is not None and not path.is_file():
                raise SettingsError(f"{path}: there is no such file")

    def bind(self) -> socket.socket:
        """A socket that listens. Raises SettingsError where that cannot be."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        try:
            return socket.create_server((self.host, self.port), family=family)
        except OSError as error:
            raise SettingsError(
                f"{self.host}, port {self.port}: cannot listen there ({error.strerror});"
                " choose another --host or --port"
            ) from error

    def address(self, port: int) -> str:
        """The service's address at the port that was given by the system."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'http' if self.certificate is None else 'https'}://{host}:{port}"


def serve(
    settings: ServiceSettings,
    listening: Listening,
    workers: int = 1,
    tell: Callable[[str], object] = log.info,
    mounted: Mapping[str, ASGIApp] | None = None,
) -> None:
    """Serve until stopped (SIGINT or SIGTERM). `workers` may be 0 where others do the work, and
    more than 1 only with PostgreSQL. `tell` is given what an operator should know at the start, in
    lines. `mounted`: other applications by the path they are under."""
    import uvicorn

    if settings.database is None and workers > 1:
        raise SettingsError("--workers: the embedded database has one; PostgreSQL may have more")
    to_standard_error(settings.log_level)
    policy = settings.policy_file()
    settings.endpoints()
    # Made here first, so that several processes do not make it at once.
    settings.open_journal().close()
    settings.open_state().close()
    config = uvicorn_config(settings, listening, mounted)
    alone = settings.alone() if workers else nullcontext()
    with alone, listening.bind() as bound, _workers(settings, workers):
        address = listening.address(bound.getsockname()[1])
        for line in at_start(settings, shipped() if policy is None else policy.current(), address):
            tell(line)
        sys.setswitchinterval(SWITCH_SECONDS)
        threading.Thread(target=_prepare, args=(settings,)).start()
        uvicorn.Server(config).run(sockets=[bound])


def _prepare(settings: ServiceSettings) -> None:
    """What nobody who asks should have to wait for."""
    from fieldfare.service.api.running import language_model

    if settings.text_use != "refuse":
        # The first message with text would otherwise wait for it, and its sender perhaps not.
        language_model()
    # What was loaded by now stays: to look through it for garbage would stop all answers for
    # some tenths of a second.
    gc.freeze()


def uvicorn_config(
    settings: ServiceSettings,
    listening: Listening,
    mounted: Mapping[str, ASGIApp] | None = None,
) -> uvicorn.Config:
    """The HTTP interface as uvicorn serves it."""
    import uvicorn

    from fieldfare.service.api.app import create_app

    return uvicorn.Config(
        create_app(settings, mounted),
        host=listening.host,
        port=listening.port,
        ssl_certfile=listening.certificate,
        ssl_keyfile=listening.key,
        ssl_ca_certs=None if listening.client_ca is None else str(listening.client_ca),
        ssl_cert_reqs=ssl.CERT_NONE if listening.client_ca is None else ssl.CERT_REQUIRED,
        ssl_context_factory=None if listening.certificate is None else _tls,
        loop="uvloop",
        http="httptools",
        access_log=False,  # its lines hold the ids of accounts
        # Whoever follows the changes would otherwise keep the service from ending.
        timeout_graceful_shutdown=3,
        log_level=settings.log_level,
        log_config=None,
        server_header=False,
    )


def _tls(_config: uvicorn.Config, make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    """TLS 1.2 or later, whatever the machine's OpenSSL would allow."""
    context = make()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@contextmanager
def _workers(settings: ServiceSettings, count: int) -> Iterator[None]:
    ended = threading.Event()
    keepers = [
        threading.Thread(target=_keep, args=(settings, ended), daemon=True) for _ in range(count)
    ]
    for keeper in keepers:
        keeper.start()
    try:
        yield
    finally:
        ended.set()
        for keeper in keepers:
            keeper.join()


def _keep(settings: ServiceSettings, ended: threading.Event) -> None:
    while not ended.is_set():
        process = _start(settings)
        while process.is_alive() and not ended.wait(0.2):
            pass
        if not ended.is_set():
            log.error("a worker ended with code %s; another is started", process.exitcode)
        if ended.is_set():
            process.terminate()
            process.join(30)
            return
        ended.wait(RESTART_SECONDS)


def _start(settings: ServiceSettings) -> BaseProcess:
    process = multiprocessing.get_context("spawn").Process(
        target=work, args=(settings, os.getpid()), name="fieldfare-worker"
    )
    process.start()
    return process


def work(settings: ServiceSettings, parent: int | None = None) -> None:
    """Fold and assess until SIGTERM, or until the process `parent` is gone."""
    from fieldfare.contacts.engine import open_engine
    from fieldfare.service.case_opening import OpeningThread
    from fieldfare.service.deliver import Deliverer
    from fieldfare.service.worker import Worker

    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    signal.signal(
        signal.SIGINT, signal.SIG_IGN if parent is not None else signal.default_int_handler
    )

    if parent is not None:
        to_standard_error(settings.log_level)
        # Where both want the same core, an answer goes before.
        os.nice(WORKER_NICENESS)
    endpoints = settings.endpoints()
    journal, state = settings.open_journal(), settings.open_state(writer=True)
    opening = OpeningThread(lambda: opener(settings)) if settings.cases else None
    deliverer = Deliverer(lambda: [Outbox(settings.open_state().database)], endpoints)

    def stopped() -> bool:
        gone = parent is not None and os.getppid() != parent
        return stop.is_set() or gone or not deliverer.alive

    try:
        with open_engine("duckdb", threads=1) as engine:
            worker = Worker(
                journal,
                state,
                engine,
                settings.contacts,
                settings.card(),
                endpoints,
                settings.keep_days,
            )
            try:
                worker.run(stopped, stop.wait)
            finally:
                worker.close()
    finally:
        if opening is not None:
            opening.close()
        deliverer.close()
        state.close()
        journal.close()


def opener(settings: ServiceSettings) -> CaseOpener:
    """What opens cases, with connections of its own."""
    from fieldfare.service.case_opening import CaseOpener

    policy = settings.policy_file()
    return CaseOpener(
        settings.open_store(),
        settings.open_state(),
        settings.open_journal(),
        settings.card(),
        settings.contacts.unknown_child_probability,
        settings.vault(),
        settings.reports().keep_days,
        shipped if policy is None else policy.current,
    )


def replay(settings: ServiceSettings) -> int:
    """Throw the state away and build it anew from the journal; events folded. No worker may run:
    with the embedded database SettingsError is raised where one does.

    Webhooks are told where an account ends in another band than it was in before.
    """
    with settings.alone():
        return _replay(settings)


def _replay(settings: ServiceSettings) -> int:
    from fieldfare.contacts.engine import open_engine
    from fieldfare.service.worker import Worker

    journal, state = settings.open_journal(), settings.open_state(writer=True)
    try:
        before = state.bands()
        requests = CaseRequests(state.database)
        waiting = requests.waiting(sys.maxsize)
        folded = 0
        with open_engine("duckdb") as engine:
            Worker(journal, state, engine, settings.contacts, settings.card()).finish_removals()
            state.clear()
            worker = Worker(journal, state, engine, settings.contacts, settings.card())
            while not (turn := worker.turn(patient=False)).idle:
                folded += turn.folded
            with state.database.transaction():
                requests.restore(waiting)
            _tell_of_others(settings, state, before)
            worker.close()
    except OSError as error:
        raise FieldfareError(f"the databases cannot be used ({error.strerror})") from error
    finally:
        state.close()
        journal.close()
    return folded


def _tell_of_others(settings: ServiceSettings, state: State, before: dict[str, str]) -> None:
    """Have the webhooks told of accounts that are in another band than before."""
    card = settings.card()
    bands = [band.name for band in card.bands]
    herald = Herald(Outbox(state.database), settings.endpoints(), bands)
    requests = CaseRequests(state.database)
    now, as_of = time.time_ns() // 1000, int(state.facts().get("as_of", 0))
    after = state.bands()
    with state.database.transaction():
        for account in sorted(before.keys() | after.keys()):
            was, is_ = before.get(account, bands[0]), after.get(account, bands[0])
            if was != is_:
                found = state.assessments([account]).get(account)
                probability = card.prior if found is None else found["probability"]
                change = (account, as_of, now, was, is_, probability)
                herald.tell([change])
                requests.ask(newly_flagged(card, [change]), "policy", now)
