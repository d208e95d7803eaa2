"""How well an investigation does on generated archives: who is found, where, and on what.

Each seed is another archive: other people, other countries, other languages. It goes through
`investigation` as an officer's would; then an officer who answers truthfully looks at the peers
that are shown first. Simulated people: what holds here may not hold of a real case.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from fieldfare.investigation import reading
from fieldfare.investigation.decisions import decide, decide_joins
from fieldfare.investigation.importing import import_paths
from fieldfare.investigation.run import analyse
from fieldfare.investigation.store import Investigation
from fieldfare.lab.suspect.archive import TRUTH, Archive, write_archive
from fieldfare.lab.suspect.tracing import Reference, follow
from fieldfare.sources.reader import ReadOptions

LOOKS = 60
TARGETS = {
    "recall": 0.95,
    "precision": 0.85,
    "recall_after_looks": 0.99,
    "country_right": 0.85,
    "lines_traced": 1.0,
}
"""What must hold, at least."""
RISKS = {
    "photo": "photo_asked",
    "meet": "meeting",
    "press": "threat",
    "gift": "money",
    "secret": "secrecy",
    "travel": "travel",
    "platform": "moved_platform",
}
"""Topics of the truth and the risks they are."""
ALSO = {"money": "travel"}
"""Risks that another topic rightly shows too: who pays for a ticket offers money."""

Say = Callable[[str], None]


@dataclass
class Truth:
    """What is known of an archive's people."""

    peers: list[dict[str, Any]]

    def __post_init__(self) -> None:
        self.of_account = {a: peer for peer in self.peers for a in peer["accounts"]}

    def behind(self, accounts: Iterable[str]) -> list[dict[str, Any]]:
        """The true people behind accounts, each once."""
        found = {self.of_account[a]["peer"]: self.of_account[a] for a in accounts if a in self}
        return list(found.values())

    def __contains__(self, account: str) -> bool:
        return account in self.of_account

    @property
    def children(self) -> list[dict[str, Any]]:
        return [peer for peer in self.peers if peer["child"]]


def evaluate(
    seeds: Sequence[int] = (1, 2, 3), looks: int = LOOKS, say: Say = lambda _: None, **sizes: int
) -> dict[str, Any]:
    """The figures of each seed, all of them together, and what must hold: met or missed.
    `sizes` as for `write_archive`."""
    each = []
    for seed in seeds:
        say(f"seed {seed}")
        with tempfile.TemporaryDirectory(prefix="fieldfare-") as folder:
            archive = write_archive(Path(folder), seed, **sizes)
            each.append({"seed": seed, **one_case(archive, looks)})
    worst = {name: min(figures[name] for figures in each) for name in TARGETS}
    exact = all(
        figures["dedupe"][wrong] == 0 for figures in each for wrong in ("merged_wrongly", "split")
    )
    return {
        "what": "simulated archives of one suspect; people and words are invented",
        "looks": looks,
        "must_hold": {
            **{
                name: {"target": target, "worst": worst[name], "met": worst[name] >= target}
                for name, target in TARGETS.items()
            },
            "dedupe_exact": {"target": True, "met": exact},
        },
        "by_language": _pooled(each, "language"),
        "by_country": _pooled(each, "country"),
        "by_shows": _pooled(each, "shows"),
        "held_out": _pooled(each, "held_out"),
        "by_risk": _by_risk(each),
        "seeds": [{k: v for k, v in figures.items() if k != "children"} for figures in each],
    }


def one_case(archive: Archive, looks: int) -> dict[str, Any]:
    """Investigate one archive, and measure."""
    text = (archive.folder / TRUTH / "peers.jsonl").read_text(encoding="utf-8")
    truth = Truth([json.loads(line) for line in text.splitlines()])
    options = ReadOptions(date_order="dmy", time_zone="Europe/London")
    with Investigation.open(archive.folder / "case", create=True) as case:
        began = time.perf_counter()
        import_paths(case, [archive.archives], options)
        analyse(case, imported=True)
        seconds = time.perf_counter() - began
        figures = _who(case, truth)
        figures |= {
            "seconds": round(seconds, 1),
            "country_right": _countries(case, truth, [p for p in truth.children if _cued(p)]),
            "country_right_of_all": _countries(case, truth, truth.peers),
            **_traced(case),
            "dedupe": _dedupe(case, archive),
            "joins": _joins(case, truth),
            "risks": _risks(case, truth),
        }
        refits = _look(case, truth, looks)
        after = _who(case, truth)
        figures |= {
            "recall_after_looks": after["recall"],
            "precision_after_looks": after["precision"],
            "missed_after_looks": after["missed"],
            "slowest_refit_seconds": round(max(refits), 2) if refits else 0.0,
        }
        figures["joins_confirmed"] = _confirm_joins(case, truth)
        figures["dedupe_after_joins"] = _dedupe(case, archive)
    return figures


def _who(case: Investigation, truth: Truth) -> dict[str, Any]:
    """Recall over true children, precision over the peers that are shown as children."""
    found: set[int] = set()
    right = shown = 0
    wrong: Counter[str] = Counter()
    for person in reading.people(case):
        people = truth.behind(person.accounts)
        if not person.counts or not people:
            continue
        shown += 1
        children = [peer for peer in people if peer["child"]]
        right += bool(children)
        found.update(peer["peer"] for peer in children)
        if not children:
            wrong[people[0]["role"]] += 1
    children = [{**peer, "found": peer["peer"] in found} for peer in truth.children]
    missed = [peer for peer in children if not peer["found"]]
    return {
        "recall": round(len(found) / len(children), 4),
        "precision": round(right / max(shown, 1), 4),
        "missed": [f"{p['language']} {p['shows']} {p['messages']} messages" for p in missed],
        "wrongly_shown": dict(wrong.most_common()),
        "children": children,
    }


def _pooled(each: list[dict[str, Any]], field: str) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[bool]] = defaultdict(list)
    for figures in each:
        for child in figures["children"]:
            groups[str(child[field])].append(child["found"])
    return {
        name: {"children": len(found), "recall": round(sum(found) / len(found), 4)}
        for name, found in sorted(groups.items())
    }


def _cued(peer: dict[str, Any]) -> bool:
    """Whether anything in the archives tells the country: a number, a town, a language that is
    not English."""
    return bool(peer["phone_shown"] or peer["place_stated"] or peer["language"] != "en")


def _countries(case: Investigation, truth: Truth, of: list[dict[str, Any]]) -> float:
    said: dict[int, set[str | None]] = defaultdict(set)
    for row in case.rows("SELECT accounts, country FROM peers"):
        for peer in truth.behind(row["accounts"]):
            said[peer["peer"]].add(row["country"])
    right = sum(peer["country"] in said[peer["peer"]] for peer in of)
    return round(right / max(len(of), 1), 4)


_REFERENCES = """
SELECT o.source AS source, o.member AS member, o.locator AS locator, o.raw_time AS raw_time, text
FROM (SELECT unnest(origins) AS o, COALESCE(text, '') AS text FROM messages) AS every
"""
_LINES = """
SELECT source, member, locator FROM cues UNION ALL SELECT source, member, locator FROM countries
UNION ALL SELECT source, member, locator FROM risks
"""


def _traced(case: Investigation) -> dict[str, Any]:
    """The share of lines (origins of messages; cues, countries, risks) whose record is found,
    with that text and time, where they say."""
    origins = case.rows(_REFERENCES)
    lines = case.rows(_LINES)
    every: list[Reference] = [(r["source"], r["member"], r["locator"]) for r in origins]
    said: list[Reference] = [(r["source"], r["member"], r["locator"]) for r in lines]
    stands = follow({*every, *said})
    good = {
        where
        for where, row in zip(every, origins, strict=True)
        if stands[where] == (row["text"], row["raw_time"])
    }
    traced = sum(where in good for where in every) + sum(where in good for where in said)
    untraced = [" ".join(where) for where in (*every, *said) if where not in good]
    return {
        "lines": len(every) + len(said),
        "lines_traced": traced / max(len(every) + len(said), 1),
        "untraced": [line.rpartition("/archives/")[2] for line in untraced[:5]],
    }


def _dedupe(case: Investigation, archive: Archive) -> dict[str, int]:
    """Every message once: how many rows hold two messages, how many messages stand in two rows.
    What is told apart by nothing (one writer, one minute, the same words) may be exchanged."""
    table = pq.read_table(archive.folder / TRUTH / "records.parquet")
    rows = table.select(["place", "locator", "message", "by", "peer", "text", "sent_at"])
    of = {(row["place"], row["locator"]): row for row in rows.to_pylist()}
    minute = 60_000_000
    held: dict[int, set[Any]] = {}
    alike: dict[int, Any] = {}
    for row in of.values():
        alike[row["message"]] = (row["peer"], row["by"], row["text"], row["sent_at"] // minute)
    twins = Counter(alike.values())
    merged = total = 0
    for row in case.rows("SELECT message, origins FROM messages"):
        total += 1
        true = {_true(of, archive, origin)["message"] for origin in row["origins"]}
        merged += len({alike[number] for number in true}) > 1
        held[row["message"]] = true
    places = Counter(number for true in held.values() for number in true)
    split = sum(n > 1 and twins[alike[number]] == 1 for number, n in places.items())
    return {
        "messages": total,
        "true_messages": len(alike),
        "records": len(of),
        "merged_wrongly": merged,
        "split": split,
    }


def _true(of: dict[Any, Any], archive: Archive, origin: dict[str, Any]) -> dict[str, Any]:
    where = Path(origin["source"]) / origin["member"]
    found: dict[str, Any] = of[where.relative_to(archive.archives).as_posix(), origin["locator"]]
    return found


def _joins(case: Investigation, truth: Truth) -> dict[str, int]:
    """Persons of two true people, and true people still in several persons."""
    persons: Counter[int] = Counter()
    wrong = 0
    for row in case.rows("SELECT accounts FROM peers"):
        people = truth.behind(row["accounts"])
        wrong += len(people) > 1
        persons.update(peer["peer"] for peer in people)
    states = case.rows("SELECT applied, COUNT(*) AS n FROM joins GROUP BY applied")
    known = {row["applied"]: row["n"] for row in states}
    return {
        "applied": known.get(True, 0),
        "proposed": known.get(False, 0),
        "wrong_persons": wrong,
        "still_apart": sum(n > 1 for n in persons.values()),
    }


def _confirm_joins(case: Investigation, truth: Truth) -> int:
    """An officer confirms what is true of the joins that are only proposed, in one go."""
    rows = case.rows(
        "SELECT join_id, account_a, account_b FROM joins WHERE NOT applied AND state = 'proposed'"
    )
    true = [r for r in rows if len(truth.behind((r["account_a"], r["account_b"]))) == 1]
    decide_joins(case, [row["join_id"] for row in true], "confirmed", "officer")
    return len(true)


def _risks(case: Investigation, truth: Truth) -> dict[str, dict[str, int]]:
    """By kind: the children with whom it happened, of these those for whom it is said, all
    children for whom it is said, and of these those with whom it (or what rightly shows as it)
    happened."""
    said: dict[str, set[int]] = defaultdict(set)
    persons = {
        row["peer"]: row["accounts"] for row in case.rows("SELECT peer, accounts FROM peers")
    }
    for row in case.rows("SELECT DISTINCT peer, kind FROM risks"):
        people = truth.behind(persons.get(row["peer"], ()))
        said[row["kind"]].update(peer["peer"] for peer in people if peer["child"])
    true: dict[str, set[int]] = defaultdict(set)
    for peer in truth.children:
        for act in peer["acts"]:
            if act in RISKS:
                true[RISKS[act]].add(peer["peer"])
        if peer["photo_sent"]:
            true["photo_sent"].add(peer["peer"])
    return {
        kind: {
            "children": len(true[kind]),
            "found": len(true[kind] & said[kind]),
            "said": len(said[kind]),
            "right": len((true[kind] | true[ALSO.get(kind, kind)]) & said[kind]),
        }
        for kind in sorted(true)
    }


def _by_risk(each: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Recall and precision of each kind of risk, over the children of all seeds."""
    sums: dict[str, Counter[str]] = defaultdict(Counter)
    for figures in each:
        for kind, counts in figures["risks"].items():
            sums[kind].update(counts)
    return {
        kind: {
            "children": counts["children"],
            "recall": round(counts["found"] / max(counts["children"], 1), 3),
            "precision": round(counts["right"] / max(counts["said"], 1), 3),
        }
        for kind, counts in sorted(sums.items())
    }


def _look(case: Investigation, truth: Truth, looks: int) -> list[float]:
    """Look at the peers shown first, one by one, and answer truthfully; the seconds of each."""
    spent = []
    for _ in range(looks):
        first = case.rows(
            "SELECT peer, accounts FROM peers WHERE verdict IS NULL"
            " ORDER BY priority DESC, peer LIMIT 1"
        )
        if not first:
            break
        child = any(peer["child"] for peer in truth.behind(first[0]["accounts"]))
        began = time.perf_counter()
        decide(case, first[0]["peer"], "child" if child else "not_child", "officer")
        spent.append(time.perf_counter() - began)
    return spent
