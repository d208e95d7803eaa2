"""A file ten times as large takes no more memory to read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

MEASURE = """
import json, resource, sys
from pathlib import Path
from fieldfare.sources.reader import Problems, ReadOptions
from fieldfare.sources.registry import read_paths
batches = read_paths([Path(sys.argv[1])], ReadOptions(), Problems())
rows = sum(batch.num_rows for _, batch in batches)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps([rows, peak]))
"""
SIZES = {"jsonl": (100, 300), "csv": (100, 300), "parquet": (40, 200), "txt": (12, 48)}
"""MB of the small file, enough to fill every buffer once, and of the large. Lines of an edge list
are short, and its rows take the most memory for their bytes."""
GROWTH = 45_000_000
"""Bytes. Allocators keep some of what they had; a reader that gathers takes 150 MB more."""
TEXT = "are your parents home " * 40
"""Long texts, so that bytes and not rows are many, and the test is quick."""


def write(path: Path, size: int) -> None:
    """A file of about `size` bytes in the form its suffix says."""
    block = 1000
    if path.suffix == ".parquet":
        schema = pa.schema(
            {"sender": pa.string(), "recipients": pa.list_(pa.string()), "sent_at": pa.int64(),
             "text": pa.string()}
        )  # fmt: skip
        with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
            for start in range(0, size // len(TEXT), 10_000):
                rows = range(start, start + 10_000)
                columns = [[f"u{n}" for n in rows], [["v"] for _ in rows], list(rows),
                           [f"{n} {TEXT}" for n in rows]]  # fmt: skip
                writer.write_table(pa.table(columns, schema=schema))
        return
    line = {
        ".jsonl": '{"type": "message", "sender": "a", "recipients": ["b"], "sent_at": 5, '
        f'"text": "{TEXT}"}}\n',
        ".csv": f"a,b,5,{TEXT}\n",
        ".txt": "17 23 1082040961\n",
    }[path.suffix].encode()
    with path.open("wb") as stream:
        if path.suffix == ".csv":
            stream.write(b"sender,recipients,sent_at,text\n")
        for _ in range(size // (len(line) * block)):
            stream.write(line * block)


def measure(path: Path) -> tuple[int, int]:
    """(rows, peak resident bytes) of a process that reads the file."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], capture_output=True, check=True
    )
    rows, peak = json.loads(done.stdout)
    return rows, peak


@pytest.mark.parametrize("form", SIZES)
def test_memory_stays_flat(form: str, tmp_path: Path) -> None:
    small, large = tmp_path / f"small.{form}", tmp_path / f"large.{form}"
    write(small, SIZES[form][0] * 1_000_000)
    write(large, SIZES[form][1] * 1_000_000)
    few, low = measure(small)
    many, high = measure(large)
    assert many > 2 * few > 0
    assert high - low < GROWTH
