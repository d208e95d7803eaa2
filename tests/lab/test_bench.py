"""What is measured is the measured process, and not the one that measures."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from fieldfare.lab.process_watch import run
from fieldfare.vocabulary import FieldfareError


def test_peak_memory_is_that_of_the_command_alone() -> None:
    held = np.ones(32 * 1024 * 1024)  # 256 MiB in this process
    assert run([sys.executable, "-S", "-c", "pass"]).peak_mib < 100
    assert run([sys.executable, "-S", "-c", "bytearray(300 << 20)"]).peak_mib > 300
    assert held.all()


def test_a_command_that_fails_is_an_error() -> None:
    with pytest.raises(FieldfareError, match="no such thing"):
        run([sys.executable, "-c", "raise SystemExit('no such thing')"])
