-- The circle of an account: the children whose surroundings are looked at.
--
-- Enters: firsts, counts. Leaves: one row an account and child, only for accounts that wrote first to
-- at least 2.5 children (expected), and of these the first sixty, so that the work for one account is
-- bounded and ordinary accounts cost nothing.
SELECT account, peer, contacted_at, connected_before
FROM (
  SELECT
    f.account AS account,
    f.peer AS peer,
    f.contacted_at AS contacted_at,
    f.connected_before AS connected_before,
    ROW_NUMBER() OVER (PARTITION BY f.account ORDER BY f.contacted_at, f.peer) AS nth
  FROM firsts AS f
  INNER JOIN counts AS c ON c.account = f.account
  WHERE c.weight >= 2.5
) AS numbered
WHERE nth <= 60
