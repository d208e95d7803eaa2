"""Signals of the neighbourhood, of novelty and of comparison, each counted by hand."""

from __future__ import annotations

import math

import pytest

from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE
from tests.contacts.scene import AS_OF, Scene, W, befriend, stranger


def test_children_of_one_place_are_expected_to_know_one_another(duck: Engine) -> None:
    scene = stranger(4)
    # Each child knows the same two neighbours, and two further people of its own.
    for number in range(4):
        for other in ("n0", "n1", f"x{number}", f"y{number}"):
            befriend(scene, f"c{number}", other)
    row = scene.signals(duck)["adult"]
    # n0 and n1 are known to all four, more than half: no overlap is left, and none is expected.
    assert row["acquaintance_ratio"] == pytest.approx(1.0)
    befriend(scene, "c0", "n2")
    befriend(scene, "c1", "n2")
    befriend(scene, "c2", "n3")
    befriend(scene, "c3", "n3")
    # Five ties each, 20 in all; two overlaps. Pool: (400 - 100) / 2 / 2 = 75; expected pairs:
    # 3 * 20 / (2 * 75) = 0.4.
    row = scene.signals(duck)["adult"]
    assert row["acquaintance_ratio"] == pytest.approx(1 / 1.4)
    befriend(scene, "c0", "c1")
    # One tied pair. Ties 6, 6, 5, 5: pool (484 - 122) / 2 / 2 = 90.5.
    row = scene.signals(duck)["adult"]
    assert row["acquaintance_ratio"] == pytest.approx(2 / (1 + 3 * 22 / 181))


def test_a_contact_in_common_introduces_before_and_not_after(duck: Engine) -> None:
    scene = stranger(4)
    assert scene.signals(duck)["adult"]["stranger_share"] is None, "nobody else is seen"
    early, late = AS_OF - 50 * DAY, AS_OF - 10 * MINUTE
    befriend(scene, "adult", "mother", early)
    befriend(scene, "c0", "mother", early)
    befriend(scene, "c1", "mother", late)
    scene.write("c2", "mother", early)
    scene.act("adult", "c3", "connect", early)
    scene.act("c3", "adult", "connect", early)
    row = scene.signals(duck)["adult"]
    assert row["common_contact_share"] == pytest.approx(1 / 4)
    assert row["common_contact_ever_share"] == pytest.approx(2 / 4), "c2 had no answer"
    assert row["stranger_share"] == pytest.approx(2 / 4), "c3 was connected"
    for one, other in (("adult", "uncle"), ("uncle", "adult"), ("c2", "uncle"), ("uncle", "c2")):
        scene.act(one, other, "connect", early)
    row = scene.signals(duck)["adult"]
    assert row["common_contact_share"] == pytest.approx(2 / 4), "connections are ties too"


def test_everyones_contact_is_nobodys(duck: Engine) -> None:
    scene = stranger(4)
    for account in ("adult", "c0", "c1", "c2", "c3"):
        befriend(scene, account, "desk", AS_OF - 50 * DAY)
    for number in range(251):
        scene.write("desk", f"x{number}", AS_OF - 40 * DAY)
    assert scene.signals(duck)["adult"]["common_contact_share"] == 1, "256 are not too many"
    scene.write("desk", "x251", AS_OF - 40 * DAY)
    assert scene.signals(duck)["adult"]["common_contact_share"] == 0


def test_two_accounts_that_work_through_the_same_children_are_linked(duck: Engine) -> None:
    scene = stranger(5)
    scene.write("c0", "mother", AS_OF - 50 * DAY)
    for child in ("c0", "c1", "c2"):
        scene.write("second", child, AS_OF - 2 * HOUR)
    scene.write("c3", "second", AS_OF - 2 * HOUR)
    scene.write("second", "c3", AS_OF - HOUR)
    for child in ("c0", "c1", "c2", "c3"):
        scene.write("colleague", child, AS_OF - 2 * HOUR)
    scene.write("adult", "colleague", AS_OF - 60 * DAY)
    row = scene.signals(duck)["adult"]
    assert row["linked_account"] == "second", "the colleague is a contact of the adult's"
    assert row["linked_children"] == 3, "c3 wrote to the second account first"
    scene.write("c1", "c2", AS_OF - 60 * DAY)
    row = scene.signals(duck)["adult"]
    assert (row["linked_account"], row["linked_children"]) == (None, 0), "two of them are friends"


def test_new_children_among_the_active_contacts_and_contacts_that_last(duck: Engine) -> None:
    scene = stranger(4)
    for number in range(3):
        scene.person(f"old{number}", 50)
        scene.write("adult", f"old{number}", AS_OF - 60 * DAY)
    scene.write("adult", "old0", AS_OF - DAY)
    scene.write("adult", "of unknown age", AS_OF - DAY)
    for number in range(3):
        scene.write("c0", "adult", AS_OF - HOUR + number)
        scene.write("c1", "adult", AS_OF - HOUR + number)
    scene.write("adult", "c0", AS_OF - HOUR + 10)
    scene.write("adult", "c0", AS_OF - HOUR + 11)
    row = scene.signals(duck)["adult"]
    assert row["new_child_share_30d"] == pytest.approx(4 * W / 5), "four children and old0"
    assert row["lasting_share"] == pytest.approx(1 / 4), "c1 was written to once only"


def test_a_step_against_the_accounts_own_past(duck: Engine) -> None:
    scene = stranger(4)
    assert scene.signals(duck)["adult"]["change_30d"] is None, "a new account has no past"
    scene.person("before", 12)
    scene.write("adult", "before", AS_OF - 90 * DAY)
    row = scene.signals(duck)["adult"]
    assert row["change_30d"] == pytest.approx(math.log((4 * W + 1) / (W / 2 + 1)))
    scene.write("adult", "long ago", AS_OF - 330 * DAY)
    row = scene.signals(duck)["adult"]
    assert row["change_30d"] == pytest.approx(math.log((4 * W + 1) / (W / 10 + 1)))


def test_new_and_dormant_accounts(duck: Engine) -> None:
    scene = stranger(4)
    row = scene.signals(duck)["adult"]
    assert row["account_age_days_at_first_child"] is None
    assert row["quiet_days_before_children"] is None
    first = AS_OF - 4 * DAY + HOUR
    scene.accounts[0]["created_at"] = first - 100 * DAY
    row = scene.signals(duck)["adult"]
    assert row["account_age_days_at_first_child"] == pytest.approx(100)
    assert row["quiet_days_before_children"] == pytest.approx(100)
    scene.write("adult", "friend", first - 40 * DAY)
    scene.write("adult", "friend", first - 2 * DAY)
    row = scene.signals(duck)["adult"]
    assert row["quiet_days_before_children"] == pytest.approx(40)
    scene.accounts[0]["created_at"] = first + DAY
    row = scene.signals(duck)["adult"]
    assert row["account_age_days_at_first_child"] == 0, "a clock that is wrong"
    assert row["quiet_days_before_children"] == pytest.approx(40)


def test_surprise_is_read_off_the_norms_of_like_accounts(duck: Engine) -> None:
    assert stranger(4).signals(duck)["adult"]["peak_7d_surprise"] == pytest.approx(2.0)
    scene = Scene()
    for number in range(8):
        scene.person(f"c{number}", 12)
        scene.write("slow", f"c{number}", AS_OF - (number // 2) * 8 * DAY)
    assert scene.signals(duck)["slow"]["peak_7d_surprise"] == pytest.approx(1.0)
    for number in range(10):
        scene.write("slow", f"x{number}", AS_OF)
    assert scene.signals(duck)["slow"]["peak_7d_surprise"] is None, "no norms for sixteen and more"


def test_what_lies_beyond_the_caps_is_not_looked_at(duck: Engine) -> None:
    scene = stranger(4)
    befriend(scene, "adult", "mother", AS_OF - 90 * DAY)
    for number in range(256):
        befriend(scene, "c0", f"x{number}", AS_OF - 80 * DAY)
    befriend(scene, "c0", "mother", AS_OF - 60 * DAY)
    assert scene.signals(duck)["adult"]["common_contact_share"] == 0
    befriend(scene, "c1", "mother", AS_OF - 60 * DAY)
    assert scene.signals(duck)["adult"]["common_contact_share"] == pytest.approx(1 / 4)
