"""fieldfare policy: check, show, try."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_cli import MARKER, events, run
from tests.safeguards.policies import rule, text


def test_check_says_valid_or_every_mistake(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text(rule("one", "deliver")))
    done = run("policy", "check", path)
    assert done.returncode == 0
    assert "valid; version 7, 1 rules (0 in shadow), SHA-256 " in done.stdout
    path.write_text(text(rule("one", "forbid"), rule("two", "deliver", "conected = true")))
    done = run("policy", "check", path)
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith(f"{path}:11: rules[0].verdict: ")
    assert lines[1].startswith(f"{path}:24: rules[1].conected: ")


def test_what_show_prints_as_toml_is_a_policy(tmp_path: Path) -> None:
    shown = run("policy", "show", "--format", "toml")
    path = tmp_path / "mine.toml"
    path.write_text(shown.stdout)
    assert run("policy", "check", path).returncode == 0
    described = run("policy", "show", path).stdout
    assert "f1-message-unconnected: withhold" in described
    assert "ICU F2: information at the first message. (†)" in described
    refused = run("policy", "show", "--format", "pdf")
    assert (refused.returncode, "choose text" in refused.stderr) == (1, True)


def test_try_counts_and_shows_no_text(tmp_path: Path) -> None:
    strict, lax = tmp_path / "strict.toml", tmp_path / "lax.toml"
    strict.write_text(text(rule("r", "withhold", "recipient_child_at_least = 0.5")))
    lax.write_text(text(rule("r", "deliver")))
    path = events(tmp_path, "not json at all")
    done = run("policy", "try", strict, path, "--against", lax, "--format", "json")
    assert done.returncode == 3, "one line could not be read"
    said = json.loads(done.stdout)
    assert said["to_children"]["messages"]["withhold"] == 24
    assert said["against"]["to_children"]["messages"]["deliver"] == 24
    assert said["changes"] == [{"from": "deliver", "to": "withhold", "attempts": 24}]
    plain = run("policy", "try", strict, path)
    assert "first contacts to children: 24 withhold" in plain.stdout
    assert MARKER not in done.stdout + done.stderr + plain.stdout + plain.stderr
