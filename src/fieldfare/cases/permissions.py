"""Who may do what: the one place where it is decided. Nothing is allowed by default."""

from __future__ import annotations

import enum
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, wraps
from importlib.resources import files
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TypeVar

import msgspec

from fieldfare.cases.errors import NotAllowed
from fieldfare.vocabulary import SettingsError


class Permission(enum.StrEnum):
    """One thing a role may be allowed to do; ``permissions.toml`` says which role may."""

    QUEUE_READ = "queue.read"
    CASE_READ = "case.read"
    CASE_LIST = "case.list"
    """Ids, states and accounts of cases, without what is in them."""
    CASE_CLAIM = "case.claim"
    CASE_NOTE = "case.note"
    """Notes, tags, tasks, links to other accounts."""
    CASE_DECIDE = "case.decide"
    CASE_OPEN = "case.open"
    CASE_ASSIGN = "case.assign"
    """Take a case away from somebody, or give it to somebody."""
    CASE_BULK = "case.bulk"
    CASE_REOPEN = "case.reopen"
    TEXT_REVEAL = "text.reveal"
    SEARCH = "search"
    REVIEW_BLIND = "review.blind"
    EXPOSURE_OWN = "exposure.own"
    """One's own exposure, tasks and saved searches."""
    TEAM_READ = "team.read"
    PROPOSAL_READ = "proposal.read"
    """See what waits for a second person; each kind needs a permission of its own to agree to."""
    DECISION_SECOND = "decision.second"
    """Be the second person for a ban."""
    REPORT_SECOND = "report.second"
    """Be the second person for an external report."""
    REPORT_OUTCOME = "report.outcome"
    REPORT_MAKE = "report.make"
    """Read a decided case whole, with its text, into a report, and file it."""
    DECISION_EFFECTS = "decision.effects"
    EXPORT_PROPOSE = "export.propose"
    EXPORT_SECOND = "export.second"
    CASE_EXPORT = "case.export"
    """All of a case with its texts, once two people have agreed to a report or an export."""
    EXPORT_DRAFT = "export.draft"
    """The same before they have; what is made of it says so."""
    REDACTION_PROPOSE = "redaction.propose"
    """Undo a redaction."""
    REDACTION_SECOND = "redaction.second"
    POLICY_PROPOSE = "policy.propose"
    """Another policy or scorecard."""
    POLICY_SECOND = "policy.second"
    LABELS_READ = "labels.read"
    AUDIT_READ = "audit.read"
    USERS_MANAGE = "users.manage"
    KEYS_MANAGE = "keys.manage"
    RETENTION = "retention"
    """Propose destructions whose clocks ended, and carry out those that were agreed to."""
    RETENTION_READ = "retention.read"
    """Clocks, holds and destructions of all cases."""
    RETENTION_SECOND = "retention.second"
    """Be the second person for a destruction."""
    HOLD_PLACE = "hold.place"
    """Place a hold on a case, and propose its release."""
    HOLD_SECOND = "hold.second"
    """Be the second person for the release of a hold."""
    INVESTIGATION_READ = "investigation.read"
    """Who was written to in a suspect's archives, and why each seems a child; texts masked."""
    INVESTIGATION_REVEAL = "investigation.reveal"
    INVESTIGATION_JUDGE = "investigation.judge"
    """Say who is a child, and whether two accounts are one person's."""
    INVESTIGATION_TAKE = "investigation.take"
    """Take the report of a country, tables and evidence bags out."""
    ACCOUNTABILITY = "accountability"
    """Figures of a period and the documents made of them: no account, no text."""


class Role(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A role of ``permissions.toml``."""

    title: str
    says: str
    may: frozenset[Permission]
    person: bool = True
    """False: no user can have it."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    roles: dict[str, Role]


@cache
def roles() -> dict[str, Role]:
    """Every role by its name."""
    text = (files("fieldfare.cases") / "permissions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_File).roles


def check_roles(names: object) -> frozenset[str]:
    """These names as roles that a person can have. Raises SettingsError for any other."""
    wanted = (
        frozenset(str(each) for each in names)
        if isinstance(names, (list, tuple, set, frozenset))
        else frozenset()
    )
    people = {name for name, role in roles().items() if role.person}
    unknown = sorted(wanted - people)
    if unknown or not wanted:
        what = f"no role '{unknown[0]}'" if unknown else "no role is given"
        raise SettingsError(f"{what}; choose from {', '.join(sorted(people))}")
    return wanted


@dataclass(frozen=True, slots=True)
class Actor:
    """The person of a session, or the service, or the command line."""

    user: str
    roles: frozenset[str]
    session: str = ""
    """Goes into the audit; not the session's secret."""

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles allows it."""
        return any(permission in roles()[role].may for role in self.roles if role in roles())


OPERATOR: Final = Actor("command line", frozenset({"operator"}))
"""Whoever runs a command on the machine that holds the data."""
SERVICE: Final = Actor("service", frozenset({"service"}))
"""The live service."""


def require(actor: Actor, permission: Permission) -> None:
    """Raises NotAllowed unless a role of the actor allows this."""
    if not actor.may(permission):
        raise NotAllowed(f"{actor.user} may not do this: it needs the permission {permission}")


class _Refusing(Protocol):
    def _refused(self, actor: Actor, permission: Permission, what: str) -> None: ...


Self_ = TypeVar("Self_", bound=_Refusing)
Given = ParamSpec("Given")
Result = TypeVar("Result")
Method = Callable[Concatenate[Self_, Actor, Given], Result]


def allows(
    permission: Permission,
) -> Callable[[Method[Self_, Given, Result]], Method[Self_, Given, Result]]:
    """The rule of a public method: its first argument is the actor, who needs this permission. A
    refusal is put into the audit and raises NotAllowed."""

    def wrap(method: Method[Self_, Given, Result]) -> Method[Self_, Given, Result]:
        @wraps(method)
        def checked(
            self: Self_, actor: Actor, /, *args: Given.args, **kwargs: Given.kwargs
        ) -> Result:
            if not actor.may(permission):
                self._refused(actor, permission, method.__name__)
            require(actor, permission)
            return method(self, actor, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return checked

    return wrap


def rule_of(method: Any) -> Permission | None:
    """The permission a method needs; None where it has no rule."""
    found: Permission | None = getattr(method, "permission", None)
    return found


class Guarded:
    """A class whose public methods all have a rule: one without is an error when the class is
    made, so that it cannot be called at all."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, member in vars(cls).items():
            if callable(member) and not name.startswith("_") and rule_of(member) is None:
                raise TypeError(f"{cls.__name__}.{name} has no rule; decorate it with @allows(…)")
