"""Matrix, Slack and Google Chat: who wrote to whom, and what their text is written in."""

from __future__ import annotations

from pathlib import Path

from fieldfare.sources.google_chat import OTHER_LANGUAGE
from fieldfare.sources.matrix import NOT_DECRYPTED
from fieldfare.sources.reader import ReadOptions
from tests.sources.conformance import Outcome, outcome
from tests.sources.fixtures import Files, as_folder, google_chat, matrix, slack


def read(files: Files, folder: Path) -> Outcome:
    found = outcome(as_folder(files, folder), ReadOptions())
    assert found.error is None
    return found


def test_matrix_keeps_what_was_not_decrypted(tmp_path: Path) -> None:
    found = read(matrix.FILES, tmp_path)
    coach, ana = f"matrix:{matrix.COACH}", f"matrix:{matrix.ANA}"
    assert [(m["sender"], m["recipients"]) for m in found.messages] == [
        (coach, [ana]),
        (ana, [coach]),
        (coach, [ana]),
        (ana, [coach]),
    ]
    assert [m["encrypted"] for m in found.messages] == [False, False, False, True]
    assert [x["kind"] for x in found.messages[2]["media"]] == ["photo"]
    assert found.problems.counts[NOT_DECRYPTED] == 1


def test_slack_mentions_and_entities(tmp_path: Path) -> None:
    found = read(slack.FILES, tmp_path)
    first, second, file, channel = found.messages
    assert second["text"] == "im 12 & you @slack:U1?"
    assert (first["kind"], first["recipients"]) == ("private", ["slack:U2"])
    assert (channel["kind"], channel["recipients"]) == ("group", ["slack:U1", "slack:U2"])
    assert first["sent_at"] == 1_743_523_200_000_100
    assert [x["kind"] for x in file["media"]] == ["photo"]


def test_google_chat_reads_both_orders_of_a_date(tmp_path: Path) -> None:
    found = read(google_chat.FILES, tmp_path)
    times = [m["sent_at"] for m in found.messages]
    assert times[0] == 1_743_523_200_000_000
    assert times[1] - times[0] == 60_000_000
    assert times[3] == 1_743_552_000_000_000
    coach, ana = "google-chat:coach@example.com", "google-chat:ana@example.com"
    assert (found.messages[0]["sender"], found.messages[0]["recipients"]) == (coach, [ana])
    assert found.messages[3]["sender"] == "google-chat:Ben"


def test_google_chat_guesses_no_date(tmp_path: Path) -> None:
    name = f"{google_chat.ROOT}/Groups/DM AAA/messages.json"
    foreign = google_chat.message(1, google_chat.ANA, "martes, 1 de abril de 2025, 16:00 UTC", "x")
    found = read({**google_chat.FILES, name: google_chat.dump({"messages": [foreign]})}, tmp_path)
    assert found.problems.counts[OTHER_LANGUAGE] == 1
