"""Investigations in the console: who is a child is said by people, never by a slip; texts are
masked; what is done is recorded."""

from __future__ import annotations

import html
import json
import re
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from fieldfare.cases import OPERATOR
from fieldfare.console.cabinet import Cabinet
from fieldfare.investigation import correspondence, provenance, reading
from fieldfare.investigation.records import Join, Person
from fieldfare.investigation.store import Investigation
from fieldfare.vocabulary import InputError
from tests.console.conftest import Desk
from tests.investigation.made import NAME

AT = f"/investigations/{quote(NAME)}"
PAGES = ("", "/people", "/people?show=all", "/scripts", "/accounts", "/reports", "/sources")


def cabinet(desk: Desk) -> Cabinet:
    assert desk.console.cabinet is not None
    return desk.console.cabinet


def people(desk: Desk) -> list[Person]:
    with cabinet(desk).open(NAME) as case:
        return reading.people(case)


def joins(desk: Desk) -> list[Join]:
    with cabinet(desk).open(NAME) as case:
        return reading.joins(case)


def say(client: TestClient, person: Person, verdict: str, seen: int | None = None) -> str:
    form = {"verdict": verdict, "seen": person.verdict_number if seen is None else seen}
    answer = client.post(
        f"{AT}/people/{person.key}/verdict", data=form, headers={"hx-request": "true"}
    )
    assert answer.status_code == 200
    return answer.text


def entries(desk: Desk, user: str) -> list[tuple[str, dict[str, object]]]:
    return [(e.action, e.detail) for e in desk.store.audit_entries(OPERATOR) if e.user == user]


def test_the_overview_says_first_who_is_in_danger_then_how_many_children(desk: Desk) -> None:
    page = desk.client("investigator").get(AT).text
    found = people(desk)
    counted = [each for each in found if each.counts]
    assert f"Of {len(found)} people" in page and f"{len(counted)} are confirmed or" in page
    urgent = [each for each in found if each.possible and each.risk >= 3]
    for each in urgent[:12]:
        assert f'id="p-{each.key}"' in page
    who = f"{len(urgent)} people who are or may be children"
    assert len(urgent) < 2 or f"Signs of danger now: {who}." in page
    assert not urgent or page.index("In danger now") < page.index("Where the children are")


def test_no_page_shows_where_on_this_machine_the_archives_lie(desk: Desk) -> None:
    client = desk.client("investigator")
    with cabinet(desk).open(NAME) as case:
        found = provenance.sources(case)
    pages = [client.get(AT + page).text for page in (*PAGES, f"/people/{people(desk)[0].key}")]
    assert not [each.source for each in found for page in pages if each.source in page]
    assert any(each.shown in pages[-1] for each in found)


def test_people_come_most_useful_first_and_can_be_filtered(desk: Desk) -> None:
    client, found = desk.client("investigator"), people(desk)
    page = client.get(f"{AT}/people").text
    assert re.findall(r'id="p-(\w+)"', page) == [each.key for each in found]
    child = next(each for each in found if each.counts and each.country)
    page = client.get(f"{AT}/people?show=children&country={child.country}").text
    wanted = {each.key for each in found if each.counts and each.country == child.country}
    assert set(re.findall(r'id="p-(\w+)"', page)) == wanted
    assert "Nobody is like this" in client.get(f"{AT}/people?show=confirmed").text


def test_a_verdict_is_kept_shown_recorded_and_undone(desk: Desk) -> None:
    client, person = desk.client("investigator"), people(desk)[0]
    row = say(client, person, "child")
    assert 'data-said="' in row and "Undo" in row
    after = next(each for each in people(desk) if each.peer == person.peer)
    assert (after.verdict, after.verdict_by) == ("child", "investigator")
    say(client, after, "unsure")
    again = next(each for each in people(desk) if each.peer == person.peer)
    say(client, again, "undo")
    back = next(each for each in people(desk) if each.peer == person.peer)
    assert back.verdict == "child"
    said = [d["said"] for a, d in entries(desk, "investigator") if a == "investigation.judge"]
    assert said == ["child", "unsure", "child"]


def test_undoing_the_only_verdict_leaves_everything_as_it_was(desk: Desk) -> None:
    client, before = desk.client("investigator"), people(desk)
    say(client, before[0], "not_child")
    assert people(desk) != before
    say(client, next(p for p in people(desk) if p.peer == before[0].peer), "undo")
    after = {each.peer: each for each in people(desk)}
    for each in before:
        now = after[each.peer]
        assert (now.verdict, now.standing) == (each.verdict, each.standing)
        assert now.probability == pytest.approx(each.probability)
        assert now.priority == pytest.approx(each.priority)


def test_what_somebody_else_said_meanwhile_is_not_overwritten(desk: Desk) -> None:
    person = people(desk)[0]
    say(desk.client("supervisor"), person, "child")
    row = say(desk.client("investigator"), person, "not_child")
    assert "Nothing was changed: supervisor" in row
    assert next(p for p in people(desk) if p.peer == person.peer).verdict == "child"
    assert not [a for a, _ in entries(desk, "investigator") if a == "investigation.judge"]


def test_without_a_script_a_verdict_leads_to_the_next_person_with_a_way_back(desk: Desk) -> None:
    client, person = desk.client("investigator"), people(desk)[0]
    answer = client.post(
        f"{AT}/people/{person.key}/verdict", data={"verdict": "child", "seen": 0, "view": "person"}
    )
    assert answer.status_code == 303
    page = client.get(answer.headers["location"]).text
    assert f"/people/{person.key}/verdict" in page and "Here is the next" in page
    assert f'<span class="quiet">{person.reference}</span>' not in page


def test_words_are_masked_until_shown_and_showing_is_recorded_and_counted(desk: Desk) -> None:
    client = desk.client("investigator")
    with cabinet(desk).open(NAME) as case:
        person = max(reading.people(case), key=lambda p: p.sent + p.received)
        found = correspondence.conversation(case, person.peer, most=100)
        texts = correspondence.texts(case, [each.message for each in found])
    long = {number: text for number, text in texts.items() if len(text) > 18}
    at = f"{AT}/people/{person.key}"
    masked = html.unescape(
        "".join(client.get(AT + path).text for path in PAGES) + client.get(at).text
    )
    assert not [text for text in long.values() if text in masked]
    number = next(iter(long))
    shown = client.post(f"{at}/words", data={"message": number}, headers={"hx-request": "true"})
    assert long[number] in html.unescape(shown.text)
    assert ("investigation.reveal", {"investigation": NAME, "messages": [number]}) in entries(
        desk, "investigator"
    )
    actor = desk.console.sign_in.trusted("investigator").actor
    assert desk.store.exposure(actor).revealed == 1
    everything = json.dumps([e.detail for e in desk.store.audit_entries(OPERATOR, most=1000)])
    assert person.peer not in everything and long[number] not in everything


def test_words_of_another_conversation_cannot_be_had_through_this_one(desk: Desk) -> None:
    with cabinet(desk).open(NAME) as case:
        one, other = reading.people(case)[:2]
        message = correspondence.conversation(case, other.peer, most=1)[0].message
    answer = desk.client("investigator").post(
        f"{AT}/people/{one.key}/words", data={"message": message}
    )
    assert answer.status_code == 400


def test_auditors_look_and_can_neither_read_nor_judge_nor_take(desk: Desk) -> None:
    client, person = desk.client("auditor"), people(desk)[0]
    page = client.get(f"{AT}/people/{person.key}").text
    assert "your role sees no text" in page and "/words" not in page and "/verdict" not in page
    assert "/verdict" not in client.get(f"{AT}/people").text
    assert "Make" not in client.get(f"{AT}/reports").text.split("<main")[1]


def test_joins_are_shown_with_their_evidence_and_undone_without_a_trace(desk: Desk) -> None:
    client, before = desk.client("investigator"), people(desk)
    join = next(each for each in joins(desk) if each.state == "proposed" and not each.applied)
    page = html.unescape(client.get(f"{AT}/accounts").text)
    assert join.value in page and all(each.says in page for each in join.evidence)
    applied = html.unescape(client.get(f"{AT}/accounts?show=applied").text)
    assert f'id="j-{join.id}"' in page and f'id="j-{join.id}"' not in applied
    where = f"{AT}/joins/{join.id}"
    assert client.post(where, data={"state": "confirmed", "seen": "proposed"}).status_code == 303
    assert client.post(where, data={"state": "rejected", "seen": "proposed"}).status_code == 303
    assert next(each for each in joins(desk) if each.id == join.id).state == "confirmed"
    client.post(where, data={"state": "proposed", "seen": "confirmed"})
    assert {p.peer: p.probability for p in people(desk)} == pytest.approx(
        {p.peer: p.probability for p in before}
    )


def in_pages(client: TestClient, path: str, row: str) -> list[list[str]]:
    """What stands in rows that look like this, page after page."""
    found = []
    while path:
        page = html.unescape(client.get(path).text)
        found.append(re.findall(row, page))
        more = re.search(r'class="next" href="([^"]+)"', page)
        path = more[1] if more else ""
    return found


def test_pairs_and_scripts_come_in_pages_each_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldfare.console.pages.accounts.PAGE", 1)
    client, everything = desk.client("investigator"), joins(desk)
    pairs = in_pages(client, f"{AT}/accounts?show=all", r'<tr data-row id="j-(\w+)"')
    assert [key for page in pairs for key in page] == [each.id for each in everything]
    assert len(pairs) > 1 and all(len(page) == 1 for page in pairs)
    sent = in_pages(client, f"{AT}/scripts", r">To (\d+) people")
    most = [int(count) for page in sent for count in page]
    with cabinet(desk).open(NAME) as case:
        assert len(most) == correspondence.number_of_scripts(case) > 1
    assert most == sorted(most, reverse=True) and all(len(page) == 1 for page in sent)


def test_whoever_judges_a_pair_comes_back_to_where_it_stood(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk.client("investigator")
    count = len([each for each in joins(desk) if each.standing == "applied"])
    monkeypatch.setattr("fieldfare.console.pages.accounts.PAGE", count - 1)
    page = client.get(f"{AT}/accounts?show=applied&after={count - 1}").text
    (form,) = re.findall(r'action="[^"]*(/joins/\w+)".*?</form>', page, re.S)
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.split(form)[1]))
    answer = client.post(f"{AT}{form}", data=fields | {"state": "confirmed"})
    back = client.get(answer.headers["location"]).text
    # It was the last of its page: what is before it is shown.
    assert "one person" in back and back.count("<tr data-row") == count - 1


def test_reports_are_made_told_to_be_old_and_taken_on_record(desk: Desk) -> None:
    client = desk.client("investigator")
    assert "not made" in client.get(f"{AT}/reports").text
    code = next(each.place for each in people(desk) if each.counts)
    assert client.post(f"{AT}/reports", data={"country": code}).status_code == 303
    taken = client.get(f"{AT}/reports/{code}/{code}.pdf")
    assert (
        taken.content.startswith(b"%PDF") and "attachment" in taken.headers["content-disposition"]
    )
    action, detail = entries(desk, "investigator")[-1]
    assert action == "investigation.take" and detail["file"] == f"{code}.pdf"
    assert "out of date" not in client.get(f"{AT}/reports").text
    say(client, people(desk)[0], "unsure")
    assert "out of date" in client.get(f"{AT}/reports").text
    assert client.get(f"{AT}/reports/{code}/reports.json").status_code == 404
    assert client.get(f"{AT}/reports/{code}/..%2Freports.json").status_code == 404


def test_a_damaged_or_foreign_investigation_says_so_and_hides_no_other(desk: Desk) -> None:
    data = cabinet(desk).data
    (data / "investigations" / "damaged").mkdir()
    (data / "investigations" / "damaged" / "investigation.duckdb").write_text("nothing")
    client = desk.client("investigator")
    page = client.get("/investigations").text
    assert "Cannot be opened now: the database" in page and f">{NAME}<" in page
    assert client.get("/investigations/damaged").status_code == 400
    for name in ("nobody", "..", "a%00b"):
        assert client.get(f"/investigations/{name}").status_code in (303, 404), name


def test_an_idle_investigation_is_given_back(desk: Desk) -> None:
    assert desk.client("investigator").get(AT).status_code == 200
    folder = cabinet(desk).folder(NAME)
    cabinet(desk).close()
    with Investigation.open(folder) as case:
        assert reading.people(case)
    with pytest.raises(InputError, match="no investigation"):
        Investigation.open(folder / "nowhere")


def test_pages_of_very_many_people_hold_the_first_and_say_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, everybody = desk.client("investigator"), people(desk)
    last = everybody[-1]
    say(client, last, "child")
    monkeypatch.setattr("fieldfare.console.investigated.MOST_PEOPLE", 5)
    said = f"There are {len(everybody)} people in it. These pages hold the 5 to look at first"
    assert said in client.get(AT).text
    page = client.get(f"{AT}/people?show=all").text
    assert said in page
    shown = re.findall(r'id="p-(\w+)"', page)
    assert len(shown) == 5
    assert last.key in shown
    other = next(each for each in everybody if each.key not in shown)
    assert client.get(f"{AT}/people/{other.key}").status_code == 200
    assert re.search(rf"\b{len(everybody)}\b", client.get("/investigations").text)
