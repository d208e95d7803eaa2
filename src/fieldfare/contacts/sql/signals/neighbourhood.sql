-- Do the children of a circle know one another, and do they share anyone with the account?
--
-- Enters: circle, surroundings, acquainted. Leaves: one row an account with a circle. Everything is
-- null where none of the children is seen writing to anyone else, as in the archive of one owner:
-- whom they know cannot be told there.
--   common contact      an account that is tied to both child and account, and is no hub.
--   acquaintance_ratio  (pairs of children who are tied + 1) / (pairs expected by chance + 1). Chance
--                       draws each child's ties from one pool, whose size is estimated from how much
--                       the children's ties overlap, as Lincoln and Petersen estimate a population
--                       from two samples: pool = sum over pairs of d_i d_j / shared ties, and a pair
--                       is tied with probability (d_i + d_j) / (2 pool). It needs nothing but the
--                       children's own ties. Whoever more than half of them (and more than two) know
--                       is left out of the overlap: a service's own account, or the team's captain.
WITH children AS (
  SELECT
    account,
    peer,
    MAX(wrote) AS wrote,
    MAX(
      CASE WHEN hub = 0 AND tied_at < contacted_at AND own_tied_at < contacted_at THEN 1 ELSE 0 END
    ) AS common_before,
    MAX(CASE WHEN hub = 0 AND tied_at IS NOT NULL AND own_tied_at IS NOT NULL THEN 1 ELSE 0 END)
      AS common_ever,
    CAST(SUM(CASE WHEN tied_at IS NOT NULL THEN 1 ELSE 0 END) AS DOUBLE) AS ties,
    CAST(SUM(CASE WHEN tied_at IS NOT NULL THEN in_circle ELSE 0 END) AS DOUBLE) AS inner_ties
  FROM surroundings
  GROUP BY account, peer
),
sums AS (
  SELECT
    c.account AS account,
    CAST(SUM(1) AS DOUBLE) AS n,
    MAX(COALESCE(k.wrote, 0)) AS observed,
    CAST(SUM(CASE WHEN q.peer IS NULL THEN 0 ELSE 1 END) AS DOUBLE) AS acquainted,
    CAST(SUM(COALESCE(k.common_before, 0)) AS DOUBLE) AS common_before,
    CAST(SUM(COALESCE(k.common_ever, 0)) AS DOUBLE) AS common_ever,
    CAST(
      SUM(CASE WHEN c.connected_before = 1 OR k.common_before = 1 THEN 0 ELSE 1 END) AS DOUBLE
    ) AS strangers,
    SUM(COALESCE(k.ties, 0.0)) AS ties,
    SUM(COALESCE(k.ties * k.ties, 0.0)) AS tie_squares,
    SUM(COALESCE(k.inner_ties, 0.0)) / 2.0 AS tied_pairs
  FROM circle AS c
  LEFT JOIN children AS k ON k.account = c.account AND k.peer = c.peer
  LEFT JOIN acquainted AS q ON q.account = c.account AND q.peer = c.peer
  GROUP BY c.account
),
sharing AS (
  SELECT account, other, CAST(SUM(1) AS DOUBLE) AS children
  FROM surroundings
  WHERE tied_at IS NOT NULL
  GROUP BY account, other
  HAVING SUM(1) >= 2
),
overlapping AS (
  SELECT s.account AS account, SUM(h.children * (h.children - 1.0)) / 2.0 AS shared
  FROM sums AS s
  INNER JOIN sharing AS h ON h.account = s.account
  WHERE h.children <= 2 OR 2.0 * h.children <= s.n
  GROUP BY s.account
)
SELECT
  s.account AS account,
  CASE WHEN s.observed = 1 THEN s.acquainted / s.n END AS acquainted_share,
  CASE WHEN s.observed = 1 AND s.ties > 0
    THEN (s.tied_pairs + 1.0) / (
      1.0 + CASE
        WHEN o.shared > 0
          THEN (s.n - 1.0) * s.ties * o.shared / (s.ties * s.ties - s.tie_squares)
        ELSE 0.0
      END
    ) END AS acquaintance_ratio,
  CASE WHEN s.observed = 1 THEN s.common_before / s.n END AS common_contact_share,
  CASE WHEN s.observed = 1 THEN s.common_ever / s.n END AS common_contact_ever_share,
  CASE WHEN s.observed = 1 THEN s.strangers / s.n END AS stranger_share
FROM sums AS s
LEFT JOIN overlapping AS o ON o.account = s.account
