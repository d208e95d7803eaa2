"""Making the archive: peers, talk, files, and beside them the truth, which no reader sees.

A folder gets ``archives`` (what an officer would have) and ``truth``: ``world.json``,
``peers.jsonl`` (one line a peer) and ``records.parquet`` (one row a place where a message
stands). The same seed makes the same bytes of text; the ZIPs differ in their times.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.lab.suspect import files
from fieldfare.lab.suspect.conversation import Line, Talk, talk
from fieldfare.lab.suspect.files import Chat, Stands, Thread
from fieldfare.lab.suspect.people import SUSPECT, SUSPECT_CONTACT, SUSPECT_PHONE, Peer, gather
from fieldfare.vocabulary import SettingsError
from fieldfare.vocabulary.times import isoformat

ARCHIVES, TRUTH = "archives", "truth"
RECORDS = pa.schema(
    {
        "message": pa.int64(),
        "place": pa.string(),
        "locator": pa.string(),
        "peer": pa.int64(),
        "by": pa.int64(),
        "group": pa.int64(),
        "service": pa.string(),
        "topic": pa.string(),
        "sent_at": pa.int64(),
        "text": pa.string(),
    }
)
"""`place`: the archive's name and the member, joined by a slash. `peer`: its number, −1 in a
group. `by`: the peer who wrote, −1: the suspect. `sent_at`: µs UTC, to the second."""
_ROWS = 100_000


@dataclass(frozen=True)
class Archive:
    """What was made."""

    folder: Path
    peers: list[Peer]
    messages: int
    records: int

    @property
    def archives(self) -> Path:
        """What to give to ``fieldfare investigate``."""
        return self.folder / ARCHIVES

    @property
    def children(self) -> int:
        return sum(peer.child for peer in self.peers)


def write_archive(
    folder: Path,
    seed: int = 1,
    peers: int = 420,
    children: int = 131,
    messages: int = 60_000,
    countries: int = 8,
) -> Archive:
    """Make the archives and their truth in a folder; what an earlier call made there is
    replaced. `messages` counts each message once, however many archives hold it. Raises
    SettingsError for sizes that do not go together."""
    if not (countries <= children <= peers and 8 * peers <= messages and 1 <= countries <= 14):
        raise SettingsError(
            "the sizes do not go together: 1 to 14 countries, at least one child each, no more "
            "children than peers, and eight messages a peer"
        )
    for part in (ARCHIVES, TRUTH):
        shutil.rmtree(folder / part, ignore_errors=True)
        (folder / part).mkdir(parents=True)
    rng = np.random.default_rng(seed)
    people = gather(rng, peers, children, countries)
    said = talk(rng, people, messages)
    records = _write_records(folder / TRUTH / "records.parquet", _stands(folder, said, people))
    _write_peers(folder / TRUTH / "peers.jsonl", said.lines, people)
    world = {
        "seed": seed,
        "suspect": {
            "name": SUSPECT.name,
            "phone": f"+{SUSPECT_PHONE}",
            "accounts": [
                f"messenger:{SUSPECT.name}",
                f"whatsapp:{SUSPECT_CONTACT}",
                *(files.ufdr_account(s, None) for s in ("whatsapp", "messenger", "instagram")),
            ],
        },
        "zone": SUSPECT.zone,
        "date_order": "dmy",
        "peers": peers,
        "children": children,
        "messages": len(said.lines),
        "records": records,
    }
    _dump(folder / TRUTH / "world.json", world)
    return Archive(folder, people, len(said.lines), records)


def _stands(folder: Path, said: Talk, peers: list[Peer]) -> Iterable[Stands]:
    """Write every archive; where each message stands in it."""
    chats: dict[tuple[int, str], list[Line]] = defaultdict(list)
    groups: dict[int, list[Line]] = defaultdict(list)
    for line in said.lines:
        if line.group >= 0:
            groups[line.group].append(line)
        else:
            chats[line.peer, line.service].append(line)

    def threads(wanted: Callable[[Peer, str], bool]) -> list[Chat]:
        found = ((lines, peers[n], service) for (n, service), lines in sorted(chats.items()))
        return [(lines, peer) for lines, peer, service in found if wanted(peer, service)]

    inbox: list[Thread] = [*threads(lambda _, service: service == "messenger")]
    inbox += [(lines, said.groups[number]) for number, lines in sorted(groups.items())]
    archives = folder / ARCHIVES
    yield from files.write_messenger(archives / files.MESSENGER, inbox, peers)
    first = threads(lambda peer, service: service == "instagram" or on_first_phone(peer, service))
    yield from files.write_ufdr(archives / files.PHONE_A, first)
    second = threads(lambda peer, service: service == "whatsapp" and on_second_phone(peer))
    yield from files.write_whatsapp(archives / files.PHONE_B, second)


def on_first_phone(peer: Peer, service: str) -> bool:
    """Whether the UFDR has the chat."""
    return service == "instagram" or (peer.on_phone and service in (peer.service, "whatsapp"))


def on_second_phone(peer: Peer) -> bool:
    """Whether the peer's WhatsApp chat was exported as text."""
    return peer.exported or not peer.on_phone


def accounts(peer: Peer, services: Iterable[str]) -> list[str]:
    """The peer's accounts, as readers name them."""
    found = []
    for service in services:
        if service == "messenger":
            found.append(f"messenger:{peer.person.name}")
        if on_first_phone(peer, service):
            found.append(files.ufdr_account(service, peer))
        if service == "whatsapp" and on_second_phone(peer):
            found.append(f"whatsapp:{peer.contact or f'+{peer.phone}'}")
    return found


def _write_records(path: Path, stands: Iterable[Stands]) -> int:
    count = 0
    with pq.ParquetWriter(path, RECORDS) as writer:
        rows: list[dict[str, Any]] = []
        for found in stands:
            line = found.line
            rows.append(
                {
                    "message": line.number,
                    "place": found.member,
                    "locator": found.locator,
                    "peer": line.peer,
                    "by": line.by,
                    "group": line.group,
                    "service": line.service,
                    "topic": line.topic,
                    "sent_at": line.at,
                    "text": line.text,
                }
            )
            count += 1
            if len(rows) == _ROWS:
                writer.write_table(pa.Table.from_pylist(rows, schema=RECORDS))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema=RECORDS))
    return count


def _write_peers(path: Path, lines: list[Line], peers: list[Peer]) -> None:
    own: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        if line.group < 0:
            own[line.peer].append(line)
    with path.open("w", encoding="utf-8") as out:
        for peer in peers:
            out.write(json.dumps(_truth(peer, own[peer.number]), ensure_ascii=False) + "\n")


def _truth(peer: Peer, lines: list[Line]) -> dict[str, Any]:
    person = peer.person
    services = sorted({line.service for line in lines})
    topics = {line.topic for line in lines}
    return {
        "peer": peer.number,
        "name": person.name,
        "role": peer.role,
        "child": peer.child,
        "age": round(person.age, 2),
        "country": person.country,
        "language": person.language,
        "shows": peer.shows if peer.child else None,
        "held_out": peer.held_out,
        "accounts": accounts(peer, services),
        "phone": f"+{peer.phone}" if "whatsapp" in services else None,
        "phone_shown": "number" in topics or _number_shown(peer, services),
        "place_stated": "place" in topics,
        "first_contact": isoformat(lines[0].at),
        "last_contact": isoformat(lines[-1].at),
        "messages": len(lines),
        "acts": sorted({line.topic for line in lines if line.by < 0} & _ACTS),
        "photo_sent": "photo_sent" in topics,
        "knows": sorted(other.number for other in peer.friends),
    }


def _number_shown(peer: Peer, services: Iterable[str]) -> bool:
    """Whether some archive has the number: the first phone always, the second where the number
    was not saved under a name."""
    if "whatsapp" not in services:
        return False
    return on_first_phone(peer, "whatsapp") or not peer.contact


_ACTS = {
    "flatter", "ask_alone", "secret", "photo", "gift", "travel", "meet", "press", "platform",
}  # fmt: skip


def _dump(path: Path, stored: dict[str, Any]) -> None:
    path.write_text(json.dumps(stored, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
