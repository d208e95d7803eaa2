"""What the person at the keyboard decides for one scan."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fieldfare.contacts.intake import ContactSettings
from fieldfare.sources.reader import ReadOptions

if TYPE_CHECKING:
    from fieldfare.language.second_look import SecondLook


@dataclass(frozen=True)
class ScanSettings:
    """Everything a scan depends on besides its input."""

    engine: str = "duckdb"
    memory: str | None = None
    """Limit above which the engine spills to disk, such as ``8GB``."""
    threads: int | None = None
    contacts: ContactSettings = field(default_factory=ContactSettings)
    prior: float | None = None
    """Base rate, 0–1; None: the scorecard's."""
    scorecard: Path | None = None
    """None: the shipped one."""
    mapping: Path | None = None
    format_in: str | None = None
    """Name of a reader, where it should not be detected."""
    read: ReadOptions = field(default_factory=ReadOptions)
    top: int = 1000
    """How many accounts are written out with their reasons; the Parquet file has all."""
    frames: bool = False
    """Whether frames that heads confirm count beside phrases: more found, some of it wrong."""
    heads: bool = False
    """Whether heads look for indicators beside phrases: slower, more found, more of it wrong."""
    second_look: SecondLook | None = None
    """A heavier model for accounts near the threshold; None: no second look."""
