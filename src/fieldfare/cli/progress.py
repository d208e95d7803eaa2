"""Progress on the terminal: bytes while reading, the name of the step after that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from fieldfare.cli.terminal import printable

if TYPE_CHECKING:
    from fieldfare.scan.settings import ScanSettings


@contextmanager
def reading(
    paths: list[Path], settings: ScanSettings, *, quiet: bool
) -> Iterator[tuple[ScanSettings, Callable[[str], None]]]:
    """Gives the settings with their progress callback wired, and a function that names a step."""
    if quiet:
        yield settings, lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        size = _size(paths)
        task = progress.add_task("Starting", total=size)

        def step(name: str) -> None:
            total = size if name.startswith("Reading") else None
            progress.update(task, description=printable(name), total=total)

        def advance(count: int) -> None:
            progress.advance(task, count)

        yield replace(settings, read=replace(settings.read, progress=advance)), step


def _size(paths: list[Path]) -> int:
    return sum(
        file.stat().st_size
        for path in paths
        for file in ([path] if path.is_file() else path.rglob("*"))
        if file.is_file()
    )
