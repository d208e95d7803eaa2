"""The figures of an investigation are those of the truth, and its references lead somewhere."""

from __future__ import annotations

from typing import Any

import pytest

from fieldfare.lab.suspect.archive import Archive
from fieldfare.lab.suspect.evaluation import one_case
from fieldfare.lab.suspect.tracing import follow


@pytest.fixture(scope="session")
def figures(archive: Archive) -> dict[str, Any]:
    return one_case(archive, looks=6)


def test_every_line_leads_back_to_its_record(figures: dict[str, Any], archive: Archive) -> None:
    assert figures["lines"] >= archive.records
    assert figures["lines_traced"] == 1.0, figures["untraced"]


def test_no_two_messages_are_one(figures: dict[str, Any], archive: Archive) -> None:
    for dedupe in (figures["dedupe"], figures["dedupe_after_joins"]):
        assert dedupe["merged_wrongly"] == 0
        assert dedupe["true_messages"] == archive.messages <= dedupe["messages"] < archive.records
    assert figures["joins"]["wrong_persons"] == 0


def test_looking_finds_children_and_costs_none(figures: dict[str, Any]) -> None:
    assert figures["recall_after_looks"] >= figures["recall"]
    assert len(figures["missed_after_looks"]) <= len(figures["missed"]) < 24


def test_a_reference_that_leads_nowhere_is_seen(archive: Archive) -> None:
    phone = str(archive.archives / "phone-a.ufdr")
    nowhere = [
        (phone, "report.xml", "model 999999"),
        (phone, "other.xml", "model 2"),
        (f"{phone}x", "report.xml", "model 2"),
    ]
    real = (phone, "report.xml", "model 2")
    found = follow([real, *nowhere])
    assert found[real] is not None
    assert [found[where] for where in nowhere] == [None, None, None]
