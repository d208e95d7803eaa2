-- Whom an account is familiar with without having begun it: what its own life looks like, beside the
-- contacts that it makes.
--
-- Enters: counts, approaches, contacts, relations, people, settings. Leaves: one row an account that
-- wrote first to at least one child (expected), of the familiar whose age is given or stated:
--   children, adults  expected numbers. Familiar is who wrote to it first and was answered; who wrote
--                     in a group in which it wrote as well; and who is connected with it. Nobody
--                     counts whom it wrote to first, except where both had written in a group before:
--                     what one account can bring about alone must not make it look at home.
WITH seekers AS (
  SELECT account FROM counts WHERE weight >= 1.0
),
ties AS (
  SELECT a.account AS account, a.peer AS peer
  FROM approaches AS a
  INNER JOIN seekers AS s ON s.account = a.account
  WHERE a.wrote_first = 0
  UNION
  SELECT sent.account AS account, sent.peer AS peer
  FROM contacts AS sent
  INNER JOIN seekers AS s ON s.account = sent.account
  INNER JOIN contacts AS got ON got.account = sent.peer AND got.peer = sent.account
  LEFT JOIN approaches AS a ON a.account = sent.account AND a.peer = sent.peer
  WHERE sent.first_group_at IS NOT NULL AND got.first_group_at IS NOT NULL
    AND (a.wrote_first IS NULL OR a.wrote_first = 0
      OR (sent.first_group_at < a.contacted_at AND got.first_group_at < a.contacted_at))
  UNION
  SELECT r.account AS account, r.peer AS peer
  FROM relations AS r
  INNER JOIN seekers AS s ON s.account = r.account
  LEFT JOIN approaches AS a ON a.account = r.account AND a.peer = r.peer
  WHERE r.connected_at IS NOT NULL AND r.requested_at IS NULL
    AND (a.wrote_first IS NULL OR a.wrote_first = 0)
)
SELECT
  t.account AS account,
  SUM(p.child_weight) AS children,
  SUM(1.0 - p.child_weight) AS adults
FROM ties AS t
INNER JOIN people AS p ON p.account = t.peer
WHERE p.age_basis <> 'unknown'
GROUP BY t.account
