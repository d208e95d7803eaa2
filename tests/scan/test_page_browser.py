"""The page in a real browser: silent, accessible, usable by keyboard and on a phone.

Needs Chromium. Where there is none the tests fail in CI and are skipped, saying so, elsewhere.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.scan import factory

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PAGES = ("some", "three", "nobody", "broken")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    found = shutil.which("chromium")
    if found is None:
        said = "the browser tests need Chromium (apt-get install chromium); none was found"
        if os.environ.get("CI") == "true":
            pytest.fail(said)
        pytest.skip(said)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    results = {
        "many": factory.result(
            [factory.approaching(150), factory.coach(), *map(factory.quiet, range(9))]
        ),
        "some": factory.result(
            [factory.approaching(25), factory.coach(), factory.quiet(1)],
            problems=factory.damaged(7),
            one_sided=["export/instagram.zip"],
        ),
        "three": factory.result([factory.approaching(3)]),
        "nobody": factory.nobody(),
        "broken": factory.broken(),
    }
    return {
        name: factory.write(made, tmp_path_factory.mktemp(name), "Simulated data.")
        for name, made in results.items()
    }


@pytest.fixture
def visit(browser: Any, written: dict[str, Path]) -> Iterator[Any]:
    """Opens a page; afterwards nothing may have been requested or complained of."""
    contexts, complaints = [], []

    def opened(name: str, width: int = 1280, **options: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        address = written[name].as_uri()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None if request.url.split("#")[0] == address else complaints.append(request.url)
            ),
        )
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visit: Any, name: str, scheme: str) -> None:
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    page = visit(name, color_scheme=scheme, bypass_csp=True)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    found = Axe().run(page).response["violations"]
    assert [
        (each["id"], [node["html"][:150] for node in each["nodes"]][:3]) for each in found
    ] == []


@pytest.mark.parametrize("width", [320, 390, 640])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways(visit: Any, name: str, width: int) -> None:
    page = visit(name, width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_message_opens_and_closes_by_keyboard(visit: Any) -> None:
    page = visit("three")
    words = page.locator("blockquote").first
    assert not words.is_visible()
    if page.locator("details.account").first.get_attribute("open") is None:
        page.locator("details.account > summary").first.focus()
        page.keyboard.press("Enter")
    assert "how old are you" not in page.locator("body").aria_snapshot()
    page.locator(".excerpt summary").first.focus()
    page.keyboard.press("Enter")
    assert words.is_visible() and words.inner_text().startswith("how old are you")
    assert page.locator("blockquote").nth(1).is_hidden()
    assert "how old are you" in page.locator("body").aria_snapshot()
    page.keyboard.press("Enter")
    assert not words.is_visible()


def test_first_tab_stop_leads_to_the_report(visit: Any) -> None:
    page = visit("three")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_list_is_filtered_and_sorted(visit: Any) -> None:
    page = visit("many")
    rows = page.locator("#ranked-table tbody tr:visible")
    page.locator("#filter-text").fill("alex")
    assert rows.count() == 1 and page.locator("#filter-count").inner_text() == "1 of 11 shown"
    page.locator("#filter-text").fill("")
    page.locator("#filter-band").select_option(label="None")
    assert rows.count() == 10
    page.locator("#filter-band").select_option(label="All")
    header = page.locator("#ranked-table thead th").nth(4)
    header.get_by_role("button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    header.get_by_role("button").press("Enter")
    assert header.get_attribute("aria-sort") == "descending"
    children = [int(each) for each in rows.locator("td:nth-child(5)").all_inner_texts()]
    assert children == sorted(children, reverse=True)


def test_table_of_children_sorts_by_age(visit: Any) -> None:
    page = visit("many")
    page.locator(".children").first.locator("thead button").nth(2).click()
    ages = page.evaluate(
        "[...document.querySelector('.children').tBodies[0].rows]"
        ".map((row) => Number(row.cells[2].dataset.v))"
    )
    assert len(ages) == 150 and ages == sorted(ages) and ages[0] == -1


def test_link_opens_a_closed_section(visit: Any) -> None:
    page = visit("many")
    section = page.locator("#account-2")
    assert section.get_attribute("open") is None
    page.get_by_role("link", name="Sam Coach").click()
    page.wait_for_selector("#account-2[open]")


def test_theme_switches(visit: Any) -> None:
    page = visit("nobody", color_scheme="light")
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    light, button = page.evaluate(ground), page.locator("#theme")
    assert button.get_attribute("aria-pressed") == "false"
    button.click()
    assert button.get_attribute("aria-pressed") == "true" and page.evaluate(ground) != light
    button.click()
    assert page.evaluate(ground) == light


def test_without_script_everything_is_there(visit: Any) -> None:
    page = visit("many", java_script_enabled=False)
    assert page.locator("#ranked-table tbody tr").count() == 11
    assert page.locator(".filter").is_hidden() and page.locator("#theme").is_hidden()
    page.locator(".excerpt summary").first.click()
    assert page.locator("blockquote").first.is_visible()


def test_print_opens_sections_and_keeps_messages_masked(visit: Any) -> None:
    page = visit("many")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.account:not([open])").count() == 0
    assert page.locator("details.excerpt[open]").count() == 0
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("details.account:not([open])").count() > 0
