"""The console in a real browser: from the queue to a decision by two people, by mouse and by
keyboard alone; axe on every page; silent; nothing asked of another machine.

Needs Chromium. Where there is none the tests fail in CI and are skipped, saying so, elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyotp
import pytest

from fieldfare.cases import OPERATOR, Actor
from fieldfare.console.sessions import COOKIE
from fieldfare.lab.console_cases import snapshot
from tests.console.conftest import PASSWORD
from tests.console.served import Served
from tests.scan.test_page_browser import browser as browser

pytestmark = pytest.mark.browser

PAGES = {
    "supervisor": (
        "/queue", "/queue?tag=none", "/cases/1", "/cases/999", "/proposals", "/search",
        "/cases/1/account", "/team", "/rules", "/preferences", "/proposals/1",
    ),
    "reviewer": (
        "/cases/1/children/1", "/cases/1/messages/3", "/cases/1/decide/ban", "/cases/3",
    ),
    "auditor": ("/audit", "/sign-in"),
}  # fmt: skip


TWO = {"rosa": "reviewer", "sol": "senior_reviewer", "kim": "reviewer", "lee": "senior_reviewer"}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = Served(tmp_path_factory.mktemp("served"), TWO)
    for number in range(1, 7):
        found.store.open_case(OPERATOR, snapshot(f"acc-{number}", 12, 90, seed=number), "policy")
    found.store.claim(Actor("reviewer", frozenset({"reviewer"})), 1)
    rules = {"sha256": "0" * 64, "version": "2", "text": "version = 2"}
    found.store.propose(Actor("administrator", frozenset({"administrator"})), "policy", rules)
    yield found
    found.close()


@pytest.fixture
def visit(browser: Any, served: Served) -> Iterator[Any]:
    """Opens a window, signed in as a role if one is given; afterwards nothing may have been asked
    of another machine or complained of."""
    contexts, complaints = [], []

    def opened(role: str | None = None, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        if role is not None:
            secret = served.sign_in.trusted(role).secret
            context.add_cookies([{"name": COOKIE, "value": secret, "url": served.base}])
        page = context.new_page()
        # A page that says that something cannot be done is not a complaint; a lost file is.
        page.on(
            "console",
            lambda message: (
                None if "status of 4" in message.text else complaints.append(message.text)
            ),
        )
        page.on(
            "response",
            lambda answer: (
                complaints.append(answer.url)
                if "/static/" in answer.url and answer.status >= 400
                else None
            ),
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith(served.base) else complaints.append(request.url)
            ),
        )
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("role", sorted(PAGES))
def test_axe_finds_nothing(visit: Any, served: Served, role: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page = visit(role, color_scheme=scheme, bypass_csp=True)
    for path in PAGES[role]:
        page.goto(served.base + path)
        page.evaluate(
            "document.querySelectorAll('details').forEach((each) => { each.open = true })"
        )
        # Of a second theme only the contrasts are new.
        rules = {"runOnly": ["color-contrast"]} if scheme == "dark" else {}
        found = Axe().run(page, options=rules).response["violations"]
        assert [
            (path, each["id"], [node["html"][:150] for node in each["nodes"]][:3]) for each in found
        ] == []


@pytest.mark.parametrize("width", [320, 640])
def test_no_page_scrolls_sideways_on_a_phone_or_at_200_percent(
    visit: Any, served: Served, width: int
) -> None:
    for role, paths in PAGES.items():
        page = visit(role, width=width)
        for path in paths:
            page.goto(served.base + path)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def signed_in(page: Any, served: Served, name: str) -> None:
    page.goto(served.base + "/sign-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code of your second factor").fill(pyotp.TOTP(served.codes[name]).now())
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/queue")


def test_from_the_queue_to_a_ban_by_two_people_with_the_mouse(visit: Any, served: Served) -> None:
    first = visit()
    signed_in(first, served, "rosa")
    first.get_by_role("button", name="Take the next case").click()
    first.wait_for_url("**/cases/*")
    case = first.url.split("/cases/")[1].split("?")[0]
    masked = first.locator("#said button.masked")
    before = masked.count()
    masked.first.click()
    first.locator("#said blockquote").first.wait_for()
    assert first.locator("#said mark").count() >= 1 and masked.count() == before - 1
    first.get_by_role("link", name="Ban the account", exact=True).click()
    assert "close the account" in first.locator(".consequence").inner_text()
    first.get_by_role("button", name="Propose: Ban the account").click()
    assert "needs a reason" in first.get_by_role("alert").inner_text()
    first.get_by_label("Grooms many children").check()
    first.get_by_role("button", name="Propose: Ban the account").click()
    assert first.get_by_role("button", name="Agree", exact=True).count() == 0
    second = visit()
    signed_in(second, served, "sol")
    second.get_by_role("link", name="Second person").click()
    second.get_by_role("row", name=f"C-{case}").get_by_role("link", name="Look at the case").click()
    second.get_by_role("button", name="Agree", exact=True).click()
    assert "You agreed" in second.get_by_role("status").first.inner_text()
    assert "can be undone" in second.locator(".decision").first.inner_text()
    second.get_by_role("button", name="Undo").click()
    assert "Undone" in second.get_by_role("status").first.inner_text()


def test_from_the_queue_to_a_ban_by_two_people_with_the_keyboard(
    visit: Any, served: Served
) -> None:
    first = visit()
    first.goto(served.base + "/sign-in")
    first.keyboard.press("Tab")
    first.keyboard.press("Tab")
    for value in ("kim", PASSWORD, pyotp.TOTP(served.codes["kim"]).now()):
        first.keyboard.type(value)
        first.keyboard.press("Tab")
    first.keyboard.press("Enter")
    first.wait_for_url("**/queue")
    first.keyboard.press("?")
    assert first.get_by_role("dialog").is_visible()
    first.keyboard.press("Escape")
    first.keyboard.press("n")
    first.wait_for_url("**/cases/*")
    case = first.url.split("/cases/")[1].split("?")[0]
    first.keyboard.press("5")
    first.wait_for_url("**/decide/ban")
    first.keyboard.press("4")
    first.keyboard.press("Tab")
    while first.evaluate("document.activeElement.tagName") != "TEXTAREA":
        first.keyboard.press("Tab")
    first.keyboard.type("n is typed here, and takes no case")
    first.keyboard.press("Tab")
    first.keyboard.press("Enter")
    first.wait_for_url("**notice=proposed")
    second = visit("lee")
    second.goto(served.base + "/queue")
    second.keyboard.press("g")
    second.keyboard.press("s")
    second.wait_for_url("**/proposals")
    for _ in range(20):
        second.keyboard.press("j")
        if second.evaluate("document.activeElement.textContent") == f"C-{case}":
            break
    second.keyboard.press("Enter")
    second.wait_for_url(f"**/cases/{case}")
    second.keyboard.press("a")
    second.wait_for_url("**notice=agreed")
    assert (
        served.store.get(Actor("x", frozenset({"auditor"})), int(case)).decisions[-1].second
        == "lee"
    )


def test_brush_narrows_children_and_graph_by_keyboard(visit: Any, served: Served) -> None:
    page = visit("auditor")
    page.goto(served.base + "/cases/2")
    rows = page.locator("#children tbody tr:visible")
    assert rows.count() == 12
    page.locator("#brush-to").focus()
    for _ in range(6):
        page.keyboard.press("PageDown")
    left = rows.count()
    assert 0 < left < 12
    assert page.locator(".graph .node.faded").count() == 12 - left
    page.keyboard.press("b")
    assert rows.count() == 12


def test_text_that_was_shown_is_masked_again_on_the_next_visit(visit: Any, served: Served) -> None:
    page = visit("investigator")
    page.goto(served.base + "/cases/2/children/1")
    assert page.locator("blockquote").count() == 0
    page.keyboard.press("r")
    page.locator("blockquote").first.wait_for()
    assert page.locator("button.masked").count() == 0
    page.reload()
    assert page.locator("blockquote").count() == 0


def test_without_script_everything_can_be_done(visit: Any, served: Served) -> None:
    page = visit("investigator", java_script_enabled=False)
    page.goto(served.base + "/cases/2/children/2")
    page.locator("button.masked").first.click()
    assert page.locator("blockquote").count() == 1
    page.goto(served.base + "/cases/2")
    assert page.locator(".graph svg[role]").is_visible() and page.locator(".brush").is_hidden()


def test_time_zone_and_theme_are_kept(visit: Any, served: Served) -> None:
    page = visit("reviewer", color_scheme="light")
    page.goto(served.base + "/preferences")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light = page.evaluate(ground)
    page.get_by_label("Appearance").select_option("dark")
    page.get_by_label("My own zone", exact=True).first.check()
    page.locator("#own-zone").fill("Asia/Tokyo")
    page.get_by_role("button", name="Keep these").click()
    assert page.evaluate(ground) != light
    page.goto(served.base + "/cases/1/children/1")
    assert "Asia/Tokyo" in page.locator(".thread").inner_text()
