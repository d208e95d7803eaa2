"""A minimal signal that may leave a child's device: one noised level a conversation, and no text.

``device/signal.js`` makes it; this twin is for tests, and for whoever counts what comes in. The
level is that of the nudges (0: nothing was told). The noise is randomised response over k values
(Warner 1965; in this form Kairouz, Bonawitz and Ramage 2016, arXiv:1602.07387): the true level has
`weight` chances and each other one, drawn as whole numbers, so that the distribution is exact and
the loss of privacy is ln(weight). A conversation gives one signal ever, at a time that does not
depend on what was said, and a device a few a week. Off in what ships.
"""

from __future__ import annotations

import math
import secrets
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import msgspec

from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import HOUR

WEEK: Final = 168 * HOUR
_WHOLE: Final = 1 << 32

Draw = Callable[[], int]
"""Gives whole numbers from 0 to 2^32 - 1, each as likely."""


class SignalPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the operator decides; table ``[signal]`` of ``nudges.toml``."""

    on: bool = False
    weight: Annotated[int, msgspec.Meta(ge=2, le=20)] = 3
    """Chances of the true level against one of each other."""
    after_hours: Annotated[int, msgspec.Meta(ge=1)] = 24
    """Hours after the first message of a conversation at which its signal is due."""
    most_a_week: Annotated[int, msgspec.Meta(ge=1, le=50)] = 5

    @property
    def epsilon(self) -> float:
        """Of local differential privacy, for each conversation."""
        return math.log(self.weight)


def read_policy(path: Path) -> SignalPolicy:
    """An operator's policy. Raises SettingsError, with the field that is wrong."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), SignalPolicy)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, msgspec.ValidationError) as error:
        raise SettingsError(f"{path}: {error}") from error


def uniform(below: int, draw: Draw) -> int:
    """A whole number from 0 to `below` - 1, each as likely."""
    limit = _WHOLE - _WHOLE % below
    while (value := draw()) >= limit:
        pass
    return value % below


def noised(level: int, weight: int, levels: int, draw: Draw) -> int:
    """The level of 0 to `levels` - 1, or another in its place: the true one with `weight` chances,
    each other with one."""
    lot = uniform(weight + levels - 1, draw)
    if lot < weight:
        return level
    other = lot - weight
    return other if other < level else other + 1


def estimate(counts: Sequence[int], weight: int) -> list[float]:
    """How many conversations truly were at each level, from how many signals named it: unbiased;
    single ones may be below 0. Of few conversations it says nothing."""
    whole, values = sum(counts), len(counts)
    return [(count * (weight + values - 1) - whole) / (weight - 1) for count in counts]


def _drawn() -> int:
    return secrets.randbits(32)


@dataclass
class Signals:
    """What leaves one device; see ``device/signal.js``."""

    policy: SignalPolicy
    levels: int
    """How many values a level has, 0 among them."""
    made: dict[str, int] = field(default_factory=dict)
    draw: Draw = _drawn

    def take(
        self, conversation: str, level: int, *, first_at: int, at: int, agreed: bool
    ) -> int | None:
        """The noised level that is due for a conversation; None: nothing leaves the device. Times
        in microseconds UTC; `agreed`: the user was shown the policy and did not object."""
        policy = self.policy
        if not policy.on or not agreed or conversation in self.made:
            return None
        if at - first_at < policy.after_hours * HOUR:
            return None
        if sum(at - each < WEEK for each in self.made.values()) >= policy.most_a_week:
            return None
        self.made[conversation] = at
        return noised(level, policy.weight, self.levels, self.draw)
