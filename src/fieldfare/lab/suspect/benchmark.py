"""What an investigation of many messages takes, and a large report of a phone: time and memory.

The messages are a generated archive's. Each step is a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from zipfile import ZIP_STORED

from fieldfare.lab.bench import machine
from fieldfare.lab.demo_people import Person
from fieldfare.lab.process_watch import Run, run
from fieldfare.lab.suspect.archive import write_archive
from fieldfare.lab.suspect.conversation import Line
from fieldfare.lab.suspect.files import Chat, write_ufdr
from fieldfare.lab.suspect.people import Peer
from fieldfare.vocabulary.times import SECOND

MESSAGES: Final = 1_000_000
A_PEER: Final = 500
"""Messages with each person."""
REPORTS_MIB: Final = (256, 2048)
"""Sizes of the phones' reports that are read; memory that is flat is the same for both."""
_A_CHAT: Final = 100
_RECORD_BYTES: Final = 800
"""Of one message of a report, about."""

_INVESTIGATE: Final = """
import sys
from pathlib import Path
from fieldfare.investigation.importing import import_paths
from fieldfare.investigation.run import analyse
from fieldfare.investigation.store import Investigation
from fieldfare.sources.reader import ReadOptions
options = ReadOptions(date_order="dmy", time_zone="Europe/London")
with Investigation.open(Path(sys.argv[2]), create=True) as case:
    import_paths(case, [Path(sys.argv[1])], options)
    analyse(case, imported=True)
"""
_READ: Final = """
import sys
from pathlib import Path
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import read_paths
for _ in read_paths([Path(sys.argv[1])], ReadOptions(), Problems()):
    pass
"""


def measure(messages: int = MESSAGES) -> dict[str, Any]:
    """Figures of an investigation of so many messages, and of reading large reports of phones."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-") as name:
        folder = Path(name)
        peers = max(messages // A_PEER, 40)
        made = write_archive(folder, 1, peers, peers * 131 // 420, messages)
        taken = run([sys.executable, "-c", _INVESTIGATE, str(made.archives), str(folder / "case")])
        reports = {}
        for mebibytes in REPORTS_MIB:
            path = folder / "large.ufdr"
            for _ in write_ufdr(path, _chats(mebibytes * 2**20 // _RECORD_BYTES), ZIP_STORED):
                pass
            reports[f"ufdr_{path.stat().st_size // 2**20}_mib"] = _figures(
                run([sys.executable, "-c", _READ, str(path)])
            )
            path.unlink()
        return {
            "machine": machine(),
            "messages": made.messages,
            "records": made.records,
            "people": peers,
            "imported_and_analysed": _figures(taken),
            "read": reports,
        }


def _figures(taken: Run) -> dict[str, float]:
    return {
        "seconds": taken.seconds,
        "cpu_seconds": taken.cpu_seconds,
        "peak_mib": taken.peak_mib,
    }


def _chats(messages: int) -> Iterator[Chat]:
    for number in range(messages // _A_CHAT):
        person = Person(number, f"Person {number}", 30.0, "GB", "Europe/London", "en", -1)
        peer = Peer(person, "friend", "whatsapp", f"44770090{number:08d}", "", "Leeds")
        lines = [
            Line(1_754_000_000 * SECOND + (number * _A_CHAT + at) * SECOND, number,
                 number if at % 2 else -1, "whatsapp", f"see you at {at}, number {number}",
                 number=at)
            for at in range(_A_CHAT)
        ]  # fmt: skip
        yield lines, peer
