"""Batches of messages with what the language room adds to each: what the ledger is made from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from fieldfare.vocabulary.schemas import MESSAGES

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel

ANNOTATED: Final = pa.schema(
    [field for field in MESSAGES if field.name != "media"]
    + [
        ("calls", pa.int32()),
        ("weight_sum", pa.float64()),
        ("tokens", pa.int32()),
        ("stated_age", pa.float64()),
        ("stated_age_confidence", pa.float64()),
        ("indicators", pa.list_(pa.string())),
    ]
)
"""The columns of messages without `media`, of which only the number of calls is kept, and the
evidence in the text (see `annotate.SCHEMA`), null where there is no text."""

_EVIDENCE: Final = (
    "weight_sum",
    "tokens",
    "stated_age",
    "stated_age_confidence",
    "indicators",
)


def annotate_messages(batch: pa.RecordBatch, model: Callable[[], LanguageModel]) -> pa.RecordBatch:
    """A batch of `schemas.MESSAGES` as rows of `ANNOTATED`. `model` is only called where there is
    text, since it takes a second to load."""
    columns = {field.name: batch[field.name] for field in MESSAGES if field.name != "media"}
    columns["calls"] = _count_calls(batch["media"])
    if batch["text"].null_count == batch.num_rows:
        for name in _EVIDENCE:
            columns[name] = pa.nulls(batch.num_rows, ANNOTATED.field(name).type)
    else:
        from fieldfare.language.annotate import annotate

        annotated = annotate(batch["text"], model())
        columns |= {name: annotated.column(name) for name in annotated.schema.names}
    return pa.RecordBatch.from_pydict(
        {
            name: pc.cast(columns[name], kind) if columns[name].type != kind else columns[name]
            for name, kind in zip(ANNOTATED.names, ANNOTATED.types, strict=True)
        },
        schema=ANNOTATED,
    )


def _count_calls(media: pa.Array) -> pa.Array:
    kinds = pc.struct_field(pc.list_flatten(media), "kind")
    calls = pc.equal(kinds, "call").to_numpy(zero_copy_only=False)
    parents = pc.list_parent_indices(media).to_numpy(zero_copy_only=False)
    counts = np.bincount(parents[calls], minlength=len(media))
    return pa.array(counts, pa.int32())
