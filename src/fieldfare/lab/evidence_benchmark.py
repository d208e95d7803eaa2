"""What an evidence bag of a very large case takes: to make, to verify, to redact; time and memory.

The case is made up; its texts are mild sentences in several languages, drawn again and again. Each
step is the command that people run, in a process of its own.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np

from fieldfare.cases import OPERATOR, CaseStore
from fieldfare.cases.database import connect, url_of
from fieldfare.cases.vault import Vault
from fieldfare.lab.bench import machine
from fieldfare.lab.process_watch import Run, run
from fieldfare.scan.snapshot import SeenChild, SeenMessage, SeenSource, Snapshot
from fieldfare.vocabulary.keys import KeyRing, new_line
from fieldfare.vocabulary.times import DAY, MINUTE

START: Final = 1_772_366_400_000_000
AT_ONCE: Final = 50_000
"""Messages of one snapshot, as a scan makes them."""
SAID: Final = (
    "how old are you",
    "are your parents home",
    "what did you do at school today, did you win the game?",
    "nothing much, homework and then football with my brother until it got dark",
    "ok",
    "haha yes",
    "cuántos años tienes",
    "wie alt bist du eigentlich",
    "сколько тебе лет",
    "ilang taon ka na, nasa bahay ba ang magulang mo",
    "keep this our secret",
    "I have to go now, talk to you tomorrow after training maybe",
)
BYTES_A_MIB: Final = 2**20


def measure(messages: int = 200_000, children: int = 150) -> dict[str, Any]:
    """Figures for a case of so many messages."""
    with tempfile.TemporaryDirectory(prefix="fieldfare-") as name:
        folder = Path(name)
        _case(folder, messages, children)
        bag, copy = folder / "bag", folder / "copy"
        given = ("--data", str(folder / "data"), "--keys", str(folder / "keys"))
        made = _run("make", "C-1", "--draft", "--out", str(bag), *given)
        size = sum(path.stat().st_size for path in bag.rglob("*") if path.is_file())
        return {
            "machine": machine(),
            "messages": messages,
            "children": children,
            "made": made,
            "verified": _run("verify", str(bag)),
            "redacted": _run("redact", str(bag), "--out", str(copy)),
            "bag_mib": round(size / BYTES_A_MIB, 1),
            "transcript_pdfs": len(list((bag / "data/transcript").glob("*.pdf"))),
        }


def _run(*arguments: str) -> dict[str, float]:
    took: Run = run([sys.executable, "-m", "fieldfare", "evidence", *arguments])
    return {
        "seconds": took.seconds,
        "cpu_seconds": took.cpu_seconds,
        "peak_mib": took.peak_mib,
    }


def _case(folder: Path, messages: int, children: int) -> None:
    """An open case whose text is encrypted, in `folder`/data; its key in `folder`/keys."""
    line = new_line("bench")
    (folder / "keys").write_text(line + "\n")
    (folder / "keys").chmod(0o600)
    engine = connect(url_of(folder / "data"))
    vault = Vault(KeyRing.parse(line, "keys"))
    peers = tuple(_child(n, messages // children) for n in range(children))
    rng = np.random.default_rng(0)
    with CaseStore(engine, lambda: START, vault) as store:
        for first in range(0, messages, AT_ONCE):
            numbers = range(first, min(first + AT_ONCE, messages))
            talk = tuple(_message(n, children, messages, rng) for n in numbers)
            snapshot = Snapshot(
                "account 1", START + first, "urgent", 0.99, True, children=peers, messages=talk
            )
            store.open_case(OPERATOR, snapshot, "scan")


def _message(n: int, children: int, messages: int, rng: np.random.Generator) -> SeenMessage:
    said = SAID[int(rng.integers(len(SAID)))]
    return SeenMessage(
        id=f"message-{n}",
        child=f"peer {n % children}",
        from_account=n % 3 > 0,
        sent_at=START - (messages - n) * MINUTE,
        text=said,
        indicators=("parents_absent",) if "parents" in said else (),
        origin=f"events.jsonl, line {n + 1}",
        source=SeenSource("events.jsonl", "", f"line {n + 1}", "", "offset"),
    )


def _child(n: int, messages: int) -> SeenChild:
    return SeenChild(
        account=f"peer {n}",
        name=None,
        child_probability=0.9,
        age=8.0 + n % 10,
        age_basis="declared",
        country=("PH", "GB", "KE", "TH")[n % 4],
        country_basis="declared",
        contacted_at=START - 200 * DAY + n * MINUTE,
        last_at=START - DAY,
        wrote_first=True,
        answered=True,
        rejected_at=None,
        connected_before=False,
        sent=2 * messages // 3,
        received=messages // 3,
        asked={"age_probing": START - 100 * DAY},
    )
