"""Signals of the first few contacts, each counted by hand."""

from __future__ import annotations

import math

import pytest

from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary.times import DAY, HOUR
from tests.contacts.scene import AS_OF, Scene, W, stranger

USUAL = 0.15 + 0.6 * 0.02
"""Share of children among the first contacts of somebody of whom an adult age is verified."""


def _evidence(of_children: float, of_adults: float, usual: float = USUAL) -> float:
    return math.log(W * 0.7 / usual * of_children + (1 - W) * 0.3 / (1 - usual) * of_adults)


def test_each_strange_child_adds_as_much(duck: Engine) -> None:
    for children in (2, 4):
        row = stranger(children).signals(duck)["adult"]
        assert row["approach_evidence"] == pytest.approx(children * _evidence(3, 1))
        assert row["strange_children"] == pytest.approx(children * W)
        assert row["strange_children_abroad"] == 0, "its own country is not known"
        assert row["familiar_children"] == 0


def test_children_abroad_weigh_more_and_those_at_home_less(duck: Engine) -> None:
    scene = stranger(4)
    scene.accounts[0] |= {"country": "PH", "country_basis": "declared"}
    row = scene.signals(duck)["adult"]
    assert row["approach_evidence"] == pytest.approx(2 * _evidence(9, 1) + 2 * _evidence(1.8, 1))
    assert row["strange_children_abroad"] == pytest.approx(2 * W)


def test_what_went_before_a_turn_does_not_dilute_it(duck: Engine) -> None:
    scene = stranger(4)
    alone = scene.signals(duck)["adult"]["approach_evidence"]
    for number in range(30):
        scene.person(f"friend{number}", 40)
        scene.write("adult", f"friend{number}", AS_OF - 90 * DAY + number * HOUR)
    assert scene.signals(duck)["adult"]["approach_evidence"] == pytest.approx(alone)


def test_a_connection_or_a_group_makes_a_child_no_stranger(duck: Engine) -> None:
    scene = stranger(4)
    scene.act("c0", "adult", "connect", AS_OF - 50 * DAY)
    scene.write("c1", "adult", AS_OF - 50 * DAY, is_group=1)
    row = scene.signals(duck)["adult"]
    assert row["strange_children"] == pytest.approx(2 * W)
    assert row["familiar_children"] == 0, "it wrote first to all of them"


def test_an_account_among_children_is_measured_by_its_own_life(duck: Engine) -> None:
    scene = stranger(4)
    alone = scene.signals(duck)["adult"]["approach_evidence"]
    for number in range(6):
        scene.person(f"mate{number}", 12)
    for number in range(2):
        scene.write(f"mate{number}", "adult", AS_OF - 60 * DAY)
        scene.write("adult", f"mate{number}", AS_OF - 59 * DAY)
        scene.act("adult", f"mate{2 + number}", "connect", AS_OF - 60 * DAY)
        scene.write(f"mate{4 + number}", "adult", AS_OF - 60 * DAY, is_group=1)
        scene.write("adult", f"mate{4 + number}", AS_OF - 60 * DAY, is_group=1)
    row = scene.signals(duck)["adult"]
    assert row["familiar_children"] == pytest.approx(6 * W)
    usual = (3 * USUAL + 6 * W) / 9
    assert row["approach_evidence"] == pytest.approx(4 * _evidence(3, 1, usual=usual))
    assert row["approach_evidence"] < alone / 2


def test_nobody_makes_themselves_familiar(duck: Engine) -> None:
    scene = stranger(4)
    for number in range(4):
        # Answered, connected and in a group of its own making afterwards.
        scene.write(f"c{number}", "adult", AS_OF - HOUR)
        scene.act("adult", f"c{number}", "connect", AS_OF - HOUR)
        scene.write("adult", f"c{number}", AS_OF - HOUR, is_group=1)
        scene.write(f"c{number}", "adult", AS_OF - HOUR, is_group=1)
    scene.person("asked", 12)
    scene.act("adult", "asked", "request", AS_OF - 2 * DAY)
    scene.act("adult", "asked", "connect", AS_OF - DAY)
    assert scene.signals(duck)["adult"]["familiar_children"] == 0


def test_without_connections_nobody_counts_as_unconnected(duck: Engine) -> None:
    scene = Scene()
    scene.person("adult", 40)
    for number in range(2):
        scene.person(f"c{number}", 12)
        scene.write("adult", f"c{number}", AS_OF - DAY + number * HOUR)
    row = scene.signals(duck, has_connections=0)["adult"]
    assert row["approach_evidence"] == pytest.approx(2 * _evidence(1, 1))
    assert row["strange_children"] == 0


def test_a_role_is_what_the_operator_states(duck: Engine) -> None:
    roles = {"moderator": 2, "support": 2, "business": 1, "creator": 1, "member": 0, None: 0}
    for role, value in roles.items():
        scene = stranger(4)
        scene.accounts[0]["role"] = role
        assert scene.signals(duck)["adult"]["service_role"] == value
