"""Compiled loops are compiled again when what they inline has changed."""

import subprocess
import sys
from pathlib import Path


def test_every_module_of_loops_is_stamped() -> None:
    script = Path(__file__).parents[2] / "scripts" / "stamp-loops"
    run = subprocess.run(
        [sys.executable, script, "--check"], check=False, capture_output=True, text=True
    )
    assert run.returncode == 0, f"run scripts/stamp-loops: {run.stdout}"
