"""Drawings account for every child; files of others are what they are said to be."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files

import pytest

from fieldfare.console.drawing.graph import graph
from fieldfare.console.drawing.world import world
from fieldfare.lab.console_cases import snapshot


def test_vendored_files_are_what_they_are_said_to_be() -> None:
    room = files("fieldfare.console")
    listed = json.loads((room / "VENDORED.json").read_text("utf-8"))
    for each in listed:
        assert hashlib.sha256((room / each["file"]).read_bytes()).hexdigest() == each["sha256"]
        assert each["licence"] and each["version"] and each["source"]
    own = {"console.css", "console.js", "icon.svg"}
    there = {entry.name for entry in (room / "static").iterdir()}
    assert there == own | {each["file"].removeprefix("static/") for each in listed} - {
        "middles.toml"
    }


@pytest.mark.parametrize("count", [1, 2, 150, 400])
def test_contact_graph_draws_every_child_apart(count: int) -> None:
    made = snapshot("acc", count, count)
    drawn = graph(made.children, made.ties)
    assert drawn is not None and len(drawn.nodes) == min(count, 300)
    places = {(node.x, node.y) for node in drawn.nodes}
    assert len(places) == len(drawn.nodes)
    assert sum(len(g.children) for g in drawn.groups) + drawn.alone == len(drawn.nodes)
    assert {n for tie in drawn.ties for n in (tie.first, tie.second)} == {
        n for g in drawn.groups for n in g.children
    }


def test_map_accounts_for_every_child_and_covers_none() -> None:
    made = snapshot("acc", 150, 150)
    drawn = world(made.children)
    assert drawn is not None
    unknown = sum(child.country is None for child in made.children)
    assert sum(c.children for c in drawn.circles) + unknown == 150
    assert f"{unknown} whose country is not known" in drawn.left_out
    for one in drawn.circles:
        for other in drawn.circles:
            apart = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
            assert one is other or apart >= one.radius + other.radius - 0.5
