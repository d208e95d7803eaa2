"""Decisions move the card a little, and it is said what moved and for whom."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fieldfare.lab.review_decisions import read_decisions, refit
from fieldfare.risk.scorecard import parse
from fieldfare.vocabulary import InputError

CARD = parse(
    b"""
version = "given"
basis = "a test"
prior = 0.2
flag_from = "alert"
bands = [{ name = "none", from = 0.0 }, { name = "alert", from = 0.5 }]
[signals.children_who_rejected]
edges = [0.5, 2.0]
weights = [0.0, 1.2, 1.3]
sentence = "Turned down by {value}."
format = "children"
""",
    "card",
)


@pytest.fixture
def assessments(tmp_path: Path) -> Path:
    path = tmp_path / "assessments.parquet"
    rejected = [0.0] * 20 + [1.0] * 20 + [3.0] * 20
    accounts = [f"a{n}" for n in range(60)]
    table = {"account": accounts, "tokens": [0] * 60, "children_who_rejected": rejected}
    pq.write_table(pa.table(table), path)
    return path


def decisions(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("".join(json.dumps({"account": a, "decision": d}) + "\n" for a, d in rows))
    return path


def test_decisions_move_weights_and_bands(assessments: Path, tmp_path: Path) -> None:
    rows = [(f"a{n}", "dismissed") for n in range(20, 40)]
    rows += [(f"a{n}", "confirmed") for n in range(40, 60)]
    rows += [("elsewhere", "confirmed"), ("a0", "needs a second look")]
    labels = read_decisions(decisions(tmp_path / "decisions.jsonl", rows))
    card, report = refit([assessments], labels, CARD, spread=1.0)
    was, now = CARD.signals["children_who_rejected"], card.signals["children_who_rejected"]
    assert now.weights[1] < was.weights[1]
    assert now.weights[2] > was.weights[2]
    assert (report["confirmed"], report["dismissed"]) == (20, 20)
    assert (report["other_decisions"], report["not_in_the_assessments"]) == (1, 1)
    assert report["weights"][0]["signal"] == "children_who_rejected"
    assert report["moves"] == [{"was": "none", "now": "alert", "accounts": 20}]
    assert {row["account"] for row in report["accounts"]} == {f"a{n}" for n in range(40, 60)}
    held, _ = refit([assessments], labels, CARD, spread=0.01)
    assert held.signals["children_who_rejected"].weights == pytest.approx(was.weights, abs=0.02)


def test_what_cannot_be_read_is_named(assessments: Path, tmp_path: Path) -> None:
    path = tmp_path / "decisions.jsonl"
    path.write_text('{"account": "a1", "decision": "confirmed"}\n{"account": "a2"}\n')
    with pytest.raises(InputError, match="line 2"):
        read_decisions(path)
    labels = read_decisions(decisions(path, [("nobody", "confirmed")]))
    with pytest.raises(InputError, match="no decision is about"):
        refit([assessments], labels, CARD, spread=1.0)
    with pytest.raises(InputError, match="not the assessments"):
        refit([path], labels, CARD, spread=1.0)
