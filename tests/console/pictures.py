"""Pictures of pages: in both themes, on a telephone and on a desk, in ``artefacts/``."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

TALLEST = 6_000
"""Pixels of a page that are drawn: what is below looks like what is above."""
LOOKED_AT = {"exclude": [["tbody > tr:nth-child(n + 31)"]]}
"""What axe looks at: not at every row of a long table, of which it asks hundreds of questions."""
WIDTHS = {"telephone": (390, 844), "desk": (1440, 900)}


def kept_in(request: pytest.FixtureRequest, name: str) -> Iterator[Path]:
    """The folder of a module's pictures; those of an earlier run are taken away."""
    found = Path(request.config.rootpath) / "artefacts" / name
    shutil.rmtree(found, ignore_errors=True)
    found.mkdir(parents=True)
    yield found
    reporter = request.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"\nscreenshots: {found}")


def take(page: Any, path: Path, *, axe: bool) -> None:
    """Take the four pictures of a page; nothing on it is wider than the screen and, where asked
    for, axe finds nothing."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    for screen, (width, height) in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        height = page.evaluate("document.documentElement.scrollHeight")
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme)
            page.screenshot(
                path=f"{path}.{screen}.{theme}.png",
                full_page=True,
                clip={"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)},
            )
            if screen == "desk" and axe:
                # Of a second theme only the contrasts are new.
                rules = {"runOnly": ["color-contrast"]} if theme == "dark" else {}
                found = Axe().run(page, context=LOOKED_AT, options=rules).response["violations"]
                assert [(each["id"], each["nodes"][0]["html"][:150]) for each in found] == []
