"""How much of a life an account has, and how much of what it writes shows an indicator: each
counted by hand."""

from __future__ import annotations

import pytest

from fieldfare.contacts.engine import Engine
from fieldfare.vocabulary.times import DAY, MINUTE
from tests.contacts.scene import AS_OF, Scene, befriend, stranger


def test_ties_are_counted_besides_the_children_written_to_first(duck: Engine) -> None:
    scene = stranger(4)
    scene.write("c0", "adult", AS_OF - MINUTE)
    scene.act("c1", "adult", "connect", AS_OF - DAY)
    scene.act("adult", "c1", "connect", AS_OF - DAY)
    assert scene.signals(duck)["adult"]["tied_people"] == 0, "whom it went to is no life of its own"
    befriend(scene, "adult", "mum")
    scene.act("adult", "mum", "connect", AS_OF - 50 * DAY)
    scene.act("adult", "bob", "connect", AS_OF - 50 * DAY)
    scene.write("adult", "silent", AS_OF - 50 * DAY)
    row = scene.signals(duck)["adult"]
    assert row["tied_people"] == 2, "one who never answers is no tie, and nobody counts twice"


def test_ties_are_not_counted_of_who_wrote_first_to_no_child(duck: Engine) -> None:
    scene = Scene()
    scene.person("pen", 40)
    scene.person("child", 12)
    scene.write("child", "pen", AS_OF - DAY)
    scene.write("pen", "child", AS_OF - DAY + MINUTE)
    assert scene.signals(duck)["pen"]["tied_people"] is None


def _talk(scene: Scene, to: str, messages: int, of: str = "adult") -> None:
    for number in range(messages):
        scene.write(of, to, AS_OF - DAY + number * MINUTE, tokens=5, weight_sum=2.0)


def test_what_is_shown_counts_for_each_message_written(duck: Engine) -> None:
    scene = stranger(4)
    _talk(scene, "c0", 8)
    for at, indicator in enumerate(("age_probing", "age_probing", "secrecy", "flattery", "call")):
        scene.show("adult", "c0", indicator, AS_OF - DAY + at * MINUTE)
    row = scene.signals(duck)["adult"]
    # Four, calls apart; eight messages, one more to c0 before them, and ten without any added.
    assert row["indicator_rate"] == pytest.approx(4 / (9 + 10))
    assert row["indicator_kinds_to_one"] == 2, "calls and flattery are no stage"
    assert row["token_mean"] == pytest.approx(8 * 2.0 / 40)


def test_the_more_is_written_besides_the_less_it_is(duck: Engine) -> None:
    scene = stranger(4)
    _talk(scene, "c0", 8)
    scene.show("adult", "c0", "secrecy", AS_OF - DAY)
    few = scene.signals(duck)["adult"]["indicator_rate"]
    _talk(scene, "c1", 40)
    assert scene.signals(duck)["adult"]["indicator_rate"] < few


def test_what_is_written_to_known_adults_is_left_out(duck: Engine) -> None:
    scene = stranger(4)
    _talk(scene, "c0", 8)
    scene.show("adult", "c0", "secrecy", AS_OF - DAY)
    names = ("indicator_rate", "indicator_kinds_to_one", "token_mean")
    alone = [scene.signals(duck)["adult"][name] for name in names]
    scene.person("friend", 41)
    _talk(scene, "friend", 30)
    for indicator in ("photo_request", "meeting_travel", "secrecy"):
        scene.show("adult", "friend", indicator, AS_OF - DAY)
    assert [scene.signals(duck)["adult"][name] for name in names] == alone


def test_kinds_are_those_shown_to_one_person(duck: Engine) -> None:
    scene = stranger(4)
    for child, indicator in enumerate(("secrecy", "age_probing", "photo_request", "gift_offer")):
        scene.show("adult", f"c{child}", indicator, AS_OF - DAY)
    assert scene.signals(duck)["adult"]["indicator_kinds_to_one"] == 1
    scene.show("adult", "c0", "age_probing", AS_OF - DAY)
    assert scene.signals(duck)["adult"]["indicator_kinds_to_one"] == 2


def test_without_text_nothing_is_known_of_words(duck: Engine) -> None:
    row = stranger(4).signals(duck)["adult"]
    assert row["indicator_rate"] is None
    assert row["token_mean"] is None
    assert row["indicator_kinds_to_one"] == 0
