"""Signing in through an identity provider, against one that runs here."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from fieldfare.cases import OPERATOR
from fieldfare.cases.desk import now
from fieldfare.console.openid import ASK_AGAIN, UNDER_WAY, OpenId
from fieldfare.console.openid_settings import OpenIdSettings, load
from fieldfare.vocabulary import SettingsError
from tests.console.conftest import Desk
from tests.console.issuer import CLIENT, SECRET, Issuer
from tests.console.served import Served
from tests.scan.test_page_browser import browser as browser

ROLES = {"safety": "reviewer", "safety-leads": "supervisor"}


class Clock:
    """The time here, which can be put forward."""

    ahead = 0

    def __call__(self) -> int:
        return now() + self.ahead


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    found = Issuer()
    found.person["groups"] = ["staff", "safety"]
    yield found
    found.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def door(desk: Desk, issuer: Issuer, clock: Clock) -> Desk:
    """A console whose people sign in through the issuer."""
    settings = OpenIdSettings(
        issuer.address, CLIENT, "http://console", ROLES, "groups", secret=SECRET, title="Example"
    )
    desk.console = replace(desk.console, openid=OpenId(settings, clock))
    return desk


def to_provider(client: TestClient) -> str:
    """Begin, and let the provider answer; where it sends the browser back to."""
    begun = client.get("/sign-in/external")
    assert begun.status_code == 303
    answer = httpx2.get(begun.headers["location"], trust_env=False)
    back = urlsplit(answer.headers["location"])
    return f"{back.path}?{back.query}"


def through(client: TestClient) -> Any:
    return client.get(to_provider(client))


def users(desk: Desk) -> dict[str, frozenset[str]]:
    return {each.name: each.roles for each in desk.users.all_users(OPERATOR)}


def test_whoever_has_a_role_at_the_provider_comes_in_and_out(door: Desk) -> None:
    client = door.client(None)
    assert "Sign in with Example" in client.get("/sign-in").text
    answer = through(client)
    assert answer.status_code == 200 and 'url=/"' in answer.text
    session = next(c for c in answer.headers.get_list("set-cookie") if "fieldfare_session" in c)
    assert "HttpOnly" in session and "SameSite=strict" in session
    assert users(door)["mara"] == {"reviewer"}
    assert client.get("/queue").status_code == 200
    assert client.get("/team").status_code == 403
    signed_out = client.post("/sign-out").headers["location"]
    assert "sign out there too" in client.get(signed_out).text
    place = client.get("/sign-in/external/out").headers["location"]
    assert "/end?" in place and "client_id=fieldfare" in place
    assert client.get("/queue").status_code == 303
    entries = [e for e in door.store.audit_entries(OPERATOR) if e.user == "mara"]
    assert [e.action for e in entries if not e.case][:2] == ["user.add", "signin"]
    assert entries[1].detail == {"method": "oidc"}


def test_nobody_gets_a_user_without_a_role(door: Desk, issuer: Issuer) -> None:
    client = door.client(None)
    before = users(door)
    for groups in ([], ["staff"], "staff", {"safety": True}, None, [None, 7]):
        issuer.person["groups"] = groups
        answer = through(client)
        assert answer.status_code == 403 and "gives you no role here" in answer.text, groups
    assert users(door) == before and client.get("/queue").status_code == 303


def test_roles_are_the_providers_each_time_and_losing_them_ends_sessions(
    door: Desk, issuer: Issuer
) -> None:
    first, second = door.client(None), door.client(None)
    through(first)
    issuer.person["groups"] = ["safety-leads"]
    through(second)
    assert second.get("/team").status_code == 200 and users(door)["mara"] == {"supervisor"}
    assert first.get("/queue").status_code == 303
    issuer.person["groups"] = []
    assert through(first).status_code == 403
    assert second.get("/queue").status_code == 303


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "http://localhost:1"},
        {"aud": "another client"},
        {"aud": [CLIENT, "another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"azp": "another client"},
        {"exp": -600},
        {"exp": None},
        {"iat": None},
        {"iat": 6000},
        {"nbf": 6000},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_is_refused(
    door: Desk, issuer: Issuer, changes: dict[str, Any]
) -> None:
    # Times are seconds from now: read when the test runs, so that its name is the same each time.
    issuer.changes = {
        name: int(time.time()) + value if isinstance(value, int) else value
        for name, value in changes.items()
    }
    answer = through(door.client(None))
    assert answer.status_code == 403 and "did not vouch for you" in answer.text
    assert "mara" not in users(door)


def test_a_token_for_several_is_taken_where_it_was_made_for_this_client(
    door: Desk, issuer: Issuer
) -> None:
    issuer.changes = {"aud": [CLIENT, "another client"], "azp": CLIENT}
    assert through(door.client(None)).status_code == 200


def test_a_key_that_the_provider_does_not_show_signs_nothing(door: Desk, issuer: Issuer) -> None:
    through(door.client(None))
    shown = issuer.keys[0]
    forged = RSAKey.generate_key(2048, {"kid": "one"})
    issuer.token = lambda nonce: _signed(issuer, forged, "RS256", nonce)  # type: ignore[method-assign]
    assert through(door.client(None)).status_code == 403
    # The public key as a shared secret: the oldest trick against readers of tokens.
    public = shown.as_pem(private=False)
    issuer.token = lambda nonce: _signed(issuer, public, "HS256", nonce)  # type: ignore[method-assign]
    assert through(door.client(None)).status_code == 403
    issuer.token = lambda nonce: _signed(issuer, None, "none", nonce)  # type: ignore[method-assign]
    assert through(door.client(None)).status_code == 403


def _signed(issuer: Issuer, key: Any, algorithm: str, nonce: str) -> str:
    at = int(time.time())
    claims = {"iss": issuer.address, "aud": CLIENT, "iat": at, "exp": at + 300, "nonce": nonce}
    claims |= issuer.person
    header = {"alg": algorithm, "kid": "one"}
    if not isinstance(key, RSAKey):
        # By hand: the library refuses to sign like this.
        start = ".".join(map(_base64, (json.dumps(header).encode(), json.dumps(claims).encode())))
        return f"{start}.{_base64(hmac.digest(key, start.encode(), 'sha256')) if key else ''}"
    return jws.serialize_compact(header, json.dumps(claims), key, algorithms=[algorithm])


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def test_rotated_keys_are_found_and_unknown_ones_are_not_asked_for_at_will(
    door: Desk, issuer: Issuer, clock: Clock
) -> None:
    assert through(door.client(None)).status_code == 200
    issuer.rotate()
    assert through(door.client(None)).status_code == 403
    assert issuer.asked.count("/keys") == 1
    clock.ahead = ASK_AGAIN * 2
    assert through(door.client(None)).status_code == 200
    assert issuer.asked.count("/keys") == 2
    assert issuer.asked.count("/.well-known/openid-configuration") == 1


def test_an_answer_is_good_once_and_in_the_browser_that_began(
    door: Desk, issuer: Issuer, clock: Clock
) -> None:
    mine, other = door.client(None), door.client(None)
    back = to_provider(mine)
    assert other.get(back).status_code == 403
    to_provider(other)
    assert other.get(back).status_code == 403, "begun in another browser"
    assert mine.get(back.replace("state=", "state=x")).status_code == 403
    back = to_provider(mine)
    assert mine.get(back).status_code == 200
    assert mine.get(back).status_code == 403
    back = to_provider(mine)
    clock.ahead = UNDER_WAY + 1
    assert mine.get(back).status_code == 403
    clock.ahead = 0
    back = to_provider(mine)
    mixed = back.replace(f"localhost%3A{urlsplit(issuer.address).port}", "localhost%3A1")
    assert mixed != back and mine.get(mixed).status_code == 403, "another provider's answer"


def test_a_denial_is_said_and_nothing_of_the_answer_is_repeated(door: Desk, issuer: Issuer) -> None:
    issuer.denies = True
    client = door.client(None)
    back = f"{to_provider(client)}&error_description=<b>call+this+number</b>"
    answer = client.get(back)
    assert answer.status_code == 403 and "call" not in answer.text.split("<main")[1]
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert state not in answer.text


def test_a_name_here_is_never_taken_over(door: Desk, issuer: Issuer) -> None:
    door.add("rosa", "supervisor")
    issuer.person |= {"preferred_username": "rosa"}
    answer = through(door.client(None))
    assert answer.status_code == 403 and "somebody else" in answer.text
    assert users(door)["rosa"] == {"supervisor"}
    door.users.add(OPERATOR, "ines", ["reviewer"], None)
    issuer.person |= {"preferred_username": "ines"}
    assert through(door.client(None)).status_code == 200, "added for the provider"
    issuer.person |= {"sub": "0002"}
    assert through(door.client(None)).status_code == 403, "another person of that name"
    issuer.person |= {"sub": "0001", "preferred_username": "renamed"}
    assert through(door.client(None)).status_code == 200
    assert "renamed" not in users(door)
    door.users.disable(OPERATOR, "ines")
    assert "disabled" in through(door.client(None)).text
    issuer.person |= {"sub": "0003", "preferred_username": "<b>x</b>"}
    assert through(door.client(None)).status_code == 403


def test_a_provider_that_fails_is_said_to(door: Desk, issuer: Issuer) -> None:
    issuer.declared = {"issuer": "http://localhost:1"}
    client = door.client(None)
    answer = client.get("/sign-in/external")
    assert answer.status_code == 502 and "by another name" in answer.text
    issuer.declared = {"token_endpoint": "http://id.example/token"}
    assert "without TLS" in client.get("/sign-in/external").text
    issuer.close()
    answer = client.get("/sign-in/external")
    assert answer.status_code == 502 and "does not answer" in answer.text
    assert client.get("/sign-in").status_code == 200


def test_without_a_provider_there_is_no_such_page(desk: Desk) -> None:
    client = desk.client(None)
    assert "Sign in with" not in client.get("/sign-in").text
    for path in ("", "/back", "/out"):
        assert client.get(f"/sign-in/external{path}").status_code == 404


@pytest.mark.browser
def test_in_a_browser_the_session_holds_though_the_provider_is_another_site(
    browser: Any, issuer: Issuer, tmp_path: Path
) -> None:
    issuer.person["groups"] = ["safety"]
    served = Served(tmp_path, {})
    settings = OpenIdSettings(issuer.address, CLIENT, served.base, ROLES, "groups", secret=SECRET)
    try:
        served.replace_openid(OpenId(settings, now))
        page = browser.new_page()
        page.goto(f"{served.base}/queue")
        page.get_by_role("link", name="Sign in with your identity provider").click()
        page.get_by_role("button", name="Take the next case").wait_for()
        assert page.get_by_text("mara").is_visible()
        page.get_by_role("button", name="Sign out").click()
        page.get_by_role("link", name="sign out there too").click()
        page.wait_for_url(f"{served.base}/sign-in")
        assert issuer.asked[-1] == "/end"
    finally:
        served.close()


FILE = """
issuer = "https://id.example/realms/safety"
client_id = "fieldfare"
client_secret_file = "secret"
address = "https://review.example/console"
roles_claim = "realm_access.roles"
[roles]
safety = "reviewer"
"""


def test_settings_are_read_and_what_is_wrong_is_named(tmp_path: Path) -> None:
    file, secret = tmp_path / "oidc.toml", tmp_path / "secret"
    secret.write_text("of the client\n")
    secret.chmod(0o600)
    file.write_text(FILE)
    found = load(file)
    assert found.secret == "of the client" and "of the client" not in repr(found)  # noqa: S105
    assert found.back == "https://review.example/console/sign-in/external/back"
    for old, new, said in (
        ("https://id", "http://id", "issuer must be an https"),
        ("https://review", "ftp://review", "address must be an https"),
        ('safety = "reviewer"', "", "nobody could come in"),
        ('"reviewer"', '"wizard"', "no role 'wizard'"),
        ('"reviewer"', '"operator"', "no role 'operator'"),
        ("client_id", "client_idd", "client_id"),
    ):
        file.write_text(FILE.replace(old, new))
        with pytest.raises(SettingsError, match=said):
            load(file)
    file.write_text(FILE)
    secret.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        load(file)


def test_roles_may_stand_inside_another_claim(door: Desk, issuer: Issuer) -> None:
    assert door.console.openid is not None
    settings = replace(door.console.openid.settings, roles_claim="realm_access.roles")
    door.console = replace(door.console, openid=OpenId(settings, now))
    issuer.person["realm_access"] = {"roles": ["safety", "safety-leads"]}
    assert through(door.client(None)).status_code == 200
    assert users(door)["mara"] == {"reviewer", "supervisor"}
