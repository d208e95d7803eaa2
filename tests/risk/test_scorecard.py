"""The scorecard file is checked, and says what is wrong where."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk import scorecard
from fieldfare.vocabulary import SettingsError

GOOD = """
version = "test"
basis = "test"
prior = 0.001
flag_from = "alert"
bands = [{ name = "none", from = 0.0 }, { name = "alert", from = 0.5 }]
[signals.answered_share]
edges = [0.5]
weights = [1.0, -1.0]
sentence = "{value} answered."
"""


def test_the_shipped_card_is_valid_and_says_what_it_rests_on() -> None:
    card = scorecard.shipped()
    assert card.flag_from == "alert"
    assert "simulated" in card.basis
    assert "not validated in the field" in card.basis
    assert "judgement" in scorecard.judgement().basis
    assert set(card.signals) <= set(catalogue())


def test_a_card_is_read_from_a_file_and_known_by_its_hash(tmp_path: Path) -> None:
    path = tmp_path / "card.toml"
    path.write_text(GOOD)
    card = scorecard.load(path)
    assert (card.version, card.prior) == ("test", 0.001)
    assert card.flag_probability(with_text=True) == card.flag_probability(with_text=False) == 0.5
    path.write_text(GOOD + "\n")
    assert scorecard.load(path).sha256 != card.sha256


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("edges = [0.5]", "edges = [0.5, 0.4]", "signals.answered_share: edges must rise"),
        ("weights = [1.0, -1.0]", "weights = [1.0]", "1 edges need 2 weights"),
        (
            "edges = [0.5]\nweights = [1.0, -1.0]",
            "edges = [0.1, 0.5]\nweights = [1.0, -1.0, 0.5]",
            "weights must only rise or only fall",
        ),
        ("weights = [1.0, -1.0]", "weights = [9.0, -1.0]", "lies outside"),
        ("weights = [1.0, -1.0]", "weights = [nan, nan]", "lies outside"),
        ("prior = 0.001", "prior = 1.0", "prior is 1.0"),
        ('flag_from = "alert"', 'flag_from = "red"', "'red', which is not a band"),
        ("from = 0.0", "from = 0.1", "bands must begin at 0.0"),
        ("sentence", "sentance", "sentance"),
        ('version = "test"', "version =", "not a valid scorecard"),
    ],
)
def test_a_wrong_card_is_refused_with_what_is_wrong(old: str, new: str, says: str) -> None:
    assert old in GOOD
    with pytest.raises(SettingsError, match="card.toml") as caught:
        scorecard.parse(GOOD.replace(old, new).encode(), "card.toml")
    assert says in str(caught.value)


def test_a_missing_card_is_named() -> None:
    with pytest.raises(SettingsError, match="nowhere.toml: cannot be read"):
        scorecard.load(Path("nowhere.toml"))


@pytest.mark.parametrize("name", scorecard.SHIPPED)
def test_a_card_that_ships_is_taken_by_its_name(name: str) -> None:
    assert scorecard.load(Path(name)) == scorecard.named(name)


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ("sums = []\nfound = []", "calibration.text: sums and found must be as many"),
        ("sums = [1.0]\nfound = [1.0, 2.0]", "as many as each other"),
        ("sums = [1.0, 1.0]\nfound = [1.0, 2.0]", "calibration.text: sums must rise"),
        ("sums = [1.0, 2.0]\nfound = [2.0, 1.0]", "found must rise"),
        ("sums = [1.0, inf]\nfound = [1.0, 2.0]", "sums must rise"),
    ],
)
def test_a_wrong_calibration_is_refused(points: str, says: str) -> None:
    good = "[calibration.metadata]\nsums = [0.0]\nfound = [0.5]\n"
    text = f"{GOOD}[calibration]\nprior = 0.01\n{good}[calibration.text]\n{points}\n"
    with pytest.raises(SettingsError) as caught:
        scorecard.parse(text.encode(), "card.toml")
    assert says in str(caught.value)


def test_a_calibration_at_no_base_rate_is_refused() -> None:
    points = "sums = [0.0]\nfound = [0.5]\n"
    text = (
        f"{GOOD}[calibration]\nprior = 0.0\n[calibration.text]\n{points}"
        f"[calibration.metadata]\n{points}"
    )
    with pytest.raises(SettingsError, match=r"calibration: prior is 0\.0"):
        scorecard.parse(text.encode(), "card.toml")


def test_bands_rise_with_text_and_without() -> None:
    for card in (scorecard.shipped(), scorecard.judgement()):
        assert [band.name for band in card.bands] == ["none", "watch", "alert", "urgent"]
        for read in (True, False):
            assert card.starts(with_text=read) == sorted(set(card.starts(with_text=read)))
            assert card.flag_probability(with_text=read) == card.starts(with_text=read)[2]


def test_a_band_may_begin_elsewhere_where_no_text_was_read() -> None:
    text = GOOD.replace("from = 0.5 }", "from = 0.5, from_without_text = 0.25 }")
    card = scorecard.parse(text.encode(), "card.toml")
    assert card.flag_probability(with_text=True) == 0.5
    assert card.flag_probability(with_text=False) == 0.25
    wrong = GOOD.replace("from = 0.5 }", "from = 0.5, from_without_text = 0.0 }")
    with pytest.raises(SettingsError, match="bands must begin"):
        scorecard.parse(wrong.encode(), "card.toml")


def test_weights_may_be_others_where_no_text_was_read() -> None:
    card = scorecard.parse(f"{GOOD}weights_without_text = [0.5, 0.7]\n".encode(), "card.toml")
    (bins,) = card.signals.values()
    assert bins.weights_for(with_text=False) == (0.5, 0.7)
    assert bins.weights_for(with_text=True) == bins.weights
    for wrong, says in (
        ("[0.5]", "1 edges need 2 weights_without_text"),
        ("[0.5, 9.0]", "one of weights_without_text lies outside"),
    ):
        with pytest.raises(SettingsError, match=says):
            scorecard.parse(f"{GOOD}weights_without_text = {wrong}\n".encode(), "card.toml")


def test_sentences_instead_must_rise() -> None:
    instead = "{ below = 1.0, sentence = 'a' }, { below = 1.0, sentence = 'b' }"
    with pytest.raises(SettingsError, match="instead: below must rise"):
        scorecard.parse(f"{GOOD}instead = [{instead}]\n".encode(), "card.toml")
