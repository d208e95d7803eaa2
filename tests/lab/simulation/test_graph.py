"""A world around a real graph keeps its events as they were."""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from fieldfare.lab.demo_talk import START
from fieldfare.lab.simulation.fit import FIGURES, measure, read_edges, side_by_side
from fieldfare.lab.simulation.graph import simulate_on_graph
from fieldfare.lab.simulation.parameters import load
from fieldfare.vocabulary import InputError

NODES, EVENTS = 400, 6_000


def write_graph(path: Path, days: float = 100) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    """Invented: people write within circles of ten."""
    rng = np.random.default_rng(7)
    source = rng.integers(NODES, size=EVENTS)
    target = source // 10 * 10 + rng.integers(10, size=EVENTS)
    seconds = np.sort(rng.integers(1_000_000, 1_000_000 + int(days * 86_400), size=EVENTS))
    edges = np.stack([source, target, seconds], axis=1)
    np.savetxt(path, edges, fmt="%d")
    kept: np.ndarray[tuple[int, int], np.dtype[np.int64]] = edges[source != target]
    return kept


def test_real_events_are_kept(tmp_path: Path) -> None:
    edges = write_graph(tmp_path / "graph.txt")
    made = simulate_on_graph(tmp_path / "world", load(), tmp_path / "graph.txt", text="evidence")
    assert made.kinds["mass_contact"] == 1
    assert "from_inside_team" not in made.kinds
    with duckdb.connect() as base:
        times = base.execute(
            f"""SELECT sent_at FROM read_parquet('{tmp_path}/world/messages.parquet')
            WHERE kind = 'private'"""
        ).fetchall()
        near = base.execute(
            f"""SELECT avg((abs(a.age - b.age) < 6)::INT),
                (SELECT avg((abs(a.age - b.age) < 6)::INT) FROM truth a CROSS JOIN truth b)
            FROM (SELECT DISTINCT sender, recipients[1] AS peer
                FROM read_parquet('{tmp_path}/world/messages.parquet')) AS m
            JOIN truth a ON a.account = sender JOIN truth b ON b.account = peer
            WHERE NOT a.offender AND NOT b.offender""".replace(
                "truth", f"read_parquet('{tmp_path}/world/truth.parquet')"
            )
        ).fetchall()
    simulated = {at for (at,) in times}
    real = {START + int((s - edges[0, 2]) * 1_000_000) for s in edges[:, 2].tolist()}
    # All but those that a block cut off, to the microsecond.
    missing = sum(not {at - 1, at, at + 1} & simulated for at in real)
    assert missing < 0.05 * len(real)
    ((linked, chance),) = near
    assert linked > 1.5 * chance


def test_the_busiest_days_of_a_longer_graph(tmp_path: Path) -> None:
    write_graph(tmp_path / "graph.txt", days=400)
    made = simulate_on_graph(tmp_path / "world", load(), tmp_path / "graph.txt", days=60)
    assert 0.1 * EVENTS < made.messages < 0.5 * EVENTS + 4_000


def test_what_is_no_graph_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "graph.txt"
    for text in ("", "a b c\n", "1 2\n"):
        path.write_text(text, "utf-8")
        with pytest.raises(InputError, match=r"graph\.txt"):
            read_edges(path)
    path.write_text("1 2 100\n2 1 200\n", "utf-8")
    with pytest.raises(InputError, match="2 accounts"):
        simulate_on_graph(tmp_path / "world", load(), path)


def test_figures_against_a_hand_computed_graph() -> None:
    """0, 1 and 2 all write to one another but 2 never to 0; 3 only ever hears from 0."""
    pairs = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 2), (0, 3)]
    sender, recipient = np.array(pairs).T
    found = measure(sender, recipient, np.arange(6) * 60.0)
    assert set(found) == set(FIGURES)
    assert found["messages_per_account"] == 1.5
    assert found["messages_per_pair"] == 1
    assert found["contacts_most"] == 3
    assert found["reciprocity"] == pytest.approx(4 / 6, abs=1e-3)
    # Of the five pairs of neighbours of one account, three are closed.
    assert found["transitivity"] == pytest.approx(3 / 5, abs=0.01)
    # 0 writes at 0, 4 and 5 minutes; 1 at 1 and 2.
    assert found["gap_median_minutes"] == 1
    table = side_by_side({"mine": found, "other": found})
    assert table.count("\n") == len(FIGURES) + 1
