"""The states of a case, and which may follow which."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from fieldfare.cases.errors import WrongState


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A state of ``states.toml``."""

    title: str
    open: bool
    """Somebody has still to do something."""
    to: frozenset[str]
    """States that may follow."""


class _File(msgspec.Struct, forbid_unknown_fields=True):
    states: dict[str, State]


@cache
def states() -> dict[str, State]:
    """Every state by its name."""
    text = (files("fieldfare.cases") / "states.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), type=_File).states


def move(case: int, old: str, new: str) -> None:
    """Raises WrongState where `new` may not follow `old`."""
    if new not in states()[old].to:
        raise WrongState(
            f"case {case} is in the state '{states()[old].title}', from which it cannot become "
            f"'{states()[new].title}'"
        )
