"""The risk assessment, the model card and the data-protection impact assessment."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from typer.testing import CliRunner

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.tables import metadata
from fieldfare.cli import app
from fieldfare.reports.accountability.document import Grid, markdown, parse
from fieldfare.reports.accountability.facts import Period
from fieldfare.reports.accountability.impact import NOT_DESCRIBED, described
from fieldfare.reports.accountability.making import Wanted, make
from fieldfare.reports.accountability.model_card import benchmark_page, model_card
from fieldfare.reports.accountability.wording import BLANK
from fieldfare.risk import scorecard
from fieldfare.safeguards import shipped
from fieldfare.service.appeals import Appeals
from fieldfare.service.safeguard_counts import SafeguardCounts
from fieldfare.service.settings import ServiceSettings
from fieldfare.vocabulary import InputError
from tests.cases.conftest import Clock
from tests.reports.conftest import decided

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


@pytest.fixture
def service(tmp_path: Path) -> ServiceSettings:
    """A live service that answered and was appealed to."""
    settings = ServiceSettings(data=tmp_path / "data")
    settings.open_state().close()
    with settings.open_journal().database as database:
        Appeals(database).make("acc", "It was my sister.")
        SafeguardCounts(database).add({"deliver": 6, "withhold": 2})
    return settings


def test_every_table_of_cases_is_described() -> None:
    """Where this fails, say in stores.toml what the new table holds of whom, and until when."""
    assert set(metadata.tables) <= set(described()["cases"])


def test_the_command_makes_everything_and_the_audit_says_so(
    service: ServiceSettings, store: CaseStore, clock: Clock, tmp_path: Path
) -> None:
    decided(store, clock)
    out = tmp_path / "made"
    period = ["--from", "2026-01-01", "--to", "2026-12-31"]
    ran = CliRunner().invoke(
        app, ["accountability", *period, "--out", str(out), "--data", str(service.data)]
    )
    assert ran.exit_code == 0, ran.output
    names = {path.name for path in out.iterdir()}
    documents = ("risk-assessment", "model-card", "impact-assessment")
    assert names == {f"{name}.{end}" for name in documents for end in ("md", "docx")} | {
        "transparency"
    }
    for name in documents:
        _same_words(out / f"{name}.docx", (out / f"{name}.md").read_text("utf-8"))
    risk = (out / "risk-assessment.md").read_text("utf-8")
    for rule in shipped().rules:
        assert f"| {rule.id} | {rule.says} |" in risk or rule.service_has_connections is False
    assert "| Cases opened | 1 |" in risk and risk.count(BLANK) > 20
    impact = (out / "impact-assessment.md").read_text("utf-8")
    assert NOT_DESCRIBED not in impact and "what the newest case was given is." in impact
    entry = store.audit_entries(OPERATOR, most=100)[-1]
    assert entry.action == "accountability.make" and not entry.detail["exact"]
    for name, sha256 in entry.detail["files"].items():
        assert hashlib.sha256((out / name).read_bytes()).hexdigest() == sha256
    figures = (out / "transparency" / "figures.csv").read_bytes().decode()
    shown = {row["key"]: row["value"] for row in csv.DictReader(io.StringIO(figures))}
    assert shown["cases.opened"] == "[few]" and shown["safeguards.answered"] == "8"


def _same_words(word: Path, text: str) -> None:
    with zipfile.ZipFile(word) as file:
        assert file.testzip() is None
        trees = {name: etree.fromstring(file.read(name)) for name in file.namelist()}
    body = trees["word/document.xml"]
    cells = ["".join(each.itertext()) for each in body.iter(f"{WORD}p")]
    grids = [block for block in parse(text) if isinstance(block, Grid)]
    assert len(list(body.iter(f"{WORD}tbl"))) == len(grids)
    said = {_bare(cell) for cell in cells}
    for table in grids:
        for row in table.rows:
            assert all(_bare(cell) in said for cell in row), row


def _bare(text: str) -> str:
    return re.sub(r"\s|[`*]", "", text)


def test_the_model_card_is_of_the_card_in_use_and_of_no_other() -> None:
    card = scorecard.shipped()
    text = markdown(model_card(card))
    assert card.sha256 in text and card.basis in text
    for name, bins in card.signals.items():
        assert f"| {name} |" in text and f"| {max(bins.weights):+.2f} |" in text
    page = benchmark_page()
    assert page is not None
    if f"Card `{card.version}`" in page:
        for group in ("teacher", "coach", "lgbtq_peer_support", "teenager"):
            assert re.search(rf"^\| {group} \| [\d,]+ \|", text, re.M), group
    assert text.count("its SHA-256 was computed now") >= 4 and "IS ANOTHER" not in text
    other = markdown(model_card(scorecard.judgement()))
    assert "There is no benchmark of the scorecard" in other and "LGBTQ" in other
    assert not re.search(r"^\| lgbtq_peer_support \|", other, re.M)


def test_only_what_is_asked_for_is_made(store: CaseStore, tmp_path: Path) -> None:
    wanted = Wanted(
        Period.of("2026-01-01", "2026-01-31"),
        shipped(),
        scorecard.shipped(),
        parts=("impact-assessment",),
    )
    made = make(tmp_path / "made", store, OPERATOR, wanted, None)
    assert [path.name for path in made] == ["impact-assessment.md", "impact-assessment.docx"]
    assert "There was no live service" in (tmp_path / "made" / made[0]).read_text("utf-8")
    ran = CliRunner().invoke(
        app,
        ["accountability", "--from", "x", "--to", "y", "--out", "z", "--data", str(tmp_path)],
    )
    assert isinstance(ran.exception, InputError)
