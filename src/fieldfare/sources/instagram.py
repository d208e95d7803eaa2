"""Instagram: "Download your information" in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from fieldfare.sources.meta import MetaThreads, beside, is_export
from fieldfare.sources.place import Member, Place
from fieldfare.sources.reader import Completeness, Problems, ReadOptions, RecordReader
from fieldfare.vocabulary import Record


class Instagram(RecordReader):
    """Direct messages as Instagram hands them to an account's owner.

    Written against the layouts of 2020–2025: ``your_instagram_activity/messages/<box>/<slug>/
    message_N.json``, and ``messages/<box>/…`` before; as a ZIP, as a folder, as one box or one
    conversation of it, or as one file. A file by itself that names no Instagram path cannot be
    told from a Messenger one; give the folder, or name the format.

    Completeness: everything, of the conversations that are in the download.

    Limits: names as shown at the time of the download, no ids. Reactions are not read, save
    those that Instagram writes as a message ("Liked a message"), which are kept as text.

    References: Instagram help, "Access and download your information".
    """

    name: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram, Download your information (JSON)"
    completeness: ClassVar[Completeness] = "everything"
    batch_rows: ClassVar[int] = 8_192

    @staticmethod
    def detect(place: Place) -> bool:
        return is_export(place, "instagram")

    def others(self, place: Place) -> list[Member]:
        """Data that is not in a conversation's folder."""
        return beside(place)

    def records(self, place: Place, options: ReadOptions, problems: Problems) -> Iterator[Record]:
        yield from MetaThreads("instagram", place, options, problems).records()
