"""fieldfare device: what a child's own device needs from the operator."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

device = typer.Typer(help="What a child's own device needs.", no_args_is_help=True)


@device.command("new-key")
def device_new_key(
    out: Annotated[Path, typer.Argument(help="File for the private key (PEM); must not exist.")],
) -> None:
    """Make the key that tables are signed with, and print its public half for the app."""
    import os

    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from fieldfare.vocabulary import FieldfareError

    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        with os.fdopen(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
    except OSError as error:
        raise FieldfareError(f"{out}: cannot be written ({error.strerror})") from error
    typer.echo(f"public key: {_public(key)}")


@device.command("tables")
def device_tables(
    out: Annotated[Path, typer.Option(help="Folder for tables.bin and tables.json.")],
    key: Annotated[Path, typer.Option(help="Private key of `fieldfare device new-key`.")],
    version: Annotated[
        int, typer.Option(min=1, help="Grows with each release: devices take no older tables.")
    ],
    signal: Annotated[
        Path | None,
        typer.Option(help="Your policy (TOML) of signals that leave a device. Default: none do."),
    ] = None,
) -> None:
    """Write the language model for devices, and its signature."""
    from fieldfare.language import LanguageModel
    from fieldfare.language.device_signature import sign_tables
    from fieldfare.language.device_tables import device_tables as tables_of
    from fieldfare.safeguards.device_signal import read_policy
    from fieldfare.safeguards.nudges import device_nudges
    from fieldfare.vocabulary import FieldfareError

    private = _read(key)
    policy = None if signal is None else read_policy(signal)
    tables = tables_of(LanguageModel.load(), {"nudges": device_nudges(policy)})
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "tables.bin").write_bytes(tables)
        (out / "tables.json").write_text(sign_tables(tables, version, private) + "\n", "utf-8")
    except OSError as error:
        raise FieldfareError(f"{out}: cannot be written ({error.strerror})") from error
    typer.echo(
        f"{out / 'tables.bin'}: {len(tables):,} bytes, version {version};"
        f" public key: {_public(private)}"
    )


def _read(path: Path) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    from fieldfare.vocabulary import SettingsError

    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read ({error.strerror})") from error
    except (ValueError, TypeError) as error:
        raise SettingsError(
            f"{path}: no private key; make one: fieldfare device new-key"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path}: not an Ed25519 key; make one: fieldfare device new-key")
    return key


def _public(key: Ed25519PrivateKey) -> str:
    import base64

    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
