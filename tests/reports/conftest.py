"""A case to report, on a file of its own, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import StoreSettings
from fieldfare.cases.vault import Vault
from fieldfare.reports.case_file import CaseFile, open_case_file
from fieldfare.vocabulary.times import HOUR
from tests.cases.conftest import KEYS, Clock, actor
from tests.reports.material import snapshot

ANA, EVE = actor("ana"), actor("eve", "investigator")


@pytest.fixture
def clock() -> Clock:
    """The store's clock."""
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[CaseStore]:
    """An empty store that encrypts."""
    engine = connect(url_of(tmp_path / "data"))
    with CaseStore(engine, clock, Vault(KEYS), StoreSettings(second_review_share=0.0)) as store:
        yield store


def decided(
    store: CaseStore, clock: Clock, *, scripts: bool = True, reason: str = "solicits_meeting"
) -> int:
    """A case that two people decided to report, an hour ago; without `scripts`, of one child."""
    case = store.open_case(OPERATOR, snapshot(scripts=scripts), "scan")
    claimed = store.claim(ANA)
    assert claimed is not None
    store.get(ANA, case)
    seen = store.conversation(ANA, case)
    store.reveal(ANA, case, [each.id for each in seen[:2]])
    store.decide(ANA, case, claimed.version, "report", [reason], "asks to meet")
    [proposal] = store.proposals(EVE)
    store.approve(EVE, proposal.id, "seen the same")
    clock.at += HOUR + 123_456
    return case


@pytest.fixture
def case(store: CaseStore, clock: Clock) -> int:
    """Such a case."""
    return decided(store, clock)


@pytest.fixture
def case_file(store: CaseStore, case: int) -> CaseFile:
    """Its case file."""
    return open_case_file(store, OPERATOR, case, "test")
