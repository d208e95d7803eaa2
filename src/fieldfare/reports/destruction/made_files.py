"""Files that were made of a case: bags, packs, sealed bags. Only what is byte for byte what was
written is removed, and only where it was put; copies that people made are not known here. What a
disk or a backup keeps of a file that was removed is not Fieldfare's to say.
"""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path, PurePosixPath
from typing import Any

from fieldfare.cases.retention_records import KeptFiles
from fieldfare.reports.evidence.bag import sha256_of


def becomes(kept: KeptFiles) -> dict[str, Any]:
    """What will become of these files, for the certificate: numbers and one hash, no name."""
    listed = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(kept.files.items()))
    found = {
        "kind": kept.kind,
        "made_at": kept.made_at,
        "number": len(kept.files),
        "sha256": hashlib.sha256(listed.encode("utf-8", "surrogatepass")).hexdigest(),
    }
    if kept.machine != socket.gethostname():
        return found | {"elsewhere": len(kept.files)}
    there = [(path, sha256) for path, sha256 in _paths(kept) if path.is_file()]
    same = sum(sha256_of(path) == sha256 for path, sha256 in there)
    return found | {
        "removed": same,
        "changed": len(there) - same,
        "not_found": len(kept.files) - len(there),
    }


def remove(kept: KeptFiles) -> None:
    """Remove these files, and folders that are empty then. Raises OSError where it may not."""
    if kept.machine != socket.gethostname():
        return
    for path, sha256 in _paths(kept):
        if path.is_file() and sha256_of(path) == sha256:
            path.unlink()
    folder = Path(kept.folder)
    if folder.is_dir():
        within = [each for each in folder.rglob("*") if each.is_dir() and not each.is_symlink()]
        for each in [*sorted(within, reverse=True), folder]:
            if not any(each.iterdir()):
                each.rmdir()


def _paths(kept: KeptFiles) -> list[tuple[Path, str]]:
    """Where they are; a name that leads out of the folder, or through a link, is left alone."""
    folder, found = Path(kept.folder), []
    for name, sha256 in kept.files.items():
        path = folder / name if name else folder
        parts = PurePosixPath(name).parts
        inside = not PurePosixPath(name).is_absolute() and ".." not in parts
        if inside and path.resolve() == path:
            found.append((path, sha256))
    return found
