"""The language model as one file for a child's own device, which runs it in JavaScript.

The file is gzip of: the length of the header (32 bits, little-endian), the header (JSON, UTF-8),
and the sections. A section is bytes, or numbers of 16 or 32 bits written byte by byte in planes:
all lowest bytes first, then the next. That packs better. The header says what each section is.

What is in it: words and pairs with their weights, phrases, frames, known words, stated ages, and
the tables of Unicode that Python and browsers might differ in. What is not: heads (`heads`),
pieces, and any text that phrases are written in; words of phrases are there, since slips are read
through them.
"""

from __future__ import annotations

import gzip
import json
import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from fieldfare.language import known_words
from fieldfare.language.annotate import LanguageModel
from fieldfare.language.device_ages import age_tables
from fieldfare.language.device_unicode import unicode_tables
from fieldfare.language.frame_index import Frames
from fieldfare.language.indicators import Indicators
from fieldfare.vocabulary import SettingsError

FORMAT: Final = "fieldfare-device-tables-2"
"""Names the format and its version; a device refuses another."""


class _Sections:
    """Gathers sections, and says where each stands."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.index: dict[str, dict[str, Any]] = {}
        self._at = 0

    def add(self, name: str, values: npt.NDArray[Any]) -> None:
        data = values.astype(values.dtype.newbyteorder("<"))
        width = data.dtype.itemsize
        planes = data.view(np.uint8).reshape(-1, width).T.tobytes()
        self.index[name] = {"at": self._at, "count": int(values.size), "width": width}
        self.parts.append(planes)
        self._at += len(planes)


def device_tables(model: LanguageModel, extra: dict[str, Any] | None = None) -> bytes:
    """The file for a model; `extra` stands in its header too. The same model gives the same bytes.
    Raises SettingsError for a token table of 64 bits, which JavaScript has no numbers for."""
    if model.table.bits != 32:
        raise SettingsError(f"table {model.table.name}: devices read tables of 32 bits only")
    sections = _Sections()
    sections.add("weights", model.table.weights.view(np.uint16))
    _words(sections, "known", known_words.known())
    _words(sections, "voice", model.indicators.vocabulary.voices)
    _phrases(sections, model.indicators)
    _frames(sections, model.indicators.frames)
    most = model.table.message_most
    header = {
        "format": FORMAT,
        "fingerprint": model.fingerprint,
        "edges": model.table.edges,
        "message_most": most if math.isfinite(most) else None,
        "indicators": [
            {"id": one.id, "stage": one.stage, "title": one.title}
            for one in model.indicators.catalogue
        ],
        "furthest": model.indicators.tree.furthest,
        "everywhere": model.indicators.tree.everywhere,
        "unicode": unicode_tables(),
        "ages": age_tables(model.ages),
        **(extra or {}),
        "sections": sections.index,
    }
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    body = len(text).to_bytes(4, "little") + text + b"".join(sections.parts)
    return gzip.compress(body, 9, mtime=0)


def _words(sections: _Sections, name: str, entries: npt.NDArray[np.uint64]) -> None:
    entries = np.sort(entries[entries != 0])
    hashes = (entries >> np.uint64(32)).astype(np.uint32)
    sections.add(f"{name}_steps", np.diff(hashes, prepend=np.uint32(0)))
    sections.add(f"{name}_masks", (entries & np.uint64(0xFFFFFFFF)).astype(np.uint32))


def _phrases(sections: _Sections, indicators: Indicators) -> None:
    from fieldfare.language.phrase_index import FREE, INNER

    tree, vocabulary = indicators.tree, indicators.vocabulary
    slots = tree.slots.reshape(-1, 4)
    keys, after, *_ = slots[slots[:, 0] != FREE].T
    keys = keys[np.argsort(after & np.uint64(INNER - 1))]
    # Nodes are numbered as they come, from 4 on: the k-th key here leads to node k + 4.
    sections.add("parents", (keys >> np.uint64(32)).astype(np.uint32))
    sections.add("labels", (keys & np.uint64(0xFFFFFFFF)).astype(np.uint32))
    sections.add("outputs_each", np.diff(tree.first).astype(np.uint32))
    sections.add("outputs", tree.outputs.astype(np.uint32))
    sections.add("reach", tree.reach.astype(np.uint32))
    sections.add("owners", tree.owners.astype(np.uint32))
    sections.add("words", vocabulary.data)
    sections.add("word_lengths", np.diff(vocabulary.bounds).astype(np.uint16))
    sections.add("word_masks", vocabulary.masks)


def _frames(sections: _Sections, frames: Frames) -> None:
    for name, first, rows in (
        ("sets", frames.parts_first, frames.parts),
        ("anchors", frames.anchors_first, frames.anchors),
        ("needed", frames.needed_first, frames.needed),
        ("barred", frames.barred_first, frames.barred),
    ):
        sections.add(f"{name}_each", _narrow(np.diff(first)))
        sections.add(name, _narrow(rows))
    sections.add("frame_owners", _narrow(frames.owners))
    sections.add("frame_languages", frames.languages)
    sections.add("stems", frames.stems)


def _narrow(values: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    return values.astype(np.uint16 if values.max(initial=0) < 1 << 16 else np.uint32)
