"""What is kept, held and destroyed, and what a report would still need, as pages."""

from __future__ import annotations

import re
from dataclasses import replace

from fieldfare.cases import SERVICE, Actor
from fieldfare.cases.desk import now
from fieldfare.reports.destruction import carry_out
from fieldfare.vocabulary.times import DAY, MINUTE
from tests.console.conftest import Desk


def test_a_hold_is_placed_with_a_reason_and_released_by_two(desk: Desk) -> None:
    eve, sue = desk.client("investigator"), desk.client("supervisor")
    form = {"kind": "legal", "reason": "order <7>", "jurisdiction": "GB"}
    assert desk.client("reviewer").post("/cases/1/holds", data=form).status_code == 403
    assert eve.post("/cases/1/holds", data={**form, "reason": " "}).status_code == 400
    assert eve.post("/cases/1/holds", data={**form, "kind": "ever"}).status_code == 400
    assert eve.post("/cases/1/holds", data=form).status_code == 303
    assert "order &lt;7&gt;" in eve.get("/cases/1").text
    assert eve.post("/cases/1/holds/1/release", data={"reason": "done"}).status_code == 303
    assert eve.post("/proposals/1/approve").status_code == 403
    assert sue.post("/proposals/1/approve").status_code == 303
    assert "released" in sue.get("/cases/1").text
    assert "1 case is under" not in sue.get("/retention").text


def test_what_is_due_is_destroyed_and_its_page_shows_what_is_left(desk: Desk) -> None:
    reviewer, sue = Actor("reviewer", frozenset({"reviewer"})), desk.client("supervisor")
    assert "Nothing is due" in sue.get("/retention").text
    claimed = desk.store.claim(reviewer, 2)
    assert claimed is not None
    desk.store.decide(reviewer, 2, claimed.version, "no_action", ["nothing_worrying"])
    shift = {"by": 91 * DAY}
    desk.store._clock = lambda: now() + shift["by"]
    desk.console = replace(desk.console, clock=desk.store._clock)
    sue = desk.client("supervisor")
    assert desk.store.propose_destructions(SERVICE) == 1
    assert "a second person has to agree" in sue.get("/retention").text
    assert desk.client("investigator").post("/proposals/1/approve").status_code == 403
    assert sue.post("/proposals/1/approve").status_code == 303
    assert sue.get("/destructions/1/certificate").status_code == 409
    shift["by"] += 16 * MINUTE
    carry_out(desk.store, SERVICE)
    left = sue.get("/cases/2").text
    assert "The content of this case was destroyed" in left and "acc-two" in left
    certificate = sue.get("/destructions/1/certificate")
    assert certificate.json()["case"] == "C-2" and "acc-two" not in certificate.text
    assert desk.client("reviewer").get("/destructions/1/certificate").status_code == 403


def test_what_is_missing_in_a_report_is_said_before_it_is_submitted(desk: Desk) -> None:
    reviewer = Actor("reviewer", frozenset({"reviewer"}))
    claimed = desk.store.claim(reviewer, 1)
    assert claimed is not None
    desk.store.decide(reviewer, 1, claimed.version, "report", ["mass_grooming"])
    page = desk.client("supervisor").get("/cases/1").text
    score = re.search(r"Completeness (\d+)", page)
    assert score is not None and "would make the report more actionable" in page
    assert "Completeness" not in desk.client("reviewer").get("/cases/1").text
    report = desk.client("supervisor").get("/cases/1/reporting").text
    assert f"Completeness {score[1]}" in report and "Nothing is on its way" in report
