"""How the device's modules do in a browser of this machine: start, memory, messages a second.

Chromium opens a page of a small server of our own, measures in it, and sends the figures back. Each
run is a browser of its own, so that nothing is compiled or cached from the run before.
"""

from __future__ import annotations

import base64
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, SimpleQueue
from statistics import median
from typing import Any, Final

from fieldfare.vocabulary import FieldfareError

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    # Memory is counted at once, after a collection, and not within the next twenty seconds.
    "--enable-blink-features=ForceEagerMeasureMemory",
)
PATIENCE: Final = 120.0
"""Seconds for one run."""
HARD: Final = 2_000
EVERYDAY: Final = (
    "did you finish the maths homework?",
    "yes but the last one was hard",
    "practice is at five today, bring your boots",
    "ok see you there",
    "lol that was so funny",
    "can you send me the notes from thursday",
    "my mum says dinner is ready, back in a bit",
    "who won the game last night?",
    "happy birthday!! hope you have a great day",
    "I think we should ask the teacher tomorrow",
)
"""Ordinary lines, made up."""
PAGE: Final = b"""<!doctype html><meta charset="utf-8"><script type="module">
import { measure } from "/test/bench.js";
const bytes = (text) => Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
const { tables, signature, publicKey, texts } = await (await fetch("/given.json")).json();
let found;
try {
  found = await measure({ packed: bytes(tables), signature, publicKey: bytes(publicKey), texts });
  found.browser = navigator.userAgent.match(/Chrom\\w+\\/[\\d.]+/)?.[0] ?? "";
} catch (error) {
  found = { error: String(error) };
}
await fetch("/found", { method: "POST", body: JSON.stringify(found) });
</script>"""


def measure_device(modules: Path, runs: int) -> dict[str, Any]:
    """Figures of `runs` browsers, each the median, times in milliseconds and memory in bytes.
    `modules` is the folder ``device/`` of a checkout. Raises FieldfareError without a browser."""
    if not (modules / "test" / "bench.js").is_file():
        raise FieldfareError(f"{modules}: no modules of the device; run this in a checkout")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise FieldfareError(f"no browser was found; install one of {', '.join(BROWSERS)}")
    given = _given()
    found = []
    for _ in range(runs):
        with _serving(modules, given) as (address, results):
            found.append(_run(browser, address, results))
    figures: dict[str, Any] = _medians(found)
    return {"tables_bytes": len(base64.b64decode(given["tables"])), "runs": runs, **figures}


def _given() -> dict[str, Any]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fieldfare.language import LanguageModel
    from fieldfare.language.device_signature import sign_tables
    from fieldfare.language.device_tables import device_tables
    from fieldfare.safeguards.nudges import device_nudges

    key = Ed25519PrivateKey.generate()
    tables = device_tables(LanguageModel.load(), {"nudges": device_nudges()})
    return {
        "tables": base64.b64encode(tables).decode(),
        "signature": sign_tables(tables, 1, key),
        "publicKey": base64.b64encode(key.public_key().public_bytes_raw()).decode(),
        "texts": {"everyday": list(EVERYDAY) * 100, "hard": _hard(HARD)},
    }


def _hard(most: int) -> list[str]:
    """Phrases of every language, each disguised in some way: nearly every message shows an
    indicator, has words that have to be mended, or both."""
    from fieldfare.lab.obfuscation import KINDS, perturb
    from fieldfare.language.phrases import read_phrases

    rng = random.Random(1)  # noqa: S311
    plain = [
        content.texts(phrase)[0]
        for _, content in read_phrases()
        for phrases in content.phrases.values()
        for phrase in phrases
    ]
    kinds = list(KINDS)
    return [
        perturb(text, rng.choice(kinds), rng.randrange(1 << 30))[0]
        for text in rng.sample(plain, most)
    ]


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *arguments: Any, given: bytes, results: SimpleQueue[Any], **more: Any):
        self._given, self._results = given, results
        super().__init__(*arguments, **more)

    def do_GET(self) -> None:
        made = {"/": (PAGE, "text/html"), "/given.json": (self._given, "application/json")}
        if self.path not in made:
            super().do_GET()
            return
        body, kind = made[self.path]
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self._results.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def end_headers(self) -> None:
        # Only an isolated page may measure its memory.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def _serving(modules: Path, given: dict[str, Any]) -> Iterator[tuple[str, SimpleQueue[Any]]]:
    results: SimpleQueue[Any] = SimpleQueue()
    handler = partial(
        _Handler, directory=str(modules), given=json.dumps(given).encode(), results=results
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/", results
        finally:
            server.shutdown()
            thread.join()


def _run(browser: str, address: str, results: SimpleQueue[Any]) -> dict[str, Any]:
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        subprocess.Popen(  # noqa: S603 - the browser of this machine
            [browser, *ARGUMENTS, f"--user-data-dir={profile}", address],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process,
    ):
        try:
            found: dict[str, Any] = results.get(timeout=PATIENCE)
        except Empty:
            raise FieldfareError(f"{browser}: no figures within {PATIENCE:.0f} s") from None
        finally:
            os.killpg(process.pid, signal.SIGKILL)
    if "error" in found:
        raise FieldfareError(f"{browser}: {found['error']}")
    return found


def _medians(found: list[Any]) -> Any:
    """Of every figure the median, in the shape that each run has."""
    first = found[0]
    if isinstance(first, dict):
        return {name: _medians([each[name] for each in found]) for name in first}
    if isinstance(first, int | float):
        return round(median(found), 4)
    return first
