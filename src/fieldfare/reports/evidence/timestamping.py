"""When a bag existed at the latest: an RFC 3161 timestamp over the tag manifest, from an authority
that the operator configures. The authority sees a hash, and nothing else leaves the machine.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fieldfare.reports.evidence.bag import TAG_MANIFEST
from fieldfare.vocabulary import FieldfareError, InputError
from fieldfare.vocabulary.times import isoformat, to_micros

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TIMESTAMP: Final = f"{TAG_MANIFEST}.tsr"
SECONDS: Final = 30.0
"""How long an authority may take to answer."""

_GRANTED: Final = (0, 1)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a timestamp says."""

    at: str
    """ISO 8601."""
    covers: bool
    """It is about this manifest."""
    trusted: bool | None
    """Its authority is under one of the given roots; None: no roots were given."""
    why: str = ""
    """Why it is not trusted."""


def stamp(url: str, manifest: bytes) -> bytes:
    """Ask the authority; its answer in DER. Raises FieldfareError where it gives none."""
    import httpx2
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

    request = TimestampRequestBuilder().data(manifest).hash_algorithm(HashAlgorithm.SHA256).build()
    try:
        answer = httpx2.post(
            url,
            content=request.as_bytes(),
            headers={"Content-Type": "application/timestamp-query"},
            timeout=SECONDS,
        )
        answer.raise_for_status()
        response = decode_timestamp_response(answer.content)
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise FieldfareError(f"{url}: gave no timestamp ({type(error).__name__})") from error
    if response.status not in _GRANTED:
        raise FieldfareError(f"{url}: refused a timestamp (status {response.status})")
    found = response.tst_info
    if found.nonce != request.nonce or found.message_imprint.message != _digest(manifest):
        raise FieldfareError(f"{url}: its timestamp is not about this bag")
    return answer.content


def read(data: bytes, manifest: bytes, roots: Path | None) -> Stamp:
    """What a timestamp says of this manifest. `roots`: certificates in PEM that are trusted.
    Raises InputError where it is none."""
    from rfc3161_client import VerificationError, VerifierBuilder, decode_timestamp_response

    try:
        response = decode_timestamp_response(data)
        info = response.tst_info
    except ValueError as error:
        raise InputError(f"{TIMESTAMP}: not a timestamp of RFC 3161") from error
    at = isoformat(to_micros(info.gen_time))
    covers = info.message_imprint.message == _digest(manifest)
    if roots is None:
        return Stamp(at, covers, None)
    builder = VerifierBuilder()
    for certificate in _certificates(roots):
        builder = builder.add_root_certificate(certificate)
    try:
        trusted = builder.build().verify_message(response, manifest)
    except VerificationError as error:
        return Stamp(at, covers, False, " ".join(str(error).split()))
    return Stamp(at, covers, trusted)


def _digest(manifest: bytes) -> bytes:
    return hashlib.sha256(manifest).digest()


def _certificates(path: Path) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return list(load_pem_x509_certificates(path.read_bytes()))
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: no certificates in PEM") from error
