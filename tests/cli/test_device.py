"""fieldfare device: tables are written and signed, and what cannot be is said in a line."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.vocabulary import SettingsError

run = CliRunner().invoke


def test_tables_are_signed_with_the_key_that_was_made(tmp_path: Path) -> None:
    key, out = tmp_path / "key.pem", tmp_path / "out"
    made = run(app, ["device", "new-key", str(key)])
    public = made.output.split()[-1]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    arguments = ["device", "tables", "--out", str(out), "--key", str(key), "--version", "7"]
    done = run(app, arguments)
    assert done.exit_code == 0 and public in done.output
    signed = json.loads((out / "tables.json").read_text())
    said = f"{signed['format']}\n7\n{signed['sha256']}".encode()
    verifier = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    verifier.verify(base64.b64decode(signed["signature"]), said)
    assert (out / "tables.bin").stat().st_size < 3 << 20


def test_a_key_is_never_written_over_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    key = tmp_path / "key.pem"
    key.write_text("mine")
    assert run(app, ["device", "new-key", str(key)]).exit_code != 0
    assert key.read_text() == "mine"
    arguments = ["device", "tables", "--out", str(tmp_path), "--key", str(key), "--version", "1"]
    failed = run(app, arguments)
    assert isinstance(failed.exception, SettingsError) and "new-key" in str(failed.exception)
    with pytest.raises(SettingsError, match="cannot be read"):
        run(app, [*arguments[:4], "--key", str(tmp_path / "no"), "--version", "1"],
            catch_exceptions=False)  # fmt: skip
