"""What was read and what could not be, and what people call the place where something stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from fieldfare.investigation.records import Origin, Problem, Source
from fieldfare.investigation.store import Investigation


def sources(case: Investigation) -> list[Source]:
    """The archives."""
    names = names_of_sources(case)
    found = case.rows("SELECT * FROM sources ORDER BY source")
    return [Source(**each, shown=names[each["source"]]) for each in found]


def problems(case: Investigation) -> list[Problem]:
    """What could not be read, the most frequent first; then what loses nothing."""
    found = case.values(
        "SELECT coalesce(source, ''), \"where\", what, detail, times, lost FROM problems "
        'ORDER BY lost DESC, times DESC, source, "where", what',
    )
    known = [source for (source,) in case.values("SELECT source FROM sources")]
    names = _endings([*known, *(source for source, *_ in found if source)])
    return [
        Problem(
            names.get(source, source),
            _renamed(where, source, names),
            what,
            names.get(detail) or _renamed(detail, source, names),
            times,
            lost,
        )
        for source, where, what, detail, times, lost in found
    ]


def _renamed(text: str, source: str, names: Mapping[str, str]) -> str:
    return text.replace(source, names[source]) if source else text


def names_of_sources(case: Investigation) -> dict[str, str]:
    """What each source is called where people read it: the shortest end of its path that no other
    source has, which is its file name unless two have the same."""
    return _endings(source for (source,) in case.values("SELECT source FROM sources"))


def _endings(paths: Iterable[str]) -> dict[str, str]:
    parts = {path: PurePath(path).parts or (path,) for path in set(paths)}
    seen = Counter(own[at:] for own in parts.values() for at in range(len(own)))
    shortest = {
        path: next((own[at:] for at in range(len(own) - 1, 0, -1) if seen[own[at:]] == 1), own)
        for path, own in parts.items()
    }
    return {path: str(PurePath(*own)) for path, own in shortest.items()}


def origin_of(row: dict[str, Any], names: Mapping[str, str]) -> Origin:
    """Where a row says that it stands; `names`: `names_of_sources`."""
    return Origin(
        row["source"],
        row["member"],
        row["locator"],
        row.get("raw_time") or "",
        row.get("tz_basis") or "",
        tuple(row.get("warnings") or ()),
        names.get(row["source"], ""),
    )
