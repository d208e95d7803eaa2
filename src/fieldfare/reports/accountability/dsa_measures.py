"""Which of a reviewer's actions are measures of content moderation, and of which kind."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec


class Measure(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An action that restricts an account."""

    ground: Literal["law", "terms"]
    restricts: Literal["account", "service"]
    because: str


@cache
def template() -> dict[str, Any]:
    """``dsa.toml``: the template's sheets, and which figure stands where."""
    text = (files("fieldfare.reports.accountability") / "dsa.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def measures() -> dict[str, Measure]:
    """By action."""
    return msgspec.convert(template()["measures"], type=dict[str, Measure])
