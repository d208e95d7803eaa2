"""Templates: what they are given is typed, everything in it is escaped, a missing name fails."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Final

from fieldfare.cases import actions, urgency
from fieldfare.cases.permissions import Permission
from fieldfare.cases.states import states
from fieldfare.console.preferences import Preferences
from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk import scorecard
from fieldfare.scan.page import templates

NAVIGATION: Final = (
    ("Queue", "/queue", "g q", Permission.QUEUE_READ),
    ("Second person", "/proposals", "g s", Permission.PROPOSAL_READ),
    ("Investigations", "/investigations", "g i", Permission.INVESTIGATION_READ),
    ("Search", "/search", "/", Permission.SEARCH),
    ("Team", "/team", "g t", Permission.TEAM_READ),
    ("Rules", "/rules", "g r", Permission.PROPOSAL_READ),
    ("Retention", "/retention", "g k", Permission.RETENTION_READ),
    ("Audit", "/audit", "g a", Permission.AUDIT_READ),
    ("Accountability", "/accountability", "g f", Permission.ACCOUNTABILITY),
)
"""Title, address, keys, and who sees it."""


@dataclass(frozen=True)
class Shell:
    """What every page has around it."""

    root: str
    """Where the console is mounted."""
    title: str
    """Never holds text of messages, or an account."""
    user: str
    roles: str
    here: str
    navigation: list[tuple[str, str, str]]
    preferences: Preferences
    notice: str = ""
    banner: str = ""
    """Stands over every page, such as that the data are simulated."""
    pause: str = ""
    """Suggests a pause; never enforces it."""


@dataclass(frozen=True)
class Failure:
    """What went wrong, and what to do."""

    heading: str
    message: str
    back: str
    back_label: str
    changes: list[str] = field(default_factory=list)


def render(template: str, shell: Shell, page: Any) -> str:
    """A page as HTML."""
    return templates(_read).get_template(template).render({"shell": shell, "page": page})


def prime() -> None:
    """Compile every template and read every table now, so that nobody waits for it later."""
    names = [entry.name for entry in (files("fieldfare.console") / "templates").iterdir()]
    for name in (*names, "account.html.j2"):
        templates(_read).get_template(name)
    for read in (actions.shipped, states, urgency.shipped, catalogue, scorecard.shipped):
        read()


@cache
def _read(name: str) -> str | None:
    for folder in (files("fieldfare.console") / "templates", files("fieldfare.scan.page")):
        if (folder / name).is_file():
            return (folder / name).read_text("utf-8")
    return None
