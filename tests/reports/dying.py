"""A process that files a report, or destroys what is agreed to, and kills itself at a given
moment: ``python -m tests.reports.dying``. Reads a line ``FOLDER URL FILING CLOCK MOMENT`` (URL
``destroy``: there is nothing to file) and forks for each; answers with what became of the child.
Moments are counted: before and after each call to the authority, and before and after each thing
written down or removed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from fieldfare.cases import OPERATOR, SERVICE, CaseStore, destroying
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.vault import Vault
from fieldfare.reports.credentials import Credentials
from fieldfare.reports.cybertip.client import CyberTipline
from fieldfare.reports.cybertip.filing import Filer
from fieldfare.reports.destruction import carry_out
from fieldfare.reports.filings import Filings
from tests.cases.conftest import KEYS
from tests.reports.cybertip_server import PASSWORD, USER

WATCHED = frozenset(
    [
        "submit",
        "upload",
        "fileinfo",
        "finish",
        "retract",
        "take",
        "step",
        "opened",
        "called",
        "file_step",
        "cleared",
        "finished",
        "failed",
    ]
)


class Mortal:
    """Passes calls on, and dies at a moment."""

    moment = 0
    """Counted down by all together."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)
        if name not in WATCHED:
            return method

        return _mortal(method)


def _pass() -> None:
    Mortal.moment -= 1
    if Mortal.moment == 0:
        os.kill(os.getpid(), signal.SIGKILL)


def file(folder: Path, url: str, filing: int, at: int) -> None:
    """One run of filing."""
    filings: Any = Mortal(Filings(connect(url_of(folder)), lambda: at, Vault(KEYS)))
    with CyberTipline(url, Credentials(USER, PASSWORD), timeout=10) as client:
        interface: Any = Mortal(client)
        Filer(filings, OPERATOR, interface, pause=lambda _: None).file(filing)


DESTROYING = (
    "begin_destruction",
    "note_files",
    "erase",
    "_erase_content",
    "finish_destructions",
)


def destroy(folder: Path, at: int) -> None:
    """One run of destroying; `scrub` and the removal of each file are moments too."""
    store: Any = CaseStore(connect(url_of(folder)), lambda: at, Vault(KEYS))
    for name in DESTROYING:
        setattr(store, name, _mortal(getattr(store, name)))
    destroying.scrub = _mortal(destroying.scrub)  # type: ignore[attr-defined]
    Path.unlink = _mortal(Path.unlink)  # type: ignore[method-assign]
    carry_out(store, SERVICE)


def _mortal(method: Any) -> Any:
    def called(*args: Any, **kwargs: Any) -> Any:
        _pass()
        answer = method(*args, **kwargs)
        _pass()
        return answer

    return called


def main() -> None:
    """Until the input ends."""
    for given in sys.stdin:
        folder, url, filing, at, moment = given.split("\t")
        child = os.fork()
        if child == 0:
            Mortal.moment = int(moment)
            if url == "destroy":
                destroy(Path(folder), int(at))
            else:
                file(Path(folder), url, int(filing), int(at))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        how = "killed" if os.WIFSIGNALED(status) else f"ended {os.waitstatus_to_exitcode(status)}"
        sys.stdout.write(how + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
