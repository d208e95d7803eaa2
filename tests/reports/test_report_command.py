"""``fieldfare report``: from a decided case to the authority, as an operator does it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.desk import now
from fieldfare.cli import app
from fieldfare.reports.cybertip.schema import Schema
from fieldfare.reports.nca.pack import priorities, schedule
from fieldfare.vocabulary import FieldfareError
from tests.cases.conftest import KEYS, Clock
from tests.reports.conftest import decided
from tests.reports.cybertip_server import PASSWORD, USER, XSD, Server, serving
from tests.reports.material import snapshot

SETTINGS = """
[provider]
name = "Example Chat"
country = "{country}"
reports_to = [{reports_to}]

[reporter]
first_name = "Ada"
last_name = "Example"
email = "reports@example.com"

[ncmec]
environment = "{environment}"
url = "{url}"

[nca]
declared_by = "Ada Example"

[hotlines.example]
title = "Example Hotline"
address = "reports@hotline.example"
countries = ["TH"]
sections = ["account", "children"]
"""


class Operator:
    """Somebody at the command line, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.keys.write_text(f"first {base64.b64encode(KEYS.keys['first']).decode()}\n")
        self.keys.chmod(0o600)
        self.said = ""

    def settings(
        self,
        url: str = "http://127.0.0.1:9",
        environment: str = "production",
        country: str = "US",
        reports_to: str = "",
    ) -> None:
        """Write the settings."""
        text = SETTINGS.format(
            url=url, environment=environment, country=country, reports_to=reports_to
        )
        (self.folder / "data" / "reports.toml").write_text(text)

    def __call__(self, *words: str, given: str | None = None, keys: bool = True) -> Result:
        """Run a command."""
        data = ["--data", str(self.folder / "data")]
        more = ["--keys", str(self.keys)] if keys else []
        result = CliRunner().invoke(app, ["report", *words, *data, *more], input=given)
        self.said += result.output
        return result

    def refused(self, *words: str) -> str:
        """Run a command that is refused; why."""
        result = self(*words)
        assert isinstance(result.exception, FieldfareError), result.output
        return str(result.exception)


@pytest.fixture
def operator(
    store: CaseStore,  # noqa: ARG001 - the data
    tmp_path: Path,
) -> Operator:
    """With settings that lead nowhere."""
    made = Operator(tmp_path)
    made.settings()
    return made


@pytest.fixture
def server() -> Iterator[Server]:
    """A CyberTipline of today."""
    with serving(now) as server:
        yield server


def test_a_dry_run_writes_everything_and_sends_nothing(
    operator: Operator, store: CaseStore, case: int, tmp_path: Path
) -> None:
    (tmp_path / "data" / "cybertip-production.xsd").write_bytes(XSD)
    result = operator(f"C-{case}", "--to", "ncmec", "--dry-run", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert "nothing was sent" in result.output
    assert "Valid by cybertip-production.xsd" in result.output
    assert "Completeness" in result.output
    assert "parents" not in result.output, "no text of messages is printed"
    written = sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*"))
    assert len(written) == 1 + 2 * 9
    assert Schema(XSD, "x").problems((tmp_path / "out/report.xml").read_bytes()) == ()
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "out").rglob("*.*")} == {0}
    assert store.summary(OPERATOR, case).state == "escalated"
    assert "is not empty" in operator.refused(
        f"C-{case}", "--to", "ncmec", "--dry-run", "--out", str(tmp_path / "out")
    )


def test_before_two_people_decided_there_are_drafts_only(
    operator: Operator, store: CaseStore, tmp_path: Path
) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    for to in ("ncmec", "nca", "police", "evidence"):
        out = ("--out", str(tmp_path / to))
        assert "two people have not" in operator.refused(f"C-{case}", "--to", to, *out)
        assert not (tmp_path / to).exists()
        if to != "evidence":
            result = operator(f"C-{case}", "--to", to, "--dry-run", *out)
            assert "DRAFT: two people have not decided" in result.output
    assert json.loads((tmp_path / "nca/portal.json").read_bytes())["draft"] is True
    assert "Not to be submitted" in (tmp_path / "nca/report.html").read_text()
    assert store.summary(OPERATOR, case).state == "new"


def test_a_report_is_filed_once_and_nowhere_else(
    operator: Operator, store: CaseStore, case: int, server: Server, tmp_path: Path
) -> None:
    operator.settings(server.url)
    name = f"C-{case}"
    assert "there are no credentials for ncmec (production)" in operator.refused(
        name, "--to", "ncmec"
    )
    given = f"{USER}\n{PASSWORD}\n"
    set_ = ("credentials", "set", "ncmec", "--environment", "production")
    assert operator(*set_, given=given).exit_code == 0
    filed = operator(name, "--to", "ncmec")
    assert filed.exit_code == 0, filed.output
    [number] = server.finished()
    assert f"Filed at the CyberTipline as report {number}" in filed.output
    assert store.summary(OPERATOR, case).state == "report_submitted"
    shown = operator("status", name).output
    assert f"ncmec\tproduction\tfinished\t{number}" in shown
    assert "/finish 0 request-" in shown
    for to in ("ncmec", "nca", "police"):
        out = ("--out", str(tmp_path / to))
        assert f"was reported to ncmec as {number}" in operator.refused(name, "--to", to, *out)
        assert not (tmp_path / to).exists()
    assert "Already: ncmec (production)" in operator("propose", name).output
    later = store.open_case(OPERATOR, snapshot(), "scan")
    assert later != case, "the same account again is another incident"
    operator(f"C-{later}", "--to", "ncmec", "--dry-run", "--out", str(tmp_path / "later"))
    written = (tmp_path / "later/report.xml").read_text()
    assert f"<priorCTReports>{number}</priorCTReports>" in written
    listed = operator("credentials", "list", keys=False).output
    assert "ncmec\tproduction\t" in listed
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").iterdir())
    assert b"otto" in kept, "what is looked for would be found"
    for secret in (USER, PASSWORD):
        assert secret not in operator.said
        assert secret.encode() not in kept


def test_the_test_system_is_the_default_and_closes_nothing(
    operator: Operator, store: CaseStore, case: int, server: Server
) -> None:
    operator.settings(server.url, "test")
    operator("credentials", "set", "ncmec", given=f"{USER}\n{PASSWORD}\n")
    result = operator(f"C-{case}", "--to", "ncmec")
    assert "TEST SYSTEM" in result.output and "still to be reported" in result.output
    assert store.summary(OPERATOR, case).state == "escalated"
    assert operator(f"C-{case}", "--to", "ncmec").exit_code == 0, "it can be tried again"


def test_a_failure_is_shown_and_the_case_stays_in_the_queue(
    operator: Operator, store: CaseStore, case: int, server: Server
) -> None:
    operator.settings(server.url)
    set_ = ("credentials", "set", "ncmec", "--environment", "production")
    operator(*set_, given=f"{USER}\n{PASSWORD}\n")
    server.faults["/submit"] = [4100]
    said = operator.refused(f"C-{case}", "--to", "ncmec")
    assert "4100" in said and "parents" not in said
    assert store.summary(OPERATOR, case).state == "report_failed"
    shown = operator("status", f"C-{case}").output
    assert "\tfailed\t" in shown and "parents" not in shown
    assert "are your parents home" in operator("status", f"C-{case}", "--answer").output
    assert operator(f"C-{case}", "--to", "ncmec").exit_code == 0
    assert store.summary(OPERATOR, case).state == "report_submitted"


def test_credentials_are_never_kept_in_clear(operator: Operator) -> None:
    result = operator("credentials", "set", "ncmec", given="a\nb\n", keys=False)
    assert "never stored in clear" in str(result.exception)
    assert "credentials are for ncmec" in operator.refused("credentials", "set", "nca")


def test_the_pack_says_of_every_field_whether_it_is_held(
    operator: Operator, store: CaseStore, case: int, tmp_path: Path
) -> None:
    operator.settings(country="GB")
    details = tmp_path / "details.toml"
    details.write_text(
        "[accounts.otto]\n"
        'phones = [{value = "+44 1632 960001", verified = true}]\n'
        "ips = [\n"
        '  {ip = "192.0.2.7", event = "Upload", at = "2026-02-20T08:00:00Z", port = 4711},\n'
        "]\n"
    )
    out = tmp_path / "out"
    more = ("--out", str(out), "--details", str(details))
    result = operator(f"C-{case}", "--to", "nca", *more)
    assert result.exit_code == 0, result.output
    pack = json.loads((out / "portal.json").read_bytes())
    fields = {each["id"]: each for each in pack["fields"]}
    assert list(fields) == list(schedule().fields)
    assert all(each["mark"] == "2°" for each in fields.values())
    assert fields["phone"]["values"] == ["+44 1632 960001 (verified)"]
    assert fields["upload_address"]["values"] == ["192.0.2.7 port 4711 2026-02-20T08:00:00Z"]
    assert fields["declaration"]["held"] and not fields["exif"]["held"]
    assert not fields["billing"]["held"] and fields["billing"]["values"] == []
    assert (pack["clock"]["priority"], pack["clock"]["by_when"]) == (
        "P2",
        "as soon as reasonably practicable",
    )
    page = (out / "report.html").read_text()
    assert page.count("not held") >= 3 and "P2: as soon as reasonably practicable" in page
    assert len(list((out / "transcripts").iterdir())) == 9
    assert "nca\tportal\tprepared" in operator("status", f"C-{case}").output
    assert store.summary(OPERATOR, case).state == "escalated"


def test_a_receipt_closes_the_case_and_a_supplement_holds_what_is_new(
    operator: Operator, store: CaseStore, case: int, tmp_path: Path
) -> None:
    operator.settings(country="GB")
    name = f"C-{case}"
    assert "no pack" in operator.refused("receipt", name, "--to", "nca", "--reference", "R1")
    first = ("--out", str(tmp_path / "first"))
    second = ("--out", str(tmp_path / "second"), "--supplement")
    assert "to add to" in operator.refused(name, "--to", "nca", *second)
    operator(name, "--to", "nca", *first)
    assert operator("receipt", name, "--to", "nca", "--reference", "R1").exit_code == 0
    assert store.summary(OPERATOR, case).state == "report_submitted"
    assert "(--supplement)" in operator.refused(name, "--to", "nca", *first)
    result = operator(name, "--to", "nca", *second)
    assert result.exit_code == 0, result.output
    pack = json.loads((tmp_path / "second/portal.json").read_bytes())
    assert pack["supplement_to"] == "R1"
    assert not (tmp_path / "second/transcripts").exists(), "there is no later message"
    assert operator("receipt", name, "--to", "nca", "--reference", "R2").exit_code == 0


def test_where_life_is_in_danger_that_comes_first(
    operator: Operator, store: CaseStore, clock: Clock, tmp_path: Path
) -> None:
    case = decided(store, clock, reason="imminent_danger")
    operator.settings(country="GB")
    result = operator(f"C-{case}", "--to", "nca", "--out", str(tmp_path / "out"))
    assert result.output.startswith("NOW: Imminent risk to life in the United Kingdom: call 999")
    pack = json.loads((tmp_path / "out/portal.json").read_bytes())
    assert pack["clock"]["priority"] == "P1"
    assert pack["life"] == priorities().duties["life"]
    operator(f"C-{case}", "--to", "ncmec", "--dry-run", "--out", str(tmp_path / "tip"))
    assert "<escalateToHighPriority>Two people" in (tmp_path / "tip/report.xml").read_text()


def test_a_hotline_of_the_operator_s_gets_what_its_sections_say(
    operator: Operator, case: int, tmp_path: Path
) -> None:
    listed = CliRunner().invoke(app, ["report", "destinations", "--data", str(tmp_path / "data")])
    assert "example\tExample Hotline" in listed.output
    out = tmp_path / "out"
    result = operator(f"C-{case}", "--to", "example", "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "The router proposes" not in result.output, "it is one of those proposed"
    assert sorted(path.name for path in out.iterdir()) == ["report.eml", "report.json"]
    body = json.loads((out / "report.json").read_bytes())
    assert body["children"][0]["account"] == "mara"
    assert "transcripts" not in body
    letter = message_from_bytes((out / "report.eml").read_bytes())
    assert letter["To"] == "reports@hotline.example"
    assert "parents" not in str(letter) and "mara" not in str(letter)


def test_what_would_help_is_said_before_anything_is_decided(
    operator: Operator, store: CaseStore
) -> None:
    case = store.open_case(OPERATOR, snapshot(), "scan")
    said = operator("propose", f"C-{case}").output
    assert said.startswith("ncmec: the provider is in the United States")
    assert "An IP address of the account with its time and port: not held" in said
    assert "parents" not in said


def test_the_names_of_things_that_do_not_exist_are_answered_with_those_that_do(
    operator: Operator, case: int
) -> None:
    assert "choose from ncmec, nca" in operator.refused(f"C-{case}", "--to", "moon")
    assert "sextortion" in operator.refused(f"C-{case}", "--to", "ncmec", "--annotate", "bad")


def test_the_evidence_bag_is_a_destination(operator: Operator, case: int, tmp_path: Path) -> None:
    result = operator(f"C-{case}", "--to", "evidence", "--out", str(tmp_path / "bag"))
    assert result.exit_code == 0, result.output
    assert (tmp_path / "bag/tagmanifest-sha256.txt").exists()
