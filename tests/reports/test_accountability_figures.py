"""Figures of a period: sums that agree with the stores, and small numbers that stay hidden."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, delete, func, insert, select

from fieldfare.cases import OPERATOR, CaseStore, actions
from fieldfare.cases.counting import CaseFacts
from fieldfare.cases.report_tables import filings
from fieldfare.cases.states import states
from fieldfare.cases.tables import cases, decisions, metadata, proposals, samples
from fieldfare.reports.accountability import dsa, transparency
from fieldfare.reports.accountability.facts import (
    AppealFact,
    Facts,
    Period,
    ReportFact,
    ServiceFacts,
)
from fieldfare.reports.accountability.figures import Figures, Relation, figures
from fieldfare.reports.accountability.protection import SMALLEST, determined, hidden
from fieldfare.reports.accountability.shown import Shown
from fieldfare.reports.accountability.wording import BLANK, FEW, UNKNOWN
from fieldfare.vocabulary import InputError
from fieldfare.vocabulary.times import DAY, HOUR, from_micros
from tests.cases.conftest import Clock
from tests.cases.snapshots import NOON
from tests.reports.conftest import decided

PERIOD = Period(date(2026, 1, 1), date(2026, 3, 31))
NO_CASES = CaseFacts(PERIOD.end + DAY, (), 0, (), (), (), ())

moments = st.integers(PERIOD.start - 5 * DAY, PERIOD.end + 5 * DAY)
spans = st.integers(0, 40 * DAY)
ACTIONS = sorted(actions.shipped().actions)


@st.composite
def histories(draw: st.DrawFn) -> dict[str, list[dict[str, object]]]:
    """Rows of the store's tables: any cases, decided, proposed, filed at any time."""
    found: dict[str, list[dict[str, object]]] = {
        "cases": [], "decisions": [], "proposals": [], "samples": [], "filings": [],
    }  # fmt: skip
    for case in range(1, draw(st.integers(0, 25)) + 1):
        opened, state = draw(moments), draw(st.sampled_from(sorted(states())))
        found["cases"].append(
            {
                "id": case, "version": 1, "account": f"a{draw(st.integers(0, 9))}", "state": state,
                "is_open": states()[state].open, "band": "alert", "probability": 0.9, "rank": 1,
                "origin": draw(st.sampled_from(["scan", "policy", "report", "reviewer"])),
                "level": draw(st.sampled_from(["immediate", "high", "raised", "normal"])),
                "signs": "[]", "children": 1, "countries": "[]", "opened_at": opened,
                "due_at": opened + draw(spans), "updated_at": opened,
            }
        )  # fmt: skip
        for _ in range(draw(st.integers(0, 3))):
            at = opened + draw(spans)
            status = draw(st.sampled_from(["stands", "proposed", "undone", "refused", "withdrawn"]))
            stands = status == "stands"
            found["decisions"].append(
                {
                    "id": len(found["decisions"]) + 1, "case_id": case, "reasons": "[]",
                    "action": draw(st.sampled_from(ACTIONS)), "rationale": b"", "at": at,
                    "by_user": "ana", "status": status, "blind": draw(st.booleans()),
                    "effective_at": at + draw(spans) if stands else None,
                }
            )  # fmt: skip
    kinds, environments = ["decision", "export"], ["test", "production", "portal"]
    for _ in range(draw(st.integers(0, 6))):
        found["proposals"].append(
            {"kind": draw(st.sampled_from(kinds)), "payload": b"", "at": draw(moments),
             "by_user": "ana", "status": draw(st.sampled_from(["open", "approved", "refused"]))}
        )  # fmt: skip
    for _ in range(draw(st.integers(0, 8)) if found["cases"] else 0):
        made, state = draw(moments), draw(st.sampled_from(["prepared", "finished", "failed"]))
        found["filings"].append(
            {"case_id": 1, "destination": draw(st.sampled_from(["ncmec", "nca", "norway"])),
             "environment": draw(st.sampled_from(environments)), "state": state, "made_at": made,
             "by_user": "ana", "as_of": made, "sha256": "", "package": b"", "attempts": 1,
             "finished_at": made + draw(spans) if state == "finished" else None}
        )  # fmt: skip
    for _ in range(draw(st.integers(0, 4)) if len(found["decisions"]) > 1 else 0):
        several = st.integers(1, len(found["decisions"]))
        found["samples"].append(
            {"case_id": 1, "decision_id": draw(several), "first_user": "ana",
             "drawn_at": PERIOD.start, "second_decision": draw(several)}
        )  # fmt: skip
    return found


@st.composite
def services(draw: st.DrawFn) -> ServiceFacts:
    """What a live service may have of the period."""
    inside = st.integers(PERIOD.start, PERIOD.end - 1)
    reports = []
    for _ in range(draw(st.integers(0, 12))):
        messages = draw(st.integers(0, 5))
        verified = draw(st.integers(0, messages))
        weighed = draw(st.sampled_from(["", "no_contact", "too_many"]))
        account = f"a{draw(st.integers(0, 9))}"
        reports.append(ReportFact(account, draw(inside), messages, verified, weighed))
    appeals = []
    for _ in range(draw(st.integers(0, 12))):
        outcome = draw(st.sampled_from([None, "upheld", "partly_reversed", "reversed", "omitted"]))
        made = draw(inside)
        done = made + draw(spans) if outcome else None
        appeals.append(AppealFact("a", made, outcome, done))
    verdicts = st.sampled_from(["deliver", "warn", "withhold"])
    numbers = draw(st.dictionaries(verdicts, st.integers(1, 99)))
    return ServiceFacts(tuple(reports), tuple(appeals), numbers, draw(st.integers(0, 9)), {})


@pytest.fixture(scope="module")
def empty() -> Iterator[Engine]:
    """A store's tables in memory."""
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    yield engine
    engine.dispose()


def _fill(engine: Engine, rows: dict[str, list[dict[str, object]]]) -> None:
    tables = {
        "filings": filings, "samples": samples, "proposals": proposals, "decisions": decisions,
        "cases": cases,
    }  # fmt: skip
    with engine.begin() as connection:
        for table in tables.values():
            connection.execute(delete(table))
        for name, table in reversed(tables.items()):
            if rows[name]:
                connection.execute(insert(table), rows[name])


@settings(max_examples=30, deadline=None)
@given(rows=histories(), service=services())
def test_sums_agree_with_the_stores_and_no_small_number_follows_from_what_is_shown(
    empty: Engine, rows: dict[str, list[dict[str, object]]], service: ServiceFacts
) -> None:
    _fill(empty, rows)
    clock = Clock()
    clock.at = PERIOD.end + 60 * DAY
    facts = Facts(
        PERIOD, CaseStore(empty, clock).facts(OPERATOR, PERIOD.start, PERIOD.end), service
    )
    found = figures(facts)
    for each in found.relations:
        assert found[each.total].value == sum(found[part].value or 0 for part in each.parts), each
    inside = [cases.c.opened_at >= PERIOD.start, cases.c.opened_at < PERIOD.end]
    force = [
        decisions.c.status == "stands",
        decisions.c.blind.is_(False),
        decisions.c.at < PERIOD.end,
        decisions.c.effective_at >= PERIOD.start,
        decisions.c.effective_at < PERIOD.end,
    ]
    with empty.connect() as connection:

        def count(table: object, *where: object) -> int:
            wanted = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
            return int(connection.execute(wanted).scalar_one())

        assert found["cases.opened"].value == count(cases, *inside)
        assert found["cases.opened.origin.report"].value == count(
            cases, *inside, cases.c.origin == "report"
        )
        assert found["decisions.in_force"].value == count(decisions, *force)
        restricting = ["ban", "ban_and_report", "limit"]
        assert found["measures.all"].value == count(
            decisions, *force, decisions.c.action.in_(restricting)
        )
        assert found["filings.finished"].value == count(
            filings,
            filings.c.environment != "test",
            filings.c.finished_at >= PERIOD.start,
            filings.c.finished_at < PERIOD.end,
        )
    assert found["appeals.made"].value == len(service.appeals)
    assert found["notices.received"].value == len(service.reports)
    assert found["safeguards.answered"].value == sum(service.safeguards.values())
    _nothing_small_shows(found)


def _nothing_small_shows(found: Figures) -> None:
    shown = Shown.of(found, exact=False)
    people = [
        each
        for each in found
        if each.unit == "" and not each.key.startswith(("safeguards.", "notices.messages"))
    ]
    small = {each.key for each in people if 0 < (each.value or 0) < SMALLEST}
    assert all(shown.value(key) == FEW for key in small)
    for each in found:
        if each.rests_on and shown.held.intersection(each.rests_on):
            assert shown.value(each.key) == FEW
    counts = {each.key for each in people}
    held = set(shown.held) & counts
    relations = [each for each in found.relations if {each.total, *each.parts} <= counts]
    assert not determined(relations, held) & small


def test_what_is_alone_is_hidden_with_another() -> None:
    found = Figures(Facts(PERIOD, NO_CASES, None))
    found.add("cases.opened", 40)
    counts = {"scan": 30, "policy": 8, "report": 2, "reviewer": 0}
    found.split("cases.opened", "origin", counts)
    assert hidden(found) == {"cases.opened.origin.report", "cases.opened.origin.policy"}
    # What was hidden alone would be what is left: 40 - 30 - 8 - 0.
    assert determined(found.relations, {"cases.opened.origin.report"}) == {
        "cases.opened.origin.report"
    }
    assert determined([Relation("t", ("a", "b"))], {"a", "b"}) == set()


def test_a_sum_is_hidden_too_whose_parts_all_are_but_add_up_to_what_is_shown() -> None:
    """Made, waiting and omitted would show together how many were decided: 24 - 10 - 10."""
    counted = {None: 10, "omitted": 10, "upheld": 2, "partly_reversed": 1, "reversed": 1}
    appeals = [
        AppealFact("a", NOON, outcome, NOON if outcome else None)
        for outcome, number in counted.items()
        for _ in range(number)
    ]
    service = ServiceFacts((), tuple(appeals), {}, 0, {})
    found = figures(Facts(PERIOD, NO_CASES, service))
    assert found["appeals.decided"].value == 4
    _nothing_small_shows(found)


def test_what_a_person_decided_is_where_the_template_wants_it(
    store: CaseStore, clock: Clock, tmp_path: Path
) -> None:
    decided(store, clock)
    day = from_micros(NOON).date()
    period = Period(day, day)
    cases_ = store.facts(OPERATOR, period.start, period.end)
    opened = cases_.decisions[0]
    service = ServiceFacts(
        (ReportFact(opened.account, NOON - HOUR, 3, 1, ""),),
        (AppealFact("x", NOON, "reversed", NOON + 3 * HOUR), AppealFact("y", NOON, None, None)),
        {"withhold": 7, "deliver": 90},
        1,
        {"done": 2},
    )
    shown = Shown.of(figures(Facts(period, cases_, service)), exact=True)
    report = dsa.Report(shown, "", "the model", "the errors")
    for path in transparency.write(tmp_path, report):
        assert path.stat().st_size > 100
    numbers = _read(tmp_path / "figures.csv")
    value = {row["key"]: row["value"] for row in numbers}
    assert value["decisions.in_force.action.report"] == "1"
    assert value["error.precision"] == "1.0" and value["appeals.made.outcome.waiting"] == "1"
    assert value["time.appeal"] == "3.0" and value["safeguards.answered"] == "97"
    assert all(row["what it is"] and row["counted from"] for row in numbers)
    appeals = _read(tmp_path / "dsa" / "7_appeals_and_recidivism.csv")
    assert {row["Scope"]: row["Value"] for row in appeals[:6]} == {
        "Total number": "2", "Decisions upheld": "0", "Decisions partially reversed": "0",
        "Decisions reversed": "1", "Median time": "3.0", "Decision omitted": "0",
    }  # fmt: skip
    notices = {
        row["Category of illegal content"]: row for row in _read(tmp_path / "dsa/4_notices.csv")
    }
    ours = notices["KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS"]
    assert ours["Number of notices received"] == "1"
    assert notices["TOTAL"]["Number of notices received"] == BLANK
    identity = _read(tmp_path / "dsa" / "1_report_identification.csv")
    assert [row["Value"] for row in identity][:2] == [BLANK, BLANK]
    assert len(list((tmp_path / "dsa").iterdir())) == 11


def _read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode())))


def test_without_a_live_service_its_figures_are_not_recorded_and_never_nought(
    store: CaseStore,
) -> None:
    facts = Facts(PERIOD, store.facts(OPERATOR, PERIOD.start, PERIOD.end), None)
    shown = Shown.of(figures(facts), exact=False)
    assert shown.value("appeals.made") == shown.value("time.appeal") == UNKNOWN
    assert shown.value("holds.set") == UNKNOWN
    assert shown.value("cases.opened") == 0


def test_a_period_that_is_none_is_refused() -> None:
    for first, last in (("2026-02-30", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("x", "y")):
        with pytest.raises(InputError):
            Period.of(first, last)
    one = Period.of("2026-03-01", "2026-03-01")
    assert one.end - one.start == DAY and one.start in one and one.end not in one
