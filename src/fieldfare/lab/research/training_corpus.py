"""The training part of PAN-2012 as a corpus of token hashes for ``fieldfare train language``.

So a table can be trained that has seen no author of the test part. Offenders, those who wrote in
the same conversations (``partner``), and everyone else (``pan2012``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from fieldfare.lab.language_corpus import PARTNER
from fieldfare.lab.research.pan2012 import messages, read_offenders
from fieldfare.language import kernel, normalise
from fieldfare.vocabulary import SettingsError

_AT_ONCE = 50_000


def write(corpus: Path, offenders: Path, out: Path) -> dict[str, Any]:
    """Write it to `out` (``.parquet``) and say what it holds. The file is read three times, since
    who wrote with an offender is known only at its end. Raises InputError and SettingsError."""
    if out.suffix != ".parquet":
        raise SettingsError(f"{out.name}: a corpus of token hashes is a .parquet file")
    listed = set(read_offenders(offenders))
    shared: set[str] = {said.conversation for said in messages(corpus) if said.author in listed}
    partners: set[str] = {
        said.author for said in messages(corpus) if said.conversation in shared
    } - listed
    tables, texts, rows = [], list[str](), list[tuple[str, bool, str, str]]()

    def flush() -> None:
        tokens, offsets = kernel.hashes(normalise.normalise(pa.array(texts, pa.large_string())))
        columns = list(zip(*rows, strict=True))
        tables.append(
            pa.table(
                {
                    "author": pa.array(columns[0], pa.string()),
                    "offender": pa.array(columns[1], pa.bool_()),
                    "chat": pa.array(columns[2], pa.string()),
                    "source": pa.array(columns[3], pa.string()),
                    "tokens": pa.LargeListArray.from_arrays(pa.array(offsets), pa.array(tokens)),
                }
            )
        )
        texts.clear()
        rows.clear()

    for said in messages(corpus):
        if not said.text.strip():
            continue
        offends = said.author in listed
        source = "offender" if offends else PARTNER if said.author in partners else "pan2012"
        rows.append((said.author, offends, said.conversation, source))
        texts.append(said.text)
        if len(texts) >= _AT_ONCE:
            flush()
    if texts:
        flush()
    table = pa.concat_tables(tables)
    pq.write_table(table, out, compression="zstd")
    return {"file": out.name, "messages": table.num_rows, "offenders": len(listed)}
