"""Signatures of webhooks, their file, and the commands about them."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldfare.cli import app
from fieldfare.service.outbox import Outbox
from fieldfare.service.settings import ServiceSettings
from fieldfare.service.webhooks import BAND_CHANGED, key_of, load, sign, verify
from fieldfare.vocabulary import InputError, SettingsError
from tests.service.receiving import KEY, SECRET, Receiver, endpoint_of
from tests.service.receiving import receiver as receiver


def test_a_receiver_refuses_what_was_changed_or_is_old() -> None:
    body = b'{"type": "t"}'
    headers = sign([b"x" * 32, KEY], "msg_1", 1_000, body)
    assert verify(SECRET, headers, body, now=1_299) == {"type": "t"}
    for wrong_headers, wrong_body, now in (
        (headers, body + b" ", 1_000),
        (headers, body, 1_301),
        (headers, body, 699),
        (headers | {"webhook-id": "msg_2"}, body, 1_000),
        (headers | {"webhook-timestamp": "1001"}, body, 1_000),
        (headers | {"webhook-signature": "v1,"}, body, 1_000),
        ({}, body, 1_000),
    ):
        with pytest.raises(InputError):
            verify(SECRET, wrong_headers, wrong_body, now=now)
    # The example of the Standard Webhooks specification's own libraries.
    example = sign(
        [key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )
    assert example["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ('url = "http://cases.example.org/"\nsecret_env = "HOOK"', "https"),
        ('url = "ftp://cases.example.org/"\nsecret_env = "HOOK"', "https"),
        ('url = "https://a:b@cases.example.org/"\nsecret_env = "HOOK"', "user or password"),
        ('url = "https://cases.example.org/"', "secret_env or secret_file"),
        ('url = "https://cases.example.org/"\nsecret_env = "NOT_SET"', "NOT_SET is not set"),
        ('url = "https://cases.example.org/"\nsecret_env = "SHORT"', "shorter than 24"),
        ('url = "https://cases.example.org/"\nsecret_file = "nowhere"', "cannot be read"),
        ('url = "https://cases.example.org/"\nsecret = "x"', "secret"),
        ('url = "https://c.example.org/"\nsecret_env = "HOOK"\nattempts = 0', "above 0"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_without_a_secret(
    tmp_path: Path, lines: str, what: str
) -> None:
    path = tmp_path / "webhooks.toml"
    path.write_text(f'[[webhooks]]\nname = "one"\n{lines}\n')
    with pytest.raises(SettingsError, match=what) as error:
        load(path, {"HOOK": SECRET, "SHORT": "tooshort"})
    assert "tooshort" not in str(error.value)


def test_the_command_line_checks_lists_and_requeues(
    sqlite_settings: ServiceSettings, receiver: Receiver, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\nwhsec_{'A' * 44}\n")
    path = tmp_path / "webhooks.toml"
    path.write_text(
        f'[[webhooks]]\nname = "one"\nurl = "https://c.example.org/x"\nsecret_file = "{secret}"\n'
    )
    run = CliRunner().invoke
    checked = run(app, ["webhook", "check", str(path)]).output
    assert "one\thttps://c.example.org/x\t2 secret(s)" in checked
    endpoint = endpoint_of(receiver, attempts=1)
    with sqlite_settings.open_state().database as database:
        outbox = Outbox(database)
        outbox.add([endpoint], BAND_CHANGED, "x", {})
        outbox.failed(endpoint, outbox.lease(endpoint, 1)[0], "status 500")
        data = ["--data", str(sqlite_settings.data)]
        assert "status 500" in run(app, ["webhook", "dead-letters", *data]).output
        assert run(app, ["webhook", "requeue", *data]).output.startswith("1 ")
        assert outbox.counts() == (1, 0)
