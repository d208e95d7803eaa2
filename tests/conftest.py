"""What every test may use."""

from __future__ import annotations

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import postgres as postgresql


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Server]:
    """A real PostgreSQL server. Without one the tests fail in CI and skip loudly elsewhere."""
    if postgresql.binary("initdb") is None:
        reason = "PostgreSQL is not installed; run scripts/install-system-parts"
        if os.environ.get("CI"):
            pytest.fail(reason)
        warnings.warn(pytest.PytestWarning(reason), stacklevel=1)
        pytest.skip(reason)
    # Not under pytest's own folder: that is closed to the user PostgreSQL runs as.
    with (
        tempfile.TemporaryDirectory(prefix="fieldfare-postgres-") as folder,
        postgresql.running(Path(folder)) as server,
    ):
        yield server
