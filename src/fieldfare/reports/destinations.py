"""Where a case can go: the registry. To add a destination, write a function from `packing.Job` to
`packing.Made` in a module of its own, and its entry here.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Final

from fieldfare.reports.hotline import hotlines
from fieldfare.reports.packing import Job, Made
from fieldfare.reports.settings import ReportSettings
from fieldfare.vocabulary import InputError


@dataclass(frozen=True, slots=True)
class Destination:
    """One destination."""

    name: str
    title: str
    makes: str
    """What comes of it, in a phrase."""
    jurisdiction: str
    credentials: bool
    """Needs a name and a password of the operator's."""
    make: str
    """``module:function``, loaded when it is used."""


BUILT_IN: Final = (
    Destination(
        "ncmec",
        "NCMEC CyberTipline",
        "a report, filed over its interface",
        "United States, and providers elsewhere that report there",
        True,
        "fieldfare.reports.cybertip.make:make",
    ),
    Destination(
        "nca",
        "National Crime Agency",
        "a pack for its portal",
        "United Kingdom",
        False,
        "fieldfare.reports.nca.make:make",
    ),
    Destination(
        "evidence",
        "Evidence bag",
        "a bag that anyone can verify offline",
        "anywhere",
        False,
        "fieldfare.reports.evidence.destination:make",
    ),
)


def destinations(settings: ReportSettings) -> dict[str, Destination]:
    """Every destination by name, with the operator's hotlines."""
    found = {each.name: each for each in BUILT_IN}
    for name, hotline in hotlines(settings).items():
        where = ", ".join(hotline.countries) or "where it is asked for"
        found.setdefault(
            name,
            Destination(
                name,
                hotline.title,
                "a pack to be sent by a person",
                where,
                False,
                "fieldfare.reports.hotline:make",
            ),
        )
    return found


def make(job: Job) -> Made:
    """Do the job. Raises InputError where there is no such destination."""
    known = destinations(job.settings)
    if job.destination not in known:
        raise InputError(f"no destination '{job.destination}'; choose from {', '.join(known)}")
    module, function = known[job.destination].make.split(":")
    made: Made = getattr(import_module(module), function)(job)
    return made
