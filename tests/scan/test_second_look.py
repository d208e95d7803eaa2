"""A second look: further evidence for accounts near the threshold, and nothing else changes."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np

from fieldfare.lab.demo_world import write_demo_world
from fieldfare.language.heads import HeadTable
from fieldfare.language.phrases import read_catalogue
from fieldfare.language.second_look import SecondLook, Settings
from fieldfare.scan.output import row
from fieldfare.scan.page import render, words
from fieldfare.scan.page.overview import build_page
from fieldfare.scan.run import ScanResult, scan
from fieldfare.scan.settings import ScanSettings

IDS = tuple(one.id for one in read_catalogue())


class QuestionEncoder:
    """Whether a text asks something."""

    def encode(self, texts: list[str]) -> np.ndarray:
        return np.array([["?" in text] for text in texts], np.float32)


def asking() -> SecondLook:
    outer = np.ones((1, len(IDS)), np.float32)
    nothing = np.zeros(len(IDS), np.float32)
    table = HeadTable(
        "heads-encoder", np.ones((1, 1), np.int8), 1.0, np.zeros(1, np.float32), outer, nothing
    )
    return SecondLook("asking", QuestionEncoder(), table, Settings("own", {"secrecy": 1.0}), IDS)


def _probabilities(result: ScanResult) -> dict[str, float]:
    """By account: an engine gives its rows in no order."""
    accounts = result.assessed.signals["account"].to_pylist()
    return dict(zip(accounts, result.assessed.probability.tolist(), strict=True))


def test_it_adds_evidence_and_changes_no_probability(tmp_path: Path) -> None:
    write_demo_world(tmp_path, accounts=2_400)
    far = scan([tmp_path], ScanSettings())
    top = far.accounts[0]
    start = far.scorecard.flag_probability(with_text=True)
    flag = math.log(start / (1 - start))
    # The same account with a base rate that puts it at the threshold.
    shifted = math.log(far.scorecard.prior / (1 - far.scorecard.prior)) + flag - top.log_odds
    prior = 1 / (1 + math.exp(-shifted))
    without = scan([tmp_path], ScanSettings(prior=prior))
    looked = scan([tmp_path], ScanSettings(prior=prior, second_look=asking()))
    assert _probabilities(looked) == _probabilities(without)
    assert [one.account for one in looked.accounts] == [one.account for one in without.accounts]
    seen = looked.accounts[0].second_look
    assert looked.accounts[0].account == top.account
    assert seen is not None
    assert seen.messages_read >= seen.counts["secrecy"] > 0
    assert set(seen.counts) == {"secrecy"}
    assert row(looked.accounts[0], looked)["second_look"]["model"] == "asking"
    assert all(one.second_look is None for one in without.accounts)
    page = render(build_page(looked))
    assert "The model <bdi>asking</bdi> read" in page
    first = re.search(r'<ul class="second-look">(.*?)</ul>', page, re.DOTALL)
    assert first
    for message in seen.messages["secrecy"]:
        assert f"<bdi>{message}</bdi>" in first[1]
    assert words.ask("secrecy") in first[1]
    assert "A second look" not in render(build_page(without))
    distant = [one for one in looked.accounts if abs(one.log_odds - flag) > math.log(10.0) + 1e-9]
    assert distant
    assert all(one.second_look is None for one in distant)
