"""The generated archive is read whole by the readers, and its truth is true."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from fieldfare.lab.suspect import files
from fieldfare.lab.suspect.archive import Archive, write_archive
from fieldfare.lab.suspect.conversation import phrases
from fieldfare.lab.suspect.people import lands
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import read_paths
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import MINUTE

OPTIONS = ReadOptions(date_order="dmy", time_zone="Europe/London")


def truth(archive: Archive) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(
        archive.folder / "truth" / "records.parquet"
    ).to_pylist()
    return rows


def peers(archive: Archive) -> list[dict[str, Any]]:
    text = (archive.folder / "truth" / "peers.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def read(archive: Archive) -> list[dict[str, Any]]:
    """Every message the readers find."""
    batches = read_paths([archive.archives], OPTIONS, Problems())
    return [row for table, batch in batches if table == "messages" for row in batch.to_pylist()]


def place(archive: Archive, origin: dict[str, Any]) -> str:
    whole = f"{origin['source']}/{origin['member']}"
    return Path(whole).relative_to(archive.archives).as_posix()


def test_every_record_is_read_where_the_truth_says(
    archive: Archive, read: list[dict[str, Any]]
) -> None:
    said = {(row["place"], row["locator"]): row for row in truth(archive)}
    assert len(said) == len(read) == archive.records > archive.messages
    for row in read:
        true = said[place(archive, row["origin"]), row["origin"]["locator"]]
        assert (row["text"] or "") == true["text"]
        assert 0 <= true["sent_at"] - row["sent_at"] < MINUTE
        assert bool(row["media"]) == (not true["text"])


def test_the_accounts_are_named_as_readers_name_them(
    archive: Archive, read: list[dict[str, Any]]
) -> None:
    named = {name for peer in peers(archive) for name in peer["accounts"]}
    world = json.loads((archive.folder / "truth" / "world.json").read_text(encoding="utf-8"))
    named |= set(world["suspect"]["accounts"])
    met = {name for row in read for name in (row["sender"], *row["recipients"])}
    assert met == named


def test_the_same_seed_makes_the_same_archive(archive: Archive, tmp_path: Path) -> None:
    again = write_archive(tmp_path, seed=3, peers=60, children=24, messages=2_000, countries=4)
    assert peers(again) == peers(archive)
    assert truth(again) == truth(archive)
    other = write_archive(tmp_path, seed=4, peers=60, children=24, messages=2_000, countries=4)
    assert truth(other) != truth(archive)


def test_it_has_the_shape_that_was_asked_for(archive: Archive) -> None:
    people = peers(archive)
    assert (len(people), sum(peer["child"] for peer in people)) == (60, 24)
    assert len({peer["country"] for peer in people if peer["child"]}) == 4
    assert all(peer["age"] < 18 if peer["child"] else peer["age"] >= 18 for peer in people)
    assert archive.messages == 2_000


def test_sizes_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="sizes"):
        write_archive(tmp_path, peers=10, children=20)
    assert not list(tmp_path.iterdir())


def test_some_messages_stand_in_two_archives_under_other_names(archive: Archive) -> None:
    places: dict[int, set[str]] = {}
    for row in truth(archive):
        places.setdefault(row["message"], set()).add(row["place"].partition("/")[0])
    kinds = Counter(frozenset(found) for found in places.values())
    assert kinds[frozenset({files.MESSENGER, files.PHONE_A})] > 0
    assert kinds[frozenset({files.PHONE_A, files.PHONE_B})] > 0


@pytest.mark.parametrize("code", sorted(lands()))
def test_every_country_can_speak(code: str) -> None:
    land = lands()[code]
    english = phrases("en")
    assert len(land.years) == 8
    assert land.digits > len(land.phone)
    for language in land.languages:
        own = phrases(language)
        assert set(own) == set(english)
        assert set(own["held"]) == set(english["held"])
        for topic, held in own["held"].items():
            assert not set(held) & set(own[topic])
