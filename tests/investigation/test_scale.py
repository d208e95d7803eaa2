"""Very many people, each with one message: nothing is done person by person, and what a report
does not describe it says, and its tables hold."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fieldfare.investigation import output, reading
from fieldfare.investigation.decisions import decide
from fieldfare.investigation.handover import tables
from fieldfare.investigation.handover.content import MOST_CHILDREN, content, dossier
from fieldfare.investigation.importing import import_paths
from fieldfare.investigation.run import analyse
from fieldfare.investigation.store import Investigation
from fieldfare.sources.reader import ReadOptions
from tests.investigation.conftest import SUSPECT, lines, write

FEW, MANY = 30, 3_300
SAID = ("i have to do my homework", "my mum took my phone", "see you on saturday")


class Counted:
    """A connection, and how many statements were run in it."""

    def __init__(self, connection: Any) -> None:
        self._connection, self.statements = connection, 0

    def __getattr__(self, name: str) -> Any:
        if name in ("execute", "sql", "executemany"):
            self.statements += 1
        return getattr(self._connection, name)


def conversations(folder: Path, number: int) -> tuple[Investigation, Counted]:
    talk = []
    for k in range(number):
        country = "44770" if k % 2 else "63917"
        peer = f"whatsapp:+{country}{k:07d}"
        talk.append((peer, peer, f"{SAID[k % 3]} {k}"))
    path = write(folder / f"{number}.jsonl", lines(talk))
    case = Investigation.open(folder / f"case-{number}", create=True)
    counted = Counted(case.connection)
    case.connection = counted  # type: ignore[assignment]
    import_paths(case, [path], ReadOptions())
    analyse(case, imported=True)
    return case, counted


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Investigation, Counted]]:
    case, counted = conversations(tmp_path_factory.mktemp("many"), MANY)
    yield case, counted
    case.close()


def test_the_number_of_statements_does_not_grow_with_people(
    many: tuple[Investigation, Counted], tmp_path: Path
) -> None:
    few, counted = conversations(tmp_path, FEW)
    with few:
        assert counted.statements == many[1].statements
        assert few.value("SELECT COUNT(*) FROM peers") == FEW


def test_everybody_is_there_and_the_owner_is_found(many: tuple[Investigation, Counted]) -> None:
    case, _ = many
    assert case.value("SELECT COUNT(*) FROM peers") == MANY
    assert output.summary(case)["suspect"] == [SUSPECT]


def test_a_report_describes_the_first_says_so_and_its_tables_hold_all(
    many: tuple[Investigation, Counted],
) -> None:
    case, counted = many
    found = dossier(case, "many", made_at=0, by="op", software="")
    assert set(found.countries()) == {"GB", "PH"}
    before = counted.statements
    report, children = content(found, "GB"), found.children("GB")
    assert len(children) > MOST_CHILDREN == len(report.children)
    assert any(f"All {len(children):,} are in GB.children.csv" in line for line in report.summary)
    assert {each.reference for each in report.children} < {each.reference for each in children}
    assert report.open[-1].startswith("and ")
    rows = list(csv.DictReader(io.StringIO(b"".join(tables.children(found, "GB")).decode())))
    assert len(rows) == len(children)
    told = csv.DictReader(io.StringIO(b"".join(tables.lines(found, "GB")).decode("utf-8-sig")))
    assert {row["reference"] for row in told} == {each.reference for each in children}
    assert counted.statements - before < 40


def test_sql_and_python_agree_on_who_counts(make: Any, tmp_path: Path) -> None:
    talk = [(f"whatsapp:+44770000{k:04d}", SUSPECT, "see you") for k in range(12)]
    talk += [(peer, peer, "my mum took my phone") for peer, *_ in talk[:4]]
    case = make(write(tmp_path / "a.jsonl", lines(talk)))
    verdicts = (None, "child", "not_child", "unsure") * 2
    for (peer, *_), verdict in zip(talk, verdicts, strict=False):
        if verdict:
            decide(case, peer, verdict, "officer")
    everybody = reading.people(case)
    counts = [each.peer for each in everybody if each.counts]
    assert [each.peer for each in reading.children(case)] == counts != []
    left, total = reading.left_open(case, "GB", 100)
    wanted = {each.peer for each in everybody if each.possible and not each.counts}
    assert {each.peer for each in left} == wanted != set()
    assert total == len(wanted)
    unlikely = sum(each.standing == "unlikely" for each in everybody)
    assert sum(reading.unlikely(case).values()) == unlikely
