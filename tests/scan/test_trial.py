"""A policy tried on past events counts what it would have done to each of them."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from fieldfare.contacts.engine import open_engine
from fieldfare.safeguards import Policy, Verdict, decide, shipped
from fieldfare.scan.gather import Gathered
from fieldfare.scan.settings import ScanSettings
from fieldfare.scan.trial import Trial, _decide_all, _situation, _situations, as_json, try_policy
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import DAY, HOUR
from tests.safeguards.policies import policy, rule

START = 1_767_225_600_000_000


def events(folder: Path) -> Path:
    """An adult writes to six children within a day, is connected with the first, answered by the
    second, blocked by the third; and to another adult. Then she writes to each child again."""
    records: list[dict[str, Any]] = [
        {"type": "account", "id": "anna", "age": 40, "age_source": "verified"},
        {"type": "account", "id": "otto", "age": 50, "age_source": "verified"},
        {"type": "connection", "account": "anna", "peer": "c0", "connected_at": START - DAY},
        {"type": "notice", "kind": "request", "account": "anna", "peer": "c5", "at": START - HOUR},
        {
            "type": "notice",
            "kind": "block",
            "account": "c2",
            "peer": "anna",
            "at": START + 12 * HOUR,
        },
    ]
    for n in range(6):
        records.append({"type": "account", "id": f"c{n}", "age": 9 + n, "age_source": "verified"})
        records.append(sent(f"a{n}", "anna", f"c{n}", START + n * HOUR))
        records.append(sent(f"b{n}", "anna", f"c{n}", START + 2 * DAY + n * HOUR))
    records.append(sent("answer", "c1", "anna", START + 13 * HOUR))
    records.append(sent("o", "anna", "otto", START))
    path = folder / "events.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def sent(key: str, sender: str, recipient: str, at: int) -> dict[str, Any]:
    return {
        "type": "message",
        "id": key,
        "sender": sender,
        "recipients": [recipient],
        "sent_at": at,
    }


def trial(folder: Path, *rules: str, against: Policy | None = None) -> Trial:
    return try_policy(policy(*rules), [events(folder)], ScanSettings(), against)


@pytest.mark.parametrize(
    ("conditions", "messages", "first_contacts"),
    [
        ("recipient_child_at_least = 0.5", 12, 6),
        ("recipient_child_at_least = 0.5\nconnected = false", 10, 5),
        ("recipient_answered = true", 2, 1),
        ("blocked = true", 1, 0),
        ("recipient_age_below = 12", 6, 3),
        ("recipient_child_at_least = 0.5\nfirst_contact = true", 6, 6),
        # Each child counts a little less than one: before the fourth, 2.9.
        ("children_first_contacted_1d_above = 2.5\nrecipient_child_at_least = 0.5", 3, 3),
        ("children_first_contacted_7d_above = 2.5\nrecipient_child_at_least = 0.5", 9, 3),
        ("sender_adult_at_least = 0.5", 13, 7),
    ],
)
def test_each_condition_is_asked_of_the_moment_of_each_message(
    tmp_path: Path, conditions: str, messages: int, first_contacts: int
) -> None:
    found = trial(tmp_path, rule("r", "withhold", conditions)).tally
    kinds = (found.children, found.adults)
    assert sum(kind.messages["withhold"] for kind in kinds) == messages
    assert sum(kind.first_contacts["withhold"] for kind in kinds) == first_contacts
    assert found.applied["r"] == found.decided["r"] == messages
    assert sum(sum(kind.messages.values()) for kind in kinds) == 14


def test_requests_children_and_senders_are_counted(tmp_path: Path) -> None:
    every = rule("r", "withhold").replace('["message"]', '["message", "request"]')
    found = as_json(trial(tmp_path, every))
    assert found["to_children"]["requests"]["withhold"] == 1
    assert found["to_adults"]["messages"]["withhold"] == 2
    assert found["to_children"]["senders"]["withhold"] == 1
    assert found["to_adults"]["senders"]["withhold"] == 2, "anna to otto, and c1 to anna"
    assert found["rules"] == [
        {"id": "r", "verdict": "withhold", "shadow": False, "applied": 15, "decided": 15}
    ]


def test_two_policies_are_compared(tmp_path: Path) -> None:
    before = policy(rule("old", "confirm", "recipient_age_below = 12"))
    found = as_json(trial(tmp_path, rule("new", "withhold", "blocked = true"), against=before))
    assert found["changes"] == [
        {"from": "confirm", "to": "deliver", "attempts": 5},
        {"from": "confirm", "to": "withhold", "attempts": 1},
    ]
    assert found["against"]["to_children"]["messages"]["confirm"] == 6


def test_a_policy_in_shadow_is_tried_and_a_rule_in_shadow_is_only_counted(tmp_path: Path) -> None:
    whole = policy(rule("r", "withhold"), head="shadow = true\n")
    path = events(tmp_path)
    assert try_policy(whole, [path], ScanSettings()).tally.decided["r"] == 14
    one = try_policy(policy(rule("r", "withhold", "shadow = true")), [path], ScanSettings()).tally
    assert (one.applied["r"], one.decided["r"]) == (14, 0)
    assert one.children.messages["deliver"] == 12


def test_a_flagged_account_has_its_band_from_the_moment_it_was_flagged(tmp_path: Path) -> None:
    born = ("PH", "LK", "TH", "ID", "MA", "TR")
    known = {"age_source": "verified"}
    records: list[dict[str, Any]] = [
        {"type": "account", "id": "anna", "age": 40, "country": "GB", **known},
        {"type": "connection", "account": "c0", "peer": "c1", "connected_at": START - DAY},
    ]
    for n in range(30):
        # At first children of her own country.
        country = "GB" if n < 8 else born[n % 6]
        child = {"type": "account", "id": f"c{n}", "age": 12, "country": country}
        records += [child | known, sent(f"m{n}", "anna", f"c{n}", START + n * HOUR)]
    path = tmp_path / "events.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    banded = policy(rule("r", "withhold", 'sender_band_at_least = "alert"'))
    found = try_policy(banded, [path], ScanSettings()).tally.children
    assert 0 < found.messages["withhold"] < 30
    assert found.messages["deliver"] > 3, "nobody is flagged before anything has happened"


def test_a_scorecard_with_other_bands_is_refused(tmp_path: Path) -> None:
    text = (
        'version = "t"\nbasis = "t"\nprior = 0.001\nflag_from = "red"\n'
        'bands = [{ name = "green", from = 0.0 }, { name = "red", from = 0.5 }]\n[signals]\n'
    )
    card = tmp_path / "card.toml"
    card.write_text(text)
    with pytest.raises(SettingsError, match="'green'"):
        try_policy(shipped(), [events(tmp_path)], ScanSettings(scorecard=card))


def test_what_stands_for_a_situation_is_decided_like_all_it_stands_for() -> None:
    """Against deciding every attempt by itself, over attempts that lie about every threshold."""
    draw = random.Random(3)
    ages = (None, 5.0, 12.9, 13.0, 15.5, 16.0, 17.5, 18.0, 40.0)
    chances = (0.02, 0.1, 0.49, 0.5, 0.51, 0.9)
    counts = (0.0, 0.9, 2.0, 2.1, 5.0, 5.1, 15.0, 15.1, 20.0, 20.5)
    rows: list[dict[str, Any]] = [
        {
            "sender": f"s{draw.randrange(40)}",
            "action": draw.choice(("message", "request")),
            "connected": draw.randrange(2),
            "answered": draw.randrange(2),
            "blocked": int(draw.random() < 0.1),
            "first_contact": draw.randrange(2),
            "sender_band": draw.choice((None, "watch", "alert", "urgent")),
            "recipient_band": draw.choice((None, "alert")),
            "sender_p": draw.choice(chances),
            "recipient_p": draw.choice(chances),
            "sender_age": draw.choice(ages),
            "recipient_age": draw.choice(ages),
            "recipient_country": draw.choice((None, "GB", "DE")),
            "children_1d": draw.choice(counts),
            "children_7d": draw.choice(counts),
            "attempts": draw.randrange(1, 4),
        }
        for _ in range(4000)
    ]
    asking = policy(rule("g", "confirm", 'recipient_countries = ["GB"]\nrecipient_age_from = 13'))
    for tried in (shipped(), asking):
        with open_engine("duckdb") as engine:
            engine.load("attempts", pa.Table.from_pylist(rows))
            found = _decide_all(engine, Gathered(), [tried], _situations(engine, [tried]))
        assert found.situations < len(rows)
        wanted: Counter[Verdict] = Counter()
        applied: Counter[str] = Counter()
        for row in rows:
            decision = decide(tried, _situation(row, "none"))
            wanted[decision.verdict] += row["attempts"]
            applied.update(dict.fromkeys(decision.rules, row["attempts"]))
        kinds = (found.tally.children, found.tally.adults)
        got = sum((kind.messages + kind.requests for kind in kinds), Counter[Verdict]())
        assert got == wanted
        assert found.tally.applied == applied
