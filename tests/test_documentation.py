"""The documentation is true: its commands run, and nothing a user can say is left out of it."""

from __future__ import annotations

import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from fieldfare.cli import app
from fieldfare.cli.signals import markdown
from fieldfare.contacts.catalogue import catalogue
from fieldfare.risk.scorecard import shipped
from fieldfare.sources.registry import readers

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")}


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    if hasattr(command, "commands"):
        for inner, child in command.commands.items():
            yield from _commands(child, f"{name} {inner}")
    else:
        yield name, command


COMMANDS = dict(_commands(typer.main.get_command(app), "fieldfare"))


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_is_documented(name: str) -> None:
    page = DOCS["commands.md"]
    match = re.search(rf"^## `{re.escape(name)}`$(.*?)(?=^## |\Z)", page, re.M | re.S)
    assert match, f"docs/commands.md has no section '## `{name}`'"
    for parameter in COMMANDS[name].params:
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in match[1], f"{name} {option} is not described"


def test_every_section_is_of_a_command_that_exists() -> None:
    sections = re.findall(r"^## `(.+?)`$", DOCS["commands.md"], re.M)
    assert set(sections) == set(COMMANDS)


def test_the_page_of_signals_is_current() -> None:
    assert DOCS["signals.md"] == markdown(), (
        "renew it: fieldfare signals --format markdown > docs/signals.md"
    )


def test_the_page_of_the_policy_is_current_and_complete() -> None:
    from fieldfare.cli.policy import markdown as rules
    from fieldfare.safeguards import ACTIONS, MOMENTS, VERDICTS, texts
    from fieldfare.safeguards import shipped as policy
    from fieldfare.safeguards.conditions import CONDITIONS

    page = DOCS["policy.md"]
    assert rules(policy()) in page, "renew its table: fieldfare policy show --format markdown"
    for name in (*ACTIONS, *MOMENTS, *VERDICTS, *CONDITIONS):
        assert f"`{name}`" in page, name
    assert ", ".join(texts.languages()) in " ".join(page.split())


@pytest.mark.parametrize("name", sorted(set(catalogue()) | set(shipped().signals)))
def test_every_signal_is_documented(name: str) -> None:
    assert f"| `{name}` |" in DOCS["signals.md"]


def test_every_format_is_documented() -> None:
    for reader in readers():
        assert f"`{reader.name}`" in DOCS["commands.md"], f"--format-in {reader.name}"


@pytest.mark.parametrize(
    "page",
    ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", *(f"docs/{name}" for name in sorted(DOCS))],
)
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (path.parent / target).exists(), f"{page} links to {target}"


def test_the_makefile_has_what_the_readme_names() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"`make ([a-z-]+)`|^\$ make ([a-z-]+)$", README, re.M):
        name = target[0] or target[1]
        assert re.search(rf"^{name}:", makefile, re.M), name


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    """Every `fieldfare` line of the README, on a small world under the names it uses."""
    from fieldfare.lab.crowd import write_crowd

    crowd = write_crowd(tmp_path, events=20_000)
    assert crowd.messages.name == "messages.parquet"
    _write_export(tmp_path / "export.zip")
    lines = re.findall(r"^\$ (\.venv/bin/fieldfare .+)$", README, re.M)
    assert len(lines) >= 3
    for line in lines:
        words = shlex.split(line)[1:]
        done = subprocess.run(
            [sys.executable, "-m", "fieldfare", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{line}: {done.stderr[-500:]}"
    assert (tmp_path / "results" / "report.html").stat().st_size > 1000


def test_public_modules_say_what_they_are() -> None:
    for path in (ROOT / "src" / "fieldfare").rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert inspect.cleandoc(source).startswith('"""'), f"{path} has no docstring"


def _write_export(path: Path) -> None:
    import json
    import zipfile

    people = [{"name": "Mara Quill"}, {"name": "Otto Fenn"}]
    messages = [
        {
            "sender_name": people[n % 2]["name"],
            "timestamp_ms": 1_767_225_600_000 + 60_000 * n,
            "content": text,
            "type": "Generic",
        }
        for n, text in enumerate(["hello", "hi", "how was the match", "good"])
    ]
    thread = {
        "participants": people,
        "messages": messages[::-1],
        "title": "Otto Fenn",
        "thread_path": "inbox/ottofenn_1",
    }
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "your_facebook_activity/messages/inbox/ottofenn_1/message_1.json", json.dumps(thread)
        )
