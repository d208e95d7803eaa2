"""The page of a compliance officer: figures without anybody in them, and documents to download."""

from __future__ import annotations

import hashlib
import io
import zipfile

from fieldfare.cases import OPERATOR
from tests.console.conftest import Desk


def test_a_compliance_officer_sees_figures_and_nobody(desk: Desk) -> None:
    client = desk.client("compliance_officer")
    assert client.get("/").headers["location"] == "/accountability"
    page = client.get("/accountability").text
    assert "Cases opened" in page and "[few]" in page and "[not recorded]" in page
    assert "acc-one" not in page and 'href="/queue"' not in page
    assert "The period is not over" in page
    past = client.get("/accountability?from=2020-01-01&to=2020-12-31").text
    assert "The period is not over" not in past
    assert client.get("/accountability?from=2020-13-01&to=x").status_code == 400


def test_what_is_downloaded_is_in_the_audit(desk: Desk) -> None:
    client = desk.client("compliance_officer")
    form = {"from": "2026-01-01", "to": "2026-12-31", "part": ["transparency", "model-card"]}
    answer = client.post("/accountability", data=form)
    assert answer.status_code == 200 and answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        digests = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in names}
    assert {"transparency/dsa.xlsx", "transparency/figures.csv", "model-card.docx"} <= names
    assert "risk-assessment.docx" not in names
    entries = desk.store.audit_entries(OPERATOR, most=1000)
    made = next(each for each in reversed(entries) if each.action == "accountability.make")
    assert made.user == "compliance_officer" and made.detail["files"] == digests
