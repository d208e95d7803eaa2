-- What the order of its first contacts says: Page's cumulative sum (Biometrika 1954), which finds a
-- turn towards children that are strangers as soon as it stands out, whenever it began.
--
-- Enters: counts, approaches, inferred, familiar, people, settings. Leaves: one row an account that wrote
-- first to at least one child (expected).
--   approach_evidence  each first contact with somebody of known age adds the log of how much more
--                      often it would be seen of one who looks for children: .7 of whose first contacts
--                      are children, against the share that the account's own life gives. That share
--                      is one in seven for adults, three in four for minors (weighed by how probably
--                      the account is one), moved by the familiar (see that step) as by so many more
--                      observations beside three. A child neither connected nor met in a group counts
--                      three times, another one .3 times; one of another country three times, one of
--                      the same .6 times. The sum never falls below 0; its highest is kept. In nats.
--                      The lift of minors is of Meta's order (27 % against 7 %); the rest is judgement.
--   strange_children   expected number of children written to first that were neither connected nor
--                      met in a group before (0 where the service keeps no connections), and
--                      strange_children_abroad: those of another country.
--   familiar_children  expected number of children among the familiar.
WITH seekers AS (
  SELECT
    c.account AS account,
    me.country AS country,
    COALESCE(f.children, 0.0) AS familiar_children,
    (3.0 * (0.15 + 0.6 * COALESCE(me.own_child_probability, g.unknown_child_probability))
      + COALESCE(f.children, 0.0)) / (3.0 + COALESCE(f.children, 0.0) + COALESCE(f.adults, 0.0))
      AS usual_share,
    g.has_connections AS has_connections
  FROM counts AS c
  CROSS JOIN settings AS g
  LEFT JOIN familiar AS f ON f.account = c.account
  LEFT JOIN people AS me ON me.account = c.account
  WHERE c.weight >= 1.0
),
steps AS (
  SELECT
    a.account AS account,
    a.peer AS peer,
    a.contacted_at AS contacted_at,
    COALESCE(i.child_weight, a.child_weight) AS child_weight,
    s.familiar_children AS familiar_children,
    CASE WHEN s.usual_share > 0.8 THEN 0.8 ELSE s.usual_share END AS usual_share,
    CASE WHEN a.connected_before = 1 OR a.group_before = 1 THEN 0 ELSE 1 END AS strange,
    CASE WHEN p.country <> s.country THEN 1 WHEN p.country = s.country THEN 0 END AS abroad,
    s.has_connections AS has_connections
  FROM seekers AS s
  INNER JOIN approaches AS a ON a.account = s.account
  LEFT JOIN inferred AS i ON i.account = a.account AND i.peer = a.peer
  LEFT JOIN people AS p ON p.account = a.peer
  WHERE a.wrote_first = 1 AND (a.age_known = 1 OR i.peer IS NOT NULL)
),
weighed AS (
  SELECT
    t.*,
    LN(
      child_weight * 0.7 / usual_share
        * CASE WHEN has_connections = 0 THEN 1.0 WHEN strange = 1 THEN 3.0 ELSE 0.3 END
        * CASE WHEN abroad IS NULL THEN 1.0 WHEN abroad = 1 THEN 3.0 ELSE 0.6 END
      + (1.0 - child_weight) * 0.3 / (1.0 - usual_share)
    ) AS evidence
  FROM steps AS t
),
totalled AS (
  SELECT
    w.*,
    SUM(evidence) OVER (
      PARTITION BY account ORDER BY contacted_at NULLS FIRST, peer NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS total
  FROM weighed AS w
),
turned AS (
  SELECT
    t.*,
    MIN(total) OVER (
      PARTITION BY account ORDER BY contacted_at NULLS FIRST, peer NULLS FIRST
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS least
  FROM totalled AS t
)
SELECT
  account,
  MAX(CASE
    WHEN total - CASE WHEN least < 0.0 THEN least ELSE 0.0 END > 0.0
      THEN total - CASE WHEN least < 0.0 THEN least ELSE 0.0 END
    ELSE 0.0
  END) AS approach_evidence,
  SUM(child_weight * strange * has_connections) AS strange_children,
  SUM(CASE WHEN abroad = 1 THEN child_weight * strange * has_connections ELSE 0.0 END)
    AS strange_children_abroad,
  MAX(familiar_children) AS familiar_children
FROM turned
GROUP BY account
