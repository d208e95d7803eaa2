-- Another account that works through the same children: two accounts of one person, or of two who
-- share their finds.
--
-- Enters: circle, acquainted, approaches, relations.
-- Leaves: for each account with a circle the other account that wrote first to most of its children,
-- where that is at least two. Only children who know no other child of the circle count, since in a
-- class everyone writes to everyone; and the other must be no contact of the account, for friends
-- and colleagues have children in common. Of those who wrote first to one child the first 256 count.
WITH alone AS (
  SELECT c.account AS account, c.peer AS peer
  FROM circle AS c
  LEFT JOIN acquainted AS q ON q.account = c.account AND q.peer = c.peer
  WHERE q.peer IS NULL
),
members AS (
  SELECT DISTINCT peer FROM alone
),
comers AS (
  SELECT account, peer
  FROM (
    SELECT
      a.account AS account,
      a.peer AS peer,
      ROW_NUMBER() OVER (PARTITION BY a.peer ORDER BY a.contacted_at, a.account) AS nth
    FROM approaches AS a
    INNER JOIN members AS m ON m.peer = a.peer
    WHERE a.wrote_first = 1
  ) AS numbered
  WHERE nth <= 256
),
shared AS (
  SELECT a.account AS account, s.account AS other, CAST(SUM(1) AS BIGINT) AS children
  FROM alone AS a
  INNER JOIN comers AS s ON s.peer = a.peer
  WHERE s.account <> a.account
  GROUP BY a.account, s.account
  HAVING SUM(1) >= 2
),
ranked AS (
  SELECT
    s.account AS account,
    s.other AS other,
    s.children AS children,
    ROW_NUMBER() OVER (PARTITION BY s.account ORDER BY s.children DESC, s.other) AS nth
  FROM shared AS s
  LEFT JOIN approaches AS sent ON sent.account = s.account AND sent.peer = s.other
  LEFT JOIN approaches AS got ON got.account = s.other AND got.peer = s.account
  LEFT JOIN relations AS r ON r.account = s.account AND r.peer = s.other
  WHERE sent.peer IS NULL AND got.peer IS NULL AND r.connected_at IS NULL
)
SELECT account, children, other AS linked_account FROM ranked WHERE nth = 1
