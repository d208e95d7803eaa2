"""The operator's signed statement: checked with the public key alone, without text."""

from __future__ import annotations

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fieldfare.safeguards.franking import check_report
from fieldfare.safeguards.franking_statement import StatementError, read_statement, state
from tests.safeguards.test_franking import RING, franked, sent

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
BODY = "are your parents home"


def stated() -> str:
    forged = franked(*sent(2, BODY))
    forged = type(forged)(forged.opening, forged.context, bytes(32))
    check = check_report(RING, "mira", [franked(*sent(1, BODY)), forged, franked(*sent(4, BODY))])
    return state(check, operator="Example", reporter="mira", verified_at=10**15, key=KEY)


def test_what_was_stated_is_read_with_the_public_key_alone() -> None:
    found = read_statement(stated(), KEY.public_key())
    assert [each["standing"] for each in found["messages"]] == ["verified", "verified", "failed"]
    assert found["messages"][0]["sender"] == "x"
    assert found["messages"][2]["reason"] == "tag_mismatch"
    assert "sender" not in found["messages"][2], "nothing is stated of what was not verified"
    assert found["gaps"] == [{"conversation": "c", "after": 1, "before": 4, "messages": 2}]
    assert found["verified_at"] == "2001-09-09T01:46:40Z"


def test_a_statement_has_no_text_and_no_key() -> None:
    payload = base64.b64decode(json.loads(stated())["payload"]).decode()
    assert BODY not in payload
    for key in RING.keys.values():
        assert key.hex() not in payload


def test_an_altered_or_foreign_statement_is_refused() -> None:
    envelope = json.loads(stated())
    payload = base64.b64decode(envelope["payload"]).replace(b'"failed"', b'"passed"')
    altered = envelope | {"payload": base64.b64encode(payload).decode()}
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    for text, key in (
        (json.dumps(altered), KEY),
        (json.dumps(envelope), other),
        (json.dumps(envelope | {"payloadType": "application/json"}), KEY),
        (json.dumps(envelope | {"signatures": []}), KEY),
        ("{}", KEY),
        ("no json", KEY),
        ("[]", KEY),
    ):
        with pytest.raises(StatementError):
            read_statement(text, key.public_key())
