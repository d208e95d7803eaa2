"""The signal that may leave a device: its noise exactly, its limits, and that it is off."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
import pytest

from fieldfare.safeguards.device_signal import (
    Draw,
    SignalPolicy,
    Signals,
    estimate,
    noised,
    uniform,
)
from fieldfare.safeguards.nudges import levels, signal_policy
from fieldfare.vocabulary.times import HOUR
from tests.device.conftest import Run

LEVELS = len(levels()) + 1
ON = SignalPolicy(on=True)
AT = 1_772_000_000_000_000


@dataclass
class Asked:
    conversation: str
    level: int
    firstAt: int  # noqa: N815 - as JavaScript has it
    at: int
    agreed: bool = True


def _always(lot: int) -> Draw:
    return lambda: lot


def _taken(signals: Signals, asked: list[Asked]) -> list[int | None]:
    return [
        signals.take(
            each.conversation, each.level, first_at=each.firstAt, at=each.at, agreed=each.agreed
        )
        for each in asked
    ]


@pytest.mark.parametrize("weight", [2, 3, 7])
def test_the_noise_is_exactly_what_is_stated(weight: int) -> None:
    """Every lot once: the true level `weight` times, each other once, whatever the true one is."""
    whole = weight + LEVELS - 1
    for level in range(LEVELS):
        told = Counter(noised(level, weight, LEVELS, _always(lot)) for lot in range(whole))
        assert told == {each: weight if each == level else 1 for each in range(LEVELS)}


def test_no_number_is_favoured() -> None:
    """2^32 is no multiple of 6: the four numbers above the last multiple are thrown away."""
    draws = iter([2**32 - 1, 2**32 - 4, 2**32 - 5])
    assert uniform(6, lambda: next(draws)) == 5
    assert next(draws, None) is None


def test_counts_are_estimated_without_bias() -> None:
    true = [700, 200, 60, 40]
    whole = ON.weight + LEVELS - 1
    told = [0.0] * LEVELS
    for level, conversations in enumerate(true):
        for lot in range(whole):
            told[noised(level, ON.weight, LEVELS, _always(lot))] += conversations / whole
    assert estimate(told, ON.weight) == pytest.approx(true)  # type: ignore[arg-type]


def test_nothing_leaves_the_device_unless_it_is_switched_on_and_shown() -> None:
    assert not signal_policy().on
    due = Asked("c", 3, AT, AT + 48 * HOUR)
    assert _taken(Signals(signal_policy(), LEVELS), [due]) == [None]
    unshown = Asked("c", 3, AT, AT + 48 * HOUR, agreed=False)
    assert _taken(Signals(ON, LEVELS), [unshown]) == [None]


def test_a_conversation_is_told_of_once_and_a_device_tells_few() -> None:
    signals = Signals(ON, LEVELS)
    early = Asked("c0", 3, AT, AT + 24 * HOUR - 1)
    assert _taken(signals, [early]) == [None]
    due = [Asked(f"c{number}", 0, AT, AT + 24 * HOUR + number) for number in range(8)]
    assert sum(each is not None for each in _taken(signals, due)) == ON.most_a_week
    # A week after the first of them one more may be made; never a second of the same.
    later = [Asked(each.conversation, 0, AT, AT + 192 * HOUR) for each in due]
    assert [each is not None for each in _taken(signals, later)] == [
        *[False] * 5,
        True,
        False,
        False,
    ]


def test_when_a_signal_is_due_does_not_depend_on_what_was_said() -> None:
    rng = random.Random(1)
    asked = _situations(rng, 300)
    other = [Asked(**{**asdict(each), "level": LEVELS - 1 - each.level}) for each in asked]
    one, two = (
        [each is not None for each in _taken(Signals(ON, LEVELS), some)] for some in (asked, other)
    )
    assert one == two and any(one)


def _situations(rng: random.Random, number: int) -> list[Asked]:
    found = []
    at = AT
    for _ in range(number):
        at += rng.randrange(30) * HOUR
        first = at - rng.choice([1, 23, 24, 25, 60]) * HOUR
        level = rng.randrange(LEVELS)
        found.append(Asked(f"c{rng.randrange(90)}", level, first, at, rng.random() < 0.8))
    return found


@pytest.mark.browser
@pytest.mark.parametrize(
    "policy", [ON, SignalPolicy(on=True, weight=7, most_a_week=2), SignalPolicy()]
)
def test_the_device_does_as_python_does(run: Run, policy: SignalPolicy) -> None:
    rng = random.Random(2)
    draws = [rng.randrange(1 << 32) for _ in range(400)]
    asked = _situations(rng, 300)
    lots = list(range(policy.weight + LEVELS - 1))
    given: dict[str, Any] = {
        "policy": msgspec.to_builtins(policy),
        "levels": LEVELS,
        "draws": draws,
        "lots": lots,
        "asked": [asdict(each) for each in asked],
    }
    found = run("signal", given)
    rest = iter(draws)
    signals = Signals(policy, LEVELS, draw=lambda: next(rest))
    assert found["taken"] == _taken(signals, asked)
    assert found["made"] == signals.made and bool(signals.made) == policy.on
    assert found["uniform"] == 5
    assert found["table"] == [
        [noised(level, policy.weight, LEVELS, _always(lot)) for lot in lots]
        for level in range(LEVELS)
    ]
    shown = found["shown"]
    assert (shown is None) != policy.on
    if shown:
        assert shown["epsilon"] == pytest.approx(policy.epsilon)
