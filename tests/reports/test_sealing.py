"""A bag for its recipients, a timestamp from an authority on this machine, keys."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyrage
import pytest

from fieldfare.reports.case_file import CaseFile
from fieldfare.reports.evidence import BagOptions, make_bag
from fieldfare.reports.evidence.sealing import decrypt
from fieldfare.reports.evidence.signing import load_key, new_key
from fieldfare.reports.evidence.verifying import verify
from fieldfare.vocabulary import FieldfareError, InputError, SettingsError

AUTHORITY = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


def _openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A timestamping authority on a loopback port, by OpenSSL: its address and its root."""
    folder = tmp_path_factory.mktemp("authority")
    new = ["req", "-newkey", "rsa:2048", "-nodes", "-sha256"]
    _openssl(folder, *new, "-x509", "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Root")
    _openssl(folder, *new, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Stamps")
    (folder / "ext").write_text(
        "extendedKeyUsage=critical,timeStamping\nkeyUsage=digitalSignature\n"
    )
    signing = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-extfile", "ext"]
    _openssl(folder, "x509", "-req", "-in", "tsa.csr", *signing, "-out", "tsa.pem", "-sha256")
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(AUTHORITY.format(folder=folder))

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            (folder / "query").write_bytes(self.rfile.read(length))
            reply = ["ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply"]
            _openssl(folder, *reply)
            body = b"no" if self.path == "/broken" else (folder / "reply").read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", folder / "root.pem"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_timestamp_proves_when_under_a_trusted_root(
    case_file: CaseFile, tmp_path: Path, authority: tuple[str, Path]
) -> None:
    url, root = authority
    bag = make_bag(case_file, tmp_path / "bag", BagOptions(authority=url)).path
    unsure = verify(bag)
    assert unsure.whole and any("--roots" in each for each in unsure.not_proved)
    sure = verify(bag, roots=root)
    assert sure.whole and any("It existed at" in each for each in sure.proved)
    other = tmp_path / "other"
    other.mkdir()
    new = ["req", "-newkey", "rsa:2048", "-nodes", "-x509", "-keyout", "k", "-subj", "/CN=Other"]
    _openssl(other, *new, "-out", "root.pem")
    [problem] = verify(bag, roots=other / "root.pem").problems
    assert "not by an authority" in problem


def test_another_bag_s_timestamp_is_found(
    case_file: CaseFile, tmp_path: Path, authority: tuple[str, Path]
) -> None:
    one = make_bag(case_file, tmp_path / "one", BagOptions(authority=authority[0])).path
    two = make_bag(case_file, tmp_path / "two", BagOptions(organisation="Other")).path
    for name in ("tagmanifest-sha256.txt.tsr", "seals-sha256.txt"):
        (two / name).write_bytes((one / name).read_bytes())
    assert verify(two).problems == ["tagmanifest-sha256.txt.tsr: is about another bag"]


def test_no_timestamp_no_bag(
    case_file: CaseFile, tmp_path: Path, authority: tuple[str, Path]
) -> None:
    for url in (f"{authority[0]}/broken", "http://127.0.0.1:9/"):
        with pytest.raises(FieldfareError, match="gave no timestamp"):
            make_bag(case_file, tmp_path / "bag", BagOptions(authority=url))
    assert not list(tmp_path.glob("bag*"))


def test_only_recipients_open_a_sealed_bag(case_file: CaseFile, tmp_path: Path) -> None:
    mine, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    made = make_bag(case_file, tmp_path / "bag", BagOptions(recipients=(str(mine.to_public()),)))
    assert made.path.name == "bag.tar.age"
    assert not (tmp_path / "bag").exists() and not (tmp_path / "bag.part").exists()
    assert b"messages.jsonl" not in made.path.read_bytes()
    for name, identity in (("mine", mine), ("other", other)):
        (tmp_path / name).write_text(f"# created today\n{identity}\n")
    with pytest.raises(InputError, match="do not open it"):
        decrypt(made.path, tmp_path / "other", tmp_path / "out")
    bag = decrypt(made.path, tmp_path / "mine", tmp_path / "out")
    assert verify(bag).whole
    assert bag == tmp_path / "out/bag"


def test_keys_are_checked_before_anything_is_written(case_file: CaseFile, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="not an age recipient"):
        make_bag(case_file, tmp_path / "bag", BagOptions(recipients=("age1nothing",)))
    assert not list(tmp_path.glob("bag*"))


def test_a_key_is_never_written_over_and_never_read_by_others(tmp_path: Path) -> None:
    name = new_key(tmp_path / "key")
    assert len(name) == 64
    with pytest.raises(InputError, match="exists already"):
        new_key(tmp_path / "key")
    load_key(tmp_path / "key")
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(SettingsError, match="others can read"):
        load_key(tmp_path / "key")
