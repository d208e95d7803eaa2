"""Each signal on a small world whose answer can be counted by hand."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.contacts.catalogue import catalogue
from fieldfare.contacts.engine import Engine, open_engine
from fieldfare.vocabulary.times import DAY, HOUR, MINUTE, SECOND
from tests.contacts.conftest import run_all
from tests.contacts.events import norms, table, world
from tests.contacts.events import settings as settings_table
from tests.contacts.scene import AS_OF, Scene, W, stranger


def test_first_contacts_are_counted_in_windows_and_at_their_peak(duck: Engine) -> None:
    scene = stranger(10)
    scene.person("old", 11)
    scene.write("adult", "old", AS_OF - 95 * DAY)
    row = scene.signals(duck)["adult"]
    assert row["children_first_contacted"] == 11
    assert row["children_contacted"] == 11
    assert row["children_first_contacted_1d"] == pytest.approx(W)
    assert row["children_first_contacted_7d"] == pytest.approx(7 * W)
    assert row["children_first_contacted_30d"] == pytest.approx(10 * W)
    assert row["children_first_contacted_90d"] == pytest.approx(10 * W)
    assert row["children_first_contacted_peak_1d"] == pytest.approx(W)
    assert row["children_first_contacted_peak_7d"] == pytest.approx(7 * W)


def test_an_answer_is_not_a_first_contact(duck: Engine) -> None:
    scene = Scene()
    scene.person("desk", 30)
    for number in range(5):
        scene.person(f"c{number}", 13)
        scene.write(f"c{number}", "desk", AS_OF - DAY)
        scene.write("desk", f"c{number}", AS_OF - DAY + MINUTE)
    row = scene.signals(duck)["desk"]
    assert row["children_first_contacted"] == 0
    assert row["children_contacted"] == 5
    assert row["wrote_first_share"] == 0
    assert row["children_first_contacted_peak_7d"] == 0


def test_shares_of_answered_connected_and_met_in_a_group(duck: Engine) -> None:
    scene = stranger(4)
    scene.write("c0", "adult", AS_OF - HOUR)
    scene.act("adult", "c1", "connect", AS_OF - 50 * DAY)
    scene.act("c1", "adult", "connect", AS_OF - 50 * DAY)
    scene.act("c2", "adult", "connect", AS_OF)
    scene.write("c3", "adult", AS_OF - 60 * DAY, is_group=1)
    row = scene.signals(duck)["adult"]
    assert row["answered_share"] == pytest.approx(1 / 4)
    assert row["unconnected_share"] == pytest.approx(3 / 4), "a later connection does not count"
    assert row["group_to_private_share"] == pytest.approx(1 / 4)
    assert row["child_share_of_first_contacts"] == pytest.approx(W)


def test_too_few_children_leave_shares_unknown(duck: Engine) -> None:
    row = stranger(2).signals(duck)["adult"]
    for name in (
        "answered_share",
        "unconnected_share",
        "acquainted_share",
        "country_entropy_bits",
        "wrote_first_share",
    ):
        assert row[name] is None, name


def test_acquaintance_is_what_separates_a_coach_from_a_stranger(duck: Engine) -> None:
    scene = stranger(4)
    assert scene.signals(duck)["adult"]["acquainted_share"] is None, "nobody else is seen"
    scene.write("c3", "mother", AS_OF - 20 * DAY)
    assert scene.signals(duck)["adult"]["acquainted_share"] == 0
    scene.write("c0", "c1", AS_OF - 20 * DAY)
    assert scene.signals(duck)["adult"]["acquainted_share"] == pytest.approx(2 / 4)
    scene.write("c2", "c3", AS_OF - 20 * DAY, is_group=1)
    assert scene.signals(duck)["adult"]["acquainted_share"] == pytest.approx(2 / 4), (
        "a shared group is not acquaintance: the account itself may have made it"
    )


def test_rejections_count_each_child_once(duck: Engine) -> None:
    scene = stranger(4)
    scene.act("c0", "adult", "block", AS_OF)
    scene.act("c0", "adult", "report", AS_OF)
    scene.act("c1", "adult", "decline", AS_OF)
    scene.act("adult", "c2", "block", AS_OF)
    scene.act("c3", "adult", "block", AS_OF - 50 * DAY)
    assert scene.signals(duck)["adult"]["children_who_rejected"] == pytest.approx(2 * W)


def test_ages_and_countries_of_the_children(duck: Engine) -> None:
    row = stranger(4).signals(duck)["adult"]
    assert row["age_gap_years"] == pytest.approx(40 - 12.5)
    assert row["child_age_spread_years"] == pytest.approx(0.5)
    assert row["country_entropy_bits"] == pytest.approx(1.0)
    assert row["time_zone_entropy_bits"] == pytest.approx(1.0)


def test_accounts_of_unknown_age_are_no_evidence(duck: Engine) -> None:
    scene = Scene()
    for number in range(200):
        scene.write("busy", f"x{number}", AS_OF - number * HOUR)
    assert "busy" not in scene.signals(duck), "there is nothing to say about it"
    totals = {row["account"]: row for row in duck.fetch("SELECT * FROM totals").to_pylist()}
    assert totals["busy"]["first_contacts"] == 200
    assert totals["busy"]["first_contacts_known_age"] == 0
    scene.show("busy", "x1", "age_probing", AS_OF)
    row = scene.signals(duck)["busy"]
    assert row["children_first_contacted"] == 0
    assert row["children_first_contacted_peak_7d"] == 0
    assert row["child_share_of_first_contacts"] is None
    assert row["adult_probability"] == pytest.approx(0.9)


def test_indicators_count_expected_children_also_of_unknown_age(duck: Engine) -> None:
    scene = stranger(3)
    scene.write("adult", "nobody", AS_OF - DAY)
    for peer in ("c0", "c0", "c1", "nobody"):
        scene.show("adult", peer, "age_probing", AS_OF - DAY + 2 * HOUR)
    row = scene.signals(duck)["adult"]
    assert row["children_age_probed"] == pytest.approx(0.98 + 0.98 + 0.1)
    assert row["children_told_secrecy"] == 0


def test_delay_from_first_contact_to_first_indicator(duck: Engine) -> None:
    scene = Scene()
    scene.person("adult", 40)
    for number, hours in enumerate((2, 10)):
        scene.person(f"c{number}", 12)
        scene.write("adult", f"c{number}", AS_OF - 9 * DAY)
        scene.show("adult", f"c{number}", "secrecy", AS_OF - 9 * DAY + hours * HOUR)
        scene.show("adult", f"c{number}", "photo_request", AS_OF - DAY)
        scene.show("adult", f"c{number}", "call", AS_OF - 9 * DAY)
    assert scene.signals(duck)["adult"]["hours_to_first_indicator"] == pytest.approx(6)


@pytest.mark.parametrize(
    ("hour_utc", "offset", "night"),
    [
        (23, 0.0, True),
        (5, 0.0, True),
        (6, 0.0, False),
        (21, 0.0, False),
        (22, 0.0, True),
        (14, 8.0, True),
        (15, 5.5, False),
        (17, 5.5, True),
        (1, -3.0, True),
        (9, -3.0, False),
        (2, -5.0, False),
        (4, -5.0, True),
        (20, 12.0, False),
        (12, None, False),
    ],
)
def test_night_is_the_childs(
    duck: Engine, hour_utc: int, offset: float | None, night: bool
) -> None:
    scene = Scene()
    scene.person("c", 12, utc_offset_hours=offset)
    scene.show("adult", "c", "call", AS_OF - 10 * DAY + hour_utc * HOUR)
    row = scene.signals(duck)["adult"]
    assert row["night_asks"] == pytest.approx(0.98 if night else 0)


def test_words_leave_known_adults_out(duck: Engine) -> None:
    scene = Scene()
    scene.person("c", 12)
    scene.person("grown", 50)
    for peer, weight in (("c", 30.0), ("unknown", 20.0), ("grown", 1000.0)):
        scene.write("a", peer, AS_OF - DAY, weight_sum=weight, tokens=50)
    row = scene.signals(duck)["a"]
    assert row["tokens"] == 100
    assert row["token_z"] == pytest.approx(50 / math.sqrt(100))


def test_a_stated_age_makes_a_child_of_an_unknown_account(duck: Engine) -> None:
    scene = Scene()
    scene.write("adult", "kid", AS_OF - 2 * HOUR)
    scene.write(
        "kid",
        "adult",
        AS_OF - HOUR,
        tokens=2,
        weight_sum=0.0,
        stated_age=12.0,
        stated_age_confidence=0.9,
    )
    row = scene.signals(duck)["adult"]
    assert row["children_first_contacted"] == 1
    assert row["children_first_contacted_1d"] == pytest.approx((0.85 - 0.1) / 0.9)


def test_an_adult_who_says_to_be_a_child_contradicts_himself(duck: Engine) -> None:
    scene = Scene()
    scene.person("poser", 35)
    scene.write(
        "poser", "x", AS_OF, tokens=2, weight_sum=0.0, stated_age=14.0, stated_age_confidence=0.9
    )
    row = scene.signals(duck)["poser"]
    assert row["age_contradiction"] == 1
    assert row["adult_probability"] == pytest.approx(0.98), "what is verified stands"


def test_what_an_account_says_of_itself_does_not_acquit_it(duck: Engine) -> None:
    scene = stranger(4)
    before = scene.signals(duck)["adult"]
    scene.accounts[0]["age_basis"] = "declared"
    scene.write(
        "adult",
        "c0",
        AS_OF - 3 * DAY,
        tokens=2,
        weight_sum=0.0,
        stated_age=14.0,
        stated_age_confidence=0.9,
    )
    after = scene.signals(duck)["adult"]
    assert after["age_gap_years"] == before["age_gap_years"]
    assert after["adult_probability"] == pytest.approx(before["adult_probability"])
    assert after["age_contradiction"] == 1


def test_a_minor_by_its_own_word_has_no_age_gap_to_speak_for_it(duck: Engine) -> None:
    scene = stranger(4)
    scene.accounts[0] |= {"age": 15.0, "age_basis": "declared"}
    assert scene.signals(duck)["adult"]["age_gap_years"] is None
    scene.accounts[0]["age_basis"] = "verified"
    assert scene.signals(duck)["adult"]["age_gap_years"] == pytest.approx(15 - 12.5)


def test_an_indicator_shown_to_a_known_adult_says_nothing_of_children(duck: Engine) -> None:
    scene = Scene()
    scene.person("wife", 40)
    scene.write("husband", "wife", AS_OF - DAY)
    scene.show("husband", "wife", "secrecy", AS_OF - DAY)
    row = scene.signals(duck)["husband"]
    assert row["hours_to_first_indicator"] is None
    assert row["children_told_secrecy"] < 0.05


def test_windows_end_on_the_microsecond(duck: Engine) -> None:
    scene = Scene()
    for number, before in enumerate((DAY - 1, DAY)):
        scene.person(f"c{number}", 12)
        scene.write("adult", f"c{number}", AS_OF - before)
    assert scene.signals(duck)["adult"]["children_first_contacted_1d"] == pytest.approx(W)


@settings(max_examples=40, deadline=None)
@given(days=st.lists(st.integers(0, 60), min_size=1, max_size=30))
def test_the_peak_is_what_brute_force_finds(days: list[int]) -> None:
    scene = Scene()
    times = [AS_OF - day * DAY // 2 for day in days]
    for number, time in enumerate(times):
        scene.person(f"c{number}", 12)
        scene.write("adult", f"c{number}", time)
    brute = max(
        sum(1 for other in times if 0 <= time - other <= 7 * DAY - SECOND) for time in times
    )
    with open_engine("duckdb", threads=2) as engine:
        row = scene.signals(engine)["adult"]
    assert row["children_first_contacted_peak_7d"] == pytest.approx(brute * W)


def test_the_catalogue_describes_every_signal_and_no_other(duck: Engine) -> None:
    columns = run_all(duck, world(1))["signals"].column_names
    assert list(catalogue()) == columns[1:]


def test_every_share_and_probability_stays_in_range(duck: Engine) -> None:
    signals = run_all(duck, world(17, accounts=20, messages=900))["signals"]
    assert signals.num_rows == 20
    for name in signals.column_names:
        if name.endswith(("_share", "_probability", "_share_of_first_contacts")):
            values = [value for value in signals[name].to_pylist() if value is not None]
            assert all(-1e-12 <= value <= 1 + 1e-12 for value in values), name


def test_like_accounts_are_counted_by_activity(duck: Engine) -> None:
    scene = stranger(4)
    population = run_all(
        duck,
        {
            "deliveries": table("deliveries", scene.deliveries),
            "mentions": table("mentions", []),
            "acts": table("acts", []),
            "accounts": table("accounts", scene.accounts),
            "settings": settings_table(AS_OF),
            "norms": norms(),
        },
    )["population"]
    assert population.to_pylist() == [{"activity": 4, "children_peak_7d": 4, "accounts": 1}]
    assert isinstance(population, pa.Table)
