"""Who may do what with an investigation, and the record of it.

An investigation (`fieldfare.investigation`) is a folder beside this database: a suspect's archives,
read. What it holds is not here; that somebody looked at it, read a text, judged or took something
out is, in the same chain as everything else that is done with cases. An entry names the
investigation and numbers of people and messages, never a name, an account or a text.
"""

from __future__ import annotations

from collections.abc import Sequence

from fieldfare.cases.desk import Desk
from fieldfare.cases.permissions import Actor, Permission, allows

REVEALED = "investigation.reveal"
"""The action of an entry whose detail holds the numbers of the messages shown."""


class Investigating(Desk):
    """The record of what is done with investigations."""

    @allows(Permission.INVESTIGATION_READ)
    def investigation_seen(self, actor: Actor, name: str, page: str, person: str = "") -> None:
        """Somebody looked at a page of it, masked; at that of a person, by the person's key."""
        with self._writing(actor) as work:
            of = {"person": person} if person else {}
            work.note("investigation.view", None, investigation=name, page=page, **of)

    @allows(Permission.INVESTIGATION_REVEAL)
    def investigation_revealed(self, actor: Actor, name: str, messages: Sequence[int]) -> None:
        """Texts of these messages (their numbers there) are shown; it counts as exposure."""
        with self._writing(actor) as work:
            shown = sorted(set(messages))
            work.note(REVEALED, None, investigation=name, messages=shown)

    @allows(Permission.INVESTIGATION_JUDGE)
    def investigation_judged(
        self, actor: Actor, name: str, what: str, whom: str, said: str | None
    ) -> None:
        """Somebody said of a person whether it is a child (`what` is ``verdict``), or of a join
        whether it holds (``join``); None: took back what was said."""
        with self._writing(actor) as work:
            work.note(
                "investigation.judge", None, investigation=name, what=what, whom=whom, said=said
            )

    @allows(Permission.INVESTIGATION_TAKE)
    def investigation_taken(self, actor: Actor, name: str, file: str, sha256: str) -> None:
        """Somebody took a report, a table or an evidence bag out of it."""
        with self._writing(actor) as work:
            work.note("investigation.take", None, investigation=name, file=file, sha256=sha256)
