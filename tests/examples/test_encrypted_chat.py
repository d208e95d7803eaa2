"""The demonstration of end-to-end encryption, as one runs it: a real Fieldfare, the relay, the two
pages in Chromium, the reviewers' console. All that goes over the wire is written down and searched.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.examples.recording import Recorder, holds, recording
from tests.scan.test_page_browser import browser as browser

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
PATIENCE = 120_000
"""Milliseconds a page is waited for, on a machine that has other things to do."""

# Each has a word that stands nowhere else.
GREETING = "hello, what a lovely kingfisher"
ASKED = "how old are you, bullfinch"
ALONE = "are your parents home, goldcrest"
KEPT = "keep this our secret, nuthatch"
ANSWER = "I would rather draw a fieldlark now"
WORDS = {
    GREETING: "kingfisher", ASKED: "bullfinch", ALONE: "goldcrest", KEPT: "nuthatch",
    ANSWER: "fieldlark",
}  # fmt: skip


@dataclass
class Demo:
    """The demonstration while it runs."""

    process: subprocess.Popen[str]
    folder: Path
    addresses: dict[str, str]
    relay: Recorder
    """Between pages and relay."""
    service: Recorder
    """Between relay and Fieldfare."""
    asked: list[str] = field(default_factory=list)
    """Addresses that the two pages asked for."""
    bodies: list[bytes] = field(default_factory=list)
    """What they sent, as the browser has it."""

    def open(self, browser: Any, who: str, **options: Any) -> Any:
        """A page of its own device."""
        context = browser.new_context(viewport={"width": 390, "height": 844}, **options)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("request", self._written)
        page.goto(self.addresses[who])
        page.wait_for_selector("body[data-ready]")
        return page

    def _written(self, request: Any) -> None:
        self.asked.append(request.url)
        self.bodies.append(request.post_data_buffer or b"")

    @property
    def streams(self) -> list[bytes]:
        """Everything that went to the servers, or came from them."""
        told = [url.encode() for url in self.asked]
        return [*self.relay.streams, *self.service.streams, *self.bodies, *told]

    @property
    def kept(self) -> list[bytes]:
        """Every file of the servers."""
        return [path.read_bytes() for path in sorted(self.folder.rglob("*")) if path.is_file()]


def where(data: list[bytes], *messages: str) -> list[str]:
    """Those of the messages that stand in the data, in any disguise."""
    return [each for each in messages if any(holds(one, WORDS[each]) for one in data)]


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    with process:
        try:
            yield
        finally:
            if process.poll() is None:
                process.terminate()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    folder = tmp_path_factory.mktemp("encrypted-chat")
    with recording() as relay, recording() as service:
        command = [sys.executable, "-m", "examples.encrypted_chat", "--out", str(folder)]
        command += ["--no-open", "--port", "0"]
        command += ["--service-url", f"http://127.0.0.1:{service.port}"]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        with ended(process):
            said = ""
            assert process.stdout is not None
            for line in process.stdout:
                said += line
                if "Ctrl-C" in line:
                    break
            found = dict(re.findall(r"^(\w+).*?(http://\S+)", said, re.M))
            assert found.keys() == {"Fieldfare", "Console", "Robin", "Mira", "All"}, said
            service.lead_to(_port(found["Fieldfare"]))
            relay.lead_to(_port(found["Robin"]))
            # The pages go through the recorder; the console is the reviewers', and may show text.
            for who in ("Robin", "Mira", "All"):
                port = str(_port(found[who]))
                found[who] = found[who].replace(f":{port}", f":{relay.port}", 1)
            yield Demo(process, folder, found, relay, service)


def _port(address: str) -> int:
    found = re.search(r":(\d+)", address)
    assert found is not None
    return int(found[1])


def _say(page: Any, text: str) -> None:
    page.wait_for_selector("#text:enabled")
    page.fill("#text", text)
    page.press("#text", "Enter")
    page.locator("#messages .mine", has_text=text).wait_for()


def _hear(page: Any, text: str) -> None:
    page.locator("#messages .theirs", has_text=text).wait_for()


def test_the_servers_read_nothing_until_the_child_reports(demo: Demo, browser: Any) -> None:
    robin, mira = demo.open(browser, "Robin"), demo.open(browser, "Mira", color_scheme="dark")
    _say(robin, GREETING)
    # The policy has the child asked before it sees what a stranger wrote.
    mira.wait_for_selector("#request:visible")
    assert "You decide whether to see it" in mira.inner_text("#request-text")
    assert mira.locator("#messages li").count() == 0
    mira.click("#see")
    _hear(mira, GREETING)
    mira.wait_for_selector("#nudge[data-level='1']:visible")
    _say(robin, ASKED)
    _say(robin, ALONE)
    _hear(mira, ALONE)
    mira.wait_for_selector("#nudge[data-level='2']:visible")
    _say(mira, ANSWER)
    _hear(robin, ANSWER)
    _say(robin, KEPT)
    _hear(mira, KEPT)
    mira.wait_for_selector("#nudge[data-level='3']:visible")
    assert "talk to someone you trust" in mira.inner_text("#nudge-text")
    assert robin.locator("#nudge:visible").count() == 0
    numbers = {page.text_content("#number") for page in (robin, mira)}
    assert len(numbers) == 1 and re.fullmatch(r"(\d{5} ){5}\d{5}", numbers.pop() or "")
    # Robin's page has only sent what is sealed; Mira's device has read it by itself.
    assert where(demo.streams, *WORDS) == []
    assert where(demo.kept, *WORDS) == []
    assert {_port(url) for url in demo.asked} == {demo.relay.port}
    everything = b"".join(demo.streams).lower()
    # Nothing that was searched was compressed or cut up; and the metadata did arrive.
    assert b"content-encoding" not in everything and b"chunked" not in everything
    assert everything.count(b'"encrypted":true') >= 5 and b"/v1/decisions" in everything

    mira.click("#nudge [data-do='report']")
    mira.locator("#choices label", has_text="goldcrest").locator("input").uncheck()
    assert "3 of 5 messages" in mira.inner_text("#chosen")
    mira.click("#send-report")
    mira.wait_for_selector("body[data-reported='3']")
    assert "right to say something" in mira.inner_text("#notice")
    assert where(demo.relay.streams, *WORDS) == [GREETING, ASKED, KEPT]
    assert where(demo.service.streams, *WORDS) == [GREETING, ASKED, KEPT]
    # At rest it is sealed.
    assert where(demo.kept, *WORDS) == []


def test_the_case_has_what_was_reported_verified_and_shows_the_gap(
    demo: Demo, browser: Any
) -> None:
    page = browser.new_context().new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(demo.addresses["Console"])
    page.get_by_role("button", name="Sign in as rosa").click()
    case = page.get_by_role("link", name="C-1", exact=True)
    while not case.count():
        page.reload()
    case.click()
    page.get_by_role("link", name="mira", exact=True).click()
    said = page.locator("main")
    assert said.inner_text().count("reported, verified") == 3
    page.get_by_role("button", name="Show the 3 texts of this page").click()
    for text in (GREETING, ASKED, KEPT):
        # The words of an indicator are marked, so that a text is in several pieces.
        page.get_by_text(WORDS[text]).first.wait_for()
    # Two messages stand between the second and the third: one of Robin's, and Mira's answer.
    assert "left out after this one: 2" in said.inner_text()
    assert page.get_by_text(WORDS[ALONE]).count() == 0


def test_it_ends_with_ctrl_c_and_leaves_nothing_running(demo: Demo) -> None:
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.stdout is not None
    assert demo.process.stdout.read().endswith("Ended.\n")
    assert demo.process.wait(60) == 0
    for who in ("Fieldfare", "Console"):
        with pytest.raises(OSError, match="refused"):
            _connect(_port(demo.addresses[who]))


def _connect(port: int) -> None:
    import socket

    socket.create_connection(("127.0.0.1", port)).close()
