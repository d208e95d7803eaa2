"""Who made a bag: an Ed25519 signature over the tag manifest, which stands for every other file.

The signature is 64 raw bytes beside the manifest, so that it can be checked without Fieldfare::

    openssl pkeyutl -verify -pubin -inkey tagmanifest-sha256.txt.pub -rawin \\
        -in tagmanifest-sha256.txt -sigfile tagmanifest-sha256.txt.sig
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fieldfare.reports.evidence.bag import TAG_MANIFEST, private
from fieldfare.vocabulary import InputError, SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

SIGNATURE: Final = f"{TAG_MANIFEST}.sig"
PUBLIC_KEY: Final = f"{TAG_MANIFEST}.pub"


def new_key(path: Path) -> str:
    """Make a key pair: the private key in `path`, the public one in `path`.pub; its fingerprint.
    Raises InputError where one is there already."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public_path = path.with_name(path.name + ".pub")
    for each in (path, public_path):
        if each.exists():
            raise InputError(f"{each}: exists already; a key is never written over")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with private(path) as file:
        file.write(secret)
    public_path.write_bytes(pem(key.public_key()))
    return fingerprint(key.public_key())


def load_key(path: Path) -> Ed25519PrivateKey:
    """The private key of a file. Raises SettingsError also where others can read it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingsError(f"{path}: others can read this key; chmod 600 it")
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"{path}: not a private key; make one with evidence key") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path}: not an Ed25519 key")
    return key


def load_public_key(data: bytes, where: object) -> Ed25519PublicKey:
    """A public key in PEM. Raises InputError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(data)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InputError(f"{where}: not a public key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{where}: not an Ed25519 key")
    return key


def sign(key: Ed25519PrivateKey, manifest: bytes) -> tuple[bytes, bytes]:
    """The signature, and the public key that goes with it in PEM."""
    return key.sign(manifest), pem(key.public_key())


def is_signed(key: Ed25519PublicKey, signature: bytes, manifest: bytes) -> bool:
    """Whether the signature is this key's, over this manifest."""
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(signature, manifest)
    except InvalidSignature:
        return False
    return True


def fingerprint(key: Ed25519PublicKey) -> str:
    """SHA-256 of the raw public key, in hex: what is told by telephone to know a key again."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()


def pem(key: Ed25519PublicKey) -> bytes:
    """A public key as it is written down."""
    from cryptography.hazmat.primitives import serialization

    return key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
