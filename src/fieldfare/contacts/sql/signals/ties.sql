-- How many people an account is tied with, besides the children it wrote to first: how much of a life
-- it has on the service.
--
-- Enters: counts, approaches, relations, firsts. Leaves: one row an account that wrote first to at
-- least one child (expected) and has a tie.
--   people  accounts with which it is connected, or where each wrote to the other privately.
WITH seekers AS (
  SELECT account FROM counts WHERE weight >= 1.0
),
tied AS (
  SELECT a.account AS account, a.peer AS peer
  FROM approaches AS a
  INNER JOIN seekers AS s ON s.account = a.account
  WHERE a.answered_at IS NOT NULL
  UNION
  SELECT r.account AS account, r.peer AS peer
  FROM relations AS r
  INNER JOIN seekers AS s ON s.account = r.account
  WHERE r.connected_at IS NOT NULL
)
SELECT t.account AS account, CAST(SUM(1) AS BIGINT) AS people
FROM tied AS t
LEFT JOIN firsts AS f ON f.account = t.account AND f.peer = t.peer
WHERE f.peer IS NULL
GROUP BY t.account
