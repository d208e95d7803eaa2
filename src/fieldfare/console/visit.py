"""One request: who makes it, what was sent, and the ways to answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fieldfare.cases.errors import NotFound
from fieldfare.cases.permissions import Actor, roles
from fieldfare.console.guard import PAGE_HEADERS
from fieldfare.console.preferences import Preferences
from fieldfare.console.rendering import NAVIGATION, Shell, render
from fieldfare.console.times import Zone, span, zone_of
from fieldfare.vocabulary import InputError

if TYPE_CHECKING:
    from fieldfare.cases import CaseStore
    from fieldfare.console.app import Console

NOBODY: Final = Actor("", frozenset())

NOTICES: Final = {
    "claimed": "The case is yours until the lease ends.",
    "none-left": "Nothing is waiting that you have not passed on.",
    "released": "The case is back in the queue.",
    "skipped": "You passed the case on; it goes to somebody else.",
    "decided": "Decided. It has no effect outside until the undo window is over.",
    "proposed": "Proposed. A second person has to agree before anything happens.",
    "undone": "Undone. The case is in review again.",
    "agreed": "You agreed. It has no effect outside until the undo window is over.",
    "refused": "You did not agree; the case went back to the one who proposed it.",
    "withdrawn": "Withdrawn.",
    "rules-agreed": "You agreed. Whoever runs the service puts it in force.",
    "rules-refused": "You did not agree. Nothing changes.",
    "rules-withdrawn": "Withdrawn.",
    "noted": "The note is in the case.",
    "tagged": "The tags are changed.",
    "tasks": "The tasks are changed.",
    "linked": "The account is linked to the case.",
    "opened-again": "The case is open again.",
    "redacted": "The message is blacked out for everybody.",
    "saved": "Saved.",
    "recorded": "Recorded.",
    "held": "The hold stands. Nothing of the case is destroyed while it does.",
    "requested": "The request is noted; its clocks run.",
    "judged": "Kept. To take it back, show those already looked at.",
    "verdict-undone": "Undone: it is as it was before.",
    "judged-meanwhile": "Nothing was changed: somebody else said something meanwhile. Look again.",
    "joined": "The two accounts are one person's now. It can be undone.",
    "parted": "The two accounts are two people's, as if they had never been one.",
    "join-undone": "Undone: it waits again.",
    "reports-made": "Made. Reports say who of it is confirmed and who is not.",
    "signed-out": "You are signed out.",
    "ended": "Your session is over. Sign in again.",
}


@dataclass
class Visit:
    """A request of somebody who may make it."""

    request: Request
    console: Console
    actor: Actor
    preferences: Preferences
    form: dict[str, list[str]] = field(default_factory=dict)

    @property
    def store(self) -> CaseStore:
        """The store, which checks again what the actor may do."""
        return self.console.store

    @property
    def now(self) -> int:
        """Microseconds UTC."""
        return self.console.clock()

    @property
    def root(self) -> str:
        """Where the console is mounted."""
        return str(self.request.scope.get("root_path", ""))

    @property
    def partial(self) -> bool:
        """Whether a part of the page asks, and not the browser for a whole one."""
        return self.request.headers.get("hx-request") == "true"

    def zone(self, child_country: str | None = None) -> Zone:
        """The zone of times on this page."""
        return zone_of(self.preferences, child_country)

    def number(self, name: str) -> int:
        """A number in the path. Raises NotFound where it is none."""
        text = str(self.request.path_params[name])
        if not text.isascii() or not text.isdigit() or len(text) > 15:
            raise NotFound("there is no such page")
        return int(text)

    def asked(self, name: str, default: str = "") -> str:
        """What the address asks for."""
        return self.request.query_params.get(name, default)

    def asked_number(self, name: str) -> int | None:
        """A whole number that the address asks for; None where it is none."""
        given = self.asked(name)
        return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None

    def asked_all(self, name: str) -> tuple[str, ...]:
        """The same, where several can be asked for."""
        return tuple(each for each in self.request.query_params.getlist(name) if each)

    def text(self, name: str, most: int = 20_000) -> str:
        """A field of the form. Raises InputError where it is too long."""
        value = (self.form.get(name) or [""])[0].replace("\r\n", "\n")
        if len(value) > most:
            raise InputError(f"'{name}' has {len(value):,} characters; at most {most:,} are kept")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that can be given several times."""
        return tuple(each for each in self.form.get(name, []) if each)

    def integer(self, name: str) -> int:
        """A field that is a whole number. Raises InputError."""
        value = self.text(name, 20)
        if not value.isascii() or not value.isdigit():
            raise InputError(f"'{name}' is not a number")
        return int(value)

    def integers(self, name: str) -> tuple[int, ...]:
        """Such a field that can be given several times. Raises InputError."""
        values = self.texts(name)
        if not all(each.isascii() and each.isdigit() and len(each) < 16 for each in values):
            raise InputError(f"'{name}' is not a number")
        return tuple(int(each) for each in values)

    def page(self, template: str, title: str, page: Any, status: int = 200) -> Response:
        """A page, with everything around it. `page` is a dataclass."""
        return HTMLResponse(render(template, self._shell(title), page), status, PAGE_HEADERS)

    def to(self, path: str, notice: str = "") -> Response:
        """Go on to another page of the console."""
        query = f"{'&' if '?' in path else '?'}notice={notice}" if notice else ""
        return RedirectResponse(f"{self.root}{path}{query}", 303, PAGE_HEADERS)

    def _shell(self, title: str) -> Shell:
        return Shell(
            root=self.root,
            title=title,
            user=self.actor.user,
            roles=", ".join(
                sorted(roles()[role].title for role in self.actor.roles if role in roles())
            ),
            here="/" + self._path().split("/")[1],
            navigation=[
                (label, path, keys)
                for label, path, keys, needs in NAVIGATION
                if self.actor.may(needs)
            ],
            preferences=self.preferences,
            notice=NOTICES.get(self.asked("notice"), ""),
            banner=self.console.banner,
            pause=self._pause(),
        )

    def _path(self) -> str:
        return self.request.url.path.removeprefix(self.root) or "/"

    def _pause(self) -> str:
        exposure = self.console.exposure(self.actor)
        if exposure is None or not exposure.break_due:
            return ""
        return (
            f"In the last {span(self.now - exposure.since)} you have seen the text of "
            f"{exposure.revealed:,} messages. A pause now is part of the work."
        )
