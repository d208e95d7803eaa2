-- How many children an account wrote to first, and when.
--
-- Enters: firsts. Leaves: one row an account with such contacts. Counts are expected counts: each
-- child counts by its child_weight. The most in a day and in seven days are over all windows up to
-- `as_of`.
WITH windows AS (
  SELECT
    account,
    SUM(child_weight) OVER (
      PARTITION BY account ORDER BY contacted_second NULLS FIRST
      RANGE BETWEEN 86399 PRECEDING AND CURRENT ROW
    ) AS in_1d,
    SUM(child_weight) OVER (
      PARTITION BY account ORDER BY contacted_second NULLS FIRST
      RANGE BETWEEN 604799 PRECEDING AND CURRENT ROW
    ) AS in_7d
  FROM firsts
),
peaks AS (
  SELECT account, MAX(in_1d) AS peak_1d, MAX(in_7d) AS peak_7d FROM windows GROUP BY account
),
sums AS (
  SELECT
    account,
    CAST(SUM(1) AS BIGINT) AS children,
    SUM(child_weight) AS weight,
    SUM(CASE WHEN age_of_contact < 86400000000 THEN child_weight ELSE 0.0 END) AS in_1d,
    SUM(CASE WHEN age_of_contact < 604800000000 THEN child_weight ELSE 0.0 END) AS in_7d,
    SUM(CASE WHEN age_of_contact < 2592000000000 THEN child_weight ELSE 0.0 END) AS in_30d,
    SUM(CASE WHEN age_of_contact < 7776000000000 THEN child_weight ELSE 0.0 END) AS in_90d,
    SUM(child_weight * (1 - connected_before)) AS unconnected,
    SUM(CASE WHEN answered_at IS NOT NULL THEN child_weight ELSE 0.0 END) AS answered,
    SUM(child_weight * group_before) AS from_group,
    SUM(CASE WHEN peer_age IS NOT NULL THEN child_weight ELSE 0.0 END) AS aged,
    SUM(CASE WHEN peer_age IS NOT NULL THEN child_weight * peer_age ELSE 0.0 END) AS age_sum,
    SUM(CASE WHEN peer_age IS NOT NULL THEN child_weight * peer_age * peer_age ELSE 0.0 END)
      AS age_square_sum,
    MIN(contacted_at) AS first_child_contacted_at,
    MAX(contacted_at) AS last_child_contacted_at
  FROM firsts
  GROUP BY account
)
SELECT s.*, k.peak_1d AS peak_1d, k.peak_7d AS peak_7d
FROM sums AS s
INNER JOIN peaks AS k ON k.account = s.account
