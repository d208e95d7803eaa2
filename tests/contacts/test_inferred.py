"""Children inferred from whom they knew before: who is, and above all who is not."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fieldfare.contacts.definition import doubted_below
from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary.times import DAY, HOUR
from tests.contacts.scene import AS_OF, Scene, W, stranger

BEFORE = AS_OF - 60 * DAY


def _approached(**known: Any) -> Scene:
    """A stranger who wrote first to three known children, and last to somebody called "them"."""
    scene = stranger(3)
    if known:
        scene.person("them", known.pop("age"), **known)
    scene.write("adult", "them", AS_OF - HOUR)
    return scene


def _befriend(scene: Scene, children: int, adults: int = 0, at: int = BEFORE) -> None:
    for number in range(children + adults):
        friend = f"friend{number}"
        scene.person(friend, 13 if number < children else 44)
        scene.act("them", friend, "connect", at)


def _inferred(scene: Scene, engine: Engine) -> float:
    found: float = scene.signals(engine)["adult"]["children_inferred"]
    return found


def _weight(log_odds: float) -> float:
    return (min(0.85, 1 / (1 + math.exp(-log_odds))) - 0.1) / 0.9


def test_who_knows_children_is_probably_a_child(duck: Engine) -> None:
    scene = _approached()
    assert _inferred(scene, duck) == 0
    _befriend(scene, children=6)
    log_odds = math.log(1 / 9) + 1.3 * math.log(1 + 6 * 0.98)
    row = scene.signals(duck)["adult"]
    assert row["children_inferred"] == pytest.approx(_weight(log_odds))
    assert row["children_first_contacted_90d"] == pytest.approx(3 * W + _weight(log_odds))
    assert row["children_contacted"] == 4
    assert row["first_contacts_known_age"] == 4
    assert row["adult_probability"] == pytest.approx(0.98)


def test_shares_count_the_inferred_above_and_below_the_line(duck: Engine) -> None:
    scene = _approached()
    _befriend(scene, children=6)
    for number in range(3):
        scene.write("adult", "them", AS_OF - HOUR + 1 + number)
        scene.write("them", "adult", AS_OF - HOUR + 10 + number)
    row = scene.signals(duck)["adult"]
    weight = 3 * W + row["children_inferred"]
    assert row["new_child_share_30d"] == pytest.approx(weight / 4), "never above one"
    assert row["lasting_share"] == pytest.approx(row["children_inferred"] / weight)


def test_adults_among_them_speak_against_it(duck: Engine) -> None:
    scene = _approached()
    _befriend(scene, children=6, adults=1)
    one = _inferred(scene, duck)
    scene = _approached()
    _befriend(scene, children=6, adults=6)
    assert _inferred(scene, duck) < one


def test_a_group_in_which_both_write_counts_and_one_they_are_put_into_does_not(
    duck: Engine,
) -> None:
    for writes, expected in ((False, 0.0), (True, 0.85)):
        scene = _approached()
        for number in range(8):
            scene.person(f"mate{number}", 13)
            scene.write(f"mate{number}", "them", BEFORE, is_group=1)
            if writes:
                scene.write("them", f"mate{number}", BEFORE + HOUR, is_group=1)
        found = _inferred(scene, duck)
        assert found == pytest.approx((expected - 0.1) / 0.9 if expected else 0)


@pytest.mark.parametrize(("age", "doubted"), [(18, True), (25, True), (26, False), (45, False)])
def test_only_declared_ages_just_above_eighteen_are_doubted(
    duck: Engine, age: int, doubted: bool
) -> None:
    scene = _approached(age=age, age_basis="declared", age_confidence=0.9)
    _befriend(scene, children=12)
    assert (_inferred(scene, duck) > 0) == doubted == (age < doubted_below())
    scene = _approached(age=age)
    _befriend(scene, children=12)
    assert _inferred(scene, duck) == 0, "verified"


def test_what_comes_after_makes_nobody_a_child(duck: Engine) -> None:
    scene = _approached()
    _befriend(scene, children=12, at=AS_OF - HOUR + 1)
    assert _inferred(scene, duck) == 0


def test_a_teacher_who_wrote_first_to_the_class_is_no_child(duck: Engine) -> None:
    scene = _approached()
    for number in range(8):
        scene.person(f"pupil{number}", 13)
        scene.write("them", f"pupil{number}", BEFORE)
        scene.write(f"pupil{number}", "them", BEFORE + HOUR)
    assert _inferred(scene, duck) == 0
    scene.deliveries = [each for each in scene.deliveries if each["recipient"] != "pupil0"]
    assert _inferred(scene, duck) > 0


def test_a_celebrity_is_no_child(duck: Engine) -> None:
    scene = _approached()
    _befriend(scene, children=51)
    assert _inferred(scene, duck) == 0


def test_nobody_is_inferred_for_those_who_write_to_no_known_child(duck: Engine) -> None:
    scene = Scene()
    scene.person("adult", 40)
    for name in ("them", "another", "third"):
        scene.write("adult", name, AS_OF - HOUR)
    _befriend(scene, children=6)
    assert "adult" not in scene.signals(duck)
