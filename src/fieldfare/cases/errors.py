"""What can go wrong with a case, as a caller may want to tell it apart.

FieldfareError
└── CaseError            every error of this room
    ├── NotAllowed       the actor lacks the permission, or is the same person as before
    ├── NotFound         no such case, proposal, note, user …
    ├── WrongState       not in this state of the case
    │   └── Destroyed    its content was destroyed
    ├── Taken            somebody else has the lease
    ├── ChangedMeanwhile the case is not what it was when it was looked at
    ├── KeyMissing       text was encrypted with a key that is not in the ring
    └── SignInRefused    name, password or code is wrong, or the account is locked
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldfare.vocabulary import FieldfareError

if TYPE_CHECKING:
    from fieldfare.cases.records import Change


class CaseError(FieldfareError):
    """Something that cannot be done with a case."""


class NotAllowed(CaseError):
    """The actor may not do this."""


class NotFound(CaseError):
    """There is no such thing."""


class WrongState(CaseError):
    """The case's state does not let this be done."""


class Destroyed(WrongState):
    """The content of the case was destroyed; what is left is its reference."""


class Taken(CaseError):
    """Somebody else is at work on the case."""


class ChangedMeanwhile(CaseError):
    """The case has changed since it was looked at. `changes` says how, the oldest first."""

    def __init__(self, case: int, changes: tuple[Change, ...]) -> None:
        said = "; ".join(f"{change.by}: {change.what}" for change in changes)
        super().__init__(f"case {case} has changed since you looked at it ({said}); look again")
        self.case, self.changes = case, changes


class KeyMissing(CaseError):
    """A key is needed that the key ring does not hold."""


class SignInRefused(CaseError):
    """Nobody is signed in. The message says no more than a stranger may know."""
