"""Reports and tables as files below the folder of a case: ``reports/GB/GB.pdf`` and so on.

What was made, when, and of what state of the decisions stands in ``reports/reports.json``, so that
a report that is older than a verdict is known to be so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import msgspec
from markupsafe import Markup

from fieldfare.investigation import reading
from fieldfare.investigation.handover import tables
from fieldfare.investigation.handover.content import Dossier, Report, content, dossier
from fieldfare.investigation.store import Investigation, now
from fieldfare.reports.evidence.bag import private
from fieldfare.reports.typesetting import typeset
from fieldfare.scan.page import policy, templates

FOLDER: Final = "reports"
INDEX: Final = "reports.json"
KINDS: Final = ("html", "pdf", "children.csv", "lines.csv")
"""Ends of the names of a country's files; no PDF without Typst (``fieldfare[reports]``)."""


class Handed(msgspec.Struct, frozen=True):
    """The files of a country, as they were made."""

    code: str
    made_at: int
    by: str
    children: int
    confirmed: int
    state: str
    """Of the decisions that they were made of (`reading.state`)."""
    files: dict[str, str]
    """SHA-256 by name."""
    missing: tuple[str, ...] = ()
    """Characters that no font could show in the PDF."""


def write_reports(case: Investigation, name: str, by: str, out: Path | None = None) -> list[Handed]:
    """The reports and tables of every country that has a confirmed or probable child; those of a
    country that has none any more are taken away. `out`: another folder than the case's."""
    found = _dossier(case, name, by)
    folder = (out or case.folder) / FOLDER
    codes = found.countries()
    for code in {each.code for each in _index(folder).values()} - set(codes):
        _take_away(folder, code)
    return [_write(found, code, folder) for code in codes]


def write_country(case: Investigation, name: str, code: str, by: str) -> Handed:
    """The same of one country."""
    return _write(_dossier(case, name, by), code, case.folder / FOLDER)


def handed(folder: Path) -> dict[str, Handed]:
    """What was made for a case, by country."""
    return _index(folder / FOLDER)


def page_of(report: Report) -> str:
    """The report as one page that asks nothing of any network and has no script."""
    style = _read("report.css") + _read("handover.css")
    shown = templates(_read).get_template("report.html.j2")
    # The style is of files of this package.
    return shown.render(it=report, style=Markup(style), policy=policy(style, ""))  # noqa: S704


def software() -> str:
    """What made it, with its version."""
    return f"Fieldfare {version('fieldfare')}"


def _dossier(case: Investigation, name: str, by: str) -> Dossier:
    return dossier(case, name, made_at=now(), by=by, software=software())


def _write(found: Dossier, code: str, folder: Path) -> Handed:
    report = content(found, code)
    pdf = typeset("country", asdict(report), at=report.made_at) if find_spec("typst") else None
    made: dict[str, Iterable[bytes]] = {
        "html": [page_of(report).encode("utf-8", "replace")],
        "pdf": [] if pdf is None else [pdf.data],
        "children.csv": tables.children(found, code),
        "lines.csv": tables.lines(found, code),
    }
    place = folder / code
    for each in (folder, place):
        each.mkdir(mode=0o700, parents=True, exist_ok=True)
    hashes = {}
    for kind in (each for each in KINDS if made[each]):
        file = f"{code}.{kind}"
        hashes[file] = _replace(place / file, made[kind])
    people = found.children(code)
    done = Handed(
        code,
        report.made_at,
        report.by,
        len(people),
        sum(each.standing == "confirmed" for each in people),
        reading.state(found.case),
        hashes,
        () if pdf is None else tuple(sorted(pdf.missing)),
    )
    _keep(folder, {**_index(folder), code: done})
    return done


def _take_away(folder: Path, code: str) -> None:
    index = _index(folder)
    for file in index.pop(code).files:
        (folder / code / file).unlink(missing_ok=True)
    _keep(folder, index)


def _index(folder: Path) -> dict[str, Handed]:
    try:
        return msgspec.json.decode((folder / INDEX).read_bytes(), type=dict[str, Handed])
    except (OSError, msgspec.MsgspecError):
        return {}


def _keep(folder: Path, index: dict[str, Handed]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _replace(folder / INDEX, [msgspec.json.format(msgspec.json.encode(index))])


def _replace(path: Path, data: Iterable[bytes]) -> str:
    """A file that only its owner can read, complete or as it was; its SHA-256."""
    digest = hashlib.sha256()
    draft = path.with_name(path.name + ".part")
    draft.unlink(missing_ok=True)
    with private(draft) as file:
        for part in data:
            file.write(part)
            digest.update(part)
    draft.replace(path)
    return digest.hexdigest()


@cache
def _read(name: str) -> str:
    package = "fieldfare.scan.page" if name == "report.css" else "fieldfare.investigation.handover"
    return (files(package) / name).read_text("utf-8")
