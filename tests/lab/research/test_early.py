"""The protocol of early detection against a plain reading of its definition."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldfare.lab.research import datapack, early, early_report
from fieldfare.lab.research.chats import Chats, Said, gather
from fieldfare.lab.research.detector import Detector, feature_names, fit, turns, words
from fieldfare.lab.research.early import Material, Talk
from fieldfare.lab.research.measures import Penalty
from fieldfare.language import LanguageModel
from fieldfare.vocabulary import InputError
from tests.lab.research import corpora


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel.load()


SAID = ["hi", "im 13", "im 42 years old", "how old are you", "keep this our secret", "?", "build"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from("abc"), st.sampled_from(SAID)),
        min_size=1,
        max_size=40,
    ),
    st.integers(1, 6),
)
def test_a_window_scores_what_its_messages_alone_score(
    model: LanguageModel, rows: list[tuple[int, str, str]], window: int
) -> None:
    """The sliding window gives what scoring each window's messages as a chat of their own gives."""
    messages = [Said(str(chat), who, n, text) for n, (chat, who, text) in enumerate(sorted(rows))]
    chats = gather(messages, [], model, "rows")
    detector = Detector("any", np.linspace(-1, 2, len(model.indicators.ids) + 4))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(early, "WINDOW", window)
        scores = early._talk(chats, chats.conversation_starts, detector).scores
    for i in range(len(messages)):
        chat = [k for k in range(i + 1) if messages[k].conversation == messages[i].conversation]
        inside = np.isin(np.arange(len(messages)), chat[-window:])
        assert scores[i] == pytest.approx(detector.scores(turns(chats.only(inside))).max())


def _talk(parts: list[list[float]], offends: list[bool]) -> Talk:
    starts = np.cumsum([0, *map(len, parts)])
    return Talk(starts, np.concatenate(parts).astype(float), np.array(offends))


def test_skepticism_by_hand() -> None:
    talk = _talk([[1, 5, 0, 7, 6], [9]], [True, False])
    assert talk.ranked(1).tolist() == [1, 5, 5, 7, 7, 9]
    assert talk.ranked(2).tolist() == [-math.inf, 1, 1, 5, 6, -math.inf]
    assert talk.warned_at(talk.ranked(2), 5.0).tolist() == [4, 0]
    assert talk.warned_at(talk.ranked(1), 5.0).tolist() == [2, 1]
    assert talk.warned_at(talk.ranked(1), math.inf).tolist() == [0, 0]


def test_only_the_last_ten_windows_count() -> None:
    talk = _talk([[9.0, *[0.0] * 9, 9.0, 9.0]], [True])
    # The first 9 is forgotten before the second comes.
    assert talk.warned_at(talk.ranked(2), 9.0).tolist() == [12]
    assert _talk([[9.0, *[0.0] * 8, 9.0]], [True]).ranked(2)[-1] == 9


def test_figures_by_hand() -> None:
    segments = _talk([[0, 3], [0, 0], [3, 0], [0, 0]], [True, True, False, False])
    chats = _talk([[0.0] * 89 + [3.0], [0.0, 0.0]], [True, True])
    found = early.figures(Material(segments, chats), 1, 3.0, Penalty.VOGT_2021)
    assert (found["precision"], found["recall"], found["f1"]) == (0.5, 0.5, 0.5)
    assert found["median_latency_messages"] == 90
    assert found["speed"] == 0.5
    assert found["f_latency"] == 0.25
    # Warned at 2, missed, false at prevalence 1/2, rightly left alone.
    right = 1 - 1 / (1 + math.exp(2 - 5))
    assert found["erde5"] == pytest.approx((right + 1 + 0.5) / 4, abs=5e-5)
    assert found["erde50"] == pytest.approx(1.5 / 4, abs=5e-5)


def test_nothing_found_is_zero_and_no_crash() -> None:
    talk = _talk([[0, 0], [0, 0]], [True, False])
    found = early.figures(Material(talk, talk), 1, math.inf, Penalty.VOGT_2021)
    assert (found["f_latency"], found["median_latency_messages"]) == (0, None)
    assert found["threshold"] is None
    assert found["erde50"] == 0.5


def test_the_threshold_trades_speed_against_right_calls() -> None:
    # At 2 both offenders are found, one late, and one false; at 9 only the quick one, nobody else.
    slow = _talk([[9, 9], [0.0] * 120 + [2.0], [3, 3]], [True, True, False])
    on = Material(slow, slow)
    assert early.choose(on, 1, Penalty.VOGT_2021) == 9
    # Were the slow one quick, both would be worth the false one.
    quick = _talk([[9, 9], [2, 2], [3, 3]], [True, True, False])
    assert early.choose(Material(quick, quick), 1, Penalty.VOGT_2021) == 2


@pytest.fixture(scope="module")
def panc(tmp_path_factory: pytest.TempPathFactory, model: LanguageModel) -> tuple[Chats, Chats]:
    packs = datapack.find(corpora.write_panc(tmp_path_factory.mktemp("panc")))
    training, test = (datapack.read(pack, model) for pack in packs)
    return training, test


def test_segments_count_for_f1_and_full_chats_for_speed(panc: tuple[Chats, Chats]) -> None:
    _, test = panc
    on = early.material(test, words(test), full_chats=True)
    # Two chats of offenders, each of two segments, and four others.
    assert np.diff(on.segments.starts).tolist() == [8, 8, 8, 8, 16, 16, 16, 16]
    assert on.segments.offends.tolist() == [True] * 4 + [False] * 4
    assert np.diff(on.chats.starts).tolist() == [16] * 6


def test_a_report_finds_what_is_plain(panc: tuple[Chats, Chats]) -> None:
    training, test = panc
    report = early_report.evaluate(training, test, Penalty.VOGT_2021, full_chats=True)
    for one in report["detectors"].values():
        assert one["segments"] == 8
        assert one["chats_for_speed"] == 2
        best = one["at_that_skepticism"]
        assert best == one["by_skepticism"][str(one["skepticism_chosen_on_training"])]
        assert best["f1"] == 1
        assert 0.9 < best["f_latency"] < 1
    assert report["penalty"] == {"name": "vogt-2021", "p": 0.01234}


def test_short_and_long_segments_do_not_count(model: LanguageModel) -> None:
    sizes = (5, 6, 150, 151)
    messages = [
        Said(str(n), "a", line, "hi") for n, size in enumerate(sizes) for line in range(size)
    ]
    chats = gather(messages, ["a"], model, "rows")
    on = early.material(chats, words(chats), full_chats=False)
    assert np.diff(on.segments.starts).tolist() == [6, 150]
    assert on.chats is on.segments


def test_a_part_without_offenders_is_said(panc: tuple[Chats, Chats]) -> None:
    training, test = panc
    nobody = test.only(~test.offender[test.author])
    with pytest.raises(InputError, match=r"^the test part has no segment of an offender"):
        early_report.evaluate(training, nobody, Penalty.ERISK, full_chats=True)


def test_weights_are_fitted_to_what_tells(panc: tuple[Chats, Chats]) -> None:
    training, _ = panc
    fitted = fit(turns(training))
    by_name = fitted.as_json(feature_names(training))
    assert by_name["secrecy"] > 0.1
    assert by_name["says_to_be_child"] < 0
    assert "game_currency" not in by_name  # Nobody says it: nothing is known.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "not JSON, or cut off"),
        ('{"chats": {}}', "no messages"),
        ('{"chats": {"a name": {"className": "predator"}}}', "chat 1 is not as a datapack has it"),
        ('{"chats": {"a name": [1]}}', "chat 1 is not as a datapack has it"),
        ('{"chats": {"a name": {"className": "x", "content": []}}}', "chat 1 is not"),
        ('{"chats": {"a name": {"className": "predator", "content": [[]]}}}', "chat 1 is not"),
    ],
)
def test_a_bad_datapack_is_said_without_names(
    tmp_path: Path, model: LanguageModel, content: str, said: str
) -> None:
    file = tmp_path / datapack.TEST
    file.write_text(content)
    with pytest.raises(InputError) as at:
        datapack.read(file, model)
    assert said in str(at.value)
    assert "a name" not in str(at.value)


def test_half_a_character_loses_nothing_else(model: LanguageModel) -> None:
    texts = ["how old are you", "\ud83d keep this our secret", " "]
    read = gather([Said("1", "a", n, text) for n, text in enumerate(texts)], [], model, "rows")
    assert read.line.tolist() == [0, 1]
    assert read.found.any(1).tolist() == [True, True]
    assert sorted(read.problems.values()) == [1, 1]


def test_a_missing_datapack_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no datapack-PANC-train.json in it"):
        datapack.find(tmp_path)
