"""The operator's signature of the tables for devices: so that nobody else's are used."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

FORMAT: Final = "fieldfare-device-tables-signature-1"


def sign_tables(tables: bytes, version: int, key: Ed25519PrivateKey) -> str:
    """The signature of a file of `device_tables`, as JSON. `version` is a number that grows: a
    device takes no tables older than those it used last. Ed25519 (RFC 8032) over the format, the
    version and the file's SHA-256, a line each."""
    sha256 = hashlib.sha256(tables).hexdigest()
    signature = key.sign(f"{FORMAT}\n{version}\n{sha256}".encode())
    return json.dumps(
        {
            "format": FORMAT,
            "version": version,
            "sha256": sha256,
            "signature": base64.b64encode(signature).decode(),
        }
    )
