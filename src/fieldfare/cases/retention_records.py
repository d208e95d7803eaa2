"""What leaves the parts of the store that keep and destroy: typed, frozen records. Times are int64
microseconds UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from fieldfare.cases.clocks import Running, Stage

HoldKind = Literal["legal", "preservation"]
"""``legal`` stands until two people release it; ``preservation``, an authority's request, starts
the clocks of such requests and holds nothing beyond them."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold on a case, standing or released."""

    id: int
    case: int
    kind: HoldKind
    jurisdiction: str
    """Whose law or court: a country code, or words."""
    reason: str
    placed_at: int
    placed_by: str
    service_hold: int | None
    """Of the live service, on the account: its number there, where alone it is lifted."""
    released_at: int | None = None
    released_by: str | None = None
    second: str | None = None
    """Who agreed that it is released."""
    released_because: str = ""


@dataclass(frozen=True, slots=True)
class KeptFiles:
    """Files that were made of a case."""

    id: int
    kind: str
    """bag, or the destination of a report."""
    made_at: int
    machine: str
    folder: str
    """Or the one file that a sealed bag is."""
    files: dict[str, str]
    """SHA-256 by the path below the folder; "" is the folder itself, where it is a file."""


GOING_ON: Final = ("agreed", "begun", "erased")
"""States of a destruction that is not done, nor stopped."""


@dataclass(frozen=True, slots=True)
class Destruction:
    """A destruction that a second person agreed to. Holds no personal data but names of those who
    agreed, and outlives the case."""

    id: int
    case: int
    stage: Stage
    state: Literal["agreed", "begun", "erased", "done", "stopped"]
    """``begun``: what is to be destroyed is written down; ``erased``: it is gone, and the files of
    the database may still hold traces; ``done``: those too; ``stopped``: it came to be held."""
    ground: tuple[dict[str, Any], ...]
    """The clocks that ended: name, title, source, mark, jurisdiction, began, ended."""
    proposed_at: int
    by: str
    agreed_at: int
    second: str
    begun_at: int | None
    erased_at: int | None
    done_at: int | None
    manifest: dict[str, Any]
    """What is destroyed, by kind, number and hash, and what is kept; empty before it began."""
    stopped: str = ""
    """Why, where it was."""

    @property
    def reference(self) -> str:
        """The number of the case as it is written."""
        return f"C-{self.case}"


@dataclass(frozen=True, slots=True)
class Retention:
    """What of a case is kept, until when and why."""

    case: int
    account: str
    state: str
    is_open: bool
    closed_at: int | None
    clocks: tuple[Running, ...]
    """What ends last comes first."""
    holds: tuple[Hold, ...]
    content_destroyed_at: int | None
    destruction: Destruction | None = None
    """The one that goes on now."""
    is_proposed: bool = False
    """The destruction of the next `stage` waits for a second person."""
    refused_at: int | None = None
    """When somebody did not agree to it last."""

    @property
    def reference(self) -> str:
        """The number of the case as it is written."""
        return f"C-{self.case}"

    @property
    def stage(self) -> Stage:
        """What would be destroyed next."""
        return "content" if self.content_destroyed_at is None else "reference"

    def until(self, stage: Stage) -> int | None:
        """When the last clock on this ends; None where none runs: the case is open, or no clock is
        for it. What is of the content is never kept for longer than the reference."""
        ends = [
            each.ends_at
            for each in self.clocks
            if each.clock.keeps == stage or stage == "reference"
        ]
        return None if self.is_open else max(ends, default=None)

    def held(self, stage: Stage, at: int) -> tuple[str, ...]:
        """Why this may not be destroyed at a moment; empty where it may. With `holds_erasure` the
        one definition of what is held: the store, the live service and the console ask here."""
        found = self._standing()
        found += [
            _until(each)
            for each in self.clocks
            if each.ends_at > at and (each.clock.keeps == stage or stage == "reference")
        ]
        return ("the case is open",) if self.is_open else tuple(found)

    def holds_erasure(self, at: int) -> tuple[str, ...]:
        """Why the live service may not erase what it has of the account; empty where it may. The
        reference of a case asks for nothing there, nor do clocks that yield to erasure."""
        found = self._standing()
        found += [
            _until(each)
            for each in self.clocks
            if each.ends_at > at and each.clock.keeps == "content" and each.clock.against_erasure
        ]
        return ("the case is open",) if self.is_open else tuple(found)

    def is_due(self, at: int) -> bool:
        """Whether the next `stage` is to be destroyed: a clock was for it, all have ended, and
        nothing holds it."""
        return self.until(self.stage) is not None and not self.held(self.stage, at)

    def _standing(self) -> list[str]:
        return [
            f"legal hold {each.id} ({each.jurisdiction})"
            for each in self.holds
            if each.kind == "legal" and each.released_at is None
        ]


def _until(running: Running) -> str:
    return f"{running.clock.title}, until {day(running.ends_at)}"


def day(at: int) -> str:
    """``2026-03-01``, for sentences."""
    from fieldfare.vocabulary.times import isoformat

    return isoformat(at)[:10]
