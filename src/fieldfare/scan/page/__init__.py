"""report.html: one self-contained page that works offline and is read by people, later by a court.

What enters: a ScanResult. What leaves: one HTML file that asks nothing of any network.

    context    what the template is given: typed dataclasses, every value already in words
    words      numbers, times and strangers' text as people should see them
    overview   the head, what could not be read, the ranked list, the method
    account    one account's section: reasons and their sum, children, countries, excerpts
    second_look  what a heavier model found, if one was asked
    timeline   the geometry of the drawing of first contacts
    report.html.j2, account.html.j2, report.css, report.js, sortable.js   the page itself

To show one thing more: a field in `context`, filled in `overview` or `account`, and its place in
the template; `tests/scan/test_page.py` compares the two. The page is complete without its
script, which only filters, sorts, switches the theme and opens sections.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import fields
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from fieldfare.scan.page.context import Page
from fieldfare.scan.page.overview import build_page

if TYPE_CHECKING:
    from fieldfare.scan.run import ScanResult

__all__ = ["render", "write_page"]


def write_page(result: ScanResult, path: Path, note: str | None = None) -> None:
    """Write the page of a scan; the file is complete or not there.

    `note` stands at the head as a banner, such as that the data are simulated.
    """
    draft = path.with_name(path.name + ".part")
    draft.write_text(render(build_page(result, note)), encoding="utf-8")
    draft.replace(path)


def render(page: Page) -> str:
    """The page as HTML."""
    style, script = _read("report.css"), _read("sortable.js") + _read("report.js")
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            {each.name: getattr(page, each.name) for each in fields(page)},
            # Both are files of this package, without a closing tag inside; a test looks.
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            policy=policy(style, script),
        )
    )


def policy(style: str, script: str) -> str:
    """Content-Security-Policy: nothing but this one style sheet and this one script."""
    return "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_digest(style)}'",
            f"script-src '{_digest(script)}'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def environment() -> jinja2.Environment:
    """The templates of this page."""
    return templates(_read)


@cache
def templates(read: Callable[[str], str | None]) -> jinja2.Environment:
    """Templates that `read` gives by name: they escape everything, and a name that is missing in
    them is an error."""
    return jinja2.Environment(
        loader=jinja2.FunctionLoader(read),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _read(name: str) -> str:
    return (files("fieldfare.scan.page") / name).read_text("utf-8")
