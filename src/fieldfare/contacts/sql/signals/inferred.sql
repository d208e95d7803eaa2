-- Children inferred from their peers: people know people of their own age.
--
-- Enters: sought, contacts, relations, people, settings.
-- Leaves: one row an ordered pair of `sought` whose peer is more probably a child than not, judged by whom
-- the peer knew BEFORE the account first wrote to it, so that nothing the account does can make a child of
-- those it writes to, or of itself.
--   Known counts who is connected with the peer or wrote privately both ways, and, apart, who wrote in a
--   group in which the peer wrote too; of one peer the first 256. Their ages are those given for them,
--   never stated or inferred ones, so that no inference rests on another.
--   Not inferred are peers that know fewer than three children in this way; peers that themselves wrote
--   first to eight or more: teachers, coaches, and those who look for children; and peers that know more
--   than fifty people of known age otherwise than from groups: celebrities and other public accounts.
--   child_probability  prior log odds (or those of the declared age) + 1.3 ln(1 + children) - 0.4 ln(1 +
--                      adults) + 2 ln(1 + children in groups) - 1.6 ln(1 + adults in groups), at most .85.
--                      Weights rounded from a fit on simulated worlds (docs/simulation.md), whose own
--                      intercept was higher; left out below .5.
--   child_weight       as in `people`. age: mean age of the children known.
--   children_known, adults_known  how many the peer knew by then, groups too: what the inference rests on.
WITH members AS (
  SELECT DISTINCT peer AS account FROM sought
),
known AS (
  SELECT
    c.account AS account,
    c.peer AS peer,
    CASE
      WHEN c.first_private_at IS NULL OR c.first_group_at < c.first_private_at THEN c.first_group_at
      ELSE c.first_private_at
    END AS known_at,
    CASE WHEN back.first_private_at > c.first_private_at THEN back.first_private_at
      WHEN back.first_private_at IS NOT NULL THEN c.first_private_at END AS tied_at,
    CASE WHEN back.first_group_at > c.first_group_at THEN back.first_group_at
      WHEN back.first_group_at IS NOT NULL THEN c.first_group_at END AS grouped_at,
    CASE WHEN back.first_private_at IS NULL OR c.first_private_at < back.first_private_at
      THEN c.first_private_at END AS approached_at
  FROM contacts AS c
  INNER JOIN members AS m ON m.account = c.account
  LEFT JOIN contacts AS back ON back.account = c.peer AND back.peer = c.account
  UNION ALL
  SELECT
    r.account AS account,
    r.peer AS peer,
    r.connected_at AS known_at,
    r.connected_at AS tied_at,
    CAST(NULL AS BIGINT) AS grouped_at,
    CAST(NULL AS BIGINT) AS approached_at
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
    MIN(grouped_at) AS grouped_at,
    MIN(approached_at) AS approached_at
  FROM known
  GROUP BY account, peer
),
numbered AS (
  SELECT
    m.*,
    ROW_NUMBER() OVER (PARTITION BY account ORDER BY known_at, peer) AS nth
  FROM merged AS m
),
aged AS (
  SELECT
    n.account AS account,
    n.peer AS peer,
    n.tied_at AS tied_at,
    n.grouped_at AS grouped_at,
    n.approached_at AS approached_at,
    p.given_age AS age,
    CASE WHEN p.own_child_probability >= 0.7 THEN p.own_child_probability ELSE 0.0 END AS child,
    CASE WHEN p.own_child_probability <= 0.3 THEN 1.0 - p.own_child_probability ELSE 0.0 END
      AS adult
  FROM numbered AS n
  INNER JOIN people AS p ON p.account = n.peer
  WHERE n.nth <= 256 AND p.given_age IS NOT NULL
),
sides AS (
  SELECT
    s.account AS account,
    s.peer AS peer,
    s.age_known AS age_known,
    a.age AS age,
    a.child AS child,
    a.adult AS adult,
    CASE WHEN a.tied_at < s.contacted_at THEN 1 ELSE 0 END AS tied,
    CASE WHEN a.tied_at < s.contacted_at THEN 0 WHEN a.grouped_at < s.contacted_at THEN 1 ELSE 0 END
      AS grouped,
    CASE WHEN a.approached_at < s.contacted_at AND a.child > 0 THEN 1 ELSE 0 END AS approached
  FROM sought AS s
  INNER JOIN aged AS a ON a.account = s.peer
  WHERE a.peer <> s.account
),
sums AS (
  SELECT
    account,
    peer,
    age_known,
    SUM(tied * child) AS children,
    SUM(tied * adult) AS adults,
    SUM(grouped * child) AS children_in_groups,
    SUM(grouped * adult) AS adults_in_groups,
    SUM((tied + grouped) * child * age) AS age_sum,
    CAST(SUM(CASE WHEN child > 0 THEN tied + grouped ELSE 0 END) AS BIGINT) AS children_known,
    CAST(SUM(CASE WHEN adult > 0 THEN tied + grouped ELSE 0 END) AS BIGINT) AS adults_known,
    CAST(SUM(tied) AS BIGINT) AS known_privately,
    CAST(SUM(approached) AS BIGINT) AS approached
  FROM sides
  GROUP BY account, peer, age_known
),
weighed AS (
  SELECT
    s.account AS account,
    s.peer AS peer,
    s.age_known AS age_known,
    s.age_sum / (s.children + s.children_in_groups) AS age,
    s.children_known AS children_known,
    s.adults_known AS adults_known,
    g.unknown_child_probability AS prior,
    1.0 / (1.0 + EXP(
      -LN(COALESCE(p.child_probability, g.unknown_child_probability)
        / (1.0 - COALESCE(p.child_probability, g.unknown_child_probability)))
      - 1.3 * LN(1.0 + s.children) + 0.4 * LN(1.0 + s.adults)
      - 2.0 * LN(1.0 + s.children_in_groups) + 1.6 * LN(1.0 + s.adults_in_groups)
    )) AS probability
  FROM sums AS s
  CROSS JOIN settings AS g
  LEFT JOIN people AS p ON p.account = s.peer
  WHERE s.children_known >= 3 AND s.approached < 8 AND s.known_privately <= 50
)
SELECT
  account,
  peer,
  age_known,
  CASE WHEN probability > 0.85 THEN 0.85 ELSE probability END AS child_probability,
  (CASE WHEN probability > 0.85 THEN 0.85 ELSE probability END - prior) / (1.0 - prior) AS child_weight,
  age,
  children_known,
  adults_known
FROM weighed
WHERE probability >= 0.5 AND prior < 0.85
