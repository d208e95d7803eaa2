"""The operator's signed word on a checked report, for those who do not hold the franking keys.

Only who holds the service's keys can verify a tag. So the operator states at the time of the
report what was verified, and signs it with Ed25519 (RFC 8032); anyone with the operator's public
key can check the statement later, also when the franking keys are gone. It holds no text: a message
is named by the SHA-256 of its opening, which gives nothing away, since that has a random key in it.

The form is a DSSE envelope, https://github.com/secure-systems-lab/dsse v1.0.2, around JSON.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any, Final

from fieldfare.safeguards.franking import ReportCheck
from fieldfare.vocabulary import FieldfareError
from fieldfare.vocabulary.times import isoformat

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

PAYLOAD_TYPE: Final = "application/vnd.fieldfare.franking-statement.v1+json"

MEANING: Final = (
    "For each message that is 'verified': the operator's service, having authenticated the sender, "
    "passed this message on at this time to these recipients, as number seq of the conversation. "
    "It is not proved who held the sender's device, nor what messages that are not listed said."
)


class StatementError(FieldfareError):
    """A statement is not what the operator signed, or no statement."""


def state(
    check: ReportCheck, *, operator: str, reporter: str, verified_at: int, key: Ed25519PrivateKey
) -> str:
    """The signed statement, as JSON. `operator` is the name it goes out under; `verified_at` in
    microseconds UTC."""
    payload = _canonical(
        {
            "version": 1,
            "operator": operator,
            "reporter": reporter,
            "verified_at": isoformat(verified_at),
            "meaning": MEANING,
            "messages": [_message(each) for each in check.messages],
            "gaps": [
                {
                    "conversation": gap.conversation,
                    "after": gap.after,
                    "before": gap.before,
                    "messages": gap.messages,
                }
                for gap in check.gaps
            ],
            "reordered": check.reordered,
        }
    )
    signature = key.sign(_pre_authentication(payload))
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": base64.b64encode(payload).decode(),
        "signatures": [
            {"keyid": key_id(key.public_key()), "sig": base64.b64encode(signature).decode()}
        ],
    }
    return _canonical(envelope).decode()


def read_statement(envelope: str, key: Ed25519PublicKey) -> dict[str, Any]:
    """What was stated, where `key` signed it. Raises StatementError."""
    from cryptography.exceptions import InvalidSignature

    try:
        given = json.loads(envelope)
        payload = base64.b64decode(given["payload"], validate=True)
        kind, signatures = given["payloadType"], given["signatures"]
        made = [base64.b64decode(each["sig"], validate=True) for each in signatures]
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise StatementError("this is no signed statement") from None
    if kind != PAYLOAD_TYPE:
        raise StatementError("this is a signed statement of another kind")
    for signature in made:
        try:
            key.verify(signature, _pre_authentication(payload))
        except InvalidSignature:
            continue
        stated: dict[str, Any] = json.loads(payload)
        return stated
    raise StatementError("the statement is not signed with this key, or was changed")


def key_id(key: Ed25519PublicKey) -> str:
    """How a public key is named: the first 16 hex digits of its SHA-256."""
    import hashlib

    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def _message(each: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": each.number,
        "standing": each.standing,
        "reason": each.reason,
        "opening_sha256": each.opening_sha256,
    }
    if each.standing == "verified":
        context = each.context
        found |= {
            "conversation": context.conversation,
            "id": context.id,
            "sender": context.sender,
            "recipients": list(context.recipients),
            "sent_at": isoformat(context.sent_at),
            "seq": context.seq,
            "key_id": context.key_id,
            "attachments_sha256": [file.sha256.hex() for file in each.opening.attachments],
        }
    return found


def _canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _pre_authentication(payload: bytes) -> bytes:
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
