"""Figures of the console: a large case and a long queue, in a real browser; ready for JSON."""

from __future__ import annotations

import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from fieldfare.cases import OPERATOR, Actor, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.desk import now
from fieldfare.cases.users import SignIn, Users
from fieldfare.lab.bench import machine
from fieldfare.lab.console_cases import snapshot
from fieldfare.vocabulary import SettingsError

USER: Final = "bench"
VISITS: Final = 9
PAGES: Final = 40
BATCH: Final = 1_000

PAINTED: Final = """() => {
  const navigation = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return [paint ? paint.startTime : 0, navigation.domContentLoadedEventEnd, navigation.responseEnd,
          navigation.encodedBodySize];
}"""


def measure_console(
    cases: int, children: int, messages: int, data: Path | None = None
) -> dict[str, Any]:
    """Time to paint and to use a case with so many children and messages, and to page through a
    queue of so many cases. Milliseconds, as the browser and the client see them, on a console that
    runs beside on the same machine. A queue in `data` that is filled already is used as it is."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-bench-") as folder:
        engine = connect(url_of(data or Path(folder)))
        store, users = CaseStore(engine), Users(engine)
        began = time.perf_counter()
        if not store.list_cases(OPERATOR, cases - 1, 1):
            users.add(OPERATOR, USER, ["reviewer"], None)
            _fill(store, cases, children, messages)
        filled = time.perf_counter() - began
        large = store.list_cases(OPERATOR, 0, 1)[0].id
        secret = SignIn(users).trusted(USER).secret
        with _served(store, SignIn(users)) as base:
            figures = {
                "machine": machine(),
                "cases": cases,
                "seconds_to_open_them": round(filled, 1),
                "case": {"children": children, "messages": messages}
                | _visits(base, secret, f"/cases/{large}"),
                "queue_in_browser": _visits(base, secret, "/queue"),
            }
        figures["queue_pages_ms"] = _paging(store)
        engine.dispose()
        return figures


def _fill(store: CaseStore, cases: int, children: int, messages: int) -> None:
    store.open_case(OPERATOR, snapshot("large", children, messages), "scan")
    for start in range(1, cases, BATCH):
        found = [
            snapshot(f"account-{number}", 1, 1, seed=number, mild=number % 3 > 0)
            for number in range(start, min(start + BATCH, cases))
        ]
        store.open_cases(OPERATOR, found, "scan")


@contextmanager
def _served(store: CaseStore, sign_in: SignIn) -> Iterator[str]:
    import uvicorn

    from fieldfare.console.app import Console, create_console

    app = create_console(Console(store, sign_in, now))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


def _visits(base: str, secret: str, path: str) -> dict[str, Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise SettingsError(
            "bench console needs Playwright and Chromium: make test sets them up"
        ) from None

    from fieldfare.console.sessions import COOKIE

    found = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        context = browser.new_context(viewport={"width": 1400, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": secret, "url": base}])
        page = context.new_page()
        for _ in range(VISITS):
            page.goto(base + path, wait_until="load")
            figures = page.evaluate(PAINTED)
            while not figures[0]:
                # A page may be painted after it is loaded.
                page.wait_for_timeout(10)
                figures = page.evaluate(PAINTED)
            found.append(figures)
        browser.close()
    first, *later = found
    columns = list(zip(*later, strict=True))
    names = ("first_paint_ms", "interactive_ms", "response_ms")
    return {
        **{
            name: {
                "first_visit": round(first[at]),
                "median": round(statistics.median(values)),
                "worst": round(max(values)),
            }
            for at, (name, values) in enumerate(zip(names, columns, strict=False))
        },
        "bytes": int(columns[3][0]),
        "visits": VISITS,
    }


def _paging(store: CaseStore) -> dict[str, Any]:
    """The store's own time for a page, through the queue in steps, and at its end."""
    actor = Actor(USER, frozenset({"reviewer"}))
    spent, cursor = [], None
    for _ in range(PAGES):
        began = time.perf_counter()
        page = store.queue(actor, cursor=cursor, most=50)
        spent.append(1000 * (time.perf_counter() - began))
        cursor = page.next
        if cursor is None:
            break
    last = store.list_cases(OPERATOR, 0, 1)[0]
    began = time.perf_counter()
    store.queue(actor, cursor=f"{last.rank}.{1 << 60}.0", most=50)
    return {
        "pages": len(spent),
        "median": round(statistics.median(spent), 1),
        "worst": round(max(spent), 1),
        "after_the_gravest_level": round(1000 * (time.perf_counter() - began), 1),
    }
