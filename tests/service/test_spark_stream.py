"""Spark Structured Streaming: files in, each event once, and what a scan of the same finds."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from fieldfare.risk import scorecard
from fieldfare.scan.run import scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.service.spark_state import Kept
from fieldfare.service.spark_stream import SparkStream, SparkStreamSettings
from fieldfare.vocabulary import FieldfareError, SettingsError
from tests.service.comparing import Events
from tests.service.events import body, service_events

pytestmark = pytest.mark.spark


def _settings(folder: Path) -> SparkStreamSettings:
    (folder / "in").mkdir(exist_ok=True)
    return SparkStreamSettings(
        folder / "in", folder / "state", scorecard.shipped(), once=True, most_files=3, threads=1
    )


def _assessed(settings: SparkStreamSettings) -> dict[str, dict[str, Any]]:
    kept = Kept(settings.state)
    path = kept.last_assessments(10**9)
    kept.close()
    assert path is not None
    return {row["account"]: row for row in ds.dataset(path).to_table().to_pylist()}


def _changes(settings: SparkStreamSettings) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted(settings.state.glob("assessments/*/changes/*.json"))
        for line in path.read_text("utf-8").splitlines()
    ]


def _scanned(events: Events, path: Path) -> dict[str, dict[str, Any]]:
    # No text is read by the stream.
    path.write_bytes(
        body([{**event, "text": None} if "text" in event else event for event in events])
    )
    assessed = scan([path], ScanSettings(top=1)).assessed
    return {row["account"]: row for row in assessed.table().to_pylist()}


def test_files_in_any_order_with_repeats_and_a_death_give_what_a_scan_gives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldfare.service.spark_state.COMPACTED", 1)
    settings = _settings(tmp_path)
    events = service_events(21, messages=200)
    random.Random(21).shuffle(events)
    messages = [event for event in events if event["type"] == "message"]
    (settings.source / "a.jsonl").write_bytes(body(events[:90]))
    (settings.source / "b.jsonl").write_bytes(body(events[90:150]) + b"\nno record\n")
    stream = SparkStream(settings)
    try:
        stream.run()
        late = body(events[150:] + messages[:40])
        (settings.source / "c.jsonl.gz").write_bytes(gzip.compress(late))
        (settings.source / "d.jsonl").write_bytes(body(messages[20:]))
        (settings.source / "e.jsonl").write_bytes(b"[1, ")
        # Killed when all of it is written, before that counts.
        with monkeypatch.context() as patch, pytest.raises(FieldfareError, match="failed"):
            patch.setattr(Kept, "finish", _killed)
            stream.run()
        stream.run()
        with pytest.raises(SettingsError, match="another stream works on it"):
            Kept(settings.state)
    finally:
        stream.close()

    expected = _scanned(events, tmp_path / "events.jsonl")
    found = _assessed(settings)
    assert found.keys() == expected.keys()
    for account, row in expected.items():
        for name, value in row.items():
            if isinstance(value, float):
                value = pytest.approx(value, abs=1e-6)
            assert found[account][name] == value, (account, name)
    bands: dict[str, str] = {}
    for change in _changes(settings):
        assert bands.get(change["account"], "none") == change["band_before"]
        bands[change["account"]] = change["band"]
    assert {a: b for a, b in bands.items() if b != "none"} == {
        a: row["band"] for a, row in expected.items() if row["band"] != "none"
    }
    refused = [
        json.loads(line)
        for path in settings.state.glob("refused/*/*.json")
        for line in path.read_text("utf-8").splitlines()
    ]
    assert {(each["file"], each["at"]) for each in refused} == {
        ("b.jsonl", "line 61"),
        ("e.jsonl", "the file"),
    }
    kept = Kept(settings.state)
    assert kept.numbers("base") == [1]
    assert not kept.numbers("batches")
    kept.close()


def _killed(*_: object) -> None:
    raise RuntimeError("the end of a process")


def test_a_source_that_is_not_there_is_said(tmp_path: Path) -> None:
    settings = SparkStreamSettings(tmp_path / "none", tmp_path / "state", scorecard.shipped())
    with pytest.raises(SettingsError, match="no such folder"):
        SparkStream(settings)
