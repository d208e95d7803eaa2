"""One small archive for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from fieldfare.lab.suspect.archive import Archive, write_archive


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    folder: Path = tmp_path_factory.mktemp("suspect")
    return write_archive(folder, seed=3, peers=60, children=24, messages=2_000, countries=4)
