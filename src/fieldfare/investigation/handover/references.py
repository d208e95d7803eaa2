"""Where a line stands, in short: ``[1.2], line 7`` is line 7 of file 2 of source 1. What a mark
stands for is listed under those whose lines use it."""

from __future__ import annotations

from collections.abc import Sequence

from fieldfare.investigation.records import Origin, Problem, Source
from fieldfare.scan.page import words


class References:
    """The marks of a report. A file has one number in all of the report, given when a line of a
    child or of the suspect first stands in it: files of children of other countries get none."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._numbers = {each.source: n for n, each in enumerate(sources, 1)}
        self._shown = {each.shown: f"[{n}]" for n, each in enumerate(sources, 1)}
        self._files: dict[str, dict[str, int]] = {}
        self._used: dict[str, str] = {}

    def where(self, origin: Origin) -> str:
        """The mark of the file with the record in it."""
        number = self._numbers.get(origin.source)
        if number is None:
            parts = (origin.name, origin.member, origin.locator)
            return ", ".join(part for part in parts if part)
        mark = f"[{number}]"
        if origin.member:
            files = self._files.setdefault(origin.source, {})
            mark = f"[{number}.{files.setdefault(origin.member, len(files) + 1)}]"
            self._used[mark] = f"{mark} {origin.member}"
        return ", ".join(part for part in (mark, origin.locator) if part)

    def files(self) -> list[str]:
        """The files of the marks that were used since this was last asked."""
        used, self._used = list(self._used.values()), {}
        return used

    def problems(self, found: Sequence[Problem]) -> list[tuple[str, int, str]]:
        """What could not be read: what, how often, in which sources. Files are not named: a file's
        name may be the name or number of a child of another country."""
        times: dict[str, int] = {}
        where: dict[str, set[str]] = {}
        for each in found:
            times[each.what] = times.get(each.what, 0) + each.times
            where.setdefault(each.what, set())
            if each.source:
                where[each.what].add(self._shown.get(each.source, each.source))
        return [
            (what, number, words.listed(sorted(where[what])))
            for what, number in sorted(times.items(), key=lambda each: (-each[1], each[0]))
        ]
