"""Investigations in a real browser: every page as it looks, with 420 people and 131 children, empty
and broken; who is a child, said by keyboard alone. Pictures are in ``artefacts/investigations``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from fieldfare.console.cabinet import Cabinet
from fieldfare.console.sessions import COOKIE
from fieldfare.investigation import reading
from fieldfare.investigation.store import DATABASE, Investigation
from tests.console.pictures import kept_in, take
from tests.console.served import Served
from tests.investigation.made import NAME, copied, made
from tests.scan.test_page_browser import browser as browser

pytestmark = pytest.mark.browser

AT = f"/investigations/{quote(NAME)}"
PICTURES = {
    "list": ("investigator", "/investigations", NAME),
    "none": ("investigator", "/investigations", "fieldfare investigate"),
    "overview": ("investigator", AT, "In danger now"),
    "people": ("investigator", AT + "/people?show=all", "Your word"),
    "nobody": ("investigator", AT + "/people?show=all&name=nobody-at-all", "Nobody is like this"),
    "person": ("investigator", AT + "/people/{person}", "Child or adult"),
    "person-auditor": ("auditor", AT + "/people/{person}", "Child or adult"),
    "scripts": ("investigator", AT + "/scripts", "Scripts"),
    "accounts": ("investigator", AT + "/accounts", "Same person"),
    "reports": ("investigator", AT + "/reports", "Reports"),
    "sources": ("investigator", AT + "/sources", "Sources"),
    "broken": ("investigator", "/investigations/Broken", "damaged"),
}


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Iterator[Path]:
    """Where the pictures go."""
    yield from kept_in(request, "investigations")


@pytest.fixture(scope="module")
def cabinet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cabinet]:
    """One investigation of the case's shape, and a damaged one."""
    data = copied(made(420, 131, 6_000, 8), tmp_path_factory.mktemp("data"))
    broken = Investigation.folder_of(data, "Broken")
    broken.mkdir()
    (broken / DATABASE).write_bytes(b"not a database" * 400)
    found = Cabinet(data)
    yield found
    found.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, cabinet: Cabinet) -> Iterator[Served]:
    found = Served(tmp_path_factory.mktemp("investigations"), {}, cabinet=cabinet)
    yield found
    found.close()


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("empty")
    found = Served(folder, {}, cabinet=Cabinet(folder))
    yield found
    found.close()


def opened(browser: Any, served: Served, role: str) -> Any:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, bypass_csp=True)
    secret = served.sign_in.trusted(role).secret
    context.add_cookies([{"name": COOKIE, "value": secret, "url": served.base}])
    return context.new_page()


@pytest.mark.parametrize("name", PICTURES)
def test_picture(
    browser: Any, served: Served, empty: Served, cabinet: Cabinet, folder: Path, name: str
) -> None:
    role, path, says = PICTURES[name]
    with cabinet.open(NAME) as case:
        person = reading.people(case)[0].key
    where = empty if name == "none" else served
    page = opened(browser, where, role)
    try:
        page.goto(where.base + path.format(person=person))
        assert says in page.locator("body").inner_text()
        take(page, folder / name, axe=True)
    finally:
        page.context.close()


def test_who_is_a_child_is_said_by_keyboard_alone(
    browser: Any, served: Served, cabinet: Cabinet
) -> None:
    page = opened(browser, served, "investigator")
    try:
        page.goto(served.base + AT + "/people?show=all")
        rows = page.locator("tr[data-row]").all()
        keys = [each.get_attribute("id").removeprefix("p-") for each in rows]
        for place, (pressed, says) in enumerate(
            (("c", "Child, confirmed"), ("n", "Not a child"), ("u", "Unsure"), ("c", "Child"))
        ):
            page.keyboard.press(pressed)
            page.locator(f"#p-{keys[place]}.judged", has_text=says).wait_for()
        page.keyboard.press("z")
        page.locator(f"#p-{keys[3]}:not(.judged)").wait_for()
        with cabinet.open(NAME) as case:
            said = {each.key: each.verdict for each in reading.people(case)}
        assert [said[key] for key in keys[:4]] == ["child", "not_child", "unsure", None]
        assert all(said[key] is None for key in keys[4:])
    finally:
        page.context.close()


def test_pairs_are_looked_at_and_judged_by_keyboard_and_short_on_a_telephone(
    browser: Any, served: Served, cabinet: Cabinet
) -> None:
    page = opened(browser, served, "investigator")
    try:
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(served.base + AT + "/accounts")
        first, second = (row.get_attribute("id") for row in page.locator("tr[data-row]").all()[:2])
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("e")
        page.locator(f"#{second} details[open]").wait_for()
        assert page.locator("details[open]").count() == 1
        assert page.evaluate("document.documentElement.scrollHeight") < 10_000
        page.keyboard.press("n")
        page.locator(f"#{second}").wait_for(state="detached")
        page.goto(served.base + AT + "/accounts?show=rejected")
        page.keyboard.press("z")
        page.get_by_text("No pair is like this").wait_for()
        with cabinet.open(NAME) as case:
            waiting = {f"j-{each.id}" for each in reading.joins(case, ["waiting"])}
        assert {first, second} <= waiting
    finally:
        page.context.close()
