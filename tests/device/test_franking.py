"""franking.js gives the bytes, and refuses for the reasons, that Python does."""

from __future__ import annotations

import json

import pytest

from tests.device.conftest import DEVICE, Run

pytestmark = pytest.mark.browser

VECTORS = json.loads((DEVICE / "vectors" / "franking.json").read_text("utf-8"))


def test_the_vectors_hold(run: Run) -> None:
    found = run("franking", VECTORS)
    assert found["failures"] == []
    assert found["done"] == 8 * len(VECTORS["messages"]) + len(VECTORS["refused"]) + 12


def test_a_wrong_vector_would_be_noticed(run: Run) -> None:
    wrong = json.loads(json.dumps(VECTORS))
    wrong["messages"][0]["tag"] = "00" * 32
    wrong["refused"][0]["reason"] = "malformed"
    assert len(run("franking", wrong)["failures"]) == 2
