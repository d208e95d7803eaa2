"""A WhatsApp chat as text, read."""

from __future__ import annotations

from pathlib import Path

from fieldfare.sources.reader import ReadOptions
from fieldfare.sources.whatsapp import WhatsApp
from fieldfare.sources.whatsapp_dates import Order
from fieldfare.vocabulary.times import isoformat
from tests.sources.reading import Reading, read


def chat(
    text: str | bytes,
    folder: Path,
    name: str = "chat.txt",
    date_order: Order | None = None,
    time_zone: str | None = None,
) -> Reading:
    data = text if isinstance(text, bytes) else text.encode()
    options = ReadOptions(date_order=date_order, time_zone=time_zone)
    return read(WhatsApp(), {name: data}, folder, options)


def times(found: Reading) -> list[str]:
    return [isoformat(int(m.sent_at)) for m in found.messages]
