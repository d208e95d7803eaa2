"""What the package for the client holds, and that its types say what its modules export."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess

import pytest

from tests.device.conftest import DEVICE

PACKAGE = json.loads((DEVICE / "package.json").read_text("utf-8"))
MODULES = sorted(name.removeprefix("./").removesuffix(".js") for name in PACKAGE["exports"])
_EXPORTED = re.compile(r"^export (?:async )?(?:function|class|const) (\w+)", re.M)
_DECLARED = re.compile(r"^export declare (?:function|class|const) (\w+)", re.M)
_IMPORTED = re.compile(r'(?:from|import\()\s*"(\.[^"]+)"')


@pytest.mark.parametrize("module", MODULES)
def test_every_export_has_a_type_and_every_type_an_export(module: str) -> None:
    exported = set(_EXPORTED.findall((DEVICE / f"{module}.js").read_text("utf-8")))
    declared = set(_DECLARED.findall((DEVICE / f"{module}.d.ts").read_text("utf-8")))
    # A function between two modules of ours is no promise to others.
    inner = {"tables": {"halves"}, "franking": set()}.get(module, set())
    assert exported - inner == declared


@pytest.mark.parametrize("module", MODULES)
def test_every_member_that_is_declared_is_there(module: str) -> None:
    source = (DEVICE / f"{module}.js").read_text("utf-8")
    types = (DEVICE / f"{module}.d.ts").read_text("utf-8")
    for body in re.findall(r"export declare class \w+[^{\n]*\{\n(.*?)^\}", types, re.M | re.S):
        for name in re.findall(r"^  (?:readonly )?(\w+)\??[(:]", body, re.M):
            assert re.search(rf"(?:^  (?:async |get )?{name}\b|this\.{name} =)", source, re.M), name


def test_all_that_a_module_needs_is_in_the_package() -> None:
    wanted, seen = [DEVICE / f"{module}.js" for module in MODULES], set()
    while wanted:
        path = wanted.pop()
        if path not in seen:
            seen.add(path)
            found = _IMPORTED.findall(path.read_text("utf-8"))
            wanted += [path.parent / name for name in found]
    for path in seen:
        assert path.is_file() and path.parent == DEVICE, path
        assert any(fnmatch.fnmatch(path.name, each) for each in PACKAGE["files"])
    assert PACKAGE.get("dependencies", {}) == {}
    assert (DEVICE / "LICENSE").read_bytes() == (DEVICE.parent / "LICENSE").read_bytes()


def test_the_package_holds_nothing_else() -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("no npm here")
    said = subprocess.run(
        [npm, "pack", "--dry-run", "--json", "--offline"],
        cwd=DEVICE, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    packed = {each["path"] for each in json.loads(said)[0]["files"]}
    expected = {path.name for path in DEVICE.iterdir() if path.is_file()}
    assert packed == expected | {"vectors/franking.json"}
