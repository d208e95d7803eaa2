"""Who may open what, made from the route table; sessions; other sites."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import quote

import pyotp
import pytest
from starlette.testclient import TestClient

from fieldfare.cases import OPERATOR, Actor, Permission
from fieldfare.cases.actions import shipped
from fieldfare.cases.permissions import roles
from fieldfare.console.guests import invite
from fieldfare.console.pages import PAGES
from fieldfare.console.routes import Route
from tests.console.conftest import PASSWORD, PEOPLE, Desk
from tests.investigation.made import NAME, somebody

MOVED = (200, 303)


def address(route: Route, case: int = 1) -> str:
    """The route with a real case in it; what has to be made first is left out (404 is not 403)."""
    names = {"case": case, "child": 1, "message": 1, "action": "no_action"}
    names |= {"investigation": quote(NAME), "person": somebody()}
    return re.sub(r"\{(\w+)\}", lambda m: str(names.get(m[1], 999)), route.path)


@pytest.mark.parametrize("role", PEOPLE)
def test_matrix_every_route_for_every_role_on_own_and_others_cases(desk: Desk, role: str) -> None:
    if Permission.CASE_CLAIM in roles()[role].may:
        desk.store.claim(Actor(role, frozenset({role})), 1)
    other = "reviewer" if role != "reviewer" else "senior_reviewer"
    desk.store.claim(Actor(other, frozenset({other})), 2)
    client = desk.client(role)
    for route in PAGES:
        if route.path == "/sign-out":
            continue
        allowed = not isinstance(route.needs, Permission) or route.needs in roles()[role].may
        for case in (1, 2):
            where = address(route, case)
            answer = client.request(
                route.method, where, content=b"" if route.method == "POST" else None
            )
            refused = answer.status_code == 403 and "your role may not" in answer.text.lower()
            assert refused != allowed, (role, route.method, where, answer.status_code)
            assert answer.status_code < 500


@pytest.mark.parametrize("route", PAGES, ids=lambda route: f"{route.method} {route.path}")
def test_nobody_gets_anywhere_without_signing_in(desk: Desk, route: Route) -> None:
    answer = desk.client(None).request(route.method, address(route))
    if route.needs == "anybody":
        assert "acc-one" not in answer.text
    else:
        assert answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")


def test_every_route_has_a_rule_and_none_but_signing_in_is_open() -> None:
    assert {route.path for route in PAGES if route.needs == "anybody"} == {
        "/sign-in", "/sign-out", "/sign-in/external", "/sign-in/external/back",
        "/sign-in/external/out",
    }  # fmt: skip
    assert len({(route.method, route.path) for route in PAGES}) == len(PAGES)


@pytest.mark.parametrize("route", [r for r in PAGES if r.method == "POST"], ids=lambda r: r.path)
@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "", "origin": "http://elsewhere"},
    ],
)
def test_another_site_can_change_nothing(desk: Desk, route: Route, headers: dict[str, str]) -> None:
    client = desk.client("supervisor")
    del client.headers["sec-fetch-site"]
    answer = client.post(address(route), headers={k: v for k, v in headers.items() if v})
    assert answer.status_code == 403 and "another site" in answer.text


def test_an_old_browser_is_known_by_its_origin(desk: Desk) -> None:
    client = desk.client("reviewer")
    del client.headers["sec-fetch-site"]
    assert client.post("/queue/next", headers={"origin": "http://console"}).status_code == 303
    assert client.post("/queue/next").status_code == 403


def sign_in(client: TestClient, desk: Desk, **changes: str) -> int:
    code = pyotp.TOTP(desk.secrets["rosa"]).now()
    form = {"name": "rosa", "password": PASSWORD, "code": code} | changes
    answer = client.post("/sign-in", data=form)
    return int(answer.status_code)


def test_signing_in_needs_name_password_and_code(desk: Desk) -> None:
    desk.add("rosa", "reviewer")
    client = desk.client(None)
    refusals = [
        sign_in(client, desk, password="another long sentence"),  # noqa: S106
        sign_in(client, desk, code="000000"),
        sign_in(client, desk, name="nobody"),
    ]
    assert refusals == [403, 403, 403]
    assert client.get("/queue").status_code == 303
    assert sign_in(client, desk) == 303
    assert client.get("/queue").status_code == 200
    assert client.post("/sign-out").status_code == 303
    assert client.get("/queue").status_code == 303


def test_a_refusal_says_the_same_whatever_was_wrong_and_locks_in_the_end(desk: Desk) -> None:
    desk.add("rosa", "reviewer")
    client = desk.client(None)
    wrong = {"name": "rosa", "password": "not the sentence", "code": "123456"}
    known = client.post("/sign-in", data=wrong).text
    assert known == client.post("/sign-in", data=wrong | {"name": "nobody"}).text
    for _ in range(5):
        sign_in(client, desk, password="not the sentence")  # noqa: S106
    assert sign_in(client, desk) == 403


def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(desk: Desk) -> None:
    desk.add("rosa", "reviewer")
    client = desk.client(None)
    code = pyotp.TOTP(desk.secrets["rosa"]).now()
    answer = client.post("/sign-in", data={"name": "rosa", "password": PASSWORD, "code": code})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie


def test_pages_may_load_nothing_from_elsewhere_and_stay_in_no_cache(desk: Desk) -> None:
    for path in ("/sign-in", "/queue", "/cases/1", "/cases/999"):
        headers = desk.client("reviewer").get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_views_and_refusals_are_in_the_audit(desk: Desk) -> None:
    desk.client("reviewer").get("/cases/1")
    desk.client("reviewer").get("/audit")
    entries = desk.store.audit_entries(OPERATOR)
    assert [e.action for e in entries if e.user == "reviewer" and e.case == 1] == ["case.view"]


def test_a_form_that_is_no_form_is_refused(desk: Desk) -> None:
    client = desk.client("reviewer")
    sent = client.post(
        "/queue/next", content=json.dumps({"a": 1}), headers={"content-type": "application/json"}
    )
    assert sent.status_code == 400
    assert (
        client.post(
            "/cases/1/notes",
            content=b"text=" + b"a" * (3 << 20),
            headers={"content-type": "application/x-www-form-urlencoded"},
        ).status_code
        == 400
    )
    assert client.post("/cases/1/reveal", data={"message": "one"}).status_code == 400


def test_actions_of_the_matrix_exist() -> None:
    assert "no_action" in shipped().actions


def test_guests_of_a_demonstration_can_sign_in_by_what_stands_on_the_page(desk: Desk) -> None:
    assert "Guests" not in desk.client(None).get("/sign-in").text
    guests = invite(desk.users, {"visitor": "reviewer"})
    desk.console = replace(desk.console, guests=guests)
    client = desk.client(None)
    page = client.get("/sign-in").text
    form = page.split("Guests of this demonstration", 1)[1].split("</form>", 1)[0]
    fields = dict(re.findall(r'name="(\w+)" value="(\w+)"', form))
    assert client.post("/sign-in", data=fields).status_code == 303
    assert client.get("/queue").status_code == 200
    again = invite(desk.users, {"visitor": "reviewer"})
    assert again[0].password != guests[0].password
    assert client.get("/queue").status_code == 303
