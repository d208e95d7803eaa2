"""What pages show: text as text, decisions with their consequence, other people's work."""

from __future__ import annotations

import hashlib
import html
import json
import re
from bisect import bisect
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Literal

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from fieldfare.cases import OPERATOR, Actor
from fieldfare.cli.case import agreed
from fieldfare.console.app import create_console
from fieldfare.console.said import MOST_SHOWN, segments
from fieldfare.console.sessions import COOKIE
from fieldfare.lab.console_cases import neighbours, snapshot
from fieldfare.risk.scorecard import SHIPPED, shipped, text_of
from fieldfare.scan.page.overview import bands_of
from fieldfare.scan.snapshot import SeenMessage, SeenSource, Span
from tests.console.conftest import SAME, Desk

HOSTILE = {
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "bidi": "safe\u202etxet desrever\u2066 and \u2069 on",
    "emoji": "\U0001f600" * 5_000,
    "marks": "a" + "\u0301" * 5_000,
    "template": "{{ 7 * 7 }} {% raw %}",
    "nul": "before\x00after\x1b[31m",
    "long": "word " * 200_000,
}


def open_with(desk: Desk, texts: dict[str, str]) -> int:
    made = snapshot("acc-hostile", 1, 1)
    child = made.children[0]
    messages = tuple(
        SeenMessage(f"h{n}", child.account, True, child.contacted_at + n, text, ("secrecy",))
        for n, text in enumerate(texts.values())
    )
    return desk.store.open_case(OPERATOR, replace(made, messages=messages), "scan")


def ids(desk: Desk, case: int) -> list[int]:
    found = desk.store.conversation(Actor("a", frozenset({"auditor"})), case)
    return [message.id for message in found]


def test_hostile_text_shows_as_text(desk: Desk) -> None:
    case = open_with(desk, HOSTILE)
    client = desk.client("reviewer")
    for message, (kind, text) in zip(ids(desk, case), HOSTILE.items(), strict=True):
        said = client.post(
            f"/cases/{case}/reveal", data={"message": message}, headers={"hx-request": "true"}
        )
        assert said.status_code == 200, kind
        body = said.text.split("<blockquote", 1)[1].split("</blockquote>")[0]
        assert "<script" not in body and "<img" not in body
        assert not set(body) & {"\u202e", "\u2066", "\x00", "\x1b"}
        shown = html.unescape(body.split(">", 1)[1])
        if kind == "bidi":
            assert "[U+202E]" in shown
        if kind in ("html", "template", "emoji", "marks"):
            assert shown == text[:MOST_SHOWN]
    assert len(said.content) < 60_000 and "of 1,000,000 characters" in said.text
    whole = client.post(f"/cases/{case}/reveal", data={"message": message, "whole": "1"})
    assert whole.text.count("word ") >= 200_000


def test_text_is_masked_until_revealed_and_in_no_address_or_title(desk: Desk) -> None:
    sentence = "a sentence that nobody else writes"
    case = open_with(desk, {"one": sentence})
    client = desk.client("reviewer")
    for path in (f"/cases/{case}", f"/cases/{case}/children/1", "/queue"):
        assert sentence not in client.get(path).text
    answer = client.post(f"/cases/{case}/reveal", data={"message": ids(desk, case)[0]})
    assert sentence in answer.text and sentence not in answer.text.split("</title>")[0]
    entries = desk.store.audit_entries(OPERATOR, case=case)
    assert [e.action for e in entries if e.user == "reviewer"][-1] == "text.reveal"
    assert sentence not in json.dumps([e.detail for e in entries])
    found = client.post("/search", data={"query": sentence, "text": "1"})
    assert f"C-{case}" in found.text and "location" not in found.headers
    assert sentence not in json.dumps([e.detail for e in desk.store.audit_entries(OPERATOR)])


def test_auditors_see_cases_without_a_way_to_the_text(desk: Desk) -> None:
    page = desk.client("auditor").get("/cases/1/children/1").text
    assert "your role sees no text" in page and "/reveal" not in page


def test_reasons_lead_to_the_messages_they_rest_on(desk: Desk) -> None:
    client = desk.client("reviewer")
    page = client.get("/cases/1").text
    reasons = page.split('id="reasons"')[1].split("</section>")[0]
    address = reasons.split('<a href="')[1].split('"')[0]
    shown = client.get(address).text
    service_id = reasons.split('<a href="')[1].split("<bdi>")[1].split("</bdi>")[0]
    assert 'class="message theirs focus"' in shown
    message = desk.store.around(
        Actor("a", frozenset({"auditor"})), 1, int(address.rsplit("/", 1)[1]), 0, 0
    )[0]
    assert message.message == service_id and message.indicators


def test_indicators_are_marked_where_they_stand() -> None:
    text = "well \u202e how old are you then"
    start = text.index("how")
    found = segments(text, [Span("age_probing", start, start + 15)])
    assert [s.text for s in found if s.indicator] == ["how old are you"]
    assert "".join(s.text for s in found) == text.replace("\u202e", "[U+202E]")
    assert segments("short", [Span("secrecy", 2, 99)]) == segments("short", [])
    both = segments("abcdef", [Span("secrecy", 0, 4), Span("photo_request", 2, 6)])
    assert [s.text for s in both] == ["ab", "cd", "ef"] and ", " in both[1].indicator


def test_a_decision_on_a_case_that_changed_meanwhile_is_not_taken(desk: Desk) -> None:
    client = desk.client("reviewer")
    client.post("/cases/1/claim")
    version = desk.store.summary(OPERATOR, 1).version
    desk.store.add_note(Actor("supervisor", frozenset({"supervisor"})), 1, "look at the dates")
    form = {"version": version, "reason": "nothing_worrying", "rationale": "seen all of it"}
    answer = client.post("/cases/1/decide/no_action", data=form)
    assert answer.status_code == 409
    assert "supervisor wrote a note" in answer.text and "seen all of it" in answer.text
    assert desk.store.summary(OPERATOR, 1).state == "in_review"
    form["version"] = desk.store.summary(OPERATOR, 1).version
    assert client.post("/cases/1/decide/no_action", data=form).status_code == 303
    assert desk.store.summary(OPERATOR, 1).state == "closed_no_action"


def test_a_proposer_cannot_agree_and_a_second_person_can_refuse_with_a_reason(desk: Desk) -> None:
    first, second = desk.client("senior_reviewer"), desk.client("supervisor")
    first.post("/cases/1/claim")
    version = desk.store.summary(OPERATOR, 1).version
    first.post("/cases/1/decide/ban", data={"version": version, "reason": "mass_grooming"})
    assert "another has to agree" in first.get("/proposals").text
    assert first.post("/proposals/1/approve").status_code == 403
    assert second.post("/proposals/1/refuse", data={"rationale": " "}).status_code == 400
    refused = second.post("/proposals/1/refuse", data={"rationale": "the dates do not fit"})
    assert refused.headers["location"].endswith("notice=refused")
    assert "the dates do not fit" in first.get("/cases/1").text


def test_another_persons_case_cannot_be_decided_or_given_back(desk: Desk) -> None:
    desk.client("investigator").post("/cases/1/claim")
    client = desk.client("reviewer")
    version = desk.store.summary(OPERATOR, 1).version
    form = {"version": version, "reason": "nothing_worrying"}
    assert client.post("/cases/1/claim").status_code == 409
    assert client.post("/cases/1/decide/no_action", data=form).status_code in (403, 409)
    assert client.post("/cases/1/release").status_code in (403, 409)
    assert "With" in client.get("/cases/1").text


def test_bulk_says_first_what_it_would_do(desk: Desk) -> None:
    client = desk.client("supervisor")
    form = {"case": ["1", "2"], "action": "tag", "value": "school-term"}
    tried = client.post("/bulk", data=form)
    assert "2 cases" in tried.text and desk.store.summary(OPERATOR, 1).tags == ()
    client.post("/bulk", data=form | {"sure": "1"})
    assert desk.store.summary(OPERATOR, 2).tags == ("school-term",)
    page = client.get("/queue?tag=school-term").text
    assert "C-1" in page and "C-2" in page
    assert "C-1" not in client.get("/queue?tag=other").text


def test_notes_tags_tasks_and_links(desk: Desk) -> None:
    client = desk.client("reviewer")
    client.post("/cases/1/notes", data={"text": "@investigator <b>look</b>"})
    client.post("/cases/1/tags", data={"tag": "term"})
    client.post("/cases/1/tasks", data={"text": "ask the school", "due": "2026-12-01"})
    client.post("/cases/1/links", data={"account": "acc-other", "why": "the same words"})
    page = client.get("/cases/1").text
    assert "&lt;b&gt;look" in page and "ask the school" in page and "acc-other" in page
    client.post("/cases/1/tags", data={"remove": "term"})
    client.post("/cases/1/tasks", data={"done": "1"})
    assert desk.store.summary(OPERATOR, 1).tags == ()
    assert 'class="done"' in client.get("/cases/1").text
    assert client.post("/cases/1/tasks", data={"text": "x", "due": "soon"}).status_code == 400


def test_whoever_is_named_in_a_note_finds_it_in_the_queue_until_it_was_seen(desk: Desk) -> None:
    desk.client("reviewer").post("/cases/2/notes", data={"text": "@investigator, look"})
    desk.client("reviewer").post("/cases/2/tasks", data={"text": "call", "whose": "investigator"})
    client = desk.client("investigator")
    assert "names you" in client.get("/queue").text and "Your tasks, 1" in client.get("/queue").text
    assert "names you" not in desk.client("supervisor").get("/queue").text
    client.get("/cases/2")
    assert "names you" not in client.get("/queue").text


def test_pages_of_the_queue_hold_every_case_once(desk: Desk) -> None:
    made = [snapshot(f"acc-q{n}", 1, 1, seed=n) for n in range(120)]
    desk.store.open_cases(OPERATOR, made, "scan")
    client, path, seen = desk.client("reviewer"), "/queue", list[str]()
    while path:
        page = client.get(path).text
        seen += [part.split('"')[0] for part in page.split('href="/cases/')[1:]]
        more = page.split('class="next" href="')[1:]
        path = html.unescape(more[0].split('"')[0]) if more else ""
    assert len(seen) == 122 == len(set(seen))


def test_a_band_is_called_what_the_report_of_a_scan_calls_it(desk: Desk) -> None:
    titles = {band.title for band in bands_of(shipped()).values()}
    client = desk.client("reviewer")
    for made, origin in neighbours():
        case = desk.store.open_case(OPERATOR, made, origin)
        head = client.get(f"/cases/{case}").text.partition('<p class="bands">')[2]
        assert re.findall(r"</svg>([^<,]+), ", head.partition("</p>")[0]) == [made.band.title()]
        starts = shipped().starts(with_text=True)
        assert made.band == shipped().bands[bisect(starts, made.probability) - 1].name
    said = re.findall(
        r'data-label="Assessment"><span class="band.*?</svg>(.*?)</span>', client.get("/queue").text
    )
    assert said and set(said) <= titles


def test_audit_page_verifies_and_exports(desk: Desk) -> None:
    client = desk.client("auditor")
    assert "are whole" in client.post("/audit/verify").text
    lines = client.post("/audit/export").text.splitlines()
    assert [json.loads(line)["number"] for line in lines] == list(range(1, len(lines) + 1))


def test_a_policy_is_checked_before_it_can_be_proposed(desk: Desk) -> None:
    text = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")
    client = desk.client("supervisor")
    wrong = client.post("/rules/try", data={"policy": "nonsense ="})
    assert wrong.status_code == 400 and "policy:1" in wrong.text
    assert "It is valid" in client.post("/rules/try", data={"policy": text}).text
    assert client.post("/rules/propose", data={"policy": text}).status_code == 303
    waiting = desk.store.proposals(Actor("administrator", frozenset({"administrator"})))
    assert waiting[0].payload["sha256"] == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("kind", ["policy", "scorecard"])
def test_rules_are_changed_by_two_people_who_saw_the_same_bytes(
    desk: Desk, tmp_path: Path, kind: Literal["policy", "scorecard"]
) -> None:
    old = in_force_text(kind)
    new = old.replace('version = "', 'version = "other-', 1)
    first, second = desk.client("supervisor"), desk.client("administrator")
    check = "/rules/try" if kind == "policy" else "/rules/scorecard"
    assert "valid" in first.post(check, data={kind: new}).text
    assert first.post(check, data={kind: "nonsense ="}).status_code == 400
    assert first.post("/rules/propose", data={kind: new}).status_code == 303
    page = second.get("/proposals/1").text
    assert page.count('class="added"') == page.count('class="removed"') == 1
    assert "Agree" in page and "Agree</button>" not in first.get("/proposals/1").text
    assert first.post("/proposals/1/approve").status_code == 403
    assert desk.client("reviewer").get("/proposals/1").status_code == 404
    assert "not in force here" not in first.get("/rules").text
    assert second.post("/proposals/1/approve").status_code == 303
    assert "not in force here" in first.get("/rules").text
    found = desk.store.agreed(OPERATOR, kind)
    assert found is not None and found.payload["text"] == new
    place = tmp_path / f"{kind}.toml"
    agreed(kind, place, tmp_path / "data")
    assert place.read_text("utf-8") == new
    desk.console = (
        replace(desk.console, policy=place)
        if kind == "policy"
        else replace(desk.console, scorecard=place)
    )
    assert "not in force here" not in desk.client("supervisor").get("/rules").text


def in_force_text(kind: str) -> str:
    if kind == "scorecard":
        return text_of(SHIPPED[0])
    return (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")


def test_a_message_is_blacked_out_by_one_and_shown_again_by_two(desk: Desk) -> None:
    sentence = "the name of a neighbour"
    case = open_with(desk, {"one": sentence})
    message = ids(desk, case)[0]
    first, second = desk.client("investigator"), desk.client("supervisor")
    assert first.post(f"/cases/{case}/redact", data={"message": message}).status_code == 400
    why = {"message": message, "why": "names a bystander"}
    assert first.post(f"/cases/{case}/redact", data=why).status_code == 303
    assert sentence not in second.post(f"/cases/{case}/reveal", data={"message": message}).text
    assert "Propose that" not in first.get(f"/cases/{case}/messages/{message}").text
    assert first.post(f"/cases/{case}/unredact", data=why).status_code == 403
    assert "Propose that" in second.get(f"/cases/{case}/messages/{message}").text
    assert second.post(f"/cases/{case}/unredact", data=why).status_code == 303
    assert second.post("/proposals/1/approve").status_code == 403
    desk.add("other", "supervisor")
    assert "names a bystander" in desk.client("other").get(f"/cases/{case}").text
    assert desk.client("other").post("/proposals/1/approve").status_code == 303
    assert sentence in second.post(f"/cases/{case}/reveal", data={"message": message}).text


def test_an_export_is_proposed_with_a_reason_and_agreed_to_by_another(desk: Desk) -> None:
    first, second = desk.client("investigator"), desk.client("supervisor")
    assert "Propose an export" not in desk.client("reviewer").get("/cases/1").text
    assert first.post("/cases/1/export", data={"why": " "}).status_code == 400
    assert first.post("/cases/1/export", data={"why": "for the police"}).status_code == 303
    assert first.post("/proposals/1/approve").status_code == 403
    assert "for the police" in second.get("/cases/1").text
    assert second.post("/proposals/1/approve").status_code == 303


def test_times_may_be_those_that_the_source_wrote(desk: Desk) -> None:
    made = snapshot("acc-source", 1, 1)
    child = made.children[0].account
    sources = (
        SeenSource(raw_time="27.11.2026, 23:59", tz_basis="assumed"),
        SeenSource(raw_time="1767225600", tz_basis="utc"),
    )
    messages = tuple(
        SeenMessage(f"s{n}", child, True, made.as_of + n, "hello", source=each)
        for n, each in enumerate(sources)
    )
    case = desk.store.open_case(OPERATOR, replace(made, messages=messages), "scan")
    client = desk.client("reviewer")
    assert "27.11.2026" not in client.get(f"/cases/{case}/children/1").text
    form = {"theme": "dark", "zone": "source", "own_zone": "UTC", "context": "10"}
    client.post("/preferences", data=form)
    page = client.get(f"/cases/{case}/children/1").text
    assert "27.11.2026, 23:59" in page and ">1767225600<" not in page
    assert "as the source wrote them" in page


def test_what_a_child_was_asked_first_leads_to_the_message(desk: Desk) -> None:
    client = desk.client("reviewer")
    rows = client.get("/cases/1").text.split('id="children"')[1].split("</section>")[0]
    addresses = re.findall(r'href="(/cases/1/messages/\d+)"', rows)
    assert addresses
    for address in addresses:
        message = int(address.rsplit("/", 1)[1])
        (found,) = desk.store.messages_of(Actor("a", frozenset({"auditor"})), 1, [message])
        assert found.indicators and found.from_account
    assert 'class="message theirs focus"' in client.get(addresses[0]).text


def test_preferences_are_kept_and_a_foreign_cookie_is_ignored(desk: Desk) -> None:
    client = desk.client("reviewer")
    form = {"theme": "dark", "zone": "local", "own_zone": "Asia/Tokyo", "context": "10"}
    client.post("/preferences", data=form | {"blur": "1"})
    page = client.get("/cases/1/children/1").text
    assert 'data-theme="dark"' in page and " blur" in page and "Asia/Tokyo" in page
    assert 'data-shortcuts="off"' in page
    client.cookies.set("fieldfare_preferences", "bm90IG91cnM=")
    assert client.get("/queue").status_code == 200
    assert client.post("/preferences", data=form | {"own_zone": "../etc"}).status_code == 400


def test_mounted_under_a_path_every_address_has_it(desk: Desk) -> None:
    app = Starlette(routes=[Mount("/console", create_console(desk.console))])
    client = TestClient(app, base_url="http://console", follow_redirects=False, headers=SAME)
    assert client.get("/console/queue").headers["location"].startswith("/console/sign-in")
    client.cookies.set(COOKIE, desk.console.sign_in.trusted("supervisor").secret)
    for path in ("/queue", "/cases/1", "/cases/1/children/1", "/search", "/team", "/rules"):
        page = client.get(f"/console{path}").text
        addresses = [
            part.split('"')[0]
            for mark in ('href="', 'action="', 'src="')
            for part in page.split(mark)[1:]
        ]
        assert [a for a in addresses if not a.startswith(("/console/", "#"))] == []
