"""What a reviewer may decide, with what consequence and for which reasons."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Literal

import msgspec

from fieldfare.cases.permissions import Permission
from fieldfare.vocabulary import InputError

Label = Literal["confirmed", "dismissed", "none"]


class Action(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action of ``actions.toml``."""

    title: str
    consequence: str
    """What follows, in a sentence to be shown before it is confirmed."""
    to: str
    """The state it leads to, once it stands."""
    label: Label
    reasons: tuple[str, ...]
    """Codes that may be given for it; at least one must be."""
    second: Permission | None = None
    """What the second person must be allowed; None: one person decides."""


class Actions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: actions by name, and the words of every reason code."""

    actions: dict[str, Action]
    reasons: dict[str, str]


@cache
def shipped() -> Actions:
    """The actions that ship."""
    text = (files("fieldfare.cases") / "actions.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=Actions)


def check(name: str, reasons: Sequence[str], rationale: str) -> Action:
    """The action of this name. Raises InputError where it does not exist, a reason is missing or
    is not one of its own, or "other" is given without words."""
    action = shipped().actions.get(name)
    if action is None:
        raise InputError(f"no action '{name}'; choose from {', '.join(shipped().actions)}")
    if not reasons:
        raise InputError(f"'{action.title}' needs a reason: {', '.join(action.reasons)}")
    for reason in reasons:
        if reason not in action.reasons:
            raise InputError(
                f"'{action.title}' has no reason '{reason}'; choose from "
                f"{', '.join(action.reasons)}"
            )
    if "other" in reasons and not rationale.strip():
        raise InputError("the reason 'other' needs a sentence of your own")
    return action
