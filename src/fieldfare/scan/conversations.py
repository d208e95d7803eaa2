"""The conversations of flagged accounts with probable children, and all else a snapshot holds.

Asked of the engine that holds the events, a few accounts at a time, so that no more than those is
in memory at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import pyarrow as pa

from fieldfare.contacts.engine import Engine
from fieldfare.scan.gather import MEDIA_SENT
from fieldfare.scan.snapshot import (
    MOST_MESSAGES,
    SeenMedia,
    SeenMessage,
    SeenNotice,
    SeenReason,
    Snapshot,
    place,
    source_of,
    spans_of,
)

if TYPE_CHECKING:
    from fieldfare.language.annotate import LanguageModel
    from fieldfare.scan.run import AccountAssessment, ScanResult

Media: TypeAlias = "dict[tuple[Any, ...], list[SeenMedia]]"
"""By message: id, sender, time, and where it was read."""

AT_ONCE: Final = 20
"""Accounts looked up together."""

# A "group" of two or three is private, as everywhere.
_SEEN: Final = """
SELECT p.account AS account, p.child AS child, {from_account} AS from_account, m.id AS id,
  m.sent_at AS sent_at, m.text AS text, m.indicators AS indicators, m.origin AS origin
FROM (
  SELECT id, sender, UNNEST(LIST_DISTINCT(recipients)) AS recipient, sent_at, text, indicators,
    origin
  FROM messages
  WHERE ARRAY_LENGTH(recipients) <= 256
    AND CASE WHEN kind = 'group' AND ARRAY_LENGTH(recipients) > 2 THEN 1 ELSE 0 END = 0
) AS m
INNER JOIN wanted_pairs AS p ON p.account = m.{account} AND p.child = m.{child}
"""


def snapshots(engine: Engine, result: ScanResult) -> Iterator[Snapshot]:
    """A snapshot of each flagged account that is written out, the gravest first. The engine holds
    their messages and those of their contacts."""
    flagged = [each for each in result.accounts if each.flagged]
    model = _model(result) if result.gathered.language else None
    if result.gathered.media is not None:
        columns = {name: "BIGINT" if name == "sent_at" else "VARCHAR" for name in MEDIA_SENT.names}
        engine.load_files("media_sent", [result.gathered.media], columns)
    for start in range(0, len(flagged), AT_ONCE):
        block = flagged[start : start + AT_ONCE]
        _load_pairs(engine, block)
        media = {} if result.gathered.media is None else _media(engine)
        talk = _conversations(engine, model, media)
        ties, notices = _ties(engine), _notices(engine)
        for account in block:
            messages, left_out = talk.get(account.account, ([], 0))
            yield _snapshot(
                result,
                account,
                messages,
                left_out,
                tuple(ties.get(account.account, ())),
                tuple(notices.get(account.account, ())),
            )


def _load_pairs(engine: Engine, block: Sequence[AccountAssessment]) -> None:
    pairs = [(each.account, child.account) for each in block for child in each.evidence.children]
    engine.load(
        "wanted_pairs",
        pa.table(
            {
                "account": pa.array([account for account, _ in pairs], pa.string()),
                "child": pa.array([child for _, child in pairs], pa.string()),
            }
        ),
    )
    engine.load(
        "wanted_accounts", pa.table({"account": pa.array([a.account for a in block], pa.string())})
    )


def _media(engine: Engine) -> Media:
    """What these accounts and children sent beside text, by message."""
    rows = engine.fetch(
        f"SELECT m.{', m.'.join(MEDIA_SENT.names)} FROM media_sent AS m INNER JOIN"
        " (SELECT account AS who FROM wanted_pairs UNION SELECT child AS who FROM wanted_pairs)"
        " AS w ON w.who = m.sender"
    )
    found: Media = defaultdict(list)
    for *message, kind, hash_ in zip(*(rows[n].to_pylist() for n in MEDIA_SENT.names), strict=True):
        found[tuple(message)].append(SeenMedia(kind, hash_))
    for each in found.values():
        # The engine promises no order.
        each.sort(key=lambda one: (one.kind, one.hash or ""))
    return found


def _conversations(
    engine: Engine, model: LanguageModel | None, media: Media
) -> dict[str, tuple[list[SeenMessage], int]]:
    """By account, its first messages with children in order of time, and how many more there
    are."""
    sent = _SEEN.format(from_account=1, account="sender", child="recipient")
    received = _SEEN.format(from_account=0, account="recipient", child="sender")
    rows = engine.fetch(
        "SELECT account, child, from_account, id, sent_at, text, indicators, origin, nth FROM ("
        "SELECT account, child, from_account, id, sent_at, text, indicators, origin,"
        " ROW_NUMBER() OVER (PARTITION BY account ORDER BY sent_at, child, id) AS nth"
        f" FROM ({sent} UNION ALL {received}) AS talk) AS numbered"
        f" WHERE nth <= {MOST_MESSAGES} ORDER BY account, nth"
    )
    more = engine.fetch(
        "SELECT account, COUNT(*) AS messages FROM ("
        f"SELECT account FROM ({sent}) AS one UNION ALL SELECT account FROM ({received}) AS other"
        ") AS talk GROUP BY account"
    )
    counts = dict(zip(more["account"].to_pylist(), more["messages"].to_pylist(), strict=True))
    found: dict[str, list[SeenMessage]] = defaultdict(list)
    for row in rows.to_pylist():
        found[row["account"]].append(_message(row, model, media))
    return {
        account: (messages, int(counts[account]) - len(messages))
        for account, messages in found.items()
    }


def _message(row: dict[str, Any], model: LanguageModel | None, media: Media) -> SeenMessage:
    sender = row["account"] if row["from_account"] else row["child"]
    origin = row["origin"] or {}
    read_at = (origin.get("source"), origin.get("member"), origin.get("locator"))
    shown, text = tuple(row["indicators"] or ()), row["text"]
    return SeenMessage(
        id=row["id"],
        child=row["child"],
        from_account=bool(row["from_account"]),
        sent_at=row["sent_at"],
        text=text,
        indicators=shown,
        spans=spans_of(text, model) if model and shown and text is not None else (),
        origin=place(row["origin"]),
        source=source_of(row["origin"]),
        media=tuple(media.get((row["id"], sender, row["sent_at"], *read_at), ())),
    )


def _ties(engine: Engine) -> dict[str, list[tuple[str, str]]]:
    rows = engine.fetch(
        "SELECT one.account AS account, c.account AS child, c.peer AS other"
        " FROM wanted_pairs AS one"
        " INNER JOIN contacts AS c ON c.account = one.child"
        " INNER JOIN wanted_pairs AS two ON two.account = one.account AND two.child = c.peer"
        " INNER JOIN contacts AS back ON back.account = c.peer AND back.peer = c.account"
        " WHERE c.account < c.peer ORDER BY account, child, other"
    )
    found: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in rows.to_pylist():
        found[row["account"]].append((row["child"], row["other"]))
    return found


def _notices(engine: Engine) -> dict[str, list[SeenNotice]]:
    rows = engine.fetch(
        "SELECT a.peer AS account, a.kind AS kind, a.account AS by_account,"
        " a.acted_at AS acted_at FROM acts AS a"
        " INNER JOIN wanted_accounts AS w ON w.account = a.peer"
        " WHERE a.kind IN ('block', 'report', 'decline')"
        " ORDER BY acted_at, by_account, kind"
    )
    found: dict[str, list[SeenNotice]] = defaultdict(list)
    for row in rows.to_pylist():
        found[row["account"]].append(SeenNotice(row["kind"], row["by_account"], row["acted_at"]))
    return found


def _snapshot(
    result: ScanResult,
    account: AccountAssessment,
    messages: Sequence[SeenMessage],
    left_out: int,
    ties: tuple[tuple[str, str], ...],
    notices: tuple[SeenNotice, ...],
) -> Snapshot:
    evidence, first = account.evidence, account.first_flag
    linked = account.signals.get("linked_account")
    return Snapshot(
        account=account.account,
        as_of=result.as_of,
        band=account.band,
        probability=account.probability,
        flagged=account.flagged,
        name=evidence.name,
        age=evidence.age,
        age_basis=evidence.age_basis,
        country=evidence.country,
        first_flagged_at=first.at if first else None,
        children_when_flagged=first.children_contacted if first else None,
        scorecard=f"{result.scorecard.version} sha256:{result.scorecard.sha256}",
        language=result.gathered.language,
        reasons=tuple(
            SeenReason(
                each.signal,
                each.value,
                each.contribution,
                each.sentence,
                tuple(evidence.message_ids(each.signal)),
            )
            for each in account.reasons
        ),
        children=tuple(evidence.children),
        ties=ties,
        linked=(linked,) if linked else (),
        notices=notices,
        messages=tuple(messages),
        messages_left_out=left_out,
    )


def _model(result: ScanResult) -> LanguageModel:
    from fieldfare.language.annotate import LanguageModel

    settings = result.settings
    return LanguageModel.load(frames=settings.frames, heads=settings.heads)
