-- Whom the children of a circle know, besides the account itself.
--
-- Enters: circle, approaches, relations, totals.
-- Leaves: one row an account, child of its circle, and other account that the child wrote to
-- privately or is connected with. Of one child the first 256 of these count: a child with a million
-- contacts costs no more than one with 256. Times are microseconds UTC.
--   contacted_at  when the account first wrote to the child.
--   wrote         1 where the child wrote to the other, 0 where they are only connected.
--   tied_at       since when child and other are tied: each wrote to the other, or they are connected.
--                 What only one of them did makes no tie.
--   own_tied_at   since when account and other are tied.
--   in_circle     1 where the other is a child of the same circle.
--   hub           1 where the other wrote to more than 256 accounts: everyone's contact is nobody's.
WITH members AS (
  SELECT DISTINCT peer AS account FROM circle
),
known AS (
  SELECT
    a.account AS account,
    a.peer AS peer,
    a.contacted_at AS known_at,
    CASE WHEN a.answered_at > a.contacted_at THEN a.answered_at
      WHEN a.answered_at IS NOT NULL THEN a.contacted_at END AS tied_at,
    1 AS wrote
  FROM approaches AS a
  INNER JOIN members AS m ON m.account = a.account
  UNION ALL
  SELECT
    r.account AS account,
    r.peer AS peer,
    r.connected_at AS known_at,
    r.connected_at AS tied_at,
    0 AS wrote
  FROM relations AS r
  INNER JOIN members AS m ON m.account = r.account
  WHERE r.connected_at IS NOT NULL
),
merged AS (
  SELECT
    account,
    peer,
    MIN(known_at) AS known_at,
    MIN(tied_at) AS tied_at,
    MAX(wrote) AS wrote
  FROM known
  GROUP BY account, peer
),
numbered AS (
  SELECT
    m.*,
    ROW_NUMBER() OVER (PARTITION BY account ORDER BY known_at, peer) AS nth
  FROM merged AS m
)
SELECT
  c.account AS account,
  c.peer AS peer,
  n.peer AS other,
  c.contacted_at AS contacted_at,
  n.wrote AS wrote,
  n.tied_at AS tied_at,
  CASE
    WHEN own.answered_at IS NULL THEN r.connected_at
    WHEN r.connected_at < own.answered_at OR r.connected_at < own.contacted_at
      THEN r.connected_at
    WHEN own.answered_at > own.contacted_at THEN own.answered_at
    ELSE own.contacted_at
  END AS own_tied_at,
  CASE WHEN o.peer IS NULL THEN 0 ELSE 1 END AS in_circle,
  CASE WHEN t.peers > 256 THEN 1 ELSE 0 END AS hub
FROM circle AS c
INNER JOIN numbered AS n ON n.account = c.peer
LEFT JOIN circle AS o ON o.account = c.account AND o.peer = n.peer
LEFT JOIN approaches AS own ON own.account = c.account AND own.peer = n.peer
LEFT JOIN relations AS r ON r.account = c.account AND r.peer = n.peer
LEFT JOIN totals AS t ON t.account = n.peer
WHERE n.nth <= 256 AND n.peer <> c.account
