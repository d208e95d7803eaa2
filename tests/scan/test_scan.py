"""The main job on real input forms: who is flagged, when, and what stands behind it."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from fieldfare.contacts.intake import ContactSettings
from fieldfare.lab.demo_world import DemoWorld, write_demo_world
from fieldfare.risk.reasons import total_contribution
from fieldfare.scan import output
from fieldfare.scan.page import write_page
from fieldfare.scan.run import AccountAssessment, ScanResult, scan
from fieldfare.scan.settings import ScanSettings
from fieldfare.sources.reader import ReadOptions
from fieldfare.vocabulary.times import DAY, parse_time
from tests.service.events import body, school_events

INNOCENT = (
    "coach",
    "teacher",
    "head_teacher",
    "parent",
    "grandparent",
    "support_desk",
    "tutor",
    "youth_leader",
    "seller",
    "streamer",
    "peer_support_volunteer",
    "older_teenager",
    "adult_pupil",
    "new_pupil",
    "teenager",
    "gamer",
    "relative_abroad",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DemoWorld]:
    folder = tmp_path_factory.mktemp("world")
    return folder, write_demo_world(folder)


@pytest.fixture(scope="module")
def result(world: tuple[Path, DemoWorld]) -> ScanResult:
    return scan([world[0]], ScanSettings())


def _offender(result: ScanResult, world: tuple[Path, DemoWorld]) -> AccountAssessment:
    return next(a for a in result.accounts if a.account == world[1].roles["offender"])


def test_the_offender_ranks_first_and_is_flagged(
    result: ScanResult, world: tuple[Path, DemoWorld]
) -> None:
    assert result.accounts[0].account == world[1].roles["offender"]
    assert result.accounts[0].flagged


@pytest.mark.parametrize("role", INNOCENT)
def test_the_innocent_are_not_flagged(
    result: ScanResult, world: tuple[Path, DemoWorld], role: str
) -> None:
    flagged = {account.account for account in result.accounts if account.flagged}
    assert world[1].roles[role] not in flagged


def test_nobody_but_the_offender_is_flagged(result: ScanResult) -> None:
    assert result.flagged_count == 1


def test_metadata_alone_finds_the_offender_too(world: tuple[Path, DemoWorld]) -> None:
    blind = scan([world[0]], ScanSettings(read=ReadOptions(metadata_only=True)))
    assert blind.gathered.language == ""
    assert [a.account for a in blind.accounts if a.flagged] == [world[1].roles["offender"]]
    assert blind.accounts[0].evidence.excerpts == []


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_worlds_give_the_same_verdict(tmp_path: Path, seed: int) -> None:
    made = write_demo_world(tmp_path, seed=seed)
    found = scan([tmp_path], ScanSettings())
    assert [a.account for a in found.accounts if a.flagged] == [made.roles["offender"]]


def test_he_is_flagged_after_the_first_few(
    result: ScanResult, world: tuple[Path, DemoWorld]
) -> None:
    first = _offender(result, world).first_flag
    assert first is not None
    assert first.children_contacted <= 8
    assert first.at < result.as_of - 60 * DAY


def test_a_scan_of_only_what_had_happened_by_then_flags_at_that_moment_and_not_before(
    result: ScanResult, world: tuple[Path, DemoWorld], tmp_path: Path
) -> None:
    first = _offender(result, world).first_flag
    assert first is not None
    offender = world[1].roles["offender"]
    # Windows end at the scan's time of day, less than a day after the moment.
    as_of = result.as_of - (result.as_of - first.at) // DAY * DAY
    for moment, expected in ((first.at, True), (first.at - 1, False)):
        folder = tmp_path / str(moment)
        _cut(world[0], folder, moment)
        cut = scan([folder], ScanSettings(contacts=ContactSettings(as_of=as_of)))
        flagged = {a.account: a for a in cut.accounts if a.flagged}
        assert (offender in flagged) is expected
        if expected:
            counted = flagged[offender].signals["children_contacted"]
            assert counted == first.children_contacted


def _cut(world: Path, folder: Path, moment: int) -> None:
    """Copy a world without the events after a moment."""
    folder.mkdir()
    for path in world.glob("*.jsonl"):
        kept = []
        for line in path.read_text().splitlines():
            record = json.loads(line)
            time = record.get("sent_at", record.get("connected_at", record.get("at")))
            if time is None or parse_time(time) <= moment:
                kept.append(line)
        (folder / path.name).write_text("\n".join(kept) + "\n")


def test_the_evidence_names_children_messages_and_countries(
    result: ScanResult, world: tuple[Path, DemoWorld]
) -> None:
    offender = _offender(result, world)
    children = offender.evidence.children
    assert len(children) == offender.signals["children_contacted"]
    # A person may look more of a child than he is; nearly all must be those he contacted.
    assert len({child.account for child in children} & set(world[1].contacted)) >= 0.95 * len(
        children
    )
    assert children == sorted(children, key=lambda child: (child.contacted_at, child.account))
    countries = offender.evidence.countries()
    assert len(countries) >= 8
    assert sum(row["children"] for row in countries) <= len(children)
    assert all(sum(row["basis"].values()) == row["children"] for row in countries)


def test_every_reason_is_traced_to_messages_that_bear_it_out(
    result: ScanResult, world: tuple[Path, DemoWorld]
) -> None:
    offender = _offender(result, world)
    sent = {}
    for line in (world[0] / "messages.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["sender"] == offender.account:
            sent[record["id"]] = record
    traced = Counter(
        reason.signal
        for reason in offender.reasons
        for message in offender.evidence.message_ids(reason.signal)
        if message in sent
    )
    for reason in offender.reasons:
        ids = offender.evidence.message_ids(reason.signal)
        assert traced[reason.signal] == len(ids), f"{reason.signal}: ids that he did not send"
    for signal in ("children_first_contacted_90d", "children_age_probed", "children_asked_photo"):
        assert traced[signal] > 0, signal
    for excerpt in offender.evidence.excerpts:
        assert excerpt.message in sent
        assert excerpt.text == sent[excerpt.message]["text"]
        assert "messages.jsonl" in excerpt.origin
        assert excerpt.indicators


def test_reasons_prior_and_calibration_add_up(result: ScanResult) -> None:
    for account in result.accounts:
        total = result.scorecard.prior_log_odds + total_contribution(account.reasons)
        # Reasons of next to no weight are left out of the list.
        assert account.log_odds == pytest.approx(total + account.calibration, abs=0.2)


def test_the_files_hold_the_ranking(result: ScanResult, tmp_path: Path) -> None:
    output.write(result, tmp_path)
    text = (tmp_path / "assessments.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["account"] for row in rows] == [a.account for a in result.accounts]
    assert set(rows[0]) >= {
        "account",
        "probability",
        "band",
        "as_of",
        "first_flagged_at",
        "children_contacted",
        "children_first_contacted_30d",
        "countries",
        "reasons",
    }
    assert set(rows[0]["reasons"][0]) == {"signal", "value", "contribution", "sentence", "messages"}
    table = pq.read_table(tmp_path / "assessments.parquet")
    assert table.num_rows == result.assessed.signals.num_rows
    assert table["account"][: len(rows)].to_pylist() == [row["account"] for row in rows]
    assert table.schema.metadata[b"fieldfare.scorecard"].startswith(b"simulated")
    assert list(tmp_path.glob("*.part")) == []


def test_an_edge_list_without_ages_flags_nobody(tmp_path: Path) -> None:
    lines = [
        f"{sender} {100 + (sender * 7 + n) % 300} {1_700_000_000 + 3600 * n}"
        for sender in range(20)
        for n in range(60)
    ]
    (tmp_path / "edges.txt").write_text("\n".join(lines) + "\n")
    found = scan([tmp_path / "edges.txt"], ScanSettings())
    assert found.gathered.rows["messages"] == 1200
    assert found.flagged_count == 0


def test_order_of_the_input_does_not_matter(
    result: ScanResult, world: tuple[Path, DemoWorld], tmp_path: Path
) -> None:
    for path in world[0].glob("*.jsonl"):
        lines = path.read_text().splitlines()
        again = lines[::-1] + (lines[:500] if path.name == "messages.jsonl" else [])
        (tmp_path / f"reversed-{path.name}").write_text("\n".join(again) + "\n")
    reordered = scan([tmp_path], ScanSettings())
    assert [(a.account, a.log_odds) for a in reordered.accounts[:200]] == [
        (a.account, a.log_odds) for a in result.accounts[:200]
    ]


def test_a_child_inferred_from_peers_is_shown_as_such(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(body(school_events(1)))
    result = scan([path], ScanSettings())
    account = next(each for each in result.accounts if each.account == "stranger")
    inferred = [child for child in account.evidence.children if child.age_basis == "peers"]
    assert inferred and all(0.5 <= child.child_probability <= 0.85 for child in inferred)
    assert all(child.age is not None and 12 <= child.age <= 14 for child in inferred)
    assert all(child.known_children >= 3 for child in inferred)
    assert len(account.evidence.children) == account.signals["children_contacted"]
    page = tmp_path / "page.html"
    write_page(result, page)
    said = page.read_text("utf-8")
    first = inferred[0]
    assert f"inferred: knew {first.known_children} children and {first.known_adults} adult" in said
    assert f"{len(inferred)} are taken for such only because of whom they knew" in said
    stated = len(account.evidence.children) - len(inferred)
    assert f"of {stated} whose age is given or stated" in said
    began = sum(child.wrote_first for child in account.evidence.children)
    assert len(account.evidence.messages["first_contact"]) == began, "to these as well"


def test_nobody_is_counted_twice_where_accounts_of_unknown_age_are_probable_children(
    tmp_path: Path,
) -> None:
    path = tmp_path / "events.jsonl"
    path.write_bytes(body(school_events(1)))
    settings = ScanSettings(contacts=ContactSettings(unknown_child_probability=0.55))
    account = next(a for a in scan([path], settings).accounts if a.account == "stranger")
    assert any(child.age_basis == "peers" for child in account.evidence.children)
    assert account.signals["children_contacted"] == len(account.evidence.children) == 16


def test_what_was_asked_of_somebody_who_declares_to_be_an_adult_is_shown_where_it_counts(
    tmp_path: Path,
) -> None:
    at = parse_time("2026-03-01T15:00:00Z")
    # "declares" says 21 and knows only children; "grown" says 21 and knows nobody.
    events: list[dict[str, object]] = [
        {"type": "account", "id": f"c{n}", "age": 13, "age_source": "verified"} for n in range(12)
    ]
    events += [
        {"type": "account", "id": name, "age": 21, "age_source": "declared", "age_confidence": 0.95}
        for name in ("declares", "grown")
    ]
    events += [
        {"type": "connection", "account": "declares", "peer": f"c{n}", "connected_at": at + n}
        for n in range(12)
    ]
    for n, name in enumerate(("c0", "c1", "c2", "declares", "grown")):
        events.append(
            {"type": "message", "id": f"to-{name}", "sender": "stranger", "recipients": [name]}
        )
        events[-1] |= {"sent_at": at + DAY + n, "text": "how old are you?"}
    path = tmp_path / "events.jsonl"
    path.write_bytes(body(events))
    result = scan([path], ScanSettings())
    evidence = next(a for a in result.accounts if a.account == "stranger").evidence
    shown = {each.message for each in evidence.excerpts}
    assert shown == {"to-c0", "to-c1", "to-c2", "to-declares"}


@pytest.mark.spark
def test_spark_gives_the_same_assessments(
    result: ScanResult, world: tuple[Path, DemoWorld]
) -> None:
    on_spark = scan([world[0]], ScanSettings(engine="spark", memory="2g", threads=2, top=5))
    assert on_spark.assessed.signals.num_rows == result.assessed.signals.num_rows
    for ours, theirs in zip(result.accounts[:5], on_spark.accounts, strict=True):
        assert ours.account == theirs.account
        assert ours.log_odds == pytest.approx(theirs.log_odds, abs=1e-9)
        assert ours.first_flag == theirs.first_flag
        assert ours.evidence.message_ids("children_age_probed") == theirs.evidence.message_ids(
            "children_age_probed"
        )
