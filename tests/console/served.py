"""A console at work on this machine, for real browsers."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import uvicorn

from fieldfare.cases import OPERATOR
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings, now
from fieldfare.cases.store import CaseStore
from fieldfare.cases.users import SignIn, Users
from fieldfare.console.app import Console, create_console
from fieldfare.console.openid import OpenId
from fieldfare.reports.filings import Filings
from tests.console.conftest import PASSWORD, PEOPLE

BANNER = "Every account, message and number here is invented."


class Served:
    """A console with one user of every role, and others who sign in with password and code."""

    def __init__(self, folder: Path, others: dict[str, str], **settings: Any) -> None:
        engine = connect(url_of(folder))
        self.store = CaseStore(engine, settings=StoreSettings(draw=lambda: 1.0))
        self.users = Users(engine)
        self.sign_in = SignIn(self.users)
        made = {n: self.users.add(OPERATOR, n, [r], PASSWORD) for n, r in others.items()}
        self.codes = {name: secret.secret for name, secret in made.items() if secret}
        for role in PEOPLE:
            self.users.add(OPERATOR, role, [role], None)
        filings = Filings(engine)
        self.console = Console(
            self.store, self.sign_in, now, banner=BANNER, filings=filings, **settings
        )
        self.numbers: dict[str, int] = {}
        self.server = uvicorn.Server(
            uvicorn.Config(create_console(self.console), port=0, log_level="critical")
        )
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            self.thread.join(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"

    def replace_openid(self, openid: OpenId) -> None:
        """Let people sign in through a provider that has to know this console's address."""
        self.server.config.loaded_app = create_console(replace(self.console, openid=openid))

    def close(self) -> None:
        """Stop it."""
        self.server.should_exit = True
        self.thread.join(10)
