"""``fieldfare investigate``: what its exit code means, and what it says could not be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.cli.demo import investigated
from fieldfare.console.app import create_console
from fieldfare.investigation import provenance, reading
from fieldfare.investigation.handover.content import content, dossier
from fieldfare.investigation.store import FOLDER, Investigation

CHAT = (
    "31/12/2024, 09:58 - Messages and calls are end-to-end encrypted.\n"
    "31/12/2024, 09:59 - Robin changed the group's picture\n"
    "31/12/2024, 10:00 - Robin: hi, how old are you\n"
    "31/12/2024, 10:01 - {peer}: 13, and you\n"
)
DOUBTFUL = "03/04/2025, 10:00 - Robin: hi\n05/06/2025, 10:00 - Sam: hello\n"


def investigate(folder: Path, data: Path, *more: str) -> tuple[int, str]:
    arguments = ["investigate", str(folder), "--case", "one", "--data", str(data), *more]
    done = CliRunner().invoke(app, arguments)
    return done.exit_code, done.output


def chats(folder: Path, *peers: str) -> Path:
    folder.mkdir()
    for peer in peers:
        path = folder / f"WhatsApp Chat with {peer}.txt"
        path.write_text(CHAT.format(peer=peer), "utf-8")
    return folder


def test_the_demonstration_goes_from_archives_to_reports_marked_as_simulated_and_a_guest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    console = investigated(tmp_path, 3, 24, 10, 500, 4)
    assert [guest.title for guest in console.guests] == ["Investigator"]
    assert "simulated" in console.banner and console.cabinet is not None
    assert console.cabinet.names() == ["demonstration"]
    said = capsys.readouterr().out
    assert f"$ fieldfare investigate {tmp_path / 'archives'} --case demonstration" in said
    # Whoever meets the product here meets no loss: the command, typed as it is shown, ends with 0.
    assert "Not read" not in said
    reports = sorted((tmp_path / "investigations/demonstration/reports").glob("*/*.html"))
    assert reports and all("is simulated" in each.read_text("utf-8") for each in reports)
    client = TestClient(
        create_console(console),
        base_url="http://console",
        headers={"sec-fetch-site": "same-origin"},
    )
    form = dict(re.findall(r'name="(\w+)" value="(\w+)"', client.get("/").text))
    # Nothing but investigations is here: that is where an officer begins.
    assert "demonstration</bdi>" in client.post("/sign-in", data=form).text


def test_lines_of_the_service_are_no_loss(tmp_path: Path) -> None:
    folder = chats(tmp_path / "chats", "Ann", "Bea")
    code, said = investigate(folder, tmp_path)
    assert code == 0
    assert "Not read" not in said
    with Investigation.open(Investigation.folder_of(tmp_path, "one"), read_only=True) as case:
        assert {(each.times, each.lost) for each in provenance.problems(case)} == {(1, False)}
        assert all(each.problems == 0 for each in provenance.sources(case))
        report = dossier(case, "one", made_at=0, by="op", software="")
        assert content(report, report.countries()[0]).problems == []


def test_a_chat_with_doubtful_dates_is_named_with_what_to_do_and_the_rest_is_read(
    tmp_path: Path,
) -> None:
    folder = chats(tmp_path / "chats", "Ann", "Bea")
    (folder / "WhatsApp Chat with Sam.txt").write_text(DOUBTFUL, "utf-8")
    code, said = investigate(folder, tmp_path)
    assert code == 3
    line = next(each for each in said.splitlines() if "Chat with Sam" in each)
    assert "--date-order dmy|mdy" in line
    assert "People      2" in said
    assert investigate(folder, tmp_path / "told", "--date-order", "dmy")[0] == 0


def test_sources_are_called_by_what_tells_them_apart(tmp_path: Path) -> None:
    folder = tmp_path / "seized"
    folder.mkdir()
    for name in ("first", "second"):
        chats(folder / name, "Ann" if name == "first" else "Bea")
        (folder / name / "notes.bin").write_bytes(b"\x00")
    (folder / "third.txt").write_text(CHAT.format(peer="Cem").replace("10:0", "11:0"), "utf-8")
    investigate(folder, tmp_path)
    with Investigation.open(Investigation.folder_of(tmp_path, "one"), read_only=True) as case:
        assert {each.shown for each in provenance.sources(case)} == {"first", "second", "third.txt"}
        peer = reading.people(case)[0].peer
        shown = [str(each.origin) for each in reading.cues(case, [peer])[peer]]
        lines = [text for each in provenance.problems(case) for text in (each.where, each.detail)]
    assert shown
    assert not any(str(tmp_path) in each for each in [*shown, *lines])


def test_what_cannot_be_read_leaves_no_case(tmp_path: Path) -> None:
    (tmp_path / "picture.bin").write_bytes(b"\x00\x01")
    for path in (tmp_path / "nowhere", tmp_path / "picture.bin"):
        assert investigate(path, tmp_path)[0] == 1
        assert Investigation.names(tmp_path) == []
        assert list((tmp_path / FOLDER).iterdir()) == []
    folder = chats(tmp_path / "chats", "Ann", "Bea")
    assert investigate(folder, tmp_path)[0] == 0
    # A case that is there keeps what it has.
    assert investigate(tmp_path / "picture.bin", tmp_path)[0] == 1
    with Investigation.open(Investigation.folder_of(tmp_path, "one"), read_only=True) as case:
        assert case.value("SELECT COUNT(*) FROM sources") > 0


def test_archives_of_nobody_that_can_be_told_are_kept_and_it_is_said_how_to_go_on(
    tmp_path: Path,
) -> None:
    folder = chats(tmp_path / "chats", "Ann")
    arguments = ["investigate", str(folder), "--case", "one", "--data", str(tmp_path)]
    failed = CliRunner().invoke(app, arguments)
    assert failed.exit_code == 1
    command = str(failed.exception).partition("go on with: fieldfare ")[2].split()
    assert command[-1] == "ACCOUNT"
    done = CliRunner().invoke(app, [*command[:-1], "Robin"])
    assert done.exit_code == 0, done.output
    assert "Suspect     whatsapp:Robin" in done.output
