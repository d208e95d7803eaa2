"""A process that files a report, killed with SIGKILL at every moment, and run again."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.vault import Vault
from fieldfare.reports.filing_records import Filing
from fieldfare.reports.filings import Filings
from fieldfare.vocabulary.times import DAY, HOUR
from tests.cases.conftest import KEYS, Clock
from tests.reports.conftest import decided
from tests.reports.cybertip_server import Server, serving
from tests.reports.test_filing import file, prepare

Run = Callable[[Path, Server, Filing, int, int], str]


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    """Files in a process of its own that dies at a moment; what became of it."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.reports.dying"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        told, said = process.stdin, process.stdout

        def one(folder: Path, server: Server, filing: Filing, at: int, moment: int) -> str:
            told.write("\t".join(map(str, (folder, server.url, filing.id, at, moment))) + "\n")
            told.flush()
            return said.readline().strip()

        yield one
        told.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Filing, int]:
    """A database with a report on its way that nobody has begun to file; and the time."""
    folder, clock = tmp_path_factory.mktemp("prepared"), Clock()
    engine = connect(url_of(folder))
    with CaseStore(engine, clock, Vault(KEYS), StoreSettings(second_review_share=0.0)) as store:
        case = decided(store, clock, scripts=False)
        filing = prepare(Filings(engine, clock, Vault(KEYS)), store, case)
    return folder, filing, clock.at


def test_killed_at_every_moment_there_is_one_report_in_the_end(
    run: Run, prepared: tuple[Path, Filing, int], tmp_path: Path
) -> None:
    folder, filing, at = prepared
    clock = Clock()
    killed = 0
    for moment in itertools.count(1):
        clock.at = at
        data = tmp_path / str(moment)
        shutil.copytree(folder, data)
        with serving(clock) as server:
            how = run(data, server, filing, at, moment)
            assert how in ("killed", "ended 0"), (moment, how)
            if how == "ended 0":
                break
            killed += 1
            _once(data, server, filing, clock)
    # Take; open: three; one file: eight; finish: three; each twice, at the least.
    assert killed >= 30


@pytest.mark.parametrize("second", (3, 12, 21, 30, 39))
def test_killed_again_while_it_goes_on_there_is_one_report_in_the_end(
    run: Run, prepared: tuple[Path, Filing, int], tmp_path: Path, second: int
) -> None:
    folder, filing, at = prepared
    clock = Clock()
    clock.at = at
    data = tmp_path / "data"
    shutil.copytree(folder, data)
    with serving(clock) as server:
        first = 10 + second % 17
        assert run(data, server, filing, at, first) == "killed"
        assert run(data, server, filing, at, second) in ("killed", "ended 0")
        _once(data, server, filing, clock)


def _once(data: Path, server: Server, filing: Filing, clock: Clock) -> None:
    """Run again to the end: one report is filed, the case says so, nothing else stays there."""
    engine = connect(url_of(data))
    with Filings(engine, clock, Vault(KEYS)) as filings:
        found = filings.get(OPERATOR, filing.id)
        if found.state != "finished":
            found = file(filings, server, filing.id)
        assert found.state == "finished"
        assert server.finished() == [found.report_id]
        held = server.reports[found.report_id or ""]
        assert len(held.files) == len(held.described) == 1
        state = CaseStore(engine, clock, Vault(KEYS)).summary(OPERATOR, filing.case).state
        assert state == "report_submitted"
        clock.at += DAY + 2 * HOUR
        assert set(server.states()) <= {"finished", "retracted"}
