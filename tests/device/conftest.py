"""The device's modules in a real browser, and in Node where there is one."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldfare.language import LanguageModel
from fieldfare.language.device_signature import sign_tables
from fieldfare.language.device_tables import device_tables
from fieldfare.safeguards.nudges import device_nudges
from tests.scan.test_page_browser import browser as browser

DEVICE = Path(__file__).parents[2] / "device"

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))

Run = Callable[[str, Any], Any]
"""Calls ``check`` of a module in ``device/test/`` with one value, and gives what it returns."""


@pytest.fixture(scope="session")
def model() -> LanguageModel:
    """The model that ships."""
    return LanguageModel.load()


@pytest.fixture(scope="session")
def signed(model: LanguageModel) -> dict[str, str]:
    """Its tables as a device gets them."""
    return _signed(model)


@pytest.fixture(scope="session")
def framed() -> LanguageModel:
    """The model with its frames, which count as they are found: a device has no heads."""
    return replace(LanguageModel.load(frames=True), confirming=None)


@pytest.fixture(scope="session")
def signed_with_frames(framed: LanguageModel) -> dict[str, str]:
    """Its tables as a device gets them."""
    return _signed(framed)


def _signed(model: LanguageModel) -> dict[str, str]:
    tables = device_tables(model, {"nudges": device_nudges()})
    return {
        "tables": base64.b64encode(tables).decode(),
        "signature": sign_tables(tables, 3, KEY),
        "publicKey": base64.b64encode(KEY.public_key().public_bytes_raw()).decode(),
    }


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page(browser: Any) -> Iterator[Any]:
    """A page of the device's own origin, which is asked for nothing by anyone else."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(DEVICE)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    opened = browser.new_page()
    opened.goto(f"http://127.0.0.1:{server.server_address[1]}/package.json")
    yield opened
    opened.close()
    server.shutdown()
    server.server_close()


def in_chromium(page: Any) -> Run:
    return lambda module, value: page.evaluate(
        "async ([module, value]) => (await import(`/test/${module}.js`)).check(value)",
        [module, value],
    )


def in_node(module: str, value: Any) -> Any:
    script = (
        "import { readFileSync } from 'node:fs';"
        f"const {{ check }} = await import({json.dumps(str(DEVICE / 'test' / f'{module}.js'))});"
        "console.log(JSON.stringify(await check(JSON.parse(readFileSync(0, 'utf8')))));"
    )
    ran = subprocess.run(
        ["node", "--input-type=module", "-e", script],
        input=json.dumps(value),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(params=["chromium", "node"])
def run(request: pytest.FixtureRequest) -> Run:
    """Both kinds of JavaScript. Chromium is always there where tests must run; Node may not be."""
    if request.param == "chromium":
        return in_chromium(request.getfixturevalue("page"))
    if shutil.which("node") is None:
        pytest.skip("no Node here; Chromium runs the same")
    return in_node
