"""PAN-2012 as distributed: reading, the filter, the figures, and the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.lab.research import pan2012
from fieldfare.lab.research import pan2012_report as report
from fieldfare.lab.research.chats import Chats
from fieldfare.language import LanguageModel
from fieldfare.vocabulary import InputError, SettingsError
from tests.lab.research import corpora


@pytest.fixture(scope="module")
def model() -> LanguageModel:
    return LanguageModel.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpora.write_pan2012(tmp_path_factory.mktemp("corpus") / "pan12")


@pytest.fixture(scope="module")
def parts(folder: Path, model: LanguageModel) -> tuple[Chats, Chats]:
    files = pan2012.find(folder)
    return (
        pan2012.read(files.training, files.training_offenders, model),
        pan2012.read(files.test, files.test_offenders, model),
    )


def _small(folder: Path, conversations: corpora.Conversations, offenders: str) -> tuple[Path, Path]:
    folder.mkdir(exist_ok=True)
    corpus, listed = folder / pan2012.TEST[0], folder / pan2012.TEST[1]
    corpus.write_text(corpora.xml(conversations), encoding="utf-8")
    listed.write_text(offenders)
    return corpus, listed


def test_messages_become_evidence(tmp_path: Path, model: LanguageModel) -> None:
    said = [("a", "how old are you & where"), ("b", "i'm 12 <3"), ("a", " "), ("a", "ok")]
    read = pan2012.read(*_small(tmp_path, {"c": said}, "a\r\nz\r\n"), model)
    assert read.line.tolist() == [1, 2, 4]
    assert read.offender.tolist() == [True, False]
    assert read.offenders_listed == 2
    assert read.stated_age.tolist()[1] == 12
    assert read.found[0, read.indicator_ids.index("age_probing")]
    assert dict(read.problems) == {
        "messages without text": 1,
        "listed offenders who wrote nothing": 1,
    }


def test_text_escaped_twice_is_plain(tmp_path: Path) -> None:
    corpus, _ = _small(tmp_path, {"c": [("a", "you & <me>")]}, "a")
    assert "&amp;amp;" in corpus.read_text()
    assert [one.text for one in pan2012.messages(corpus)] == ["you & <me>"]


def test_the_filter_by_hand(tmp_path: Path, model: LanguageModel) -> None:
    def talk(*sizes: int) -> list[corpora.Turn]:
        return [(f"a{k}", "hi") for k, size in enumerate(sizes) for _ in range(size)]

    held = {"two": talk(6, 6), "one": talk(9), "short": talk(9, 5), "three": talk(6, 7, 8)}
    held["lost"] = [("o", "hi")] * 9
    read = pan2012.read(*_small(tmp_path, held, "a0\no\n"), model)
    left = read.only(report.as_the_winner(read))
    names = {read.conversation_ids[c] for c in left.conversation}
    assert names == {"two", "three"}
    assert report.kept(read, left) == {
        "conversations": 2, "of_conversations": 5, "authors": 3, "of_authors": 4,
        "offenders": 1, "of_offenders": 2, "highest_possible_recall": 0.5,
    }  # fmt: skip


def _figures(parts: tuple[Chats, Chats], lines: pan2012.Lines | None = None) -> dict[str, Any]:
    filters: dict[str, report.Keep] = {"all": report.everything, "filtered": report.as_the_winner}
    return report.evaluate(*parts, lines, filters)


def test_recall_is_of_all_offenders_also_filtered(parts: tuple[Chats, Chats]) -> None:
    for one in _figures(parts)["filtered"]["detectors"].values():
        authors = one["authors"]
        assert (authors["precision"], authors["recall"]) == (1, 0.75)
        assert authors["f0.5"] == pytest.approx(1.25 * 0.75 / (0.25 + 0.75), abs=5e-5)
        assert one["conversations"]["f2"]["recall"] == 0.75
        assert one["lines"] is None


def test_lines_by_hand(parts: tuple[Chats, Chats]) -> None:
    # Three of eight lines of each of three offenders, and one line that is nowhere.
    truth = frozenset({(f"sc{n}", line) for n in range(3) for line in (5, 7, 9)} | {("none", 1)})
    lines = _figures(parts, truth)["filtered"]["detectors"]["words"]["lines"]
    assert (lines["truth"], lines["truth_not_among_lines_read"]) == (10, 1)
    every = lines["every line of those called"]
    assert every["true_positives"] == 9
    assert every["false_positives"] == 24 - 9
    # F3 = 10·9 / (24 + 9·10).
    assert every["f3"] == pytest.approx(90 / 114, abs=5e-5)
    marked = lines["those with an indicator"]
    assert marked["recall"] == 0.9
    assert marked["precision"] > every["precision"]


def test_the_test_part_chooses_nothing(parts: tuple[Chats, Chats]) -> None:
    training, test = parts
    every = test.only(np.ones(test.author.size, bool))
    object.__setattr__(every, "offender", ~test.offender)
    before, after = _figures((training, test)), _figures((training, every))
    for name, one in before["all"]["detectors"].items():
        other = after["all"]["detectors"][name]
        assert one["weights"] == other["weights"]
        assert one["authors"]["threshold"] == other["authors"]["threshold"]
        assert one["conversations"]["f2"]["threshold"] == other["conversations"]["f2"]["threshold"]
        assert one["authors"]["auroc"] == pytest.approx(1 - other["authors"]["auroc"], abs=1e-4)


def test_a_filter_that_leaves_no_offender_gives_no_figures(parts: tuple[Chats, Chats]) -> None:
    found = report.evaluate(*parts, None, {"own": report.listed(frozenset({"rt0", "st0"}))})
    assert found["own"]["kept"]["conversations"] == 1
    assert found["own"]["note"] == "no offender left to train on"
    assert "detectors" not in found["own"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (pan2012.TEST[1], "a b\n", "line 1: more than an author id"),
        (pan2012.TEST[1], "\n", "no author ids"),
        (pan2012.TEST[1], "\xff", "not UTF-8 text"),
    ],
)
def test_a_bad_list_of_offenders(tmp_path: Path, name: str, content: str, said: str) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode("latin-1"))
    with pytest.raises(InputError, match=rf"^{name}.*{said}$"):
        pan2012.read_offenders(file)


def test_a_bad_list_of_lines(tmp_path: Path) -> None:
    file = tmp_path / "lines.txt"
    file.write_text("c1\t5\n\nc1\tfive\n")
    with pytest.raises(InputError, match=r"^lines.txt, line 3: not a conversation id and a line"):
        pan2012.read_lines(file)
    file.write_text("c1\t5\nc1 5\r\n")
    assert pan2012.read_lines(file) == {("c1", 5)}


def test_a_message_without_its_author_is_located(tmp_path: Path) -> None:
    corpus, _ = _small(tmp_path, {"c7": [("", "words of the quiet heron")]}, "a")
    with pytest.raises(InputError, match=r"^pan12.*: message 1 has no author") as at:
        list(pan2012.messages(corpus))
    assert "heron" not in str(at.value)


def test_a_line_number_of_any_length_is_no_surprise(tmp_path: Path) -> None:
    corpus, _ = _small(tmp_path, {"c": [("a", "hi"), ("b", "ok")]}, "a")
    corpus.write_text(corpus.read_text().replace('line="2"', f'line="{"9" * 5000}"'))
    with pytest.raises(InputError, match=r": message 2 has no author or no line number"):
        list(pan2012.messages(corpus))


def test_what_is_missing_or_twice_is_named(tmp_path: Path) -> None:
    whole = corpora.write_pan2012(tmp_path / "pan12")
    (whole / "test" / pan2012.TEST[2]).unlink()
    assert pan2012.find(whole).test_lines is None
    twin = whole / "again" / pan2012.TEST[0]
    twin.parent.mkdir()
    twin.write_text("")
    with pytest.raises(InputError, match=rf"{pan2012.TEST[0]} is there 2 times"):
        pan2012.find(whole)
    twin.unlink()
    (whole / "test" / pan2012.TEST[1]).unlink()
    with pytest.raises(InputError, match=rf"no {pan2012.TEST[1]} in it; unzip both parts"):
        pan2012.find(whole)
    with pytest.raises(InputError, match=r"not a folder"):
        pan2012.find(whole / "test" / pan2012.TEST[0])


def _run(*arguments: str | Path) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["evaluate", *map(str, arguments)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_command(folder: Path, tmp_path: Path) -> None:
    ids = tmp_path / "ids.txt"
    ids.write_text("\n".join(f"{part}c{n}" for part in "rs" for n in range(4)))
    found = _run("pan2012", folder, "--unverified", "--conversations", ids)
    assert [one["verified_by"] for one in found["files"]] == [None] * 5
    assert "not clean" in found["not_clean"]
    assert found["unfiltered"]["kept"]["of_offenders"] == 4
    assert found["as the winner filtered"]["kept"]["highest_possible_recall"] == 0.75
    assert found["conversations in ids.txt"]["kept"]["conversations"] == 3
    printed = json.dumps(found)
    assert "secret" not in printed.replace("secrecy", "")
    assert "so0" not in printed
    assert "slonely" not in printed


def test_the_commands_refuse_other_files_in_one_line(folder: Path, tmp_path: Path) -> None:
    sums = tmp_path / "sums.txt"
    sums.write_text(f"{'0' * 64}  {pan2012.TEST[1]}\n")
    for command in ("pan2012", "early"):
        with pytest.raises(InputError, match=r"--unverified reads it all the same\)$"):
            CliRunner().invoke(app, ["evaluate", command, str(folder)], catch_exceptions=False)
        with pytest.raises(InputError, match=r"from --sha256\)$"):
            CliRunner().invoke(
                app,
                ["evaluate", command, str(folder), "--unverified", "--sha256", str(sums)],
                catch_exceptions=False,
            )


def test_early_detection_on_pan2012(folder: Path) -> None:
    found = _run("early", folder, "--unverified", "--penalty", "erisk")
    assert found["penalty"] == {"name": "erisk", "p": 0.0078}
    assert found["speed_over"].startswith("segments")
    for one in found["detectors"].values():
        # Whoever is alone for two messages is in no segment that counts.
        assert (one["segments"], one["segments_of_offenders"]) == (9, 3)


def test_a_table_trained_on_the_training_part_alone(folder: Path) -> None:
    found = _run("pan2012", folder, "--unverified", "--train")
    assert found["not_clean"] is None
    assert found["table"]["name"] == "training-part"
    assert found["table"]["trained_on"] == "the training part"
    for name in ("unfiltered", "as the winner filtered"):
        for one in found[name]["detectors"].values():
            assert one["authors"]["auroc"] > 0.5


def test_a_table_of_ones_own(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "own.npz"
    np.savez(table, weights=np.zeros(64, np.float16), bits=np.int64(32))
    found = _run("pan2012", folder, "--unverified", "--table", table)
    assert found["not_clean"] is None
    assert found["table"]["name"] == "own"
    # With a table that knows nothing, words alone tell nobody apart; indicators still do.
    blind, rest = found["unfiltered"]["detectors"].values()
    assert blind["authors"]["auroc"] == 0.5
    assert rest["authors"]["auroc"] > 0.5
    with pytest.raises(SettingsError, match=r"^--table and --train: choose one$"):
        _run("pan2012", folder, "--unverified", "--table", table, "--train")
