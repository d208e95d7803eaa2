"""Facebook Messenger: "Download your information" in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fieldfare.sources.meta import MetaThreads, beside, is_export
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import Record


class Messenger(RecordReader):
    """Messenger conversations as Facebook hands them to an account's owner.

    Written against the layouts of 2018–2025: ``messages/<box>/<slug>/message_N.json`` at the
    root, or below ``your_activity_across_facebook`` or ``your_facebook_activity``; as a ZIP, as
    a folder, as one box or one conversation of it, or as one file. Boxes: inbox,
    archived_threads, filtered_threads, message_requests, e2ee_cutover.

    Completeness: everything, of the conversations that are in the download. Since December 2023
    new messages are end-to-end encrypted and come in another export (`messenger_e2ee`).

    Limits: there are no ids, so an account is its name and two people of one name are one.
    Reactions are not read. Lines that Messenger writes as somebody's message ("You can now call
    each other") are kept as text. See `meta.repair` for the rule that undoes the mojibake.

    References: Facebook help, "Download a copy of your information on Facebook".
    """

    name: ClassVar[str] = "messenger"
    title: ClassVar[str] = "Messenger, Download your information (JSON)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return is_export(place, "messenger")

    def others(self, place: Place) -> list[Member]:
        """Data that is not in a conversation's folder."""
        return beside(place)

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        yield from MetaThreads("messenger", place, options, problems).records()
