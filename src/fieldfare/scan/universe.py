"""What playing an account's past again needs: its universe, copied from the scan's engine.

A universe is the account, everyone it exchanged messages or acts with, and what is needed of the
contacts of those it wrote to first, so that its surroundings are what they were at any moment.
Caps are those of the signals' SQL and cut by time: the first so many of today, as far as they had
happened, are the first so many of that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa

from fieldfare.contacts.engine import Engine

MAX_CONTACTS: Final = 256
"""Contacts looked at of one account, as in `surroundings.sql` and `linked.sql`."""
MAX_CHILDREN: Final = 240
"""First contacts with possible children whose surroundings are copied. Sixty make a circle; the
rest are there because an age stated later can change who counted as a child."""
MAX_SOUGHT: Final = 240
"""First contacts whose age may be inferred from their peers, as in `sought.sql`."""


def create_members(engine: Engine, accounts: Sequence[str]) -> None:
    """Create `flagged` and `members`: for each flagged account its universe, which is itself and
    everyone it exchanged messages or acts with."""
    engine.load("flagged", pa.table({"account": pa.array(accounts, pa.string())}))
    engine.create(
        "members",
        "SELECT universe, member FROM ("
        " SELECT f.account AS universe, f.account AS member FROM flagged AS f"
        " UNION SELECT f.account AS universe, c.peer AS member FROM flagged AS f"
        " INNER JOIN contacts AS c ON c.account = f.account"
        " UNION SELECT f.account AS universe, c.account AS member FROM flagged AS f"
        " INNER JOIN contacts AS c ON c.peer = f.account"
        " UNION SELECT f.account AS universe, r.account AS member FROM flagged AS f"
        " INNER JOIN relations AS r ON r.peer = f.account"
        " UNION SELECT f.account AS universe, r.peer AS member FROM flagged AS f"
        " INNER JOIN relations AS r ON r.account = f.account) AS everyone",
    )


def load_universes(engine: Engine, replay: Engine) -> None:
    """Copy the universes of `flagged` into the replay's engine: `known_deliveries`,
    `known_mentions`, `known_acts`, `known_accounts`, `norms`, and `moments`, the steps to try."""
    _create_surroundings(engine)
    _load_deliveries(engine, replay)
    replay.load(
        "known_mentions",
        engine.fetch(
            "SELECT f.account AS universe, m.* FROM mentions AS m"
            " INNER JOIN flagged AS f ON f.account = m.sender"
        ),
    )
    replay.load("known_acts", engine.fetch(_ACTS))
    replay.load(
        "known_accounts",
        engine.fetch(
            "SELECT m.universe AS universe, a.* FROM accounts AS a INNER JOIN ("
            "SELECT universe, member FROM members"
            " UNION SELECT universe, account AS member FROM outer_pairs"
            " UNION SELECT universe, peer AS member FROM outer_pairs) AS m"
            " ON m.member = a.account"
        ),
    )
    replay.load("norms", engine.fetch("SELECT * FROM norms"))
    replay.load("moments", engine.fetch(_MOMENTS))


def _create_surroundings(engine: Engine) -> None:
    """Create `looked_at`, the possible children of each universe, and `outer_pairs`: the pairs of
    one of them and somebody outside that can matter, in both directions."""
    engine.create(
        "looked_at",
        "SELECT universe, member FROM ("
        " SELECT a.account AS universe, a.peer AS member, ROW_NUMBER() OVER ("
        " PARTITION BY a.account ORDER BY a.contacted_at, a.peer) AS nth"
        " FROM approaches AS a INNER JOIN flagged AS f ON f.account = a.account"
        " LEFT JOIN people AS p ON p.account = a.peer"
        " WHERE a.wrote_first = 1 AND (a.child_weight > 0 OR p.stated_age IS NOT NULL)"
        f") AS possible WHERE nth <= {MAX_CHILDREN}"
        # Whose age may be inferred from their peers, now or then; a birth date moves with time.
        " UNION SELECT n.universe AS universe, n.member AS member FROM ("
        " SELECT a.account AS universe, a.peer AS member, ROW_NUMBER() OVER ("
        " PARTITION BY a.account ORDER BY a.contacted_at, a.peer) AS nth"
        " FROM approaches AS a INNER JOIN flagged AS f ON f.account = a.account"
        " WHERE a.wrote_first = 1) AS n LEFT JOIN people AS p ON p.account = n.member"
        f" WHERE n.nth <= {MAX_SOUGHT} AND (p.given_age IS NULL"
        " OR (p.given_basis = 'declared' AND p.given_age < 40))",
    )
    engine.create("known_to", f"{_KNOWN_TO} UNION {_KNOWN_IN_GROUPS_TO}")
    engine.create(
        "outer_pairs",
        "SELECT p.universe AS universe, p.account AS account, p.peer AS peer FROM ("
        " SELECT l.universe AS universe, k.account AS account, k.peer AS peer"
        " FROM looked_at AS l INNER JOIN known_to AS k ON k.account = l.member"
        " UNION SELECT l.universe AS universe, k.peer AS account, k.account AS peer"
        " FROM looked_at AS l INNER JOIN known_to AS k ON k.account = l.member"
        # A hub is known by the number of accounts it wrote to.
        " UNION SELECT m.universe AS universe, k.account AS account, k.peer AS peer"
        " FROM members AS m INNER JOIN totals AS t ON t.account = m.member"
        f" AND t.peers > {MAX_CONTACTS} INNER JOIN known_to AS k ON k.account = m.member"
        ") AS p"
        " LEFT JOIN members AS a ON a.universe = p.universe AND a.member = p.account"
        " LEFT JOIN members AS b ON b.universe = p.universe AND b.member = p.peer"
        " WHERE a.member IS NULL OR b.member IS NULL",
    )


_KNOWN_IN_GROUPS_TO: Final = (
    "SELECT account, peer FROM (SELECT account, peer, ROW_NUMBER() OVER ("
    " PARTITION BY account ORDER BY known_at, peer) AS nth FROM ("
    " SELECT account, peer, MIN(known_at) AS known_at FROM ("
    " SELECT c.account AS account, c.peer AS peer, CASE WHEN c.first_private_at IS NULL"
    " OR c.first_group_at < c.first_private_at THEN c.first_group_at ELSE c.first_private_at END"
    " AS known_at FROM contacts AS c INNER JOIN (SELECT DISTINCT member FROM looked_at) AS l"
    " ON l.member = c.account"
    " UNION ALL SELECT r.account AS account, r.peer AS peer, r.connected_at AS known_at"
    " FROM relations AS r INNER JOIN (SELECT DISTINCT member FROM looked_at) AS l"
    " ON l.member = r.account WHERE r.connected_at IS NOT NULL"
    ") AS each GROUP BY account, peer) AS merged_in) AS numbered_in"
    f" WHERE nth <= {MAX_CONTACTS + 1}"
)
"""As `inferred.sql` counts them: groups too."""

_KNOWN_TO: Final = (
    "SELECT account, peer FROM ("
    " SELECT account, peer, ROW_NUMBER() OVER ("
    " PARTITION BY account ORDER BY known_at, peer) AS nth FROM ("
    " SELECT account, peer, MIN(known_at) AS known_at FROM ("
    " SELECT a.account AS account, a.peer AS peer, a.contacted_at AS known_at"
    " FROM approaches AS a INNER JOIN {whose} AS w ON w.account = a.account"
    " UNION ALL SELECT r.account AS account, r.peer AS peer, r.connected_at AS known_at"
    " FROM relations AS r INNER JOIN {whose} AS w ON w.account = r.account"
    " WHERE r.connected_at IS NOT NULL) AS known GROUP BY account, peer) AS merged"
    f") AS numbered WHERE nth <= {MAX_CONTACTS + 1}"
    " UNION SELECT peer AS account, account AS peer FROM ("
    " SELECT a.account AS account, a.peer AS peer, ROW_NUMBER() OVER ("
    " PARTITION BY a.peer ORDER BY a.contacted_at, a.account) AS nth"
    " FROM approaches AS a INNER JOIN (SELECT DISTINCT member FROM looked_at) AS l"
    " ON l.member = a.peer WHERE a.wrote_first = 1"
    f") AS comers WHERE nth <= {MAX_CONTACTS}"
).format(
    whose="(SELECT member AS account FROM looked_at UNION SELECT m.member AS account"
    " FROM members AS m INNER JOIN totals AS t ON t.account = m.member"
    f" AND t.peers > {MAX_CONTACTS})"
)


def _load_deliveries(engine: Engine, replay: Engine) -> None:
    # Among the members everything counts. Of what they wrote to others, the ages they stated; and
    # of the outer pairs when each first wrote, in private and in a group, which is all that the
    # surroundings and inferred ages rest on.
    replay.load(
        "known_deliveries",
        engine.fetch(
            "SELECT s.universe AS universe, d.* FROM deliveries AS d"
            " INNER JOIN members AS s ON s.member = d.sender"
            " LEFT JOIN members AS t ON t.member = d.recipient AND t.universe = s.universe"
            " WHERE t.member IS NOT NULL OR d.stated_age IS NOT NULL"
            " UNION ALL SELECT p.universe AS universe, CAST(NULL AS VARCHAR) AS message_id,"
            " c.account AS sender, c.peer AS recipient, c.first_private_at AS sent_at,"
            " 0 AS is_group, CAST(NULL AS DOUBLE) AS weight_sum, CAST(NULL AS INTEGER) AS tokens,"
            " CAST(NULL AS DOUBLE) AS stated_age, CAST(NULL AS DOUBLE) AS stated_age_confidence"
            " FROM outer_pairs AS p"
            " INNER JOIN contacts AS c ON c.account = p.account AND c.peer = p.peer"
            " WHERE c.first_private_at IS NOT NULL"
            " UNION ALL SELECT p.universe AS universe, CAST(NULL AS VARCHAR) AS message_id,"
            " c.account AS sender, c.peer AS recipient, c.first_group_at AS sent_at,"
            " 1 AS is_group, CAST(NULL AS DOUBLE) AS weight_sum, CAST(NULL AS INTEGER) AS tokens,"
            " CAST(NULL AS DOUBLE) AS stated_age, CAST(NULL AS DOUBLE) AS stated_age_confidence"
            " FROM outer_pairs AS p"
            " INNER JOIN contacts AS c ON c.account = p.account AND c.peer = p.peer"
            " WHERE c.first_group_at IS NOT NULL"
        ),
    )


_ACTS: Final = (
    "SELECT s.universe AS universe, a.* FROM acts AS a"
    " INNER JOIN members AS s ON s.member = a.account"
    " INNER JOIN flagged AS f ON f.account = s.universe"
    " WHERE a.account = f.account OR a.peer = f.account"
    " UNION ALL SELECT l.universe AS universe, r.account AS account, r.peer AS peer,"
    " 'connect' AS kind, r.connected_at AS acted_at"
    " FROM looked_at AS l INNER JOIN known_to AS k ON k.account = l.member"
    " INNER JOIN relations AS r ON r.account = k.account AND r.peer = k.peer"
    " WHERE r.connected_at IS NOT NULL AND r.peer <> l.universe"
)
"""What was done by or to the account; and whom the looked-at children are connected with."""

_MOMENTS: Final = (
    "SELECT account, moment FROM ("
    " SELECT a.account AS account, a.contacted_at AS moment FROM approaches AS a"
    " INNER JOIN flagged AS f ON f.account = a.account"
    " UNION SELECT i.account AS account, i.first_at AS moment FROM indicators AS i"
    " INNER JOIN flagged AS f ON f.account = i.account"
    " UNION SELECT a.account AS account, a.rejected_at AS moment FROM approaches AS a"
    " INNER JOIN flagged AS f ON f.account = a.account WHERE a.rejected_at IS NOT NULL"
    " UNION SELECT f.account AS account, g.as_of AS moment FROM flagged AS f"
    " CROSS JOIN settings AS g"
    ") AS each_moment ORDER BY account, moment"
)
