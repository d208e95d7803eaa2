"""The device reads a message as Python does: forms, token ids, weights, indicators, ages."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from fieldfare.language import LanguageModel, annotate_one
from fieldfare.language.device_tables import device_tables
from fieldfare.language.kernel import token_ids
from fieldfare.language.normalise import form_of
from fieldfare.safeguards.nudges import device_nudges
from tests.device.conftest import Run
from tests.device.messages import messages
from tests.language.strategies import AWKWARD

pytestmark = pytest.mark.browser

MOST_BYTES = 3 << 20
MESSAGES = 10_000


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _found(text: str, model: LanguageModel) -> dict[str, Any]:
    evidence, form = annotate_one(text, model), form_of(text).decode()
    return {
        "weightSum": pytest.approx(evidence.weight_sum, abs=1e-6),
        "tokens": evidence.tokens,
        "statedAge": evidence.stated_age,
        "statedAgeConfidence": evidence.stated_age_confidence,
        "indicators": list(evidence.indicators),
        "form": form,
        "ids": token_ids(form, model.table),
    }


def test_ten_thousand_messages_are_read_alike(
    run: Run, signed_with_frames: dict[str, str], framed: LanguageModel
) -> None:
    texts = [*AWKWARD, *messages(MESSAGES)]
    found = run("language", {**signed_with_frames, "texts": texts})
    different = [
        text for text, each in zip(texts, found, strict=True) if each != _found(text, framed)
    ]
    assert different == []
    # The messages are such that there is something to differ in.
    assert sum(bool(each["indicators"]) for each in found) > MESSAGES / 4
    assert sum(each["statedAge"] is not None for each in found) > MESSAGES / 10
    assert len({name for each in found for name in each["indicators"]}) == 15


def test_a_long_message_counts_as_much_as_in_python(
    run: Run, signed: dict[str, str], model: LanguageModel
) -> None:
    texts = ["keep this our secret im 12 " * 400, "ก" * 20_000, "a b " * 9_000]
    assert run("language", {**signed, "texts": texts}) == [_found(each, model) for each in texts]


@pytest.mark.parametrize(
    ("changed", "what"),
    [
        ({"publicKey": _base64(bytes(31) + b"\x01")}, "not signed|Error"),
        ({"signature": "{}"}, "signature"),
        ({"signature": "no"}, "signature"),
        ({"newerThan": 4}, "older"),
    ],
)
def test_tables_that_are_not_the_operators_are_refused(
    run: Run, signed: dict[str, str], changed: dict[str, Any], what: str
) -> None:
    import re

    said = run("tables", {**signed, **changed})
    assert re.search(what, said), said


def test_tables_that_were_changed_are_refused(run: Run, signed: dict[str, str]) -> None:
    tables = bytearray(base64.b64decode(signed["tables"]))
    tables[len(tables) // 2] ^= 1
    assert "changed" in run("tables", {**signed, "tables": _base64(bytes(tables))})
    later = signed["signature"].replace('"version": 3', '"version": 4')
    assert "changed" in run("tables", {**signed, "signature": later})
    assert run("tables", signed) == "version 3"


def test_the_same_model_gives_the_same_file(
    model: LanguageModel, signed: dict[str, str], signed_with_frames: dict[str, str]
) -> None:
    again = device_tables(model, {"nudges": device_nudges()})
    assert _base64(again) == signed["tables"]
    assert len(again) < len(base64.b64decode(signed_with_frames["tables"])) <= MOST_BYTES
