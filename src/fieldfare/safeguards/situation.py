"""The words of a decision: who is about to do what towards whom, and what comes of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

Action = Literal["message", "request", "suggest", "invite", "list_connections", "share_location"]
"""What is about to happen.

    message           the sender writes privately to the recipient
    request           the sender asks the recipient to connect
    suggest           the service proposes the recipient to the sender as someone to know
    invite            the sender invites the recipient into a group
    list_connections  the sender looks at a list of connections: the recipient's own, or another
                      account's in which the recipient stands
    share_location    the recipient is shown where the sender is
"""

ACTIONS: Final[tuple[Action, ...]] = get_args(Action)

Verdict = Literal["deliver", "confirm", "warn", "withhold", "limit"]
"""What to do, in rising strength.

    deliver   go ahead; there may be a supportive text to show
    confirm   ask the child first: it sees the message or request (or shows its place) only when
              it says so
    warn      as confirm, and with a text on how to stay safe; not about the other person
    withhold  do not deliver this one
    limit     do not deliver, and let the sender reach no further children until
              `retry_after_seconds` have passed: a cooling-off
"""

VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)

Moment = Literal["default_disabled", "request_received", "first_message", "after_report"]
"""When a child gets supportive information without a decision (Ofcom, ICU F2): it switches off a
protection, gets a request to connect, gets a first message, has blocked or reported someone."""

MOMENTS: Final[tuple[Moment, ...]] = get_args(Moment)


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two accounts, as far as it is known. Raises ValueError for a probability or an
    age that is none: an unreadable age must not read as an adult's."""

    account: str
    child_probability: float
    """P(age < 18), 0–1: `contacts/sql/signals/people.sql`; for an account nothing is known of,
    the operator's prior."""
    age: float | None = None
    """Years."""
    age_basis: str = "unknown"
    """verified, declared, inferred, stated or unknown."""
    band: str = "none"
    """Of the party's own assessment; the lowest band where there is none."""
    country: str | None = None
    """ISO 3166-1 alpha-2."""
    language: str | None = None
    """BCP 47 tag of the language the account is used in."""
    open_case: bool = False
    """True while people are looking at this account."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.child_probability <= 1.0:
            raise ValueError(f"child_probability is {self.child_probability}; it is 0 to 1")
        if self.age is not None and not 0.0 <= self.age <= 150.0:
            raise ValueError(f"age is {self.age}; it is years from 0 to 150, or None")


@dataclass(frozen=True, slots=True)
class Situation:
    """What is about to happen, and what went before between the two. What is left out is taken to
    be as it is between strangers. Raises ValueError for counts that are none."""

    action: Action
    sender: Party
    recipient: Party
    connected: bool = False
    recipient_wrote_first_or_answered: bool = False
    blocked: bool = False
    """The recipient has blocked the sender."""
    first_contact: bool = True
    """The sender has not reached this recipient before."""
    children_first_contacted_1d: float = 0.0
    """Expected number of children the sender wrote to first in the last day, before this."""
    children_first_contacted_7d: float = 0.0
    """The same for the last seven days."""
    encrypted: bool = False
    """The service cannot read what is sent."""

    def __post_init__(self) -> None:
        for count in (self.children_first_contacted_1d, self.children_first_contacted_7d):
            if not 0.0 <= count < math.inf:
                raise ValueError(f"{count} children first contacted; counts are 0 or more")


@dataclass(frozen=True, slots=True)
class Text:
    """A text as it is shown: `key` in ``texts/``, and the words in `language`."""

    key: str
    text: str
    language: str
    """Tag of the file the words come from; not always the one asked for."""


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """Which policy decided: its own words, and the SHA-256 of its file's bytes in hex."""

    version: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now. `codes`, `rules` and `retry_after_seconds` are for the service alone: none of
    them may reach the sender."""

    verdict: Verdict
    """To be carried out. Rules in shadow have no part in it."""
    codes: tuple[str, ...]
    """Reason codes, stable over versions, of the rules that applied: strongest first."""
    rules: tuple[str, ...]
    """Ids of the rules that applied, in the same order."""
    text_for_recipient: Text | None
    text_for_sender: Text | None
    """None: show the sender nothing, as for a message that was delivered."""
    retry_after_seconds: int | None
    """Only with ``limit``."""
    policy: PolicyVersion
    shadow: bool
    """True where rules in shadow would have made the verdict stronger: `would_be`."""
    would_be: Verdict
    """The verdict if what is in shadow were in force; else the same as `verdict`."""
    shadow_rules: tuple[str, ...]
    """Ids of the rules in shadow that applied."""
