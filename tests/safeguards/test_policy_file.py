"""A running service's policy: new when the file is, and never worse than the last good one."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.safeguards import PolicyError, PolicyFile
from fieldfare.vocabulary import SettingsError
from tests.safeguards.policies import rule, text


def test_a_changed_file_is_in_force_at_once(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text(rule("old", "deliver")))
    watched = PolicyFile(path)
    first = watched.current()
    assert watched.current() is first, "an unchanged file is not read again"
    path.write_text(text(rule("new", "withhold")))
    second = watched.current()
    assert [each.id for each in second.rules] == ["new"]
    assert second.sha256 != first.sha256
    assert watched.error is None


def test_a_bad_file_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text(text(rule("good", "withhold")))
    watched = PolicyFile(path)
    good = watched.current()
    path.write_text(text(rule("bad", "forbid")))
    assert watched.current() is good
    assert watched.error is not None
    assert "rules[0].verdict" in watched.error
    path.unlink()
    assert watched.current() is good
    assert "cannot be read" in watched.error
    path.write_text(text(rule("better", "limit")))
    assert [each.id for each in watched.current().rules] == ["better"]
    assert watched.error is None


def test_a_replaced_file_of_the_same_size_and_time_is_noticed(tmp_path: Path) -> None:
    """As an editor or a deployment writes it: a new file, moved into place."""
    import os

    path, new = tmp_path / "policy.toml", tmp_path / "new.toml"
    path.write_text(text(rule("one", "withhold")))
    watched = PolicyFile(path)
    new.write_text(text(rule("two", "withhold")))
    os.utime(new, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    new.replace(path)
    assert [each.id for each in watched.current().rules] == ["two"]


def test_a_service_does_not_start_without_a_policy(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    with pytest.raises(SettingsError, match="cannot be read"):
        PolicyFile(path)
    path.write_text("name = 1")
    with pytest.raises(PolicyError):
        PolicyFile(path)
