"""The report as a PDF."""

from __future__ import annotations

from pathlib import Path

from fieldfare.reports.document.content import content
from fieldfare.reports.document.gathering import Gathered
from fieldfare.reports.frozen import FrozenCase
from fieldfare.reports.typesetting import Typeset, pages, typeset


def case_report(
    case: FrozenCase, found: Gathered, software: str, fonts: Path | None = None
) -> Typeset:
    """The report of a case. `software` names what made it, with its version."""
    return typeset("report", _data(case, found, software), at=case.taken_at, fonts=fonts)


def report_pages(
    case: FrozenCase, found: Gathered, software: str, fonts: Path | None = None
) -> list[bytes]:
    """The same as pictures (PNG), to be looked at."""
    return pages("report", _data(case, found, software), at=case.taken_at, fonts=fonts)


def _data(case: FrozenCase, found: Gathered, software: str) -> dict[str, object]:
    return content(case, found, software) | {"notice": case.notice}
