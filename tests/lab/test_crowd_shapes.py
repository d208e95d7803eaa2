"""Shapes that make bad algorithms slow are what they are said to be, and are scanned."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from fieldfare.lab import bench, crowd_shapes
from fieldfare.lab.crowd import write_crowd
from fieldfare.scan import history
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.vocabulary import SettingsError


def test_a_shape_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    crowd = write_crowd(tmp_path, 10_000)
    with pytest.raises(SettingsError, match="--shape ring: choose one of celebrity, big-group"):
        crowd_shapes.write_shape(crowd, "ring")


def test_a_celebrity_is_one_account_with_very_many_contacts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd_shapes, "FANS", 5_000)
    crowd = write_crowd(tmp_path, 10_000)
    table = pq.read_table(crowd_shapes.write_shape(crowd, "celebrity"))
    recipients = pc.list_flatten(table["recipients"])
    own = pc.equal(recipients, crowd.planted[0])
    peers = pc.if_else(own, table["sender"], recipients)
    assert pc.count_distinct(peers).as_py() == 5_000


def test_an_account_with_too_many_events_to_play_again_is_flagged_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd_shapes, "CHATTER", 20_000)
    crowd = write_crowd(tmp_path, 60_000)
    crowd_shapes.write_shape(crowd, "chatterbox")
    found = scan([tmp_path], ScanSettings(scorecard=Path("judgement")))
    assert [each.account for each in found.accounts if each.flagged] == list(crowd.planted)
    assert found.accounts[0].first_flag is not None
    monkeypatch.setattr(history, "MAX_EVENTS", 20_000)
    hurried = scan([tmp_path], ScanSettings(scorecard=Path("judgement")))
    assert hurried.accounts[0].flagged
    assert hurried.accounts[0].first_flag is None, "two moments do not reach so far"


def test_growth_is_the_exponent_of_a_power() -> None:
    figures = [{"events": n, "x": {"median": 3 * n**1.5}} for n in (10**6, 10**7, 10**8)]
    assert bench.growth(figures, "x") == pytest.approx(1.5)
    assert bench.growth(figures[:1], "x") is None
