"""Every page as it looks, in both themes, on a telephone and on a desk: kept in
``artefacts/console`` to be looked at. What can be told without eyes is told here too: that nothing
is wider than the screen, and that the page says what it is a picture of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from fieldfare.cases import OPERATOR, SERVICE, Actor, CaseStore
from fieldfare.cases.desk import StoreSettings, now
from fieldfare.cases.report_tables import filings
from fieldfare.console.guests import Guest
from fieldfare.console.openid import OpenId
from fieldfare.console.openid_settings import OpenIdSettings
from fieldfare.console.sessions import COOKIE
from fieldfare.lab.console_cases import neighbours, snapshot
from fieldfare.reports.destruction import carry_out
from fieldfare.scan.snapshot import SeenMessage
from fieldfare.vocabulary.times import DAY, MINUTE
from tests.console.pictures import kept_in, take
from tests.console.served import Served
from tests.scan.test_page_browser import browser as browser

pytestmark = pytest.mark.browser

HOSTILE = "<b>bold</b> \u202edesrever\u202c " + "\U0001f600" * 60 + " " + "w" * 300


def person(role: str) -> Actor:
    return Actor(role, frozenset({role}))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A console with something of everything in it."""
    provider = OpenIdSettings("http://localhost:1", "fieldfare", "http://localhost:2", {},
                              title="Example staff")  # fmt: skip
    found = Served(
        tmp_path_factory.mktemp("screenshots"),
        {"rosa": "reviewer"},
        openid=OpenId(provider, lambda: 0),
        guests=(Guest("rosa", "Reviewer", "0123456789abcdef", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"),),
    )
    store = found.store
    large = snapshot("acc-large", 150, 2_000, seed=3)
    store.open_case(OPERATOR, large, "scan")
    made = snapshot("acc-hostile-" + "x" * 60, 2, 12, seed=4)
    odd = SeenMessage("odd", made.children[0].account, True, made.as_of, HOSTILE, ("secrecy",))
    store.open_case(OPERATOR, replace(made, messages=(*made.messages, odd)), "report")
    live = snapshot("acc-live", 9, 40, seed=5)
    store.open_case(OPERATOR, replace(live, messages=(), ties=()), "policy")
    for each, origin in neighbours():
        store.open_case(OPERATOR, each, origin)
    _worked_on(store)
    found.numbers = _kept(store)
    yield found
    found.close()


def _worked_on(store: Any) -> None:
    """Case 1 waits for a second person, 4 is closed, 5 is decided, 6 is the reviewer's."""
    reviewer, senior = person("reviewer"), person("senior_reviewer")
    store.claim(reviewer, 1)
    store.add_note(reviewer, 1, "The dates fit the holidays. @supervisor, please look.")
    store.add_task(reviewer, 1, "Ask the school liaison", "reviewer", None)
    store.tag(reviewer, 1, "holiday-camp")
    store.link_account(reviewer, 1, "acc-large-second", "the same sentences, an hour apart")
    version = store.summary(OPERATOR, 1).version
    store.decide(reviewer, 1, version, "ban", ["mass_grooming"], "Fourteen children in a month.")
    for case, action, reason in (
        (4, "no_action", "nothing_worrying"), (5, "limit", "mass_contact"),
    ):  # fmt: skip
        store.claim(senior, case)
        version = store.summary(OPERATOR, case).version
        store.decide(senior, case, version, action, [reason], "Looked at all of it.")
    store.claim(reviewer, 6)
    store.propose(person("investigator"), "export", {"why": "for the police report"}, 1)


def _kept(store: Any) -> dict[str, int]:
    """Cases of which something is due, soon due, agreed to, destroyed, held, and to be reported."""
    numbers = {}
    clock = {"at": now()}
    past = CaseStore(store._engine, lambda: clock["at"], settings=StoreSettings(draw=lambda: 1.0))
    reviewer, supervisor = person("reviewer"), person("supervisor")
    for name, days in (("gone", 100), ("agreed", 99), ("due", 98), ("soon", 75), ("held", 97)):
        clock["at"] = now() - days * DAY
        made = snapshot(f"acc-{name}", 2, 12, seed=days)
        numbers[name] = past.open_case(OPERATOR, made, "scan")
        claimed: Any = past.claim(reviewer, numbers[name])
        past.decide(reviewer, numbers[name], claimed.version, "no_action", ["nothing_worrying"])
    hold = store.place_hold(person("investigator"), numbers["held"], "Order 7 of a court", "GB")
    store.place_hold(supervisor, numbers["held"], "Letter of 3 March", "US", "preservation")
    store.propose_release(person("investigator"), hold, "The court is done with it")
    clock["at"] = now() - 20 * MINUTE
    past.propose_destructions(SERVICE)
    proposed = {each.case: each.id for each in past.proposals(supervisor)}
    past.approve(supervisor, proposed[numbers["gone"]])
    carry_out(store, SERVICE)
    store.approve(supervisor, proposed[numbers["agreed"]])
    numbers["report"] = store.open_case(OPERATOR, snapshot("acc-report", 5, 60, seed=9), "report")
    claimed = store.claim(reviewer, numbers["report"])
    store.decide(reviewer, numbers["report"], claimed.version, "report", ["mass_grooming"])
    row = {"case_id": numbers["report"], "destination": "ncmec", "made_at": now(), "by_user": "eve"}
    row |= {"as_of": 0, "sha256": "0" * 64, "package": b"\0", "attempts": 1}
    with store._engine.begin() as connection:
        for more in (
            {"environment": "test", "state": "finished", "report_id": "4711", "finished_at": now()},
            {"environment": "production", "state": "failed", "problem": "code 2000: credentials"},
        ):
            connection.execute(insert(filings).values(**row, **more))
    return numbers


def case_of(name: str, more: str = "") -> Step:
    return lambda page, served: page.goto(f"{served.base}/cases/{served.numbers[name]}{more}")


def _opened(name: str) -> Step:
    def step(page: Any, served: Served) -> None:
        page.goto(f"{served.base}/cases/{served.numbers[name]}#kept")
        for each in page.locator("#kept details, section.narrow-left details").all():
            each.evaluate("node => node.open = true")

    return step


Step = Callable[[Any, Served], None]


def go(path: str) -> Step:
    return lambda page, served: page.goto(served.base + path)


def _searched(query: str) -> Step:
    def step(page: Any, served: Served) -> None:
        page.goto(served.base + "/search")
        page.get_by_label("Search for").fill(query)
        page.get_by_role("button", name="Search", exact=True).click()

    return step


def _refused(page: Any, served: Served) -> None:
    page.goto(served.base + "/sign-in")
    page.get_by_label("Name").fill("rosa")
    page.get_by_label("Password").fill("not the password")
    page.get_by_label("Code of your second factor").fill("000000")
    page.get_by_role("button", name="Sign in", exact=True).click()


def _bulk(page: Any, served: Served) -> None:
    page.goto(served.base + "/queue")
    for each in page.locator(".pick input").all()[:4]:
        each.check()
    page.get_by_label("With those chosen").select_option("take_away")
    page.get_by_label("Tag or reason").fill("end of the shift")
    page.get_by_role("button", name="See what would be done").click()


def _revealed(page: Any, served: Served) -> None:
    page.goto(served.base + "/cases/1/children/3")
    page.locator("form:has(button[data-key='r']) button").click()
    page.locator("blockquote").first.wait_for()


def _hostile(page: Any, served: Served) -> None:
    page.goto(served.base + "/cases/2")
    page.locator("#said .message", has_text="secrecy").locator("button.masked").last.click()
    page.locator("blockquote").first.wait_for()


def _no_reason(page: Any, served: Served) -> None:
    page.goto(served.base + "/cases/6/decide/ban")
    page.locator("button.primary").click()


def _conflict(page: Any, served: Served) -> None:
    page.goto(served.base + "/cases/6/decide/no_action")
    served.store.add_note(person("supervisor"), 6, "Wait: there is a second account.")
    page.locator("input[name=reason]").first.check()
    page.get_by_role("textbox").first.fill("Nothing in it, I think.")
    page.locator("button.primary").click()


def _policy(text: str) -> Step:
    def step(page: Any, served: Served) -> None:
        page.goto(served.base + "/rules")
        page.locator("textarea[name=policy]").fill(text)
        page.get_by_role("button", name="Check and try it").click()

    return step


def _verified(page: Any, served: Served) -> None:
    page.goto(served.base + "/audit")
    page.get_by_role("button", name="Verify the chain").click()


def _keys(page: Any, served: Served) -> None:
    page.goto(served.base + "/cases/6")
    page.keyboard.press("?")


POLICY = (files("fieldfare.safeguards") / "policy.toml").read_text("utf-8")


def _proposal(page: Any, served: Served) -> None:
    text = POLICY.replace('version = "', 'version = "other-', 1)
    payload = {"sha256": "0" * 64, "version": "other", "text": text}
    found = served.store.propose(person("administrator"), "policy", payload)
    page.goto(f"{served.base}/proposals/{found.id}")


PICTURES: dict[str, tuple[str | None, Step, str]] = {
    "sign-in": (None, go("/sign-in"), "Sign in"),
    "sign-in-refused": (None, _refused, "wrong"),
    "signed-out": (None, go("/sign-in?notice=signed-out"), "sign out there too"),
    "queue": ("supervisor", go("/queue"), "Queue"),
    "queue-reviewer": ("reviewer", go("/queue"), "Take the next case"),
    "queue-empty": ("supervisor", go("/queue?tag=none"), "No case is like this"),
    "case-150-children": ("reviewer", go("/cases/1"), "Who knows whom"),
    "case-second-person": ("supervisor", go("/cases/1"), "Agree"),
    "case-own": ("reviewer", go("/cases/6"), "Ban the account"),
    "case-without-text": ("investigator", go("/cases/3"), "C-3"),
    "case-hostile": ("investigator", _hostile, "[U+202E]"),
    "case-decided": ("senior_reviewer", go("/cases/5"), "Undo"),
    "case-auditor": ("auditor", go("/cases/1"), "your role sees no text"),
    "conversation": ("reviewer", go("/cases/1/children/3"), "Conversation 3"),
    "conversation-shown": ("reviewer", _revealed, "Conversation 3"),
    "message-in-context": ("reviewer", go("/cases/1/messages/30"), "what stands around it"),
    "account": ("supervisor", go("/cases/1/account"), "acc-large"),
    "decide": ("reviewer", go("/cases/6/decide/ban"), "close the account"),
    "decide-no-reason": ("reviewer", _no_reason, "needs a reason"),
    "conflict": ("reviewer", _conflict, "changed while you were deciding"),
    "bulk": ("supervisor", _bulk, "Before it is done"),
    "second-person": ("supervisor", go("/proposals"), "Second person"),
    "second-person-empty": ("administrator", go("/proposals"), "Nothing waits"),
    "proposal": ("supervisor", _proposal, "What changes"),
    "search": ("reviewer", go("/search"), "Saved searches"),
    "search-found": ("reviewer", _searched("secrecy"), "found"),
    "search-nothing": ("reviewer", _searched("nobody-at-all"), "No case has it"),
    "team": ("supervisor", go("/team"), "Team"),
    "retention": ("supervisor", go("/retention"), "Waiting for a second person"),
    "case-held": ("investigator", _opened("held"), "Order 7 of a court"),
    "case-due": ("supervisor", case_of("due"), "Destroy what is due"),
    "case-destroyed": ("investigator", _opened("gone"), "What is left is its reference"),
    "case-to-report": ("supervisor", case_of("report"), "Completeness"),
    "reporting": ("investigator", case_of("report", "/reporting"), "would help most"),
    "rules": ("supervisor", go("/rules"), "Policy in force"),
    "policy-valid": ("supervisor", _policy(POLICY), "It is valid"),
    "policy-not-valid": ("supervisor", _policy("[[rule]]\nid = 3\n"), "not valid"),
    "audit": ("auditor", go("/audit"), "Audit"),
    "audit-verified": ("auditor", _verified, "are whole"),
    "preferences": ("reviewer", go("/preferences"), "Preferences"),
    "keys": ("reviewer", _keys, "Keys of this page"),
    "not-found": ("reviewer", go("/cases/999"), "There is no"),
    "not-allowed": ("reviewer", go("/audit"), "You may not do this"),
}


LOOKED_AT_ELSEWHERE = frozenset(
    name for name in PICTURES if name.startswith(("case-", "queue", "keys", "rules", "team"))
)
"""Whose pages ``test_browser`` already gives to axe; of the others many are answers to a form."""


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the pictures go."""
    yield from kept_in(request, "console")


@pytest.mark.parametrize("name", PICTURES)
def test_picture(browser: Any, served: Served, folder: Path, name: str) -> None:
    role, step, says = PICTURES[name]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    if role is not None:
        secret = served.sign_in.trusted(role).secret
        context.add_cookies([{"name": COOKIE, "value": secret, "url": served.base}])
    page = context.new_page()
    try:
        step(page, served)
        assert says in page.locator("body").inner_text()
        take(page, folder / name, axe=name not in LOOKED_AT_ELSEWHERE)
    finally:
        context.close()
